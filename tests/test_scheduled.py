"""Reports by the calendar: made by the command line in a process of its own, kept for their days, and never the
daemon's undoing.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from connector import scheduled
from connector.config.config import load_config
from connector.config.reports import FORMATS, ScheduledReport
from connector.daemon import rota
from connector.daemon.jobs import Timed, timed_reports
from connector.model.errors import ConfigError
from connector.scheduled import Reporter

NOW = datetime(2026, 3, 31, 6, 0, tzinfo=UTC)
WRITES = """
import sys
arguments = sys.argv[1:]
with open(arguments[arguments.index("--output") + 1], "w") as stream:
    stream.write(" ".join(arguments))
"""


def reporter(tmp_path: Path, code: str = WRITES, at: datetime = NOW, keep_days: int = 30) -> Reporter:
    command = (sys.executable, "-c", code)
    return Reporter(
        tmp_path / "c.yaml", tmp_path / "reports", keep_days, threading.Event(), command=command, clock=lambda: at
    )


def wanted(**more: str) -> ScheduledReport:
    return ScheduledReport.model_validate({"report": "reconcile", "cron": "0 6 * * 1", **more})


def test_a_report_is_the_command_that_an_admin_would_give(tmp_path: Path) -> None:
    path = reporter(tmp_path).write(wanted(connection="bank", profile="sr-26-2"))
    assert path == tmp_path / "reports" / "reconcile-bank-sr-26-2-20260331T060000Z.html"
    told = path.read_text()
    assert told.startswith(f"--config {tmp_path}/c.yaml --log-level error report reconcile --output {path}")
    assert told.endswith("--format html --profile sr-26-2 --connection bank")


@pytest.mark.parametrize(
    ("report", "ending"), [("inventory", "xlsx"), ("completeness", "csv"), ("exposure", "csv"), ("evidence", "zip")]
)
def test_each_report_has_a_usual_form(tmp_path: Path, report: str, ending: str) -> None:
    path = reporter(tmp_path).write(wanted(report=report))
    assert path is not None
    assert path.name == f"{report}-20260331T060000Z.{ending}"


def test_the_forms_are_those_of_the_commands() -> None:
    from connector.cli.commands.report import command

    for report, forms in FORMATS.items():
        options = {option.name: option for option in command.commands[report].params}
        assert "output" in options
        if forms != ("zip",):
            assert set(forms) == set(options["form"].type.choices)  # type: ignore[attr-defined]


def test_a_report_is_removed_after_its_days_and_nothing_else_is(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    first = reporter(tmp_path).write(wanted())
    other = reporter(tmp_path).write(wanted(format="csv"))
    note = folder / "reconcile-notes.html"
    note.write_text("mine")
    reporter(tmp_path, at=NOW + timedelta(days=30)).write(wanted())
    assert first is not None
    assert first.exists()
    last = reporter(tmp_path, at=NOW + timedelta(days=30, seconds=1)).write(wanted())
    assert not first.exists()
    assert {path.name for path in folder.iterdir()} >= {note.name, other.name, last.name}  # type: ignore[union-attr]


def test_the_log_says_what_proves_the_file(tmp_path: Path) -> None:
    with capture_logs() as logs:
        path = reporter(tmp_path).write(wanted(report="evidence"))
    assert path is not None
    assert logs[0]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_inconclusive_report_is_written_and_said(tmp_path: Path) -> None:
    with capture_logs() as logs:
        assert reporter(tmp_path, WRITES + "sys.exit(3)").write(wanted()) is not None
    assert [each["event"] for each in logs] == ["report written"]
    assert "person is needed" in logs[0]["attention"]


@pytest.mark.parametrize("code", ["import sys; sys.exit('no such profile')", "import os; os.abort()"])
def test_a_report_that_fails_is_logged_and_removes_nothing(tmp_path: Path, code: str) -> None:
    old = reporter(tmp_path, at=NOW - timedelta(days=99)).write(wanted())
    with capture_logs() as logs:
        assert reporter(tmp_path, code).write(wanted()) is None
    assert [(each["event"], each["log_level"]) for each in logs] == [("report failed", "error")]
    assert "no such profile" in logs[0]["error"] or "abort" in code
    assert old is not None
    assert old.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file")
    with capture_logs() as logs:
        assert reporter(tmp_path).write(wanted()) is None
    assert "reports" in logs[0]["error"]


def test_the_daemon_that_stops_stops_its_report(tmp_path: Path) -> None:
    writing = reporter(tmp_path, "import sys, time; sys.stderr.write('begun\\n'); sys.stderr.flush(); time.sleep(600)")
    writing.stop.set()
    with capture_logs() as logs:
        assert writing.write(wanted()) is None
    assert logs[0]["error"] == "stopped with the daemon"


def test_a_report_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled, "PATIENCE", 0.1)
    monkeypatch.setattr(scheduled, "_POLL", 0.1)
    with capture_logs() as logs:
        assert reporter(tmp_path, "import time; time.sleep(600)").write(wanted()) is None
    assert "not done after" in logs[0]["error"]


def test_findings_are_counted_by_a_report_that_nobody_keeps(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import sys; open({str(seen)!r}, 'w').write(' '.join(sys.argv[1:]))"
    assert reporter(tmp_path, code).count("bank")
    assert "report reconcile --format json --output /dev/null --connection bank" in seen.read_text()
    with capture_logs() as logs:
        assert not reporter(tmp_path, "import sys; sys.exit(1)").count("bank")
    assert [each["event"] for each in logs] == ["findings not counted"]


def test_the_daemon_writes_them_when_they_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, written = threading.Event(), threading.Event()
    monkeypatch.setattr(rota, "_cron", lambda _: IntervalTrigger(seconds=0.05))
    often = Timed("reconcile html", "* * * * *", written.set)
    serving = threading.Thread(target=rota.LocalRota((), [often]).run, args=(ended,))
    serving.start()
    try:
        assert written.wait(20)
    finally:
        ended.set()
        serving.join(20)
    assert not serving.is_alive()


def test_the_daemon_serves_the_reports_of_its_connections(tmp_path: Path) -> None:
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(CONFIG)
    found = timed_reports(load_config(path), ("bank",), threading.Event())
    assert [each.name for each in found] == ["reconcile html", "inventory-bank xlsx", "tally bank"]


def test_the_count_of_findings_is_asked_for_or_not(tmp_path: Path) -> None:
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(CONFIG.replace("  schedule:", "  count_findings: null\n  schedule:"))
    found = timed_reports(load_config(path), ("bank",), threading.Event())
    assert [each.name for each in found] == ["reconcile html", "inventory-bank xlsx"]


CONFIG = """
instance: 1a2b3c4d-0000-4000-8000-00000000000a
registries:
  main: {uri: http://127.0.0.1:9, id: 6f1f1f5e-0000-4000-8000-000000000001}
connections:
  bank: {registry: main, adapter: http, url: http://127.0.0.1:9, mapping: mock, scope: {include: [a-*]}}
  other: {registry: main, adapter: http, url: http://127.0.0.1:9, mapping: mock, scope: {include: [b-*]}}
reports:
  schedule:
    - {report: reconcile, cron: "0 6 * * 1"}
    - {report: inventory, cron: "0 6 1 * *", connection: bank}
    - {report: inventory, cron: "0 6 1 * *", connection: other}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("report: reconcile", "report: reconcile, format: pdf", "Reconcile has no format 'pdf'"),
        ('cron: "0 6 * * 1"', 'cron: "0 6 * * monday-ish"', "no cron expression"),
        ("connection: other", "connection: othr", "There is no connection 'othr'"),
        ("connection: other", "connection: bank", "scheduled twice"),
        ("report: reconcile", "report: exposure, profile: sr-26-2", "asks for no profile"),
        ("report: reconcile", "report: recon", "reports.schedule[0].report"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(CONFIG.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert words in str(refused.value)
