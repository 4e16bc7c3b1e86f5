"""Options and look-ups that several commands share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from connector.cli.app import App
from connector.cli.failures import NotThere
from connector.model.workspaces import is_called

if TYPE_CHECKING:
    from connector.engine import Connection

F = TypeVar("F", bound=Callable[..., Any])

pass_app = click.make_pass_decorator(App)
FILE = click.Path(path_type=Path, dir_okay=False)


def login_name() -> str:
    """Who runs this process; by number where the system knows no name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


json_option = click.option("--json", "machine", is_flag=True, help="Print JSON for machines.")
model_option = click.option(
    "--model", metavar="NAME", help="Only this registered model, with its versions; WORKSPACE/NAME."
)


def _a_name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    del context, parameter
    if not value.strip():
        raise click.BadParameter("the audit trail has to say who decides: give a name.")
    return value.strip()


by_option = click.option(
    "--by",
    metavar="NAME",
    default=login_name,
    callback=_a_name,
    help="Who decides; your login name unless given.",
)


def full_name_of(connection: Connection, model: str | None) -> str | None:
    """The one model that a person means by ``model``, under its full name; None for None.

    One that MLflow lost counts as long as the state knows it. Raises NotThere for a model that neither knows, naming
    the nearest, and for a name that several workspaces have.
    """
    if model is None:
        return None
    known = {link.ref.name for link in connection.store.links(connection.name).values()}
    found = connection.registry.names(model) or [name for name in sorted(known) if is_called(name, model)]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotThere(f"More than one workspace has a model '{model}': give one of {', '.join(found)}.")
    from connector.mapping.complaints import nearest  # noqa: PLC0415 - keeps `--help` fast

    hint = nearest(model, known)
    remedy = hint if hint.startswith("Did") else "Write the name as MLflow has it: capital letters count."
    raise NotThere(f"There is no registered model '{model}' in MLflow.", remedy)
