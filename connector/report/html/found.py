"""Findings as a person reads them: by control, the most severe first, what is said of many models said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.controls import BASIS, TITLES, Finding
from connector.controls.inventory import SEVERITIES
from connector.report.html.dossier import Dossier, Gathered
from connector.report.html.texts import fragment


@dataclass(frozen=True, slots=True)
class Subject:
    """A model, or one of its versions, and its page; ``target`` is empty where it has none."""

    name: str
    version: str | None
    target: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was seen, what to do, and of whom that holds."""

    severity: str
    seen: str
    remedy: str
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One control: the guidance it rests on, its standing findings by severity, and their groups."""

    control: str
    title: str
    basis: str
    counts: Mapping[str, int]
    models: int
    groups: tuple[Group, ...]

    @property
    def worst(self) -> str:
        return next(severity for severity in SEVERITIES if self.counts.get(severity))

    @property
    def remedies(self) -> int:
        """How many different things there are to do."""
        return len({group.remedy for group in self.groups})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that a person accepted."""

    finding: Finding
    subject: Subject


def sections(gathered: Gathered) -> tuple[Section, ...]:
    """The controls that found something, those with the most severe findings first."""
    by_control: dict[str, list[tuple[Finding, Subject]]] = {}
    for each, subject in _all(gathered):
        if each.waiver is None:
            by_control.setdefault(each.control, []).append((each, subject))
    made = [_section(control, found) for control, found in by_control.items()]
    return tuple(sorted(made, key=lambda one: (SEVERITIES.index(one.worst), one.control)))


def accepted(gathered: Gathered) -> tuple[Accepted, ...]:
    """The findings with a waiver in force, by control and name."""
    found = [Accepted(each, subject) for each, subject in _all(gathered) if each.waiver]
    return tuple(sorted(found, key=lambda one: (one.finding.control, one.subject.name, one.subject.version or "")))


def _all(gathered: Gathered) -> Iterator[tuple[Finding, Subject]]:
    for each in gathered.general:
        yield each, Subject(each.model, each.version, "")
    for dossier in gathered.dossiers:
        for each in dossier.findings:
            yield each, _subject(dossier, each)


def _subject(dossier: Dossier, finding: Finding) -> Subject:
    return Subject(dossier.name, finding.version, fragment(dossier.anchor))


def _section(control: str, found: Sequence[tuple[Finding, Subject]]) -> Section:
    groups: dict[tuple[str, str, str], list[Subject]] = {}
    for each, subject in found:
        groups.setdefault((each.severity, each.seen, each.remedy), []).append(subject)
    made = [Group(*what, tuple(subjects)) for what, subjects in groups.items()]
    made.sort(key=lambda one: (SEVERITIES.index(one.severity), -len(one.subjects), one.subjects[0].name.casefold()))
    return Section(
        control=control,
        title=TITLES[control],
        basis=BASIS[control],
        counts=Counter(each.severity for each, _ in found),
        models=len({subject.target for _, subject in found if subject.target}),
        groups=tuple(made),
    )
