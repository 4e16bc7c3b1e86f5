"""Follows docs/mapping-guide.md step by step: writes the files it shows, makes the changes it shows, runs what it runs.

``python -m tests.examples.guide`` brings the outputs in the document up to date.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from connector.cli.main import run
from connector.engine import checking, opening
from connector.mock import MockGrc
from tests.cli.desk import OFFICER
from tests.examples.conftest import dialect_of_readme
from tests.fakes.registry import InProcessRegistry

GUIDE = Path(__file__).parents[2] / "docs" / "mapping-guide.md"
BLOCK = re.compile(r"^```(yaml|diff|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAME_WIDTH = (
    (r"127\.0\.0\.1:\d{5}", "127.0.0.1:18087"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "2026-03-02 09:00:00 UTC"),
    (r"since \d{4}-\d\d-\d\d", "since 2026-03-02"),
    (r"\d{8}T\d{6}-[0-9a-f]{8}", "20260302T090000-1f0c9a3e"),
    (r"\b\d+\.\d s\b", "0.4 s"),
    (r"(?<=audit head )(\d+):[0-9a-f]{64}", r"\1:" + "9c1f" * 16),
)
"""What differs from run to run, and what stands for it."""


def follow(directory: Path) -> str:
    """The guide's text with the outputs of the commands that it shows, made anew."""
    with _platform() as grc, contextlib.chdir(directory):
        text = GUIDE.read_text(encoding="utf-8")
        return BLOCK.sub(lambda found: _step(found, directory, grc), text)


@contextlib.contextmanager
def _platform() -> Iterator[MockGrc]:
    """Ledgerline with two models that people entered, and MLflow with one that it does not know."""
    registry = InProcessRegistry()
    with MockGrc(dialect=dialect_of_readme("ledgerline")) as grc, contextlib.ExitStack() as stack:
        for module in (opening, checking):
            stack.enter_context(mock.patch.object(module, "open_registry", return_value=registry))
        environment = {"LEDGERLINE_TOKEN": grc.token, "COLUMNS": "118", "NO_COLOR": "1", "MLFLOW_GRC_CONFIG": ""}
        stack.enter_context(mock.patch.dict(os.environ, environment))
        officer = grc.as_user(OFFICER)
        officer.create("models", description="Scorecard of 2019", purpose="Consumer loans", tier="2 - High")
        officer.create("models", description="Collections", purpose="Dunning", tier="4 - Low")
        registry.author.create_model(
            "credit", description="Scores applications", tags={"purpose": "Mortgages", "risk_classification": "high"}
        )
        yield grc


def _step(found: re.Match[str], directory: Path, grc: MockGrc) -> str:
    kind, body = found.groups()
    if kind == "yaml":
        name, text = body.split("\n", 1)
        (directory / name.removeprefix("# ")).write_text(text.replace("http://127.0.0.1:18087", grc.url), "utf-8")
    elif kind == "diff":
        _change(directory, body)
    else:
        command = body.split("\n", 1)[0]
        return f"```console\n{command}\n{_said(command)}```"
    return found[0]


def _change(directory: Path, body: str) -> None:
    old = "".join(line[1:] for line in body.splitlines(keepends=True) if line[0] in "- ")
    new = "".join(line[1:] for line in body.splitlines(keepends=True) if line[0] in "+ ")
    for path in directory.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if old in text:
            path.write_text(text.replace(old, new), encoding="utf-8")
            return
    raise AssertionError(f"no file has {old!r}")


def _said(command: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = run(command.removeprefix("$ mlflow-grc ").split())
    text = out.getvalue()
    for pattern, stand_in in SAME_WIDTH:
        text = re.sub(pattern, stand_in, text)
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"{lines}\n(exit code {code})\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        GUIDE.write_text(follow(Path(place)), encoding="utf-8")
