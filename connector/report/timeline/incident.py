"""What is asked when a model misbehaved: which version decided then, who had approved it, on which evidence, what
changed since, and which version to go back to. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.audit.chain import ChainedEntry
from connector.controls import ApprovalStep, JoinedIssue, JoinedModel, JoinedVersion
from connector.controls.standing import IN_FORCE, in_force, spoken, status
from connector.model.fields import Side, Value
from connector.model.registry import RunData
from connector.report.card.content import Line, lineage
from connector.report.timeline.history import Known, Window

_QUIET = ("last_updated", "url", "aliases")
"""Fields whose changes say nothing that others do not."""
_MONITORING = ("monitoring_", "monitoring.", "monitoring/")
SERIOUS = ("critical", "high")


@dataclass(frozen=True, slots=True)
class Served:
    """One time in which a version was in production; ``until`` is None where it still was at the last observation."""

    version: str
    aliases: tuple[str, ...]
    since: Window
    until: Window | None

    def touches(self, since: str, until: str) -> bool:
        """Whether it can have been in production at some moment of a span."""
        return (self.until is None or self.until.at > since) and (self.since.after or self.since.at) <= until

    def held_at(self, moment: str) -> bool:
        """Whether it certainly was in production at a moment."""
        return self.since.at <= moment and (self.until is None or (self.until.after or "") >= moment)


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric at validation (the version's run) and as monitoring tells it now; None where one of them is not."""

    name: str
    validated: float | None
    monitored: str | None


@dataclass(frozen=True, slots=True)
class Decider:
    """A version that was in production in the window: its approval as it stands now, its evidence, its origin.
    ``approval_then`` is its approval as it stood at the beginning of the window.
    """

    version: str
    approval_then: Value
    approval: Value
    approved_by: Value
    approved_on: Value
    expiry: Value
    conditions: Value
    chain: tuple[ApprovalStep, ...]
    measured: tuple[Measured, ...]
    lineage: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One field that was seen to change. ``what`` names the object."""

    window: Window
    side: Side
    what: str
    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that was in production before, or still is beside a newer one (``last_in_production`` None);
    ``against`` says why it is not to be gone back to, empty where nothing speaks against it.
    """

    version: str
    last_in_production: Window | None
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """The whole answer. ``since`` and ``until`` bound the window, ``then`` are the versions that can have been in
    production at its beginning, ``now`` those at its end. ``rollback`` is the version to go back to from what is in
    production today, if there is one, ``aliases`` are those that have to be moved for that. ``observed_from`` is the
    first observation: nothing is known of what held before.
    """

    connection: str
    model: str
    since: str
    until: str
    gaps: tuple[str, ...]
    served: tuple[Served, ...]
    then: tuple[str, ...]
    now: tuple[str, ...]
    deciders: tuple[Decider, ...]
    happenings: tuple[Happening, ...]
    trail: tuple[ChainedEntry, ...]
    issues: tuple[JoinedIssue, ...]
    candidates: tuple[Candidate, ...]
    aliases: tuple[str, ...]
    observed_from: str

    @property
    def rollback(self) -> Candidate | None:
        """The version in production last against which nothing speaks."""
        return _first_sound(self.candidates)

    @property
    def side_by_side(self) -> bool:
        """Whether several versions were certainly in production at the beginning of the window."""
        return len(self._certain(self.since)) > 1

    @property
    def is_vague(self) -> bool:
        """Whether an alias moved between the observations around the beginning or the end of the window."""
        return len(self.then) > len(self._certain(self.since)) or len(self.now) > len(self._certain(self.until))

    def _certain(self, moment: str) -> set[str]:
        return {one.version for one in self.served if one.held_at(moment)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an incident report is made of. ``versions`` are the states of the model's versions in MLflow, by number;
    ``objects`` those of everything that belongs to the model, by side and name.
    """

    connection: str
    model: JoinedModel
    since: str
    until: str
    today: str
    versions: Mapping[str, Sequence[Known]]
    decisions: Mapping[str, Sequence[Known]]
    objects: Mapping[tuple[Side, str], Sequence[Known]]
    runs: Mapping[str, RunData]
    trail: tuple[ChainedEntry, ...] = ()
    gaps: tuple[str, ...] = ()
    observed_from: str = ""


def incident(evidence: Evidence) -> Incident:
    """Answer the questions of an incident."""
    everything = sorted(
        (one for version, states in evidence.versions.items() for one in _served(version, states)),
        key=lambda one: one.since.at,
    )
    touching = tuple(one for one in everything if one.touches(evidence.since, evidence.until))
    today = tuple(one.version for one in everything if one.until is None)
    numbers = dict.fromkeys(one.version for one in touching)
    candidates = tuple(_candidates(evidence, everything, today))
    return Incident(
        connection=evidence.connection,
        model=evidence.model.name,
        since=evidence.since,
        until=evidence.until,
        gaps=evidence.gaps,
        served=touching,
        then=_in_production(touching, evidence.since),
        now=_in_production(touching, evidence.until),
        deciders=tuple(
            _decider(evidence, version) for version in evidence.model.versions if version.version in numbers
        ),
        happenings=tuple(sorted(_happenings(evidence), key=lambda one: (one.window.at, one.what, one.field))),
        trail=evidence.trail,
        issues=evidence.model.issues,
        candidates=candidates,
        aliases=_to_move(evidence, touching, today, _first_sound(candidates)),
        observed_from=evidence.observed_from,
    )


def _in_production(served: Iterable[Served], moment: str) -> tuple[str, ...]:
    """The versions that can have been in production at a moment."""
    return tuple(dict.fromkeys(one.version for one in served if one.touches(moment, moment)))


def _first_sound(candidates: Iterable[Candidate]) -> Candidate | None:
    return next((each for each in candidates if not each.against), None)


def _to_move(
    evidence: Evidence, served: Iterable[Served], today: Sequence[str], chosen: Candidate | None
) -> tuple[str, ...]:
    """The production aliases of the versions that the chosen one is to replace; those last seen where none is left."""
    number = chosen.version if chosen is not None else None
    held = [version for version in evidence.model.versions if version.version in today and version.version != number]
    standing = tuple(dict.fromkeys(alias for version in held for alias in version.aliases))
    return standing or tuple(dict.fromkeys(alias for one in served for alias in one.aliases))


def _served(version: str, states: Sequence[Known]) -> Iterator[Served]:
    begun: Window | None = None
    aliases: set[str] = set()
    for state in states:
        shown = set(json.loads(state.fields.get("production_aliases") or "[]"))
        if shown:
            begun, aliases = begun or state.since, aliases | shown
        elif begun is not None:
            yield Served(version, tuple(sorted(aliases)), begun, state.since)
            begun, aliases = None, set()
    if begun is not None:
        yield Served(version, tuple(sorted(aliases)), begun, None)


def _decider(evidence: Evidence, version: JoinedVersion) -> Decider:
    before = [state for state in evidence.decisions.get(version.version, ()) if state.since.at <= evidence.since]
    run = evidence.runs.get(version.version)
    decided = version.grc or {}
    return Decider(
        version=version.version,
        approval_then=before[-1].fields.get("approval_status") if before else None,
        approval=decided.get("approval_status"),
        approved_by=decided.get("approved_by"),
        approved_on=decided.get("approval_date"),
        expiry=decided.get("approval_expiry"),
        conditions=decided.get("conditions"),
        chain=version.approval_chain,
        measured=tuple(_measured(version, run)),
        lineage=tuple(lineage(evidence.model, version, run)),
    )


def _measured(version: JoinedVersion, run: RunData | None) -> Iterator[Measured]:
    told = json.loads(version.field("monitoring_evidence") or "{}")
    monitored = {_bare(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
    validated = {name: value for name, value in (run.metrics if run else {}).items() if _bare(name) == name}
    for name in dict.fromkeys([*validated, *monitored]):
        yield Measured(name, validated.get(name), monitored.get(name))


def _bare(name: str) -> str:
    return next((name.removeprefix(start) for start in _MONITORING if name.startswith(start)), name)


def _happenings(evidence: Evidence) -> Iterator[Happening]:
    for (side, what), states in evidence.objects.items():
        before: Mapping[str, Value] = {}
        for position, state in enumerate(states):
            if evidence.since < state.since.at <= evidence.until and (position or state.since.after is not None):
                yield from _differences(side, what, state, before)
            before = state.fields


def _differences(side: Side, what: str, state: Known, before: Mapping[str, Value]) -> Iterator[Happening]:
    if not state.present:
        yield Happening(state.since, side, what, "", what, None)
        return
    if not before:
        yield Happening(state.since, side, what, "", None, what)
        return
    for name in sorted(before.keys() | state.fields.keys()):
        old, new = before.get(name), state.fields.get(name)
        if old != new and not name.startswith(("identity.", "tag:")) and name not in _QUIET:
            yield Happening(state.since, side, what, name, old, new)


def _candidates(evidence: Evidence, served: Iterable[Served], today: Sequence[str]) -> Iterator[Candidate]:
    """Versions that are in production beside a newer one, then those that are no more, the last one first."""
    ended = {one.version: one.until for one in served if one.until is not None and one.version not in today}
    there = {version.version: version for version in evidence.model.versions if version.registry is not None}
    for number in sorted(today, key=_order, reverse=True)[1:]:
        version = there.get(number)
        if version is not None:
            yield Candidate(number, None, tuple(_against(evidence, version)))
    for number, until in sorted(ended.items(), key=lambda item: item[1].at, reverse=True):
        version = there.get(number)
        against = _against(evidence, version) if version is not None else ("it is gone from MLflow",)
        yield Candidate(number, until, tuple(against))


def _order(number: str) -> int:
    return int(number) if number.isdecimal() else 0


def _against(evidence: Evidence, version: JoinedVersion) -> list[str]:
    decided = status(version)
    reasons = []
    if decided not in IN_FORCE:
        reasons.append(f"its approval is {spoken(decided or 'not recorded')}")
    elif not in_force(version, evidence.today):
        reasons.append(f"its approval ended on {(version.grc or {}).get('approval_expiry')}")
    if version.field("validation_status") == "failed":
        reasons.append("its validation failed")
    if version.field("independent_validation") == "failed":
        reasons.append("its independent validation failed")
    reasons += [
        f"{issue.number} ({issue.severity}) is open"
        for issue in evidence.model.issues
        if issue.is_open and issue.severity in SERIOUS and issue.version == version.version
    ]
    return reasons
