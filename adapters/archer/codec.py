"""Values between Archer's forms and plain JSON: REST content both ways, search results one way.

Empty is None; users are e-mail addresses, references the ids of records as text, values those of the values list by
name; times ISO 8601 in UTC. What cannot be told is Unreadable with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeAlias
from xml.etree.ElementTree import Element

from adapters.archer import richtext, times
from adapters.archer.choices import Choices
from adapters.archer.envelope import at
from adapters.archer.layout import Mapped
from adapters.archer.metadata import REFERENCES, TIMES, Kind, number
from adapters.archer.people import People
from adapters.archer.soap import carried, local
from connector.model.errors import Rejected
from connector.model.grc import Json, Unreadable

Item: TypeAlias = Hashable
_DIGITS = re.compile(r"([0-9]+)\s*$", re.ASCII)
IDS = frozenset({*REFERENCES, Kind.SUB_FORM})
"""Kinds whose value is a list of content ids."""
LISTS = frozenset({*IDS, Kind.VALUES_LIST, Kind.USERS, Kind.LINKS})
"""Kinds that a write replaces whole."""


class Unclear(Exception):
    """A search result does not tell the value; the record's content does."""


class Codec:
    """Reads and writes values; ``targets`` tell a reference's id from the text that a search shows for it."""

    def __init__(self, choices: Choices, people: People, targets: Targets) -> None:
        self._choices, self._people, self._targets = choices, people, targets

    # What content by id holds.

    def of_content(self, mapped: Mapped, content: Json) -> Json:
        """The value of a field in ``FieldContents``; None where it is blank or not there."""
        raw = at(content, "Value")
        match mapped.kind:
            case Kind.TEXT:
                return _text(mapped, raw)
            case Kind.NUMERIC:
                return _number(raw)
            case Kind.VALUES_LIST | Kind.USERS | Kind.LINKS:
                return self._worded(mapped, raw)
            case Kind.IP_ADDRESS:
                return at(content, "IpAddressBytes") or raw or None
            case Kind.TRACKING_ID:
                return _tracking(mapped, number(raw))
            case kind if kind in TIMES:
                return _time(raw)
            case kind if kind in IDS or kind in (Kind.ATTACHMENT, Kind.IMAGE):
                return _joined(mapped, [str(one) for one in content_ids(raw)])
            case _:
                return _plain(raw)

    def elements(self, mapped: Mapped, content: Json) -> Sequence[Item]:
        """What a list field holds, each element as something that can be compared."""
        raw = at(content, "Value")
        match mapped.kind:
            case Kind.VALUES_LIST:
                return _ids(at(raw, "ValuesListIds"))
            case Kind.USERS:
                return _ids(at(raw, "UserList"))
            case Kind.LINKS:
                return [str(at(one, "URL")) for one in raw or () if at(one, "URL")]
            case _:
                return content_ids(raw)

    # What a search shows.

    def of_search(self, mapped: Mapped, element: Element | None) -> Json:
        """The value of a ``Field`` of a search; None where it is blank or not there. Raises Unclear."""
        if element is None:
            return None
        shown = "".join(element.itertext())
        match mapped.kind:
            case Kind.TEXT:
                value: Json = _text(mapped, shown)
            case Kind.NUMERIC:
                value = _number(element.get("xmlConvertedValue") or shown)
            case Kind.VALUES_LIST:
                value = self._values_shown(mapped, element, shown)
            case Kind.USERS:
                value = self._people_shown(mapped, element)
            case Kind.TRACKING_ID:
                value = _tracking(mapped, tracking_number(shown))
            case kind if kind in TIMES:
                value = _time_shown(element, shown)
            case kind if kind in REFERENCES:
                value = _joined(mapped, [str(one) for one in self._referred(mapped, element)])
            case Kind.RECORD_STATUS | Kind.IP_ADDRESS:
                value = shown.strip() or None
            case _ if shown.strip() or len(element):
                raise Unclear
            case _:
                value = None
        return value

    def _people_shown(self, mapped: Mapped, element: Element) -> Json:
        users = [number(one.get("id")) for one in element.iter() if local(one) == "User"]
        has_groups = any(local(one) == "Group" for one in element.iter())
        return self._people_named(mapped, users, has_groups=has_groups)

    def _values_shown(self, mapped: Mapped, element: Element, shown: str) -> Json:
        listed = [one for one in element.iter() if local(one) == "ListValue"]
        if not listed and shown.strip():
            raise Unclear
        ids = [number(one.get("id")) for one in listed]
        return self._values_named(mapped, ids)

    def _referred(self, mapped: Mapped, element: Element) -> list[int]:
        references = [one for one in element.iter() if local(one) in ("Reference", "Record")]
        if not references and "".join(element.itertext()).strip():
            raise Unclear
        return [self._target(mapped, one) for one in references]

    def _target(self, mapped: Mapped, reference: Element) -> int:
        for attribute in ("contentId", "id"):
            if (found := number(reference.get(attribute))) is not None:
                return found
        found = self._targets.id_of(mapped, "".join(reference.itertext()))
        if found is None:
            raise Unclear
        return found

    # What is written.

    def wanted(self, mapped: Mapped, value: Json) -> Sequence[Item]:
        """The elements that a value of a list field stands for. Raises Rejected."""
        items = [] if value in (None, "") else list(value) if isinstance(value, list | tuple) else [value]
        match mapped.kind:
            case Kind.VALUES_LIST:
                return [self._choices.id_of(mapped, one) for one in items]
            case Kind.USERS:
                return [self._people.id_of(str(one), mapped.name) for one in items]
            case Kind.LINKS:
                return [_url(one, mapped.name) for one in items]
            case _:
                return [_content_id(one, mapped.name) for one in items]

    def body(self, mapped: Mapped, value: Json) -> dict[str, Json]:
        """What is sent for a field that is no list. Raises Rejected."""
        name = mapped.name
        match mapped.kind:
            case Kind.TEXT:
                return _content(mapped, _written_text(mapped, value))
            case Kind.NUMERIC:
                return _content(mapped, _written_number(value, name))
            case Kind.DATE:
                return _content(mapped, times.written(value, name))
            case Kind.IP_ADDRESS:
                address = carried(str(value), name) if value is not None else None
                return {"Type": mapped.kind, "IpAddressBytes": address, "FieldId": mapped.definition.id}
            case _:
                raise Rejected(
                    f"{name} is a field of {mapped.definition.type_name}, which is not written.",
                    remedy="declare it `writable: false`.",
                    field=name,
                )

    @staticmethod
    def list_body(mapped: Mapped, elements: Sequence[Item], content: Json) -> dict[str, Json]:
        """What is sent for a list field: the elements, and what stood beside them and is none of the mapping's."""
        raw = at(content, "Value")
        match mapped.kind:
            case Kind.VALUES_LIST:
                kept = set(_ids(at(raw, "ValuesListIds"))) <= set(elements)
                other = at(raw, "OtherText") if kept and elements else None
                value: Json = {"ValuesListIds": list(elements), "OtherText": other}
            case Kind.USERS:
                groups = [{"ID": one} for one in _ids(at(raw, "GroupList"))]
                value = {"UserList": [{"ID": one} for one in elements], "GroupList": groups}
            case Kind.LINKS:
                names = {str(at(one, "URL")): at(one, "Name") for one in raw or ()}
                value = [{"Name": names.get(str(one)) or one, "URL": one} for one in elements]
            case Kind.CROSS_REFERENCE:
                value = [{"ContentID": one} for one in elements]
            case _:
                value = list(elements)
        return _content(mapped, value)

    # The parts.

    def _worded(self, mapped: Mapped, raw: Json) -> Json:
        if mapped.kind == Kind.VALUES_LIST:
            return self._values_named(mapped, [number(one) for one in at(raw, "ValuesListIds") or ()])
        if mapped.kind == Kind.USERS:
            return self._people_named(mapped, _ids(at(raw, "UserList")), has_groups=bool(at(raw, "GroupList")))
        return _joined(mapped, [str(at(one, "URL")) for one in raw or () if at(one, "URL")])

    def _values_named(self, mapped: Mapped, ids: Sequence[int | None]) -> Json:
        return _joined(mapped, [self._choices.word_of(mapped, one) for one in ids])

    def _people_named(self, mapped: Mapped, ids: Sequence[int | None], *, has_groups: bool) -> Json:
        if has_groups and not ids:
            return Unreadable("a group is selected where people are expected")
        words: list[str | Unreadable] = [
            Unreadable("a user without an id") if one is None else self._people.word_of(one) for one in ids
        ]
        return _joined(mapped, words)


class Targets:
    """Which record a search means by the text that it shows for a reference.

    Only tracking ids are believed: another key field may change between the listing of the one and of the other.
    """

    def __init__(self) -> None:
        self._known: dict[object, dict[str, int]] = {}

    def learn(self, entity: object, labels: dict[str, int]) -> None:
        """Take in the tracking ids of a whole listing."""
        self._known[entity] = labels

    def id_of(self, mapped: Mapped, shown: str) -> int | None:
        """The content id; None where that is not known."""
        label = tracking_number(shown)
        labels = self._known.get(mapped.options.refers_to)
        return None if labels is None or label is None else labels.get(label)


def tracking_number(shown: str) -> str | None:
    """A tracking id without the prefix that pages show before it."""
    found = _DIGITS.search(shown)
    return str(int(found[1])) if found else None


def content_ids(raw: Json) -> list[int]:
    """The content ids of a list of references: bare ids or objects, whatever the case of their keys."""
    found = (number(one) if not isinstance(one, dict) else number(at(one, "ContentId")) for one in raw or ())
    return [one for one in found if one is not None]


def _ids(raw: Json) -> list[int]:
    found = (number(one) if not isinstance(one, dict) else number(at(one, "Id")) for one in raw or ())
    return [one for one in found if one is not None]


def _joined(mapped: Mapped, words: Sequence[str | Unreadable]) -> Json:
    unclear = next((one for one in words if isinstance(one, Unreadable)), None)
    if unclear is not None:
        return unclear
    if not words:
        return None
    return list(words) if mapped.options.multiple or len(words) > 1 else words[0]


def _text(mapped: Mapped, raw: Json) -> Json:
    if raw is None or raw == "":
        return None
    text = raw if isinstance(raw, str) else _plain(raw)
    return (richtext.to_text(text) or None) if mapped.options.rich and isinstance(text, str) else text


def _plain(raw: Json) -> Json:
    if raw in (None, ""):
        return None
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def _number(raw: Json) -> Json:
    """A number, 805.0 as 805; text as a search shows it, with commas between thousands."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        found = Decimal(raw.strip().replace(",", "") if isinstance(raw, str) else str(raw))
    except InvalidOperation:
        return Unreadable(f"{raw!r} is no number in the form of en-US")
    if not found.is_finite():
        return Unreadable(f"{raw!r} is no number")
    return int(found) if found == found.to_integral_value() else float(found)


def _time(raw: Json) -> Json:
    if raw in (None, ""):
        return None
    return times.told(raw) or Unreadable(f"{raw!r} is no time")


def _tracking(mapped: Mapped, told: int | str | None) -> str | None:
    return None if told is None else f"{mapped.options.prefix}{told}"


def _time_shown(element: Element, shown: str) -> Json:
    converted = element.get("xmlConvertedValue")
    if converted is None and shown.strip():
        raise Unclear
    return _time(converted)


def _content(mapped: Mapped, value: Json) -> dict[str, Json]:
    return {"Type": mapped.kind, "Value": value, "FieldId": mapped.definition.id}


def _written_text(mapped: Mapped, value: Json) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = carried(text, mapped.name)
    longest = mapped.definition.max_length
    if longest is not None and not mapped.options.rich and len(text) > longest:
        raise Rejected(
            f"{mapped.name} takes {longest} characters, and the value has {len(text)}.",
            remedy=f"set max_length: {longest} for the field in the mapping, or lengthen it in Archer.",
            field=mapped.name,
        )
    return richtext.to_html(text) if mapped.options.rich and text else text


def _written_number(value: Json, name: str) -> Json:
    if value in (None, ""):
        return None
    try:
        found = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Rejected(f"{value!r} is no number for {name}.", remedy="correct the value.", field=name)
    return int(found) if found == found.to_integral_value() else float(found)


def _content_id(value: Json, name: str) -> int:
    found = number(value)
    if found is None:
        raise Rejected(f"{value!r} is no id of a record, as {name} takes it.", remedy="correct the value.", field=name)
    return found


def _url(value: Json, name: str) -> str:
    found = at(value, "URL") if isinstance(value, dict) else value
    if not isinstance(found, str) or not found:
        raise Rejected(f"{value!r} is no address, as {name} takes it.", remedy="correct the value.", field=name)
    return carried(found, name)
