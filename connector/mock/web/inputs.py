"""The inputs of a form, and what was entered in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from connector.mock.catalog import KINDS
from connector.mock.directory import Directory
from connector.mock.errors import Invalid
from connector.mock.schema import FieldSpec, Type, Unfit
from connector.mock.store import Row
from connector.mock.web.texts import from_text, to_text
from connector.mock.web.words import label

Texts: TypeAlias = Mapping[str, str]
"""What was entered, by the name of the input."""
Options: TypeAlias = tuple[tuple[str, str], ...]
"""Value and label of each choice."""
NO_CHOICE = ("", "Not stated")


class Widget(StrEnum):
    """How an input looks; the form's template has one of each."""

    TEXT = "text"
    AREA = "area"
    NUMBER = "number"
    DATE = "date"
    SELECT = "select"
    RADIO = "radio"


@dataclass(frozen=True, slots=True)
class Input:
    """One input. ``name`` is that of the record's field where it is about one."""

    name: str
    label: str
    widget: Widget = Widget.TEXT
    options: Options = ()
    hint: str = ""
    required: bool = False
    sometimes: bool = False
    """Needed with some answers to the others; the hint says with which."""


_WIDGETS: Mapping[Type, Widget] = {Type.DATE: Widget.DATE, Type.INTEGER: Widget.NUMBER, Type.LIST: Widget.AREA}
_LONG = 500


def field_input(
    kind: str, name: str, row: Row | None, directory: Directory, *, hint: str = "", required: bool = False
) -> Input:
    """The input for a field of a record (None: of a new one)."""
    spec = KINDS[kind].fields[name]
    required = required or spec.required
    options = _options(spec, row[name] if row else None, directory, required=required)
    widget = Widget.SELECT if options else _WIDGETS.get(spec.type, Widget.TEXT)
    if spec.type is Type.STRING and spec.max_length >= _LONG and name != "title":
        widget = Widget.AREA
    hint = hint or ("One on each line." if spec.type is Type.LIST else "")
    return Input(name, label(name), widget, options, hint, required)


def texts_of(kind: str, inputs: Iterable[Input], row: Row) -> dict[str, str]:
    """What the inputs hold at first: the record's values; nothing in one that is about no field."""
    specs = KINDS[kind].fields
    return {one.name: to_text(specs[one.name], row[one.name]) if one.name in specs else "" for one in inputs}


def entered(inputs: Iterable[Input], form: Texts) -> dict[str, str]:
    """What a form holds."""
    return {one.name: with_our_line_ends(form.get(one.name, "")) for one in inputs}


def with_our_line_ends(text: str) -> str:
    """A text as it was typed: browsers send each line's end as CR LF."""
    return text.replace("\r\n", "\n")


def changed(kind: str, row: Row, texts: Texts) -> dict[str, Any]:
    """The fields whose text is another than the record's, with their values; Invalid names those that cannot be."""
    specs = KINDS[kind].fields
    values, errors = {}, {}
    for name, text in texts.items():
        if name in specs and text != to_text(specs[name], row[name]):
            try:
                values[name] = from_text(specs[name], text)
            except Unfit as error:
                errors[name] = str(error)
    if errors:
        raise Invalid(errors)
    return values


def missing(inputs: Iterable[Input], texts: Texts) -> dict[str, str]:
    """What is wrong with inputs that must be filled and are not."""
    verbs = {Widget.SELECT: "Choose", Widget.RADIO: "Choose"}
    return {
        one.name: f"{verbs.get(one.widget, 'Enter')} the {one.label[0].lower()}{one.label[1:]}."
        for one in inputs
        if one.required and not texts[one.name].strip()
    }


def told(inputs: Iterable[Input], errors: Mapping[str, str], names: Mapping[str, str] | None = None) -> dict[str, str]:
    """The GRC's complaints as sentences, by the name of the input; ``names``: inputs that are called otherwise than
    the field they fill. One about a field without an input stands under an empty name.
    """
    labels = {one.name: one.label for one in inputs}
    found: dict[str, str] = {}
    for field, reason in errors.items():
        name = (names or {}).get(field, field)
        text = f"{labels.get(name, label(field))} {reason}."
        place = name if name in labels else ""
        found[place] = f"{found[place]} {text}" if place in found else text
    return found


def _options(spec: FieldSpec, value: Any, directory: Directory, *, required: bool) -> Options:  # noqa: ANN401 - JSON
    if spec.type is Type.CHOICE:
        found = tuple((choice, choice) for choice in spec.choices)
    elif spec.type is Type.USER:
        found = tuple((user.email, f"{user.name} ({user.role})") for user in directory.people())
        if value and value not in dict(found):
            found = (*found, (value, str(value)))
    else:
        return ()
    return found if required else (NO_CHOICE, *found)
