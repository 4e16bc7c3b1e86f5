"""How the faults of one request bend what it reads and writes. (:mod:`connector.mock.gate` spoils its answer.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.mock.faults import Fault, FaultKind, Faults, How
from connector.mock.paging import Bend
from connector.mock.store import Row, Store


def bend_values(fired: Sequence[Fault], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a write as a server that ignores or rewrites fields takes them."""
    bent = dict(values)
    for fault in fired:
        if fault.kind is FaultKind.IGNORE:
            bent.pop(fault.field, None)
        elif fault.kind is FaultKind.NORMALISE and isinstance(bent.get(fault.field), str):
            bent[fault.field] = _REWRITES[fault.how](bent[fault.field], fault.length)
    return bent


def bend_page(fired: Sequence[Fault]) -> Bend:
    """How a page is bent."""
    amounts = {fault.kind: fault.amount for fault in fired}
    return Bend(
        repeat=FaultKind.REPEAT_PAGE in amounts,
        overlap=amounts.get(FaultKind.OVERLAP, 0),
        drop=amounts.get(FaultKind.SHORT_PAGE, 0),
        lie=amounts.get(FaultKind.LYING_TOTAL, 0),
    )


def bend_listing(fired: Sequence[Fault], faults: Faults, store: Store, rows: Sequence[Row]) -> list[Row]:
    """The rows that a lagging listing shows."""
    shown = list(rows)
    for fault in fired:
        if fault.kind is FaultKind.LAG:
            young = [row["id"] for row in shown if store.birth(row["id"]) > fault.since]
            hidden = faults.hidden(fault, young)
            shown = [row for row in shown if row["id"] not in hidden]
    return shown


_REWRITES: Mapping[How, Callable[[str, int | None], str]] = {
    How.UPPER: lambda text, _: text.upper(),
    How.LOWER: lambda text, _: text.lower(),
    How.TITLE: lambda text, _: text.title(),
    How.TRIM: lambda text, _: text.strip(),
    How.TRUNCATE: lambda text, length: text[:length],
}
