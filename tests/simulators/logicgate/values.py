"""Values between what is stored, what the older API takes and what the newer one shows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from tests.simulators.logicgate.answers import Refusal
from tests.simulators.logicgate.manners import Manners
from tests.simulators.logicgate.schema import (
    COMPUTED,
    ONE_OPTION,
    OPTIONS,
    Account,
    FieldSpec,
    FieldType,
    short_id,
)
from tests.simulators.logicgate.store import Store, Stored

UNCHANGED = object()
"""What was sent is taken and changes nothing."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_DAY_FORMATS = {"en-US": "%m/%d/%Y", "en-GB": "%d/%m/%Y", "de-DE": "%d.%m.%Y"}
_GROUPING = {"en-US": ",", "en-GB": ",", "de-DE": "."}


class Codec:
    """Both directions for one tenant."""

    def __init__(self, store: Store, accounts: Mapping[str, Account], manners: Manners) -> None:
        self._store, self._accounts, self.manners = store, accounts, manners
        self._by_id = {account.id: account for account in accounts.values()}

    def taken(self, spec: FieldSpec, values: Any) -> Stored | object:
        """What is stored for the ``values`` of a write, or UNCHANGED. Raises Refusal."""
        if not isinstance(values, list):
            raise _refused(spec, values, "values must be an array")
        if spec.type in COMPUTED:
            raise _refused(spec, values, "Field is calculated")
        if values in ([], [""], [None]):
            return None if json.dumps(values) in self.manners.clearing else UNCHANGED
        if any(not isinstance(one, str) for one in values):
            raise _refused(spec, values, "Values must be strings")
        if spec.type is FieldType.MULTI_SELECT:
            return self._several(spec, values)
        if len(values) > 1:
            raise _refused(spec, values, "Field takes one value")
        return self._one(spec, values[0])

    def _several(self, spec: FieldSpec, texts: Sequence[str]) -> Stored | object:
        found = [self._option(spec, text) for text in texts]
        return [one for one in found if one is not UNCHANGED]

    def _one(self, spec: FieldSpec, text: str) -> Stored | object:
        if spec.type in ONE_OPTION:
            return self._option(spec, text)
        if spec.type is FieldType.USER:
            account = self._accounts.get(text.strip().lower())
            if account is None:
                raise _refused(spec, text, "User not found")
            return account.id
        if spec.type is FieldType.NUMBER:
            if not _NUMBER.fullmatch(text):
                raise _refused(spec, text, "Not a number")
            return float(text)
        return self._date(spec, text) if spec.type is FieldType.DATE else text

    def _option(self, spec: FieldSpec, text: str) -> Stored | object:
        found = next((option.id for option in self._store.options(spec) if option.text == text), None)
        if found is None and self.manners.unknown_option == "dropped":
            return UNCHANGED
        if found is None:
            raise _refused(spec, text, "Option not found")
        return found

    def _date(self, spec: FieldSpec, text: str) -> int:
        try:
            if self.manners.date_writes == "date":
                return midnight(date.fromisoformat(text) if len(text) == 10 else _no_date(text))
            return int(text) * (1000 if self.manners.date_writes == "s" else 1)
        except ValueError:
            raise _refused(spec, text, "Unparseable date") from None

    def shown(self, spec: FieldSpec, stored: Stored, account: Account) -> list[dict[str, Any]]:
        """The ``values`` of a field as an account is shown them."""
        parts = stored if isinstance(stored, list) else [stored]
        return [self._shown(spec, one, account) for one in parts if one is not None]

    def _shown(self, spec: FieldSpec, stored: Stored, account: Account) -> dict[str, Any]:
        text, number, value_id = str(stored), None, short_id(spec.id, stored)
        if spec.type in OPTIONS:
            option = next(one for one in self._store.options(spec) if one.id == stored)
            text, number, value_id = option.text, option.number, option.id
        elif spec.type is FieldType.USER:
            person = self._by_id[stored]
            text, value_id = f"{person.name} ({person.email})", person.id
        elif spec.type in (FieldType.NUMBER, FieldType.CALCULATION):
            text, number = f"{spec.currency}{_grouped(stored, account.locale)}", stored
        elif spec.type is FieldType.DATE:
            text, number = self._day(stored, account.locale), float(stored)
        return {"id": value_id, "type": spec.value_type, "textValue": text, "numericValue": number, "object": "value"}

    def _day(self, stored: int, locale: str) -> str:
        moment = datetime.fromtimestamp(stored / 1000, UTC)
        return moment.strftime(_DAY_FORMATS[locale])

    def time(self, milliseconds: int | None) -> int | str | None:
        """A time of the record itself."""
        if milliseconds is None or self.manners.dates == "ms":
            return milliseconds
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def midnight(day: date) -> int:
    """The day as it is stored: midnight in UTC."""
    return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _grouped(number: float, locale: str) -> str:
    whole = int(number) if float(number).is_integer() else number
    return f"{whole:,}".replace(",", _GROUPING[locale])


def _no_date(text: str) -> date:
    raise ValueError(text)


def _refused(spec: FieldSpec, value: Any, message: str) -> Refusal:
    return Refusal(400, f"{message}: {spec.name}", about=spec.id, value=value)
