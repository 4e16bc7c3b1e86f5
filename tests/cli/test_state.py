"""``state show`` and ``state migrate``; and that the other commands go on from there, on a real PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from connector.config.server import DatabaseServer
from connector.state import Store, open_store, state_exists
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
    desk.run("state", "migrate", "--to", url)
    said = desk.run("state", "migrate", "--to", url, expect=1)
    assert "is not empty" in said.err


def test_a_running_cycle_is_refused(desk: Desk, url: str):
    desk.model()
    desk.run("sync")
    with closing(sqlite3.connect(desk.directory / "state.db")) as file, file:
        file.execute("UPDATE lease SET owner = 'elsewhere:1', expires = '2999-01-01T00:00:00.000Z'")
    said = desk.run("state", "migrate", "--to", url, expect=1)
    assert "elsewhere:1" in said.err
    assert not open_store(DatabaseServer(url), str).links("bank")


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
    from connector.state import moving

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_proved", lambda *_: 1 / 0)
        desk.run("state", "migrate", "--to", url, expect=None)
    with closing(open_store(DatabaseServer(url), str)) as store:
        assert not store.links("bank")
        assert store.audit_head().sequence == 0
    desk.run("state", "migrate", "--to", url)


def test_a_copy_that_differs_is_not_kept(desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch):
    desk.model()
    desk.run("sync")
    from connector.state import moving

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
    assert "no state database to move" in desk.run("state", "migrate", "--to", url, expect=2).err
    desk.write((FILE, f"state: {{url: '{url}'}}"))
    assert "on a server already" in desk.run("state", "migrate", "--to", url, expect=2).err
