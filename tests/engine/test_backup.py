"""The state file copied as docs/operating.md says, while it is in use, and put back later."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from connector.audit import Head, verify_trail
from tests.engine.review import credit, settled
from tests.engine.test_machine import InProcessWorld

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"


def documented_copy(directory: Path) -> Path:
    """Run the guide's command on ``state.db`` in the directory."""
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    (command,) = (line for line in lines if line.startswith("python3 -c") and "backup" in line)
    words = [sys.executable, *shlex.split(command.replace("mlflow-grc.db", "state.db"))[1:]]
    subprocess.run(words, cwd=directory, check=True, capture_output=True, timeout=60)
    return directory / "copy.db"


def entries_in(path: Path) -> int:
    """Lines of the trail; none where the file alone has not even the table."""
    with closing(sqlite3.connect(path)) as database:
        try:
            return int(database.execute("SELECT count(*) FROM audit").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def restore(world: InProcessWorld, copy: Path) -> None:
    world.close()
    for path in world.directory.glob("state.db*"):
        path.unlink()
    shutil.copy(copy, world.directory / "state.db")
    world._open()


@pytest.fixture
def used(quick: InProcessWorld) -> InProcessWorld:
    credit(quick, purpose="Lending", risk_classification="high")
    settled(quick)
    return quick


def test_a_copy_taken_in_use_has_everything_that_was_committed(used: InProcessWorld) -> None:
    trail = len(used.audit())
    bare = Path(shutil.copy(used.directory / "state.db", used.directory / "bare.db"))
    copy = documented_copy(used.directory)
    assert entries_in(bare) < entries_in(copy) == trail
    restore(used, copy)
    assert verify_trail(used.store).ok
    assert len(used.audit()) == trail
    assert not used.sync().applied.operations


def test_an_old_copy_doubles_nothing_and_undoes_nothing(used: InProcessWorld) -> None:
    copy = documented_copy(used.directory)
    used.author.set_tag("credit", "purpose", "Leasing")
    used.author.create_model("fraud", tags={"purpose": "Cards"})
    used.author.create_version("credit")
    used.officer.decide(used.version_record("credit")["id"], "approved")
    settled(used)
    head = used.sync().head
    records = [used.officer.records(kind) for kind in ("models", "versions")]
    tags = [used.tags("credit"), used.tags("credit", "1"), used.tags("credit", "2"), used.tags("fraud")]
    restore(used, copy)
    settled(used)
    assert [used.officer.records(kind) for kind in ("models", "versions")] == records
    assert [used.tags("credit"), used.tags("credit", "1"), used.tags("credit", "2"), used.tags("fraud")] == tags
    assert not used.store.conflicts("test")
    assert verify_trail(used.store).ok
    assert not verify_trail(used.store, Head.parse(str(head))).ok


def test_a_shared_field_that_both_sides_changed_since_an_old_copy_is_parked(used: InProcessWorld) -> None:
    copy = documented_copy(used.directory)
    used.author.set_tag("credit", "purpose", "Leasing")
    settled(used)
    restore(used, copy)
    used.author.set_tag("credit", "purpose", "Cards")
    assert used.sync().exit_code == 3
    assert (used.record("credit")["purpose"], used.tags("credit")["purpose"]) == ("Leasing", "Cards")
    assert [case.field for case in used.store.conflicts("test")] == ["purpose"]
