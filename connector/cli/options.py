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
model_option = click.option("--model", metavar="NAME", help="Only this registered model, with its versions.")
by_option = click.option("--by", metavar="NAME", default=login_name, help="Who decides; your login name unless given.")


def must_exist(connection: Connection, model: str | None) -> None:
    """Refuse a model that neither MLflow nor the state knows. Raises NotThere naming the nearest."""
    if model is None or connection.registry.model(model) is not None:
        return
    known = {link.ref.name for link in connection.store.links(connection.name).values()}
    if model in known:
        return
    from connector.mapping.complaints import nearest  # noqa: PLC0415 - keeps `--help` fast

    hint = nearest(model, known)
    tail = f" {hint}" if hint.startswith("Did") else ""
    raise NotThere(f"There is no registered model '{model}' in MLflow.{tail}")
