"""``python -m benchmarks reports``."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from benchmarks.prepare import fast_directory
from benchmarks.reports import prepare
from benchmarks.reports.table import document, tables

RESULTS = Path(__file__).parents[1] / "results" / "reports.json"
_ROOT = Path(__file__).parents[2]
_FILE = click.Path(path_type=Path, dir_okay=False)
REPORTS: Sequence[tuple[str, ...]] = (
    ("reconcile", "html"),
    ("reconcile", "text"),
    ("reconcile", "csv"),
    ("reconcile", "json"),
    ("reconcile", "markdown"),
    ("reconcile", "xlsx"),
    ("inventory", "text"),
    ("inventory", "csv"),
    ("inventory", "json"),
    ("inventory", "xlsx"),
    ("inventory", "sqlite"),
    ("inventory", "xlsx", "--as-of"),
    ("inventory", "sqlite", "--as-of"),
    ("completeness", "csv"),
    ("exposure", "csv"),
)
"""The report, its format, and ``--as-of`` where it is about an earlier moment."""


@click.command("reports")
@click.option("--models", type=click.IntRange(1, 99_999), default=10_000, show_default=True, help="Two versions each.")
@click.option("--out", type=_FILE, default=RESULTS, help="Results.")
@click.option("--into", type=_FILE, help="Measure nothing: put the table into this document, between its marks.")
def reports(*, models: int, out: Path, into: Path | None) -> None:
    """Measure what each report costs that is made from the last snapshot in state."""
    if into is not None:
        found = json.loads(out.read_text(encoding="utf-8"))
        into.write_text(document(into.read_text(encoding="utf-8"), found), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory(dir=fast_directory()) as temporary:
        moment = prepare.state(Path(temporary), models, click.echo)
        measured = [_measure(Path(temporary) / "large", report, moment) for report in REPORTS]
    found = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "models": models,
        "reports": measured,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    click.echo(tables(found))


def _measure(directory: Path, report: tuple[str, ...], moment: str) -> dict[str, Any]:
    name, form, *as_of = report
    file = directory / f"report.{form}"
    asked = ["--config", str(directory / "mlflow-grc.yaml"), "report", name, "--format", form, "--output", str(file)]
    asked += ["--as-of", moment] if as_of else []
    command = [sys.executable, "-m", "benchmarks.reports.child", *asked]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {"exit_code": done.returncode}
    if result["exit_code"]:
        raise RuntimeError(f"a report failed:\n{done.stderr[-3000:]}")
    told = {"report": name, "format": form, "as_of": bool(as_of), "load": round(os.getloadavg()[0], 1)}
    found = {**told, **result, "megabytes": round(file.stat().st_size / 1e6, 1)}
    click.echo(f"{name} {form}{' as of' if as_of else ''}: {found['seconds']} s, {found['peak_mb']} MB")
    file.unlink()
    return found
