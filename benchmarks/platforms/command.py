"""``python -m benchmarks platforms``."""

from __future__ import annotations

import json
import os
import platform as system
from pathlib import Path
from typing import Any

import click

from benchmarks.platforms import known, measure
from benchmarks.platforms.table import document, tables

RESULTS = Path(__file__).parents[1] / "results" / "platforms.json"
_FILE = click.Path(path_type=Path, dir_okay=False)
_PARTS = ("idle", "first")


@click.command("platforms")
@click.option("--platform", "chosen", type=click.Choice(known.names()), multiple=True, help="All unless given.")
@click.option("--models", type=click.IntRange(1, 99_999), default=10_000, show_default=True, help="Of an idle cycle.")
@click.option("--load", type=click.IntRange(1, 9_999), default=1_000, show_default=True, help="Models of a first load.")
@click.option("--part", "parts", type=click.Choice(_PARTS), multiple=True, default=_PARTS, help="What to measure.")
@click.option("--out", type=_FILE, default=RESULTS, help="Results; those of other platforms and parts stay.")
@click.option("--into", type=_FILE, help="Measure nothing: put the tables into this document, between its marks.")
def platforms(
    *, chosen: tuple[str, ...], models: int, load: int, parts: tuple[str, ...], out: Path, into: Path | None
) -> None:
    """Count what an idle cycle and a first load ask of each platform's simulator, and print the tables."""
    if into is not None:
        found = json.loads(out.read_text(encoding="utf-8"))
        into.write_text(document(into.read_text(encoding="utf-8"), found), encoding="utf-8")
        return
    for name in chosen or known.names():
        platform = known.platform(name)
        if "idle" in parts:
            _keep(out, name, "idle", [measure.idle(platform, models, click.echo)])
        if "first" in parts:
            loads = [measure.first(platform, load, variant, click.echo) for variant in platform.variants]
            _keep(out, name, "first", loads)
    click.echo(tables(json.loads(out.read_text(encoding="utf-8"))))


def _keep(out: Path, name: str, part: str, news: list[Any]) -> None:
    """Put new results into the file at once: what was measured is not lost when a later part fails."""
    found = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"platforms": {}}
    found["machine"] = {"cpus": os.cpu_count(), "python": system.python_version()}
    found["platforms"].setdefault(name, {})[part] = news
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
