"""When a production alias pointed at a version whose approval was not in force.

Both sides are looked at now and then, so that nobody knows to the second when something changed: each exposure has the
window in which it began and the window in which it ended, and so a shortest and a longest time that it can have lasted.
What came and went between two observations leaves no trace here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from connector.controls.standing import IN_FORCE
from connector.model.fields import Value
from connector.report.timeline.history import Known, Window, at, last_value
from connector.state.times import parse, stamp

REGISTRY_FIELDS = (
    "identity.name", "identity.version", "identity.created", "production_aliases", "approval_status", "approval_expiry",
)  # fmt: skip
"""What has to be known of a version in MLflow."""
GRC_FIELDS = ("identity.key", "approval_status", "approval_expiry")
"""What has to be known of its record."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One time in which a version stood in production without an approval in force. ``statuses`` are the approvals seen
    meanwhile (None: none recorded). ``ended`` is None while it lasts; ``observed_until`` is the last observation then.
    ``certain`` is false where alias and approval changed between the same two observations, so that nobody knows which
    came first.
    """

    model: str
    version: str
    aliases: tuple[str, ...]
    statuses: tuple[Value, ...]
    began: Window
    ended: Window | None
    observed_until: str
    certain: bool = True

    @property
    def at_least(self) -> timedelta:
        """The shortest that it can have lasted."""
        if not self.certain:
            return timedelta(0)
        end = self.observed_until if self.ended is None else self.ended.after or self.began.at
        return max(parse(end) - parse(self.began.at), timedelta(0))

    @property
    def at_most(self) -> timedelta | None:
        """The longest that it can have lasted; None where nobody knows when it began."""
        if self.began.after is None:
            return None
        end = self.observed_until if self.ended is None else self.ended.at
        return parse(end) - parse(self.began.after)

    def touches(self, since: str | None, until: str | None) -> bool:
        """Whether it can have lasted at some moment of a span; None leaves that side open."""
        end = self.observed_until if self.ended is None else self.ended.at
        return (since is None or end > since) and (until is None or (self.began.after or self.began.at) < until)


@dataclass(frozen=True, slots=True)
class _Standing:
    since: Window
    aliases: tuple[str, ...]
    status: Value
    expiry: Value

    @property
    def in_force(self) -> bool:
        return self.status in IN_FORCE

    @property
    def exposed(self) -> bool:
        return bool(self.aliases) and not self.in_force


def exposures(
    registry: Mapping[str, Sequence[Known]], records: Mapping[str, Sequence[Known]] | None, observed_until: str
) -> Iterator[Exposure]:
    """Every exposure, by model and version. ``registry`` has the states of each version by its key, ``records`` those
    of its record by the same key; a version without a record is not approved, whatever its tags say. None: the platform
    has no records of versions, and what MLflow shows of the approval counts.
    """
    for key, states in sorted(registry.items(), key=lambda item: _order(item[1])):
        record = records.get(key, ()) if records is not None else None
        standings = list(_expiring(_merged(states, record), observed_until))
        yield from _of(states, standings, observed_until)


def _order(states: Sequence[Known]) -> tuple[str, int]:
    return last_value(states, "identity.name") or "", int(last_value(states, "identity.version") or 0)


def _merged(states: Sequence[Known], record: Sequence[Known] | None) -> Iterator[_Standing]:
    """How the version stood after each change of either side."""
    born = _born(states)
    events = sorted({state.since.at for state in (*states, *(record or ()))})
    afters: dict[str, list[str | None]] = {}
    for state in (*states, *(record or ())):
        afters.setdefault(state.since.at, []).append(state.since.after)
    for moment in events:
        here, there = at(states, moment), at(record or (), moment)
        decided = there if record is not None else here
        after = None if None in afters[moment] else min(filter(None, afters[moment]))
        yield _Standing(
            Window(max(after or born, born) if born is not None and born <= moment else after, moment),
            tuple(json.loads((here.fields.get("production_aliases") if here else None) or "[]")),
            decided.fields.get("approval_status") if decided else None,
            decided.fields.get("approval_expiry") if decided else None,
        )


def _born(states: Sequence[Known]) -> str | None:
    """When the version was registered: no alias pointed at it before."""
    milliseconds = last_value(states, "identity.created")
    return stamp(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else None


def _expiring(standings: Iterator[_Standing], observed_until: str) -> Iterator[_Standing]:
    """The standings, with one more where an approval ends by its date before anybody changes it."""
    known = list(standings)
    for index, standing in enumerate(known):
        end = _end_of(standing.expiry)
        if not standing.in_force or end is None:
            yield standing
            continue
        if end <= standing.since.at:
            yield _Standing(standing.since, standing.aliases, "expired", standing.expiry)
            continue
        yield standing
        following = known[index + 1].since.at if index + 1 < len(known) else observed_until
        if end < following:
            yield _Standing(Window(end, end), standing.aliases, "expired", standing.expiry)


def _end_of(expiry: Value) -> str | None:
    """The moment after the last day on which an approval holds."""
    try:
        last = date.fromisoformat((expiry or "")[:10])
    except ValueError:
        return None
    return stamp(datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1))


def _of(states: Sequence[Known], standings: Sequence[_Standing], observed_until: str) -> Iterator[Exposure]:
    name, version = last_value(states, "identity.name") or states[-1].name, last_value(states, "identity.version") or ""
    begun: _Standing | None = None
    aliases: set[str] = set()
    statuses: dict[Value, None] = {}
    before: _Standing | None = None

    def exposure(began: Window, ended: Window | None, *, certain: bool = True) -> Exposure:
        shown = tuple(sorted(aliases))
        return Exposure(name, version, shown, tuple(statuses), began, ended, observed_until, certain)

    for standing in standings:
        if standing.exposed:
            begun = begun or standing
            aliases |= set(standing.aliases)
            statuses[standing.status] = None
        elif begun is not None:
            yield exposure(begun.since, standing.since)
            begun, aliases, statuses = None, set(), {}
        elif before is not None and _crossed(before, standing):
            aliases, statuses = {*before.aliases, *standing.aliases}, {_unapproved(before, standing): None}
            yield exposure(standing.since, standing.since, certain=False)
            aliases, statuses = set(), {}
        before = standing
    if begun is not None:
        yield exposure(begun.since, None)


def _crossed(before: _Standing, now: _Standing) -> bool:
    """Whether alias and approval both changed, so that one may have come before the other."""
    return bool(before.aliases) != bool(now.aliases) and before.in_force != now.in_force


def _unapproved(before: _Standing, now: _Standing) -> Value:
    return now.status if before.in_force else before.status
