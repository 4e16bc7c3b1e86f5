"""What the deployment gate rests on: which version is meant, where MLflow is, and whose signatures are believed.

From a configuration, or from options and the environment variables of MLflow's own client, so that a pipeline needs
no configuration of the connector.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from adapters.httpclient import AuthSettings, HttpSettings, NoAuth, Secret
from adapters.httpclient.settings import BasicAuth, BearerAuth
from connector.attest.content import path_digest
from connector.attest.files import read_trusted
from connector.attest.verdict import Asked, Reason, Verdict, judge
from connector.cli.without_configuration import in_terms_of
from connector.config.config import Config
from connector.model.errors import ConfigError
from connector.model.registry import ModelVersion
from connector.model.tags import DEFAULT_PREFIX, Tags
from connector.registry.lookup import Lookup

TRACKING_URI = "MLFLOW_TRACKING_URI"
LOOKS = 3
"""How often a version is read whose attestation is just being replaced."""
_PAUSE = 0.5
_URI = re.compile(r"models:/(?P<name>[^/:]+?)(?:/(?P<version>[1-9]\d{0,9})|@(?P<alias>[^@/]+))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Meant:
    """One version: by its number, or by an alias."""

    name: str
    version: str | None
    alias: str | None

    @classmethod
    def parse(cls, text: str) -> Meant:
        """Read ``models:/NAME/VERSION`` or ``models:/NAME@ALIAS``. Raises BadParameter."""
        found = _URI.fullmatch(text)
        if found is None:
            raise click.BadParameter(f"{text!r} is neither models:/NAME/VERSION (a number) nor models:/NAME@ALIAS.")
        return cls(found["name"], found["version"], found["alias"])

    def __str__(self) -> str:
        """As it was asked for."""
        return f"models:/{self.name}@{self.alias}" if self.alias else f"models:/{self.name}/{self.version}"


@dataclass(frozen=True, slots=True)
class Place:
    """An MLflow, and what the configuration of its connector says; ``registry`` None: its id is not known. ``named``:
    what the user set to name it, where that is no configuration.
    """

    uri: str
    auth: AuthSettings
    http: HttpSettings
    workspace: str | None
    registry: str | None
    prefix: str | None
    trusted_keys: Path | None
    statuses: tuple[str, ...]
    severities: tuple[str, ...] | None
    named: str = ""


def of_configuration(config: Config, name: str, workspace: str | None) -> Place:
    """The place that a connection of a configuration names; no secret but MLflow's is read. Raises ConfigError where
    several workspaces are read and none is chosen.
    """
    registry, chosen = config.registry(name), config.connection(name)
    if workspace is None and registry.served.several:
        raise ConfigError(
            f"Registry '{chosen.registry}' has several workspaces.", remedy="Say which is meant with --workspace."
        )
    signed, gates = config.settings.attestation, config.policy(name).gates
    promotion = gates.promotion if gates is not None else None
    return Place(
        registry.uri,
        registry.auth,
        registry.http,
        workspace or registry.served.only,
        str(registry.id),
        chosen.tag_prefix,
        config.trusted_keys_path,
        signed.statuses if signed is not None else ("approved",),
        promotion.open_issues if promotion is not None else None,
    )


def of_environment(uri: str | None, workspace: str | None) -> Place:
    """The place that ``uri``, or the environment of MLflow's client, names. Raises ConfigError."""
    named = "--tracking-uri" if uri else TRACKING_URI
    uri = uri or os.environ.get(TRACKING_URI, "")
    if not uri:
        remedy = f"Give --tracking-uri, set {TRACKING_URI}, or name a configuration with --config."
        raise ConfigError("No MLflow is named.", remedy=remedy)
    workspace = workspace or os.environ.get("MLFLOW_WORKSPACE") or None
    return Place(uri, _auth(), _http(), workspace, None, None, None, ("approved",), None, named)


def _auth() -> AuthSettings:
    named = os.environ.get("MLFLOW_TRACKING_USERNAME")
    if named:
        return BasicAuth(type="basic", username=named, password=Secret(env="MLFLOW_TRACKING_PASSWORD"))
    if os.environ.get("MLFLOW_TRACKING_TOKEN"):
        return BearerAuth(type="bearer", token=Secret(env="MLFLOW_TRACKING_TOKEN"))
    return NoAuth()


def _http() -> HttpSettings:
    insecure = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("1", "true")
    bundle = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    client = os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH")
    return HttpSettings(
        verify=not insecure,
        ca_bundle=Path(bundle) if bundle and not insecure else None,
        client_cert=Path(client) if client else None,
    )


def question(
    place: Place,
    *,
    prefix: str | None,
    registry: str | None,
    keys: Path | None,
    unsigned: bool,
    severities: tuple[str, ...] | None,
    artifact: Path | None,
    now: datetime,
) -> Asked:
    """What is asked of a version there; options win over the configuration. Raises ConfigError where nothing says whose
    signatures are believed, and for files that cannot be read.
    """
    keys = None if unsigned else keys or place.trusted_keys
    if keys is None and not unsigned:
        remedy = "Give --trusted-keys FILE, or --unsigned to take tags on trust, which proves nothing."
        raise ConfigError("Nothing says whose signatures are believed.", remedy=remedy)
    blocking = severities if severities is not None else place.severities
    asked = Asked(
        tags=Tags(prefix or place.prefix or DEFAULT_PREFIX),
        trusted=read_trusted(keys) if keys is not None else None,
        now=now,
        registry=registry or place.registry,
        workspace=place.workspace,
        statuses=place.statuses,
        artifact=_digest(artifact) if artifact is not None else None,
    )
    return asked if blocking is None else replace(asked, severities=blocking)


def _digest(path: Path) -> str:
    try:
        return path_digest(path)
    except ValueError as error:
        raise ConfigError(f"The artifact {path} has no digest: {error}.", remedy="Name the model's folder.") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """The gate's answer, the version that was looked at (None: there is none), and how many requests it took."""

    verdict: Verdict
    version: ModelVersion | None
    requests: int


def ask(place: Place, meant: Meant, asked: Asked, pause: Callable[[float], None] = time.sleep) -> Answer:
    """Ask MLflow about a version and judge it: two requests, and one more for each look at an attestation that is just
    being replaced. Raises what :class:`Lookup` raises: then nobody can tell.
    """
    with (
        in_terms_of(place.named),
        closing(Lookup(place.uri, place.auth, place.http, workspace=place.workspace)) as lookup,
    ):
        for look in range(1, LOOKS + 1):
            version = _version(lookup, meant)
            model = lookup.model(meant.name) if version is not None else None
            if version is None or model is None:
                return Answer(Verdict((_not_there(meant),)), None, lookup.requests_sent)
            verdict = judge(asked, version, model)
            if not verdict.torn or look == LOOKS:
                break
            pause(_PAUSE)
        return Answer(verdict, version, lookup.requests_sent)


def _version(lookup: Lookup, meant: Meant) -> ModelVersion | None:
    if meant.alias is not None:
        return lookup.at_alias(meant.name, meant.alias)
    return lookup.version(meant.name, meant.version or "")


def _not_there(meant: Meant) -> Reason:
    remedy = "Correct the name, the version or the alias."
    if meant.alias is not None:
        remedy += " It may have been taken off because an approval ended: the version then has the tag grc_taken_off."
    return Reason("not_found", f"MLflow has no {meant}", remedy)
