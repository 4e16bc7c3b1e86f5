"""What every command shares: the files and switches of the command line, and what is opened from them."""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connector.cli.failures import FAILED, PERSON, USAGE, exit_code_of, tell
from connector.cli.output import Output
from connector.model.errors import ConfigError, MlflowGrcError, StateCorrupt

if TYPE_CHECKING:
    from connector.config.config import Config
    from connector.engine import Connection
    from connector.state import Store

CONFIG_VARIABLE = "MLFLOW_GRC_CONFIG"
DEFAULT_CONFIG = "mlflow-grc.yaml"
_TOLD_ON_OUTPUT = ("connector.engine", "connector.apply")
"""Loggers whose lines a command repeats on standard output in better words."""


@dataclass
class App:
    """The command line's global part. Everything heavy is imported when it is asked for."""

    config_file: Path = Path(DEFAULT_CONFIG)
    config_asked_for: bool = False
    connection: str | None = None
    debug: bool = False
    log_format: str | None = None
    log_level: str | None = None
    out: Output = field(default_factory=Output)
    _config: Config | None = None
    _logs_apart: bool = False

    @property
    def config(self) -> Config:
        """The configuration, loaded once; logging follows it from then on. Raises ConfigError."""
        if self._config is None:
            from connector.config.config import load_config  # noqa: PLC0415 - keeps `--help` fast

            self._config = load_config(self.config_file)
            self.configure_logging()
        return self._config

    @property
    def has_config(self) -> bool:
        """Whether there is a configuration, for what can do without one. Raises ConfigError for one that the command
        line names and that is not there: nobody who named it means to do without.
        """
        if self.config_file.exists():
            return True
        if self.config_asked_for:
            remedy = "Correct --config, or leave it out to do without a configuration."
            raise ConfigError("There is no such configuration.", file=str(self.config_file), remedy=remedy)
        return False

    def configure_logging(self, *, service: bool = False) -> None:
        """Send the log where the configuration and the switches say. A person at a terminal reads the command's own
        output: unless asked for, the log tells only warnings there. ``service``: this is a daemon.
        """
        from adapters.httpclient.redaction import redact  # noqa: PLC0415
        from connector.logs import LogFormat, configure  # noqa: PLC0415

        settings = self._config.settings.logging if self._config else None
        file = self._config.log_path if self._config else None
        watched = file is None and not service and sys.stderr.isatty() and not self.log_level and not self.debug
        level = self.log_level or ("debug" if self.debug else settings.level if settings else "info")
        form = self.log_format or (settings.format if settings else "text")
        self._logs_apart = file is not None or form == "json"
        configure(redact=redact, format=LogFormat(form), level="warning" if watched else level, file=file)
        for name in _TOLD_ON_OUTPUT:
            logging.getLogger(name).setLevel(logging.CRITICAL if watched else logging.NOTSET)

    def names(self) -> tuple[str, ...]:
        """The connection asked for, or all. Raises ConfigError for one that does not exist."""
        if self.connection is None:
            return self.config.connection_names
        self.config.connection(self.connection)
        return (self.connection,)

    def name(self) -> str:
        """The one connection meant. Raises ConfigError where that is not clear."""
        names = self.names()
        if len(names) > 1:
            remedy = f"Choose one with --connection: {', '.join(names)}."
            raise ConfigError(f"There are {len(names)} connections.", file=str(self.config_file), remedy=remedy)
        return names[0]

    @contextmanager
    def store(self, *, writing: bool = True, there: bool = False, reading: bool | None = None) -> Iterator[Store]:
        """The state database. Not ``writing``: where there is none yet, a passing one that leaves no file behind;
        ``there``: one must exist. ``reading``: one that was moved away will do, which is told; as a rule where nothing
        is written or one must exist. Raises ConfigError, StateMoved, StateCorrupt and StateUnavailable.
        """
        from adapters.httpclient.redaction import redact  # noqa: PLC0415
        from connector.state import open_store, state_exists  # noqa: PLC0415

        with ExitStack() as stack:
            place = self.config.state_place
            new = not state_exists(place)
            if there and new:
                remedy = "Correct `state` in the configuration, or run `mlflow-grc sync` first: it makes the database."
                raise ConfigError("There is no state database.", file=str(place), remedy=remedy)
            if isinstance(place, Path):
                _refuse_emptied(place)
            if not writing and new:
                place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlflow-grc-"))) / "state.db"
            store = open_store(place, redact)
            stack.callback(store.close)
            _heed_move(store, str(place), refuse=not (there or not writing if reading is None else reading))
            if new and writing:
                _tell_new(str(place))
            yield store

    @contextmanager
    def open(
        self,
        name: str,
        store: Store,
        *,
        stop: threading.Event | None = None,
        abort: threading.Event | None = None,
        one_off: bool = False,
    ) -> Iterator[Connection]:
        """An open connection; ``one_off``: for a command that only looks. Raises ConfigError."""
        from connector.engine.opening import open_connection  # noqa: PLC0415

        connection = open_connection(self.config, name, store, stop=stop, abort=abort, one_off=one_off)
        try:
            yield connection
        finally:
            connection.close()

    def tell(self, error: BaseException, connection: str = "") -> int:
        """Say what went wrong, of one of several connections too, so that the others can go on; the exit code. A log
        that is read by itself, a file or JSON, gets it as well.
        """
        if self._logs_apart and isinstance(error, MlflowGrcError):
            from connector.logs import get_logger  # noqa: PLC0415 - keeps `--help` fast

            where = {"connection": connection} if connection else {}
            get_logger(__name__).error("failed", error=str(error), **where)
        return tell(error, debug=self.debug, about=f"Connection {connection}: " if connection else "")

    def code_of(self, error: BaseException) -> int:
        """The exit code that an error stands for."""
        return exit_code_of(error)


def _refuse_emptied(path: Path) -> None:
    """A file without content is no memory: what was in it is lost, and nobody may take it for a new one. One that
    another process is making just now has its log beside it. Raises StateCorrupt.
    """
    if path.is_file() and path.stat().st_size == 0 and not Path(f"{path}-wal").exists():
        raise StateCorrupt(
            f"The state database {path} is empty (0 bytes).",
            remedy="restore it from a backup, or remove the file to start with a new one.",
        )


def _heed_move(store: Store, place: str, *, refuse: bool) -> None:
    """Say, or raise StateMoved, where the state was moved away: what is read is as of then."""
    moved = store.moved()
    if moved is None:
        return
    from connector.state import StateMoved  # noqa: PLC0415 - keeps `--help` fast

    if refuse:
        raise StateMoved(place, moved)
    sys.stderr.write(f"Note: the state in {place} was moved to {moved.to} at {moved.at}; this is as of then.\n")


def _tell_new(place: str) -> None:
    """Say that nothing is remembered: with a wrong address that would surprise."""
    from connector.logs import get_logger  # noqa: PLC0415 - keeps `--help` fast

    if sys.stderr.isatty():
        sys.stderr.write(f"New state database: {place}\n")
    else:
        get_logger(__name__).info("new state database", file=place)


def worst(codes: list[int]) -> int:
    """One exit code for several connections: what is wrongly configured (2), then what failed (1), then what waits for
    a person (3), then what is clean or applied (0).
    """
    return next((code for code in (USAGE, FAILED, PERSON) if code in codes), 0)


__all__ = ["CONFIG_VARIABLE", "DEFAULT_CONFIG", "App", "exit_code_of", "worst"]
