"""Whole cycles against the simulated instance: how many requests they take, and what an unkind one makes of them."""

import pytest

from connector.audit import verify
from connector.logs import configure
from tests.adapters.servicenow.world import ServiceNowWorld
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import MODELS, VERSIONS

MODEL_COUNT, VERSION_COUNT = 20, 2


@pytest.fixture(autouse=True)
def _quiet(tmp_path_factory):
    configure(redact=lambda text: text, level="ERROR", file=tmp_path_factory.getbasetemp() / "servicenow.log")


@pytest.fixture
def make_world(tmp_path, simulator, clock, monkeypatch):
    worlds = []

    def make(**options):
        world = ServiceNowWorld(tmp_path, simulator, clock, monkeypatch, **options)
        worlds.append(world)
        for number in range(MODEL_COUNT):
            name = f"model {number}"
            world.author.create_model(name, description="d", tags={"purpose": "p", "risk_classification": "high"})
            for _ in range(VERSION_COUNT):
                world.author.create_version(name, description="v")
        return world

    yield make
    for world in worlds:
        world.close()


def in_agreement(world):
    """Everything is there, once, and another cycle writes nothing."""
    models, versions = (world.simulator.store.rows(table) for table in (MODELS, VERSIONS))
    assert len(models) == MODEL_COUNT
    assert len(versions) == MODEL_COUNT * VERSION_COUNT
    assert {row["u_model"] for row in versions} == {row["sys_id"] for row in models}
    assert len({row["u_external_key"] for row in (*models, *versions)}) == len(models) + len(versions)
    result = world.sync()
    assert result.exit_code == 0
    assert result.applied.operations == []
    assert world.simulator.requests.writes == 0
    assert list(world.store.intents("test")) == []
    assert verify(world.store.audit()).ok


def test_a_first_load_takes_a_request_for_many_records(make_world):
    world = make_world()
    assert world.sync().exit_code == 0
    requests = world.simulator.requests
    assert requests.count("POST", "*/batch") == requests.writes == 1 + VERSION_COUNT
    assert requests.writes * 5 <= MODEL_COUNT * (1 + VERSION_COUNT)
    assert requests.count() < 20
    in_agreement(world)


def test_an_idle_cycle_reads_no_record_by_itself(make_world):
    world = make_world()
    world.sync()
    world.sync()
    assert world.simulator.requests.count() <= 4


def test_one_by_one_ends_in_the_same(make_world):
    world = make_world(batch_size=1)
    world.sync()
    assert world.simulator.requests.writes == MODEL_COUNT * (1 + VERSION_COUNT)
    in_agreement(world)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "when": "after", "length": 0},
        {"kind": "status", "when": "after", "status": 500},
        {"kind": "status", "status": 429},
    ],
    ids=["cut", "500 after", "429"],
)
def test_a_batch_that_goes_wrong_is_made_good_by_the_next_cycles(make_world, fault):
    world = make_world()
    world.simulator.faults.add(method="create", path="models", skip=7, count=3, **fault)
    world.sync()
    for _ in range(3):
        world.sync()
    in_agreement(world)


def test_records_that_are_refused_are_set_aside_and_stop_no_other(make_world):
    world = make_world()
    world.simulator.faults.add("status", method="create", path="models", skip=7, count=3, status=403)
    result = world.sync()
    assert result.exit_code == 3
    assert len(result.applied.quarantines) == 3
    assert len(world.simulator.store.rows(MODELS)) == MODEL_COUNT - 3
    assert len(world.simulator.store.rows(VERSIONS)) == (MODEL_COUNT - 3) * VERSION_COUNT


def test_what_a_batch_leaves_unserviced_is_in_the_same_cycle(make_world):
    world = make_world()
    world.simulator.manners.batch.unserviced = {0, 5, 19}
    assert world.sync().exit_code == 0
    in_agreement(world)


def test_edits_of_many_records_flow_both_ways(make_world):
    world = make_world()
    world.sync()
    models = sorted(world.simulator.store.rows(MODELS), key=lambda row: row["u_registry_name"])
    for row in models[:6]:
        world.author.set_tag(row["u_registry_name"], "purpose", "new")
    for row in models[6:10]:
        world.simulator.store.update(MODELS, row["sys_id"], {"u_allowed_changes": "some"}, ADMIN)
    assert world.sync().exit_code == 0
    assert world.simulator.requests.count("POST", "*/batch") == 1
    assert [world.simulator.store.row(MODELS, row["sys_id"])["u_purpose"] for row in models[:7]] == ["new"] * 6 + ["p"]
    assert world.registry.model(models[6]["u_registry_name"]).tags["grc_allowed_changes"] == "some"
    in_agreement(world)


def test_an_edit_between_the_reading_and_the_write_is_merged(make_world):
    """Somebody writes the record after it was read afresh, right before its revision is compared."""
    world = make_world()
    world.sync()
    store = world.simulator.store
    row = next(row for row in store.rows(MODELS) if row["u_registry_name"] == "model 3")
    world.author.set_tag("model 3", "purpose", "ours")
    asked = []

    def edit(call):
        # The second question for the record is the comparison.
        if call.kind == "models" and call.verb in ("get", "list"):
            asked.append(call)
            if len(asked) == 3:
                store.update(MODELS, row["sys_id"], {"u_allowed_changes": "theirs"}, ADMIN)

    world.simulator.hooks.append(edit)
    assert world.sync().exit_code == 0
    assert len(asked) > 3
    kept = store.row(MODELS, row["sys_id"])
    assert (kept["u_purpose"], kept["u_allowed_changes"]) == ("ours", "theirs")
    in_agreement(world)


def test_an_account_that_sees_nothing_concludes_nothing(make_world):
    world = make_world()
    world.sync()
    world.simulator.access[CONNECTOR].hidden_tables.add(MODELS)
    result = world.sync()
    assert result.exit_code != 0
    assert world.simulator.requests.writes == 0
    models = world.registry.snapshot().models
    assert {tag for model in models for tag in model.tags if "lost" in tag} == set()
    world.simulator.access[CONNECTOR].hidden_tables.discard(MODELS)
    in_agreement(world)
