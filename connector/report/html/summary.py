"""The numbers that the report opens with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.report.html.dossier import Dossier
from connector.report.html.found import Section
from connector.report.html.texts import counted
from connector.report.rows import Report, Status


@dataclass(frozen=True, slots=True)
class Tile:
    """One headline: a number, what it counts, what stands beside it, and where in the file it leads. ``tone`` is
    ``bad``, ``good`` or empty.
    """

    number: str
    label: str
    note: str
    target: str
    tone: str = ""


def tiles(reports: Sequence[Report], dossiers: Sequence[Dossier]) -> tuple[Tile, ...]:
    """The headline numbers, in the order in which a model risk officer asks for them."""
    alive = [one for one in dossiers if one.status is not Status.RETIRED]
    versions = sum(len(one.versions) for one in alive)
    running = [one for one in alive if one.in_production]
    unapproved = [one for one in running if one.unapproved]
    overdue = sum(len(one.overdue) for one in alive)
    late = sum(bool(one.overdue) for one in alive)
    return (
        Tile(f"{len(alive):,}", "models", counted(versions, "version"), "#inventory"),
        Tile(f"{len(running):,}", "in production", _share(len(running), len(alive)), "#inventory?production=yes"),
        Tile(
            f"{len(unapproved):,}",
            "unapproved in production",
            "not approved, or expired",
            "#inventory?production=unapproved",
            "bad" if unapproved else "good",
        ),
        Tile(
            f"{overdue:,}",
            "overdue remediations",
            f"in {counted(late, 'model')}" if overdue else "every open issue is in time",
            "#inventory?issues=overdue",
            "bad" if overdue else "good",
        ),
        _agreement(reports),
        _completeness(alive),
    )


def _completeness(dossiers: Sequence[Dossier]) -> Tile:
    scores = [one.completeness.score for one in dossiers if one.completeness]
    lacking = sum(score < 100 for score in scores)
    mean = f"{sum(scores) // len(scores)}%" if scores else "none"
    note = f"{counted(lacking, 'model')} with something to add" if lacking else "nothing to add"
    return Tile(mean, "metadata complete", note, "#inventory?sort=complete")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of the models" if whole else "no models"


def _agreement(reports: Sequence[Report]) -> Tile:
    fields = sum((Counter(report.counts.get("fields", {})) for report in reports), Counter[str]())
    whole, agree = sum(fields.values()), fields.get(Status.AGREE, 0)
    apart = whole - agree
    # Never 100 % while a single field is apart.
    share = "none" if not whole else "100%" if not apart else f"{min(agree / whole, 0.999):.1%}"
    note = f"{apart:,} of {counted(whole, 'field')} differ" if apart else f"all {counted(whole, 'field')}"
    return Tile(share, "fields agree on both sides", note, "#inventory?status=apart")


def severity_counts(sections: Sequence[Section]) -> Mapping[str, int]:
    """Standing findings by severity."""
    return sum((Counter(section.counts) for section in sections), Counter[str]())


def standing(dossiers: Sequence[Dossier]) -> tuple[tuple[Status, int], ...]:
    """How many models stand how, those that agree first."""
    counts = Counter(one.status for one in dossiers)
    return tuple((status, counts[status]) for status in Status if counts[status])
