"""``python -m benchmarks``: prepare, run, table; platforms; reports; scaling; events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from benchmarks.events.command import events
from benchmarks.measure import Bench, machine
from benchmarks.platforms.command import platforms
from benchmarks.prepare import EMPTY, PLAIN, RUNS, default_cache, prepared
from benchmarks.reports.command import reports
from benchmarks.scaling.command import scaling
from benchmarks.table import document, tables

RESULTS = Path(__file__).parent / "results" / "results.json"
PARTS = ("idle", "changed", "first", "naive", "mistakes")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def main() -> None:
    """Measure mlflow-grc against a real MLflow server and the mock GRC; see docs/performance.md."""


cache_option = click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    default=default_cache,
    help="Where prepared registries are kept.  [default: mlflow-grc-benchmarks in the user's cache]",
)
models_option = click.option(
    "--models", type=click.IntRange(1, 99_999), multiple=True, default=(1_000,), help="Size; may be repeated."
)


main.add_command(platforms)
main.add_command(reports)
main.add_command(scaling)
main.add_command(events)


@main.command()
@cache_option
@models_option
def prepare(cache: Path, models: tuple[int, ...]) -> None:
    """Make the registries of these sizes, unless they are there."""
    for size in models:
        for kind in (EMPTY, PLAIN, RUNS):
            prepared(cache, size, kind, click.echo)


@main.command()
@cache_option
@models_option
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, default=PARTS, help="What to measure.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Times that each pair is taken.")
@click.option("--concurrency", type=click.IntRange(1), default=4, show_default=True, help="As in the configuration.")
@click.option("--out", type=_FILE, default=RESULTS, help="Results; those of other parts and sizes stay.")
def run(
    *, cache: Path, models: tuple[int, ...], parts: tuple[str, ...], rounds: int, concurrency: int, out: Path
) -> None:
    """Measure, and put the results into a file."""
    bench = Bench(cache, click.echo, rounds=rounds, concurrency=concurrency)
    for part in parts:
        if part == "mistakes":
            _keep(out, part, {"": bench.mistakes()})
            continue
        for size in models:
            if part == "idle":
                for run_fields in (False, True):
                    _keep(out, part, {f"{size} {run_fields}": bench.idle(size, run_fields=run_fields)})
            else:
                _keep(out, part, {str(size): getattr(bench, part)(size)})


@main.command()
@click.option("--results", type=_FILE, default=RESULTS, help="What `run` wrote.")
@click.option("--into", type=_FILE, help="Put the tables into this document, between its marks.")
def table(results: Path, into: Path | None) -> None:
    """Print the tables of a result file."""
    found = json.loads(results.read_text(encoding="utf-8"))
    if into is None:
        click.echo(tables(found))
    else:
        into.write_text(document(into.read_text(encoding="utf-8"), found), encoding="utf-8")


def _keep(out: Path, part: str, news: dict[str, Any]) -> None:
    """Put new results into the file at once: what was measured is not lost when a later part fails."""
    known = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    known["machine"] = machine()
    known.setdefault(part, {}).update(news)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
