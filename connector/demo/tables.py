"""The tables of the narrator: what was done, what a sync changed, a conflict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from connector.demo.events import Change, Checked, Parked, Ready
from connector.demo.theme import ACCENT, BAD, FAINT, WORDS, Marks

_LONGEST = 120
"""Characters of a value that are shown."""
_WIDTHS = (27, 18, 25)
"""Columns of field, before and after; why takes what is left."""


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A plain table; words with a meaning carry its colour. Only the last column wraps."""
    table = _table()
    for index, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=index < len(columns) - 1)
    for row in rows:
        table.add_row(*(_cell(value, empty="-") for value in row))
    return table


def changes(listed: Sequence[Change], marks: Marks) -> Iterator[RenderableType]:
    """Field by field what a sync wrote, each group under the object it belongs to."""
    heads = _change_table()
    heads.add_row(*(Text(head, style=FAINT) for head in ("field", "before", "after", "why")))
    yield Padding(heads, (0, 0, 0, 2), expand=False)
    for (target, subject), group in groupby(listed, key=lambda change: (change.target, change.subject)):
        yield Text.from_markup(f"[bold]{escape(subject)}[/] [{ACCENT}]{marks.arrow} {escape(target)}[/]")
        table = _change_table()
        for change in group:
            why = Text(change.why, style=FAINT)
            table.add_row(Text(change.field), _cell(change.before), _cell(change.after), why)
        yield Padding(table, (0, 0, 0, 2), expand=False)


def conflict(event: Parked) -> Table:
    """Both sides' words, and what they last agreed on."""
    title = (
        f"[yellow]conflict[/]  [bold]{escape(event.subject)}[/], field {escape(event.field)}: {escape(event.reason)}"
    )
    table = Table(box=box.ROUNDED, show_header=False, border_style="yellow", title=title, title_justify="left")
    table.title_style = ""
    table.add_column(style=FAINT, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("last agreed", escape(event.agreed))
    table.add_row("now in MLflow", escape(event.in_mlflow))
    table.add_row("now in the GRC", escape(event.in_grc))
    return table


def checked(event: Checked, mark: str) -> Table:
    """A check mark, what was looked up, and what was found instead."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(mark, escape(event.text))
    if not event.ok:
        table.add_row("", f"[{BAD}]found[/] {escape(event.found)}")
    return table


def ready(event: Ready) -> Table:
    """One line a server; the columns are fixed, because the lines are printed as the servers get ready."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for style, width in (("bold", 9), ("", 24), (FAINT, None)):
        table.add_column(style=style, min_width=width, overflow="fold")
    table.add_row(escape(event.what), escape(event.value), escape(event.remark))
    return table


def facts(rows: Sequence[Sequence[str]]) -> Table:
    """What something is called, its value and, where there is one, a remark."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if any(len(row) > 2 and row[2] for row in rows):
        table.add_column(style=FAINT, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row[: len(table.columns)]))
    return table


def _table() -> Table:
    return Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style=FAINT,
        border_style=FAINT,
    )


def _change_table() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in _WIDTHS:
        table.add_column(width=width, overflow="fold")
    table.add_column(overflow="fold")
    return table


def _cell(value: str, *, empty: str = "(empty)") -> Text:
    if not value:
        return Text(empty, style=FAINT)
    text = _issue(value) or value
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    return Text(shown, style=next((WORDS[word] for word in (value, value.rpartition(" ")[2]) if word in WORDS), ""))


def _issue(value: str) -> str:
    """The JSON of an issue tag as a person would say it; empty for any other value."""
    if not value.startswith("{"):
        return ""
    body = json.loads(value)
    parts = (body.get("severity"), body.get("due") and f"due {body['due']}", body.get("title"))
    return ", ".join(part for part in parts if part)
