"""A little of everything, to look at by hand."""

from __future__ import annotations

from tests.simulators.servicenow.server import ServiceNow
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import MODELS, USERS, VERSIONS

OFFICER = "risk.officer@bank.example"


def seed(simulator: ServiceNow) -> None:
    """Add three models with versions, decisions, issues and a comment, to an instance that is set up as its page says:
    the connector's account in GMT, a unique index on each key.
    """
    simulator.store.unique |= {(table, "u_external_key") for table in (MODELS, VERSIONS)}
    account = next(row for row in simulator.store.rows(USERS) if row["user_name"] == CONNECTOR)
    simulator.store.update(USERS, account["sys_id"], {"time_zone": "GMT"}, ADMIN)
    officer = simulator.as_user(OFFICER)
    for name, tier in (
        ("retail_pd", "1 - Critical"),
        ("card_fraud", "2 - High"),
        ("branch_footfall", "4 - Low"),
    ):
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
        officer.decide(version["id"], "conditional", conditions="Quarterly monitoring", expiry="2027-03-31")
        issue = officer.raise_issue(f"Drift of {name}", version=version["id"], due_date="2027-01-31")
        officer.comment(issue["id"], "Seen in the last monitoring report.")
