"""What a model card tells, gathered from both sides as last observed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.controls import ApprovalStep, Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.controls.completeness import Completeness, completeness, looked_at
from connector.controls.standing import IN_FORCE, in_force, spoken, status
from connector.controls.workflow import by_owner, gate_reasons, workflow
from connector.gates import STAGE_FIELDS, STAGE_TITLES, Stages
from connector.model.fields import FieldType, Value
from connector.model.registry import RunData
from connector.report.blocks import moment

FAIRNESS = "fairness"
"""How the names of fairness metrics start."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: its label and its values; no value says that it is not stated."""

    label: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Statements under one title."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric over the versions of the model, oldest first: ``(version, value)``. ``version`` is the card's."""

    name: str
    points: tuple[tuple[str, float], ...]
    version: str

    @property
    def own(self) -> float:
        """The value of the card's version."""
        return dict(self.points)[self.version]

    @property
    def before(self) -> float | None:
        """The value of the version before it that has one."""
        earlier = [value for version, value in self.points if int(version) < int(self.version)]
        return earlier[-1] if earlier else None


@dataclass(frozen=True, slots=True)
class Card:
    """The card of one version. ``taken_at`` is when both sides were observed; ``environment`` are the files that MLflow
    wrote about what the model needs, by name. ``approval`` is the GRC's decision, ``lapsed`` its last day where that is
    past. ``gaps`` names the listings that did not reach their end.
    """

    connection: str
    taken_at: str | None
    model: str
    version: str
    aliases: tuple[str, ...]
    tier: Value
    approval: Value
    lapsed: Value
    stages: Stages
    record_id: str | None
    record_url: Value
    sections: tuple[Section, ...]
    lineage: tuple[Line, ...]
    metrics: tuple[Metric, ...]
    fairness: tuple[Metric, ...]
    params: Mapping[str, str]
    chain: tuple[ApprovalStep, ...]
    issues: tuple[JoinedIssue, ...]
    completeness: Completeness
    run_id: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()

    @property
    def decision(self) -> str:
        """The approval in words; empty where none is recorded."""
        told = spoken(self.approval or "")
        return f"{told}, expired on {self.lapsed}" if self.lapsed else told

    @property
    def next_stage(self) -> str:
        """The next stage in words."""
        return STAGE_TITLES[self.stages.next] if self.stages.next else "nothing is left"


_MODEL_SECTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "Purpose and use": (
        ("Description", "description"),
        ("Purpose and intended use", "purpose"),
        ("Products", "products"),
        ("Approved uses", "approved_uses"),
        ("Restrictions", "use_restrictions"),
        ("Operating boundaries", "operating_boundaries"),
        ("Assumptions", "assumptions"),
        ("Known limitations", "limitations"),
    ),
    "People": (
        ("Owner", "model_owner"),
        ("Developer", "developer"),
        ("Reviewer", "reviewer"),
        ("Validator", "validator"),
        ("Approved by", "approved_by"),
    ),
    "Risk": (
        ("Risk class", "risk_classification"),
        ("Materiality", "materiality"),
        ("Complexity", "complexity"),
        ("Regulatory scope", "regulatory_scope"),
        ("Life cycle", "lifecycle_status"),
        ("Last validated", "last_validated"),
        ("Next review due", "next_review_due"),
        ("Retention in months", "retention"),
        ("Monitoring", "monitoring_status"),
    ),
    "Validation": (("Security scan", "security_scan"),),
    "Approval": (
        ("Status", "approval_status"),
        ("Approved on", "approval_date"),
        ("Valid until", "approval_expiry"),
        ("Conditions", "conditions"),
    ),
}
_LINEAGE: Sequence[tuple[str, str]] = (
    ("Training data", "data_sources"),
    ("Data version", "data_version"),
    ("Hash of the data's schema", "data_schema_hash"),
    ("Commit", "code_commit"),
    ("Technique", "technique"),
    ("Framework", "framework"),
)


def version_of(model: JoinedModel, number: str | None) -> JoinedVersion | None:
    """The version that is asked for; else that in production, else the newest; None where there is none such."""
    if number is not None:
        return next((each for each in model.versions if each.version == number), None)
    return next(iter(looked_at(model)[-1:]), None)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a card comes from: the connection, when both sides were observed, and the runs behind the model's versions
    by the number of the version.
    """

    connection: str
    taken_at: str | None
    runs: Mapping[str, RunData] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()


def make_card(inventory: Inventory, model: JoinedModel, version: JoinedVersion, source: Source) -> Card:
    """The card of one version of a model of the inventory."""
    run = source.runs.get(version.version)
    metrics = tuple(_metrics(model, version, source.runs))
    stages = workflow(inventory, model, version)
    return Card(
        connection=source.connection,
        taken_at=source.taken_at,
        model=model.name,
        version=version.version,
        aliases=version.aliases,
        tier=model.field("risk_classification"),
        approval=status(version),
        lapsed=_lapsed(version, inventory.today),
        stages=stages,
        record_id=version.record_id or model.record_id,
        record_url=(version.grc or {}).get("url") or (model.grc or {}).get("url"),
        sections=tuple(_sections(inventory, model, version, stages)),
        lineage=tuple(lineage(model, version, run)),
        metrics=tuple(metric for metric in metrics if not metric.name.startswith(FAIRNESS)),
        fairness=tuple(metric for metric in metrics if metric.name.startswith(FAIRNESS)),
        params=dict(sorted(run.params.items())) if run is not None else {},
        chain=version.approval_chain,
        issues=tuple(each for each in model.issues if each.version in (None, version.version)),
        completeness=completeness(inventory, model, (version,)),
        run_id=run.run_id if run is not None else (version.registry or {}).get("identity.run"),
        environment=source.environment,
        gaps=source.gaps,
    )


def _lapsed(version: JoinedVersion, today: str) -> Value:
    """The last day of an approval that was given and is no longer in force."""
    given = status(version) in IN_FORCE and not in_force(version, today)
    return (version.grc or {}).get("approval_expiry") if given else None


def _sections(inventory: Inventory, model: JoinedModel, version: JoinedVersion, stages: Stages) -> Iterator[Section]:
    """What is stated, by the word of whoever owns each field."""
    choices = {one.name for level in inventory.fields.values() for one in level if one.type is FieldType.CHOICE}

    def line(label: str, name: str) -> Line:
        held = (by_owner(inventory, each, name) for each in (version, model))
        told = next((shown for each in held if (shown := values(each))), ())
        return Line(label, tuple(map(spoken, told)) if name in choices else told)

    for title, lines in _MODEL_SECTIONS.items():
        told = [line(label, name) for label, name in lines]
        if title == "Validation":
            told = [*(_stage(stage, line(stage, name), stages) for stage, name in STAGE_FIELDS.items()), *told]
            reasons = gate_reasons(inventory, version)
            told += [Line("What keeps the automated gates from passing", reasons)] if reasons else []
        yield Section(title, tuple(told))


def _stage(stage: str, found: Line, stages: Stages) -> Line:
    """How a stage ended, and whether it is asked for."""
    told = found.values[0] if found.values else ""
    if stage not in stages.needed:
        told = f"{told}, not needed for the tier" if told else "not needed for the tier"
    elif stage == stages.next:
        told = f"{told or 'not recorded'}: this is the next stage"
    title = STAGE_TITLES[stage]
    return Line(title[:1].upper() + title[1:], (told,) if told else ())


def _line(label: str, name: str, *held: JoinedVersion | JoinedModel) -> Line:
    return Line(label, next((shown for each in held if (shown := values(each.field(name)))), ()))


def values(value: Value) -> tuple[str, ...]:
    """A canonical value as the texts that people read: each entry of a list, each pair of a map."""
    if value is None:
        return ()
    try:
        parsed = json.loads(value) if value[:1] in "[{" else value
    except ValueError:
        return (value,)
    if isinstance(parsed, list):
        return tuple(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in parsed)
    if isinstance(parsed, dict):
        return tuple(f"{name}: {each}" for name, each in parsed.items())
    return (value,)


def lineage(model: JoinedModel, version: JoinedVersion, run: RunData | None) -> Iterator[Line]:
    """Where a version comes from, from its data to its production aliases."""
    for label, name in _LINEAGE:
        line = _line(label, name, version, model)
        if name == "data_sources" and not line.values and run is not None:
            line = Line(label, run.datasets)
        yield line
    registry = version.registry or {}
    yield Line("Training run", values(registry.get("identity.run")))
    if run is not None:
        told = (("Run by", "mlflow.user"), ("Source code", "mlflow.source.name"), ("Image", "mlflow.docker.image.uri"))
        yield from (Line(label, (run.tags[key],)) for label, key in told if run.tags.get(key))
    yield Line("Artifacts", values(registry.get("identity.source")))
    yield Line("Registered", values(moment(version.created) or None))
    yield Line("In production as", version.aliases)


def _metrics(model: JoinedModel, version: JoinedVersion, runs: Mapping[str, RunData]) -> Iterator[Metric]:
    own = runs.get(version.version)
    for name in sorted(own.metrics) if own is not None else ():
        points = tuple(
            (each.version, runs[each.version].metrics[name])
            for each in model.versions
            if each.version in runs and name in runs[each.version].metrics
        )
        yield Metric(name, points, version.version)
