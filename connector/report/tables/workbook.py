"""Tables as a workbook (XLSX), a sheet for each. Texts are texts: no formula and no link is made of any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.model.errors import RunAborted
from connector.model.fields import FieldType
from connector.report.tables.cells import for_workbook, is_risky
from connector.report.tables.regimes import bands
from connector.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

ROW_LIMIT = 1_048_576
"""Rows of a sheet, its header included."""
_BANDS = ("#1F3864", "#2E5597", "#385723", "#7F6000", "#843C0C", "#3B3838")
_OPTIONS: dict[str, Any] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_EXCELS_FIRST_DAY = date(1900, 3, 1)
"""Excel counts a day too many before."""
_MOST_DIGITS = 15
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def write_workbook(tables: Iterable[Table], path: Path, made_at: datetime, *, row_limit: int = ROW_LIMIT) -> None:
    """Write the tables to ``path``, one after the other; the last sheet also tells of cells that had to be cut. A table
    of more rows than a sheet has goes on in further ones. Raises RunAborted where the library is not installed.
    """
    try:
        from xlsxwriter import Workbook  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        remedy = "install it with `pip install 'mlflow-grc[xlsx]'`, or choose another --format."
        raise RunAborted("Workbooks need the package xlsxwriter, which is not installed.", remedy=remedy) from None
    # No time of our own but the one that is handed in: the same report is the same file.
    book = Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
    book.set_properties({"title": "mlflow-grc", "created": made_at.replace(tzinfo=None, microsecond=0)})
    writer = _Writer(book, row_limit)
    for table in tables:
        writer.table(table)
    if writer.cut:
        writer.table(_told_cut(writer.cut))
    book.close()


def _told_cut(cut: Sequence[tuple[str, int, str]]) -> Table:
    columns = (
        Column("sheet", "Sheet", width=20),
        Column("row", "Row", type=FieldType.INTEGER),
        Column("cell", "Column"),
    )
    return Table("cut", "Cells that a workbook cannot hold whole", columns, cut)


@dataclass
class _Writer:
    book: Workbook
    row_limit: int
    cut: list[tuple[str, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._header = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._text = self.book.add_format({"valign": "top"})
        self._long = self.book.add_format({"valign": "top", "text_wrap": True})
        self._risky = self.book.add_format({"valign": "top", "quote_prefix": True})
        self._date = self.book.add_format({"valign": "top", "num_format": "yyyy-mm-dd", "align": "left"})
        white = {"bold": True, "font_color": "#FFFFFF"}
        self._bands = [self.book.add_format({**white, "bg_color": colour}) for colour in _BANDS]

    def table(self, table: Table) -> None:
        """Write a table, on as many sheets as it takes."""
        rows, part, full = iter(table.rows), 1, True
        while full:
            name = table.name if part == 1 else f"{table.name} {part}"
            full = self._sheet(name, table.columns, rows)
            part += 1

    def _sheet(self, name: str, columns: Sequence[Column], rows: Iterator[tuple[Cell, ...]]) -> bool:
        """Fill one sheet; whether it is full and rows may be left."""
        sheet = self.book.add_worksheet(name)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
        top = self._head(sheet, columns)
        line = top
        last = len(columns) - 1
        while line < self.row_limit:
            row = next(rows, None)
            if row is None:
                break
            self._row(sheet, line, columns, row)
            line += 1
        sheet.freeze_panes(top, _frozen(columns))
        sheet.autofilter(top - 1, 0, max(top, line - 1), last)
        return line >= self.row_limit

    def _head(self, sheet: Worksheet, columns: Sequence[Column]) -> int:
        """Write the header, below the headings of groups where there are any; returns the first row for values."""
        top = 0
        if any(column.group for column in columns):
            for number, (group, first, last) in enumerate(bands(columns)):
                style = self._bands[number % len(self._bands)]
                for place in range(first, last + 1):
                    sheet.write_string(0, place, group if place == first else "", style)
            top = 1
        for place, column in enumerate(columns):
            sheet.write_string(top, place, column.title, self._header)
        return top + 1

    def _row(self, sheet: Worksheet, line: int, columns: Sequence[Column], row: tuple[Cell, ...]) -> None:
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell is None or cell == "":
                continue
            if isinstance(cell, int):
                sheet.write_number(line, place, cell, self._text)
            elif column.type is FieldType.DATE and (day := _day(cell)) is not None:
                sheet.write_datetime(line, place, datetime(day.year, day.month, day.day), self._date)  # noqa: DTZ001
            elif column.type in _NUMBERS and (number := _number(cell)) is not None:
                sheet.write_number(line, place, number, self._text)
            else:
                text, was_cut = for_workbook(cell)
                if was_cut:
                    self.cut.append((sheet.get_name(), line + 1, column.title))
                wrapped = self._long if column.type is FieldType.TEXT else self._text
                sheet.write_string(line, place, text, self._risky if is_risky(text) else wrapped)


_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)


def _frozen(columns: Sequence[Column]) -> int:
    """How many columns stay in sight: up to the one that names the object."""
    names = [place for place, column in enumerate(columns) if column.key in ("model", "version") and column.width < 40]
    together = [place for place in names if place < 4]
    return together[-1] + 1 if together else 1


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= _EXCELS_FIRST_DAY else None


def _number(text: str) -> float | None:
    """The number that a text is, where a workbook would show the same one."""
    return float(text) if _PLAIN_NUMBER.fullmatch(text) and len(text) <= _MOST_DIGITS else None
