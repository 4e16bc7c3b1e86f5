"""A lease's holder is judged dead only where that is known."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from connector.engine import process
from connector.engine.process import is_dead, process_name
from connector.state import LeaseHeld
from tests.engine.world import World

NAME_OF_CHILD = "from connector.engine.process import process_name; print(process_name(), flush=True); input()"


@pytest.fixture
def child() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", NAME_OF_CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_a_living_process_is_not_dead_and_a_killed_one_is(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert not is_dead(name)
    assert not is_dead(process_name())
    child.kill()
    child.communicate()
    assert is_dead(name)


def test_another_process_of_the_same_number_does_not_count() -> None:
    host, pid, start, namespace = process_name().split(":", 3)
    assert is_dead(":".join((host, pid, f"{start}1", namespace)))


def test_a_process_that_is_hidden_is_not_dead_for_that(
    child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    monkeypatch.setattr(process, "_start", lambda _: "")  # as /proc shows another account's under ProtectProc=invisible
    assert not is_dead(name)
    child.kill()
    child.communicate()
    assert is_dead(name)


@pytest.mark.parametrize(
    "name", ["", "process-1", "elsewhere:1:2:pid:[1]", f"{socket.gethostname()}:999999999:1:pid:[1]"]
)
def test_of_other_machines_and_strange_names_nothing_is_known(name: str) -> None:
    assert not is_dead(name)


def test_the_lease_of_a_dead_process_is_taken_over_at_once(world: World, child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    world.store.acquire_lease("test", name, world.now, 3600)
    with pytest.raises(LeaseHeld):
        world.sync()
    child.kill()
    child.communicate()
    assert world.sync().exit_code == 0
