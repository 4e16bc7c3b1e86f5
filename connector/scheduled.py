"""Reports that the daemon writes by the calendar: into a folder, and kept for so many days.

Each is made by the command that an admin would give, in a process of its own: it reads the state while cycles go on,
its memory is given back, and whatever happens to it leaves the daemon alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector.config.reports import ScheduledReport
from connector.logs import get_logger

log = get_logger(__name__)

PATIENCE = 3600.0
"""Seconds after which a report that is not done is given up."""
_POLL = 0.5
_GRACE = 10.0
_ENDINGS = {"markdown": "md", "text": "txt"}
_STAMP = "%Y%m%dT%H%M%SZ"
PERSON = 3
"""Exit code of a report that a person has to look at: it is written all the same."""


@dataclass
class Reporter:
    """Writes the reports of one configuration file into ``folder``. ``command`` is what runs mlflow-grc; a field so
    that a test can put its own in.
    """

    config: Path
    folder: Path
    keep_days: int
    stop: threading.Event
    command: Sequence[str] = (sys.executable, "-m", "connector")
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def write(self, wanted: ScheduledReport) -> Path | None:
        """Write one report and remove its old ones; None where it failed, which is logged."""
        moment = self.clock()
        path = self.folder / f"{wanted.title}-{moment.strftime(_STAMP)}.{_ending(wanted.format)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            code, told = self._run(wanted.arguments(path))
            digest = _digest(path) if code in (0, PERSON) else ""
        except OSError as error:
            log.error("report failed", report=wanted.title, error=str(error))  # noqa: TRY400 - said in one line
            return None
        if code not in (0, PERSON):
            log.error("report failed", report=wanted.title, exit_code=code, error=told)
            return None
        attention = {"attention": "a person is needed: look into it"} if code == PERSON else {}
        log.info("report written", report=wanted.title, file=str(path), sha256=digest, **attention)
        self._prune(wanted, moment)
        return path

    def count(self, connection: str) -> bool:
        """Have the findings of a connection counted, which a whole report does; whether it was, and if not, why is
        logged.
        """
        arguments = ["report", "reconcile", "--format", "json", "--output", os.devnull, "--connection", connection]
        code, told = self._run(arguments)
        if code not in (0, PERSON):
            log.warning("findings not counted", connection=connection, exit_code=code, error=told)
        return code in (0, PERSON)

    def _run(self, arguments: Sequence[str]) -> tuple[int, str]:
        line = [*self.command, "--config", str(self.config), "--log-level", "error", *arguments]
        with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
            reading = _Reading(process)
            until = PATIENCE
            while process.poll() is None:
                if self.stop.wait(_POLL) or (until := until - _POLL) <= 0:
                    _end(process)
                    return -1, "stopped with the daemon" if self.stop.is_set() else f"not done after {PATIENCE:.0f} s"
            return process.returncode, reading.text()

    def _prune(self, wanted: ScheduledReport, moment: datetime) -> None:
        """Remove what is older than it is to be kept, by the time in its name, and nothing else of the folder."""
        ours = re.compile(rf"{re.escape(wanted.title)}-(\d{{8}}T\d{{6}}Z)\.{re.escape(_ending(wanted.format))}")
        oldest = moment - timedelta(days=self.keep_days)
        for path in sorted(self.folder.iterdir()):
            found = ours.fullmatch(path.name)
            if found and datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) < oldest:
                path.unlink(missing_ok=True)
                log.info("old report removed", file=str(path))


def _digest(path: Path) -> str:
    """The file's SHA-256: what the command prints of a bundle nobody sees, and the log is kept elsewhere."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Reading:
    """What a process says on standard error, read so that it never has to wait; the end of it is kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._thread.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            self._lines = [*self._lines[-19:], line.strip()]

    def text(self) -> str:
        """What was said last, in one line."""
        self._thread.join()
        return " ".join(filter(None, self._lines))


def _ending(form: str) -> str:
    return _ENDINGS.get(form, form)
