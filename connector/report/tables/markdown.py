"""Text and tables as Markdown in GitHub's dialect. No text can bring markup of its own, nor a link, nor a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from connector.report.tables.cells import readable
from connector.report.tables.table import Cell

LONGEST = 500
"""Characters of a value in a table: a document is read, and the other forms have the whole."""
_ESCAPED = str.maketrans(
    {letter: f"\\{letter}" for letter in "\\*_[]~$"}
    | {letter: f"&#{ord(letter)};" for letter in "|`@#"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_BREAKS = re.compile(r"\s*[\r\n\x0b\x0c\x85\u2028\u2029]+\s*")
_REORDERING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINKS = re.compile(r"(?i)(https?|ftp|mailto|xmpp|www)([:.])")
_LEADING = re.compile(r"^(\s*|\s*\d+(?=[.)]))([+\-=.)])")


def inline(text: str, limit: int | None = None) -> str:
    """``text`` on one line, as it is read: markup in it is shown, not obeyed. ``limit`` cuts it, and says so."""
    text = _BREAKS.sub(" ", text).replace("\t", " ")
    if limit is not None and len(text) > limit:
        text = f"{text[:limit].rstrip()}... ({len(text):,} characters)"
    # What is not printed at all, or turns the order of what is, is shown as its escape before anything else.
    text = _REORDERING.sub(lambda found: f"\\u{ord(found[0]):04x}", readable(text))
    text = _LINKS.sub(lambda found: f"{found[1]}&#{ord(found[2])};", text.translate(_ESCAPED))
    return _LEADING.sub(lambda found: f"{found[1]}\\{found[2]}", text)


def heading(text: str, level: int) -> str:
    """A heading."""
    return f"{'#' * level} {inline(text)}"


def table(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table; nothing where there are no rows."""
    lines = [_line(inline("" if cell is None else str(cell), LONGEST) for cell in row) for row in rows]
    return "\n".join([_line(map(inline, titles)), _line("---" for _ in titles), *lines]) if lines else ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
