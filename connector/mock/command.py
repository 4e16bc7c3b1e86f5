"""The mock GRC as a command that runs until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from connector.interruption import on_signals
from connector.mock.server import MockGrc
from connector.mock.webhook import Webhook


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    token: str | None = None,
    data: Path | None = None,
    dialect: Sequence[str] = (),
    mlflow_url: str = "",
    webhook: Webhook | None = None,
    announce: Callable[[MockGrc], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> None:
    """Serve a mock GRC until SIGINT, SIGTERM or ``stop``. ``announce`` is called once it answers, to print the address
    and the tokens. ``dialect`` names the habits of its API, ``mlflow_url`` is where its pages link to MLflow's own,
    ``webhook`` is told of every change.

    Raises OSError where the port is taken, DataFileError for a ``data`` file that cannot be used, ValueError for a
    dialect that there is not.
    """
    ended = stop or threading.Event()
    served = MockGrc(host=host, port=port, token=token, data=data, dialect=dialect, webhook=webhook)
    served.mlflow_url = mlflow_url
    with on_signals(ended.set), served as mock:
        announce(mock)
        ended.wait()
