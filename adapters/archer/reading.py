"""Records of one instance: all by search, one by id, one by key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from adapters.archer import times
from adapters.archer.catalogue import Catalogue
from adapters.archer.codec import LISTS, Codec, Item, Targets, Unclear, tracking_number
from adapters.archer.envelope import Refusal, at
from adapters.archer.layout import Layout, Layouts, Mapped
from adapters.archer.listing import Lister, Row
from adapters.archer.metadata import Kind, number
from adapters.archer.options import Options
from adapters.archer.soap import Condition, carried
from adapters.archer.wire import Wire
from connector.model.errors import (
    AccessDenied,
    ConfigError,
    DuplicateKey,
    IncompleteSnapshot,
    Rejected,
    Retriable,
    Unreachable,
)
from connector.model.fields import Entity
from connector.model.grc import Json, Record

UTC_ZONE = "UTC Standard Time"
_HIDDEN = "let the account's access role read the record by id as well."


class Reader:
    """The reading half. ``begin`` is called when a listing begins: what was unknown may be known by then."""

    def __init__(
        self,
        wire: Wire,
        layouts: Layouts,
        catalogue: Catalogue,
        codec: Codec,
        targets: Targets,
        options: Options,
        begin: Callable[[], None],
    ) -> None:
        self.layouts, self.codec = layouts, codec
        self._wire, self._catalogue, self._targets = wire, catalogue, targets
        self._options, self._begin = options, begin
        self.lister = Lister(wire, options.search)
        self._lock = threading.Lock()
        self._told: dict[tuple[Entity, str], Mapping[str, Sequence[Item]]] = {}
        self._asked: dict[tuple[Entity, str], tuple[str | None, Json]] = {}
        self._hidden: dict[Entity, frozenset[int]] = {}

    # All of them.

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        """Every record once, or those that changed since. Raises IncompleteSnapshot."""
        self._begin()
        layout = self.layouts.of(entity)
        self._forget(entity)
        labels: dict[str, int] = {}
        listed: set[str] = set()
        for row in self._rows(layout, since):
            label = self._label(layout, row)
            if label is not None:
                labels[label] = row.id
            self._hidden[entity] = row.hidden
            record = self._shown(layout, row)
            listed.add(record.id)
            yield record
        if since is None:
            self._targets.learn(entity, labels)
            self._forget_asked(entity, listed)

    def tells_changes(self, entity: Entity) -> bool:
        """Whether the level has a Last Updated field, and no field follows what other records say."""
        layout = self.layouts.of(entity)
        return layout.updated is not None and not _moves_unseen(layout)

    def _rows(self, layout: Layout, since: str | None) -> Iterator[Row]:
        display = [mapped.definition.id for mapped in layout.fields.values()]
        display += [one.id for one in (layout.updated, layout.order, layout.label) if one is not None]
        if since is None:
            return self.lister.rows(layout, display)
        if layout.updated is None:
            raise ConfigError(
                f"Level {layout.level.name} has no Last Updated field that the account sees: changes cannot be told.",
                key=f"archer.levels.{layout.entity}.updated",
                remedy="let the account read it, or name another field.",
            )
        start = times.moment(since)
        if start is None:
            raise Rejected(f"{since!r} is no time of Archer.", remedy="list all records once.")
        start -= timedelta(seconds=self._options.search.overlap_seconds)
        conditions = [_date_condition(layout.updated.id, operator, times.iso(start)) for operator in _SINCE]
        return self.lister.rows(layout, display, conditions, "1 OR 2")

    def _shown(self, layout: Layout, row: Row) -> Record:
        """A record as the search shows it; what it does not show is read from the record's content."""
        updated = self._updated(layout, row)
        key = layout.entity, str(row.id)
        try:
            values = {
                name: self.codec.of_search(mapped, row.field(mapped.definition.id))
                for name, mapped in layout.fields.items()
                if mapped.definition.id not in row.hidden
            }
        except Unclear:
            return self._asked_for(layout, key, updated)
        return Record(layout.entity, str(row.id), values, updated_at=updated, url=self._url(layout, str(row.id)))

    def _asked_for(self, layout: Layout, key: tuple[Entity, str], updated: str | None) -> Record:
        """The record by id; asked for again only when it changed."""
        with self._lock:
            since, content = self._asked.get(key, (None, None))
        if content is None or since is None or since != updated or _moves_unseen(layout):
            content = self._content(key[1])
        if isinstance(content, Refusal):
            raise IncompleteSnapshot(
                f"The {key[0]} {key[1]} is listed, but cannot be read by id: {content.text}.",
                remedy="let the account read the records that it can search.",
            )
        with self._lock:
            self._asked[key] = (updated, content)
        return replace(self._record(layout, content), updated_at=updated)

    def _forget(self, entity: Entity) -> None:
        """A listing begins: what is written from now on rests on newer reads."""
        with self._lock:
            self._told = {key: told for key, told in self._told.items() if key[0] is not entity}

    def _forget_asked(self, entity: Entity, listed: set[str]) -> None:
        with self._lock:
            self._asked = {key: one for key, one in self._asked.items() if key[0] is not entity or key[1] in listed}

    @staticmethod
    def _updated(layout: Layout, row: Row) -> str | None:
        element = row.field(layout.updated.id) if layout.updated is not None else None
        return times.told(element.get("xmlConvertedValue")) if element is not None else None

    @staticmethod
    def _label(layout: Layout, row: Row) -> str | None:
        """The record's tracking id, where that is what stands for it in other records."""
        if layout.label is None or layout.label.kind != Kind.TRACKING_ID:
            return None
        element = row.field(layout.label.id)
        return tracking_number("".join(element.itertext())) if element is not None else None

    # One by id.

    def get(self, entity: Entity, record_id: str) -> Record | None:
        """One record afresh; None only where it is certain that it was deleted. Raises AccessDenied where it is not."""
        layout = self.layouts.of(entity)
        content = self.content(layout, record_id)
        if content is None:
            return None
        record = self._record(layout, content)
        self._remember(layout, content)
        return record

    def content(self, layout: Layout, record_id: str) -> Json:
        """One record as the server tells it; None where it is certain that there is none. Raises AccessDenied."""
        if not record_id:
            return None
        if number(record_id) is None:
            raise Rejected(
                f"'{record_id}' is no id of a record in Archer, which are numbers.", remedy=_LINKED_ELSEWHERE
            )
        content = self._content(record_id)
        if isinstance(content, Refusal):
            return self._absent(layout, record_id, content)
        level = number(at(content, "LevelId"))
        if level is not None and level != layout.level.id:
            raise AccessDenied(
                f"The record {record_id} is of level {level}, not of {layout.level.name} ({layout.level.id}).",
                remedy=_LINKED_ELSEWHERE,
            )
        if number(at(content, "Id")) != number(record_id):
            raise Unreachable(
                f"Asked for record {record_id}, Archer told of {at(content, 'Id')!r}.", remedy="try again."
            )
        return content

    def told(self, entity: Entity, record_id: str) -> Mapping[str, Sequence[Item]]:
        """What the lists of a record held when it was last read by id."""
        with self._lock:
            return self._told.get((entity, record_id), {})

    def _content(self, record_id: str) -> Json | Refusal:
        return self._wire.one(f"core/content/{number(record_id)}")

    def _absent(self, layout: Layout, record_id: str, why: Refusal) -> None:
        """None where the record was deleted. Archer says the same of one that this account may not see, so that only
        an account that sees all can tell, and only if the search does not find it either.
        """
        unknown = (
            f"The {layout.entity} {record_id} cannot be read: {why.text}. It is deleted, or hidden from this account"
        )
        if not why.is_nothing_found or not self._options.sees_all:
            raise AccessDenied(
                f"{unknown}; Archer does not tell which.",
                remedy="see in Archer whether it is there. Where the account may read every record of the application, "
                "set sees_all: true in the mapping's archer section.",
            )
        condition = Condition(
            "ContentFilterCondition",
            (("Level", str(layout.level.id)), ("Operator", "Equals"), ("Values", (("Value", str(number(record_id))),))),
        )
        display = [one.id for one in (layout.order, layout.label, layout.updated) if one is not None]
        try:
            found = any(row.id == number(record_id) for row in self.lister.rows(layout, display, [condition]))
        except IncompleteSnapshot as error:
            raise Retriable(error.message, remedy=error.remedy) from None
        # An account that lost its role sees no application any more, and no record of it either.
        if found or not self._catalogue.fields_of(layout.level.id):
            raise AccessDenied(f"{unknown}: a search still shows it." if found else f"{unknown}.", remedy=_HIDDEN)

    def _record(self, layout: Layout, content: Json) -> Record:
        fields = at(content, "FieldContents") or {}
        record_id = str(number(at(content, "Id")))
        # A field that is not there may be blank; whether it is hidden, only a search tells.
        hidden = self._hidden.get(layout.entity, frozenset())
        return Record(
            entity=layout.entity,
            id=record_id,
            values={
                name: self.codec.of_content(mapped, fields.get(str(mapped.definition.id)))
                for name, mapped in layout.fields.items()
                if mapped.definition.id not in hidden
            },
            updated_at=times.told(at(content, "LastUpdated")),
            url=self._url(layout, record_id),
        )

    def _remember(self, layout: Layout, content: Json) -> None:
        fields = at(content, "FieldContents") or {}
        told = {
            name: self.codec.elements(mapped, fields.get(str(mapped.definition.id)))
            for name, mapped in layout.fields.items()
            if mapped.kind in LISTS and mapped.options.multiple
        }
        if told:
            with self._lock:
                self._told[layout.entity, str(number(at(content, "Id")))] = told

    def _url(self, layout: Layout, record_id: str) -> str | None:
        template = layout.options.url
        if template is None:
            return None
        parts = {
            "site": self._wire.site.address,
            "module": str(layout.level.application.id),
            "level": str(layout.level.id),
            "id": record_id,
        }
        for name, part in parts.items():
            template = template.replace(f"{{{name}}}", part)
        return template

    # One by key.

    def find(self, entity: Entity, key: str) -> Record | None:
        """The one record that carries a key, asked for now. Raises DuplicateKey."""
        layout = self.layouts.of(entity)
        if layout.key is None:
            raise ConfigError(f"The mapping names no key field of {entity}: it cannot be looked up by key.")
        found = [record for record in map(partial(self.get, entity), self._alike(layout, layout.key, key)) if record]
        ids = tuple(record.id for record in found if record.values.get(layout.key.name) == key)
        if len(ids) > 1:
            raise DuplicateKey(
                f"{len(ids)} records of {entity} carry the key {key}: {', '.join(ids)}.",
                key=key,
                ids=ids,
                remedy="retire all but one of them in Archer, or clear their key field.",
            )
        return next((record for record in found if record.id in ids), None)

    def _alike(self, layout: Layout, mapped: Mapped, key: str) -> list[str]:
        """The ids of records that a search shows with the key. Archer's comparison ignores case, and XML tells no
        carriage returns.
        """
        field_id = mapped.definition.id
        condition = Condition(
            "TextFilterCondition",
            (("Operator", "Equals"), ("Field", str(field_id)), ("Value", carried(key, mapped.name))),
        )
        try:
            shown = [(row.id, row.field(field_id)) for row in self.lister.rows(layout, [field_id], [condition])]
        except IncompleteSnapshot as error:
            failed = Retriable(f"The key {key} could not be looked up: {error.message}", remedy=error.remedy)
        else:
            return [
                str(ident) for ident, one in shown if one is not None and _lines("".join(one.itertext())) == _lines(key)
            ]
        raise failed


def _moves_unseen(layout: Layout) -> bool:
    """Whether a field follows what other records say, which does not count as a change of this one."""
    return any(mapped.kind == Kind.RELATED_RECORDS for mapped in layout.fields.values())


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


_SINCE = ("GreaterThan", "Equals")
_LINKED_ELSEWHERE = "the link was made with another system or level; correct it with `mlflow-grc link`."


def _date_condition(field_id: int, operator: str, value: str) -> Condition:
    return Condition(
        "DateComparisonFilterCondition",
        (
            ("Operator", operator),
            ("Field", str(field_id)),
            ("Value", value),
            ("TimeZoneId", UTC_ZONE),
            ("IsTimeIncluded", "TRUE"),
        ),
    )
