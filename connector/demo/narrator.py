"""Tells the story: to people as text (:mod:`rich`), to machines as one JSON document.

Text is coloured on a terminal only, and never wider than 100 columns. The JSON narrator prints nothing before the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import singledispatchmethod
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule

from connector.demo import tables
from connector.demo.events import (
    ActBegan,
    ActEnded,
    Checked,
    Did,
    Ended,
    Event,
    Kept,
    Listed,
    Opened,
    Parked,
    Reported,
    Synced,
)
from connector.demo.theme import ACCENT, BAD, FAINT, GOOD, WIDTH, marks


class Narrator(Protocol):
    """Whoever is told the story."""

    def tell(self, event: Event) -> None:
        """Take one event."""

    def working(self, what: str) -> Any:  # noqa: ANN401 - any context manager
        """Show that something takes its time, while the context lasts."""


class TextNarrator:
    """Prints for people, on ``stream`` (standard output unless given)."""

    def __init__(self, stream: TextIO | None = None, *, console: Console | None = None) -> None:
        self._console = console or _console(stream)
        self._marks = marks(self._console.encoding)

    def tell(self, event: Event) -> None:
        """Print one event."""
        self._tell(event)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Spin on a terminal; elsewhere print the line once."""
        if self._console.is_terminal:
            with tables.spinner(self._console, what):
                yield
        else:
            self._line(f"{what} ...")
            yield

    @singledispatchmethod
    def _tell(self, event: Any) -> None:  # noqa: ANN401 - the dispatcher's fallback
        raise TypeError(f"no words for {type(event).__name__}")

    @_tell.register
    def _(self, event: Opened) -> None:
        self._console.print(Padding(tables.opening(event), (1, 0, 0, 2)))

    @_tell.register
    def _(self, event: ActBegan) -> None:
        title = f"[{ACCENT}]Act {event.number} of {event.acts}[/]  [bold]{escape(event.title)}[/]"
        self._console.print()
        self._console.print(Rule(title, align="left", style=FAINT))
        self._line(event.intro, gap=True)

    @_tell.register
    def _(self, event: Did) -> None:
        self._line(f"[bold]{escape(event.where)}[/]  [{FAINT}]{escape(str(event.who))}[/]", gap=True, markup=True)
        self._line(event.what)
        if event.rows:
            self._console.print(Padding(tables.grid(event.columns, event.rows), (1, 0, 0, 2)))

    @_tell.register
    def _(self, event: Synced) -> None:
        self._line(tables.sync_line(event), gap=True, markup=True)
        if event.shown:
            self._console.print(Padding(tables.changes(event, self._marks), (1, 0, 0, 2)))
        hidden = len(event.changes) - event.shown
        if event.shown and hidden:
            self._line(f"[{FAINT}]and {hidden} more field{'s' if hidden > 1 else ''}[/]", markup=True)

    @_tell.register
    def _(self, event: Listed) -> None:
        self._line(f"[bold]{escape(event.title)}[/]", gap=True, markup=True)
        self._console.print(Padding(tables.grid(event.columns, event.rows), (1, 0, 0, 2)))

    @_tell.register
    def _(self, event: Parked) -> None:
        self._console.print(Padding(tables.conflict(event), (1, 0, 0, 2)))

    @_tell.register
    def _(self, event: Checked) -> None:
        style, mark = (GOOD, self._marks.yes) if event.ok else (BAD, self._marks.no)
        self._console.print(Padding(tables.checked(event, f"[{style}]{mark}[/]"), (0, 0, 0, 2)))

    @_tell.register
    def _(self, event: ActEnded) -> None:
        self._console.print(Padding(f"[{FAINT}]act {event.number}: {event.seconds:.1f} s[/]", (0, 0, 0, 2)))

    @_tell.register
    def _(self, event: Reported) -> None:
        self._console.print()
        self._console.print(Rule("[bold]Reconciliation report[/]", align="left", style=FAINT))
        self._line(event.summary, gap=True)
        if event.rows:
            self._console.print(Padding(tables.grid(event.columns, event.rows), (1, 0, 0, 2)))

    @_tell.register
    def _(self, event: Ended) -> None:
        self._console.print()
        self._console.print(Rule(style=FAINT))
        for part in tables.ending(event):
            self._console.print(Padding(part, (0, 0, 0, 2)))

    @_tell.register
    def _(self, event: Kept) -> None:
        self._console.print(Padding(tables.kept(event), (1, 0, 0, 2)))

    def _line(self, text: str, *, gap: bool = False, markup: bool = False) -> None:
        body = text if markup else escape(text)
        self._console.print(Padding(body, (1 if gap else 0, 0, 0, 2)))


class JsonNarrator:
    """Collects every event; :meth:`document` is the whole story for machines."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = {"ok": False, "acts": []}

    def tell(self, event: Event) -> None:
        """Keep one event."""
        body = asdict(event)
        match event:
            case Opened():
                self._document["opened"] = body
            case ActBegan():
                self._document["acts"].append(body | {"events": []})
            case ActEnded():
                self._document["acts"][-1] |= body
            case Reported():
                self._document["report"] = body
            case Ended():
                self._document |= body
            case Kept():
                self._document["kept"] = body
            case _:
                self._document["acts"][-1]["events"].append({"event": type(event).__name__.lower(), **body})

    @contextmanager
    def working(self, what: str) -> Iterator[None]:  # noqa: ARG002 - machines need no progress
        """Say nothing."""
        yield

    def document(self) -> str:
        """The story so far as JSON text."""
        return json.dumps(self._document, indent=2, ensure_ascii=False)


def _console(stream: TextIO | None) -> Console:
    console = Console(file=stream, highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console
