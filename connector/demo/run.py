"""Runs the demo from its first line to its exit code."""

from __future__ import annotations

import shlex
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO, TypeAlias

from connector.demo.bank import CONFIG_NAME, LOG_NAME, Bank, open_bank
from connector.demo.cast import CAST
from connector.demo.events import Began, Ended, Kept, Reported
from connector.demo.machine import JsonNarrator
from connector.demo.narrator import Narrator, TextNarrator
from connector.demo.stage import Cycle, Stage
from connector.demo.story import play
from connector.demo.workplace import ended_by_signals, workplace

OpenCycle: TypeAlias = Callable[[Path], AbstractContextManager[Cycle]]
"""Opens the connector on a configuration file."""
MakeReport: TypeAlias = Callable[[Path], Reported]
"""Writes the reconciliation report beside a configuration file and returns what to show of it."""

INTERRUPTED = 130
UNAPPROVED_IN_PRODUCTION = ("C01", "card-fraud-detection v4")
"""The control and the object that the story's report has to name."""
_NOTE = "Everything runs on this machine; the bank and its figures are fictitious."


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says. ``directory`` None: a temporary one; ``machine``: JSON and nothing else."""

    directory: Path | None = None
    keep: bool = False
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """The connector, as the demo uses it."""

    open_cycle: OpenCycle
    make_report: MakeReport


def run_demo(options: DemoOptions, parts: Parts, *, stream: TextIO | None = None) -> int:
    """Play the story and return the exit code: 0 when it ended as written, else 1; 130 when interrupted before.

    ``stream`` is standard output unless given. Raises ConfigError for an unusable directory and RunAborted
    (Unreachable) when a server does not start. Both servers are stopped on every way out.
    """
    out = stream or sys.stdout
    narrator = JsonNarrator() if options.machine else TextNarrator(out)
    try:
        with ended_by_signals(), workplace(options.directory, keep=options.keep) as directory:
            return _run(options, parts, directory, narrator, out)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(
    options: DemoOptions, parts: Parts, directory: Path, narrator: JsonNarrator | TextNarrator, out: TextIO
) -> int:
    started = time.monotonic()
    narrator.tell(Began(_NOTE))
    with open_bank(directory, narrator) as bank:
        failures = _play(bank, parts, narrator)
        report = _report(bank, parts, narrator)
        failures += _unreported(report)
        files = (("report", report.file), *_files(directory))
        narrator.tell(Ended(not failures, time.monotonic() - started, tuple(failures), files))
        if options.keep:
            narrator.tell(_kept(bank))
        if isinstance(narrator, JsonNarrator):
            out.write(narrator.document() + "\n")
        out.flush()
        if options.keep:
            _wait_for_the_end()
    return 1 if failures else 0


def _play(bank: Bank, parts: Parts, narrator: Narrator) -> list[str]:
    with parts.open_cycle(bank.config) as cycle:
        stage = Stage(
            registry=bank.author,
            eyes=bank.eyes,
            office=bank.office,
            cycle=cycle,
            narrator=narrator,
            portfolio=bank.portfolio,
            today=_today(),
        )
        play(stage)
    return stage.failures


def _report(bank: Bank, parts: Parts, narrator: Narrator) -> Reported:
    with narrator.working("writing the report"):
        report = parts.make_report(bank.config)
    narrator.tell(report)
    return report


def _unreported(report: Reported) -> list[str]:
    """What the report had to say and does not: the version in production that nobody approved."""
    told = {(control, subject) for _, control, subject, *_ in report.findings}
    missing = UNAPPROVED_IN_PRODUCTION not in told
    return [f"the report does not tell of {' '.join(UNAPPROVED_IN_PRODUCTION)}"] if missing else []


def _files(directory: Path) -> tuple[tuple[str, str], ...]:
    return (("configuration", str(directory / CONFIG_NAME)), ("log", str(directory / LOG_NAME)))


def _kept(bank: Bank) -> Kept:
    tokens = bank.grc.tokens
    return Kept(
        places=(
            ("MLflow", bank.mlflow.url, "models, versions, tags: open it in a browser"),
            ("GRC", bank.grc.url, "the inventory: open it in a browser and sign in with a token below"),
        ),
        command=f"cd {shlex.quote(str(bank.directory))} && mlflow-grc status",
        logins=tuple((person.email.partition("@")[0], tokens[person.email], person.role) for person in CAST[:2]),
    )


def _wait_for_the_end() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return


def _today() -> date:
    # The GRC and the connector date in UTC, and the story's due dates are compared with theirs.
    return datetime.now(UTC).date()
