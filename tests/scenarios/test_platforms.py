"""What lets one story run on every platform: it is skipped only where that is said, and no write goes unseen."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.scenarios.mock_side import MockSide
from tests.scenarios.office import Office
from tests.scenarios.platforms import MOCK, SIDES, available, in_every_run, side_class
from tests.scenarios.scene import Clock, joined
from tests.scenarios.sending import Sending, watched
from tests.simulators.base import Call, Request, Verb
from tests.simulators.mock import MockSimulator


def stories() -> set[str]:
    """The name of every test here that has a scene."""
    found = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                wanted = {argument.arg for argument in node.args.args}
                found |= {node.name} if wanted & {"play", "play_in_memory", "scene", "make_scene"} else set()
    return found


@pytest.mark.parametrize("name", available())
def test_what_a_platform_cannot_express_is_a_story_and_has_a_reason(name: str) -> None:
    side = side_class(name)
    assert side.name == name
    assert {listed.partition("[")[0] for listed in side.inexpressible} <= stories()
    assert all(len(reason) > 20 for reason in side.inexpressible.values())


def test_the_mock_can_express_everything() -> None:
    assert MockSide.inexpressible == {}
    assert available()[0] == in_every_run()[0] == MOCK
    assert len(stories()) > 100


def test_a_platform_that_is_not_there_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.scenarios.platforms.SIDES", {**SIDES, "nowhere": "tests.simulators.nowhere.side:Side"})
    assert "nowhere" not in available()
    assert MOCK in available()


class Silent(MockSide):
    inexpressible = {"test_a": "every one of its cases", "test_b": "other", "test_c[x-1]": "this case alone"}  # noqa: RUF012


@pytest.mark.parametrize(
    ("test", "case", "reason"),
    [
        ("test_a", "silent-again", "every one of its cases"),
        ("test_a", "silent-again-x", "every one of its cases"),
        ("test_c", "x-1-silent-again", "this case alone"),
        ("test_c", "silent-again-x-1", "this case alone"),
        ("test_c", "silent-again-x-2", None),
        ("test_aa", "silent-again", None),
    ],
)
def test_a_story_or_one_of_its_cases_is_skipped(test: str, case: str, reason: str | None) -> None:
    office = Office(Silent(Clock()), Clock(), None, "", None)  # type: ignore[arg-type]
    callspec = SimpleNamespace(id=case, params={"platform": "silent", "way": "again"})
    assert office.reason_against(SimpleNamespace(originalname=test, callspec=callspec)) == reason


class Batching(MockSimulator):
    """Takes a request to ``/batch`` for the writes of two models."""

    def tell(self, request: Request) -> Sequence[Call]:
        if request.path == "/batch":
            return [Call(Verb.CREATE, "models"), Call(Verb.UPDATE, "models", "1")]
        return super().tell(request)


@pytest.fixture(scope="module")
def simulator() -> Iterator[MockSimulator]:
    with Batching() as running:
        yield running


@pytest.fixture
def sending(simulator: MockSimulator) -> Iterator[Sending]:
    simulator.faults.clear()
    sending = Sending(simulator)
    with watched(sending):
        yield sending


def post(simulator: MockSimulator, path: str = "/api/v1/models", **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {simulator.mock.token}"}
    return requests.post(simulator.url + path, headers=headers, timeout=10, **more)


def test_a_write_is_seen_before_and_after_it_lands(simulator: MockSimulator, sending: Sending) -> None:
    seen = []
    sending.seen = lambda name: seen.append((name, simulator.mock.store.created))
    before = simulator.mock.store.created
    sending.announce()
    assert post(simulator, json={"purpose": "Lending"}).status_code == 201
    assert seen == [("before create models", before), ("after create models", before + 1)]
    assert sending.unannounced == []


def test_a_write_whose_answer_is_lost_is_seen(simulator: MockSimulator, sending: Sending) -> None:
    seen: list[str] = []
    sending.seen = seen.append
    simulator.faults.add("cut", method=Verb.CREATE, when="after")
    sending.announce()
    with pytest.raises(requests.ConnectionError):
        post(simulator, json={})
    assert seen == ["before create models", "after create models"]


def test_a_batch_is_one_write(simulator: MockSimulator, sending: Sending) -> None:
    seen: list[str] = []
    sending.seen = seen.append
    sending.announce()
    post(simulator, "/batch", data=b"<anything/>")
    assert seen == ["before create models, update models", "after create models, update models"]


def test_a_write_that_was_not_announced_is_told(simulator: MockSimulator, sending: Sending) -> None:
    post(simulator, json={})
    assert sending.unannounced == ["create models"]


def test_an_announcement_is_of_one_request(simulator: MockSimulator, sending: Sending) -> None:
    sending.announce()
    post(simulator, json={})
    post(simulator, json={})
    assert sending.unannounced == ["create models"]


def test_reads_and_other_servers_are_let_pass(simulator: MockSimulator, sending: Sending) -> None:
    seen: list[str] = []
    sending.seen = seen.append
    requests.get(f"{simulator.url}/api/v1/models", timeout=10)
    with MockSimulator() as other:
        post(other, json={})
    assert (seen, sending.unannounced) == ([], [])


CREATE = Call(Verb.CREATE, "models", values={"purpose": "Lending"})
UPDATE = Call(Verb.UPDATE, "models", "1", {"purpose": "Lending"})


@pytest.mark.parametrize("first", [CREATE, UPDATE])
def test_a_write_in_two_requests_is_one(first: Call) -> None:
    more = Call(Verb.UPDATE, "models", first.id, {"tier": "2 - High"})
    (call,) = joined([first], more)
    assert call == Call(first.verb, "models", first.id, {"purpose": "Lending", "tier": "2 - High"})


def test_a_preparation_is_part_of_what_follows_it() -> None:
    preparation, comment = Call(Verb.UPDATE), Call(Verb.COMMENT, "issues", "7", {"text": "Done"})
    assert joined([CREATE], preparation) == [CREATE, preparation]
    assert joined([CREATE, preparation], comment) == [CREATE, comment]


@pytest.mark.parametrize(
    "other",
    [
        Call(Verb.UPDATE, "models", "1", {"purpose": "Leasing"}),
        Call(Verb.UPDATE, "models", "2", {"tier": "2 - High"}),
        Call(Verb.UPDATE, "versions", "1", {"assumptions": "None"}),
        CREATE,
    ],
    ids=["the same field", "another record", "another kind", "a create"],
)
def test_two_writes_stay_two(other: Call) -> None:
    assert joined([UPDATE], other) == [UPDATE, other]


def test_a_record_that_is_changed_after_another_was_made_is_a_write_of_its_own() -> None:
    other = Call(Verb.UPDATE, "models", "1", {"tier": "2 - High"})
    assert joined([CREATE], other) == [CREATE, other]
