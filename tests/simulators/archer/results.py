"""The XML that a search answers with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from tests.simulators.archer import dates
from tests.simulators.archer.content import Kept, Record
from tests.simulators.archer.schema import SYSTEM_TYPES, Field, Level, Type
from tests.simulators.archer.searching import Searcher
from tests.simulators.archer.showing import pointed_at, status

_DECLARATION = '<?xml version="1.0" encoding="utf-16"?>'
"""What the platform says of a text that travels in another encoding."""


@dataclass(frozen=True, slots=True)
class Result:
    """Writes found records down for an account: dates as its locale and zone have them."""

    searcher: Searcher
    levels: Sequence[Level]
    display: frozenset[int]

    def text(self, page: Sequence[Record], total: int) -> str:
        """The XML of a page; ``total`` is how many records were found in all."""
        root = Element("Records", count=str(total))
        definitions = SubElement(SubElement(root, "Metadata"), "FieldDefinitions")
        for one in self._fields(*self.levels):
            SubElement(definitions, "FieldDefinition", id=str(one.id), guid=one.guid, name=one.name, alias=one.alias)
        counts = SubElement(root, "LevelCounts")
        SubElement(counts, "LevelCount", id=str(self.levels[0].id), count=str(total))
        shown = [self._fields(level) for level in self.levels]
        for record in page:
            self._record(root, record, shown)
        return _DECLARATION + tostring(root, encoding="unicode")

    def _fields(self, *levels: Level) -> list[Field]:
        account = self.searcher.account
        fields = [one for level in levels for one in level.fields if one.active and account.sees(one)]
        return [one for one in fields if one.id in self.display]

    def _record(self, into: Element, record: Record, shown: Sequence[Sequence[Field]]) -> None:
        """Write a record with those of the levels below it; ``shown`` are the fields of its level and of those."""
        depth = len(self.levels) - len(shown)
        level = self.levels[depth]
        named = {"contentId": record.id, "levelId": level.id, "levelGuid": level.guid, "moduleId": level.module}
        element = SubElement(into, "Record", {name: str(value) for name, value in named.items()})
        element.set("parentId", str(record.parent))
        for one in shown[0]:
            self._field(element, one, record)
        if len(shown) > 1:
            for child in self.searcher.children(record, self.levels[depth + 1]):
                self._record(element, child, shown[1:])

    def _field(self, into: Element, one: Field, record: Record) -> None:
        kept = self._kept(one, record)
        if kept in (None, []):
            # Blank fields may be there or not; here a values list is, any other is not.
            if one.type is Type.VALUES:
                _started(into, one)
            return
        element = _started(into, one)
        if one.type in (Type.DATE, Type.FIRST_PUBLISHED, Type.LAST_UPDATED):
            account = self.searcher.account
            timed = one.timed or one.type is not Type.DATE
            element.set("xmlConvertedValue", dates.converted(kept))
            element.text = dates.local(kept, account.zone, account.locale, timed=timed)
        elif one.type is Type.VALUES:
            self._values(element, one, kept)
        elif one.type is Type.USERS:
            self._people(element, kept)
        elif one.type in (Type.REFERENCE, Type.RELATED, Type.SUBFORM):
            self._references(element, kept)
        elif one.type is Type.LINKS:
            for link in kept:
                SubElement(element, "Link", url=link["URL"]).text = link["Name"] or link["URL"]
        else:
            element.text = _text(one, kept)

    def _kept(self, one: Field, record: Record) -> Kept:
        if one.type in (Type.REFERENCE, Type.RELATED, Type.SUBFORM):
            return pointed_at(one, record, self.searcher.content, self.searcher.account)
        if one.type in SYSTEM_TYPES:
            return _set_by_the_platform(one, record)
        return record.value(one)

    def _values(self, element: Element, one: Field, kept: Kept) -> None:
        values = SubElement(element, "ListValues")
        for number in kept["ids"]:
            found = self.searcher.tenant.lists[one.values_list or 0].value(number)
            if found is not None:
                SubElement(values, "ListValue", id=str(number), displayName=found.name).text = found.name

    def _people(self, element: Element, kept: Kept) -> None:
        if kept["users"]:
            users = SubElement(element, "Users")
            for number in kept["users"]:
                account = self.searcher.tenant.accounts[number]
                SubElement(users, "User", id=str(number), firstName=account.first, lastName=account.last)
        if kept["groups"]:
            groups = SubElement(element, "Groups")
            for number in kept["groups"]:
                SubElement(groups, "Group", id=str(number)).text = self.searcher.tenant.groups[number].name

    def _references(self, element: Element, ids: Sequence[int]) -> None:
        """A reference is told by the key field of the record, as people see it; its id is not told."""
        for number in ids:
            record = self.searcher.content.get(number)
            if record is not None:
                SubElement(element, "Reference").text = self._key(record)

    def _key(self, record: Record) -> str:
        level = self.searcher.tenant.level(record.level)
        assert level is not None
        key = next((one for one in level.fields if one.key), None)
        if key is None or key.type is not Type.TRACKING:
            return str(record.value(key) or "") if key else str(record.id)
        return _text(key, record.sequential)


def _set_by_the_platform(one: Field, record: Record) -> Kept:
    values = {
        Type.TRACKING: record.sequential,
        Type.STATUS: status(record),
        Type.FIRST_PUBLISHED: record.created,
        Type.LAST_UPDATED: record.updated,
    }
    return values[one.type]


def _started(into: Element, one: Field) -> Element:
    return SubElement(into, "Field", id=str(one.id), guid=one.guid, type=str(int(one.type)))


def _text(one: Field, kept: Kept) -> str:
    if one.type is Type.TRACKING:
        return f"{one.prefix}{kept}"
    if one.type is Type.NUMERIC:
        return f"{kept:.15g}"
    if isinstance(kept, list):
        return ", ".join(map(str, kept))
    return str(kept)
