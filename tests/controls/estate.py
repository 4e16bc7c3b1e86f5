"""A model in order, and the smallest changes to it, as controls look at them."""

from __future__ import annotations

from dataclasses import replace

from connector.controls import Finding, Inventory, JoinedModel, JoinedVersion, Rules, findings
from connector.mapping.thresholds import Thresholds
from connector.model.fields import Owner
from connector.model.state import LinkState

TODAY = "2026-03-02"
FIELDS = {
    "model_fields": frozenset(
        {"purpose", "products", "model_owner", "risk_classification", "developer", "regulatory_scope"}
    ),
    "version_fields": frozenset(
        {"validator", "independent_validation", "use_restrictions", "operating_boundaries", "conditions"}
    ),
    "owners": {"products": Owner.GRC, "purpose": Owner.SHARED, "developer": Owner.MLFLOW, "validator": Owner.GRC},
}


def version(
    status: str | None = "approved", *, production: bool = True, number: str = "3", **grc: str
) -> JoinedVersion:
    """A version on both sides, approved and in production unless told otherwise."""
    held = {"approval_status": status, **grc}
    return JoinedVersion(number, {}, held, "VER1", production, ("production",) if production else ())


GOOD = JoinedModel(
    "credit",
    {"purpose": "Scores.", "risk_classification": "high"},
    {"purpose": "Scores.", "risk_classification": "high", "model_owner": "owner@bank.example"},
    "MDL1",
    LinkState.LIVE,
    (version(),),
    key="mlflow:x/credit@1",
    claims=("MDL1",),
)


def model(*versions: JoinedVersion, **grc: str | None) -> JoinedModel:
    """The model in order with other versions, and more of it in the GRC."""
    return replace(GOOD, versions=versions or GOOD.versions, grc={**(GOOD.grc or {}), **grc})


def inventory(*models: JoinedModel, settings: dict[str, object] | None = None, **more: object) -> Inventory:
    """Models under the rules of all controls; ``settings`` are of single ones, as YAML has them."""
    rules = Rules(settings=Thresholds.model_validate(settings or {}))
    facts = {"taken_at": f"{TODAY}T08:00:00.000Z", "rules": rules, **FIELDS, **more}
    return Inventory(models, TODAY, **facts)  # type: ignore[arg-type]


def run(*models: JoinedModel, **more: object) -> list[Finding]:
    return list(findings(inventory(*models, **more)))  # type: ignore[arg-type]


def controls(*models: JoinedModel, **more: object) -> list[tuple[str, str]]:
    """What is found, as control and severity."""
    return [(each.control, each.severity) for each in run(*models, **more)]
