"""Which rows of a table a query finds, and in which order.

Texts compare without regard to case [memory]; an empty value is in no range. Without an order, or among equals, rows
come as the database pleases: differently for each request.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from tests.simulators.servicenow.dictionary import Type
from tests.simulators.servicenow.query import Condition, Query
from tests.simulators.servicenow.store import Row

Reach: TypeAlias = Callable[[Row, str], str]
"""``(row, dot-walked column) -> value``"""
Test: TypeAlias = Callable[[str], bool]
Types: TypeAlias = Callable[[str], Type | None]
"""``dot-walked column -> its type``, None for one that is not there."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?", re.ASCII)


def known(condition: Condition, types: Types) -> bool:
    """Whether a condition makes sense: its column is there and it has an operator."""
    return bool(condition.operator) and types(condition.column) is not None


def found(rows: Sequence[Row], query: Query, types: Types, reach: Reach) -> list[Row]:
    """The rows that the query finds. A condition that makes no sense is passed over, as if it were not there."""
    sets = []
    for one in query.sets:
        kept = ([condition for condition in either if known(condition, types)] for either in one)
        sets.append([[(c.column, _test(c, types(c.column), reach)) for c in either] for either in kept if either])
    if not sets or any(not one for one in sets):
        return list(rows)
    return [row for row in rows if any(_holds(row, one, reach) for one in sets)]


def ordered(rows: Sequence[Row], query: Query, types: Types, reach: Reach, turn: int) -> list[Row]:
    """The rows in the query's order; ``turn`` makes the database's own order another one each time."""
    shaken = list(rows)
    if not any(column == "sys_id" for column, _ in query.order):
        shaken.sort(key=lambda row: zlib.crc32(f"{turn}{row['sys_id']}".encode()))
    for column, down in reversed(query.order):
        kind = types(column)
        if kind is not None:
            key = _number if kind in (Type.INTEGER, Type.DECIMAL) else str.casefold
            shaken.sort(key=lambda row, c=column, k=key: k(reach(row, c)), reverse=down)  # type: ignore[misc]
    return shaken


def _holds(row: Row, one: list[list[tuple[str, Callable[[Row], bool]]]], reach: Reach) -> bool:
    return all(any(test(row) for _, test in either) for either in one)


def _test(condition: Condition, kind: Type | None, reach: Reach) -> Callable[[Row], bool]:
    column, operator, value = condition.column, condition.operator, condition.value
    if operator == "SAMEAS":
        return lambda row: reach(row, column).casefold() == reach(row, value).casefold()
    test = _compared(operator, value, kind) if operator in _COMPARED else _worded(operator, value)
    if "." in column:
        return lambda row: test(reach(row, column))
    return lambda row: test(row[column])


def _worded(operator: str, value: str) -> Test:
    wanted, listed = value.casefold(), frozenset(one.strip().casefold() for one in value.split(","))
    tests: Mapping[str, Test] = {
        "=": lambda text: text.casefold() == wanted,
        "!=": lambda text: text.casefold() != wanted,
        "IN": lambda text: text.casefold() in listed,
        "NOT IN": lambda text: text.casefold() not in listed,
        "LIKE": lambda text: wanted in text.casefold(),
        "CONTAINS": lambda text: wanted in text.casefold(),
        "NOT LIKE": lambda text: wanted not in text.casefold(),
        "DOES NOT CONTAIN": lambda text: wanted not in text.casefold(),
        "STARTSWITH": lambda text: text.casefold().startswith(wanted),
        "ENDSWITH": lambda text: text.casefold().endswith(wanted),
        "ISEMPTY": lambda text: not text,
        "ISNOTEMPTY": bool,
    }
    return tests[operator]


_COMPARED = frozenset({">", ">=", "<", "<=", "BETWEEN"})


def _compared(operator: str, value: str, kind: Type | None) -> Test:
    if kind in (Type.TIME, Type.DATE) and not all(_TIME.fullmatch(part) for part in value.split("@")):
        return lambda _: False
    key: Callable[[str], tuple[float, str]] = _number if kind in (Type.INTEGER, Type.DECIMAL) else _text
    first, _, last = value.partition("@")
    low, high = key(first if operator == "BETWEEN" else value), key(last)
    tests: Mapping[str, Test] = {
        ">": lambda text: bool(text) and key(text) > low,
        ">=": lambda text: bool(text) and key(text) >= low,
        "<": lambda text: bool(text) and key(text) < low,
        "<=": lambda text: bool(text) and key(text) <= low,
        "BETWEEN": lambda text: bool(text) and low <= key(text) <= high,
    }
    return tests[operator]


def _text(text: str) -> tuple[float, str]:
    return 0.0, text.casefold()


def _number(text: str) -> tuple[float, str]:
    try:
        return float(text), ""
    except ValueError:
        return float("-inf"), text
