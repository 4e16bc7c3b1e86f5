"""A task: one form about one record, from opening it to saving it.

The form carries the revision that it was made for. Where the record has moved on, nothing is saved: the page shows
what the others wrote beside what was entered, and the form again. What was entered stands in it, and where nothing
was, what the record holds now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector.mock.catalog import KINDS
from connector.mock.errors import Forbidden, Invalid, Stale
from connector.mock.store import Change, Row
from connector.mock.users import Right
from connector.mock.web.addresses import record_page
from connector.mock.web.history import as_it_was, since
from connector.mock.web.inputs import Input, Texts, entered, missing, texts_of, told
from connector.mock.web.records import title_of
from connector.mock.web.texts import in_one_line, to_text
from connector.mock.web.visit import Answer, Handler, Page, Redirect, Visit

Act: TypeAlias = Callable[[Visit, Row, dict[str, str]], str]
"""Carries the task out on the record as the form knew it and returns what to tell; raises a GrcError."""


def _nothing_wrong(_visit: Visit, _row: Row, _texts: Texts) -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Task:
    """``slug`` ends the address, ``right`` is what a user needs, ``check`` finds what the GRC itself would let pass.
    ``names`` are inputs that are called otherwise than the field they fill.
    """

    kind: str
    slug: str
    right: Right
    title: str
    button: str
    inputs: Callable[[Visit, Row], tuple[Input, ...]]
    act: Act
    check: Callable[[Visit, Row, Texts], dict[str, str]] = _nothing_wrong
    intro: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    preset: tuple[str, ...] = ()
    """Inputs that the address may fill."""
    blank: tuple[str, ...] = ()
    """Inputs that start empty, whatever the record holds."""
    shown: tuple[str, ...] = ()
    """Fields that the page shows above the form, as they are."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A field that others changed while the form was open. ``mine`` is None where the form does not have it."""

    field: str
    before: str
    now: str
    mine: str | None
    user: str
    at: str


def handler(task: Task) -> Handler:
    """The handler of a task's page."""
    return lambda visit: _handle(task, visit)


def _handle(task: Task, visit: Visit) -> Answer:
    row = visit.row(task.kind)
    if not visit.user.may(task.right):
        raise Forbidden(f"{visit.user.email} ({visit.user.role}) has no right to: {task.right}.")
    inputs = task.inputs(visit, row)
    if visit.form is None:
        texts = {**texts_of(task.kind, inputs, row), **dict.fromkeys(task.blank, "")}
        texts |= {name: visit.query[name] for name in task.preset if name in visit.query}
        return _form(task, visit, row, texts)
    texts = entered(inputs, visit.form)
    if visit.revision != row["revision"]:
        return _met(task, visit, row, texts)
    errors = missing(inputs, texts) | task.check(visit, row, texts)
    if errors:
        return _form(task, visit, row, texts, errors)
    return _carried_out(task, visit, row, texts)


def _carried_out(task: Task, visit: Visit, row: Row, texts: dict[str, str]) -> Answer:
    try:
        said = task.act(visit, row, texts)
    except Invalid as error:
        return _form(task, visit, row, texts, told(task.inputs(visit, row), error.errors, task.names))
    except Stale:
        return _met(task, visit, visit.row(task.kind), texts)
    return Redirect(record_page(task.kind, row["id"]), said)


def _form(
    task: Task,
    visit: Visit,
    row: Row,
    texts: Texts,
    errors: Mapping[str, str] | None = None,
    meetings: tuple[Meeting, ...] = (),
) -> Page:
    inputs = task.inputs(visit, row)
    subject = title_of(visit, task.kind, row)
    known = {one.name for one in inputs}
    values: dict[str, Any] = {
        "heading": task.title,
        "subject": subject,
        "back": record_page(task.kind, row["id"]),
        "inputs": inputs,
        "texts": texts,
        "errors": {one.name: errors[one.name] for one in inputs if errors and one.name in errors},
        "complaints": [text for name, text in (errors or {}).items() if name not in known],
        "revision": row["revision"],
        "meetings": meetings,
        "row": row,
        "shown": [KINDS[task.kind].fields[name] for name in task.shown],
        "button": task.button,
        "intro": task.intro,
    }
    status = 409 if meetings else 422 if errors else 200
    return Page("form.html", f"{task.title}: {subject}", values, status, wrong=bool(errors or meetings))


def _met(task: Task, visit: Visit, row: Row, texts: Texts) -> Page:
    """The page for a record that has moved on since the form was opened."""
    later = since(visit.grc.store, row["id"], visit.revision)
    was = as_it_was(row, later)
    inputs = task.inputs(visit, row)
    before = {**texts_of(task.kind, inputs, dict(was)), **dict.fromkeys(task.blank, "")}
    merged = {
        name: text if text != before[name] or name in task.blank else texts_of(task.kind, inputs, row)[name]
        for name, text in texts.items()
    }
    return _form(task, visit, row, merged, meetings=_meetings(task.kind, row, was, later, texts))


def _meetings(kind: str, row: Row, was: Mapping[str, Any], later: list[Change], texts: Texts) -> tuple[Meeting, ...]:
    specs = KINDS[kind].fields
    last = {change.field: change for change in later}
    found = [
        Meeting(
            name,
            in_one_line(name, was.get(name)),
            in_one_line(name, row.get(name)),
            texts.get(name) if name in texts and texts[name] != to_text(specs[name], was[name]) else None,
            change.user,
            change.at,
        )
        for name, change in last.items()
        if name in specs and was.get(name) != row.get(name)
    ]
    if found:
        return tuple(found)
    newest = later[-1]
    return (Meeting("", "", "", None, newest.user, newest.at),)
