"""How a table fits a terminal: the width of each column, where its cells fold, and when each row is a block of its own.

A table stands as it is where there is room. Where there is not, its wide columns share what the narrow ones leave, none
of them narrower than the words in it; where even that does not fit, or would take more lines, each row is a block.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len

GAP = 2
"""Columns between two columns of a table, and the indent of a block's lines."""
_LEAST = 14
"""No column is made narrower than this, unless all that is in it is."""
_WHOLE = 26
"""A word no wider than this is not broken in a table: names of fields, ids of runs and records."""
_WORDS = re.compile(r"\s+|\S+")
_PIECES = re.compile(r"[^_\-./:@,;=|]*[_\-./:@,;=|]+|[^_\-./:@,;=|]+")

Styled: TypeAlias = tuple[str, str]
"""A text with its style."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block: a label, empty where the value goes on, and a part of the value. A title has no label."""

    label: str
    value: str
    style: str
    title: bool = False


def fitted(
    columns: Sequence[str], rows: Sequence[Sequence[Styled]], room: int, *, title: int = 1, brief: bool = False
) -> list[int] | None:
    """The width of each column in a terminal of ``room`` columns; None where each row had better be a block."""
    natural, least = _measured(columns, rows)
    left = room - GAP * (len(columns) - 1)
    if sum(natural) <= left:
        return natural
    if sum(least) > left:
        return None
    widths = _shared(natural, least, left)
    height = sum(_height(row, widths) for row in rows)
    return widths if height <= sum(len(block(columns, row, room, title=title, brief=brief)) for row in rows) else None


def folded(text: str, width: int, *, hang: int = 0) -> list[str]:
    """The lines of a text in a column: between words, in long words after ``_ - .`` and the like, and only then
    anywhere. An indent is kept; what goes on is indented by ``hang`` more.
    """
    lead = text[: len(text) - len(text.lstrip(" "))]
    after = lead + " " * hang
    if len(after) > width // 2:
        lead = after = ""
    lines: list[str] = []
    line = lead
    for word in _WORDS.findall(text.strip(" ")):
        if not word.isspace() and cell_len(word) > width - len(after):
            line = _broken(word, line, lines, width, after)
        elif cell_len(line) + cell_len(word.rstrip()) <= width:
            line += word
        else:
            lines.append(line.rstrip())
            line = after if word.isspace() else after + word
    return [*lines, line.rstrip()]


def block(
    columns: Sequence[str], row: Sequence[Styled], room: int, *, title: int = 1, brief: bool = False
) -> list[Line]:
    """A row as lines: its first ``title`` cells in one, then each other cell that holds something, by its column.
    ``brief``: a row that is not indented and fits a line stands in that line, for its cells speak for themselves.
    """
    line = (" " * GAP).join(text for text, _ in row if text)
    if brief and not line.startswith(" ") and cell_len(line) <= room:
        return [Line("", line, row[0][1], title=True)]
    heading = (" " * GAP).join(text for text, _ in row[:title] if text)
    lead = " " * (len(heading) - len(heading.lstrip(" ")) + GAP)
    lines = [Line("", part, row[0][1], title=True) for part in folded(heading, room, hang=GAP)]
    labels = max((cell_len(column) for column in columns[title:]), default=0)
    value_room = max(room - len(lead) - labels - GAP, _LEAST)
    for column, (text, style) in zip(columns[title:], row[title:], strict=True):
        label = f"{lead}{column}{' ' * (labels - cell_len(column) + GAP)}"
        for part in folded(text, value_room) if text else ():
            lines.append(Line(label, part, style))
            label = " " * cell_len(label)
    return lines


def _measured(columns: Sequence[str], rows: Sequence[Sequence[Styled]]) -> tuple[list[int], list[int]]:
    """How wide each column is by itself, and how narrow it may become."""
    natural, least = [], []
    for index, column in enumerate(columns):
        texts = [row[index][0] for row in rows]
        wide = max(map(cell_len, (column, *texts)), default=0)
        words = [cell_len(word) for text in (column, *texts) for word in text.split()]
        indent = max((len(text) - len(text.lstrip(" ")) for text in texts), default=0)
        natural.append(wide)
        least.append(min(wide, max(min(max(words, default=0), _WHOLE) + indent, _LEAST)))
    return natural, least


def _shared(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Give each column what it needs at least, and share the rest evenly among those that want more."""
    widths = list(least)
    left = room - sum(widths)
    while left > 0:
        wanting = [index for index, width in enumerate(widths) if width < natural[index]]
        if not wanting:
            break
        narrowest = min(wanting, key=lambda index: widths[index])
        widths[narrowest] += 1
        left -= 1
    return widths


def _height(row: Sequence[Styled], widths: Sequence[int]) -> int:
    return max(
        len(folded(text, width, hang=GAP if index == 0 else 0))
        for index, ((text, _), width) in enumerate(zip(row, widths, strict=True))
    )


def _broken(word: str, line: str, lines: list[str], width: int, after: str) -> str:
    """Add a word that is too long for a line, piece by piece; the line that it ends in."""
    for piece in _PIECES.findall(word):
        rest = piece
        if cell_len(line) + cell_len(rest) > width and line.strip():
            lines.append(line.rstrip())
            line = after
        while cell_len(line) + cell_len(rest) > width:
            cut = _fitting(rest, width - cell_len(line))
            lines.append(line + rest[:cut])
            line, rest = after, rest[cut:]
        line += rest
    return line


def _fitting(text: str, width: int) -> int:
    """How many characters of a text fit, one at least."""
    taken = 0
    for number, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return max(number, 1)
    return len(text)
