"""A report as titled blocks of lines and tables, which is shown as text or as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.report.tables.cells import readable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#!|~$&])")
_REORDERING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the order of the letters around it."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$")


@dataclass(frozen=True, slots=True)
class Block:
    """One part: sentences, then a table where there are columns."""

    title: str
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def moment(text: str | None) -> str:
    """An ISO time of UTC as people read it, to the second; the text itself where it is none."""
    found = _TIME.match(text or "")
    return f"{found[1]} {found[2]} UTC" if found else text or ""


def plain(text: str) -> str:
    """A text that Markdown and HTML show as it is, in one line; what is not printed is shown as its escape."""
    shown = _REORDERING.sub(lambda found: f"\\u{ord(found[0]):04x}", readable(" ".join(text.split())))
    return _SPECIAL.sub(r"\\\1", shown)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; columns and cells are Markdown already."""
    yield f"| {' | '.join(columns)} |"
    yield "|" + " --- |" * len(columns)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def markdown_of(title: str, blocks: Sequence[Block]) -> str:
    """Blocks as a document of their own."""
    lines = [f"# {plain(title)}"]
    for block in blocks:
        lines += ["", f"## {plain(block.title)}", "", *map(plain, block.lines)]
        if block.columns:
            lines += [""] if block.lines else []
            lines += markdown_table([*map(plain, block.columns)], [[*map(plain, row)] for row in block.rows])
    return "\n".join(lines) + "\n"
