"""``mlflow-grc demo``: the whole story on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.options import json_option, pass_app
from connector.demo.reconciliation import make_report
from connector.demo.run import DemoOptions, Parts, run_demo
from connector.demo.wiring import open_cycle


@click.command()
@click.option("--keep", is_flag=True, help="Leave the servers up at the end, and print their addresses.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Work in this empty directory; a temporary one unless given.",
)
@json_option
@pass_app
def command(app: App, *, keep: bool, directory: Path | None, machine: bool) -> int:
    """Play the whole story on this machine, with servers of its own.

    Starts a real MLflow server and the mock GRC on loopback ports, registers a bank's portfolio of models, and plays
    what happens over their life: inventory, approval, issues, drift, a conflict. Every step is checked on both
    servers. Takes about a minute; needs no configuration and touches nothing outside its directory.
    """
    return run_demo(DemoOptions(directory, keep, machine), Parts(open_cycle, make_report), stream=app.out.stream)
