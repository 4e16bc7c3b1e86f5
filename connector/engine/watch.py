"""How the connector itself ran: whether its audit trail holds, and whether runs came when the schedule asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from connector.audit import verify_end, verify_trail
from connector.config.config import Config
from connector.config.cron import spelled_cron
from connector.config.settings import ScheduleSettings
from connector.controls.facts import Pause, Running
from connector.mapping.thresholds import RunningSetting
from connector.model.errors import StateCorrupt
from connector.model.state import Run
from connector.state.base import StateReader
from connector.state.times import parse, stamp

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

SLACK = timedelta(minutes=1)
"""How late a run may begin and still be the one that the schedule asked for."""
_RUNS, _TICKS, _KEPT = 5_000, 10_000, 2


def running_of(config: Config, name: str, store: StateReader, setting: RunningSetting, now: datetime | None) -> Running:
    """How a connection ran until ``now``; without a time the end is not judged."""
    return Running(trail_fault(store, setting.entries), _pauses(config, name, store, setting, now))


def trail_fault(store: StateReader, entries: int = 0) -> str:
    """What is wrong with the last ``entries`` of the trail, or with all of it (0); empty where nothing is. Once its
    guards are gone, all of it is in doubt.
    """
    guards = store.missing_guards()
    try:
        found = verify_trail(store) if guards or entries == 0 else verify_end(store, entries)
    except StateCorrupt as error:
        return f"broken: {error.message}"
    if not found.ok:
        return str(found)
    return f"no longer kept from being changed: {', '.join(guards)} not in force" if guards else ""


def _pauses(
    config: Config, name: str, store: StateReader, setting: RunningSetting, now: datetime | None
) -> tuple[Pause, ...]:
    if config.connection(name).schedule is None and "schedule" not in config.settings.model_fields_set:
        # Nobody said that a daemon runs: the schedule is only the one that it would keep.
        return ()
    runs = store.runs(name, limit=_RUNS)
    end = now or max((parse(run.ended or run.started) for run in runs), default=None)
    if end is None:
        return ()
    since = end - timedelta(days=setting.days)
    times = [Turn.of(run, end) for run in reversed(runs)]
    found = pauses(times, Plan.of(config.schedule(name)), now)
    recent = (pause for pause in found if pause.until is None or parse(pause.until) >= since)
    return tuple(pause for pause in recent if pause.missed >= setting.missed_runs)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a run began and ended."""

    started: datetime
    ended: datetime

    @classmethod
    def of(cls, run: Run, now: datetime) -> Turn:
        """The times of a run; one that has not ended runs until ``now``."""
        return cls(parse(run.started), parse(run.ended) if run.ended else now)


def pauses(turns: Sequence[Turn], plan: Plan, now: datetime | None) -> Iterator[Pause]:
    """Between which runs, oldest first, others were missed, whatever their number; the last until ``now``. Nothing
    where no daemon ever kept the schedule: runs by hand follow none.
    """
    if sum(plan.kept(first, second) for first, second in pairwise(turns)) < _KEPT:
        return
    for first, second in pairwise(turns):
        missed = plan.missed(first.ended, second.started)
        if missed:
            yield Pause(stamp(first.ended), stamp(second.started), missed)
    if now is not None:
        missed = plan.missed(turns[-1].ended, now)
        if missed:
            yield Pause(stamp(turns[-1].ended), None, missed)


@dataclass(frozen=True, slots=True)
class Plan:
    """When runs are to begin: every ``interval`` give or take ``jitter``, or by ``cron``."""

    interval: timedelta
    jitter: timedelta = timedelta()
    cron: CronTrigger | None = None

    @classmethod
    def of(cls, schedule: ScheduleSettings) -> Plan:
        """The plan of a schedule."""
        interval, jitter = timedelta(seconds=schedule.seconds), timedelta(seconds=schedule.jitter)
        if schedule.cron is None:
            return cls(interval, jitter)
        from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - slow, and few schedules need it

        return cls(interval, timedelta(), CronTrigger.from_crontab(spelled_cron(schedule.cron), timezone=UTC))

    def kept(self, first: Turn, second: Turn) -> bool:
        """Whether the second run began when the plan, after the first, says."""
        if self.cron is None:
            gap = second.started - first.started
            return self.interval - self.jitter - SLACK / 60 <= gap <= self.interval + self.jitter + SLACK
        tick = self._tick(second.started - SLACK)
        return tick is not None and tick <= second.started

    def missed(self, after: datetime, before: datetime) -> int:
        """How many runs should have begun between two times and did not."""
        if self.cron is None:
            return max(0, int((before - after - self.jitter - SLACK) / self.interval))
        count, tick = 0, self._tick(after)
        while tick is not None and tick + SLACK < before and count < _TICKS:
            count, tick = count + 1, self._tick(tick + timedelta(seconds=1))
        return count

    def next_after(self, started: datetime) -> datetime | None:
        """When the run after one that began then is to begin, jitter apart; None: there is no next."""
        return started + self.interval if self.cron is None else self._tick(started + timedelta(seconds=1))

    def overdue_from(self, turn: Turn, cycles: int) -> datetime | None:
        """When so many runs should have begun and ended after this one, each taking as long; None: there is no next."""
        took = turn.ended - turn.started
        if self.cron is None:
            return turn.ended + cycles * (max(self.interval, took) + self.jitter) + SLACK
        tick: datetime | None = turn.ended
        for _ in range(cycles):
            tick = self._tick(tick + timedelta(seconds=1)) if tick is not None else None
        return tick + took + SLACK if tick is not None else None

    def _tick(self, after: datetime) -> datetime | None:
        assert self.cron is not None
        found: datetime | None = self.cron.get_next_fire_time(None, after)
        return found
