"""``.ci/interpreter`` finds a Python that runs, and is not taken in by a name on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "interpreter"
OURS = "{}.{}".format(*sys.version_info)

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts of .ci need bash")


def ask(version: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.pathsep.join([str(home / "shims"), str(home / "tools")]), "HOME": str(home), **environment}
    return subprocess.run([str(SCRIPT), version], env=clean, capture_output=True, text=True, check=False)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """PATH has bash, and shims that do not run, as pyenv's for a version that is not selected."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "bash").symlink_to(str(shutil.which("bash")))
    for version in (OURS, "3.99"):
        put(tmp_path / "shims" / f"python{version}", "echo 'command not found' >&2; exit 127")
    return tmp_path


@pytest.mark.parametrize("place", [".pyenv/versions/{}.1/bin", ".local/share/uv/python/cpython-{}.1-linux/bin"])
def test_it_goes_past_a_shim_to_one_that_runs(home: Path, place: str) -> None:
    put(home / place.format(OURS) / f"python{OURS}", f'exec "{sys.executable}" "$@"')
    done = ask(OURS, home)
    assert done.returncode == 0
    assert Path(done.stdout.strip()).samefile(sys.executable)


def test_pyenv_may_stand_elsewhere(home: Path, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/versions" / f"{OURS}.9" / "bin" / f"python{OURS}", f'exec "{sys.executable}" "$@"')
    assert ask(OURS, home, PYENV_ROOT=str(tmp_path / "elsewhere")).returncode == 0


def test_one_of_another_version_does_not_count(home: Path) -> None:
    put(home / "shims" / "python3.99", f'exec "{sys.executable}" "$@"')
    done = ask("3.99", home)
    assert (done.returncode, done.stdout) == (1, "")


def test_none_is_told_by_the_exit_code(home: Path) -> None:
    assert ask("3.99", home).returncode == 1
