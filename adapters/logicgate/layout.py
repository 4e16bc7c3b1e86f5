"""A record as the mapping asks for it: fields by name or id, and what the record itself tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from adapters.logicgate.catalogue import Ambiguous, Catalogue
from adapters.logicgate.options import STEP
from adapters.logicgate.values import Codec, milliseconds, time_text
from connector.model.fields import Entity
from connector.model.grc import Json, Record, Unreadable

LINKED = "linked."


def _within(*path: str) -> Callable[[Mapping[str, Json]], Json]:
    def read(record: Mapping[str, Json]) -> Json:
        found: Json = record
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    return read


def _time(name: str) -> Callable[[Mapping[str, Json]], Json]:
    read = _within("dates", name)
    return lambda record: time_text(read(record))


OWN: Mapping[str, Callable[[Mapping[str, Json]], Json]] = MappingProxyType(
    {
        "record.name": _within("name"),
        "record.record_name": _within("recordName"),
        "record.number": _within("sequenceNumber"),
        "record.status": _within("status"),
        STEP: _within("currentStep", "name"),
        "record.step_type": _within("currentStep", "type"),
        "record.assignee": _within("assignee", "email"),
        "record.creator": _within("creator", "email"),
        "record.due": _time("recordDueDate"),
        "record.created": _time("created"),
        "record.completed": _time("completed"),
    }
)
"""What a mapping may name beside fields: what the record tells of itself."""


_UPDATED = _time("updated")


class Layout:
    """Of one entity: which of its fields are asked for."""

    def __init__(self, entity: Entity, names: Iterable[str], catalogue: Catalogue, codec: Codec, site: str) -> None:
        self.entity = entity
        self.names = tuple(dict.fromkeys(names))
        self._catalogue, self._codec, self._site = catalogue, codec, site
        given = catalogue.workflow(entity).fields
        self.links = tuple(name for name in self.names if name.startswith(LINKED))
        self.own = tuple(name for name in self.names if name in OWN)
        self.fields = tuple(name for name in self.names if name not in self.own and name not in self.links)
        self._by_id = {str(given[name].id): name for name in self.fields if name in given and given[name].id}
        self._there = set(self._by_id.values())
        self._by_name = {name: name for name in self.fields if name not in self._by_id.values()}

    def record(self, raw: Mapping[str, Json], links: Mapping[str, Json] = MappingProxyType({})) -> Record:
        """The record in plain JSON. A field that LogicGate left out, and that it has, is empty."""
        values: dict[str, Json] = {name: OWN[name](raw) for name in self.own}
        values |= self._mistaken(raw) | self._shown(raw)
        values |= {name: None for name in self.fields if name not in values and self._is_there(name)}
        updated = _UPDATED(raw)
        record_id = str(raw["id"])
        url = self._catalogue.workflow(self.entity).url
        return Record(
            self.entity,
            record_id,
            {**values, **links},
            revision=updated,
            updated_at=updated,
            url=url.replace("{site}", self._site).replace("{id}", record_id) if url else None,
        )

    def _shown(self, raw: Mapping[str, Json]) -> dict[str, Json]:
        values: dict[str, Json] = {}
        for one in raw.get("fields") or ():
            name = self._name(one)
            if name is None:
                continue
            if name in values:
                values[name] = Unreadable(f"several fields are called '{name}'; the mapping has to give the id of one")
                continue
            values[name] = self._codec.shown(str(one.get("type")), one.get("values") or ())
        return values

    def _mistaken(self, raw: Mapping[str, Json]) -> dict[str, Json]:
        """Fields that the record shows under another id than the mapping gives, which no record has shown yet: to take
        them for empty would empty the registry's side. A field that is labelled so, and has another name, is another.
        """
        values: dict[str, Json] = {}
        given = {name: one for one, name in self._by_id.items()}
        for one in raw.get("fields") or ():
            shown = str(one.get("id")) if isinstance(one, dict) else ""
            if not shown or shown in self._by_id:
                continue
            name = one.get("name")
            if name in given and not self._catalogue.has_shown(self.entity, given[name]):
                what = f"the record shows '{name}' with the id {shown}, and the mapping gives the id {given[name]}"
                values[name] = Unreadable(what)
        return values

    def _name(self, shown: Json) -> str | None:
        """The mapping's name of a field: by id, by name, by label."""
        if not isinstance(shown, dict):
            return None
        shown_id, name, label = (str(shown.get(part)) for part in ("id", "name", "label"))
        found = self._by_id.get(shown_id) or self._by_name.get(shown_id) or self._by_name.get(name)
        return found or (label if label in self._by_name and self._is_labelled(label, shown_id) else None)

    def _is_labelled(self, label: str, shown_id: str) -> bool:
        """Whether the mapping means this field by its label, and no other that has it for a name."""
        try:
            info = self._catalogue.field(self.entity, label)
        except Ambiguous:
            return True
        return info is None or info.id == shown_id

    def _is_there(self, name: str) -> bool:
        if name not in self._there:
            try:
                if self._catalogue.field(self.entity, name) is None:
                    return False
            except Ambiguous:
                return False
            self._there.add(name)
        return True


def updated_ms(raw: Mapping[str, Json]) -> int:
    """When a record was changed last, in epoch milliseconds; zero where it does not say."""
    return milliseconds(_within("dates", "updated")(raw)) or 0
