"""A little of everything, to look at by hand."""

from __future__ import annotations

from tests.simulators.logicgate.server import LogicGate

OFFICER = "risk.officer@bank.example"


def seed(simulator: LogicGate) -> None:
    """Add three models with versions, decisions, issues and a comment."""
    officer = simulator.as_user(OFFICER)
    for name, tier in (("retail_pd", "1 - Critical"), ("card_fraud", "2 - High"), ("branch_footfall", "4 - Low")):
        model = officer.create(
            "models",
            registry_name=name,
            tier=tier,
            description=f"The bank's {name.replace('_', ' ')} model.",
            model_owner="head.retail@bank.example",
            limitations=["Trained on retail customers only"],
            lifecycle_status="In Use",
        )
        version = officer.create("versions", model=model["id"], version="1", registry_name=name)
        simulator.store.link(model["id"], version["id"], officer.account.id)
        officer.decide(version["id"], "conditional", conditions="Quarterly monitoring", expiry="2027-03-31")
        issue = officer.raise_issue(f"Drift of {name}", version=version["id"], due_date="2027-01-31")
        officer.comment(issue["id"], "Seen in the last monitoring report.")
