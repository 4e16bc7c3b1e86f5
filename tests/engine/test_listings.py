"""Between whole listings a cycle asks only for what was changed, and ends where a whole listing would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.base import Adapter
from connector.engine.listings import FEW, Listings
from connector.engine.stamps import latest, moment
from connector.mapping.load import load_mapping
from connector.mock import MockGrc
from connector.model.errors import ConfigError, IncompleteSnapshot, OutcomeUnknown, Retriable
from connector.model.fields import Entity, Side
from connector.state.sweeps import SWEEP_AGE, swept_at
from connector.state.times import parse, stamp
from tests.engine.listed import Platform, Reader
from tests.engine.mappings import write_mapping
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld, UnaskedWorld
from tests.engine.world import Interrupted, dying_at
from tests.fakes.registry import InProcessRegistry

WHOLE, BY_TIME = ["all"], ["since"]


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_mapping(write_mapping(tmp_path_factory.mktemp("mapping"), "records"))


@pytest.fixture
def reader(mapping: Any) -> Reader:
    """One that has listed two issues, the later of which was changed long after the other."""
    platform = Platform()
    platform.put("old", "one", at=500)
    platform.put("new", "two")
    made = Reader(platform, mapping)
    made.look()
    assert platform.asked == WHOLE
    return made


# what a listing by time brings


def test_a_change_and_a_new_record_come_in_the_next_cycle(reader: Reader) -> None:
    platform = reader.platform
    platform.clock += 60
    platform.put("old", "edited")
    platform.put("newer", "three")
    assert reader.look() == {"old": "edited", "new": "two", "newer": "three"}
    assert platform.asked == BY_TIME
    assert reader.look() == reader.held
    assert platform.asked == BY_TIME


def test_nothing_is_absent_before_the_next_sweep(reader: Reader) -> None:
    del reader.platform.rows["old"]
    assert reader.look() == {"old": "one", "new": "two"}
    assert reader.look(minutes=57) == {"old": "one", "new": "two"}
    assert reader.platform.asked == BY_TIME
    assert reader.look(minutes=2) == {"new": "two"}
    assert reader.platform.asked == WHOLE


def test_a_sweep_is_due_by_when_everything_was_listed_not_by_the_last_cycle(reader: Reader) -> None:
    for _ in range(59):
        reader.look()
        assert reader.platform.asked == BY_TIME
    reader.look()
    assert reader.platform.asked == WHOLE


@pytest.mark.parametrize("full_sweep", [0.0, 60.0])
def test_without_sweeps_or_with_longer_intervals_every_listing_is_whole(reader: Reader, full_sweep: float) -> None:
    reader.listings = Listings(full_sweep)
    for _ in range(3):
        reader.look()
        assert reader.platform.asked == WHOLE


def test_a_clock_of_ours_that_went_back_is_no_reason_to_believe_the_last_sweep(reader: Reader) -> None:
    reader.look(minutes=-10)
    assert reader.platform.asked == WHOLE


def test_where_the_adapter_cannot_tell_changes_every_listing_is_whole(reader: Reader) -> None:
    reader.platform.tells = False
    reader.listings.forget()
    for _ in range(2):
        reader.look()
        assert reader.platform.asked == WHOLE


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-03-02T09:00:00Z"])
def test_a_record_without_a_time_that_compares_makes_every_listing_whole(reader: Reader, text: str | None) -> None:
    reader.platform.shape = lambda _: text
    reader.platform.put("odd", "three")
    reader.platform.shape = str
    reader.listings.forget()
    for _ in range(2):
        assert reader.look() == reader.held
        assert reader.platform.asked == WHOLE


def test_a_record_that_loses_its_time_is_seen_by_a_whole_listing(reader: Reader) -> None:
    reader.platform.clock += 60
    reader.platform.put("newer", "three")
    reader.platform.rows["new"] = reader.platform.rows["new"].__class__(
        Entity.ISSUE, "new", {"title": "x"}, updated_at=str(reader.platform.clock) + ".5"
    )
    reader.platform.records = lambda entity, since=None: _noting(reader.platform, since)  # type: ignore[method-assign]
    assert reader.look() == reader.held
    assert reader.platform.asked == ["since", "all"]


def _noting(platform: Platform, since: str | None) -> Any:
    platform.asked.append("all" if since is None else "since")
    yield from platform.rows.values()


# what is in doubt


@pytest.mark.parametrize("error", [IncompleteSnapshot("cut"), Retriable("not now")])
def test_a_listing_by_time_that_fails_is_made_whole_at_once(reader: Reader, error: Any) -> None:
    del reader.platform.rows["old"]
    reader.platform.fails = error
    assert reader.look() == {"new": "two"}
    assert reader.platform.asked == ["since", "all"]
    reader.look()
    assert reader.platform.asked == BY_TIME


def test_a_platform_that_refuses_is_not_asked_by_time_again(reader: Reader) -> None:
    reader.platform.fails = ConfigError("no such time")
    assert reader.look() == reader.held
    assert reader.platform.asked == ["since", "all"]
    for _ in range(2):
        reader.look()
        assert reader.platform.asked == WHOLE


def test_a_cycle_that_did_not_end_leaves_nothing_behind(reader: Reader) -> None:
    reader.look(ends=False)
    assert reader.platform.asked == BY_TIME
    reader.look()
    assert reader.platform.asked == WHOLE


def test_the_record_of_the_watermark_has_to_come_again(reader: Reader) -> None:
    """It was deleted, or the clock went back before it was changed again."""
    del reader.platform.rows["new"]
    reader.platform.put("close", "three", at=998)
    assert reader.look() == reader.held
    assert reader.platform.asked == ["since", "all"]


def test_a_newer_record_does_not_stand_in_for_that_of_the_watermark(reader: Reader) -> None:
    del reader.platform.rows["new"]
    reader.platform.clock += 2
    reader.platform.put("newer", "three")
    assert reader.look() == reader.held
    assert reader.platform.asked == ["since", "all"]


def test_a_clock_that_went_back_within_the_overlap_is_noticed(reader: Reader) -> None:
    reader.platform.put("new", "edited", at=997)
    assert reader.look() == reader.held
    assert reader.platform.asked == ["since", "all"]


def test_a_change_that_was_passed_over_ends_the_trust_until_the_clock_is_past_it(reader: Reader) -> None:
    """As when a clock was set back for longer than the overlap: listings by time show nothing of what comes then."""
    platform = reader.platform
    platform.clock = 700
    platform.put("old", "edited unseen")
    assert reader.look()["old"] == "one"
    assert reader.look(minutes=60)["old"] == "edited unseen"
    for _ in range(3):
        platform.clock += 60
        platform.put("old", f"edited at {platform.clock}")
        assert reader.look() == reader.held
        assert platform.asked == WHOLE
    platform.clock = 1_001
    platform.put("old", "edited later")
    reader.look()
    assert platform.asked == WHOLE
    reader.look()
    assert platform.asked == BY_TIME


def test_a_change_without_the_records_time_comes_with_the_sweep_and_ends_no_trust(reader: Reader) -> None:
    reader.platform.rename("old", "renamed")
    assert reader.look()["old"] == "one"
    assert reader.look(minutes=60)["old"] == "renamed"
    reader.look()
    assert reader.platform.asked == BY_TIME


# what the connector itself read and wrote


def test_what_was_touched_and_does_not_come_again_is_read_by_id(reader: Reader) -> None:
    reader.platform.rename("old", "renamed")
    reader.listings.touch(Entity.ISSUE, "old")
    reader.listings.touch(Entity.ISSUE, "new")
    reader.listings.touch(Entity.MODEL, "old")
    reader.listings.touch(Entity.ISSUE, "never listed")
    assert reader.look()["old"] == "renamed"
    assert reader.platform.asked == ["since", "get old"]
    assert reader.look()["old"] == "renamed"
    assert reader.platform.asked == BY_TIME


def test_what_was_touched_and_is_gone_has_everything_listed(reader: Reader) -> None:
    del reader.platform.rows["old"]
    reader.listings.touch(Entity.ISSUE, "old")
    assert reader.look() == {"new": "two"}
    assert reader.platform.asked == ["since", "get old", "all"]


def test_where_much_was_touched_everything_is_listed(reader: Reader) -> None:
    for number in range(FEW + 1):
        reader.platform.put(f"r{number}", "same", at=500)
        reader.listings.touch(Entity.ISSUE, f"r{number}")
    reader.listings.forget()
    reader.look()
    for number in range(FEW + 1):
        reader.listings.touch(Entity.ISSUE, f"r{number}")
    reader.look()
    assert reader.platform.asked == ["since", "all"]


def test_another_process_in_between_has_everything_listed(reader: Reader) -> None:
    reader.listings.leased(1)
    reader.look()
    for token, expected in ((2, BY_TIME), (3, BY_TIME), (5, WHOLE), (6, BY_TIME)):
        reader.listings.leased(token)
        reader.look()
        assert (token, reader.platform.asked) == (token, expected)


# any order of it

IDS = st.sampled_from(["a", "b", "c", "d"])
MOVES = st.one_of(
    st.tuples(st.sampled_from(["put", "delete", "touch", "rename and touch"]), IDS),
    st.tuples(st.sampled_from(["look", "die", "fail", "wait"]), st.none()),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(MOVES, max_size=30), overlap=st.integers(0, 3))
def test_edits_are_seen_by_the_next_cycle_and_absence_by_the_next_sweep(
    mapping: Any, moves: list[tuple[str, str | None]], overlap: int
) -> None:
    platform = Platform(overlap=overlap)
    reader = Reader(platform, mapping, Listings(full_sweep=240.0))
    for number, (move, record_id) in enumerate(moves):
        _make(move, record_id or "", number, platform, reader)
        if move in ("look", "die", "fail"):
            seen = reader.look(ends=move != "die")
            assert {one: seen.get(one) for one in reader.held} == reader.held
            if "all" in platform.asked:
                assert seen == reader.held
    assert reader.look(minutes=5) == reader.held


def _make(move: str, record_id: str, number: int, platform: Platform, reader: Reader) -> None:
    match move:
        case "put":
            platform.put(record_id, f"text {number}")
        case "delete":
            platform.rows.pop(record_id, None)
        case "touch":
            reader.listings.touch(Entity.ISSUE, record_id)
        case "rename and touch" if record_id in platform.rows:
            platform.rename(record_id, f"text {number}")
            reader.listings.touch(Entity.ISSUE, record_id)
        case "fail":
            platform.fails = Retriable("not now")
        case "wait":
            platform.clock += 1


# times of platforms


def test_times_compare_as_times() -> None:
    assert latest(["2026-03-02T09:00:00Z", "2026-03-02T10:30:00+02:00"]) == "2026-03-02T09:00:00Z"
    assert latest(["2026-03-02T09:00:00Z", "2026-03-02T09:00:00.250Z"]) == "2026-03-02T09:00:00.250Z"
    assert latest(["999", "1000"]) == "1000"
    assert latest(["2026-03-02 09:00:00", "2026-03-02 09:00:01"]) == "2026-03-02 09:00:01"
    for mixed in (["2026-03-02 09:00:00", "2026-03-02T09:00:00Z"], ["1", "2026-03-02T09:00:00Z"], ["1", None], []):
        assert latest(mixed) is None
        assert latest(mixed[::-1]) is None
    assert moment("soon") is None


# whole cycles


@pytest.fixture
def remembering(make_quick: Callable[..., InProcessWorld]) -> InProcessWorld:
    """A world whose process lists everything once in an hour, and whose two models are in step."""
    world = make_quick(full_sweep=3_600.0)
    credit(world)
    world.author.create_model("fraud")
    settled(world)
    world.sync()
    return world


def listed(world: InProcessWorld) -> list[str]:
    """How the entities were listed in one more cycle."""
    world.adapter.calls.clear()
    world.sync()
    return ["since" if call.record_id else "all" for call in world.adapter.calls if call.action == "records"]


def test_an_idle_cycle_lists_by_time_and_reads_nothing_else(remembering: InProcessWorld) -> None:
    assert listed(remembering) == ["since", "since", "all"], "there is no issue, so nothing to remember of them"
    assert len(remembering.adapter.calls) == 3


def test_a_run_tells_when_everything_was_last_listed(remembering: InProcessWorld) -> None:
    whole = next(run for run in remembering.store.runs("test") if SWEEP_AGE not in run.counts)
    swept = parse(whole.started)
    for minutes in (10, 20):
        remembering.now = swept + timedelta(minutes=minutes)
        assert "since" in listed(remembering)
        assert swept_at(remembering.store.runs("test")) == stamp(swept)
    remembering.now += timedelta(hours=1)
    assert set(listed(remembering)) == {"all"}
    assert swept_at(remembering.store.runs("test")) is None, "the last run listed everything itself"


def state_of(world: InProcessWorld, name: str) -> str:
    return next(str(each.state) for each in world.store.links("test").values() if each.ref.name == name)


def test_a_deleted_record_is_gone_at_the_next_sweep_alone(remembering: InProcessWorld) -> None:
    """Not the one that was changed last: its absence would be noticed at once."""
    remembering.author.delete_version("credit", "1")
    settled(remembering)
    remembering.author.set_tag("fraud", "purpose", "cards")
    settled(remembering)
    remembering.officer.delete(remembering.record("credit")["id"])
    result = remembering.sync()
    assert (result.applied.operations, state_of(remembering, "credit")) == ([], "live")
    remembering.now += timedelta(hours=1)
    remembering.sync()
    assert state_of(remembering, "credit") == "record_gone"


def test_a_write_meets_a_deleted_record_before_the_sweep(remembering: InProcessWorld) -> None:
    remembering.author.set_tag("fraud", "purpose", "cards")
    settled(remembering)
    remembering.officer.delete(remembering.record("credit")["id"])
    remembering.author.set_tag("credit", "purpose", "scoring")
    remembering.sync()
    remembering.sync()
    assert state_of(remembering, "credit") == "record_gone"


def test_the_journal_says_complete_and_has_the_values_of_now(remembering: InProcessWorld) -> None:
    remembering.officer.patch(remembering.record("fraud")["id"], allowed_changes="minor ones")
    assert listed(remembering)[0] == "since"
    snapshot = remembering.store.snapshot("test", Side.GRC, Entity.MODEL)
    assert snapshot is not None
    assert snapshot.complete
    assert {one.name: one.fields.get("allowed_changes") for one in snapshot.objects.values()} == {
        "credit": None,
        "fraud": "minor ones",
    }
    assert remembering.tags("fraud")["grc_allowed_changes"] == "minor ones"


def frozen(world: InProcessWorld) -> None:
    """The GRC moves no record's time any more."""
    make = world.adapter._record

    def record(entity: Entity, row: dict[str, Any]) -> Any:
        return make(entity, row | {"updated_at": row["created_at"]})

    world.adapter._record = record  # type: ignore[method-assign]
    rows = world.adapter._grc.store.rows
    world.adapter._grc.store.rows = lambda kind: [  # type: ignore[method-assign]
        {**row, "updated_at": row["created_at"]} for row in rows(kind)
    ]


def test_times_that_never_move_bring_no_old_value_back(make_quick: Callable[..., InProcessWorld]) -> None:
    """What the connector wrote is not taken for an edit back to what the record held when it was listed."""
    world = make_quick(full_sweep=3_600.0)
    frozen(world)
    credit(world)
    settled(world)
    world.sync()
    for value in ("one", "two"):
        world.author.set_tag("credit", "purpose", value)
        settled(world)
        world.sync()
        assert (world.tags("credit")["purpose"], world.record("credit")["purpose"]) == (value, value)


@pytest.mark.parametrize("number", [2, 4])
def test_after_a_cycle_that_broke_off_everything_is_listed(remembering: InProcessWorld, number: int) -> None:
    remembering.author.set_tag("credit", "purpose", "scoring")
    with dying_at(number) as step, pytest.raises(Interrupted):
        remembering.sync(step)
    assert set(listed(remembering)) == {"all"}


def test_after_a_write_in_doubt_everything_is_listed(remembering: InProcessWorld) -> None:
    remembering.author.set_tag("credit", "purpose", "scoring")

    def lose(call: Any) -> None:
        if call.action in ("update", "get"):
            raise OutcomeUnknown("the answer was lost") if call.action == "update" else Retriable("not now")

    remembering.adapter.after.append(lose)
    remembering.sync()
    remembering.adapter.after.clear()
    assert set(listed(remembering)) == {"all"}


def test_a_one_shot_run_in_between_has_everything_listed(remembering: InProcessWorld) -> None:
    store = remembering.store
    store.release_lease(store.acquire_lease("test", "another process", remembering.now, 60))
    assert set(listed(remembering)) == {"all"}
    assert listed(remembering)[0] == "since"


def test_a_preview_leaves_nothing_behind(remembering: InProcessWorld) -> None:
    remembering.plan()
    assert set(listed(remembering)) == {"all"}


def test_where_no_key_can_be_asked_for_creations_between_sweeps_list_once(tmp_path: Path) -> None:
    registry = InProcessRegistry()
    world = UnaskedWorld(tmp_path, MockGrc(), registry, registry.author, full_sweep=3_600.0)
    world.author.create_model("first")
    settled(world)
    world.sync()
    for number in range(5):
        world.author.create_model(f"m{number}")
    assert listed(world) == ["since", "all", "all", "all"], (
        "models by time; versions and issues, of which there are none"
    )
    assert [call.action for call in world.adapter.calls].count("find") == 0
    world.close()


def test_a_key_that_a_listing_by_time_did_not_show_is_found_all_the_same(tmp_path: Path) -> None:
    """A record restored from a backup keeps its old time."""
    registry = InProcessRegistry()
    world = UnaskedWorld(tmp_path, MockGrc(), registry, registry.author, full_sweep=3_600.0)
    world.author.create_model("first")
    settled(world)
    world.sync()
    world.author.create_model("second")
    created = world.registry.model("second")
    assert created is not None
    key = world.keys.model("second", created.created_ms)
    row = world.grc.store.create("models", {"external_key": key, "registry_name": "second"}, "restore@bank.example")
    world.grc.store._put("models", {**row, "updated_at": "2020-01-01T00:00:00.000000Z"})
    world.sync()
    assert len([row for row in world.grc.store.rows("models") if row["external_key"] == key]) == 1
    world.close()


def test_an_adapter_without_the_capability_tells_no_changes() -> None:
    class Plain:
        capabilities = frozenset[Any]()

    assert not Adapter.tells_changes(Plain(), Entity.MODEL)  # type: ignore[arg-type]
