"""Asks again, one by one, for what a listing lacked: what is missing from one is not gone for that."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.base import Adapter
from connector.apply.sides import Sides
from connector.mapping.grc_side import Gathering
from connector.model.errors import AccessDenied, MlflowGrcError, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.state import Link, LinkState
from connector.model.views import RegistryObservation
from connector.plan import Absences

T = TypeVar("T")

MAX_POINT_READS = 200
"""Missing objects that are asked for, per side and cycle; the others stay unknown until a later one."""

_LATER = f"more than {MAX_POINT_READS} are missing; asked in a later cycle"


@dataclass(slots=True)
class Asked:
    """Collects what point reads found. ``turn`` changes with each cycle: of more objects than can be asked for at once
    each has its turn, whatever the others turn out to be.
    """

    turn: str
    registry_gone: set[str] = field(default_factory=set)
    registry_unknown: dict[str, str] = field(default_factory=dict)
    registry_left_out: dict[str, str] = field(default_factory=dict)
    records_gone: set[tuple[Entity, str]] = field(default_factory=set)
    records_unknown: dict[tuple[Entity, str], str] = field(default_factory=dict)
    registry_unasked: set[str] = field(default_factory=set)
    records_unasked: set[tuple[Entity, str]] = field(default_factory=set)

    def absences(self) -> Absences:
        """What may be concluded from it."""
        return Absences(
            frozenset(self.registry_gone),
            self.registry_unknown,
            frozenset(self.records_gone),
            self.records_unknown,
            self.registry_left_out,
            frozenset(self.registry_unasked),
            frozenset(self.records_unasked),
        )

    def in_turn(
        self, missing: Iterable[T], name: Callable[[T], str], first: Collection[str] = ()
    ) -> tuple[Sequence[T], Sequence[T]]:
        """Those to ask for in this cycle, and the rest; ``first`` are names of some that come before all others."""

        def place(each: T) -> tuple[bool, int]:
            return name(each) not in first, zlib.crc32(f"{self.turn} {name(each)}".encode())

        shuffled = sorted(missing, key=place)
        return shuffled[:MAX_POINT_READS], shuffled[MAX_POINT_READS:]


def ask_registry(
    sides: Sides,
    links: Mapping[str, Link],
    registry: RegistryObservation,
    asked: Asked,
    retiring: Collection[str] = (),
) -> None:
    """Ask for each linked object, and each governed version, that the scan lacked: MLflow pages by offset, and a scan
    may skip a live model. Those ``retiring``, whose retirement waits for a person, are asked for before others: what
    the person looked at is what an approval lets through.
    """
    present = {view.ref.key for view in (*registry.models, *registry.versions)}
    lacking = [link for key, link in links.items() if link.state is LinkState.LIVE and key not in present]
    missing = [link for link in lacking if not _is_outside(sides, link, asked)]
    now, later = asked.in_turn(missing, lambda link: link.ref.key, retiring)
    for link in now:
        try:
            found = _created_ms(sides, link)
        except (Rejected, Retriable) as error:
            asked.registry_unknown[link.ref.key] = _why(error)
        else:
            if found is None or (link.created_ms is not None and found != link.created_ms):
                asked.registry_gone.add(link.ref.key)
            else:
                asked.registry_unknown[link.ref.key] = "the scan skipped it"
    asked.registry_unknown |= {link.ref.key: _LATER for link in later}
    asked.registry_unasked |= {link.ref.key for link in later}


def _is_outside(sides: Sides, link: Link, asked: Asked) -> bool:
    """Whether the object's workspace is not read, or not there: one workspace more must cost no point reads."""
    found = sides.registry.outside(link.ref.name)
    if found is not None:
        where = asked.registry_left_out if found.chosen else asked.registry_unknown
        where[link.ref.key] = found.reason
    return found is not None


def _created_ms(sides: Sides, link: Link) -> int | None:
    if link.ref.entity is Entity.MODEL:
        model = sides.registry.model(link.ref.name)
        return model.created_ms if model else None
    try:
        version = sides.registry.version(link.ref.name, link.ref.version or "")
    except AccessDenied:
        # MLflow forbids the versions of a model that does not exist even to who may read every model.
        if sides.registry.model(link.ref.name) is not None:
            raise
        return None
    return version.created_ms if version else None


def missing_records(
    sides: Sides, links: Mapping[str, Link], registry: RegistryObservation, records: Gathering
) -> set[tuple[Entity, str]]:
    """Records that a link or an identity tag names and the listing lacks. That of a retired model only when the model
    is back.
    """
    alive = (LinkState.LIVE, LinkState.RECORD_GONE)
    back = {view.ref.key for view in (*registry.models, *registry.versions)}
    named = {
        (link.ref.entity, link.record_id)
        for key, link in links.items()
        if link.state in alive or (link.state is LinkState.RETIRED and key in back)
    }
    tag = sides.mapping.mapping.tags.record_id
    named |= {(Entity.MODEL, view.tags[tag]) for view in registry.models if view.tags.get(tag) and view.in_scope}
    return named - records.ids()


def ask_records(
    adapter: Adapter,
    wanted: Iterable[tuple[Entity, str]],
    records: Gathering,
    gaps: Mapping[Entity, str],
    asked: Asked,
) -> None:
    """Ask for records by id; those that are there after all go into ``records``."""
    missing = []
    for entity, record_id in wanted:
        if entity in gaps:
            asked.records_unknown[entity, record_id] = "its listing was incomplete"
        else:
            missing.append((entity, record_id))
    now, later = asked.in_turn(missing, lambda each: f"{each[0]} {each[1]}")
    for entity, record_id in now:
        _ask_record(adapter, entity, record_id, records, asked)
    asked.records_unknown |= dict.fromkeys(later, _LATER)
    asked.records_unasked |= set(later)


def _ask_record(adapter: Adapter, entity: Entity, record_id: str, records: Gathering, asked: Asked) -> None:
    try:
        record = adapter.get(entity, record_id)
    except (Rejected, Retriable) as error:
        asked.records_unknown[entity, record_id] = _why(error)
        return
    if record is None:
        asked.records_gone.add((entity, record_id))
    else:
        records.add(record)


def _why(error: MlflowGrcError) -> str:
    """What happened, and what to do about it."""
    if not error.remedy:
        return error.message
    return f"{error.message.rstrip('.')}. {error.remedy[0].upper()}{error.remedy[1:]}"
