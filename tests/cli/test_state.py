"""``state show`` and ``state migrate``; and that the other commands go on from there, on a real PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime

import pytest

from connector.audit.select import AuditFilter
from connector.config.config import load_config
from connector.config.server import DatabaseServer
from connector.daemon import run_daemon
from connector.daemon.jobs import Job
from connector.model.errors import MlflowGrcError
from connector.model.hints import Hint
from connector.state import SqliteStore, StateMoved, StateUnavailable, Store, moving, open_store, state_exists
from connector.state.reopening import REOPENED
from connector.state.sql.session import Session
from connector.state.sqlite.session import SqliteSession
from tests.cli.desk import Desk
from tests.postgres import PostgresServer

FILE = "state: {path: state.db}"


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


def content(store: Store) -> dict[str, object]:
    return {
        "links": store.links("bank"),
        "bases": store.bases("bank"),
        "runs": store.runs("bank", limit=100),
        "conflicts": store.conflicts("bank"),
        "journals": [list(store.journal(run.id)) for run in store.runs("bank", limit=100)],
        "digests": dict(store.journal_digests()),
        "audit": list(store.audit()),
        "head": store.audit_head(),
        "mapping": store.used_mapping("bank"),
    }


def test_the_whole_state_moves_and_the_commands_go_on_there(desk: Desk, url: str):
    desk.conflict()
    desk.run("sync", expect=3)
    with closing(desk.store()) as store:
        before = content(store)
    moved = desk.run("state", "migrate", "--to", url)
    assert "same on both sides" in moved.out
    assert f"state: {{url: '{url}'}}" in moved.out
    with closing(open_store(DatabaseServer(url), str)) as store:
        assert content(store) == before
    desk.write((FILE, f"state: {{url: '{url}'}}"))
    assert "credit" in desk.run("conflicts", "list").out
    desk.run("audit", "verify", "--head", str(before["head"]))
    desk.run("conflicts", "resolve", "credit", "purpose", "--take", "grc")
    desk.author.set_tag("credit", "limitations", "written afterwards")
    desk.run("sync")
    assert desk.record("credit")["purpose"] == "as the GRC says"
    assert "bank" in desk.run("status").out
    assert "credit" in desk.run("report", "inventory").out
    desk.run("audit", "verify", "--head", str(before["head"]))
    shown = json.loads(desk.run("state", "show", "--json").out)
    assert (shown["state"], shown["connections"][0]["links"]) == ("postgresql:///postgres", 2)
    assert "postgresql:///postgres" in desk.run("state", "show").out
    desk.run("check")


def test_a_first_sync_makes_the_tables_and_a_plan_does_not(desk: Desk, url: str):
    desk.model()
    desk.write((FILE, f"state: {{url: '{url}'}}"))
    desk.run("check")
    desk.run("plan")
    assert not state_exists(DatabaseServer(url))
    assert "There is no state database" in desk.run("audit", "verify", expect=2).err
    desk.run("sync")
    assert state_exists(DatabaseServer(url))
    assert desk.record("credit")


def test_a_target_in_use_is_refused(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    with closing(open_store(DatabaseServer(url), str)) as store:
        store.start_run("another", datetime(2026, 3, 1, tzinfo=UTC))
    said = desk.run("state", "migrate", "--to", url, expect=1)
    assert "table run is not empty" in said.err
    desk.run("sync")


def test_after_a_move_nothing_works_with_the_file_and_reading_says_so(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    desk.run("state", "migrate", "--to", url, "--by", "ann@bank")
    desk.author.set_tag("credit", "purpose", "written after the move")
    for work in (["sync"], ["run"], ["plan"], ["approve", "--all"], ["link", "credit", "1"]):
        said = desk.run(*work, expect=1)
        assert "moved to postgresql:///postgres by ann@bank at 20" in said.err
        assert "Set state.url" in said.err
        assert "state reopen" in said.err
        assert url not in said.err, "the address in full may tell an account"
    assert "purpose" not in desk.record("credit") or not desk.record("credit")["purpose"]
    assert "moved to postgresql:///postgres" in desk.run("check", expect=1).out.replace("\n", " ")
    for read in ("report inventory", "report reconcile", "audit verify", "audit export", "status", "conflicts list"):
        said = desk.run(*read.split())
        assert "was moved to postgresql:///postgres" in said.err, read
    shown = desk.run("state", "show", "--json").json
    assert shown["moved"]["by"] == "ann@bank"
    assert "Moved to postgresql:///postgres by ann@bank" in desk.run("state", "show").out
    assert not desk.run("status", "--json").json["ready"]
    assert "moved to" in desk.run("state", "migrate", "--to", url, expect=1).err


def test_a_process_that_has_the_file_open_notices_and_writes_nothing(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    config = load_config(desk.config)
    with closing(desk.store()) as idle, ExitStack() as stack:
        given_up: list[MlflowGrcError] = []
        job = Job.open(config, "bank", idle, stack, given_up.append)
        head = idle.audit_head()
        desk.run("state", "migrate", "--to", url)
        desk.author.set_tag("credit", "purpose", "written after the move")
        assert job.run() is None
        assert [type(each) for each in given_up] == [StateMoved]
        for write in (
            lambda: idle.leave_hint("bank", Hint.of_model("credit"), datetime.now(UTC)),
            lambda: idle.approve("bank", ["d"], "ann", datetime.now(UTC)),
            lambda: idle.start_run("bank", datetime.now(UTC)),
        ):
            with pytest.raises(StateMoved):
                write()
        assert idle.audit_head() == head
        assert idle.lease("bank") is None
    assert not desk.record("credit").get("purpose")


def test_a_daemon_ends_where_its_state_was_moved(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    with closing(desk.store()) as idle:
        desk.run("state", "migrate", "--to", url)
        stop = threading.Event()
        limit = threading.Timer(30, stop.set)
        limit.start()
        with pytest.raises(StateMoved):
            run_daemon(load_config(desk.config), ["bank"], idle, stop)
        limit.cancel()


def test_an_older_release_gets_no_lease_on_a_file_that_was_moved(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    with closing(sqlite3.connect(desk.directory / "state.db")) as older:
        taking = (
            "INSERT INTO lease VALUES ('bank', 'old', 9, '2999') ON CONFLICT (connection) DO UPDATE SET owner = 'old'"
        )
        with older:
            older.execute(taking)
            older.execute("UPDATE lease SET owner = NULL")
        desk.run("state", "migrate", "--to", url)
        with pytest.raises(sqlite3.IntegrityError, match="the state was moved"):
            older.execute(taking)
    desk.run("state", "reopen")
    desk.run("sync")


def test_going_back_on_purpose(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    assert "was not moved" in desk.run("state", "reopen").out
    desk.run("state", "migrate", "--to", url, "--by", "ann@bank")
    said = desk.run("state", "reopen", "--by", "ben@bank")
    assert "in charge again" in said.out
    assert "ann@bank" in said.out
    desk.run("sync")
    with closing(desk.store()) as store:
        (told,) = store.audit(AuditFilter(connection="bank", action=REOPENED))
    assert told.entry.actor == "ben@bank"
    assert "moved to postgresql:///postgres by ann@bank" in told.entry.rule
    desk.run("audit", "verify")
    assert desk.run("state", "show", "--json").json["moved"] is None
    said = desk.run("state", "migrate", "--to", url, expect=1)
    assert "is in use" in said.err, "the copy of before is not this state any more"
    desk.write((FILE, f"state: {{url: '{url}'}}"))
    assert "state.url" in desk.run("state", "reopen", expect=2).err


def test_a_running_cycle_is_refused(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    with closing(sqlite3.connect(desk.directory / "state.db")) as file, file:
        file.execute("UPDATE lease SET owner = 'elsewhere:1', expires = '2999-01-01T00:00:00.000Z'")
    said = desk.run("state", "migrate", "--to", url, expect=1)
    assert "bank by elsewhere:1 until 2999" in said.err
    assert "Stop the daemon" in said.err
    with closing(open_store(DatabaseServer(url), str)) as store:
        assert not store.links("bank")
    with closing(desk.store()) as store:
        assert store.moved() is None


def test_nobody_writes_to_the_file_while_it_is_moved(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch):
    desk.model()
    desk.run("sync")
    tried: list[str] = []
    copy = moving._copy

    def beside(old: Session, new: Session, table: moving._Table) -> None:
        if not tried:
            tried.append(table.name)
            idle = SqliteStore(desk.directory / "state.db", str, busy_seconds=0)
            with closing(idle), pytest.raises(StateUnavailable, match="locked by another process"):
                idle.acquire_lease("bank", "daemon", datetime.now(UTC), 60)
        copy(old, new, table)

    monkeypatch.setattr(moving, "_copy", beside)
    desk.run("state", "migrate", "--to", url)
    assert tried


def test_a_broken_trail_does_not_move(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    with closing(sqlite3.connect(desk.directory / "state.db")) as file, file:
        (guard,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_no_update'").fetchone()
        file.execute("DROP TRIGGER audit_no_update")
        file.execute("UPDATE audit SET actor = 'somebody' WHERE sequence = 2")
        file.execute(guard)
    assert "does not prove itself" in desk.run("state", "migrate", "--to", url, expect=1).err
    assert not open_store(DatabaseServer(url), str).runs("bank")


def test_a_move_cut_short_leaves_nothing_and_can_be_made_again(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch):
    desk.model()
    desk.run("sync")
    for step in ("_require_proved", "mark_moved", "_counts"):
        with monkeypatch.context() as patch:
            patch.setattr(moving, step, lambda *_: 1 / 0)
            desk.run("state", "migrate", "--to", url, expect=None)
        with closing(open_store(DatabaseServer(url), str)) as store:
            assert not store.links("bank")
            assert store.audit_head().sequence == 0
        with closing(desk.store()) as store:
            assert store.moved() is None
    desk.run("sync")
    desk.run("state", "migrate", "--to", url)


def test_a_move_cut_short_before_its_mark_is_finished_by_the_next(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
):
    desk.model()
    desk.run("sync")

    @contextmanager
    def not_committed(session: SqliteSession) -> Iterator[None]:
        session.execute("BEGIN IMMEDIATE")
        yield
        session.execute("ROLLBACK")
        raise StateUnavailable("the disk went away")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteSession, "transaction", not_committed)
        assert "disk went away" in desk.run("state", "migrate", "--to", url, expect=1).err
    with closing(desk.store()) as store:
        assert store.moved() is None, "the file is in charge"
    assert "Copied before" in desk.run("state", "migrate", "--to", url).out
    with closing(desk.store()) as store:
        assert store.moved() is not None


def test_a_copy_that_differs_is_not_kept(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch):
    desk.model()
    desk.run("sync")
    tables = [table for table in moving._tables() if table.name != "journal"]
    with monkeypatch.context() as patch:
        patch.setattr(moving, "_tables", lambda: iter(tables))
        desk.run("state", "migrate", "--to", url, expect=1)
    with closing(open_store(DatabaseServer(url), str)) as store:
        assert not store.runs("bank")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "mysql://db/grc"], "no address of a PostgreSQL"),
        (["--to", "postgresql://grc:s3cret-word@db/grc"], "credentials"),
        (["--to", "postgresql:///grc", "--password-env", "A", "--password-file", "b"], "not both"),
    ],
)
def test_targets_that_are_refused(desk: Desk, arguments: list[str], words: str):
    desk.model()
    desk.run("sync")
    said = desk.run("state", "migrate", *arguments, expect=2)
    assert words in said.err
    assert "s3cret-word" not in said.err


def test_nothing_to_move(desk: Desk, url: str):
    assert "no state database" in desk.run("state", "migrate", "--to", url, expect=2).err
    desk.write((FILE, f"state: {{url: '{url}'}}"))
    assert "on a server already" in desk.run("state", "migrate", "--to", url, expect=2).err
