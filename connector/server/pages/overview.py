"""All connections: whether each is well, what it did last, and when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.health import Cause, Reason, Rules, Standing
from connector.metrics import Reading
from connector.report.html.texts import age
from connector.server.addresses import CONFLICTS, QUARANTINE, WITHHELD, run_page
from connector.server.visit import Page, Site, Visit
from connector.state.times import stamp

_STEPS: Mapping[Cause, tuple[str, str]] = {
    Cause.FUSE: (WITHHELD, "Look why so much changed, and approve what is right"),
    Cause.CONFLICT: (CONFLICTS, "Compare both values and choose"),
    Cause.QUARANTINE: (QUARANTINE, "Read the reasons and what helps"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is not well. ``step`` is the page where a person does something about it, and what; empty where
    the remedy of the reason itself is all there is.
    """

    reason: Reason
    step: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One connection on the page; times are ISO texts, empty where there is none. ``running``: where a cycle runs now,
    and for how long.
    """

    name: str
    adapter: str
    schedule: str
    reading: Reading
    told: tuple[Told, ...]
    running: str
    complete_age: str
    too_old_from: str
    due: str

    @property
    def verdict(self) -> tuple[str, str]:
        """In words, and in which tone."""
        if any(not one.reason.cause.needs_person for one in self.told):
            return "Not ready", "bad"
        return ("A person is needed", "warn") if self.told else ("Well", "good")


def overview(visit: Visit) -> Page:
    """The page that everybody sees first."""
    site, whole = visit.site, visit.whole
    rules, due = Rules.of(site.config), site.due()
    connections = [
        _shown(site, name, each, whole.health.of(name), rules, due.get(name), visit.now)
        for name, each in whole.connections.items()
    ]
    common = [Told(reason) for reason in whole.health.reasons if not reason.connection]
    values = {"connections": connections, "common": common, "whole": whole, "now": stamp(visit.now)}
    return Page("overview.html", "Overview", values)


def _shown(
    site: Site,
    name: str,
    reading: Reading,
    reasons: tuple[Reason, ...],
    rules: Rules,
    due: datetime | None,
    now: datetime,
) -> Shown:
    complete, schedule = reading.standing.complete, site.config.schedule(name)
    if due is None and reading.standing.runs:
        # Where machines share the work, none of them knows; the schedule does.
        due = rules.next_after(reading.standing.runs[0], name)
    limit = rules.too_old_from(complete, name) if complete is not None else None
    return Shown(
        name=name,
        adapter=site.config.connection(name).adapter,
        schedule=f"cron {schedule.cron}" if schedule.cron else f"every {schedule.seconds:g} s",
        reading=reading,
        told=tuple(Told(reason, _step(reason, reading.standing)) for reason in reasons),
        running=_running(reading.standing, now),
        complete_age=age(complete.ended, now) if complete is not None else "",
        too_old_from=stamp(limit) if limit is not None else "",
        due=stamp(due) if due is not None else "",
    )


def _step(reason: Reason, standing: Standing) -> tuple[str, str] | None:
    if reason.cause is Cause.FAILED and standing.last is not None:
        return run_page(standing.last.id), "Read why, and what helps"
    return _STEPS.get(reason.cause)


def _running(standing: Standing, now: datetime) -> str:
    if standing.lease is None:
        return ""
    host = standing.lease.owner.split(":")[0]
    newest = standing.runs[0] if standing.runs else None
    return f"on {host}, for {age(newest.started, now)}" if newest is not None and not newest.ended else f"on {host}"
