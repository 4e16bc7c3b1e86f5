"""The root command: global options, and subcommands whose modules are imported when they are used.

The global options may stand before the subcommand or after it.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import connector
from connector import __version__
from connector.cli.app import CONFIG_VARIABLE, DEFAULT_CONFIG, App
from connector.model.errors import ConfigError

COMMANDS = {
    "init": "Write a commented mlflow-grc.yaml.",
    "check": "Find every problem of configuration, access and mapping.",
    "discover": "Show what the GRC has: tables or applications, fields, choices.",
    "plan": "Show what a sync would do, field by field.",
    "sync": "Bring MLflow and the GRC together, once.",
    "run": "Keep MLflow and the GRC together: sync on a schedule until stopped.",
    "status": "Show the last runs and what waits for a person.",
    "report": "Report on the inventory.",
    "conflicts": "List and resolve fields that both sides changed.",
    "approve": "Release what a fuse withheld.",
    "link": "Tie registered models to existing GRC records.",
    "gate": "Say whether a version may be deployed, from MLflow alone.",
    "keys": "Make, replace and hand out the keys of signed approvals.",
    "audit": "List, verify and export the audit trail.",
    "state": "Show where the state is kept, move it to a server, or take the file back into use.",
    "webhooks": "Set up MLflow's webhooks, which tell the daemon of changes at once.",
    "schema": "Print the JSON Schema of a file you write.",
    "mock": "Serve the mock GRC, to try things out.",
    "demo": "Play the whole story on this machine, with servers of its own.",
}
"""Each subcommand, in the order of the help, with its short help. The module of a command has its name."""

EXIT_CODES = """\b
Exit codes, the same for every command:
  0  clean, or applied
  1  failed
  2  usage or configuration
  3  a person is needed: a conflict, a quarantine, a fuse that tripped,
     an operation gone stale, an incomplete listing, --fail-on reached,
     a version that `gate` denies
Of several connections the worst counts: 2, then 1, then 3, then 0.
`plan --detailed-exitcode`: 0 no changes, 1 error, 2 changes.
A command ended by Ctrl-C gives 130."""


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401 - any option's
    app = context.ensure_object(App)
    if value and parameter.name:
        setattr(app, parameter.name, value)
        if parameter.name == "config_file":
            app.config_asked_for = context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    return value


def _options(*, hidden: bool) -> list[click.Option]:
    # Only the root's own copy reads the environment: an option given before the subcommand must win over it.
    common: dict[str, Any] = {"expose_value": False, "callback": _remember, "hidden": hidden}
    path = click.Path(path_type=Path, dir_okay=False)
    return [
        click.Option(
            ["--config", "-c", "config_file"],
            type=path,
            metavar="FILE",
            envvar=None if hidden else CONFIG_VARIABLE,
            help=f"Configuration file; {DEFAULT_CONFIG} here unless given. Environment: {CONFIG_VARIABLE}.",
            **common,
        ),
        click.Option(["--connection"], metavar="NAME", help="The connection meant; all, or the only one.", **common),
        click.Option(
            ["--log-level"],
            type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
            help="Least level that is logged, whatever the configuration says.",
            **common,
        ),
        click.Option(
            ["--log-format"],
            type=click.Choice(["text", "json"]),
            help="Form of the log, whatever the configuration says.",
            **common,
        ),
        click.Option(["--debug"], is_flag=True, help="Log everything, and show tracebacks.", **common),
    ]


class Root(click.Group):
    """Knows its subcommands by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        _refuse_strange_adapters()
        module = importlib.import_module(f"connector.cli.commands.{cmd_name}")
        command: click.Command = module.command
        _accept_globals(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for one that does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib  # noqa: PLC0415 - keeps `--help` fast

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else f"There are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command '{args[0]}'. {hint}", ctx)
        return super().resolve_command(ctx, args)


def _refuse_strange_adapters() -> None:
    """Another distribution brings a package ``adapters`` too, and the one installed last wins. Raises ConfigError."""
    spec, ours = importlib.util.find_spec("adapters"), Path(connector.__file__).parents[1]
    if spec is None or spec.origin is None or Path(spec.origin).parents[1] != ours:
        remedy = "Install mlflow-grc into a virtual environment of its own."
        raise ConfigError("Another distribution has put its package 'adapters' in the place of ours.", remedy=remedy)


def _accept_globals(command: click.Command) -> None:
    for part in command.commands.values() if isinstance(command, click.Group) else [command]:
        if not any(parameter.name == "config_file" for parameter in part.params):
            part.params.extend(_options(hidden=True))


@click.command(
    cls=Root,
    params=_options(hidden=False),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, prog_name="mlflow-grc")
@click.pass_context
def root(context: click.Context) -> None:
    """Keep an MLflow model registry and a GRC platform's model inventory one truth.

    Start with `mlflow-grc demo` to see it at work, or with `mlflow-grc init` to set it up.
    """
    context.ensure_object(App)
