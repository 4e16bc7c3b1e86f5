"""What the in-memory registry adds to the contract: hooks, failures, absences, for the tests that use it."""

from __future__ import annotations

import pytest

from connector.model.errors import AccessDenied, AuthError, OutcomeUnknown, Retriable
from tests.fakes.registry import Call, InProcessRegistry


@pytest.fixture
def registry() -> InProcessRegistry:
    registry = InProcessRegistry()
    registry.author.create_model("credit")
    registry.author.create_version("credit")
    return registry


def test_a_hook_can_edit_between_read_and_write(registry):
    registry.before.append(lambda call: call.is_write and registry.author.set_tag("credit", "by", "a person"))
    assert registry.model("credit").tags == {}
    registry.set_tags("credit", None, {"k": "v"})
    assert registry.model("credit").tags == {"by": "a person", "k": "v"}


def test_a_failure_before_has_no_effect_and_one_after_has(registry):
    def fail(call: Call) -> None:
        if call.is_write:
            raise OutcomeUnknown("lost")

    registry.before.append(fail)
    with pytest.raises(OutcomeUnknown):
        registry.set_tags("credit", None, {"k": "v"})
    assert (registry.model("credit").tags, registry.writes) == ({}, [])
    registry.before.clear()
    registry.after.append(fail)
    with pytest.raises(OutcomeUnknown):
        registry.set_tags("credit", None, {"k": "v"})
    assert registry.model("credit").tags == {"k": "v"}
    assert registry.writes == [Call("set_tag", "credit", None, "k", "v")]


@pytest.mark.parametrize("action", ["list_models", "list_versions"])
def test_a_listing_that_fails_is_a_gap(registry, action):
    def fail(call: Call) -> None:
        if call.action == action:
            raise Retriable("500")

    registry.before.append(fail)
    snapshot = registry.snapshot()
    assert not snapshot.complete
    assert action in snapshot.gaps[0]


def test_an_unlisted_model_still_exists_and_a_forbidden_one_is_unknown(registry):
    registry.unlisted.add("credit")
    assert registry.snapshot().models == ()
    assert registry.snapshot().complete
    assert registry.model("credit") is not None
    registry.forbidden.add("credit")
    with pytest.raises(AccessDenied):
        registry.model("credit")
    with pytest.raises(AccessDenied):
        registry.version("credit", "1")
    with pytest.raises(AccessDenied):
        registry.set_tags("credit", None, {"k": "v"})


def test_an_account_that_may_not_list_is_an_auth_error(registry):
    def fail(call: Call) -> None:
        raise AccessDenied("no")

    registry.before.append(fail)
    with pytest.raises(AuthError):
        registry.snapshot()


def test_two_registries_edited_alike_are_alike():
    one, two = (InProcessRegistry(), InProcessRegistry())
    for registry in (one, two):
        registry.author.create_model("credit", tags={"k": "v"})
        registry.author.create_version("credit", run_id=registry.author.log_run())
    assert one.snapshot(run_fields=True) == two.snapshot(run_fields=True)
