"""Edits of the database file by other means, triggers and all, are found by the check of a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.audit import Head, verify_trail
from connector.audit.chain import body, chain
from connector.model.errors import StateCorrupt
from connector.model.fields import Entity, Side
from connector.model.state import AuditEntry, RunStatus
from connector.state import Store, open_store
from connector.state.times import stamp
from tests.state.contract.base import BANK, CREDIT, NOW

COLUMNS = (
    "sequence", "previous", "hash", "at", "run_id", "connection", "action", "side", "entity", "key", "name", "version",
    "field", "old", "new", "rule", "actor", "record_id",
)  # fmt: skip
LAST = 7
"""Three entries and the end of each of two runs, twice observed, and an entry after them."""


def fill(path: Path) -> Head:
    store = open_store(path, str)
    lease = store.acquire_lease(BANK, "me", NOW, 60)
    for number in range(2):
        run = store.start_run(BANK, NOW)
        with store.recording(lease, NOW) as tx:
            objects = {key: (f"model {key}", {"a": f"{key}{number}"}) for key in "xyz"}
            tx.observe(run.id, Side.GRC, Entity.MODEL, objects, complete=True)
            tx.append_audit(AuditEntry(stamp(NOW), run.id, BANK, "write", Side.GRC, CREDIT, "tier", "low", str(number)))
            tx.append_audit(AuditEntry(stamp(NOW), run.id, BANK, "note", rule=f"note {number}"))
        store.end_run(replace(run, ended=stamp(NOW), status=RunStatus.APPLIED))
    with store.recording(lease, NOW) as tx:
        head = tx.append_audit(AuditEntry(stamp(NOW), "run", BANK, "last"))
    store.close()
    return head


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Head]:
    path = tmp_path_factory.mktemp("audit") / "state.db"
    head = fill(path)
    assert head.sequence == LAST
    return path.read_bytes(), head


class Tampered:
    """A copy of the database, its triggers dropped, for SQL of an intruder."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as connection, connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
            for name in names:
                connection.execute(f"DROP TRIGGER {name}")

    def run(self, sql: str, *values: object) -> int:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(sql, values).rowcount

    def row(self, sequence: int) -> dict[str, object]:
        with closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit WHERE sequence = ?", [sequence])
            return dict(zip(COLUMNS, found.fetchone(), strict=True))

    def insert(self, row: dict[str, object]) -> None:
        names = ", ".join(row)
        self.run(f"INSERT INTO audit ({names}) VALUES ({', '.join('?' * len(row))})", *row.values())

    def verify(self, head: Head | None = None):
        store = open_store(self.path, str)
        try:
            return verify_trail(store, head)
        finally:
            store.close()


@pytest.fixture
def tampered(tmp_path: Path, original: tuple[bytes, Head]) -> Tampered:
    return Tampered(tmp_path / "state.db", original[0])


@pytest.fixture(scope="module")
def tamper_again(tmp_path_factory: pytest.TempPathFactory, original) -> Callable[[], Tampered]:
    path = tmp_path_factory.mktemp("tampered") / "state.db"
    return lambda: Tampered(path, original[0])


def test_untouched_it_holds(tampered, original):
    assert str(tampered.verify()) == "consistent; end not anchored"
    assert str(tampered.verify(original[1])) == "consistent; end anchored"
    assert tampered.verify().unsealed == ()


@settings(max_examples=150, deadline=None)
@given(
    sequence=st.integers(1, LAST),
    column=st.sampled_from(COLUMNS[1:]),
    value=st.none()
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.integers(-3, 3)
    | st.sampled_from(["grc", "model"]),
)
def test_any_changed_cell_is_found(tamper_again, sequence, column, value):
    tampered = tamper_again()
    before = tampered.row(sequence)[column]
    try:
        tampered.run(f'UPDATE audit SET "{column}" = ? WHERE sequence = ?', value, sequence)
    except (sqlite3.IntegrityError, UnicodeEncodeError):
        return
    if tampered.row(sequence)[column] == before:
        assert tampered.verify().ok
        return
    assert tampered.verify().broken_at == sequence


@pytest.mark.parametrize("sequence", range(1, LAST + 1))
def test_any_removed_entry_is_found(tampered, sequence):
    assert tampered.run("DELETE FROM audit WHERE sequence = ?", sequence) == 1
    assert tampered.verify().broken_at == sequence


@pytest.mark.parametrize("sequence", range(1, LAST + 1))
def test_a_removed_entry_whose_gap_is_closed_is_found(tampered, sequence):
    tampered.run("DELETE FROM audit WHERE sequence = ?", sequence)
    for later in range(sequence + 1, LAST + 1):
        tampered.run("UPDATE audit SET sequence = sequence - 1 WHERE sequence = ?", later)
    assert tampered.verify().broken_at == sequence


@settings(max_examples=25, deadline=None)
@given(pair=st.sets(st.integers(1, LAST), min_size=2, max_size=2))
def test_any_swapped_entries_are_found(tamper_again, pair):
    tampered, (first, second) = tamper_again(), sorted(pair)
    for old, new in ((first, 0), (second, first), (0, second)):
        tampered.run("UPDATE audit SET sequence = ? WHERE sequence = ?", new, old)
    assert tampered.verify().broken_at == first


@pytest.mark.parametrize("sequence", range(1, LAST + 2))
def test_any_inserted_entry_is_found(tampered, sequence):
    for later in range(LAST, sequence - 1, -1):
        tampered.run("UPDATE audit SET sequence = sequence + 1 WHERE sequence = ?", later)
    previous = tampered.row(sequence - 1) if sequence > 1 else None
    head = Head(sequence - 1, str(previous["hash"])) if previous else Head()
    forged = chain(AuditEntry(stamp(NOW), "run", BANK, "forged"), head)
    tampered.insert({**body(forged.entry), "sequence": sequence, "previous": forged.previous, "hash": forged.hash})
    assert tampered.verify().broken_at == (sequence + 1 if sequence < LAST else sequence)


def test_the_end_cut_off_is_found_by_the_kept_end_and_by_an_anchor(tampered, original):
    tampered.run("DELETE FROM audit WHERE sequence >= ?", LAST - 1)
    assert "cut at the end" in tampered.verify().reason
    last = tampered.row(LAST - 2)
    tampered.run("UPDATE trail SET sequence = ?, hash = ?", last["sequence"], last["hash"])
    unanchored = tampered.verify()
    assert str(unanchored) == "consistent; end not anchored"
    assert len(unanchored.unsealed) == 1, "the second run's end was cut off as well"
    assert tampered.verify(original[1]).broken_at == LAST - 1


def test_a_kept_end_that_is_gone_or_another_is_found(tampered):
    tampered.run("UPDATE trail SET hash = ?", "0" * 64)
    assert tampered.verify().broken_at == LAST
    tampered.run("UPDATE trail SET sequence = 3, hash = ?", tampered.row(3)["hash"])
    assert tampered.verify().broken_at == 4
    tampered.run("DELETE FROM trail")
    with pytest.raises(StateCorrupt, match="end of the audit trail"):
        tampered.verify()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET changed = replace(changed, 'x0', 'x9') WHERE sequence = 1",
        "UPDATE journal SET name = 'other' WHERE sequence = 2",
        "UPDATE journal SET id = 'other' WHERE sequence = 2",
        "UPDATE journal SET present = 0 WHERE sequence = 3",
        "UPDATE journal SET observation = 2 WHERE sequence = 3",
        "DELETE FROM journal WHERE sequence = 1",
        "DELETE FROM journal WHERE observation = 1",
        "INSERT INTO journal (observation, id, name, changed, present) VALUES (1, 'w', 'w', '{}', 1)",
        "UPDATE observation SET at = '2020' WHERE id = 1",
        "UPDATE observation SET complete = 0 WHERE id = 1",
        "UPDATE observation SET objects = 2 WHERE id = 1",
        "UPDATE observation SET side = 'registry' WHERE id = 1",
        "UPDATE observation SET entity = 'version' WHERE id = 1",
        "UPDATE observation SET connection = 'other' WHERE id = 1",
        "UPDATE observation SET run_id = 'other' WHERE id = 1",
        "DELETE FROM observation WHERE id = 1",
        "INSERT INTO observation SELECT 9, run_id, connection, at, side, entity, 1, 3, 0 FROM observation LIMIT 1",
        "UPDATE observation SET partial = 1 WHERE id = 1",
        "UPDATE journal SET name = x'00' WHERE sequence = 2",
    ],
)
def test_any_change_of_a_sealed_journal_is_found(tampered, sql):
    assert tampered.run(sql) > 0
    found = tampered.verify()
    assert found.broken_at == 3
    assert "journal of run" in found.reason


def test_a_journal_that_no_entry_seals_is_named(tampered):
    tampered.run(
        "INSERT INTO observation (run_id, connection, at, side, entity, complete, objects) "
        "VALUES ('made up', 'bank', '', 'grc', 'model', 1, 0)"
    )
    found = tampered.verify()
    assert found.ok
    assert found.unsealed == ("made up",)


@pytest.mark.parametrize("table", ["audit", "journal", "observation"])
def test_triggers_refuse_what_is_not_appending(tmp_path: Path, original, table):
    path = tmp_path / "state.db"
    path.write_bytes(original[0])
    key = {"audit": "sequence", "journal": "sequence", "observation": "id"}[table]
    with closing(sqlite3.connect(path)) as connection:
        for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET {key} = {key} + 100"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(sql)
        if table == "audit":
            for verb in ("INSERT", "REPLACE"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    connection.execute(f"{verb} INTO audit SELECT * FROM audit WHERE sequence = 2")


def test_a_trigger_that_is_gone_or_harmless_is_named(tmp_path: Path, original):
    path = tmp_path / "state.db"
    path.write_bytes(original[0])
    with closing(open_store(path, str)) as store:
        assert store.missing_guards() == []
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER audit_in_order")
        connection.execute("DROP TRIGGER journal_no_delete")
        connection.execute("CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT 1; END")
    with closing(open_store(path, str)) as store:
        assert sorted(store.missing_guards()) == ["audit_in_order", "journal_no_delete"]


def test_a_store_whose_end_was_turned_back_refuses_to_append(tampered, original):
    path = tampered.path
    path.write_bytes(original[0])
    tampered.run("UPDATE trail SET sequence = 2, hash = ?", tampered.row(2)["hash"])
    store: Store = open_store(path, str)
    with pytest.raises(StateCorrupt, match="append-only"):
        store.end_run(replace(store.start_run(BANK, NOW), ended=stamp(NOW), status=RunStatus.CLEAN))
    assert [run.status for run in store.runs(BANK, limit=1)] == [RunStatus.RUNNING]
    store.close()


def test_a_check_holds_while_others_append(tmp_path: Path, original):
    path = tmp_path / "state.db"
    path.write_bytes(original[0])
    store, other = open_store(path, str), open_store(path, str)
    lease = other.acquire_lease("other", "you", NOW, 60)

    class Busy:
        """A store to which another process appends at each step of the check."""

        def append(self) -> None:
            with other.recording(lease, NOW) as tx:
                tx.append_audit(AuditEntry(stamp(NOW), "run", "other", "meanwhile"))

        def audit(self, select=None):
            self.append()
            for item in store.audit(select):
                self.append()
                yield item

        def audit_head(self):
            head = store.audit_head()
            self.append()
            return head

        def journal_digests(self):
            return store.journal_digests()

    assert verify_trail(Busy()).ok
    store.close()
    other.close()
