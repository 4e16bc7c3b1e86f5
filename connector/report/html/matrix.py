"""Models by business line and tier, with the findings that weigh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from connector.report.html.dossier import Dossier, Line
from connector.report.rows import Status

ROWS = 24
"""Business lines that are shown one by one, those with the most models; the rest are counted in one row."""
UNCLASSIFIED = "none"
_HEAVY = ("critical", "high")
_HEAT = (0.0, 0.2, 0.499)
"""Shares of models above which a cell is shaded more."""
_NOWHERE = Line("none recorded")


@dataclass
class Cell:
    """How many models, how many of them with a standing critical or high finding, and the list of them."""

    models: int = 0
    heavy: int = 0
    target: str = ""

    @property
    def heat(self) -> str:
        """How large the part with such findings is: ``heat-0`` none, to ``heat-3`` half of them or more."""
        share = self.heavy / self.models if self.models else 0.0
        return f"heat-{sum(share > bound for bound in _HEAT)}"

    def add(self, dossier: Dossier) -> None:
        self.models += 1
        self.heavy += any(dossier.severities.get(severity) for severity in _HEAVY)


@dataclass
class Row:
    """A business line: a cell for each tier and one for all."""

    line: Line | None
    name: str
    cells: dict[str, Cell] = field(default_factory=dict)
    total: Cell = field(default_factory=Cell)


@dataclass(frozen=True, slots=True)
class Matrix:
    """``tiers`` from the most severe, the last one for models without; ``of_owners``: a row is an owner's."""

    tiers: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row
    of_owners: bool
    several: bool
    """A model stands in more than one row."""


def matrix(dossiers: Sequence[Dossier], tiers: Sequence[str]) -> Matrix:
    """Count every model that is not retired under each of its business lines."""
    alive = [one for one in dossiers if one.status is not Status.RETIRED]
    columns = (*tiers, *sorted({one.tier for one in alive if one.tier} - set(tiers)), UNCLASSIFIED)
    rows: dict[Line, Row] = {}
    total = Row(None, "All models")
    for dossier in alive:
        tier = dossier.tier or UNCLASSIFIED
        for line in dict.fromkeys(dossier.lines or (_NOWHERE,)):
            _count(rows.setdefault(line, Row(line, line.name)), tier, dossier)
        _count(total, tier, dossier)
    shown = sorted(rows.values(), key=lambda row: (row.line == _NOWHERE, -row.total.models, row.name.casefold()))
    used = tuple(tier for tier in columns if tier in total.cells)
    shown = list(_within(shown))
    for row in (*shown, total):
        _address(row)
    of_owners = any(line.of_owner for line in rows)
    return Matrix(used, tuple(shown), total, of_owners, any(len(one.lines) > 1 for one in alive))


def _count(row: Row, tier: str, dossier: Dossier) -> None:
    row.cells.setdefault(tier, Cell()).add(dossier)
    row.total.add(dossier)


def _within(rows: Sequence[Row]) -> Iterator[Row]:
    yield from rows[:ROWS]
    rest = rows[ROWS:]
    if rest:
        row = Row(None, f"{len(rest):,} others")
        for each in rest:
            for tier, cell in each.cells.items():
                mine = row.cells.setdefault(tier, Cell())
                mine.models, mine.heavy = mine.models + cell.models, mine.heavy + cell.heavy
            row.total.models += each.total.models
            row.total.heavy += each.total.heavy
        yield row


def _address(row: Row) -> None:
    """The inventory list of each cell; the row of the others has none."""
    if row.line is None and row.name != "All models":
        return
    line = {} if row.line is None else {"line": "-" if row.line == _NOWHERE else row.line.name}
    for tier, cell in row.cells.items():
        cell.target = f"#inventory?{urlencode({**line, 'tier': tier})}"
    row.total.target = f"#inventory?{urlencode(line)}" if line else "#inventory"
