"""What has to be right, beside the file itself, before the daemon's web server starts and events arrive."""

from __future__ import annotations

import os
from collections.abc import Iterator

from connector.config.config import Config
from connector.config.events import GuessableSecret, proving
from connector.config.service import ServerSettings
from connector.mapping.complaints import KeyPath, dotted
from connector.model.errors import ConfigError
from connector.model.grc import Problem

SHORTEST = 16
"""Characters of a person's token: shorter ones could be guessed."""


def service_problems(config: Config) -> Iterator[Problem]:
    """Yield what is wrong with certificate, tokens and receiver; ``where`` is file, line and dotted key. A token that
    cannot be read is passed over: it is a missing secret.
    """
    settings = config.settings.server
    yield from _webhook_secrets(config)
    if settings is not None:
        yield from _certificate(config, settings)
        for name, what, remedy in token_problems(settings):
            yield Problem(_where(config, ("server", "people", name)), what, remedy)
        yield from _unencrypted(config, settings)
    elif config.settings.events.mlflow or config.settings.events.grc:
        what = "events are configured, and nothing receives them: only the web server of a daemon does"
        remedy = "Add a `server` section to the configuration of the process that is to receive them."
        yield Problem(_where(config, ("events",)), what, remedy, fatal=False)


def _webhook_secrets(config: Config) -> Iterator[Problem]:
    """Those that are too short. One that cannot be read is passed over: it is a missing secret."""
    events = config.settings.events
    mlflow = [("mlflow", name, found.secret, found.former_secret) for name, found in events.mlflow.items()]
    grc = [("grc", name, found.secret, found.former_secret) for name, found in events.grc.items()]
    for section, name, present, former in (*mlflow, *grc):
        for key, secret in (("secret", present), ("former_secret", former)):
            try:
                if secret is not None:
                    proving(secret)
            except GuessableSecret as error:
                yield Problem(_where(config, ("events", section, name, key)), error.message, error.remedy)
            except ConfigError:
                continue


def token_problems(settings: ServerSettings) -> Iterator[tuple[str, str, str]]:
    """Yield each person whose token is too short or another's too: name, problem, remedy."""
    owners: dict[str, str] = {}
    for name, secret in settings.people.items():
        try:
            token = secret.resolve().get_secret_value()
        except ConfigError:
            continue
        if len(token) < SHORTEST:
            what = f"The token of {name} is shorter than {SHORTEST} characters."
            yield name, what, "Make one with `openssl rand -hex 24`."
        elif token in owners:
            what = f"{owners[token]} and {name} have one token: nobody could tell who decides."
            yield name, what, "Give each a token of their own."
        owners.setdefault(token, name)


def _unencrypted(config: Config, settings: ServerSettings) -> Iterator[Problem]:
    """A note where others can reach the server without TLS, and nothing says that it ends in front of it."""
    behind = settings.origin is not None and settings.origin.startswith("https://")
    if settings.on_loopback or settings.tls is not None or behind:
        return
    what = (
        f"the server listens on {settings.listen}, where other machines reach it, without TLS: sign-in tokens, secrets "
        "of webhooks and what the pages show can be read on the way"
    )
    remedy = (
        "Set server.tls, or listen on 127.0.0.1. Where a proxy or an ingress in front ends TLS, server.origin says so: "
        "the https:// address that browsers see."
    )
    yield Problem(_where(config, ("server", "listen")), what, remedy, fatal=False)


def _certificate(config: Config, settings: ServerSettings) -> Iterator[Problem]:
    tls = settings.tls
    for key, file in (("certificate", tls.certificate), ("key", tls.key)) if tls is not None else ():
        path = config.directory / file
        if not os.access(path, os.R_OK):
            where = _where(config, ("server", "tls", key))
            yield Problem(where, f"{path} cannot be read", "Name a PEM file that this user may read.")


def _where(config: Config, path: KeyPath) -> str:
    return f"{config.document.file}:{config.document.line(path)}: {dotted(path)}"
