"""Promotion, signed approvals, enforcement and narrowed cycles at the same versions: each keeps to its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.attest.verdict import Asked, judge
from connector.engine.narrow import Narrow, Narrowed
from connector.mock import MockGrc
from connector.model.enforcement import Action, EnforcementPolicy, Trigger
from connector.model.gates import GatePolicy, Promotion, Stage
from connector.model.policy import Policy
from connector.model.state import RunStatus
from tests.engine.attesting import TAGS, Signing
from tests.engine.review import sent, settled
from tests.fakes.registry import InProcessRegistry

ALIAS = "production"
POLICY = Policy(
    gates=GatePolicy({"high": (Stage.COMPLIANCE,)}, {}, Promotion(ALIAS)),
    enforcement=EnforcementPolicy(dict.fromkeys(Trigger, Action.TAKE_OFF), aliases=(ALIAS,), give_back=True),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Signing]:
    """A version that was signed off, and so was signed and promoted."""
    registry = InProcessRegistry()
    made = Signing(tmp_path, MockGrc(), registry, registry.author, policy=POLICY).begin()
    made.officer.patch(made.version_record("credit")["id"], compliance_review="Approved")
    made.decide()
    settled(made)
    yield made
    made.close()


def narrow(world: Signing, **more: Any) -> Narrowed:
    return Narrow(world.connection, "credit", **more).run()


def production(world: Signing) -> str | None:
    model = world.registry.model("credit")
    assert model is not None
    return model.aliases.get(ALIAS)


def denied(world: Signing) -> list[str]:
    """Why the gate denies the version, by what MLflow holds."""
    question = Asked(TAGS, world.how.trusted, world.now, world.keys.registry_id)
    return [each.code for each in judge(replace(question), *world.seen("credit", "1")).reasons]


def is_idle(world: Signing) -> bool:
    before = sent(world)
    narrow(world)
    return world.sync().run.status is RunStatus.CLEAN and sent(world) == before


def test_what_was_signed_off_is_signed_and_promoted(world: Signing) -> None:
    assert (production(world), denied(world)) == ("1", [])
    assert is_idle(world)


def test_the_gate_is_red_after_the_event_and_the_alias_off_after_the_next_cycle(world: Signing) -> None:
    made = world.proved()
    assert made is not None
    world.decide("Withdrawn")
    done = narrow(world)
    assert done.soon, "a full cycle has to count what it takes off"
    assert denied(world)
    assert world.tags("credit", "1")["grc_blocked"] == '["the approval is withdrawn"]'
    taken_back = world.proved()
    assert taken_back is not None
    assert taken_back.serial > made.serial
    assert production(world) == "1"
    settled(world)
    assert production(world) is None
    assert is_idle(world)


def test_approved_again_it_is_signed_anew_and_given_back(world: Signing) -> None:
    world.decide("Withdrawn")
    settled(world)
    world.decide()
    narrow(world)
    assert denied(world) == []
    assert "grc_blocked" not in world.tags("credit", "1")
    settled(world)
    assert production(world) == "1"
    assert "grc_taken_off" not in world.tags("credit", "1")
    assert is_idle(world)


def test_a_severe_issue_stops_the_gate_and_takes_the_alias_off(world: Signing) -> None:
    record = world.version_record("credit")["id"]
    issue = world.officer.raise_issue("Drift", version=record, severity="Critical")
    narrow(world, issues=[issue["id"]])
    assert denied(world)
    assert "grc_blocked" in world.tags("credit", "1")
    settled(world)
    assert production(world) is None
    world.officer.patch(issue["id"], state="Closed")
    narrow(world, issues=[issue["id"]])
    settled(world)
    assert (production(world), denied(world)) == ("1", [])
    assert is_idle(world)


@pytest.mark.parametrize("forged", ["grc_taken_off", "grc_blocked", "grc_attestation_1"])
def test_a_tag_typed_by_hand_moves_no_alias(world: Signing, forged: str) -> None:
    world.author.set_tag("credit", forged, '["production"]', "1")
    narrow(world)
    settled(world)
    assert (production(world), denied(world)) == ("1", [])
