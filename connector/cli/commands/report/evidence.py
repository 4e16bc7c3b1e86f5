"""``mlflow-grc report evidence``: what an examiner takes away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.commands.report.options import profile_option
from connector.cli.failures import PERSON
from connector.cli.files import whole_path
from connector.cli.options import FILE, pass_app
from connector.cli.output import BAD, DIM
from connector.cli.words import counted, listed
from connector.engine.evidencing import Bundled, write_evidence
from connector.engine.wanted import Wanted


@click.command("evidence")
@click.option("--output", type=FILE, metavar="FILE", required=True, help="The zip to write.")
@profile_option
@pass_app
def evidence_(app: App, *, output: Path, profile: str | None) -> int:
    """Write an examiner's bundle: one zip that proves itself.

    It holds the inventory, the findings with their waivers, the exposures, the whole audit trail, the configuration
    and its rules, a manifest of digests, and a program that checks them with Python's standard library alone. Exit
    code 3 where a listing was incomplete or a fuse holds something back.
    """
    now = datetime.now(UTC)
    wanted = Wanted(now.date().isoformat(), profile=profile, now=now)
    with app.store(there=True) as store, whole_path(output) as path, path.open("wb") as stream:
        found = write_evidence(app.config, app.names(), store, wanted, stream, now)
    _tell(app, output, found)
    return 0 if found.complete else PERSON


def _tell(app: App, output: Path, found: Bundled) -> None:
    out = app.out
    for each in found.connections:
        if each.gaps:
            out.line(f"INCONCLUSIVE: {each.connection}: not read to the end: {listed(each.gaps)}.", BAD)
        if each.held_back:
            held_back = counted(each.held_back, "operation")
            out.line(f"INCONCLUSIVE: {each.connection}: a fuse holds back {held_back}; see `mlflow-grc plan`.", BAD)
    out.line(f"Wrote {output}.")
    out.line(f"Manifest: {found.manifest}")
    out.line(f"Head: {found.head}")
    out.line("Keep both where whoever keeps the bundle cannot change them: verify.py in it takes them.", DIM)
