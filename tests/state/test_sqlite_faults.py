"""A damaged, foreign, newer, locked, full or forbidden database gets one clear error, and nothing is half-written."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from connector.audit import verify_trail
from connector.model.errors import MlflowGrcError, Rejected, StateCorrupt
from connector.model.fields import Entity, Side
from connector.model.policy import VersionsMode
from connector.model.registry import RunData
from connector.model.state import AuditEntry, Base, ConflictCase, Link, QuarantineCase, RunKind, RunStatus
from connector.model.used_mapping import UsedMapping
from connector.state import SqliteStore, StateUnavailable, open_store
from connector.state.sqlite import schema
from connector.state.sqlite.session import SqliteSession
from connector.state.times import stamp
from tests.state.contract.base import BANK, CANARY, CREDIT, NOW
from tests.state.taken_back import TAKEN_BACK


def plain(text: str) -> str:
    return text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def fill(store: SqliteStore) -> None:
    lease, run = store.acquire_lease(BANK, "me", NOW, 60), store.start_run(BANK, NOW)
    with store.recording(lease, NOW) as tx:
        for number in range(200):
            tx.set_base(replace(CREDIT, key=f"k{number}"), "tier", Base("x" * 50, "y" * 50))
        tx.put_link(Link(CREDIT, "R1"))
        tx.append_audit(AuditEntry(stamp(NOW), run.id, BANK, "write"))
        tx.observe(run.id, Side.GRC, Entity.MODEL, {"1": ("one", {"a": "x"})}, complete=True)
    store.end_run(replace(run, ended=stamp(NOW), status=RunStatus.CLEAN))


def read_all(store: SqliteStore) -> None:
    for read in (
        store.links,
        store.bases,
        store.intents,
        store.conflicts,
        store.runs,
        store.run_data,
        store.issues,
        store.used_mapping,
    ):
        read(BANK)
    store.snapshot(BANK, Side.GRC, Entity.MODEL)
    store.as_of(BANK, Side.GRC, Entity.MODEL, NOW)
    verify_trail(store)


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, plain)
    yield store
    store.close()


def test_the_file_and_its_companions_are_their_owners(store: SqliteStore, path: Path):
    fill(store)
    modes = {item.name: stat.S_IMODE(item.stat().st_mode) for item in path.parent.iterdir()}
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}


def test_no_directory_is_made(tmp_path: Path):
    """A typo in the path would start an empty state there."""
    path = tmp_path / "new" / "dir" / "state.db"
    with pytest.raises(StateUnavailable, match="does not exist"):
        open_store(path, plain)
    assert list(tmp_path.iterdir()) == []


def test_commits_reach_the_disk(store: SqliteStore):
    session = store._database.session()
    assert session.row("PRAGMA synchronous") == {"synchronous": 2}
    assert session.row("PRAGMA journal_mode") == {"journal_mode": "wal"}


@pytest.mark.parametrize("content", [b"this is no database, only a text of some length\n" * 40, b"\x00\xff" * 4096])
def test_a_file_that_is_no_database(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(StateCorrupt, match=r"state\.db.*Remedy: restore"):
        open_store(path, plain)
    assert path.read_bytes() == content


def test_an_empty_file_is_a_new_database(path: Path):
    path.touch()
    open_store(path, plain).close()
    assert path.stat().st_size > 0


@pytest.mark.parametrize("tables", [["CREATE TABLE theirs (x)"], ["CREATE TABLE _sqlite_migrations (id, name)"]])
def test_another_programs_database_is_left_alone(path: Path, tables: list[str]):
    with sqlite3.connect(path) as connection:
        for table in tables:
            connection.execute(table)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateCorrupt, match=r"another program|damaged"):
        open_store(path, plain)
    assert path.read_bytes() == before


def test_a_newer_schema_asks_for_the_newer_release(store: SqliteStore, path: Path):
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('mlflow-grc', '9999_new', '')"
        )
    connection.close()
    with pytest.raises(StateCorrupt, match=r"newer release.*9999_new.*Remedy: install"):
        open_store(path, plain)


def test_opened_again_nothing_is_migrated_twice(store: SqliteStore, path: Path):
    fill(store)
    store.close()
    again = SqliteStore(path, plain)
    assert list(again.links(BANK)) == [CREDIT.key]
    again.close()


def test_the_state_of_the_first_release_is_taken_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = SqliteStore(tmp_path / "old.db", plain)
    fill(old)
    old.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        later = "DELETE FROM _sqlite_migrations WHERE name > '0001_first'"
        for statement in ("DROP TRIGGER no_lease_after_move", *TAKEN_BACK, later):
            connection.execute(statement)
        connection.commit()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_MIGRATIONS", schema._MIGRATIONS[:1])
        SqliteStore(tmp_path / "old.db", plain).close()
    new = SqliteStore(tmp_path / "old.db", plain)
    assert list(new.links(BANK)) == [CREDIT.key]
    assert [run.kind for run in new.runs()] == [RunKind.FULL]
    assert new.used_mapping(BANK) is None
    lease = new.acquire_lease(BANK, "me", NOW, 60)
    with new.recording(lease, NOW) as tx:
        tx.put_used_mapping(UsedMapping("grc_", VersionsMode.NONE))
    assert new.used_mapping(BANK) == UsedMapping("grc_", VersionsMode.NONE)
    new.close()


def test_damage_anywhere_is_told_as_such_or_does_no_harm(store: SqliteStore, path: Path):
    fill(store)
    store.close()
    whole, told = path.read_bytes(), list[StateCorrupt]()
    for start in range(0, len(whole), 1024):
        noise = random.Random(start).randbytes(900)
        path.write_bytes(whole[: start + 8] + noise + whole[start + 908 :])
        try:
            damaged = SqliteStore(path, plain)
            try:
                read_all(damaged)
            finally:
                damaged.close()
        except StateCorrupt as error:
            told.append(error)
        for companion in ("state.db-wal", "state.db-shm"):
            (path.parent / companion).unlink(missing_ok=True)
    assert len(told) > 5
    assert all(error.remedy and str(path) in error.message for error in told)


def test_a_truncated_file(store: SqliteStore, path: Path):
    fill(store)
    store.close()
    path.write_bytes(path.read_bytes()[: 3 * 4096])
    with pytest.raises(StateCorrupt, match=r"state\.db is damaged"):
        read_all(SqliteStore(path, plain))


def test_a_row_of_an_unknown_kind(store: SqliteStore, path: Path):
    fill(store)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE link SET state = 'odd'")
    connection.close()
    with pytest.raises(StateCorrupt, match="odd"):
        store.links(BANK)


def test_a_full_disk_leaves_what_was_recorded(store: SqliteStore):
    fill(store)
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    session = store._database.session()
    session.rows(f"PRAGMA max_page_count = {session.row('PRAGMA page_count')['page_count'] + 3}")

    def flood() -> None:
        with store.recording(lease, NOW) as tx:
            tx.put_link(Link(CREDIT, "R2"))
            for number in range(500):
                tx.put_run_data({f"v{number}": RunData("r" * 1000, "FINISHED")})

    with pytest.raises(StateUnavailable, match=r"state\.db cannot grow.*full.*Remedy: free space"):
        flood()
    assert store.links(BANK) == {CREDIT.key: Link(CREDIT, "R1")}
    assert store.run_data(BANK) == {}
    session.rows("PRAGMA max_page_count = 1000000")
    flood()
    assert store.links(BANK) == {CREDIT.key: Link(CREDIT, "R2")}
    assert verify_trail(store).ok


def test_another_writer_that_does_not_end_is_named(path: Path, store: SqliteStore):
    fill(store)
    impatient = SqliteStore(path, plain, busy_seconds=0.05)
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    with (
        store.recording(lease, NOW),
        pytest.raises(StateUnavailable, match=r"state\.db is locked by another process.*Remedy"),
    ):
        impatient.start_run(BANK, NOW)
    impatient.start_run(BANK, NOW)
    impatient.close()


def test_a_place_that_cannot_be(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StateUnavailable, match=r"file/state\.db cannot be opened.*Remedy"):
        open_store(tmp_path / "file" / "state.db", plain)
    with pytest.raises(StateUnavailable, match="cannot be opened"):
        open_store(tmp_path, plain)


def test_a_file_that_was_removed_is_not_made_anew(store: SqliteStore, path: Path):
    path.unlink()
    with ThreadPoolExecutor(1) as pool, pytest.raises(StateUnavailable, match=r"state\.db cannot be opened"):
        pool.submit(store.links, BANK).result(10)
    assert not path.exists()


def test_a_path_with_odd_characters(tmp_path: Path):
    path = tmp_path / "a b?mode=memory#%20ü" / "state.db"
    path.parent.mkdir()
    store = SqliteStore(path, plain)
    fill(store)
    store.close()
    assert path.stat().st_size > 10_000


OPEN = """
import os, sys
import sqlite_utils; sqlite_utils.Database(memory=True)
from datetime import UTC, datetime
from connector.model.errors import MlflowGrcError
from connector.state import open_store
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    try:
        open_store(path, str).start_run("bank", datetime.now(UTC))
        print("opened", path)
    except MlflowGrcError as error:
        print(type(error).__name__, error)
"""


def test_without_permission():
    top = Path(tempfile.mkdtemp())  # not below pytest's own directories, which another user cannot reach
    top.chmod(0o755)
    paths = []
    for number, (directory, file) in enumerate(
        [(0o000, None), (0o555, None), (0o555, 0o000), (0o555, 0o444), (0o555, 0o666)]
    ):
        path = top / f"private{number}" / "state.db"
        path.parent.mkdir()
        if file is not None:
            open_store(path, plain).close()
            path.chmod(file)
        path.parent.chmod(directory)
        paths.append(path)
    done = subprocess.run([sys.executable, "-c", OPEN, *paths], capture_output=True, text=True, check=False)
    for path in paths:
        path.parent.chmod(0o700)
    shutil.rmtree(top)
    assert done.stderr == ""
    for path, line in zip(paths, done.stdout.splitlines(), strict=True):
        assert line.startswith("StateUnavailable")
        assert str(path) in line
        assert "Remedy" in line


def test_a_closed_store_says_so(store: SqliteStore):
    store.close()
    with pytest.raises(StateUnavailable, match="was closed"):
        store.links(BANK)
    store.close()


def test_text_that_no_database_can_hold_is_rejected_not_fatal(store: SqliteStore):
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    with store.recording(lease, NOW) as tx:
        with pytest.raises(Rejected, match="not valid Unicode"):
            tx.set_base(CREDIT, "purpose", Base("\ud800", None))
        tx.set_base(CREDIT, "tier", Base("low", None))
    assert list(store.bases_of(BANK, CREDIT.key)) == ["tier"]


def test_no_secret_reaches_the_file(path: Path):
    store = SqliteStore(path, lambda text: text.replace(CANARY, "***"))
    said = f"refused {CANARY}"
    lease, run = store.acquire_lease(BANK, "me", NOW, 60), store.start_run(BANK, NOW)
    with store.recording(lease, NOW) as tx:
        tx.put_quarantine(QuarantineCase(CREDIT, "tier", said, said))
        tx.put_conflict(ConflictCase(CREDIT, "tier", "a", "b", None, None, said))
        tx.append_audit(AuditEntry(stamp(NOW), run.id, BANK, "write", rule=said, actor=said))
    store.end_run(replace(run, ended=stamp(NOW), status=RunStatus.FAILED, message=said))
    assert store.runs(BANK)[0].message == "refused ***"
    for item in path.parent.iterdir():
        assert CANARY.encode() not in item.read_bytes()
        assert item.stat().st_size == 0 or item.suffix != ".db-wal" or b"refused ***" in item.read_bytes()
    assert verify_trail(store).ok
    store.close()


def test_an_unchanged_observation_rewrites_nothing(store: SqliteStore):
    lease, run = store.acquire_lease(BANK, "me", NOW, 60), store.start_run(BANK, NOW)
    objects = {f"{n}": (f"model {n}", {f"field {f}": f"value {n} {f}" for f in range(30)}) for n in range(300)}

    def observe() -> int:
        with store.recording(lease, NOW) as tx:
            before = store._database.session().row("SELECT total_changes() AS n")["n"]
            tx.observe(run.id, Side.GRC, Entity.MODEL, objects, complete=True)
            return store._database.session().row("SELECT total_changes() AS n")["n"] - before

    assert observe() == 601
    assert observe() == 1
    objects["7"] = ("renamed", objects["7"][1])
    assert observe() == 3


def test_errors_while_reading_rows_are_ours(store: SqliteStore, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(store._database.session().db, "execute", broken)
    reads: list[Callable[[], object]] = [
        lambda: store.links(BANK),
        lambda: store.bases(BANK),
        lambda: list(store.audit()),
        lambda: store.start_run(BANK, NOW),
        lambda: SqliteSession.execute(store._database.session(), "SELECT 1"),
    ]
    for read in reads:
        with pytest.raises(MlflowGrcError, match="damaged"):
            read()
