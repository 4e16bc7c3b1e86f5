"""The tables of the narrator: what was done, what a sync changed, a conflict, the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from rich import box
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from connector.demo.events import Change, Checked, Ended, Kept, Opened, Parked, Synced
from connector.demo.theme import ACCENT, BAD, FAINT, GOOD, WORDS, Marks

_LONGEST = 90
"""Characters of a value that are shown."""


@contextmanager
def spinner(console: Console, what: str) -> Iterator[None]:
    """Spin, with the seconds counting, and leave no trace."""
    columns = (TextColumn(" "), SpinnerColumn(style=ACCENT), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def opening(event: Opened) -> RenderableType:
    """Where the two servers are and what they hold."""
    table = _facts()
    table.add_row("MLflow", event.mlflow_url, f"a real server on SQLite, started in {event.mlflow_seconds:.1f} s")
    table.add_row("GRC", event.grc_url, "the mock GRC that ships with mlflow-grc, empty")
    table.add_row(
        "Portfolio",
        f"{event.models} models, {event.versions} versions",
        f"a fictitious bank's, registered in {event.register_seconds:.1f} s",
    )
    return table


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A plain table; words with a meaning carry its colour."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), header_style=FAINT, border_style=FAINT)
    for index, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=index == 0)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def sync_line(event: Synced) -> str:
    """One sentence on what a sync wrote."""
    parts = []
    if event.created:
        parts.append(f"{event.created} records created in the GRC")
    if event.written_to_grc:
        parts.append(_fields(event.written_to_grc, "GRC"))
    if event.written_to_mlflow:
        parts.append(_fields(event.written_to_mlflow, "MLflow"))
    told = ", ".join(parts) or "nothing to write: both sides agree"
    return f"[{ACCENT}]mlflow-grc sync[/]  {told}  [{FAINT}]{event.seconds:.1f} s[/]"


def changes(event: Synced, marks: Marks) -> Table:
    """Field by field what a sync wrote, under the object it belongs to."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), header_style=FAINT, border_style=FAINT)
    table.add_column("field", overflow="fold", min_width=22)
    table.add_column("before", overflow="fold", max_width=22)
    table.add_column("after", overflow="fold", max_width=34)
    table.add_column("why", overflow="fold", style=FAINT)
    shown = event.changes[: event.shown]
    for (target, subject), group in groupby(shown, key=lambda change: (change.target, change.subject)):
        table.add_row(Text.from_markup(f"[bold]{escape(subject)}[/] [{ACCENT}]{marks.arrow} {escape(target)}[/]"))
        for change in group:
            table.add_row(*_change_cells(change))
    return table


def conflict(event: Parked) -> Table:
    """Both sides' words, and what they last agreed on."""
    table = Table(
        box=box.ROUNDED,
        show_header=False,
        border_style="yellow",
        title=f"[yellow]conflict[/]  [bold]{escape(event.subject)}[/]  field {escape(event.field)}",
        title_justify="left",
    )
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
        table.add_row("", f"[{BAD}]found:[/] {escape(event.found)}")
    return table


def ending(event: Ended) -> Iterator[RenderableType]:
    """The verdict and where the files are."""
    if event.ok:
        yield f"[{GOOD}]The story ended as written[/], in {event.seconds:.0f} seconds."
    else:
        yield f"[{BAD}]The story did not end as written[/], after {event.seconds:.0f} seconds:"
        yield from (f"  {escape(failure)}" for failure in event.failures)
    if event.files:
        table = _facts()
        for what, path in event.files:
            table.add_row(what, path)
        yield table


def kept(event: Kept) -> Table:
    """Where to look while the servers stay up."""
    table = _facts()
    table.add_row("MLflow", event.mlflow_url, "open it in a browser")
    table.add_row("GRC", event.grc_url, "its REST API takes these tokens; they are good for this demo only")
    for email, role, token in event.logins:
        table.add_row("", token, f"{email} ({role})")
    table.add_row("Directory", event.directory, "mlflow-grc.yaml, state, report")
    table.add_row("", "Press Ctrl-C to stop the servers.")
    return table


def _facts() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style=FAINT, overflow="fold")
    return table


def _fields(count: int, side: str) -> str:
    return f"{count} field{'s' if count > 1 else ''} written to {'the ' if side == 'GRC' else ''}{side}"


def _change_cells(change: Change) -> tuple[Text, Text, Text, Text]:
    return Text("  " + change.field), _cell(change.before), _cell(change.after), Text(change.why)


def _cell(value: str) -> Text:
    if not value:
        return Text("(empty)", style=FAINT)
    shown = value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "..."
    return Text(shown, style=WORDS.get(value.lower(), ""))
