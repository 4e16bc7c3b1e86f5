"""The conformance suite fails for a broken adapter: each clause has one that it alone has to notice."""

from __future__ import annotations

import inspect

import pytest

from adapters.conformance import AdapterContract
from adapters.http import HttpAdapter
from connector.mock import MockGrc
from connector.model.fields import Entity
from tests.adapters.broken.adapters import CAUGHT_BY
from tests.adapters.mock_platform import MockPlatform, options

CLAUSES = sorted(name for name in dir(AdapterContract) if name.startswith("test_"))
GIVEN = {
    "test_listing_is_complete_over_several_pages": {"beyond_two_pages": 1},
    "test_find_takes_any_key_as_it_is": {"key": "a&b=c+d%20e?f"},
}
PAIRS = [(test, broken) for test, found in CAUGHT_BY.items() for broken in found]


@pytest.fixture(scope="module")
def mock():
    with MockGrc() as server:
        yield server


class BrokenPlatform(MockPlatform):
    """The mock, reached by any class of adapter."""

    undeclared = Entity.USER

    def __init__(self, mock, monkeypatch, adapter_class):
        section = options("offset")
        del section["resources"]["user"]
        super().__init__(mock, monkeypatch, section)
        self.adapter_class = adapter_class


def run_clause(test, platform):
    """Run one clause as pytest would, with its fixtures."""
    contract = AdapterContract()
    clause = getattr(contract, test)
    wanted = inspect.signature(clause).parameters
    with platform.adapter() as adapter:
        given = {"platform": platform, "adapter": adapter, **GIVEN.get(test, {})}
        if "issue" in wanted:
            given["issue"] = platform.seed_issue()
        if "stranger" in wanted:
            given["stranger"] = platform.stranger()
        try:
            clause(**{name: given[name] for name in wanted})
        finally:
            if "stranger" in given:
                given["stranger"].close()


@pytest.mark.parametrize(("test", "broken"), PAIRS, ids=[f"{broken.__name__}" for _, broken in PAIRS])
def test_a_broken_adapter_is_caught(mock, monkeypatch, test, broken):
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:
        run_clause(test, BrokenPlatform(mock, monkeypatch, broken))
    assert not isinstance(caught.value, pytest.skip.Exception), "the clause was skipped"


@pytest.mark.parametrize("test", CLAUSES)
def test_the_same_clause_holds_for_the_adapter_that_is_whole(mock, monkeypatch, test):
    platform = BrokenPlatform(mock, monkeypatch, HttpAdapter)
    if test == "test_without_the_capability_a_comment_is_rejected":
        del platform._section["resources"]["issue"]["comments"]
    run_clause(test, platform)


def test_every_clause_has_an_adapter_that_it_catches():
    assert set(CLAUSES) == set(CAUGHT_BY)
