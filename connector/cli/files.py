"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from connector.cli.output import Output


@contextlib.contextmanager
def whole_file(path: Path, mode: int = 0o644) -> Iterator[TextIO]:
    """A file to write, which takes the place of ``path`` once it is complete. An error, a full disk included, leaves
    what was there before. A device or a pipe is written as it is. Raises OSError that names ``path``.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as stream:
                yield stream
            return
        with _beside(path, mode) as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None and not _is_ours(path, error.filename):
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def target(out: Output, path: Path | None) -> Iterator[Output]:
    """Where a command's result goes: a file that is written whole, or standard output."""
    if path is None:
        yield out
        return
    with whole_file(path) as stream:
        yield Output(stream)


@contextlib.contextmanager
def _beside(path: Path, mode: int) -> Iterator[TextIO]:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(number)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_ours(path: Path, name: object) -> bool:
    """Whether an error names the file, or the passing one beside it."""
    return isinstance(name, str | os.PathLike) and Path(name).name.startswith((path.name, f".{path.name}."))
