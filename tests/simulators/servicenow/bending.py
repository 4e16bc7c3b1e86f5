"""How the faults of a call, which speak the mock's words, bend what it reads and writes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from connector.mock.faults import Fault, FaultKind, How
from tests.simulators.servicenow.store import Row, Store
from tests.simulators.servicenow.words import column_of

if TYPE_CHECKING:
    from tests.simulators.servicenow.answer import Ask

_REWRITES: Mapping[How, Callable[[str, int | None], str]] = {
    How.UPPER: lambda text, _: text.upper(),
    How.LOWER: lambda text, _: text.lower(),
    How.TITLE: lambda text, _: text.title(),
    How.TRIM: lambda text, _: text.strip(),
    How.TRUNCATE: lambda text, length: text[:length],
}


def bent(faults: Sequence[Fault], table: str, values: Mapping[str, str]) -> dict[str, str]:
    """The values of a write as a business rule that drops or rewrites columns leaves them."""
    left = dict(values)
    for fault in faults:
        column = column_of(table, fault.field) or fault.field
        if fault.kind is FaultKind.IGNORE:
            left.pop(column, None)
        elif fault.kind is FaultKind.NORMALISE and column in left:
            left[column] = _REWRITES[fault.how](left[column], fault.length)
    return left


def listed(ask: Ask, store: Store, rows: Sequence[Row]) -> list[Row]:
    """The rows that a listing which lags behind shows."""
    shown = list(rows)
    for fault in ask.faults:
        if fault.kind is FaultKind.LAG:
            young = [row["sys_id"] for row in shown if store.birth(row["sys_id"]) > fault.since]
            hidden = ask.hidden(fault, young)
            shown = [row for row in shown if row["sys_id"] not in hidden]
    return shown
