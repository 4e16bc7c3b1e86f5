"""What the tests of the gates share: a model whose versions come from runs, and the policy that judges them."""

from __future__ import annotations

from connector.model.gates import AutomatedGates, GatePolicy, MetricRule, Operator, Promotion
from connector.model.policy import Policy
from tests.engine.test_machine import InProcessWorld

STATUS, NEXT, REASONS = "validation_status", "grc_next_gate", "grc_gate_reasons"
AUC = MetricRule("auc", Operator.AT_LEAST, 0.8)
STRICT = AutomatedGates((AUC,), metadata=("purpose",))
GATES = GatePolicy(automated={"high": STRICT, "low": AutomatedGates()})
GATED = Policy(gates=GATES)


def promoting(alias: str = "champion", **more: object) -> Policy:
    """The same policy with the promotion switched on."""
    promotion = Promotion(alias, **more)  # type: ignore[arg-type]
    return Policy(gates=GatePolicy(GATES.needs, GATES.automated, promotion))


def version(world: InProcessWorld, auc: float | None = 0.9, name: str = "credit", **tags: str) -> str:
    """A new version, from a finished run that measured ``auc`` (None: nothing)."""
    run = world.author.log_run(metrics={} if auc is None else {"auc": auc})
    return world.author.create_version(name, run_id=run, tags=tags)


def gated(world: InProcessWorld, tier: str = "high", auc: float | None = 0.9, **tags: str) -> InProcessWorld:
    """The world with a model of this tier, its purpose written, and one version."""
    world.author.create_model("credit", tags={"risk_classification": tier, "purpose": "Scores.", **tags})
    version(world, auc)
    return world


def shown(world: InProcessWorld, number: str = "1") -> tuple[str | None, str | None, str | None]:
    """The three tags of a version: the status, the next gate, the reasons."""
    tags = world.tags("credit", number)
    return tags.get(STATUS), tags.get(NEXT), tags.get(REASONS)
