"""Tells the story to people, as text by :mod:`rich`: coloured on a terminal only, never wider than 100 columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import singledispatchmethod
from typing import Any, Protocol, TextIO

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule

from connector.demo import events, tables
from connector.demo.events import Event
from connector.demo.theme import ACCENT, BAD, FAINT, GOOD, WIDTH, marks

_FINDING = ("severity", "control", "object", "seen")


class Narrator(Protocol):
    """Whoever is told the story."""

    def tell(self, event: Event) -> None:
        """Take one event."""

    def working(self, what: str) -> AbstractContextManager[None]:
        """Show that something takes its time, while the context lasts."""


class TextNarrator:
    """Prints on ``stream`` (standard output unless given)."""

    def __init__(self, stream: TextIO | None = None, *, console: Console | None = None) -> None:
        self._console = console or _console(stream)
        self._marks = marks(self._console.encoding)
        self._checking = False

    def tell(self, event: Event) -> None:
        """Print one event."""
        self._tell(event)
        self._checking = isinstance(event, events.Checked)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Spin on a terminal and leave no trace; elsewhere print nothing."""
        if not self._console.is_terminal:
            yield
            return
        columns = (TextColumn(" "), SpinnerColumn(style=ACCENT), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            progress.add_task(what, total=None)
            yield

    @singledispatchmethod
    def _tell(self, event: Any) -> None:  # noqa: ANN401 - the dispatcher's fallback
        raise TypeError(f"no words for {type(event).__name__}")

    @_tell.register
    def _(self, event: events.Began) -> None:
        self._show("[bold]mlflow-grc demo[/]", gap=True)
        self._show("A bank's model registry and its GRC, kept one truth.")
        self._show(f"[{FAINT}]{escape(event.note)}[/]")
        self._console.print()

    @_tell.register
    def _(self, event: events.Ready) -> None:
        self._show(tables.ready(event))

    @_tell.register
    def _(self, event: events.ActBegan) -> None:
        self._rule(f"[{ACCENT}]Act {event.number} of {event.acts}[/]  [bold]{escape(event.title)}[/]")
        self._show(escape(event.intro), gap=True)

    @_tell.register
    def _(self, event: events.Did) -> None:
        who = f"[bold]{escape(event.who.name)}[/] [{FAINT}]({escape(event.who.role)})[/]"
        self._show(f"[{ACCENT}]{escape(event.where)}[/]  {who} {escape(event.what)}", gap=True)
        self._grid(event.columns, event.rows)

    @_tell.register
    def _(self, event: events.Listed) -> None:
        self._show(f"[bold]{escape(event.title)}[/]", gap=True)
        self._grid(event.columns, event.rows)

    @_tell.register
    def _(self, event: events.Synced) -> None:
        self._show(f"[{ACCENT}]mlflow-grc sync[/]  {_written(event)}  [{FAINT}]{event.seconds:.1f} s[/]", gap=True)
        if not event.shown:
            return
        self._console.print()
        for part in tables.changes(event.changes[: event.shown], self._marks):
            self._show(part)
        rest = event.changes[event.shown :]
        if rest:
            objects = len({(change.target, change.subject) for change in rest})
            self._show(f"[{FAINT}]... and {_count(len(rest), 'more field')} on {_count(objects, 'object')}[/]")

    @_tell.register
    def _(self, event: events.Parked) -> None:
        self._show(tables.conflict(event), gap=True)

    @_tell.register
    def _(self, event: events.Checked) -> None:
        style, mark = (GOOD, self._marks.yes) if event.ok else (BAD, self._marks.no)
        self._show(tables.checked(event, f"[{style}]{mark}[/]"), gap=not self._checking)

    @_tell.register
    def _(self, event: events.ActEnded) -> None:
        self._show(f"[{FAINT}]{event.seconds:.1f} s[/]")

    @_tell.register
    def _(self, event: events.Reported) -> None:
        self._rule("[bold]Reconciliation report[/]")
        self._show(escape(event.summary), gap=True)
        self._grid(event.columns, event.rows)
        if event.findings:
            self._show(f"What its controls found ({len(event.findings)}):", gap=True)
            self._grid(_FINDING, event.findings)

    @_tell.register
    def _(self, event: events.Ended) -> None:
        self._rule("")
        if event.ok:
            self._show(f"[{GOOD}]The story ended as written[/], in {event.seconds:.0f} seconds.")
        else:
            self._show(f"[{BAD}]The story did not end as written[/], after {event.seconds:.0f} seconds:")
            for failure in event.failures:
                self._show(f"  {escape(failure)}")
        self._show(tables.facts(event.files), gap=bool(event.files))

    @_tell.register
    def _(self, event: events.Kept) -> None:
        self._show("[bold]The servers stay up until you press Ctrl-C.[/]", gap=True)
        self._show(tables.facts(event.places))
        self._show(f"Try:  [{ACCENT}]{escape(event.command)}[/]", gap=True)
        self._show("Tokens for the GRC's pages and API, for this demo only; users are NAME@bank.example:", gap=True)
        self._show(tables.facts(event.logins))
        self._console.print()

    def _show(self, what: RenderableType, *, gap: bool = False) -> None:
        if gap:
            self._console.print()
        self._console.print(Padding(what, (0, 0, 0, 2), expand=False))

    def _grid(self, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
        if rows:
            self._show(tables.grid(columns, rows), gap=True)

    def _rule(self, title: str) -> None:
        self._console.print()
        self._console.print(Rule(title, align="left", style=FAINT))


def _written(event: events.Synced) -> str:
    grc, mlflow = _count(event.written_to_grc, "field"), _count(event.written_to_mlflow, "field")
    parts = (
        f"{_count(event.created, 'record')} created in the GRC" if event.created else "",
        f"{_count(event.posted, 'comment')} posted on issues" if event.posted else "",
        f"{grc} written to the GRC" if event.written_to_grc else "",
        f"{mlflow} written to MLflow" if event.written_to_mlflow else "",
    )
    return ", ".join(part for part in parts if part) or "nothing to write, both sides agree"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _console(stream: TextIO | None) -> Console:
    console = Console(file=stream, highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console
