"""Several processes and threads at one file, and one that is killed in the middle of a transaction."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector.audit import verify_trail
from connector.model.errors import LeaseLost
from connector.model.state import AuditEntry, Base, Link
from connector.state import LeaseHeld, SqliteStore, StateUnavailable, Store, open_store
from connector.state.times import stamp
from tests.state.contract.base import BANK, CREDIT, FRAUD, NOW, later

CHILD = """
import sys
from connector.model.fields import *
from connector.model.state import *
from connector.state import open_store
from connector.state.times import stamp
from tests.state.contract.base import *
import sqlite_utils
print("imported", flush=True); sys.stdin.readline()
store = open_store(sys.argv[1], str)
"""
COUNT = """
lease = store.acquire_lease(sys.argv[2], "child", NOW, 60)
for number in range(60):
    with store.recording(lease, NOW) as tx:
        found = store.bases_of(sys.argv[2], CREDIT.key).get("count", Base("0", None))
        tx.set_base(CREDIT, "count", Base(str(int(found.registry) + 1), None))
        tx.append_audit(AuditEntry(stamp(NOW), "run", sys.argv[2], "count", new=str(number)))
    store.approve("shared", [str(number)], sys.argv[2], NOW)
print("done", flush=True)
"""
HOLD = """
lease = store.acquire_lease("bank", "child", NOW, 60)
with store.recording(lease, NOW) as tx:
    tx.put_link(Link(CREDIT, "R1"))
print("holding", flush=True); sys.stdin.readline()
with store.recording(lease, NOW) as tx:
    tx.put_link(Link(CREDIT, "R2"))
    tx.put_link(Link(FRAUD, "R3"))
    tx.append_audit(AuditEntry(stamp(NOW), "run", "bank", "write"))
    for number in range(5000):
        tx.set_base(CREDIT, f"field {number}", Base("x" * 500, None))
    print("inside", flush=True); sys.stdin.readline()
"""


class Child:
    """A process that works on the database in steps; ``go`` lets it take the next, ``wait_for`` waits for its word."""

    def __init__(self, code: str, *arguments: object) -> None:
        command = [sys.executable, "-c", CHILD + code, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_for(self, word: str) -> Child:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word
        return self

    def go(self) -> Child:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Store]:
    store = open_store(path, str)
    yield store
    store.close()


def test_processes_that_open_a_new_file_together_lose_no_update(path: Path, children: list[Child]):
    children.extend(Child(COUNT, path, connection) for connection in ("a", "b", "c"))
    for child in children:
        child.wait_for("imported")
    for child in children:
        child.go()
    for child in children:
        child.wait_for("done")
    store = open_store(path, str)
    assert [store.bases_of(name, CREDIT.key)["count"].registry for name in "abc"] == ["60", "60", "60"]
    assert len(store.approvals("shared", NOW)) == 180
    assert store.audit_head().sequence == 360
    assert verify_trail(store).ok
    for name in "abc":
        entries = [item.entry.new for item in store.audit() if item.entry.connection == name]
        assert entries == [str(number) for number in range(60)]
    store.close()


def test_a_process_killed_in_a_transaction_leaves_what_stood_before(path: Path, opened: Store, children: list[Child]):
    child = Child(HOLD, path).wait_for("imported").go().wait_for("holding")
    children.append(child)
    with pytest.raises(LeaseHeld, match="child"):
        opened.acquire_lease(BANK, "me", later(seconds=59), 60)
    child.go().wait_for("inside")
    assert opened.links(BANK) == {CREDIT.key: Link(CREDIT, "R1")}
    child.kill()
    again = open_store(path, str)
    assert again.links(BANK) == {CREDIT.key: Link(CREDIT, "R1")}
    assert again.bases(BANK) == {}
    assert again.audit_head().sequence == 0
    lease = again.acquire_lease(BANK, "me", later(seconds=60), 60)
    assert lease.token == 2
    with again.recording(lease, later(seconds=60)) as tx:
        tx.append_audit(AuditEntry(stamp(NOW), "run", BANK, "write"))
        tx.put_link(Link(FRAUD, "R4"))
    assert sorted(opened.links(BANK)) == [CREDIT.key, FRAUD.key]
    assert verify_trail(opened).ok
    assert opened._database.session().row("PRAGMA integrity_check") == {"integrity_check": "ok"}
    again.close()


def test_a_holder_that_was_overtaken_records_nothing_more(path: Path, opened: Store):
    slow, other = opened, open_store(path, str)
    mine = slow.acquire_lease(BANK, "me", NOW, 60)
    yours = other.acquire_lease(BANK, "you", later(seconds=61), 60)
    with other.recording(yours, later(seconds=61)) as tx:
        tx.put_link(Link(CREDIT, "yours"))
    with pytest.raises(LeaseLost), slow.recording(mine, later(seconds=62)) as tx:
        tx.put_link(Link(CREDIT, "mine"))
    assert slow.links(BANK)[CREDIT.key].record_id == "yours"
    other.close()


def test_threads_of_one_store_queue_and_lose_no_update(path: Path):
    opened = SqliteStore(path, str, busy_seconds=0)
    lease = opened.acquire_lease(BANK, "me", NOW, 60)
    barrier = threading.Barrier(6)

    def work(number: int) -> None:
        opened.links(BANK)
        barrier.wait(10)
        for _ in range(25):
            with opened.recording(lease, NOW) as tx:
                count = opened.bases_of(BANK, CREDIT.key).get("count", Base("0", None)).registry
                tx.set_base(CREDIT, "count", Base(str(int(count or 0) + 1), None))
                tx.append_audit(AuditEntry(stamp(NOW), "run", BANK, "count", actor=str(number)))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert opened.bases_of(BANK, CREDIT.key)["count"].registry == "150"
    assert opened.audit_head().sequence == 150
    assert verify_trail(opened).ok
    opened.close()


def test_readers_do_not_wait_for_a_writer_and_see_what_was_committed(opened: Store):
    lease = opened.acquire_lease(BANK, "me", NOW, 60)
    with ThreadPoolExecutor(1) as pool, opened.recording(lease, NOW) as tx:
        tx.put_link(Link(CREDIT, "R1"))
        assert list(opened.links(BANK)) == [CREDIT.key]
        assert pool.submit(opened.links, BANK).result(10) == {}


def test_sessions_of_threads_that_ended_are_closed(opened: Store):
    sessions = []
    for _ in range(5):
        thread = threading.Thread(target=lambda: sessions.append(opened._database.session()))
        thread.start()
        thread.join(10)
    with pytest.raises(StateUnavailable, match="closed"):
        sessions[0].execute("SELECT 1")
    assert len(opened._database._open) <= 2
