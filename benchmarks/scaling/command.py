"""``python -m benchmarks scaling``."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.scaling.table import document, table

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("scaling")
@click.option("--into", type=_FILE, help="Put the simulation's table into this document, between its marks.")
@click.option("--store", is_flag=True, help="Measure SQLite and PostgreSQL as the state instead, on this machine.")
def scaling(*, into: Path | None, store: bool) -> None:
    """Simulate 100,000 models over 20 connections and several workers, and print what comes of it."""
    if store:
        from benchmarks.scaling.store import compare  # noqa: PLC0415 - needs the packages of the tests

        click.echo(compare())
    elif into is None:
        click.echo(table())
    else:
        into.write_text(document(into.read_text(encoding="utf-8")), encoding="utf-8")
