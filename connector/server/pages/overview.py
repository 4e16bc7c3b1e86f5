"""All connections: whether each is well, what it did last, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.health import Reason, Rules
from connector.metrics import Reading
from connector.report.html.texts import age
from connector.server.visit import Page, Site, Visit
from connector.state.times import stamp


@dataclass(frozen=True, slots=True)
class Shown:
    """One connection on the page; times are ISO texts, empty where there is none."""

    name: str
    adapter: str
    schedule: str
    reading: Reading
    reasons: tuple[Reason, ...]
    complete_age: str
    too_old_from: str
    due: str

    @property
    def verdict(self) -> tuple[str, str]:
        """In words, and in which tone."""
        if any(not reason.cause.needs_person for reason in self.reasons):
            return "Not ready", "bad"
        return ("A person is needed", "warn") if self.reasons else ("Well", "good")


def overview(visit: Visit) -> Page:
    """The page that everybody sees first."""
    site, whole = visit.site, visit.whole
    rules, due = Rules.of(site.config), site.due()
    connections = [
        _shown(site, name, each, whole.health.of(name), rules, due.get(name), visit.now)
        for name, each in whole.connections.items()
    ]
    common = [reason for reason in whole.health.reasons if not reason.connection]
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
    limit = rules.too_old_from(complete, name) if complete is not None else None
    return Shown(
        name=name,
        adapter=site.config.connection(name).adapter,
        schedule=f"cron {schedule.cron}" if schedule.cron else f"every {schedule.seconds:g} s",
        reading=reading,
        reasons=reasons,
        complete_age=age(complete.ended, now) if complete is not None else "",
        too_old_from=stamp(limit) if limit is not None else "",
        due=stamp(due) if due is not None else "",
    )
