"""Keeps the mock GRC's records in a JSON file between runs."""

from __future__ import annotations

import json
from pathlib import Path

from connector.mock.errors import DataFileError
from connector.mock.service import Grc


def attach(grc: Grc, path: Path) -> bool:
    """Load the file if there is one, and write it anew after every change. Returns whether there was one.

    Raises DataFileError for a file that is not ours or cannot be written.
    """
    there = path.exists()
    if there:
        _load(grc, path)
    grc.store.on_change = lambda: _save(grc, path)
    _save(grc, path)
    return there


def _load(grc: Grc, path: Path) -> None:
    try:
        grc.load(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        remedy = "Name another file, or move this one away to start empty."
        raise DataFileError(f"{path} is no data file of the mock GRC ({reason}). {remedy}") from error


def _save(grc: Grc, path: Path) -> None:
    beside = path.with_name(path.name + ".new")
    try:
        beside.write_text(json.dumps(grc.dump(), ensure_ascii=False), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise DataFileError(f"{path} cannot be written ({error}). Free space, or name another file.") from error
