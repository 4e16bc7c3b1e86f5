"""An independent judge of what a sync must come to: one field at a time, in the words of the rules, no engine code.

A field's state is what MLflow holds, what the GRC holds and what both agreed on last. ``settle`` is one whole sync
that meets no fault.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

RANKS = ("low", "medium", "high", "critical")
NOTHING = "(nothing agreed yet)"


@dataclass(frozen=True)
class Cell:
    """One field of one model. ``agreed`` is NOTHING before the first sync; ``parked``: a conflict is open."""

    mlflow: str | None
    grc: str | None
    agreed: str | None = NOTHING
    parked: bool = False


def settle(kind: str, cell: Cell) -> Cell:
    """What both sides hold after a sync, by the kind of field."""
    if cell.mlflow == cell.grc:
        return Cell(cell.mlflow, cell.grc, cell.mlflow)
    return {"mlflow": _mlflow, "grc": _grc, "shared": _shared, "highest": _highest}[kind](cell)


def _both(value: str | None) -> Cell:
    return Cell(value, value, value)


def _mlflow(cell: Cell) -> Cell:
    return _both(cell.mlflow)


def _grc(cell: Cell) -> Cell:
    return _both(cell.grc)


def _shared(cell: Cell) -> Cell:
    if cell.agreed != NOTHING:
        if cell.mlflow == cell.agreed:
            return _both(cell.grc)
        if cell.grc == cell.agreed:
            return _both(cell.mlflow)
    if cell.mlflow is None or cell.grc is None:
        return _both(cell.mlflow or cell.grc)
    return replace(cell, parked=True)


def _rank(value: str | None) -> int:
    return -1 if value is None else RANKS.index(value)


def _highest(cell: Cell) -> Cell:
    if cell.agreed == NOTHING:
        return _both(max(cell.mlflow, cell.grc, key=_rank))
    raised = _rank(cell.mlflow) > _rank(cell.agreed)
    grc_spoke = cell.grc not in (cell.agreed, None)
    if grc_spoke:
        return _both(cell.mlflow if raised and _rank(cell.mlflow) > _rank(cell.grc) else cell.grc)
    # Emptied in the GRC it is refilled: with a raise, else with what was agreed, for only the GRC lowers it, by a word.
    return _both(cell.mlflow if raised else cell.agreed)
