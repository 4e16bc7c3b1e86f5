"""All that is wrong with one file, told at once: file, line, dotted key, what, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connector.model.errors import ConfigError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where in a file something stands: keys of mappings and positions in lists, from the top."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One problem of a file. ``line`` is 1-based, None where the file has no such place."""

    line: int | None
    path: KeyPath
    what: str
    remedy: str = ""


def dotted(path: KeyPath) -> str:
    """The path for people: ``connections.main.policy.read_only[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(word: str, known: Iterable[str]) -> str:
    """``Did you mean 'x'?`` for the closest of ``known``, or what there is to choose from."""
    choices = sorted(set(known))
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known are: {', '.join(choices)}." if choices else ""


def complain(file: str, complaints: Sequence[Complaint]) -> None:
    """Raise ConfigError that lists every complaint, in the order of the file; does nothing when there is none."""
    if not complaints:
        return
    errors = [_error(file, one) for one in sorted(complaints, key=lambda one: (one.line or 0, dotted(one.path)))]
    if len(errors) == 1:
        raise errors[0]
    lines = "\n".join(f"  {error}" for error in errors)
    raise ConfigError(f"{len(errors)} problems:\n{lines}", file=file, parts=tuple(errors))


def _error(file: str, one: Complaint) -> ConfigError:
    message = one.what[:1].upper() + one.what[1:].rstrip(".") + "."
    return ConfigError(message, file=file, line=one.line, key=dotted(one.path) or None, remedy=one.remedy)
