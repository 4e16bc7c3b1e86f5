"""Several registered models are written at a time: the same end as one after the other, whatever goes wrong."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connector.apply.ledger import LeaseKeeper
from connector.audit import verify
from connector.crew import Crew
from connector.model.errors import LeaseLost, Retriable, Unreachable
from connector.model.grc import Outcome, Write
from connector.model.operations import OperationKind
from connector.plan.codec import operation_from_json
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted
from tests.fakes.adapter import GrcCall
from tests.fakes.registry import Call

PATIENCE = 20
"""Seconds that a thread waits for another: only a test that fails waits so long."""
MODELS = tuple(f"model-{number:02d}" for number in range(12))
VERSIONS = ("1", "2")
WORKERS = 4
RECORD_ID = re.compile(r"\b[A-Z]{3}\d{7}\b")

Make = Callable[..., InProcessWorld]


def fill(world: InProcessWorld) -> None:
    for number, name in enumerate(MODELS):
        world.author.create_model(name, description=f"Model {number}.", tags={"purpose": f"purpose {number}"})
        for version in VERSIONS:
            world.author.create_version(name, description=f"version {version}")
        world.author.set_tag(name, "risk_classification", ("low", "high")[number % 2])


def standing(world: InProcessWorld) -> dict[str, Any]:
    """Both sides and what is remembered; records go by what they stand for, since ids follow the order of creation."""
    store = world.grc.store
    rows = [row for kind in ("models", "versions") for row in store.rows(kind)]
    names = {row["id"]: f"record of {row['registry_name']} {row.get('version')}" for row in rows}

    def named(value: Any) -> Any:
        return RECORD_ID.sub(lambda found: names[found[0]], value) if isinstance(value, str) else value

    left_out = {"created_at", "updated_at", "revision"}
    return {
        "mlflow": {
            (model.name, version): {key: named(text) for key, text in tags.items()}
            for model in world.registry.snapshot().models
            for version, tags in [("", model.tags), *((v.version, v.tags) for v in model.versions)]
        },
        "grc": {named(row["id"]): {k: named(v) for k, v in row.items() if k not in left_out} for row in rows},
        "links": {key: named(link.record_id) for key, link in world.store.links("test").items()},
        "bases": {
            key: {field: (named(base.registry), named(base.grc), base.agreement) for field, base in pairs.items()}
            for key, pairs in world.store.bases("test").items()
        },
        "intents": list(world.store.intents("test")),
    }


def assert_at_rest(world: InProcessWorld) -> None:
    """Another cycle writes nothing, no record is doubled, and the trail proves itself."""
    writes, calls = len(world.registry.writes), world.grc_writes()
    world.sync()
    assert (len(world.registry.writes), world.grc_writes()) == (writes, calls)
    keys = [row["external_key"] for kind in ("models", "versions") for row in world.grc.store.rows(kind)]
    assert len(keys) == len(set(keys)) == len(MODELS) * (1 + len(VERSIONS))
    assert verify(world.store.audit()).ok


@pytest.fixture
def alone(make_quick: Make) -> InProcessWorld:
    """What one worker makes of it."""
    world = make_quick()
    fill(world)
    world.sync()
    return world


@pytest.fixture(params=[1, 5], ids=["one by one", "five together"])
def crowd(make_quick: Make, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> InProcessWorld:
    """The same content, not synchronised yet, for several workers, whose GRC takes so many writes at a time."""
    monkeypatch.setattr(InProcessWorld, "batch_size", request.param)
    world = make_quick(concurrency=WORKERS)
    fill(world)
    return world


def once_together(parties: int) -> Callable[[Call], None]:
    """A hook at which the first requests wait for each other: that many are really under way at once."""
    barrier, left, lock = threading.Barrier(parties), [parties], threading.Lock()

    def hook(call: Call) -> None:
        with lock:
            waits = call.is_write and left[0] > 0
            left[0] -= waits
        if waits:
            barrier.wait(PATIENCE)

    return hook


def test_a_first_load_ends_as_one_worker_would_end_it(alone: InProcessWorld, crowd: InProcessWorld) -> None:
    crowd.registry.before.append(once_together(WORKERS))
    result = crowd.sync()
    assert standing(crowd) == standing(alone)
    assert result.exit_code == 0
    assert_at_rest(crowd)


def test_what_was_done_is_told_in_the_order_of_the_plan(crowd: InProcessWorld) -> None:
    crowd.registry.before.append(once_together(WORKERS))
    told = [(str(each.ref), each.kind) for each in crowd.sync().applied.operations]
    create, tag = OperationKind.CREATE_RECORD, OperationKind.UPDATE_REGISTRY
    objects = [one for name in MODELS for one in (name, *(f"{name} v{version}" for version in VERSIONS))]
    assert told == [(one, kind) for one in objects for kind in (create, tag)]


def test_a_models_record_is_there_before_its_versions(crowd: InProcessWorld) -> None:
    crowd.registry.before.append(once_together(WORKERS))
    crowd.sync()
    models = {row["registry_name"]: row["id"] for row in crowd.grc.store.rows("models")}
    born, versions = crowd.grc.store.birth, crowd.grc.store.rows("versions")
    assert len(versions) == len(MODELS) * len(VERSIONS)
    for row in versions:
        assert row["model"] == models[row["registry_name"]]
        assert born(row["model"]) < born(row["id"])


def test_an_edit_of_every_model_flows_both_ways(alone: InProcessWorld, crowd: InProcessWorld) -> None:
    crowd.sync()
    for world in (alone, crowd):
        for name in MODELS[:5]:
            world.author.set_tag(name, "purpose", f"new {name}")
            world.officer.patch(world.record(name)["id"], allowed_changes=f"allowed {name}")
        world.sync()
    assert standing(crowd) == standing(alone)
    assert_at_rest(crowd)


def test_retirements_wait_until_everything_else_is_done(crowd: InProcessWorld) -> None:
    crowd.sync()
    for name in MODELS[:4]:
        crowd.author.delete_model(name)
    for name in MODELS[4:]:
        crowd.author.set_tag(name, "purpose", "changed")
    kinds = [one.action for one in crowd.audit()]
    crowd.sync()
    kinds = [one.action for one in crowd.audit()][len(kinds) :]
    assert set(kinds) >= {"retire_record", "update_record"}
    first_retired = kinds.index("retire_record")
    assert "update_record" not in kinds[first_retired:]


def test_writes_that_go_out_together_are_one_call_for_all_models(
    alone: InProcessWorld, make_quick: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The models' records at once, then the first versions' of all of them, then the second ones'."""
    monkeypatch.setattr(InProcessWorld, "batch_size", 50)
    world = make_quick()
    fill(world)
    world.sync()
    assert world.adapter.batches == [len(MODELS)] * (1 + len(VERSIONS))
    assert alone.adapter.batches == [1] * len(MODELS) * (1 + len(VERSIONS))
    assert standing(world) == standing(alone)
    assert_at_rest(world)


def test_every_intent_of_a_batch_is_committed_before_it_is_sent(
    make_quick: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InProcessWorld, "batch_size", 50)
    world = make_quick()
    fill(world)
    committed: list[int] = []
    write = world.adapter.write

    def watched(writes: Sequence[Write]) -> Iterator[Outcome]:
        keys = {operation_from_json(intent.payload).ref.key for intent in world.store.intents("test")}
        committed.append(len(keys & {each.key for each in writes}))
        return write(writes)

    monkeypatch.setattr(world.adapter, "write", watched)
    world.sync()
    assert committed == world.adapter.batches


@pytest.mark.parametrize("number", range(0, 60, 7))
def test_a_refused_request_fails_one_object_and_no_other(
    alone: InProcessWorld, crowd: InProcessWorld, number: int
) -> None:
    counter = itertools.count()

    def refuse(call: Call | GrcCall) -> None:
        if call.is_write and next(counter) == number:
            raise Retriable("not now")

    crowd.registry.before.append(refuse)
    crowd.adapter.before.append(refuse)
    result = crowd.sync()
    assert len(result.applied.failures) == 1
    crowd.sync()
    assert standing(crowd) == standing(alone)
    assert_at_rest(crowd)


@pytest.mark.parametrize("number", range(0, 60, 7))
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_any_worker_the_next_process_comes_to_the_same_end(
    alone: InProcessWorld, crowd: InProcessWorld, number: int, when: str
) -> None:
    """From the moment of the kill on no thread gets any further, as when the process dies."""
    counter, dead = itertools.count(), threading.Event()

    def kill(call: Call | GrcCall) -> None:
        if dead.is_set() or (call.is_write and next(counter) == number):
            dead.set()
            raise Interrupted(str(call))

    for side in (crowd.registry, crowd.adapter):
        getattr(side, when).append(kill)
    crowd.connection.store.release_lease = lambda lease: None  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        crowd.sync()
    for side in (crowd.registry, crowd.adapter):
        getattr(side, when).remove(kill)
    crowd.owner, crowd.now = "process-2", crowd.now + timedelta(minutes=10)
    crowd.reopen()
    crowd.sync()
    assert standing(crowd) == standing(alone)
    assert_at_rest(crowd)


def test_where_a_server_goes_away_every_worker_stops_and_the_run_is_failed(
    alone: InProcessWorld, crowd: InProcessWorld
) -> None:
    crowd.registry.before.append(once_together(WORKERS))
    counter, seen = itertools.count(), []

    def away(call: Call) -> None:
        if call.is_write:
            seen.append(call)
            if next(counter) >= WORKERS:
                raise Unreachable("the server is away")

    crowd.registry.before.append(away)
    with pytest.raises(Unreachable):
        crowd.sync()
    # Each worker ends its operation in hand at the most: of its model, the three tags.
    assert len(seen) <= 2 * WORKERS
    assert crowd.store.runs("test")[0].status == "failed"
    crowd.registry.before.clear()
    crowd.sync()
    assert standing(crowd) == standing(alone)
    assert_at_rest(crowd)


def test_where_one_worker_fails_the_others_end_their_operation_in_hand_and_no_more(
    crowd: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    halted, counter, seen = threading.Event(), itertools.count(), []

    class Watched(Crew):
        def _done(self, *work: Any) -> Any:
            try:
                return super()._done(*work)
            except Unreachable:
                halted.set()
                raise

    def away_once(call: Call) -> None:
        if call.is_write:
            seen.append(call)
            number = next(counter)
            if number == WORKERS:
                raise Unreachable("the server is away")
            assert number < WORKERS or halted.wait(PATIENCE)

    monkeypatch.setattr("connector.engine.applying.Crew", Watched)
    crowd.registry.before += [once_together(WORKERS), away_once]
    with pytest.raises(Unreachable):
        crowd.sync()
    assert {call.version for call in seen} == {None}


def test_told_to_stop_it_ends_after_the_operations_in_hand(alone: InProcessWorld, crowd: InProcessWorld) -> None:
    crowd.registry.before.append(once_together(WORKERS))

    def stop(call: Call) -> None:
        if call.is_write:
            crowd.connection.stop.set()

    crowd.registry.after.append(stop)
    result = crowd.sync()
    assert result.stopped
    assert {str(each.ref) for each in result.applied.operations} == set(MODELS[: max(WORKERS, crowd.batch_size)])
    assert list(crowd.store.intents("test")) == []
    crowd.registry.after.clear()
    crowd.connection.stop.clear()
    crowd.sync()
    assert standing(crowd) == standing(alone)
    assert_at_rest(crowd)


def test_overtaken_no_worker_writes_again(crowd: InProcessWorld) -> None:
    """The lease goes to another process while all workers are in mid-write."""
    crowd.registry.before.append(once_together(WORKERS))
    taken, lock, late = threading.Event(), threading.Lock(), []

    def overtake(call: Call | GrcCall) -> None:
        with lock:
            if call.is_write and not taken.is_set():
                crowd.store.acquire_lease("test", "another", crowd.now + timedelta(hours=1), 300)
                taken.set()

    def note(call: Call | GrcCall) -> None:
        if call.is_write and taken.is_set():
            late.append(call)

    crowd.registry.after.append(overtake)
    crowd.registry.before.append(note)
    crowd.adapter.before.append(note)
    with pytest.raises(LeaseLost):
        crowd.sync()
    # Those that were sent already when the lease went, and nothing after.
    assert len(late) < WORKERS


def test_threads_renew_a_lease_once(quick: InProcessWorld) -> None:
    lease = quick.store.acquire_lease("test", "process-1", quick.now, 300)
    renewed = []
    renew = quick.store.renew_lease
    quick.store.renew_lease = lambda *args: renewed.append(args) or renew(*args)  # type: ignore[method-assign]
    quick.now += timedelta(seconds=200)
    keeper = LeaseKeeper(quick.store, lease, lambda: quick.now, ttl_seconds=300, margin_seconds=5)
    met = threading.Barrier(WORKERS)

    def ensure() -> None:
        met.wait(PATIENCE)
        keeper.ensure()

    threads = [threading.Thread(target=ensure) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(renewed) == 1
    assert keeper.lease.expires == quick.now + timedelta(seconds=300)


def test_both_sides_are_read_at_once(crowd: InProcessWorld) -> None:
    met = threading.Barrier(2)

    def meet(call: Call | GrcCall) -> None:
        if call.action == "list_models" or (call.action == "records" and call.entity == "model"):
            met.wait(PATIENCE)

    crowd.registry.before.append(meet)
    crowd.adapter.before.append(meet)
    crowd.plan()


def test_where_the_registry_cannot_be_read_the_rest_of_the_grc_is_not_asked_for(
    crowd: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, begun, halted = [], threading.Event(), threading.Event()

    def away(call: Call) -> None:
        assert begun.wait(PATIENCE)
        raise Unreachable("the registry is away")

    def wait(call: GrcCall) -> None:
        asked.append(call.entity)
        begun.set()
        assert halted.wait(PATIENCE)

    class Watched(Crew):
        def _done(self, *work: Any) -> Any:
            try:
                return super()._done(*work)
            finally:
                halted.set()

    crowd.registry.before.append(away)
    crowd.adapter.before.append(wait)
    monkeypatch.setattr("connector.engine.observe.Crew", Watched)
    with pytest.raises(Unreachable, match="the registry is away"):
        crowd.plan()
    assert asked == ["model"]
