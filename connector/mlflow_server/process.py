"""Starts and stops ``mlflow server`` as a subprocess on a SQLite store and a loopback port.

The system chooses the port: the server itself binds port 0 and its log tells which it got, so no other process can
take the port between choosing and binding, and the line proves that *this* process serves it.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import requests

from connector.model.errors import Unreachable

_HOST = "127.0.0.1"
_SERVING = re.compile(r"(?:Uvicorn running on|Listening at:) http://127\.0\.0\.1:(\d+)")
"""What Uvicorn says, and what gunicorn says, behind which early versions of MLflow 3 serve."""
_POLL = 0.05
_LOG_LINES_SHOWN = 15


class MlflowServer:
    """``with MlflowServer(directory) as server: ... server.url``.

    The store (``mlflow.db``), the log (``mlflow-server.log``) and stray files stay in ``directory``, which is created;
    a second server on the same directory finds the first one's registry. Nothing is printed on the terminal.
    ``launch`` and ``wait_ready`` are ``start`` in two halves, for callers with something to do in the 6 to 25 seconds
    that MLflow needs to import itself. ``options`` go to the command as they are, ``environment`` to the process.
    Times are in seconds.
    """

    interpreter: ClassVar[str] = sys.executable
    """The Python whose MLflow is started: the running one, unless another version's server is to be tried."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        workers: int = 1,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        start_limit: float = 120.0,
        stop_limit: float = 10.0,
    ) -> None:
        self.directory = directory.resolve()
        self.log_path = self.directory / "mlflow-server.log"
        self._port, self._workers = port, workers
        self._options, self._environment = tuple(options), dict(environment or {})
        self._start_limit, self._stop_limit = start_limit, stop_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, known once the server is ready."""
        if self._url is None:
            raise RuntimeError("the MLflow server is not ready yet: call start() or wait_ready() first")
        return self._url

    @property
    def pid(self) -> int | None:
        """Process id, which is also its process group; None when it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start and wait until requests are answered.

        Raises:
            Unreachable: it ended early or took longer than ``start_limit``; the message has the last log lines.
        """
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the process and return at once."""
        if self._process is not None:
            raise RuntimeError(f"the MLflow server on {self.directory} is already started")
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                self._command(),
                cwd=self.directory,
                env=_environment() | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait for the launched server; on failure it is stopped before Unreachable is raised."""
        deadline = time.monotonic() + self._start_limit
        try:
            while self._url is None:
                self._fail_if_ended(within=_POLL)
                if time.monotonic() > deadline:
                    raise self._failure(f"was not ready within {self._start_limit:g} seconds")
                self._url = self._healthy_url()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask the process group to end, and kill it after ``stop_limit``; harmless when it does not run."""
        process, self._process, self._url = self._process, None, None
        if process is None or process.poll() is not None:
            return
        _signal_group(process, signal.SIGTERM)
        try:
            process.wait(self._stop_limit)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _command(self) -> list[str]:
        store = f"sqlite:///{self.directory / 'mlflow.db'}"
        options = {
            "--backend-store-uri": store,
            "--default-artifact-root": str(self.directory / "artifacts"),
            "--host": _HOST,
            "--port": str(self._port),
            "--workers": str(self._workers),
        }
        pairs = [part for pair in options.items() for part in pair]
        return [self.interpreter, "-m", "mlflow", "server", "--no-serve-artifacts", *pairs, *self._options]

    def _fail_if_ended(self, *, within: float) -> None:
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(within)
            raise self._failure(f"ended with exit code {code} before it was ready")

    def _healthy_url(self) -> str | None:
        serving = _SERVING.search(self.log_path.read_text(errors="replace"))
        if serving is None:
            return None
        url = f"http://{_HOST}:{serving[1]}"
        with requests.Session() as session:
            session.trust_env = False
            try:
                return url if session.get(f"{url}/health", timeout=5).ok else None
            except requests.RequestException:
                return None

    def _failure(self, what: str) -> Unreachable:
        lines = self.log_path.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
        return Unreachable(
            f"The local MLflow server {what}. Its last log lines:\n" + "\n".join(lines),
            remedy=f"read {self.log_path}; the port may be taken or mlflow may not be installed whole.",
        )


def _environment() -> dict[str, str]:
    """Ours without any MLflow setting of the user, which must not steer the demo's server.

    MLflow imports itself in two processes, one after the other. Where nobody may keep byte code, both compile it anew
    and the start takes twice as long (12 seconds instead of 6): the server may.
    """
    clean = {key: value for key, value in os.environ.items() if not key.lstrip("_").startswith("MLFLOW_")}
    clean.pop("PYTHONDONTWRITEBYTECODE", None)
    return clean | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """The group, because MLflow serves from a child; the group's id is the pid that we have not reaped yet."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
