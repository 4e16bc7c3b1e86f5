"""Which records a search finds, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from tests.simulators.archer import dates, richtext
from tests.simulators.archer.content import Content, Kept, Record
from tests.simulators.archer.options import BadSearch, Condition, Search
from tests.simulators.archer.schema import Account, Field, Level, Tenant, Type

Test: TypeAlias = Callable[[Record], bool]
_LOGIC = re.compile(r"\s*(\d+|AND|OR|\(|\))", re.IGNORECASE)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda one, other: one == other,
    "DoesNotEqual": lambda one, other: one != other,
    "GreaterThan": lambda one, other: one > other,
    "LessThan": lambda one, other: one < other,
}


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches as an account, whose rights and zone count."""

    tenant: Tenant
    content: Content
    account: Account

    def found(self, search: Search) -> list[Record]:
        """The records of the application's first level, in order. Raises BadSearch."""
        level = self.level(search)
        tests = [self._test(level, one) for one in search.conditions]
        passes = _combined(search.logic, tests)
        shown = [one for one in self.content.of(level.id) if self._listed(one) and passes(one)]
        return self._sorted(search, level, shown)[: search.max_records]

    def level(self, search: Search) -> Level:
        """The level whose records are counted and paged: the first of the application."""
        application = self.tenant.application(search.module)
        if application is None or not self.account.reads(search.module):
            raise BadSearch(f"Module {search.module} does not exist or is not accessible.")
        return application.levels[0]

    def children(self, record: Record, level: Level) -> list[Record]:
        """The records of the next level that belong to a record."""
        return [one for one in self.content.of(level.id) if one.parent == record.id and self._listed(one)]

    def _listed(self, record: Record) -> bool:
        hidden = (self.account.id, record.id) in self.content.denied
        return not hidden and record.id not in self.content.unlisted

    def _sorted(self, search: Search, level: Level, rows: Sequence[Record]) -> list[Record]:
        # Nobody promised an order for a search without one: this one moves with every edit.
        ordered = sorted(rows, key=lambda one: (one.updated, one.id), reverse=True)
        if search.sort:
            ordered.sort(key=lambda one: one.id)
        for field_id, descending in reversed(search.sort):
            one = self._field(level, field_id)
            ordered.sort(key=lambda row, one=one: _sortable(one, row), reverse=descending)  # type: ignore[misc]
        return ordered

    def _field(self, level: Level, field_id: int) -> Field:
        found = next((one for one in level.fields if one.id == field_id), None)
        if found is None or not found.active or not self.account.sees(found):
            raise BadSearch(f"Field {field_id} does not exist in module {level.module}.")
        return found

    def _test(self, level: Level, condition: Condition) -> Test:
        if condition.kind == "ContentFilterCondition":
            wanted = set(condition.values or (int(condition.value or 0),))
            return lambda row: row.id in wanted
        one = self._field(level, condition.field)
        makers = {
            "TextFilterCondition": self._text,
            "NumericFilterCondition": _numeric,
            "DateComparisonFilterCondition": self._date,
        }
        if condition.kind not in makers:
            raise BadSearch(f"{condition.kind} is not a condition.")
        return makers[condition.kind](one, condition)

    def _text(self, one: Field, condition: Condition) -> Test:
        """Texts compare as in the database: without regard to case and to blanks at the end."""
        if one.type is not Type.TEXT or condition.operator not in ("Equals", "Contains"):
            raise BadSearch(f"{condition.operator} is not an operator for field {one.id}.")
        wanted = condition.value.casefold().rstrip()

        def test(row: Record) -> bool:
            kept = row.value(one) or ""
            text = (richtext.seen(kept) if one.rich else kept).casefold().rstrip()
            return text == wanted if condition.operator == "Equals" else wanted in text

        return test

    def _date(self, one: Field, condition: Condition) -> Test:
        compare = _COMPARE.get(condition.operator)
        value = dates.criterion(condition.value, condition.zone, self.account.zone)
        if compare is None or value is None or one.type not in _DATED:
            raise BadSearch(f"{condition.operator} {condition.value!r} is not a condition for field {one.id}.")
        zone = ZoneInfo(self.account.zone)

        def comparable(moment: datetime) -> Any:
            # Without IsTimeIncluded only days count.
            return moment if condition.timed else moment.astimezone(zone).date()

        def test(row: Record) -> bool:
            kept = _date_of(one, row)
            return kept is not None and compare(comparable(dates.moment_of(kept)), comparable(value))

        return test


def _numeric(one: Field, condition: Condition) -> Test:
    compare = _COMPARE.get(condition.operator)
    try:
        value = float(condition.value)
    except ValueError:
        raise BadSearch(f"{condition.value!r} is not a number.") from None
    if compare is None or one.type not in (Type.NUMERIC, Type.TRACKING):
        raise BadSearch(f"{condition.operator} is not an operator for field {one.id}.")

    def test(row: Record) -> bool:
        kept = float(row.sequential) if one.type is Type.TRACKING else row.value(one)
        return kept is not None and compare(kept, value)

    return test


_DATED = (Type.DATE, Type.FIRST_PUBLISHED, Type.LAST_UPDATED)


def _date_of(one: Field, row: Record) -> str | None:
    system = {Type.FIRST_PUBLISHED: row.created, Type.LAST_UPDATED: row.updated}
    return system.get(one.type) or row.value(one)


def _sortable(one: Field, row: Record) -> tuple[bool, Kept]:
    """What rows are ordered by; empty ones first."""
    if one.type is Type.TRACKING:
        return True, row.sequential
    kept = _date_of(one, row) if one.type in _DATED else row.value(one)
    if kept is None or one.type not in (*_DATED, Type.TEXT, Type.NUMERIC):
        return False, 0
    return True, kept


def _combined(logic: str, tests: Sequence[Test]) -> Test:
    """The conditions joined as ``1 OR (2 AND 3)`` says; by AND where it says nothing."""
    if not logic.strip():
        return lambda row: all(test(row) for test in tests)
    tokens = [token.upper() for token in _LOGIC.findall(logic)]
    if "".join(tokens) != re.sub(r"\s", "", logic).upper():
        raise BadSearch(f"OperatorLogic {logic!r} cannot be read.")
    made = _either(tokens, tests)
    if tokens:
        raise BadSearch(f"OperatorLogic {logic!r} cannot be read.")
    return made


def _either(tokens: list[str], tests: Sequence[Test]) -> Test:
    parts = [_both(tokens, tests)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        parts.append(_both(tokens, tests))
    return lambda row: any(part(row) for part in parts)


def _both(tokens: list[str], tests: Sequence[Test]) -> Test:
    parts = [_atom(tokens, tests)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        parts.append(_atom(tokens, tests))
    return lambda row: all(part(row) for part in parts)


def _atom(tokens: list[str], tests: Sequence[Test]) -> Test:
    token = tokens.pop(0) if tokens else ""
    if token == "(":
        made = _either(tokens, tests)
        if not tokens or tokens.pop(0) != ")":
            raise BadSearch("OperatorLogic has a bracket that is not closed.")
        return made
    if not token.isdigit() or not 1 <= int(token) <= len(tests):
        raise BadSearch(f"OperatorLogic names condition {token!r}, which there is not.")
    return tests[int(token) - 1]
