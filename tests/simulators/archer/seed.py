"""A few records, for an instance that is started by hand."""

from __future__ import annotations

from tests.simulators.archer.person import ArcherPerson
from tests.simulators.archer.schema import Type
from tests.simulators.archer.server import ArcherSimulator
from tests.simulators.archer.tenant import TASK_LEVEL

_OFFICER, _OWNER, _VALIDATOR = "risk.officer@bank.example", "head.retail@bank.example", "validator@bank.example"


def seed(simulator: ArcherSimulator) -> None:
    """Put two models with three versions, a finding with a task, and a comment into an instance."""
    account = simulator.tenant.account(_OFFICER)
    assert account is not None
    officer = ArcherPerson(simulator.tenant, simulator.content, account)
    scoring = officer.create(
        "models",
        registry_name="retail-credit-scoring",
        description="Application scorecard for unsecured personal loans.",
        purpose="Decides and prices applications for personal loans.",
        classification="Model",
        regulatory_scope=["sr-11-7", "ss1-23"],
        tier="2 - High",
        lifecycle_status="In Use",
        model_owner=_OWNER,
        limitations=["Not calibrated for customers without a bureau file."],
        next_review_due="2027-03-31",
        review_frequency=12,
    )
    deposits = officer.create(
        "models",
        registry_name="deposit-behaviour",
        tier="4 - Low",
        lifecycle_status="Proposed",
        dependencies=[scoring["id"]],
    )
    for number in ("1", "2"):
        version = officer.create(
            "versions", model=scoring["id"], version=number, registry_name="retail-credit-scoring", validator=_VALIDATOR
        )
    officer.decide(version["id"], "conditional", conditions="Monthly monitoring.", expiry="2027-03-31")
    officer.create("versions", model=deposits["id"], version="1", registry_name="deposit-behaviour")
    finding = officer.raise_issue("Reject inference is not documented", version=version["id"], due_date="2026-12-31")
    officer.comment(finding["id"], "The development team was told.")
    level = simulator.tenant.level(TASK_LEVEL)
    assert level is not None
    name = next(one for one in level.fields if one.type is Type.TEXT)
    simulator.content.add(TASK_LEVEL, {name.id: "Write the section"}, account.id, int(finding["id"]))
