"""Mutants made by a tool over one part of the code, all of them or a sample: ``python -m tests.mutation.sample PART``.

What the list was not thought of for. Needs mutmut beside the development tools (``pip install mutmut==3.8.1``).
Mutants that only change the letters of a text are left out of the draw. Every survivor is printed with its difference,
for a person to judge: a hole in the tests, or nothing that a test should notice. Exit code 1 when one survives, 2 when
nothing could be run. ``--directory`` keeps the tree, and with it the times of the tests, for another sample.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation.mutant import CORE, GAMES, REVIEW, STATE, TOLD, copy_to

_KILLED = ("killed", "timeout", "segfault")
_NONE = "no mutant has this name"
_REST = ("adapters", "mappings", "tests", "docs", "README.md", "CHANGELOG.md", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Part:
    """The files that are mutated, and the tests that have to notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "merge": Part(("connector/merge.py", "connector/fuse.py"), CORE[:1]),
    "plan": Part(("connector/plan/*",), (CORE[0], *REVIEW, *TOLD)),
    "apply": Part(("connector/apply/*",), (CORE[0], *REVIEW, *TOLD)),
    "state": Part(("connector/state/*", "connector/state/sql/*", "connector/state/sqlite/*"), STATE),
}


def main() -> int:
    """Mutate, run, and print the survivors and the count."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.sample", description="Run a tool's mutants.")
    parser.add_argument("part", choices=PARTS, help="What to mutate.")
    parser.add_argument("--count", type=int, help="How many mutants, drawn at random. Default: all.")
    parser.add_argument("--seed", type=int, default=1, help="Of the draw. Default: 1.")
    parser.add_argument("--jobs", type=int, default=1, help="How many at a time. Default: 1.")
    parser.add_argument("--directory", type=Path, help="Keep the tree here. Default: a temporary one.")
    chosen = parser.parse_args()
    with _tree(chosen.directory, PARTS[chosen.part]) as tree:
        if not (tree / "mutants" / "mutmut-stats.json").exists():
            # It makes the mutants, runs the tests once and notes which reach what; then it finds nothing to do.
            _mutmut(tree, ["run", "--max-children", str(chosen.jobs), _NONE])
        made = _made(tree)
        names = list(islice(_in_code(tree, shuffled(made, chosen.seed)), chosen.count))
        if not names:
            parser.exit(2, f"no mutants were made: run mutmut in {tree} to see why\n")
        print(f"{len(names)} mutants of {len(made)}, seed {chosen.seed}", flush=True)  # noqa: T201 - a command
        _mutmut(tree, ["run", "--max-children", str(chosen.jobs), *names])
        fates = _fates(tree, names)
        for name in names:
            if fates[name] not in _KILLED:
                print(f"## {fates[name]}: {name}\n{_difference(tree, name)}")  # noqa: T201 - a command
    count = Counter(fates.values())
    killed = sum(count[fate] for fate in _KILLED)
    print(f"{killed} of {len(names)} killed ({100 * killed / len(names):.1f} %): {dict(count)}")  # noqa: T201 - a command
    return 0 if killed == len(names) else 1


def shuffled(names: Sequence[str], seed: int) -> list[str]:
    """The names in an order that the seed decides: a larger sample begins with the smaller one."""
    ordered = sorted(names)
    return random.Random(seed).sample(ordered, len(ordered))


def only_words(difference: str) -> bool:
    """Whether a difference is but one of letters in a text: mutmut wraps it in XX, or changes its case."""
    removed, added = (
        [line.removeprefix(sign) for line in difference.splitlines() if line.startswith(sign) and line[:3] != sign * 3]
        for sign in "-+"
    )
    return [line.replace("XX", "").casefold() for line in added] == [line.casefold() for line in removed]


def _in_code(tree: Path, names: Sequence[str]) -> Iterator[str]:
    return (name for name in names if not only_words(_difference(tree, name)))


def settings(part: Part) -> str:
    """What mutmut reads from ``pyproject.toml``. Left out are the state machine, which takes minutes for each mutant
    that it notices, the scenarios interrupted at every point, which are many, and a test that starts a process of its
    own in another directory, where mutmut finds no settings.
    """
    tests = [
        "-m",
        "not server",
        "-k",
        "not interrupted and not without_permission",
        "-p",
        "no:cacheprovider",
        "-q",
        "-x",
    ]
    tests += [f"--ignore={each}" for each in GAMES]
    lists = {
        "source_paths": ["connector"],
        "only_mutate": part.files,
        "also_copy": _REST,
        "pytest_add_cli_args": tests,
        "pytest_add_cli_args_test_selection": part.tests,
    }
    # A list of plain strings is the same in JSON as in TOML.
    return "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(list(value))}\n" for key, value in lists.items())


@contextmanager
def _tree(directory: Path | None, part: Part) -> Iterator[Path]:
    if directory is not None and directory.exists():
        yield directory
        return
    with TemporaryDirectory(prefix="mutants-") as temporary:
        tree = directory or Path(temporary)
        copy_to(tree)
        with (tree / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(settings(part))
        yield tree


def _mutmut(tree: Path, arguments: Sequence[str]) -> str:
    command = [str(Path(sys.executable).parent / "mutmut"), *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stdout


def _made(tree: Path) -> list[str]:
    return [
        name
        for path in sorted((tree / "mutants").rglob("*.meta"))
        for name in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    ]


def _fates(tree: Path, names: Sequence[str]) -> dict[str, str]:
    """What became of each: mutmut's own word, which its list of all results gives as ``name: word``."""
    lines = (line.strip().rpartition(": ") for line in _mutmut(tree, ["results", "--all", "true"]).splitlines())
    told = {name: word for name, _, word in lines}
    return {name: told.get(name, "not run") for name in names}


def _difference(tree: Path, name: str) -> str:
    lines = _mutmut(tree, ["show", name]).splitlines()
    return "\n".join(each for each in lines if each.startswith(("-", "+")) and not each.startswith(("---", "+++")))


if __name__ == "__main__":
    sys.exit(main())
