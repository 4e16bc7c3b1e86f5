"""What the observation journal of a configured connection tells of the past."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.audit import AuditFilter
from connector.audit.chain import ChainedEntry
from connector.config.config import Config
from connector.controls import JoinedModel
from connector.controls.inventory import TAG
from connector.engine.opening import connection_mapping
from connector.engine.recall import known_runs
from connector.engine.reporting import Wanted, inventory_of, last_seen
from connector.model.errors import RunAborted
from connector.model.fields import Entity, Side
from connector.model.policy import VersionsMode
from connector.model.workspaces import is_called
from connector.report.kept import with_kept
from connector.report.timeline.exposure import GRC_FIELDS, REGISTRY_FIELDS, Exposure, exposures
from connector.report.timeline.history import Known, histories, last_value
from connector.report.timeline.incident import Evidence, Incident, incident
from connector.state.base import StateReader
from connector.state.types import Change


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a report looks back, ISO 8601 UTC (None: open), and at which model (None: all)."""

    since: str | None = None
    until: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Exposed:
    """The exposures of one connection. ``observed_from`` and ``observed_until`` are the first and the last complete
    observation of MLflow; ``gaps`` names the listings that did not reach their end when they were last made.
    """

    connection: str
    observed_from: str
    observed_until: str
    gaps: tuple[str, ...]
    exposures: tuple[Exposure, ...]


def exposed(config: Config, name: str, store: StateReader, span: Span) -> Exposed:
    """When production aliases pointed at unapproved versions. Raises RunAborted where nothing was observed yet."""
    observed = observed_times(store, name)
    registry = histories(store.changes(name, Side.REGISTRY, Entity.VERSION, fields=REGISTRY_FIELDS))
    if span.model is not None:
        registry = {key: states for key, states in registry.items() if _is_of(states, span.model)}
    has_records = connection_mapping(config, name).versions is VersionsMode.RECORDS
    records = _by_key(store, name) if has_records else None
    found = exposures(registry, records, observed[-1])
    wanted = tuple(each for each in found if each.touches(span.since, span.until))
    return Exposed(name, observed[0], observed[-1], incomplete(store, name), wanted)


def was_observed(store: StateReader, name: str, model: str) -> bool:
    """Whether MLflow has a model of that name, or had a version of one."""
    seen = store.snapshot(name, Side.REGISTRY, Entity.MODEL)
    if seen is not None and any(is_called(one.name, model) for one in seen.objects.values()):
        return True
    versions = store.changes(name, Side.REGISTRY, Entity.VERSION, fields=("identity.name",))
    return any(is_called(change.changed.get("identity.name") or "", model) for change in versions)


def incident_of(config: Config, name: str, store: StateReader, wanted: Wanted, span: Span) -> Incident | None:
    """What an incident report tells of the model ``wanted.model``; None where the connection knows no such model.
    Raises RunAborted where nothing was observed yet.
    """
    observed = observed_times(store, name)
    last = observed[-1]
    if span.since is not None and span.since > last:
        what = f"Connection {name} was last observed at {last}; nothing is known of what happened since {span.since}."
        raise RunAborted(what, remedy="run `mlflow-grc sync` first, or ask from an earlier time.")
    until = min(span.until or last, last)
    material = last_seen(store, name)
    inventory = with_kept(inventory_of(config, name, material, wanted), material)
    known = [each for each in inventory.models if is_called(each.name, wanted.model or "")]
    # One that was deleted in MLflow counts where no other has its name now: it may have decided.
    model = next((each for each in known if each.registry), next((each for each in known if each.link), None))
    if model is None:
        return None
    mapping = connection_mapping(config, name)
    names = _names(store, name, model, mapping.tags.record_id)
    gathered = _Gathered(store, name, model, names)
    return incident(
        Evidence(
            connection=name,
            model=model,
            since=span.since or until,
            until=until,
            today=wanted.today,
            versions=gathered.versions,
            decisions=gathered.decisions(records=mapping.versions is VersionsMode.RECORDS),
            objects=gathered.objects(),
            runs={number: run for (title, number, _), run in known_runs(store, name).items() if title == model.name},
            trail=_trail(store, name, names, span.since or until, until),
            gaps=incomplete(store, name),
            observed_from=observed[0],
        )
    )


def _names(store: StateReader, connection: str, model: JoinedModel, tag: str) -> tuple[str, ...]:
    """What the model was called, its present name first: its creation time and the tag with its record's id go along
    with a rename.
    """
    made = (model.registry or {}).get("identity.created")
    if made is None or model.record_id is None:
        return (model.name,)
    fields = ("identity.name", "identity.created", TAG + tag)
    known = histories(store.changes(connection, Side.REGISTRY, Entity.MODEL, fields=fields)).values()
    itself = (made, model.record_id)
    mine = (one for one in known if (last_value(one, "identity.created"), last_value(one, TAG + tag)) == itself)
    return tuple(dict.fromkeys((model.name, *filter(None, (last_value(one, "identity.name") for one in mine)))))


def _trail(
    store: StateReader, connection: str, names: Sequence[str], since: str, until: str
) -> tuple[ChainedEntry, ...]:
    """The audit trail's entries about a model under all its names, within a span that includes both ends."""
    span = datetime.fromisoformat(since), datetime.fromisoformat(until) + timedelta(milliseconds=1)
    filters = (AuditFilter(connection=connection, object=each, since=span[0], until=span[1]) for each in names)
    entries = {entry.sequence: entry for each in filters for entry in store.audit(each)}
    return tuple(entries[one] for one in sorted(entries) if entries[one].entry.action != "run_ended")


class _Gathered:
    """The journal's states of everything that belongs to one model, under all its ``names``."""

    def __init__(self, store: StateReader, connection: str, model: JoinedModel, names: Sequence[str]) -> None:
        self._store, self._connection, self._model = store, connection, model
        # Versions that are gone count too: they may have been in production.
        mine = self._states(Side.REGISTRY, Entity.VERSION, lambda each: each.changed.get("identity.name") in names)
        self.versions: dict[str, Sequence[Known]] = {}
        for states in mine.values():
            self.versions[_number(states)] = _continued(self.versions.get(_number(states), ()), states)
        self._records = self._of_record(Entity.VERSION, "identity.parent")

    def decisions(self, *, records: bool) -> dict[str, Sequence[Known]]:
        """The states of each version that tell of its approval, by its number."""
        return {_number(states): states for states in self._records.values()} if records else dict(self.versions)

    def objects(self) -> dict[tuple[Side, str], Sequence[Known]]:
        """All of them, as people call them."""
        model, record = self._model, self._model.record_id
        found: dict[tuple[Side, str], Sequence[Known]] = {}
        for states in self._states(Side.REGISTRY, Entity.MODEL, lambda each: each.id == model.key).values():
            found[Side.REGISTRY, model.name] = states
        for states in self._states(Side.GRC, Entity.MODEL, lambda each: each.id == record).values():
            found[Side.GRC, f"{model.name} (record {record})"] = states
        found |= {(Side.REGISTRY, f"{model.name} v{number}"): states for number, states in self.versions.items()}
        for key, states in self._records.items():
            found[Side.GRC, f"{model.name} v{_number(states)} (record {key})"] = states
        for key, states in self._of_record(Entity.ISSUE, "model").items():
            found[Side.GRC, f"issue {last_value(states, 'number') or key}"] = states
        return found

    def _of_record(self, entity: Entity, field: str) -> dict[str, Sequence[Known]]:
        record = self._model.record_id
        if record is None:
            return {}
        return self._states(Side.GRC, entity, lambda each: each.changed.get(field) == record)

    def _states(self, side: Side, entity: Entity, belongs: Callable[[Change], bool]) -> dict[str, Sequence[Known]]:
        """The states of the objects that belong to the model by at least one of their changes; the rest of the journal
        is passed by without being kept.
        """
        known: set[str] = set()

        def mine() -> Iterator[Change]:
            for change in self._store.changes(self._connection, side, entity):
                if change.id in known or belongs(change):
                    known.add(change.id)
                    yield change

        return dict(histories(mine()))


def _continued(before: Sequence[Known], states: Sequence[Known]) -> Sequence[Known]:
    """The states of a version that was seen as ``before`` under a former name of its model; another version of that
    number, of a model that was deleted, it does not follow.
    """
    if not before or last_value(before, "identity.created") != last_value(states, "identity.created"):
        return states
    seen = sorted((*before, *states), key=lambda state: state.since.at)
    present = {state.since.at for state in seen if state.present}
    return [state for state in seen if state.present or state.since.at not in present]


def _number(states: Sequence[Known]) -> str:
    return last_value(states, "identity.version") or ""


def observed_times(store: StateReader, name: str) -> Sequence[str]:
    """The times at which MLflow was observed whole. Raises RunAborted where it never was."""
    times = store.observed_at(name, Side.REGISTRY, Entity.VERSION)
    if not times:
        what = f"No cycle of connection {name} has read MLflow to the end yet, so nothing is known of the past."
        raise RunAborted(what, remedy="run `mlflow-grc sync` first.")
    return times


def incomplete(store: StateReader, name: str) -> tuple[str, ...]:
    """The listings of versions that did not reach their end in the last observation."""
    sides = {Side.REGISTRY: "versions of MLflow", Side.GRC: "versions of the GRC"}
    snapshots = {side: store.snapshot(name, side, Entity.VERSION) for side in sides}
    return tuple(sides[side] for side, snapshot in snapshots.items() if snapshot is not None and not snapshot.complete)


def _is_of(states: Sequence[Known], model: str) -> bool:
    return any(is_called(state.fields.get("identity.name") or "", model) for state in states)


def _by_key(store: StateReader, name: str) -> dict[str, Sequence[Known]]:
    """The states of the records of versions by the key of their version, and by those that it had under former names
    of its model. The link says whose record it is before the record itself does.
    """
    keys = {link.record_id: key for key, link in store.links(name).items() if link.ref.entity is Entity.VERSION}
    records = histories(store.changes(name, Side.GRC, Entity.VERSION, fields=GRC_FIELDS))
    found: dict[str, Sequence[Known]] = {keys[one]: states for one, states in records.items() if one in keys}
    for states in records.values():
        for key in (state.fields.get("identity.key") for state in reversed(states)):
            if key is not None:
                found.setdefault(key, states)
    return found
