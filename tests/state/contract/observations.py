from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.fields import Entity, Side
from connector.model.state import JournalEntry, RunStatus
from connector.state import Around, Observation, Seen, Sighting
from connector.state.times import stamp
from tests.state.contract.base import BANK, NOW, OTHER, StoreContract, later

GRC_MODEL = (Side.GRC, Entity.MODEL)
IDS = st.sampled_from(["1", "2", "3"])
FIELDS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", "", None, "\ud800"]), max_size=3)
STEPS = st.lists(
    st.tuples(
        st.dictionaries(IDS, st.tuples(st.sampled_from(["n", "m"]), FIELDS)),
        st.booleans(),
        st.sets(IDS),
        st.integers(0, 2),
    ),
    max_size=8,
)
_examples = itertools.count()


def entry(key, name, present=True, **changed):
    return JournalEntry(*GRC_MODEL, key, name, changed, present)


def clean(fields):
    return {name: value for name, value in fields.items() if value is not None}


class ObservationContract(StoreContract):
    @pytest.fixture
    def run(self, store):
        return store.start_run(BANK, NOW)

    @pytest.fixture
    def observe(self, store, lease, run):
        def observe(objects, at=NOW, complete=True, gone=(), run_id=run.id, of=GRC_MODEL):
            with store.recording(lease, at) as tx:
                return tx.observe(run_id, *of, objects, complete=complete, gone=gone)

        return observe

    def test_a_partial_observation_says_nothing_of_other_objects_and_is_no_listing(self, store, lease, observe, run):
        observe({"1": ("one", {"a": "x"}), "2": ("two", {"a": "x"})})
        with store.recording(lease, later(minutes=1)) as tx:
            news = {"1": ("one", {"a": "y"}), "3": ("three", {})}
            assert tx.observe(run.id, *GRC_MODEL, news, complete=False, partial=True) == 2
        found = store.snapshot(BANK, *GRC_MODEL)
        assert (found.taken_at, found.complete, found.complete_at) == (stamp(NOW), True, stamp(NOW))
        assert found.objects == {"1": Seen("one", {"a": "y"}), "2": Seen("two", {"a": "x"}), "3": Seen("three", {})}
        assert store.as_of(BANK, *GRC_MODEL, later(minutes=1))["1"] == {"a": "y"}
        assert store.as_of(BANK, *GRC_MODEL, NOW)["1"] == {"a": "x"}
        last = store.observed_around(BANK, *GRC_MODEL, later(minutes=2))
        assert last == Around(Observation(stamp(NOW), complete=True), None)
        assert list(store.changes(BANK, *GRC_MODEL))[-1].after == stamp(NOW)
        with store.recording(lease, later(minutes=1)) as tx, pytest.raises(ValueError, match="partial"):
            tx.observe(run.id, *GRC_MODEL, {}, complete=True, partial=True)

    def test_that_an_observation_was_partial_is_part_of_the_digest(self, store, lease):
        digests = []
        for partial in (False, True):
            run = store.start_run(BANK, NOW)
            with store.recording(lease, NOW) as tx:
                tx.observe(run.id, *GRC_MODEL, {}, complete=False, partial=partial)
            digests.append(dict(store.journal_digests())[run.id])
        assert digests[0] != digests[1]

    def test_what_is_passed_over_stays_as_it_was(self, store, lease, observe, run):
        observe({"1": ("one", {"a": "x"}), "2": ("two", {}), "3": ("three", {}), "4": ("four", {})})
        with store.recording(lease, later(minutes=1)) as tx:
            stale = {"1": ("one", {"a": "stale"}), "5": ("five", {})}
            passed = {"1", "2", "3", "5"}
            assert tx.observe(run.id, *GRC_MODEL, stale, complete=True, gone={"3"}, passed=passed) == 0
        found = store.snapshot(BANK, *GRC_MODEL)
        assert found.complete_at == stamp(later(minutes=1))
        missing = {key: seen.missing_since for key, seen in found.objects.items()}
        assert missing == {"1": None, "2": None, "3": None, "4": stamp(later(minutes=1))}
        assert found.objects["1"].fields == {"a": "x"}

    def test_an_object_is_whole_at_first_sight_and_then_its_changes(self, store, observe, run):
        assert observe({"1": ("one", {"a": "x", "b": "y", "c": None}), "2": Sighting("two", {})}) == 2
        assert observe({"1": ("one", {"b": "y", "a": "x"}), "2": ("two", {"c": None})}) == 0
        assert observe({"1": ("one", {"a": "z", "c": "new"}), "2": ("zwei", {})}) == 2
        assert store.journal(run.id) == [
            entry("1", "one", a="x", b="y"),
            entry("2", "two"),
            entry("1", "one", a="z", b=None, c="new"),
            entry("2", "zwei"),
        ]
        assert store.journal("unknown") == []

    def test_only_what_is_proved_gone_is_written_as_gone(self, store, observe, run):
        observe({"1": ("one", {"a": "x"}), "2": ("two", {"a": "x"})})
        assert observe({}) == 0
        assert observe({}, gone={"2", "never seen"}) == 1
        assert observe({}, gone={"2"}) == 0
        assert observe({"2": ("two", {"a": "x"})}) == 1
        assert store.journal(run.id)[2:] == [entry("2", "two", present=False), entry("2", "two", a="x")]

    def test_the_snapshot_is_what_was_last_seen(self, store, observe):
        assert store.snapshot(BANK, *GRC_MODEL) is None
        observe({"1": ("one", {"a": "x", "b": None}), "2": ("two", {}), "3": ("three", {})})
        observe({"2": ("zwei", {"a": "y"})}, at=later(hours=1), complete=False)
        found = store.snapshot(BANK, *GRC_MODEL)
        assert (found.taken_at, found.complete, found.complete_at) == (stamp(later(hours=1)), False, stamp(NOW))
        assert found.objects == {"1": Seen("one", {"a": "x"}), "2": Seen("zwei", {"a": "y"}), "3": Seen("three", {})}
        observe({"2": ("zwei", {"a": "y"})}, at=later(hours=2), gone=["3"])
        observe({"2": ("zwei", {"a": "y"})}, at=later(hours=3))
        found = store.snapshot(BANK, *GRC_MODEL)
        assert (found.complete, found.complete_at) == (True, stamp(later(hours=3)))
        assert found.objects == {"1": Seen("one", {"a": "x"}, stamp(later(hours=2))), "2": Seen("zwei", {"a": "y"})}
        observe({"1": ("one", {"a": "x"})}, at=later(hours=4), complete=False)
        assert store.snapshot(BANK, *GRC_MODEL).objects["1"].missing_since is None

    def test_sides_entities_and_connections_are_apart(self, store, observe):
        observe({"1": ("one", {"a": "x"})})
        assert observe({"1": ("one", {"a": "x"})}, of=(Side.REGISTRY, Entity.MODEL)) == 1
        assert observe({"1": ("one", {"a": "x"})}, of=(Side.GRC, Entity.VERSION)) == 1
        assert store.snapshot(OTHER, *GRC_MODEL) is None
        assert store.as_of(OTHER, *GRC_MODEL, NOW) == {}
        assert store.snapshot(BANK, Side.REGISTRY, Entity.VERSION) is None

    def test_an_observation_needs_a_running_run_and_no_contradiction(self, store, observe, run):
        with pytest.raises(ValueError, match="both observed and gone"):
            observe({"1": ("one", {})}, gone=["1"])
        with pytest.raises(ValueError, match="not running"):
            observe({}, run_id="unknown")
        store.end_run(replace(run, ended=stamp(NOW), status=RunStatus.CLEAN))
        with pytest.raises(ValueError, match="not running"):
            observe({})

    def test_each_change_is_bounded_by_the_last_complete_observation_before_it(self, store, observe):
        def told(**options):
            found = store.changes(BANK, *GRC_MODEL, **options)
            return [(each.at, each.after, each.id, dict(each.changed), each.present) for each in found]

        times = [stamp(later(hours=hour)) for hour in range(5)]
        observe({"1": ("one", {"a": "x", "b": "y"})}, at=later(hours=0))
        observe({"1": ("one", {"a": "x", "b": "y"})}, at=later(hours=1))
        observe({"1": ("one", {"a": "z", "b": "y"})}, at=later(hours=2), complete=False)
        observe({"1": ("one", {"a": "z", "b": "n"}), "2": ("two", {})}, at=later(hours=3))
        observe({"2": ("two", {})}, at=later(hours=3), complete=False)
        observe({"2": ("two", {})}, at=later(hours=4), gone=["1"])
        assert told() == [
            (times[0], None, "1", {"a": "x", "b": "y"}, True),
            (times[2], times[1], "1", {"a": "z"}, True),
            (times[3], times[1], "1", {"b": "n"}, True),
            (times[3], times[1], "2", {}, True),
            (times[4], times[3], "1", {}, False),
        ]
        assert told(fields={"a"}) == [
            (times[0], None, "1", {"a": "x"}, True),
            (times[2], times[1], "1", {"a": "z"}, True),
            (times[3], times[1], "2", {}, True),
            (times[4], times[3], "1", {}, False),
        ]
        assert store.observed_at(BANK, *GRC_MODEL) == [times[0], times[1], times[3], times[4]]
        assert list(store.changes(OTHER, *GRC_MODEL)) == []

    def test_changes_up_to_a_moment_and_the_observations_next_to_it(self, store, observe):
        times = [later(hours=hour) for hour in range(3)]
        observe({"1": ("one", {"a": "x"})}, at=times[0])
        observe({"1": ("one", {"a": "y"})}, at=times[1], complete=False)
        observe({"1": ("one", {"a": "z"})}, at=times[2])
        told = [each.changed["a"] for each in store.changes(BANK, *GRC_MODEL, until=times[1])]
        assert told == ["x", "y"]
        assert list(store.changes(BANK, *GRC_MODEL, until=times[0] - timedelta(milliseconds=1))) == []
        first, second, third = (
            Observation(stamp(at), complete) for at, complete in zip(times, (True, False, True), strict=True)
        )
        around = [store.observed_around(BANK, *GRC_MODEL, at) for at in (times[0], times[1], times[2])]
        assert around == [Around(first, second), Around(second, third), Around(third, None)]
        before = times[0] - timedelta(milliseconds=1)
        assert store.observed_around(BANK, *GRC_MODEL, before) == Around(None, first)
        assert store.observed_around(OTHER, *GRC_MODEL, times[0]) == Around(None, None)

    def test_as_of_is_what_a_replay_gives(self, store):
        @settings(max_examples=60, deadline=None)
        @given(steps=STEPS)
        def replayed(steps):
            replay(store, steps)

        replayed()


def replay(store, steps):
    connection = f"c{next(_examples)}"
    lease, run = store.acquire_lease(connection, "me", NOW, 60), store.start_run(connection, NOW)
    at, state, history = NOW, {}, dict[datetime, dict]()
    for objects, complete, gone, minutes in steps:
        at += timedelta(minutes=minutes)
        proved = gone - objects.keys()
        with store.recording(lease, at) as tx:
            tx.observe(run.id, *GRC_MODEL, objects, complete=complete, gone=proved)
            assert tx.observe(run.id, *GRC_MODEL, objects, complete=complete, gone=proved) == 0
        state = {key: fields for key, fields in state.items() if key not in proved}
        state |= {key: clean(fields) for key, (_, fields) in objects.items()}
        history[at] = dict(state)
    for moment, expected in history.items():
        assert store.as_of(connection, *GRC_MODEL, moment) == expected
        assert store.as_of(connection, *GRC_MODEL, moment + timedelta(seconds=59)) == expected
    assert store.as_of(connection, *GRC_MODEL, NOW - timedelta(milliseconds=1)) == {}
    snapshot = store.snapshot(connection, *GRC_MODEL)
    assert {key: seen.fields for key, seen in snapshot.objects.items()} == state if steps else snapshot is None
