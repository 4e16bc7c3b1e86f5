"""The mock GRC as a simulator: what its requests are told as, and that faults and hooks in common words reach it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.simulators.base import Call, Request, Verb
from tests.simulators.mock import MockSimulator

API = "/api/v1"


@pytest.fixture(scope="module")
def simulator() -> Iterator[MockSimulator]:
    with MockSimulator() as running:
        yield running


@pytest.fixture(autouse=True)
def _calm(simulator: MockSimulator) -> None:
    simulator.faults.clear()
    simulator.hooks.clear()
    simulator.calls.clear()


def told(simulator: MockSimulator, method: str, path: str, query: str = "", body: Any = None) -> Any:
    return simulator.tell(Request(method, API + path, query, {}, b"" if body is None else json.dumps(body).encode()))


def ask(simulator: MockSimulator, method: str, path: str, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {simulator.mock.token}"}
    return requests.request(method, simulator.url + API + path, headers=headers, timeout=10, **more)


@pytest.mark.parametrize(
    ("request_", "call"),
    [
        (("GET", "/models", "limit=4"), Call(Verb.LIST, "models")),
        (("GET", "/models", "external_key=k"), Call(Verb.FIND, "models")),
        (("GET", "/models/MDL1"), Call(Verb.GET, "models", "MDL1")),
        (("POST", "/models", "", {"tier": "2 - High"}), Call(Verb.CREATE, "models", values={"tier": "2 - High"})),
        (("PATCH", "/versions/V1", "", {"version": "1"}), Call(Verb.UPDATE, "versions", "V1", {"version": "1"})),
        (("GET", "/issues/I1/comments"), Call(Verb.COMMENTS, "issues", "I1")),
        (("POST", "/issues/I1/comments", "", {"text": "Done"}), Call(Verb.COMMENT, "issues", "I1", {"text": "Done"})),
        (("GET", "/me"), Call(Verb.DESCRIBE)),
        (("POST", "/login", "", {"user": "x"}), Call(Verb.LOGIN)),
        (("POST", "/models/MDL1/decide", "", {}), Call(Verb.UPDATE)),
        (("POST", "/models/MDL1/versions", "", {"version": "1"}),
         Call(Verb.CREATE, "versions", values={"version": "1", "model": "MDL1"})),
    ],
)  # fmt: skip
def test_a_request_in_common_words(simulator: MockSimulator, request_: tuple[Any, ...], call: Call) -> None:
    assert list(told(simulator, *request_)) == [call]


def test_values_are_told_out_of_their_dialect() -> None:
    simulator = MockSimulator(dialect=("wrapped", "custom-fields", "choice-codes"))
    (call,) = told(simulator, "POST", "/models", "", {"model": {"custom": {"tier": 2}, "registry_name": "credit"}})
    assert call.values == {"tier": "2 - High", "registry_name": "credit"}


def test_what_makes_no_sense_is_told_all_the_same(simulator: MockSimulator) -> None:
    assert list(simulator.tell(Request("POST", f"{API}/models", "", {}, b"<xml/>"))) == [Call(Verb.CREATE, "models")]


def test_a_fault_in_common_words_spoils_an_answer(simulator: MockSimulator) -> None:
    simulator.faults.add("status", method=Verb.LIST, path="models", status=503)
    assert ask(simulator, "GET", "/versions").status_code == 200
    assert [ask(simulator, "GET", "/models").status_code for _ in range(2)] == [503, 200]


def test_a_fault_in_common_words_bends_what_is_stored(simulator: MockSimulator) -> None:
    simulator.faults.add("normalise", path="models*", field="purpose", how="upper")
    made = ask(simulator, "POST", "/models", json={"purpose": "Lending"}).json()
    assert made["purpose"] == "LENDING"


def test_a_listing_lags(simulator: MockSimulator) -> None:
    simulator.faults.add("lag", path="models*", amount=1)
    made = ask(simulator, "POST", "/models", json={}).json()["id"]
    listed = [[row["id"] for row in ask(simulator, "GET", "/models").json()["items"]] for _ in range(2)]
    assert [made in ids for ids in listed] == [False, True]


def test_a_hook_sees_a_call_before_it_is_carried_out(simulator: MockSimulator) -> None:
    seen = []
    simulator.hooks.append(lambda call: seen.append((call, simulator.mock.store.created)))
    before = simulator.mock.store.created
    ask(simulator, "POST", "/models", json={"purpose": "Lending"})
    wanted = Call(Verb.CREATE, "models", values={"purpose": "Lending"})
    assert seen == [(wanted, before)]
    assert simulator.calls == [wanted]
