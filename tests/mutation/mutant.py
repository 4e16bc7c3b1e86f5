"""What a mutant is, and the tree that it lives in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
_TREES = ("connector", "adapters", "mappings", "tests", "docs")
_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md")
_FAILED_TESTS = 1
"""Exit code of pytest when tests ran and some failed; anything else but 0 says that they did not run at all."""

CORE = ("tests/core", "tests/mapping")
CONTROLS = ("tests/controls",)
REVIEW = ("tests/engine",)
TOLD = ("tests/scenarios",)
GAMES = ("tests/engine/test_machine.py",)
"""Last of all: where the state machine notices a fault it plays on for minutes to find the shortest game."""
STATE = ("tests/state/test_contract.py", "tests/state/test_sqlite_faults.py", "tests/audit")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. ``old`` stands exactly once in ``file``; ``tests`` are tried in their order until one fails.
    ``excuse``: why nothing needs to notice it.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = (*CORE, *REVIEW, *TOLD, *GAMES)
    excuse: str = ""

    def mutated(self) -> str:
        """The file's text with the fault in it. Raises ValueError where the list no longer fits the code."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: its text stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)

    def killed_by(self) -> str | None:
        """The first of the tests' groups that notices the fault; None when it survives. Raises RuntimeError when
        pytest could not run.
        """
        with _tree() as tree:
            (tree / self.file).write_text(self.mutated(), encoding="utf-8")
            for tests in self.tests:
                if _fails(tree, tests):
                    return tests
        return None


def copy_to(tree: Path) -> None:
    """Copy what the tests without a server need to ``tree``, which is made where it does not exist."""
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
    for name in _TREES:
        shutil.copytree(ROOT / name, tree / name, ignore=ignored)
    for name in _FILES:
        shutil.copy(ROOT / name, tree / name)


@contextmanager
def _tree() -> Iterator[Path]:
    with TemporaryDirectory(prefix="mutant-") as directory:
        tree = Path(directory)
        copy_to(tree)
        yield tree


def _fails(tree: Path, tests: str) -> bool:
    # The tests of this list would fail for every mutant, and say nothing.
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not server", "-p", "no:cacheprovider"]
    command += ["-k", "not interrupted" if tests in TOLD else "", "--ignore=tests/mutation"]
    command += [*(f"--ignore={each}" for each in GAMES if tests not in GAMES), tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, _FAILED_TESTS):
        raise RuntimeError(f"pytest {tests} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-500:]}")
    return done.returncode == _FAILED_TESTS
