"""The steps of an approval, as the GRC lists them: objects, the text of objects, or plain remarks."""

from __future__ import annotations

import json
from dataclasses import fields as fields_of

from connector.controls import ApprovalStep
from connector.model.fields import Value


def approval_chain(value: Value) -> tuple[ApprovalStep, ...]:
    """The approval's steps by time, as far as the GRC tells them in a form that can be read."""
    try:
        told = json.loads(value or "[]")
    except ValueError:
        return ()
    names = {each.name for each in fields_of(ApprovalStep)}
    steps = [_parsed(each) for each in told] if isinstance(told, list) else []
    found = [ApprovalStep(**{name: _text(value) for name, value in step.items() if name in names}) for step in steps]
    return tuple(sorted(found, key=lambda step: (step.time or "", step.step or "")))


def _parsed(step: object) -> dict[str, object]:
    """A step as the list has it: an object, or the text of one, or a plain remark."""
    if isinstance(step, str):
        try:
            step = json.loads(step)
        except ValueError:
            return {"comment": step}
    return step if isinstance(step, dict) else {"comment": str(step)}


def _text(value: object) -> Value:
    return None if value is None or value == "" else str(value)
