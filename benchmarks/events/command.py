"""``python -m benchmarks events``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from benchmarks.events.measure import flood, latency
from benchmarks.measure import machine, sealed
from benchmarks.prepare import PLAIN, default_cache, prepared
from benchmarks.site import site

RESULTS = Path(__file__).parents[1] / "results" / "events.json"


@click.command()
@click.option("--cache", type=click.Path(path_type=Path, file_okay=False), default=default_cache)
@click.option("--models", type=click.IntRange(400), default=1_000, show_default=True, help="Size of the registry.")
@click.option("--seconds", type=float, default=60.0, show_default=True, help="How long events come.")
@click.option("--rate", type=float, default=50.0, show_default=True, help="Events a second.")
@click.option("--objects", type=click.IntRange(1), default=10, show_default=True, help="Models that they are about.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Workers of the MLflow server; 4 are what `mlflow server` starts by itself.",
)
@click.option("--forged", type=click.IntRange(0), default=2_000, show_default=True, help="Forged events.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, help="Results.")
def events(
    *, cache: Path, models: int, seconds: float, rate: float, objects: int, workers: int, forged: int, out: Path
) -> None:
    """Measure how soon a change in the GRC is an MLflow tag while full cycles run, and what forged events cost."""
    source = prepared(cache, models, PLAIN, click.echo)
    with tempfile.TemporaryDirectory() as directory:
        with site(source, Path(directory) / "latency", workers=workers) as at:
            told = latency(at, seconds=seconds, rate=rate, objects=objects)
        click.echo(json.dumps(told))
        with site(source, Path(directory) / "flood", workers=workers) as at:
            cost = flood(at, requests_sent=forged)
        click.echo(json.dumps(cost))
    found = {
        "machine": machine(),
        "models": models,
        "objects": objects,
        "mlflow_workers": workers,
        "latency": told,
        "flood": cost,
        **sealed(),
    }
    out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
