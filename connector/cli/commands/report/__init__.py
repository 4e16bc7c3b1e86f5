"""``mlflow-grc report``: reports on the inventory. One module each."""

from __future__ import annotations

import click

from connector.cli.commands.report.completeness import completeness_
from connector.cli.commands.report.evidence import evidence_
from connector.cli.commands.report.exposure import exposure_
from connector.cli.commands.report.incident import incident_
from connector.cli.commands.report.inventory import inventory_
from connector.cli.commands.report.model import model_
from connector.cli.commands.report.reconcile import reconcile_


@click.group(no_args_is_help=True)
def command() -> None:
    """Report on the inventory."""


command.add_command(reconcile_)
command.add_command(model_)
command.add_command(completeness_)
command.add_command(exposure_)
command.add_command(incident_)
command.add_command(inventory_)
command.add_command(evidence_)
