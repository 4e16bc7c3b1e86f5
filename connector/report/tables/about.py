"""What a reader has to know of a report before believing it: how old it is, how complete, under which regime."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from connector import __version__
from connector.report.inventory import InventoryReport
from connector.report.tables.table import Cell, Column, Table
from connector.state.times import parse, stamp

ABOUT = (
    Column("connection", "Connection", width=20),
    Column("name", "About", width=28),
    Column("value", "Value", width=100),
)


def about_table(told: Iterable[tuple[str, Iterable[tuple[str, str]]]], name: str = "about") -> Table:
    """A row for each thing that is told of a connection."""
    rows: Iterator[tuple[Cell, ...]] = ((connection, *pair) for connection, pairs in told for pair in pairs)
    return Table(name, "About", ABOUT, rows)


def inventory_about(reports: Sequence[InventoryReport], now: datetime) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """What is told of each inventory."""
    for report in reports:
        versions = sum(len(model.versions) for model in report.inventory.models)
        yield (
            report.connection,
            [
                *_moment(report),
                *observed(report.taken_at, report.gaps, now),
                ("registry", report.registry),
                *_regime(report),
                ("configuration hash", report.configuration),
                ("models", str(len(report.inventory.models))),
                ("versions", str(versions)),
                ("findings", str(sum(finding.waiver is None for finding in report.findings))),
                *made(now),
            ],
        )


def observed(
    taken_at: str | None, gaps: Sequence[str], now: datetime, swept_at: str | None = None, held_back: int = 0
) -> Iterator[tuple[str, str]]:
    """How old what was observed is, and how complete."""
    if taken_at is not None:
        yield "observed at", taken_at
        yield "age", _age(parse(taken_at), now)
    if swept_at is not None:
        yield "GRC listed whole at", f"{swept_at}; since then only what was changed was asked for"
    if gaps:
        yield "complete", "no: what is missing below may still exist"
        yield "not read to the end", ", ".join(gaps)
    else:
        yield "complete", "no" if held_back else "yes"
    if held_back:
        yield "operations that a fuse holds back", f"{held_back:,}"


def made(now: datetime) -> Iterator[tuple[str, str]]:
    """When and by what a report was made."""
    yield "made at", stamp(now)
    yield "made by", f"mlflow-grc {__version__}"
    yield "times", "UTC"


def _moment(report: InventoryReport) -> Iterator[tuple[str, str]]:
    standing = report.standing
    if standing is None:
        return
    yield "as of", f"{standing.moment}, {standing.told}"
    yield "rests on", standing.words
    yield "reconstructed from", "the observation journal and the audit trail, read under the present mapping"


def _regime(report: InventoryReport) -> Iterator[tuple[str, str]]:
    profile, day = report.profile, date.fromisoformat(report.today)
    yield "profile", f"{profile.id}: {profile.title}"
    yield "source of the profile", profile.source
    if not profile.in_effect(day):
        later = f"; superseded by {profile.superseded_by}" if profile.superseded_by else ""
        yield "profile in effect", f"no, not on {report.today}{later}"


def _age(taken_at: datetime, now: datetime) -> str:
    minutes = max(0, int((now - taken_at).total_seconds())) // 60
    days, hours = minutes // 1440, minutes % 1440 // 60
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"
