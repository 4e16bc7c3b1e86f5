"""What the journal and the audit trail add to what stands: read once, oldest first, a small part of it remembered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.audit import AuditFilter
from connector.controls.facts import Approved, Edit
from connector.controls.standing import IN_FORCE
from connector.merge import UNDONE
from connector.model.fields import Entity, Side, Value
from connector.model.policy import VersionsMode
from connector.model.state import Link
from connector.state.base import StateReader
from connector.state.types import Change

_STATUS = "approval_status"
_MEASURED = ("monitoring_evidence", "monitoring_status")
_MADE_FROM = ("identity.source", "identity.run", "schema")


@dataclass(frozen=True, slots=True)
class Past:
    """By correlation key: how a version was when its approval was first seen, when what monitoring tells of it last
    changed, which edits were put back, every registered model that was ever seen; by issue id: since when its state
    holds. Times are ISO 8601 UTC.
    """

    approved: Mapping[str, Approved] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict)
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    models: Mapping[str, Appearance] = field(default_factory=dict)
    issues: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Appearance:
    """A registered model as it was first seen, at ``at`` and not at ``after``; ``record`` is the record that its tag
    named last.
    """

    name: Value
    created: Value
    at: str
    after: str | None
    record: Value = None


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """What is asked of the past: edits put back ``since`` a time; where approvals stand (``versions``), which link
    stands for which record; the tag that names a model's record.
    """

    since: datetime
    versions: VersionsMode
    links: Mapping[str, Link]
    record_tag: str


def past_of(store: StateReader, connection: str, question: PastQuestion) -> Past:
    """Read the past of a connection."""

    def changes(side: Side, entity: Entity, *fields: str) -> Iterator[Change]:
        return store.changes(connection, side, entity, fields=fields)

    if question.versions is VersionsMode.RECORDS:
        keys = {link.record_id: key for key, link in question.links.items() if link.ref.entity is Entity.VERSION}
        seen = _into_force(changes(Side.GRC, Entity.VERSION, _STATUS))
        since = {keys[record]: at for record, at in seen.items() if record in keys}
    else:
        # The GRC has no record of a version: its decision is what the connector wrote to MLflow.
        since = _into_force(changes(Side.REGISTRY, Entity.VERSION, _STATUS))
    approved, measured = _versions(changes(Side.REGISTRY, Entity.VERSION, *_MADE_FROM, *_MEASURED), since)
    tag = f"tag:{question.record_tag}"
    return Past(
        approved=approved,
        measured=measured,
        edits=_edits(store, connection, question.since),
        models=_models(changes(Side.REGISTRY, Entity.MODEL, "identity.name", "identity.created", tag), tag),
        issues=_last_changes(changes(Side.GRC, Entity.ISSUE, "state"), "state"),
    )


def _into_force(changes: Iterable[Change]) -> dict[str, str]:
    """Since when an approval is in force, by object; those that none is of are left out."""
    since: dict[str, str] = {}
    for change in changes:
        if not change.present:
            since.pop(change.id, None)
        elif _STATUS in change.changed:
            if change.changed[_STATUS] in IN_FORCE:
                since.setdefault(change.id, change.at)
            else:
                since.pop(change.id, None)
    return since


def _versions(changes: Iterable[Change], since: Mapping[str, str]) -> tuple[dict[str, Approved], dict[str, str]]:
    then: dict[str, dict[str, Value]] = {}
    measured: dict[str, str] = {}
    for change in changes:
        if any(change.changed.get(name) is not None for name in _MEASURED):
            measured[change.id] = change.at
        at = since.get(change.id)
        if at is not None and change.at <= at:
            then.setdefault(change.id, {}).update(change.changed)
    approved = {key: Approved(since[key], *(made.get(name) for name in _MADE_FROM)) for key, made in then.items()}
    return approved, measured


def _models(changes: Iterable[Change], tag: str) -> dict[str, Appearance]:
    found: dict[str, Appearance] = {}
    for change in changes:
        known = found.get(change.id)
        if known is None:
            name, created = change.changed.get("identity.name"), change.changed.get("identity.created")
            known = found[change.id] = Appearance(name, created, change.at, change.after)
        known.record = change.changed.get(tag) or known.record
    return found


def _last_changes(changes: Iterable[Change], name: str) -> dict[str, str]:
    return {change.id: change.at for change in changes if name in change.changed}


def _edits(store: StateReader, connection: str, since: datetime) -> dict[str, tuple[Edit, ...]]:
    found: dict[str, list[Edit]] = {}
    for words in UNDONE:
        for chained in store.audit(AuditFilter(connection=connection, since=since, rule=words)):
            entry = chained.entry
            if entry.ref is not None and entry.side is not None and entry.field:
                edit = Edit(entry.field, entry.side, entry.old, entry.new, entry.at)
                found.setdefault(entry.ref.key, []).append(edit)
    return {key: tuple(edits) for key, edits in found.items()}
