"""``mlflow-grc schema``: JSON Schemas for editors."""

from __future__ import annotations

import contextlib

import click

from connector.cli.app import App
from connector.cli.options import pass_app
from connector.config.schema import config_schema, inventory_schema, mapping_schema, profile_schema
from connector.engine.adapters import adapter_class, adapter_names
from connector.model.errors import ConfigError


@click.command()
@click.argument("what", type=click.Choice(["config", "mapping", "inventory", "profile"]))
@pass_app
def command(app: App, *, what: str) -> None:
    """Print the JSON Schema of a file you write.

    Editors complete and check YAML by it: save it, and begin the file with
    `# yaml-language-server: $schema=FILE`.
    """
    if what == "mapping":
        options = {}
        for name in adapter_names():
            with contextlib.suppress(ConfigError):  # one broken plug-in must not hide the schema of the others
                options[name] = adapter_class(name).Options
        app.out.json(mapping_schema(options))
        return
    app.out.json({"config": config_schema, "inventory": inventory_schema, "profile": profile_schema}[what]())
