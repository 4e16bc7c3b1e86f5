"""One desk per test: a registry in memory, the mock GRC over HTTP, and the command line in this process."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from connector.engine import checking, opening
from connector.mock import MockGrc
from tests.cli.desk import Desk
from tests.fakes.registry import InProcessRegistry


@pytest.fixture(autouse=True)
def quiet_afterwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave logging as it was, for its handler writes to this test's standard error."""
    monkeypatch.setenv("MLFLOW_CONFIGURE_LOGGING", os.environ.get("MLFLOW_CONFIGURE_LOGGING", "true"))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name in ("connector", "adapters"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def grc() -> Iterator[MockGrc]:
    with MockGrc() as server:
        yield server


@pytest.fixture
def bare_desk(
    tmp_path: Path, grc: MockGrc, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """A desk whose configuration names an MLflow that a test has to bring."""
    monkeypatch.setenv("DESK_TOKEN", grc.token)
    monkeypatch.delenv("MLFLOW_GRC_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, grc, InProcessRegistry(), capsys)


@pytest.fixture
def desk(bare_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with a registry in memory in the place of MLflow."""
    for module in (opening, checking):
        monkeypatch.setattr(module, "open_registry", lambda *_, **__: bare_desk.registry)
    return bare_desk


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address where nobody listens, and nobody else can."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
