"""Files that a command writes: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

import click

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
def whole_path(path: Path | None, mode: int = 0o644) -> Iterator[Path]:
    """Where to write a file that is no text, with an ending of its own: it takes the place of ``path`` once it is
    complete, or goes to standard output where that is None. A device or a pipe gets its bytes. Raises OSError that
    names ``path``, and click.UsageError for a terminal, which cannot show it.
    """
    if path is None and sys.stdout.isatty():
        raise click.UsageError("This format is a file for other programs: name it with --output.")
    into_file = path is not None and (path.is_file() or not path.exists())
    place = path.parent if path is not None and into_file else None
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=_PASSING) as directory:
            passing = Path(directory) / "report"
            yield passing
            if path is None:
                _copied(passing, sys.stdout.buffer)
            elif into_file:
                _put(passing, path, mode)
            else:
                with path.open("wb") as device:
                    _copied(passing, device)
    except BrokenPipeError:
        raise
    except OSError as error:
        if path is None or (error.filename is not None and _PASSING not in str(error.filename)):
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from error


_PASSING = ".mlflow-grc-"


def _put(passing: Path, path: Path, mode: int) -> None:
    with passing.open("rb+") as written:
        os.fsync(written.fileno())
    passing.chmod(mode)
    passing.replace(path)


def _copied(source: Path, target: BinaryIO) -> None:
    with source.open("rb") as content:
        shutil.copyfileobj(content, target)
    target.flush()


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
