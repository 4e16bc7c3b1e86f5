"""Options that several reports share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from connector.cli.options import FILE, F

output_option = click.option("--output", type=FILE, metavar="FILE", help="File to write; standard output unless given.")
live_option = click.option("--live", is_flag=True, help="Read both sides now, instead of what the last cycle saw.")
profile_option = click.option(
    "--profile",
    metavar="ID|FILE",
    help="The regime whose controls and fields are asked for, e.g. sr-26-2; that of the configuration unless given.",
)


def table_option(tables: Iterable[str], default: str) -> Callable[[F], F]:
    """Which table a CSV file holds; None where it is not given."""
    return click.option(
        "--table",
        "part",
        type=click.Choice(list(tables)),
        help=f"CSV: the table that the file holds.  [default: {default}]",
    )
