"""Whether all is well. Pure: the state as it was read, the time and the rules go in, reasons come out.

    a fuse holds operations back that nobody approved          not ready
    the last cycle failed, or could not read a side whole      not ready
    no cycle was ever complete, or the last one is too old     not ready
    the audit trail does not hold                              not ready
    the state cannot be read                                   not ready
    a conflict, a quarantine, a value that did not stick       ready; a person is needed

What waits for a person is told and does not make a replica unready: a restart or another replica would not help.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.config.config import Config
from connector.engine.watch import Plan, Turn
from connector.health.standing import Standing
from connector.model.errors import MlflowGrcError
from connector.model.state import Run, RunStatus
from connector.state.times import parse, stamp


class Cause(StrEnum):
    """Why something is not well; the names are those of metrics and probes."""

    FUSE = "fuse_tripped"
    FAILED = "cycle_failed"
    INCOMPLETE = "cycle_incomplete"
    NEVER = "no_complete_cycle"
    LATE = "complete_cycle_too_old"
    AUDIT = "audit_trail_broken"
    STATE = "state_unavailable"
    CONFLICT = "conflict"
    QUARANTINE = "quarantine"
    NOT_STUCK = "value_did_not_stick"

    @property
    def needs_person(self) -> bool:
        """Whether it waits for a person, and the connector goes on meanwhile."""
        return self in (Cause.CONFLICT, Cause.QUARANTINE, Cause.NOT_STUCK)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is not well; ``connection`` is empty for what concerns all. ``text`` names no model."""

    cause: Cause
    connection: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Health:
    """The judgement at one moment."""

    at: datetime
    reasons: tuple[Reason, ...] = ()

    @property
    def unready(self) -> tuple[Reason, ...]:
        """Why it is not ready; empty when it is."""
        return tuple(reason for reason in self.reasons if not reason.cause.needs_person)

    @property
    def needed(self) -> tuple[Reason, ...]:
        """What a person is needed for."""
        return tuple(reason for reason in self.reasons if reason.cause.needs_person)

    @property
    def ready(self) -> bool:
        """Whether the connector does its work."""
        return not self.unready

    def of(self, connection: str) -> tuple[Reason, ...]:
        """What concerns one connection."""
        return tuple(reason for reason in self.reasons if reason.connection == connection)


@dataclass(frozen=True, slots=True)
class AuditState:
    """What the last proof of the trail found; ``broken`` is empty where it holds. ``entries`` were proved."""

    at: datetime
    entries: int
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """``plans``: when cycles of a connection are to begin; a connection that nobody keeps to a schedule has none, and
    its last complete cycle is never too old.
    """

    missed_cycles: int = 3
    plans: Mapping[str, Plan] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config) -> Rules:
        """The rules of a configuration. Without a schedule or a server in it nobody said that a daemon runs."""
        settings = config.settings
        daemon = settings.server is not None or "schedule" in settings.model_fields_set
        kept = [name for name in config.connection_names if daemon or config.connection(name).schedule is not None]
        return cls(settings.health.missed_cycles, {name: Plan.of(config.schedule(name)) for name in kept})

    def next_after(self, last: Run, connection: str) -> datetime | None:
        """When the schedule asks for the cycle after this one; None: it asks for none."""
        plan = self.plans.get(connection)
        return plan.next_after(parse(last.started)) if plan is not None else None

    def too_old_from(self, complete: Run, connection: str) -> datetime | None:
        """When a last complete cycle becomes too old; None: never."""
        plan = self.plans.get(connection)
        if plan is None or complete.ended is None:
            return None
        return plan.overdue_from(Turn(parse(complete.started), parse(complete.ended)), self.missed_cycles)


def health_of(
    standings: Mapping[str, Standing], now: datetime, rules: Rules, audit: AuditState | None = None
) -> Health:
    """Judge all connections at ``now``; ``audit``: what is known of the trail, if it was proved at all."""
    reasons = [reason for each in standings.values() for reason in _reasons(each, now, rules)]
    if audit is not None and audit.broken:
        what = f"the audit trail is {audit.broken}"
        reasons.insert(0, Reason(Cause.AUDIT, "", what, "see `mlflow-grc audit verify`, and restore from a backup"))
    return Health(now, tuple(reasons))


def unavailable(error: MlflowGrcError, now: datetime) -> Health:
    """The judgement where the state cannot be read."""
    # The message names files of the host, which a probe is not for; the log has it.
    what = f"the state database cannot be used ({type(error).__name__})"
    return Health(now, (Reason(Cause.STATE, "", what, "see the log for the reason and its remedy"),))


def _reasons(each: Standing, now: datetime, rules: Rules) -> Iterator[Reason]:
    name = each.connection
    if each.unapproved:
        what = f"a fuse holds {_counted(len(each.unapproved), 'operation')} back"
        yield Reason(Cause.FUSE, name, what, "look why so much changed, then `mlflow-grc approve`")
    yield from _last(each)
    yield from _age(each, now, rules)
    if each.unanswered:
        what = f"{_counted(len(each.unanswered), 'field')} in conflict"
        yield Reason(Cause.CONFLICT, name, what, "`mlflow-grc conflicts list`")
    if each.quarantines:
        what = f"{_counted(len(each.quarantines), 'case')} in quarantine"
        yield Reason(Cause.QUARANTINE, name, what, "`mlflow-grc report reconcile` tells the reasons")
    if each.last is not None and each.last.counts.get("not_stuck", 0):
        what = f"{_counted(each.last.counts['not_stuck'], 'value')} did not stick"
        yield Reason(Cause.NOT_STUCK, name, what, "`mlflow-grc report reconcile` tells which")


def _last(each: Standing) -> Iterator[Reason]:
    last = each.last
    if last is None:
        return
    if last.status is RunStatus.FAILED:
        yield Reason(
            Cause.FAILED, each.connection, f"the last cycle, run {last.id}, failed", "`mlflow-grc status` tells why"
        )
    elif gaps := last.counts.get("gaps", 0):
        what = f"the last cycle, run {last.id}, could not read {_counted(gaps, 'listing')} to the end"
        yield Reason(Cause.INCOMPLETE, each.connection, what, "`mlflow-grc plan` names what could not be read")


def _age(each: Standing, now: datetime, rules: Rules) -> Iterator[Reason]:
    if each.complete is None:
        if each.connection in rules.plans or each.runs:
            what, remedy = "no cycle was complete yet", "wait for the first one, or `mlflow-grc sync`"
            yield Reason(Cause.NEVER, each.connection, what, remedy)
        return
    limit = rules.too_old_from(each.complete, each.connection)
    if limit is not None and now > limit:
        what = f"the last complete cycle ended at {each.complete.ended}, which is too old since {stamp(limit)}"
        yield Reason(Cause.LATE, each.connection, what, "see that the daemon runs, and `mlflow-grc status`")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word if number == 1 else word + 's'}"
