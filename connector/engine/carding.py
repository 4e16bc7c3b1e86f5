"""The model card of a configured connection's model."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from connector.config.config import Config
from connector.controls import JoinedModel, JoinedVersion
from connector.engine.connection import Connection
from connector.engine.live import from_now
from connector.engine.recall import known_runs
from connector.engine.reporting import Wanted, inventory_of, last_seen
from connector.model.errors import Rejected
from connector.model.registry import RunData
from connector.model.workspaces import is_called, split_name
from connector.registry.artifacts import Artifacts, environment
from connector.registry.base import VersionKey
from connector.report.card.content import Card, Source, make_card, version_of
from connector.report.material import Material
from connector.state.base import StateReader

FOLDER = "model_card"
"""Where a card lies among the artifacts of a run."""


def card_of_state(config: Config, name: str, store: StateReader, wanted: Wanted, version: str | None) -> Card | None:
    """The card on what the last cycle saw; None where the connection knows no such model. Raises RunAborted where
    there was no cycle yet, and Rejected for a version that the model does not have.
    """
    return _card(config, name, last_seen(store, name), wanted, version, known_runs(store, name))


def card_of_now(config: Config, connection: Connection, wanted: Wanted, version: str | None) -> Card | None:
    """The card on both sides as they are now, with the files about the environment that MLflow holds. Errors as for
    :func:`card_of_state`.
    """
    material = from_now(connection)
    return _card(config, connection.name, material, wanted, version, material.runs, live=True)


def log_card(config: Config, card: Card, files: Mapping[str, str]) -> str:
    """Put the card's files among the artifacts of the version's run; returns the run's id. Raises Rejected where the
    version has none, and what MLflow answers.
    """
    if not card.run_id:
        what = f"{card.model} v{card.version} was registered without a run, so its card has nowhere to go in MLflow."
        raise Rejected(what, remedy="write it to a file with --output.")
    with closing(_artifacts(config, card.connection, card.model)) as artifacts:
        for file, text in files.items():
            artifacts.log(card.run_id, f"{FOLDER}/{file}", text.encode())
    return card.run_id


def _card(
    config: Config,
    name: str,
    material: Material,
    wanted: Wanted,
    number: str | None,
    runs: Mapping[VersionKey, RunData],
    *,
    live: bool = False,
) -> Card | None:
    inventory = inventory_of(config, name, material, wanted)
    model = next(
        (each for each in inventory.models if each.registry and is_called(each.name, wanted.model or "")), None
    )
    if model is None:
        return None
    version = _version(model, number)
    mine = {each: run for (called, each, _), run in runs.items() if called == model.name}
    files = _environment(config, name, model.name, version.version) if live else {}
    return make_card(inventory, model, version, Source(name, material.taken_at, mine, files, material.gaps))


def _version(model: JoinedModel, number: str | None) -> JoinedVersion:
    found = version_of(model, number)
    if found is None:
        there = ", ".join(each.version for each in model.versions) or "none"
        asked = f"version {number}" if number is not None else "a version"
        raise Rejected(f"{model.name} does not have {asked}.", remedy=f"choose one of: {there}.")
    return found


def _environment(config: Config, connection: str, model: str, version: str) -> dict[str, str]:
    with closing(_artifacts(config, connection, model)) as artifacts:
        return environment(artifacts, split_name(model)[1], version)


def _artifacts(config: Config, connection: str, model: str) -> Artifacts:
    settings = config.registry(connection)
    workspace = split_name(model)[0] or settings.served.only
    return Artifacts(settings.uri, settings.auth, settings.http, workspace=workspace)
