"""What every form of a report is made from: named tables of typed columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from connector.model.fields import FieldType

Cell: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` names it for programs, ``title`` for people; ``group`` is the heading that it shares with its neighbours.
    ``type`` says what its texts are; ``width`` is in characters. ``refers_to`` names the table whose row a number
    means; ``internal`` columns are for databases alone.
    """

    key: str
    title: str
    group: str = ""
    type: FieldType = FieldType.STRING
    width: int = 16
    refers_to: str = ""
    note: str = ""

    @property
    def internal(self) -> bool:
        """Whether people have no use for it: a number that ties rows together."""
        return self.key == "id" or bool(self.refers_to)


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``rows`` have a cell for each column and are read once."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Cell, ...]]

    def for_people(self) -> Table:
        """The table without what ties its rows to others."""
        shown = [place for place, column in enumerate(self.columns) if not column.internal]
        if len(shown) == len(self.columns):
            return self
        columns = tuple(self.columns[place] for place in shown)
        return Table(self.name, self.title, columns, (tuple(row[place] for place in shown) for row in self.rows))
