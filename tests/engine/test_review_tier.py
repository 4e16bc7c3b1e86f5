"""The risk class: only the GRC lowers it, and only the GRC confirms it."""

from __future__ import annotations

from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld

CLASS, STATE, CONFIRMED = "risk_classification", "grc_tier_state", "tier_confirmed_on"


def provisional(world: InProcessWorld) -> str:
    credit(world, risk_classification="high")
    settled(world)
    world.author.set_tag("credit", CLASS, "critical")
    settled(world)
    assert world.tags("credit")[STATE].startswith("provisional")
    return str(world.record("credit")["id"])


def test_lowered_in_mlflow_and_emptied_in_the_grc_does_not_lower_it(quick: InProcessWorld) -> None:
    credit(quick, risk_classification="high")
    settled(quick)
    quick.officer.patch(quick.record("credit")["id"], tier_confirmed_on="2026-03-01")
    settled(quick)
    quick.author.set_tag("credit", CLASS, "low")
    quick.officer.patch(quick.record("credit")["id"], tier=None)
    settled(quick)
    assert (quick.tags("credit")[CLASS], quick.record("credit")["tier"]) == ("high", "2 - High")


def test_a_confirmation_counts_though_mlflow_was_edited_at_the_same_time(quick: InProcessWorld) -> None:
    record = provisional(quick)
    quick.officer.patch(record, tier_confirmed_on="2026-03-02")
    quick.author.set_tag("credit", CLASS, "low")
    settled(quick)
    assert (quick.tags("credit")[CLASS], quick.tags("credit")[STATE]) == ("critical", "confirmed")


def test_a_confirmation_in_mid_run_counts(quick: InProcessWorld) -> None:
    record = provisional(quick)
    quick.author.set_tag("credit", "purpose", "Lending")

    def step(name: str) -> None:
        if name == "intent":
            quick.officer.patch(record, tier_confirmed_on="2026-03-02")

    quick.sync(step)
    settled(quick)
    assert quick.tags("credit")[STATE] == "confirmed"


def test_a_confirmation_counts_though_a_saved_plan_carried_it(quick: InProcessWorld) -> None:
    record = provisional(quick)
    quick.officer.patch(record, tier_confirmed_on="2026-03-02")
    quick.sync(only=quick.plan())
    settled(quick)
    assert quick.tags("credit")[STATE] == "confirmed"


def test_an_old_confirmation_confirms_no_new_class(quick: InProcessWorld) -> None:
    """The tag of the confirmation never reached MLflow; the class that was raised since is provisional all the same."""
    from connector.model.errors import Rejected

    def refuse(call: object) -> None:
        if getattr(call, "key", "") == "grc_tier_confirmed_on":
            raise Rejected("no such tag, please", field="grc_tier_confirmed_on")

    credit(quick, risk_classification="low")
    settled(quick)
    quick.registry.before.append(refuse)
    quick.officer.patch(quick.record("credit")["id"], tier="3 - Medium", tier_confirmed_on="2026-03-01")
    quick.sync()
    quick.author.set_tag("credit", CLASS, "critical")
    for _ in range(4):
        quick.sync()
    assert quick.record("credit")["tier"] == "1 - Critical"
    assert quick.tags("credit")[STATE].startswith("provisional")
