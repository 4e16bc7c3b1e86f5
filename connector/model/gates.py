"""What a connection asks of a version before it may go on: the stages by tier, the automated gates, the promotion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from connector.model.fields import Value


class Stage(StrEnum):
    """The stages of a version's way into production, in their order."""

    AUTOMATED = "automated"
    VALIDATION = "validation"
    COMPLIANCE = "compliance"
    BUSINESS = "business"


ALL_STAGES = tuple(Stage)
DEFAULT_NEEDS: Mapping[str, tuple[Stage, ...]] = MappingProxyType(
    {
        "critical": ALL_STAGES,
        "high": ALL_STAGES,
        "medium": (Stage.AUTOMATED, Stage.COMPLIANCE),
        "low": (Stage.AUTOMATED,),
    }
)
"""The stages that a tier needs where nothing else is configured."""


class Operator(StrEnum):
    """How a metric is held against its bound."""

    AT_LEAST = "at_least"
    ABOVE = "above"
    AT_MOST = "at_most"
    BELOW = "below"
    WITHIN = "within"
    """The value lies between minus the bound and the bound, both included."""


@dataclass(frozen=True, slots=True)
class MetricRule:
    """A bound on a run's metric. ``metric`` is a name or a case-sensitive glob: every metric that it fits has to hold,
    and there has to be one.
    """

    metric: str
    operator: Operator
    bound: float


@dataclass(frozen=True, slots=True)
class AutomatedGates:
    """What the automated gates of one tier ask. ``metadata`` are canonical fields that must hold a value;
    ``security_scan``: the field of that name must say ``passed``.
    """

    metrics: tuple[MetricRule, ...] = ()
    fairness: tuple[MetricRule, ...] = ()
    metadata: tuple[str, ...] = ()
    security_scan: bool = False

    @property
    def bounds(self) -> tuple[MetricRule, ...]:
        """All that is asked of the run."""
        return (*self.metrics, *self.fairness)


@dataclass(frozen=True, slots=True)
class Promotion:
    """When a version is given ``alias``: ``statuses`` are the approvals that count as the last sign-off,
    ``open_issues`` the severities of an open issue that stop it. ``backwards``: the alias may also leave a version of a
    higher number, or one that was approved later.
    """

    alias: str
    statuses: tuple[str, ...] = ("approved",)
    open_issues: tuple[str, ...] = ("critical", "high")
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """The gates of a connection. ``automated`` is by tier, from the most severe to the least; empty: whoever sets
    ``validation_status`` in MLflow decides it.
    """

    needs: Mapping[str, tuple[Stage, ...]] = field(default_factory=lambda: dict(DEFAULT_NEEDS))
    automated: Mapping[str, AutomatedGates] = field(default_factory=dict)
    promotion: Promotion | None = None

    def gates_of(self, tier: Value) -> AutomatedGates:
        """The automated gates of a tier. One that is unknown, or that nothing is configured for, is held to those that
        are written first: nobody gets through by leaving the tier out.
        """
        found = self.automated.get(tier or "")
        return found if found is not None else next(iter(self.automated.values()), AutomatedGates())
