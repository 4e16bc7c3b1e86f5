"""Standard output: tables and lines for people, JSON for machines. rich is imported when there is something to show."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from connector.cli.words import clean

if TYPE_CHECKING:
    from rich.console import Console

    from connector.cli.layout import Line, Styled

_AT_A_TIME = 500
"""Rows of a table that are laid out together."""
PLAIN_WIDTH = 100_000
"""Columns where no terminal limits them: nothing is wrapped or cut in a file or a pipe."""
Cell: TypeAlias = str | tuple[str, str]
"""A text, or a text with its style."""
DIM, BOLD, GOOD, WARN, BAD = "bright_black", "bold", "green", "yellow", "bold red"


class Output:
    """Prints on ``stream`` (standard output unless given). Styles show on a terminal only."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    @property
    def stream(self) -> TextIO:
        """Where it goes."""
        return self._stream or sys.stdout

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 - keeps `--help` fast

        wide = None if self.terminal else PLAIN_WIDTH
        return Console(file=self.stream, width=wide, highlight=False, markup=False, emoji=False)

    @property
    def terminal(self) -> bool:
        """Whether a person looks at it."""
        return self.stream.isatty()

    @property
    def arrow(self) -> str:
        """An arrow that the encoding of the output can print."""
        return "\u2192" if (self.stream.encoding or "").lower().startswith("utf") else "->"

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line; a long one wraps at the terminal's width."""
        from rich.text import Text  # noqa: PLC0415 - keeps `--help` fast

        self._print(Text(clean(text), style=style))

    def heading(self, text: str) -> None:
        """Print a heading with a blank line before it."""
        self.line()
        self.line(text, BOLD)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, title: int = 1, brief: bool = False
    ) -> None:
        """Print a table. On a terminal too narrow for it each row is a block: its first ``title`` cells, which name
        it, in one line, and the others below, each with its column's name. ``brief``: where a row that is not indented
        fits one line, its cells need no names.
        """
        from connector.cli import layout  # noqa: PLC0415 - keeps `--help` fast

        cells = [[_styled(cell) for cell in row] for row in rows]
        room = self._console.width
        widths = layout.fitted(columns, cells, room, title=title, brief=brief)
        if widths is None:
            self._blocks([layout.block(columns, row, room, title=title, brief=brief) for row in cells])
        else:
            self._table(columns, cells, widths)

    def _table(self, columns: Sequence[str], rows: Sequence[Sequence[Styled]], widths: Sequence[int]) -> None:
        from rich import box  # noqa: PLC0415 - keeps `--help` fast
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        from connector.cli.layout import GAP, folded  # noqa: PLC0415

        look = box.SIMPLE_HEAD if self.terminal else None  # which puts one blank between two columns by itself
        padding = (0, GAP - bool(look), 0, 0)
        hangs = [GAP, *(0 for _ in columns)]
        # A table is held whole until it is printed: one of many rows is printed as several.
        for start in range(0, max(len(rows), 1), _AT_A_TIME):
            first = start == 0
            made = Table(
                box=look, show_edge=False, show_header=first, pad_edge=False, padding=padding, header_style=DIM
            )
            for column, width in zip(columns, widths, strict=True):
                made.add_column("\n".join(folded(column, width)), no_wrap=True, width=width)
            for row in rows[start : start + _AT_A_TIME]:
                parts = zip(row, widths, hangs, strict=False)
                made.add_row(
                    *(Text("\n".join(folded(text, width, hang=hang)), style) for (text, style), width, hang in parts)
                )
            self._print(made)

    def _blocks(self, blocks: Sequence[Sequence[Line]]) -> None:
        from rich.text import Text  # noqa: PLC0415 - keeps `--help` fast

        for number, lines in enumerate(blocks):
            if number and len(lines) + len(blocks[number - 1]) > 2:
                self.line()
            for line in lines:
                style = line.style or BOLD if line.title else line.style
                self._print(Text.assemble((line.label, DIM), (line.value, style)))

    def json(self, value: object) -> None:
        """Print a JSON document."""
        self.stream.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show on a terminal's standard error that something takes its time; leaves no trace."""
        if not (self.terminal and sys.stderr.isatty()):
            yield
            return
        from rich.console import Console  # noqa: PLC0415 - keeps `--help` fast

        with Console(stderr=True).status(clean(what)):
            yield

    def _print(self, thing: Any) -> None:  # noqa: ANN401 - whatever rich prints
        with self._console.capture() as captured:
            self._console.print(thing)
        # Tables pad their last column, which a file or a diff need not have.
        self.stream.write("\n".join(text.rstrip() for text in captured.get().split("\n")))


def _styled(cell: Cell) -> Styled:
    text, style = (cell, "") if isinstance(cell, str) else cell
    return clean(text), style
