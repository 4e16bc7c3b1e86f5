"""``mlflow-grc mock``: the mock GRC alone."""

from __future__ import annotations

import difflib
import secrets
from pathlib import Path

import click

from connector.cli.app import App
from connector.cli.options import FILE, pass_app
from connector.cli.output import BOLD
from connector.mock import MockGrc, serve
from connector.mock.dialects import HABITS, dialect_of
from connector.mock.errors import DataFileError
from connector.mock.webhook import Webhook
from connector.model.errors import ConfigError, RunAborted

HELP = """Serve the mock GRC, to try things out.

A small model-risk platform with a REST API, and with pages on which a model risk officer works. Runs until Ctrl-C or
SIGTERM.

With --dialect its API has habits of other servers, so that a mapping for such a server can be tried out. Habits can be
combined, but for two that contradict each other:
"""


def _help() -> str:
    width = max(map(len, HABITS))
    return f"{HELP}\n\b\n" + "\n".join(f"{name:{width}}  {habit.what}" for name, habit in HABITS.items())


@click.command(help=_help())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--data", type=FILE, metavar="FILE", help="Keep the records in this file; without it they go at the end.")
@click.option(
    "--token-file", type=FILE, metavar="FILE", help="Take the connector's token from this file, made if missing."
)
@click.option("--mlflow-url", default="", metavar="URL", help="Where its pages link to MLflow's own.")
@click.option("--webhook", metavar="URL", help="Tell this address of each change: URL/model, URL/version or URL/issue.")
@click.option(
    "--webhook-secret-file", type=FILE, metavar="FILE", help="The secret to send along, in the header X-Webhook-Secret."
)
@click.option(
    "--dialect", multiple=True, metavar="NAME[,NAME...]", help="A habit of the API; may be given several times."
)
@pass_app
def command(
    app: App,
    *,
    host: str,
    port: int,
    data: Path | None,
    token_file: Path | None,
    mlflow_url: str,
    webhook: str | None,
    webhook_secret_file: Path | None,
    dialect: tuple[str, ...],
) -> None:
    """Serve the mock GRC until told to stop."""
    habits = _habits(dialect)
    token = _token(token_file) if token_file else None
    told = _webhook(webhook, webhook_secret_file)

    def announce(mock: MockGrc) -> None:
        out = app.out
        out.line(f"The mock GRC serves at {mock.url} until you press Ctrl-C.", BOLD)
        out.line(f"The connector's token: {f'in {token_file}' if token_file else mock.token}")
        if habits:
            out.line(f"Dialect: {', '.join(habits)}.")
        if "issues-elsewhere" in habits:
            out.line(f"Issues are at {mock.issues_url}, with the token {mock.issues_token}.")
        out.line("To work in it, open the address in a browser, choose a person, and enter that person's token:")
        tokens = mock.tokens
        people = [(user.name, str(user.role), user.email, tokens[user.email]) for user in mock.people]
        out.table(("name", "role", "user", "token"), people)
        out.stream.flush()

    try:
        serve(
            host, port, token=token, data=data, dialect=habits, mlflow_url=mlflow_url, webhook=told, announce=announce
        )
    except DataFileError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        remedy = "choose another --port, or 0 for any that is free."
        raise RunAborted(f"The mock GRC cannot listen on {host}:{port}: {error.strerror}.", remedy=remedy) from error


def _habits(given: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(part.strip() for text in given for part in text.split(",") if part.strip())
    try:
        dialect_of(names)
    except ValueError as error:
        known = difflib.get_close_matches(next((name for name in names if name not in HABITS), ""), HABITS, n=3)
        hint = f" Did you mean {' or '.join(known)}?" if known else " See `mlflow-grc mock --help`."
        raise click.BadParameter(f"{error}.{hint}", param_hint="--dialect") from None
    return names


def _webhook(url: str | None, secret_file: Path | None) -> Webhook | None:
    if url is None:
        return None
    if secret_file is None:
        raise click.UsageError("--webhook needs --webhook-secret-file: a receiver takes nothing unproved.")
    return Webhook(url.rstrip("/"), _token(secret_file))


def _token(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24) + "\n", encoding="utf-8")
    token = path.read_text(encoding="utf-8").strip()
    if not token:
        raise ConfigError("The token file is empty.", file=str(path), remedy="Write a token into it, or remove it.")
    return token
