"""A model with all that the report says of it, gathered for its page and for every count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.controls import Finding, Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.controls.completeness import Completeness, completeness
from connector.controls.inventory import SEVERITIES
from connector.controls.standing import in_force
from connector.controls.workflow import workflow
from connector.gates import Stages
from connector.mapping.profile import TIER_FIELD
from connector.model.fields import Entity, Value
from connector.report.html.history import NOTHING, History
from connector.report.rows import ObjectRow, Report, Status

_WORST = (
    Status.CONFLICT, Status.QUARANTINED, Status.ORPHAN, Status.DIFFER, Status.ONLY_MLFLOW, Status.ONLY_GRC,
    Status.RETIRED, Status.AGREE,
)  # fmt: skip
"""From what asks most of a person to what asks nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a model is counted under: a product, or its owner where no product is recorded."""

    name: str
    of_owner: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """One model. ``row`` and ``versions`` are the comparison's, ``joined`` the controls' view (None for a record whose
    model was deleted); ``anchor`` names its page, ``today`` is an ISO date.
    """

    connection: str
    anchor: str
    name: str
    row: ObjectRow | None
    versions: tuple[ObjectRow, ...]
    joined: JoinedModel | None
    today: str
    findings: tuple[Finding, ...] = ()
    history: History = NOTHING
    completeness: Completeness | None = None
    """None where nothing is asked of it: MLflow does not hold it, or only as a placeholder."""
    workflow: Mapping[str, Stages] = field(default_factory=dict)
    """Where each version stands in the tiered workflow, by its key."""
    severities: Mapping[str, int] = field(default_factory=dict)
    """How many findings stand, by severity: those that nobody accepted."""

    @property
    def status(self) -> Status:
        """That of the model or version that asks most of a person."""
        rows = [*([self.row] if self.row else []), *self.versions]
        return min((row.status for row in rows), key=_WORST.index, default=Status.AGREE)

    @property
    def tier(self) -> Value:
        return self.joined.field(TIER_FIELD) if self.joined else None

    @property
    def owner(self) -> Value:
        return self.joined.field("model_owner") if self.joined else None

    @property
    def lines(self) -> tuple[Line, ...]:
        """The business lines: each product, else the owner, else none."""
        products = listed(self.joined.field("products")) if self.joined else ()
        if products:
            return tuple(Line(name) for name in products)
        return (Line(self.owner, of_owner=True),) if self.owner else ()

    @property
    def in_production(self) -> tuple[JoinedVersion, ...]:
        return self.joined.in_production if self.joined else ()

    @property
    def unapproved(self) -> tuple[JoinedVersion, ...]:
        """The versions in production without an approval in force today."""
        return tuple(version for version in self.in_production if not in_force(version, self.today))

    @property
    def open_issues(self) -> tuple[JoinedIssue, ...]:
        return tuple(issue for issue in self.joined.issues if issue.is_open) if self.joined else ()

    @property
    def overdue(self) -> tuple[JoinedIssue, ...]:
        return tuple(issue for issue in self.open_issues if issue.due is not None and issue.due < self.today)

    @property
    def worst(self) -> str | None:
        """The most severe of the standing findings' severities."""
        return next((severity for severity in SEVERITIES if self.severities.get(severity)), None)


def listed(value: Value) -> tuple[str, ...]:
    """The members of a canonical list; a text that is none is its only member."""
    if not value:
        return ()
    try:
        told = json.loads(value)
    except ValueError:
        return (value,)
    return tuple(str(each) for each in told) if isinstance(told, list) else (value,)


@dataclass(frozen=True, slots=True)
class Gathered:
    """All models of the reports, and the findings that are about none of them: about the connection as a whole."""

    dossiers: tuple[Dossier, ...]
    general: tuple[Finding, ...]


def gather(reports: Sequence[tuple[Report, Mapping[str, History]]], today: str) -> Gathered:
    """Every model of every report, in the reports' order, each with an anchor of its own. Each report comes with its
    models' histories, by correlation key or record id.
    """
    taken: Counter[str] = Counter()
    found: list[Dossier] = []
    general: list[Finding] = []
    for report, history in reports:
        gatherer = _Gatherer(report, history, taken, today)
        found.extend(gatherer.dossiers())
        general.extend(gatherer.general())
    return Gathered(tuple(found), tuple(general))


class _Gatherer:
    def __init__(self, report: Report, history: Mapping[str, History], taken: Counter[str], today: str) -> None:
        self._report, self._history, self._taken, self._today = report, history, taken, today
        self._inventory = report.inventory
        models = report.inventory.models if report.inventory else ()
        self._joined = {model.key or f"grc:{model.record_id}": model for model in models}
        self._by_record = {model.record_id: model for model in models if model.record_id}
        self._findings: dict[str, list[Finding]] = {}
        for each in report.findings:
            self._findings.setdefault(each.model, []).append(each)

    def dossiers(self) -> Iterator[Dossier]:
        """Yield one for each model row with the versions behind it, and one for versions that no model row leads."""
        model: ObjectRow | None = None
        name: str | None = None
        versions: list[ObjectRow] = []
        for row in self._report.objects:
            if row.entity is Entity.MODEL or _model_of(row) != name:
                if name is not None:
                    yield self._dossier(name, model, versions)
                model = row if row.entity is Entity.MODEL else None
                name, versions = _model_of(row), []
            if row.entity is Entity.VERSION:
                versions.append(row)
        if name is not None:
            yield self._dossier(name, model, versions)

    def general(self) -> Iterator[Finding]:
        """Yield the findings that no dossier took."""
        for findings in self._findings.values():
            yield from findings

    def _dossier(self, name: str, row: ObjectRow | None, versions: Sequence[ObjectRow]) -> Dossier:
        joined = self._joined.get(row.key) or self._by_record.get(row.record_id or "") if row else None
        self._taken[name] += 1
        repeat = self._taken[name]
        findings = tuple(self._findings.pop(name, ()))
        return Dossier(
            connection=self._report.connection,
            anchor=name if repeat == 1 else f"{name}~{repeat}",
            name=name,
            row=row,
            versions=tuple(versions),
            joined=joined,
            today=self._today,
            findings=findings,
            history=self._history.get((joined.key or joined.record_id or "") if joined else "", NOTHING),
            completeness=_completeness(self._inventory, joined),
            workflow=_workflow(self._inventory, joined),
            severities=Counter(each.severity for each in findings if each.waiver is None),
        )


def _completeness(inventory: Inventory | None, joined: JoinedModel | None) -> Completeness | None:
    found = completeness(inventory, joined) if inventory is not None and joined is not None else None
    return found if found is not None and found.asked else None


def _workflow(inventory: Inventory | None, joined: JoinedModel | None) -> Mapping[str, Stages]:
    if inventory is None or joined is None:
        return {}
    return {version.key: workflow(inventory, joined, version) for version in joined.versions}


def _model_of(row: ObjectRow) -> str:
    """The model that a row is about; records of versions are often called after both."""
    return row.name.removesuffix(f" v{row.version}") if row.entity is Entity.VERSION else row.name
