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

PLAIN_WIDTH = 100_000
"""Columns where no terminal limits them: nothing is wrapped or cut in a file or a pipe."""
_NAME, _WORD = 40, 20
"""Columns no wider than this are not wrapped, where there is room: the first, which names things, and the others."""
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

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Print a table; on a narrow terminal its cells wrap."""
        from rich import box  # noqa: PLC0415 - keeps `--help` fast
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        look = box.SIMPLE_HEAD if self.terminal else None
        made = Table(box=look, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style=DIM)
        cells = [
            [Text(clean(cell)) if isinstance(cell, str) else Text(clean(cell[0]), cell[1]) for cell in row]
            for row in rows
        ]
        widths = [max((len(row[index]) for row in cells), default=0) for index in range(len(columns))]
        whole = _kept_whole(widths, self._console.width)
        for index, column in enumerate(columns):
            made.add_column(column, overflow="fold", no_wrap=index in whole)
        for row in cells:
            made.add_row(*row)
        self._print(made)

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


def _kept_whole(widths: Sequence[int], room: int) -> set[int]:
    """Which columns of these widths are not wrapped. More than two thirds of the terminal they must not take, for
    what then is too narrow would be cut off.
    """
    kept, left = set(), room * 2 // 3
    for index, width in enumerate(widths):
        if width <= (_WORD if index else _NAME) and width <= left:
            kept.add(index)
            left -= width + 2
    return kept
