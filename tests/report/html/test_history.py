"""A model's history, read from the observation journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.model.fields import Entity, Side, Value
from connector.report.html.history import KEPT, Event, History, histories
from connector.report.material import from_state
from connector.report.rows import Report
from connector.state import SqliteStore
from connector.state.times import stamp
from tests.report.html.bank import Portfolio, report_of

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MODEL, VERSION = (Side.GRC, Entity.MODEL), (Side.GRC, Entity.VERSION)


class Journal:
    """Observations, an hour apart."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path, str)
        self.lease = self.store.acquire_lease("bank", "me", START, 60)
        self.run = self.store.start_run("bank", START)
        self.hour = 0

    def see(self, kind: tuple[Side, Entity], key: str, fields: Mapping[str, Value] | None) -> str:
        """Observe one object, or (None) that it is gone; returns when."""
        at = START + timedelta(hours=self.hour)
        self.hour += 1
        seen = {} if fields is None else {key: ("an object", fields)}
        gone = [key] if fields is None else []
        with self.store.recording(self.lease, at) as recorder:
            recorder.observe(self.run.id, *kind, seen, complete=True, gone=gone)
        return stamp(at)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "state.db")
    with closing(made.store):
        yield made


@pytest.fixture
def report() -> Report:
    made = Portfolio(0)
    made.add("credit", {}, [{"approval_status": "approved"}])
    return report_of(made.material())


def history(journal: Journal, report: Report) -> History:
    (found,) = histories(journal.store, "bank", report.inventory).values()
    return found


def test_a_change_lies_between_two_observations_and_has_both_values(journal: Journal, report: Report) -> None:
    first = journal.see(MODEL, "MDL-1001", {"purpose": "a", "url": "http://x"})
    second = journal.see(MODEL, "MDL-1001", {"purpose": "b", "url": "http://y"})
    third = journal.see(MODEL, "MDL-1001", {"url": "http://y"})
    assert history(journal, report).events == (
        Event(third, second, Side.GRC, "", "purpose", "b", None),
        Event(second, first, Side.GRC, "", "purpose", "a", "b"),
        Event(first, None, Side.GRC, "", "", None, "seen"),
    )


def test_versions_and_issues_are_told_with_their_model(journal: Journal, report: Report) -> None:
    journal.see(VERSION, "MDL-1001-1", {"approval_status": "pending"})
    journal.see(VERSION, "MDL-1001-1", {"approval_status": "approved"})
    issue = {"number": "FND-7", "model": "MDL-1001", "state": "open"}
    journal.see((Side.GRC, Entity.ISSUE), "i-7", issue)
    journal.see((Side.GRC, Entity.ISSUE), "i-7", {**issue, "state": "closed"})
    journal.see((Side.GRC, Entity.ISSUE), "i-8", {"number": "FND-8", "version": "MDL-1001-1", "state": "open"})
    told = [(event.subject, event.field, event.old, event.new) for event in history(journal, report).events]
    assert told == [
        ("issue FND-8", "", None, "seen"),
        ("issue FND-7", "state", "open", "closed"),
        ("issue FND-7", "", None, "seen"),
        ("version 1", "approval_status", "pending", "approved"),
        ("version 1", "", None, "seen"),
    ]


def test_ids_of_different_kinds_may_be_equal(journal: Journal, report: Report) -> None:
    journal.see((Side.GRC, Entity.ISSUE), "MDL-1001", {"number": "1", "model": "another", "state": "open"})
    assert histories(journal.store, "bank", report.inventory) == {}


def test_what_went_and_came_again(journal: Journal, report: Report) -> None:
    for fields in ({"purpose": "a"}, None, {"purpose": "b"}, {"purpose": "c"}):
        journal.see(MODEL, "MDL-1001", fields)
    told = [(event.field, event.old, event.new) for event in history(journal, report).events]
    assert told == [("purpose", "b", "c"), ("", None, "seen"), ("", None, "gone"), ("", None, "seen")]


def test_a_version_that_is_gone_from_mlflow_belongs_to_its_model(journal: Journal, report: Report) -> None:
    identity = {"identity.name": "credit", "identity.version": "9"}
    journal.see((Side.REGISTRY, Entity.VERSION), "mlflow:r/credit@1#9", identity)
    journal.see((Side.REGISTRY, Entity.VERSION), "mlflow:r/credit@1#9", None)
    told = [(event.subject, event.new) for event in history(journal, report).events]
    assert told == [("version 9", "gone"), ("version 9", "seen")]


def test_the_newest_are_kept_and_the_others_counted(journal: Journal, report: Report) -> None:
    for number in range(KEPT + 5):
        journal.see(MODEL, "MDL-1001", {"purpose": str(number)})
    found = history(journal, report)
    assert (len(found.events), found.older) == (KEPT, 5)
    assert found.events[0].new == str(KEPT + 4)


def test_a_state_without_observations(journal: Journal, report: Report) -> None:
    assert from_state(journal.store, "bank").taken_at is None
    assert histories(journal.store, "bank", report.inventory) == {}
