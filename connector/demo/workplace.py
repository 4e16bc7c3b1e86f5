"""Where the demo works and how it ends: its directory, and signals."""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from connector.demo.bank import STORE_NAME
from connector.model.errors import ConfigError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def workplace(wanted: Path | None, *, keep: bool) -> Iterator[Path]:
    """An empty directory to work in: ``wanted``, which stays as it is, or a temporary one.

    Of a temporary one MLflow's store goes at the end (not with ``keep``), and everything when the demo broke off.
    Raises ConfigError for a directory that has something in it or cannot be made.
    """
    if wanted is not None:
        yield _empty(wanted)
        return
    directory = Path(tempfile.mkdtemp(prefix="mlflow-grc-demo-"))
    try:
        yield directory
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    if not keep:
        shutil.rmtree(directory / STORE_NAME, ignore_errors=True)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """The first SIGINT or SIGTERM raises KeyboardInterrupt; further ones do not disturb the cleaning up.

    Outside the main thread signals are left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _empty(directory: Path) -> Path:
    remedy = "name a new or an empty directory with --directory."
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise ConfigError(f"The directory {directory} is not empty.", remedy=remedy)
    except OSError as error:
        raise ConfigError(f"The directory {directory} cannot be used: {error.strerror}.", remedy=remedy) from None
    return directory.resolve()
