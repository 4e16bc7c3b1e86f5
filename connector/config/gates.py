"""The gates part of the policy: what a version has to pass, by the tier of its model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, field_validator, model_validator

from connector.mapping.inventory import FieldName
from connector.mapping.validation import Strict
from connector.model.gates import DEFAULT_NEEDS, AutomatedGates, GatePolicy, MetricRule, Operator, Promotion, Stage

Alias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=255)]
Severity = Literal["critical", "high", "medium", "low"]


class MetricSettings(Strict):
    """A bound on a metric of the version's run."""

    metric: str = Field(
        min_length=1, description="Name of the metric, or a case-sensitive glob: all that fit, at least one."
    )
    operator: Operator = Field(description="How the value is held against the bound.")
    bound: FiniteFloat = Field(description="The bound.")

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.operator is Operator.WITHIN and self.bound < 0:
            raise ValueError("no value lies within a negative bound Remedy: Write it without the minus.")
        return self

    def rule(self) -> MetricRule:
        """Return the bound as the gates use it."""
        return MetricRule(self.metric, self.operator, self.bound)


class FairnessSettings(MetricSettings):
    """A bound on a fairness metric of the version's run."""

    operator: Operator = Field(
        default=Operator.WITHIN, description="How the value is held against the bound; `within` takes no sign."
    )


class AutomatedSettings(Strict):
    """What the automated gates of one tier ask. All of it has to hold."""

    metrics: tuple[MetricSettings, ...] = Field(default=(), description="Bounds on metrics of the run.")
    fairness: tuple[FairnessSettings, ...] = Field(default=(), description="Bounds on fairness metrics of the run.")
    metadata: tuple[FieldName, ...] = Field(
        default=(), description="Fields of the inventory that must hold a value, on the version or its model."
    )
    security_scan: bool = Field(default=False, description="Whether `security_scan` must say passed.")

    def gates(self) -> AutomatedGates:
        """Return them as planning uses them."""
        metrics, fairness = ([one.rule() for one in rules] for rules in (self.metrics, self.fairness))
        return AutomatedGates(tuple(metrics), tuple(fairness), self.metadata, self.security_scan)


class PromoteSettings(Strict):
    """Gives a version an alias once every gate of its tier holds and the last sign-off is in."""

    alias: Alias = Field(description="The alias to set, such as champion.")
    statuses: tuple[Literal["approved", "conditional"], ...] = Field(
        default=("approved",), min_length=1, description="Values of `approval_status` that count as the last sign-off."
    )
    open_issues: tuple[Severity, ...] = Field(
        default=("critical", "high"), description="Severities of open issues that keep the alias from moving."
    )
    backwards: bool = Field(
        default=False, description="Whether the alias may leave a version of a higher number or a later approval."
    )

    @field_validator("alias")
    @classmethod
    def _free(cls, value: str) -> str:
        if value.lower() == "latest" or (value[:1] in "vV" and value[1:].isdigit()):
            raise ValueError("MLflow keeps this alias to itself Remedy: Choose another one, such as champion.")
        return value


class GateSettings(Strict):
    """The gates of versions, by tier. Where this section stands, the tag `grc_next_gate` is kept."""

    stages: dict[str, tuple[Stage, ...]] = Field(
        default_factory=dict,
        description="Stages that a tier needs; critical and high all four, medium two, low one, unless written here.",
    )
    automated: dict[str, AutomatedSettings] = Field(
        default_factory=dict,
        description="Automated gates by tier; where any are written, they decide `validation_status`.",
    )
    promote: PromoteSettings | None = Field(
        default=None, description="Sets an alias on what passed; off unless written."
    )

    def policy(self) -> GatePolicy:
        """Return the gates as planning uses them."""
        one = self.promote
        return GatePolicy(
            needs={**DEFAULT_NEEDS, **self.stages},
            automated={tier: self.automated[tier].gates() for tier in sorted(self.automated, key=_severity)},
            promotion=Promotion(one.alias, one.statuses, one.open_issues, one.backwards) if one else None,
        )


def _severity(tier: str) -> int:
    """Where a tier stands among the usual ones; others come last, in the order of the file."""
    known = list(DEFAULT_NEEDS)
    return known.index(tier) if tier in known else len(known)
