"""``mlflow-grc webhooks``: what MLflow has to be told so that it tells of changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from connector.cli.app import App
from connector.cli.failures import FAILED
from connector.cli.options import json_option, pass_app
from connector.cli.output import BAD, GOOD, WARN, Cell
from connector.config.events import proving
from connector.model.errors import ConfigError
from connector.registry.api import Api
from connector.registry.webhooks import Webhook, Webhooks

_NAME = "mlflow-grc"
registry_option = click.option("--registry", metavar="NAME", help="The registry meant; all with events, or this one.")


@dataclass(frozen=True, slots=True)
class Place:
    """One MLflow, or one workspace of it, whose events are received at ``url`` and whose webhook has this ``name``."""

    registry: str
    workspace: str | None
    webhooks: Webhooks
    name: str
    url: str

    def __str__(self) -> str:
        return f"{self.registry}, workspace {self.workspace}" if self.workspace else self.registry


@click.group(no_args_is_help=True)
def command() -> None:
    """Set up MLflow's webhooks, which tell the daemon of changes at once.

    `events` in the configuration says which registries send events, with which secret, and where the daemon is reached.
    Without webhooks nothing is lost: cycles on schedule look at everything.
    """


@command.command()
@registry_option
@pass_app
def register(app: App, *, registry: str | None) -> None:
    """Make the webhook in MLflow, or bring it up to date.

    Run it again after a change of the address or of the secret. MLflow encrypts the secret and shows it to nobody; it
    may take a minute until a running server uses what was changed.
    """
    for place in _places(app, registry, url=True):
        secret = proving(app.config.settings.events.mlflow[place.registry].secret)
        known = place.webhooks.named(place.name)
        webhook = place.webhooks.put(place.name, place.url, secret)
        did = "Made" if known is None else "Brought up to date"
        app.out.line(f"{place}: {did} webhook {webhook.name} to {webhook.url}.", GOOD)
    app.out.line("Next: mlflow-grc webhooks test")


@command.command("list")
@registry_option
@json_option
@pass_app
def list_(app: App, *, registry: str | None, machine: bool) -> None:
    """Show the webhooks that MLflow has, and which of them is ours."""
    found = [(place, each) for place in _places(app, registry) for each in place.webhooks.all()]
    if machine:
        app.out.json({"webhooks": [_document(place, each) for place, each in found]})
    elif found:
        rows = [_row(place, each) for place, each in found]
        app.out.table(("registry", "webhook", "address", "events", "state"), rows)
    else:
        app.out.line("MLflow has no webhooks. Next: mlflow-grc webhooks register")


@command.command()
@registry_option
@pass_app
def test(app: App, *, registry: str | None) -> int:
    """Have MLflow deliver an example event, and say what came of it.

    The example is of a model called example_model, signed as every event. Where the registry has none, the daemon asks
    MLflow for it once and leaves it: no cycle comes of it.
    """
    code = 0
    for place in _places(app, registry):
        tried = place.webhooks.trial(_ours(place))
        good = 200 <= tried.status < 300
        code = code if good else FAILED
        told = f"answered {tried.status}" if tried.status else f"not delivered: {tried.problem}"
        app.out.line(f"{place}: {told}", GOOD if good else BAD)
    return code


@command.command()
@registry_option
@pass_app
def remove(app: App, *, registry: str | None) -> None:
    """Remove our webhook from MLflow; others are left alone."""
    for place in _places(app, registry):
        webhook = place.webhooks.named(place.name)
        if webhook is None:
            app.out.line(f"{place}: there is no webhook {place.name}.")
        else:
            place.webhooks.remove(webhook)
            app.out.line(f"{place}: removed webhook {webhook.name}.", GOOD)


def _ours(place: Place) -> Webhook:
    webhook = place.webhooks.named(place.name)
    if webhook is None:
        what = f"{place} has no webhook {place.name}."
        raise ConfigError(what, remedy="Make it with `mlflow-grc webhooks register`.")
    return webhook


def _places(app: App, registry: str | None, *, url: bool = False) -> Iterator[Place]:
    """Each MLflow, or workspace, that is meant. Raises ConfigError where the configuration has no events for it."""
    events = app.config.settings.events
    names = list(events.mlflow) if registry is None else [registry]
    if not names or any(name not in events.mlflow for name in names):
        missing = f"events.mlflow.{registry or 'REGISTRY'}"
        remedy = f"Set {missing}.secret in {app.config_file}, as {{env: NAME}} or {{file: PATH}}."
        raise ConfigError(f"There is no {missing} in the configuration.", remedy=remedy)
    if url and events.url is None:
        remedy = "Set it to the address at which MLflow reaches the daemon, as in https://mlflow-grc.bank.example."
        raise ConfigError("There is no events.url in the configuration.", remedy=remedy)
    address = (events.url or "").rstrip("/")
    for name in names:
        with _api(app, name) as api:
            for workspace, inside in _inside(app, name, api):
                ours = "-".join(filter(None, (_NAME, app.config.instance[:8], name, workspace)))
                yield Place(name, workspace, Webhooks(inside), ours, f"{address}/events/mlflow/{name}")


@contextmanager
def _api(app: App, registry: str) -> Iterator[Api]:
    settings = app.config.settings.registries[registry]
    api = Api(settings.uri, settings.auth, settings.http)
    try:
        yield api
    finally:
        api.close()


def _inside(app: App, registry: str, api: Api) -> Iterator[tuple[str | None, Api]]:
    """The workspaces that are read, or the server itself where it has none."""
    served = app.config.settings.registries[registry].served
    if served.every:
        found = api.ask("workspaces", {}).get("workspaces", ())
        names = sorted(str(each["name"]) for each in found)
    else:
        names = list(served.names)
    if not names:
        yield None, api
    for name in names:
        yield name, api.within(name)


def _row(place: Place, webhook: Webhook) -> tuple[Cell, ...]:
    ours = webhook.name == place.name
    events = f"{len(webhook.events)} kinds"
    state: Cell = ("active", GOOD) if webhook.active else ("disabled", BAD)
    if ours and not webhook.whole:
        state = ("out of date: register it again", WARN)
    return str(place), (webhook.name, GOOD) if ours else webhook.name, webhook.url, events, state


def _document(place: Place, webhook: Webhook) -> dict[str, object]:
    return {
        "registry": place.registry,
        "workspace": place.workspace,
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "events": sorted(f"{entity}.{action}".lower() for entity, action in webhook.events),
        "active": webhook.active,
        "ours": webhook.name == place.name,
    }
