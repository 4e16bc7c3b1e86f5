"""The GRC in canonical terms: records to views and issues."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import Keys, is_hashed
from connector.mapping.native import to_canonical
from connector.mapping.text import storable
from connector.mapping.values import plain
from connector.model.errors import Rejected
from connector.model.fields import Entity, Value
from connector.model.grc import Record
from connector.model.policy import VersionsMode
from connector.model.views import GrcObservation, GrcView, Issue

APPROVAL_STATUS = "approval_status"
_NO_DECISION = (None, "not_submitted")
_MOST_DIGITS = 18
_VERSION_NUMBER = re.compile(r"(?:version|v)?\s*\.?\s*([0-9]{1,18})", re.ASCII | re.IGNORECASE)


@dataclass(slots=True)
class Gathering:
    """Takes records as they come and keeps them in canonical terms, virtual version records included: what the platform
    sent is let go of at once. A record that is listed twice counts once.
    """

    mapping: ConnectionMapping
    keys: Keys
    _models: dict[str, GrcView] = field(default_factory=dict)
    _versions: dict[str, GrcView] = field(default_factory=dict)
    _virtual: dict[str, GrcView | None] = field(default_factory=dict)
    _issues: dict[str, Issue] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take in a record of a model, a version or an issue."""
        match record.entity:
            case Entity.MODEL:
                self._models[record.id] = model_view(self.mapping, record)
                self._virtual[record.id] = virtual_version(self.mapping, record, self.keys)
            case Entity.VERSION:
                self._versions[record.id] = version_view(self.mapping, record)
            case Entity.ISSUE:
                self._issues[record.id] = issue(self.mapping, record)

    def ids(self) -> set[tuple[Entity, str]]:
        """What was taken in."""
        return {(entity, record_id) for entity, records in self._held().items() for record_id in records}

    def count(self, entity: Entity) -> int:
        """How many records of the entity were taken in."""
        return len(self._held()[entity])

    def include(self, other: Gathering) -> None:
        """Take in all that another has, as it is there."""
        for mine, theirs in zip(self._parts(), other._parts(), strict=True):
            mine.update(theirs)

    def only(self, entity: Entity) -> Gathering:
        """The records of one entity, apart from what is taken in from now on."""
        found = Gathering(self.mapping, self.keys)
        for part, mine in zip(found._parts(entity), self._parts(entity), strict=True):
            part.update(mine)
        return found

    def clear(self, entity: Entity) -> None:
        """Let go of the records of one entity."""
        for part in self._parts(entity):
            part.clear()

    def is_same(self, entity: Entity, record_id: str, other: Gathering) -> bool:
        """Whether another has the same of a record. Then that is kept in place of what was taken in."""
        mine, theirs = self._held()[entity], other._held()[entity]
        if record_id not in theirs or mine[record_id] != theirs[record_id]:
            return False
        for part, known in zip(self._parts(entity), other._parts(entity), strict=True):
            part[record_id] = known[record_id]
        return True

    def _parts(self, entity: Entity | None = None) -> Sequence[dict[str, Any]]:
        of = {
            Entity.MODEL: (self._models, self._virtual),
            Entity.VERSION: (self._versions,),
            Entity.ISSUE: (self._issues,),
        }
        return [part for kind, parts in of.items() if entity in (None, kind) for part in parts]

    def _held(self) -> dict[Entity, Mapping[str, GrcView | Issue]]:
        return {Entity.MODEL: self._models, Entity.VERSION: self._versions, Entity.ISSUE: self._issues}

    def observation(self, gaps: Mapping[Entity, str], unlisted: Mapping[Entity, str]) -> GrcObservation:
        """All of it; ``gaps`` says per entity why its listing was incomplete, ``unlisted`` why there is none."""
        virtual = (one for one in self._virtual.values() if one is not None)
        return GrcObservation(
            models=tuple(self._models.values()),
            versions=(*self._versions.values(), *virtual),
            issues=tuple(self._issues.values()),
            gaps=dict(gaps),
            unlisted=dict(unlisted),
        )


def model_view(mapping: ConnectionMapping, record: Record) -> GrcView:
    """A model's record. ``version`` is the governed version, where the mapping has one.

    An approval that belongs to no version stands in ``unreadable`` under ``approval_status``.
    """
    view = _view(mapping, Entity.MODEL, record)
    governed, problem = _governed_version(mapping, record)
    stray = _stray_approval(mapping, record, governed, problem)
    return replace(view, version=governed, unreadable={**view.unreadable, **stray})


def version_view(mapping: ConnectionMapping, record: Record) -> GrcView:
    """A version's own record."""
    view = _view(mapping, Entity.VERSION, record)
    text, problem = _identity(mapping, Entity.VERSION, record, "version")
    parent, parent_problem = _identity(mapping, Entity.VERSION, record, "parent")
    problems = {name: why for name, why in (("version", problem), ("parent", parent_problem)) if why}
    return replace(view, version=_number(text), parent_id=parent, unreadable={**view.unreadable, **problems})


def virtual_version(mapping: ConnectionMapping, record: Record, keys: Keys) -> GrcView | None:
    """The version that a model's record governs, as if it had a record of its own; None where it governs none.

    Its id is the model record's, and so are its writes.
    """
    governed, _ = _governed_version(mapping, record)
    if governed is None:
        return None
    view = _view(mapping, Entity.VERSION, record, identity=Entity.MODEL)
    key = _version_key(view, governed, keys)
    return replace(view, key=key, version=governed, parent_id=record.id, virtual=True)


def issue(mapping: ConnectionMapping, record: Record) -> Issue:
    """An issue; without a number of its own it goes by its id."""
    values, problems = _fields(mapping, Entity.ISSUE, record)
    key, _ = _identity(mapping, Entity.ISSUE, record, "key")
    model_id, model_problem = _identity(mapping, Entity.ISSUE, record, "parent")
    version_id, version_problem = _identity(mapping, Entity.ISSUE, record, "version")
    problems |= {name: why for name, why in (("model", model_problem), ("version", version_problem)) if why}
    return Issue(
        id=record.id,
        number=values.get("number") or record.id,
        title=values.get("title") or "",
        severity=values.get("severity"),
        state=values.get("state"),
        due=values.get("due"),
        assignee=values.get("assignee"),
        url=values.get("url") or record.url,
        model_id=model_id,
        version_id=version_id,
        plan=values.get("plan"),
        opened=values.get("opened"),
        closed=values.get("closed"),
        unreadable=problems,
        key=key,
        revision=record.revision if key is not None else None,
    )


def plain_values(mapping: ConnectionMapping, record: Record) -> tuple[Mapping[str, Value], Mapping[str, str]]:
    """The canonical fields of an approval step or a user, and what of it could not be read."""
    return _fields(mapping, record.entity, record)


def _view(mapping: ConnectionMapping, entity: Entity, record: Record, *, identity: Entity | None = None) -> GrcView:
    values, problems = _fields(mapping, entity, record)
    found = {
        name: _identity(mapping, identity or entity, record, name) for name in ("key", "instance", "name", "created")
    }
    problems |= {name: problem for name, (_, problem) in found.items() if problem}
    return GrcView(
        entity=entity,
        id=record.id,
        key=sys.intern(found["key"][0]) if found["key"][0] else None,
        name=sys.intern(found["name"][0] or ""),
        created_ms=_milliseconds(found["created"][0]),
        instance=found["instance"][0],
        fields=values,
        unreadable=problems,
        absent=_absent(mapping, entity, record),
        url=record.url,
        revision=record.revision,
        actor=record.actor,
        updated_at=record.updated_at,
    )


def _fields(mapping: ConnectionMapping, entity: Entity, record: Record) -> tuple[dict[str, Value], dict[str, str]]:
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for one, mapped in mapping.read_fields(entity):
        native = record.values.get(mapped.read_name)
        try:
            values[one.name] = None if native is None else to_canonical(one, mapped, native)
        except Rejected as error:
            problems[one.name] = error.message
    return values, problems


def _absent(mapping: ConnectionMapping, entity: Entity, record: Record) -> dict[str, str]:
    names = {one.name: mapping.mapped(entity, one.name) for one in mapping.fields(entity)}
    return {
        name: mapped.read_name
        for name, mapped in names.items()
        if mapped is not None and mapped.read_name not in record.values
    }


def _identity(mapping: ConnectionMapping, entity: Entity, record: Record, name: str) -> tuple[str | None, str]:
    """An identity field's text, and why it could not be read. Key and name are told as they stand there: MLflow's names
    may begin with a blank, and come in any Unicode form.
    """
    place = mapping.place(entity, name)
    if place is None:
        return None, ""
    native = record.values.get(place.read_name)
    if isinstance(native, str) and native.strip() and name in ("key", "name"):
        return storable(native) if name == "name" else storable(native).strip(), ""
    try:
        return plain(native), ""
    except ValueError as error:
        return None, f"{place.read_name}: {error}."


def _number(text: str | None) -> str | None:
    """A version number as MLflow writes it, out of ``3``, ``v3`` or ``Version 3``; other text as it is."""
    found = _VERSION_NUMBER.fullmatch(text) if text else None
    return str(int(found[1])) if found else text


def _milliseconds(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def _governed_version(mapping: ConnectionMapping, record: Record) -> tuple[str | None, str]:
    text, problem = _identity(mapping, Entity.MODEL, record, "governed_version")
    number = _number(text)
    if number is not None and not number.isdecimal():
        return None, f"an approval of '{number}', which is no version number"
    return number, problem


def _stray_approval(mapping: ConnectionMapping, record: Record, governed: str | None, problem: str) -> dict[str, str]:
    """An approval that belongs to no version is said so, and never spread over versions."""
    mapped = mapping.platform.entities.model.version_fields.get(APPROVAL_STATUS)
    if mapped is None or governed is not None or mapping.versions is VersionsMode.RECORDS:
        return {}
    declared = mapping.version_field(APPROVAL_STATUS)
    try:
        decided = to_canonical(declared, mapped, record.values.get(mapped.read_name)) not in _NO_DECISION
    except Rejected:
        decided = True
    return {APPROVAL_STATUS: problem or "an approval without a version"} if decided else {}


def _version_key(view: GrcView, version: str, keys: Keys) -> str | None:
    """The virtual record's key: its model's with the version; a hash is made anew out of the fields beside it."""
    if view.key is None or not is_hashed(view.key):
        return None if view.key is None else f"{view.key}#{version}"
    if view.created_ms is None or keys.model(view.name, view.created_ms) != view.key:
        return None
    return keys.version(view.name, view.created_ms, version)
