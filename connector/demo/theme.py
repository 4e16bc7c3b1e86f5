"""How the demo looks: few colours, each with one meaning, and marks that any terminal can print."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 100
"""Widest line, in columns."""
ACCENT = "cyan"
"""Where we are: act numbers, sides."""
GOOD = "green"
BAD = "bold red"
FAINT = "bright_black"
"""What may be skipped."""
WORDS: dict[str, str] = {
    "approved": "green",
    "conditional": "yellow",
    "provisional": "yellow",
    "pending": "yellow",
    "rejected": "red",
    "failed": "red",
    "critical": "red",
    "overdue": "red",
    "high": "yellow",
}
"""Cells whose whole text is one of these words carry its colour."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Signs beside the words."""

    yes: str
    no: str
    arrow: str


def marks(encoding: str) -> Marks:
    """The signs that the encoding of the output can print."""
    if encoding.lower().startswith("utf"):
        return Marks("\u2713", "\u2717", "\u2192")
    return Marks("ok", "NO", "->")
