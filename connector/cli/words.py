"""How values, times and numbers are told to people. Nothing that a model or record holds can colour a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from connector.model.fields import Side, Value
from connector.model.operations import Operation, OperationKind

NONE = "-"
"""Stands for an empty value."""
SHOWN = 60
"""Characters of a value that a table shows."""
SIDES: Mapping[Side, str] = {Side.REGISTRY: "MLflow", Side.GRC: "GRC"}

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def clean(text: str) -> str:
    """``text`` on one line, control characters escaped."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def short(value: Value, limit: int = SHOWN) -> str:
    """A value for a table: cut to ``limit`` characters, with its full length; a dash for an empty one."""
    if value is None or value == "":
        return NONE
    text = clean(value)
    if len(text) <= limit:
        return text
    note = f"... ({len(value):,} characters)"
    return text[: max(limit - len(note), limit // 3)].rstrip() + note


def moment(stamp: str | None) -> str:
    """``2026-03-01 08:00:05 UTC`` for a time as the state writes it; a dash for none."""
    if not stamp:
        return NONE
    return stamp[:19].replace("T", " ") + " UTC"


def listed_whole(swept_at: str) -> str:
    """That a side is known by what changed since a whole listing."""
    return f"The GRC was last listed whole {moment(swept_at)}; since then only what was changed was asked for."


def counted(number: int, one: str, many: str = "") -> str:
    """``1 conflict``, ``3 conflicts``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    items = list(parts)
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def headline(operation: Operation) -> str:
    """What an operation does, in a few words."""
    record = operation.record_id or ""
    return {
        OperationKind.CREATE_RECORD: "new record",
        OperationKind.UPDATE_RECORD: f"record {record}",
        OperationKind.RETIRE_RECORD: f"retire record {record}",
        OperationKind.UPDATE_REGISTRY: "tags and description",
        OperationKind.CREATE_PLACEHOLDER: "placeholder model",
        OperationKind.POST_COMMENT: f"comment on issue {record}",
        OperationKind.PROMOTE: "promotion",
        OperationKind.TAKE_OFF: "alias taken off",
        OperationKind.GIVE_BACK: "alias given back",
        OperationKind.OPEN_ISSUE: "new issue",
        OperationKind.CLOSE_ISSUE: f"close issue {record}",
        OperationKind.REOPEN_ISSUE: f"reopen issue {record}",
    }[operation.kind]


def sentence(text: str) -> str:
    """``text`` with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def whole_sentence(text: str) -> str:
    """``text`` from its capital letter to its full stop; nothing for an empty one."""
    return sentence(text) + ("" if not text or text.endswith((".", "?", "!")) else ".")
