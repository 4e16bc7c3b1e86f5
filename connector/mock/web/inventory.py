"""The inventory: every model on a line, filtered, ordered, in pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from connector.mock.catalog import APPROVAL_STATES, LIFECYCLE, TIERS
from connector.mock.web.addresses import INVENTORY
from connector.mock.web.lists import Address, Column, Order, cut, matches, order_of, ordered
from connector.mock.web.standing import Standing, lifecycle_rank, severity_rank, standings, tier_rank
from connector.mock.web.visit import Page, Visit

NOTHING = "none"
"""The filter word for models that have no value."""

COLUMNS: tuple[Column[Standing], ...] = (
    Column("name", "Model", lambda line: line.name.casefold()),
    Column("tier", "Risk tier", lambda line: tier_rank(line.row["tier"])),
    Column("lifecycle", "Lifecycle", lambda line: lifecycle_rank(line.row["lifecycle_status"])),
    Column("owner", "Owner", lambda line: line.row["model_owner"]),
    Column("approval", "Approval", lambda line: _approval_rank(line.approval)),
    Column("issues", "Open issues", lambda line: line.open_issues, falling=True, kind="number"),
    Column("severity", "Worst", lambda line: severity_rank(line.worst), falling=True),
    Column("overdue", "Overdue", lambda line: line.overdue, falling=True, kind="number"),
    Column("changed", "Last change", lambda line: line.row["updated_at"], falling=True),
)
Choice: TypeAlias = tuple[str, str, int]
"""Word of the filter, label, how many models."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice among values: the word in the address, its label, and the value that each model has."""

    name: str
    label: str
    value: Callable[[Standing], str | None]
    known: tuple[str, ...] = ()

    def holds(self, line: Standing, wanted: str) -> bool:
        """Whether a model is among the chosen."""
        return not wanted or (self.value(line) or NOTHING) == wanted

    def choices(self, lines: Iterable[Standing]) -> list[Choice]:
        """What can be chosen: the known values in their order, or those that occur, and then nothing."""
        counts = Counter(self.value(line) or NOTHING for line in lines)
        values = self.known or tuple(sorted(value for value in counts if value != NOTHING))
        found = [(value, value, counts[value]) for value in values]
        return found + ([(NOTHING, "Not stated", counts[NOTHING])] if counts[NOTHING] else [])


FILTERS = (
    Filter("tier", "Risk tier", lambda line: line.row["tier"], TIERS),
    Filter("status", "Lifecycle", lambda line: line.row["lifecycle_status"], LIFECYCLE),
    Filter("approval", "Approval", lambda line: line.approval, APPROVAL_STATES),
    Filter("owner", "Owner", lambda line: line.row["model_owner"]),
)
SWITCHES: Mapping[str, tuple[str, Callable[[Standing], bool]]] = {
    "pending": ("Waits for a decision", lambda line: line.waits),
    "unapproved": ("In production without approval", lambda line: line.unapproved),
    "overdue": ("Has overdue issues", lambda line: line.overdue > 0),
    "unconfirmed": ("Tier not confirmed", lambda line: line.unconfirmed),
}
_WORDS = frozenset({"q", "sort", "page", *SWITCHES, *(one.name for one in FILTERS)})


def inventory(visit: Visit) -> Page:
    """The list that the address asks for."""
    everything = standings(visit.grc.store, visit.today)
    words = {name: text.strip() for name, text in visit.query.items() if name in _WORDS and text.strip()}
    chosen = [line for line in everything if _holds(line, words)]
    order = order_of(COLUMNS, words.get("sort", ""), Order("name", falling=False))
    values = {
        "address": Address(INVENTORY, words),
        "columns": COLUMNS,
        "order": order,
        "cut": cut(ordered(chosen, COLUMNS, order), words.get("page", "")),
        "total": len(everything),
        "filters": [(one, one.choices(everything)) for one in FILTERS],
        "switches": SWITCHES,
        "words": words,
        "filtered": bool(words.keys() - {"sort", "page"}),
    }
    return Page("inventory.html", "Model inventory", values)


def _holds(line: Standing, words: Mapping[str, str]) -> bool:
    row = line.row
    return (
        matches(words.get("q", ""), row["id"], row["registry_name"], row["purpose"], row["description"])
        and all(one.holds(line, words.get(one.name, "")) for one in FILTERS)
        and all(holds(line) for name, (_, holds) in SWITCHES.items() if name in words)
    )


def _approval_rank(status: str | None) -> int | None:
    return APPROVAL_STATES.index(status) if status in APPROVAL_STATES else None
