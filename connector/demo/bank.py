"""The demo's two servers, the bank's portfolio in one of them, and the configuration that connects them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from connector.demo.cast import CAST
from connector.demo.events import Ready
from connector.demo.eyes import MlflowEyes
from connector.demo.narrator import Narrator
from connector.demo.office import MockOffice, users
from connector.demo.portfolio import DemoModel, load_portfolio, register
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import MockGrc

CONFIG_NAME, TOKEN_NAME, LOG_NAME, STORE_NAME = "mlflow-grc.yaml", "grc-token", "mlflow-grc.log", "mlflow"
CONNECTION_NAME = "demo"

_CONFIG = """\
# Written by `mlflow-grc demo`. The two servers live as long as the demo does (`--keep` leaves them up).
instance: {instance}

registries:
  bank:
    uri: {mlflow}
    id: {registry}

connections:
  {connection}:
    registry: bank
    adapter: http
    url: {grc}
    auth: {{type: bearer, token: {{file: {token}}}}}
    mapping: mock
    concurrency: 1                 # one model after the other, so that the story is the same each time

logging: {{file: {log}}}
"""


@dataclass(frozen=True, slots=True)
class Bank:
    """What runs while the demo lasts. ``config`` is the path of ``mlflow-grc.yaml``."""

    directory: Path
    config: Path
    mlflow: MlflowServer
    grc: MockGrc
    author: RegistryAuthor
    eyes: MlflowEyes
    office: MockOffice
    portfolio: tuple[DemoModel, ...]


@contextmanager
def open_bank(directory: Path, narrator: Narrator) -> Iterator[Bank]:
    """Start both servers, register the portfolio, and stop the servers at the end whatever happens.

    MLflow takes 10 to 25 seconds to start: all else is done meanwhile. Raises Unreachable when it does not start.
    """
    with ExitStack() as stack:
        started = time.monotonic()
        mlflow = MlflowServer(directory / STORE_NAME)
        stack.callback(mlflow.stop)
        mlflow.launch()
        with narrator.working("Starting MLflow, which takes 10 to 25 seconds"):
            portfolio = load_portfolio()
            grc = stack.enter_context(MockGrc(users=users(CAST)))
            office = stack.enter_context(closing(MockOffice(grc)))
            mlflow.wait_ready()
            grc.mlflow_url = mlflow.url
        seconds = time.monotonic() - started
        narrator.tell(Ready("MLflow", mlflow.url, f"a real server on SQLite, started in {seconds:.1f} s"))
        narrator.tell(Ready("GRC", grc.url, "the mock GRC that ships with mlflow-grc, still empty"))
        author = stack.enter_context(RegistryAuthor(mlflow.url))
        _register(author, portfolio, narrator)
        eyes = stack.enter_context(closing(MlflowEyes(mlflow.url)))
        config = _write_config(directory, mlflow.url, grc)
        yield Bank(directory, config, mlflow, grc, author, eyes, office, portfolio)


def _register(author: RegistryAuthor, portfolio: tuple[DemoModel, ...], narrator: Narrator) -> None:
    started = time.monotonic()
    with narrator.working(f"Registering {len(portfolio)} models"):
        register(author, portfolio)
    versions = sum(len(model.versions) for model in portfolio)
    size = f"{len(portfolio)} models, {versions} versions"
    narrator.tell(Ready("Portfolio", size, f"registered with their runs in {time.monotonic() - started:.1f} s"))


def _write_config(directory: Path, mlflow_url: str, grc: MockGrc) -> Path:
    token, config = directory / TOKEN_NAME, directory / CONFIG_NAME
    token.touch(mode=0o600)
    token.write_text(grc.token + "\n", encoding="utf-8")
    text = _CONFIG.format(
        connection=CONNECTION_NAME,
        instance=uuid.uuid4(),
        registry=uuid.uuid4(),
        mlflow=mlflow_url,
        grc=grc.url,
        token=json.dumps(str(token.resolve())),
        log=LOG_NAME,
    )
    config.write_text(text, encoding="utf-8")
    return config
