"""What changed on either side of a model, from the observation journal. Two passes, so that only values that ever
changed are remembered: the journal itself never stands in memory.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from connector.controls import Inventory, JoinedModel
from connector.controls.inventory import TAG
from connector.model.fields import Entity, Side, Value
from connector.state.base import StateReader
from connector.state.types import Change

KEPT = 60
"""Events that a model's page shows, the newest."""
_SOURCES = (
    (Side.REGISTRY, Entity.MODEL), (Side.REGISTRY, Entity.VERSION),
    (Side.GRC, Entity.MODEL), (Side.GRC, Entity.VERSION), (Side.GRC, Entity.ISSUE),
)  # fmt: skip
_ISSUE_FIELDS = ("number", "title", "severity", "state", "due", "assignee", "version")
_ABOUT = ("model", "identity.name", "identity.version", "identity.parent", "number")
"""What tells whose an object is that stands in the inventory no more."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change, seen at ``at``; it happened after ``after`` (None: nothing had been observed before). ``subject`` is
    empty for the model itself, else ``version 3`` or ``issue FND-1``; ``field`` is empty where the whole object came
    (``new`` is then ``seen``) or went (``gone``).
    """

    at: str
    after: str | None
    side: Side
    subject: str
    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class History:
    """A model's events, newest first, and how many older ones are left out."""

    events: tuple[Event, ...]
    older: int = 0


NOTHING = History(())


def histories(store: StateReader, connection: str, inventory: Inventory) -> Mapping[str, History]:
    """The history of every model by its correlation key, or its record id where MLflow has none of it."""
    reader = _Reader(inventory)
    for side, entity in _SOURCES:
        reader.read(store, connection, side, entity)
    return reader.histories()


@dataclass
class _Recent:
    """The newest events of one model; several journals are read one after the other."""

    events: dict[tuple[Side, Entity], deque[Event]] = field(default_factory=dict)
    count: int = 0

    def add(self, side: Side, entity: Entity, event: Event) -> None:
        self.events.setdefault((side, entity), deque(maxlen=KEPT)).append(event)
        self.count += 1

    def history(self) -> History:
        found = [each for some in self.events.values() for each in some]
        found.sort(key=lambda event: event.at, reverse=True)
        return History(tuple(found[:KEPT]), self.count - min(len(found), KEPT))


class _Reader:
    def __init__(self, inventory: Inventory) -> None:
        self._subjects: dict[tuple[Side, Entity, str], tuple[str, str]] = {}
        self._names: dict[str, str] = {}
        self._recent: dict[str, _Recent] = defaultdict(_Recent)
        for model in inventory.models:
            self._learn(model)
        request = TAG + inventory.tags.approval_request
        self._fields = {
            level: frozenset({*(one.name for one in inventory.fields.get(level, ())), "aliases", request})
            for level in (Entity.MODEL, Entity.VERSION)
        } | {Entity.ISSUE: frozenset(_ISSUE_FIELDS)}

    def _learn(self, model: JoinedModel) -> None:
        anchor = model.key or model.record_id or ""
        self._names.setdefault(model.name, anchor)
        if model.record_id:
            self._subjects[Side.GRC, Entity.MODEL, model.record_id] = anchor, ""
        if model.key:
            self._subjects[Side.REGISTRY, Entity.MODEL, model.key] = anchor, ""
        for version in model.versions:
            subject = anchor, f"version {version.version}"
            self._subjects[Side.REGISTRY, Entity.VERSION, version.key] = subject
            if version.record_id:
                self._subjects[Side.GRC, Entity.VERSION, version.record_id] = subject

    def read(self, store: StateReader, connection: str, side: Side, entity: Entity) -> None:
        """Read one journal, twice."""
        fields = {*self._fields[entity], *_ABOUT}
        moving = _moving(store.changes(connection, side, entity, fields=fields), self._fields[entity])
        known: set[str] = set()
        held: dict[tuple[str, str], Value] = {}
        for change in store.changes(connection, side, entity, fields=fields):
            who = side, entity, change.id
            if change.id not in known and who not in self._subjects:
                self._subjects[who] = self._subject(entity, change)
            for name in moving.get(change.id, ()):
                if change.id not in known:
                    held[change.id, name] = change.changed.get(name)
            anchor, subject = self._subjects[who]
            if anchor:
                for event in _events(change, side, subject, self._fields[entity], held, first=change.id not in known):
                    self._recent[anchor].add(side, entity, event)
            (known.add if change.present else known.discard)(change.id)

    def _subject(self, entity: Entity, change: Change) -> tuple[str, str]:
        """Whose an object is that the inventory does not have, as far as its first sight tells."""
        told = change.changed
        if entity is Entity.ISSUE:
            about = self._anchor(Entity.MODEL, told.get("model")) or self._anchor(Entity.VERSION, told.get("version"))
            return about, f"issue {told.get('number') or change.name}"
        parent, name = told.get("identity.parent"), told.get("identity.name") or ""
        anchor = self._anchor(Entity.MODEL, parent) or self._names.get(name, "")
        return anchor, f"version {told.get('identity.version')}" if entity is Entity.VERSION else ""

    def _anchor(self, entity: Entity, record_id: Value) -> str:
        return self._subjects.get((Side.GRC, entity, record_id or ""), ("", ""))[0]

    def histories(self) -> Mapping[str, History]:
        return {anchor: recent.history() for anchor, recent in self._recent.items()}


def _moving(changes: Iterator[Change], fields: Collection[str]) -> Mapping[str, Collection[str]]:
    """The fields of each object that changed after it was first seen."""
    seen: set[str] = set()
    moving: dict[str, set[str]] = {}
    for change in changes:
        if change.id in seen and change.changed:
            moving.setdefault(change.id, set()).update(name for name in change.changed if name in fields)
        seen.add(change.id)
    return moving


def _events(
    change: Change,
    side: Side,
    subject: str,
    fields: Collection[str],
    held: dict[tuple[str, str], Value],
    *,
    first: bool,
) -> Iterator[Event]:
    if first or not change.present:
        yield Event(change.at, change.after, side, subject, "", None, "seen" if change.present else "gone")
        return
    for name, new in change.changed.items():
        if name in fields:
            old = held.get((change.id, name))
            held[change.id, name] = new
            yield Event(change.at, change.after, side, subject, name.removeprefix(TAG), old, new)
