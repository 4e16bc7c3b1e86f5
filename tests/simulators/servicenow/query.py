"""Encoded queries: ``u_name=credit^ORu_name=fraud^NQactive=true^ORDERBYsys_id``.

``^`` joins conditions by and, ``^OR`` joins one to the condition before it by or, ``^NQ`` starts another query whose
rows are added. There is no escape: a caret inside a value ends the value, and what follows it is read as a condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

_OPERATORS = (
    "DOES NOT CONTAIN",
    "ISNOTEMPTY",
    "STARTSWITH",
    "CONTAINS",
    "ENDSWITH",
    "NOT LIKE",
    "ISEMPTY",
    "BETWEEN",
    "NOT IN",
    "SAMEAS",
    "LIKE",
    "IN",
    "!=",
    ">=",
    "<=",
    "=",
    ">",
    "<",
)
_CONDITION = re.compile(rf"(?P<column>[a-z_][a-z0-9_.]*)(?P<operator>{'|'.join(_OPERATORS)})(?P<value>.*)", re.DOTALL)
_ORDER = re.compile(r"ORDERBY(?P<down>DESC)?(?P<column>[a-z_][a-z0-9_.]*)")
RANGES = frozenset({">", ">=", "<", "<=", "BETWEEN", "LIKE", "NOT LIKE", "CONTAINS", "STARTSWITH", "ENDSWITH"})
"""Operators that a rule on range queries forbids."""
SCRIPT = "javascript:"


@dataclass(frozen=True, slots=True)
class Condition:
    """``column`` may be dot-walked. A text that is no condition has neither column nor operator."""

    column: str
    operator: str
    value: str


Either: TypeAlias = tuple[Condition, ...]
"""Conditions of which one has to hold."""


@dataclass(frozen=True)
class Query:
    """``sets`` of rows, each the conjunction of alternatives; ``order`` of (column, downwards)."""

    sets: list[list[Either]] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def conditions(self) -> list[Condition]:
        """Every condition, wherever it stands."""
        return [condition for one in self.sets for either in one for condition in either]


def parse(text: str) -> Query:
    """Read an encoded query. Nothing is refused: the platform refuses nothing here either."""
    query = Query([[]])
    for token in text.split("^"):
        if token in ("", "EQ"):
            continue
        if token.startswith("NQ"):
            query.sets.append([])
            token = token[2:]  # noqa: PLW2901 - what follows is the first condition of the new query
        order = _ORDER.fullmatch(token)
        if order:
            query.order.append((order["column"], bool(order["down"])))
        elif token.startswith("OR") and query.sets[-1]:
            query.sets[-1][-1] = (*query.sets[-1][-1], _condition(token[2:]))
        elif token:
            query.sets[-1].append((_condition(token),))
    return query


def evaluated(query: Query, run: Callable[[str], str]) -> Query:
    """The query with what scripts in it come to: a value that begins with ``javascript:`` is one."""

    def value(condition: Condition) -> Condition:
        if not condition.value.casefold().startswith(SCRIPT):
            return condition
        return replace(condition, value=run(condition.value[len(SCRIPT) :]))

    sets = [[tuple(value(condition) for condition in either) for either in one] for one in query.sets]
    return replace(query, sets=sets)


def _condition(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    return Condition(found["column"], found["operator"], found["value"]) if found else Condition("", "", text)
