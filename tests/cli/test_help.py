"""The help: fast, complete, and the same in the document."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import click
import pytest

from connector import __version__
from connector.cli.group import COMMANDS, EXIT_CODES
from tests.cli.reference import BEGIN, END, reference

ROOT = Path(__file__).parents[2]
HEAVY = (
    "adapters", "apscheduler", "connector.config", "connector.engine", "connector.mapping", "connector.state",
    "fastapi", "jmespath", "mlflow", "numpy", "pandas", "pydantic", "requests", "rich", "sqlite3", "sqlite_utils",
    "structlog", "tenacity", "uvicorn", "yaml",
)  # fmt: skip


def loaded_by(*arguments: str) -> set[str]:
    """Which modules a process that runs the command has loaded in the end."""
    code = f"import sys; from connector.cli.main import run; run({list(arguments)!r}); print(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("syn",)])
def test_the_help_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments) & set(HEAVY) == set()


def test_the_names_of_the_heavy_modules_are_right() -> None:
    assert [name for name in HEAVY if name != "pandas" and importlib.util.find_spec(name) is None] == []
    assert {"connector.engine", "connector.state"} <= loaded_by("plan", "--help")


def test_no_command_loads_mlflow_to_show_its_help() -> None:
    assert loaded_by("demo", "--help") & {"mlflow", "sqlite_utils", "pandas", "fastapi"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_says_what_the_command_says(name: str) -> None:
    command: click.Command = importlib.import_module(f"connector.cli.commands.{name}").command
    assert COMMANDS[name] == command.get_short_help_str(200)


def test_the_overview_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    from connector.cli.main import run

    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(line.strip() in out for line in EXIT_CODES.splitlines()[1:])
    assert all(name in out for name in COMMANDS)


def test_python_runs_it_as_a_module() -> None:
    command = [sys.executable, "-m", "connector", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert __version__ in done.stdout


def test_the_document_has_the_help_of_every_command() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    part = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert part.strip() == reference().strip(), "run: python -m tests.cli.reference"
