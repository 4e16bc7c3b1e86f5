"""One registered model from near: what the state remembers of it alone, and what both sides hold of it now."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from connector.apply.sides import Sides
from connector.engine.connection import Connection
from connector.engine.observe import Observed, RunReads, in_views
from connector.engine.recall import known_runs, reads_runs
from connector.mapping.grc_side import Gathering
from connector.model.errors import Rejected
from connector.model.fields import Entity, Side
from connector.model.grc import Found, Lookup
from connector.model.policy import VersionsMode
from connector.model.registry import RegistrySnapshot
from connector.model.state import Link, LinkState
from connector.model.views import GrcObservation, Issue, RegistryObservation
from connector.plan import Absences, Memory
from connector.plan.remapping import remap

NARROWED = "only one model was looked at"
_UNREAD = "left to a full cycle"


@dataclass(frozen=True, slots=True)
class CloseUp:
    """A model's memory, and both sides of it as observed. ``read`` are its issues that were read just now."""

    memory: Memory
    observed: Observed
    read: tuple[Issue, ...] = ()


class LeftToFull(Exception):
    """A narrowed cycle does nothing here. ``soon``: a full one has something to do, or may have."""

    def __init__(self, why: str, *, soon: bool) -> None:
        super().__init__(why)
        self.soon = soon


def look_closely(connection: Connection, sides: Sides, name: str, issues: Collection[str]) -> CloseUp:
    """Read what there is of a model that is linked, and of the issues raised on it; ``issues``: those that an event
    named as well. Raises LeftToFull where nothing can be concluded without the rest, else as both sides do.
    """
    links = connection.store.links_of(connection.name, name)
    _require_linked(links, connection, name)
    snapshot, reads = _look(connection, name)
    registry, sides.scanned = in_views(sides, snapshot)
    _require_same(registry, links)
    memory = _recall(connection, name, links, registry, issues)
    found = _ask(sides, _lookups(connection, links, registry, memory, issues))
    grc, absences = _gathered(connection, sides, memory, found)
    observed = Observed(registry, grc, absences, sides.scanned, snapshot, reads)
    asked = {each.lookup.id for each in found if each.lookup.entity is Entity.ISSUE}
    return CloseUp(memory, observed, tuple(issue for issue in grc.issues if issue.id in asked))


def _require_linked(links: Mapping[str, Link], connection: Connection, name: str) -> None:
    if any(link.ref.entity is Entity.MODEL and link.state is LinkState.LIVE for link in links.values()):
        return
    scope = connection.translator.settings.scope
    try:
        model = connection.registry.model(name) if scope.may_have(name) else None
    except Rejected:
        model = None
    raise LeftToFull("no record stands for it", soon=model is not None and scope.has(model))


def _look(connection: Connection, name: str) -> tuple[RegistrySnapshot, RunReads]:
    mapping, gates = connection.translator.mapping, connection.policy.gates
    wanted = reads_runs(mapping, gates)
    known = known_runs(connection.store, connection.name, name) if wanted else {}
    try:
        snapshot = connection.registry.look(name, run_fields=wanted, known_runs=known)
    except Rejected as error:
        raise LeftToFull(f"it cannot be read: {error.message}", soon=False) from error
    if snapshot.gaps:
        raise LeftToFull(f"it could not be read whole: {snapshot.gaps[0]}", soon=False)
    return snapshot, RunReads(wanted, known)


def _require_same(registry: RegistryObservation, links: Mapping[str, Link]) -> None:
    if not registry.models:
        raise LeftToFull("MLflow has no such model any more", soon=True)
    (view,) = registry.models
    link = links.get(view.ref.key)
    if link is None or link.state is not LinkState.LIVE:
        raise LeftToFull("it is another model of the same name", soon=True)
    if not view.in_scope:
        raise LeftToFull("it is out of scope", soon=False)


def _recall(
    connection: Connection, name: str, links: Mapping[str, Link], registry: RegistryObservation, issues: Collection[str]
) -> Memory:
    """The memory of the model alone, as it holds under the connection's present mapping. Raises LeftToFull while that
    differs from the one that the memory rests on, and where a write of the model is in doubt or withheld, or any object
    of it in quarantine.
    """
    store, scope = connection.store, connection.name
    keys = {*links, *(view.ref.key for view in (*registry.models, *registry.versions))}
    quarantines = [case for case in store.quarantines(scope) if case.ref.name == name]
    if any(case.field == "" and case.ref.key in keys for case in quarantines):
        raise LeftToFull("it, or a version of it, is in quarantine", soon=False)
    pending = {_named(intent.payload) for intent in store.intents(scope)}
    if name in pending:
        raise LeftToFull("the outcome of an earlier write is not known yet", soon=True)
    withheld = store.withheld(scope)
    if any(_named(each.payload) == name for each in withheld):
        raise LeftToFull("a fuse holds back what it needs", soon=False)
    records = {link.record_id for link in links.values()}
    memory = Memory(
        links=links,
        bases={key: bases for key in keys if (bases := store.bases_of(scope, key))},
        resolutions={(each.ref.key, each.field): each for each in store.resolutions(scope) if each.ref.name == name},
        quarantines={(case.ref.key, case.field): case for case in quarantines},
        conflicts=frozenset(replace(case, since="") for case in store.conflicts(scope) if case.ref.name == name),
        withheld=frozenset(each.digest for each in withheld),
        responses=frozenset(digest for _, digest in store.responses_posted(scope)),
        issues=store.issues(scope, {*records, *issues}),
    )
    before = store.used_mapping(scope)
    remapped = remap(memory, before, connection.translator.mapping.used)
    if before is None or remapped.used is not None:
        raise LeftToFull("the mapping changed, and no full cycle has worked with it yet", soon=True)
    return remapped.memory


def _named(payload: str) -> str:
    """The name of the object that an operation, as JSON, is about."""
    return str(json.loads(payload)["ref"]["name"])


def _lookups(
    connection: Connection,
    links: Mapping[str, Link],
    registry: RegistryObservation,
    memory: Memory,
    issues: Collection[str],
) -> list[Lookup]:
    """The records to read: the model's, those of its versions, and its issues but for those known to be closed."""
    (model,) = registry.models
    present = {view.ref.key for view in registry.versions}
    records = [Lookup(Entity.MODEL, id=links[model.ref.key].record_id)]
    if connection.translator.versions is VersionsMode.RECORDS:
        live = (link for key, link in links.items() if key in present and link.state is LinkState.LIVE)
        records += [Lookup(Entity.VERSION, id=link.record_id) for link in live]
    opened = {issue.id for issue in memory.issues.values() if issue.is_open or issue.key is not None}
    return [*records, *(Lookup(Entity.ISSUE, id=each) for each in sorted(opened | set(issues)))]


def _ask(sides: Sides, lookups: Iterable[Lookup]) -> list[Found]:
    """Ask the GRC. Raises Retriable; LeftToFull where the model's own record cannot be read or is gone."""
    found = list(sides.adapter.look_up(list(lookups)))
    for each in found:
        if each.lookup.id is not None:
            sides.touch(each.lookup.entity, each.lookup.id)
        if each.error is not None and not isinstance(each.error, Rejected):
            raise each.error
    if found[0].record is None:
        raise LeftToFull(f"its record {found[0].lookup.id} cannot be read", soon=True)
    return found


def _gathered(
    connection: Connection, sides: Sides, memory: Memory, found: Iterable[Found]
) -> tuple[GrcObservation, Absences]:
    """What was read, in canonical terms, with the issues that were not read as they are remembered. Nothing is
    concluded from what is not there.
    """
    records = Gathering(sides.mapping.mapping, sides.mapping.settings.keys)
    for each in found:
        if each.record is not None:
            records.add(each.record)
    unknown = {
        (Entity.ISSUE, each.lookup.id or ""): each.error.message if each.error is not None else _UNREAD
        for each in found
        if each.record is None and each.lookup.entity is Entity.ISSUE
    }
    gaps = {Entity.MODEL: NARROWED, Entity.VERSION: NARROWED}
    if not _issues_known(connection):
        gaps[Entity.ISSUE] = NARROWED
    grc = records.observation(gaps, {})
    fresh = {issue.id for issue in grc.issues} | {record_id for _, record_id in unknown}
    kept = tuple(issue for record_id, issue in memory.issues.items() if record_id not in fresh)
    return replace(grc, issues=(*grc.issues, *kept)), Absences(records_unknown=unknown)


def _issues_known(connection: Connection) -> bool:
    """Whether the state knows all issues but for those that nobody told of since: the last listing reached its end."""
    now = connection.clock()
    last = connection.store.observed_around(connection.name, Side.GRC, Entity.ISSUE, now).before
    return last is not None and last.complete
