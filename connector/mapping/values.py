"""Raw values of either side to canonical ones: text or None, the same text for the same meaning.

Nothing is guessed. A value that cannot be read for its type raises Rejected naming the field, and the caller leaves
that one field alone.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from connector.mapping.text import clean, compact, paragraphs, tidy
from connector.mapping.times import to_date, to_time
from connector.model.cut import full_length
from connector.model.errors import Rejected
from connector.model.fields import Field, FieldType, Value
from connector.model.grc import Json, Unreadable

_MAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_WHOLE = re.compile(r"([-+]?)0*([0-9]+)(?:\.0*)?", re.ASCII)
_MAX_DIGITS = 40
_BOOLEANS = {"true": "true", "yes": "true", "y": "true", "1": "true", "on": "true"} | {
    "false": "false", "no": "false", "n": "false", "0": "false", "off": "false"
}  # fmt: skip
_PROSE = (FieldType.STRING, FieldType.TEXT)
"""Types of which nearly every value is another."""
_REFERENCE_KEYS = ("value", "id", "sys_id", "email", "name", "label")
_PERSON_KEYS = ("email", "mail", *_REFERENCE_KEYS)


def normalise(field: Field, raw: Json) -> Value:
    """The canonical value of what a side holds. Idempotent. Raises Rejected for what cannot be read.

    ``None``, ``""``, blanks, ``[]`` and ``{}`` are all None. A cut copy of a longer value stays as it is. Equal values
    are one object: both sides and the base hold the same texts.
    """
    if isinstance(raw, Unreadable):
        raise Rejected(f"{field.name}: {raw.reason}.", field=field.name, remedy="Correct it at its source.")
    if raw is None or (isinstance(raw, str | list | tuple | dict) and not raw):
        return None
    if isinstance(raw, str):
        text = paragraphs(raw)
        if not text.strip():
            return None
        if full_length(text) is not None:
            return text
    try:
        if isinstance(raw, str) and field.type not in _PROSE:
            return _read_text(field.type, field.values, raw)
        return _read(field.type, field.values, raw)
    except (ValueError, TypeError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) and str(error) else "not readable"
        raise unreadable(field, raw, reason) from error


def _read(kind: FieldType, values: tuple[str, ...], raw: Json) -> Value:
    if kind in _CONTAINERS:
        value = _CONTAINERS[kind](raw)
    else:
        if not isinstance(raw, str) and isinstance(raw, Mapping | list | tuple):
            raw = plain(raw, _PERSON_KEYS if kind is FieldType.USER else _REFERENCE_KEYS)
        value = None if raw is None else _SCALARS[kind](values, raw) or None
    return None if value is None else sys.intern(value)


@lru_cache(maxsize=20_000)
def _read_text(kind: FieldType, values: tuple[str, ...], raw: str) -> Value:
    """The same, remembered: of choices, people, dates and the like a registry holds few different texts."""
    return _read(kind, values, raw)


def unreadable(field: Field, raw: Json, reason: str) -> Rejected:
    """The error for a value that is no value of the field."""
    shown = repr(raw) if len(repr(raw)) <= 60 else repr(raw)[:57] + "..."
    remedy = "Correct it at its source, or add it to the mapping's value map."
    return Rejected(f"{shown} is no value of {field.name}: {reason}.", field=field.name, remedy=remedy)


def plain(raw: Json, prefer: tuple[str, ...] = _REFERENCE_KEYS) -> str | None:
    """The text of a scalar, or of a reference given as an object or as a list of one. None when empty.

    Raises ValueError for a list of several, or an object that names nothing.
    """
    if isinstance(raw, Unreadable):
        raise ValueError(raw.reason)  # noqa: TRY004 - one error for what cannot be read
    if isinstance(raw, str):
        return clean(raw).strip() or None
    if isinstance(raw, list | tuple):
        if len(raw) > 1:
            raise ValueError("several values where one is expected")
        raw = raw[0] if raw else None
    if isinstance(raw, Mapping):
        known = [raw[key] for key in prefer if raw.get(key) not in (None, "")]
        if raw and not known and not any(key in raw for key in prefer):
            raise ValueError("an object where one value is expected")
        raw = known[0] if known else None
    if isinstance(raw, Mapping | list | tuple):
        raise ValueError("an object where one value is expected")  # noqa: TRY004 - one error for what cannot be read
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return None if raw is None else clean(str(raw)).strip() or None


def _string(_: tuple[str, ...], raw: Json) -> Value:
    return plain(raw)


def _text(_: tuple[str, ...], raw: Json) -> Value:
    return paragraphs(raw if isinstance(raw, str) else plain(raw) or "")


def _choice(values: tuple[str, ...], raw: Json) -> Value:
    found = _spellings(values).get(_spelling(plain(raw) or ""))
    if found is None:
        raise ValueError(f"known are {', '.join(values)}")
    return found


@lru_cache(maxsize=256)
def _spellings(values: tuple[str, ...]) -> Mapping[str, str]:
    return {_spelling(value): value for value in values}


@lru_cache(maxsize=1024)
def _spelling(text: str) -> str:
    return re.sub(r"[\s_-]+", "_", text.strip()).casefold()


def _user(_: tuple[str, ...], raw: Json) -> Value:
    found = _MAIL.findall((plain(raw) or "").removeprefix("mailto:"))
    if len(found) != 1:
        raise ValueError("not an e-mail address")
    return clean(found[0].lower())


def _date(_: tuple[str, ...], raw: Json) -> Value:
    return to_date(raw)


def _time(_: tuple[str, ...], raw: Json) -> Value:
    return to_time(raw)


def _integer(_: tuple[str, ...], raw: Json) -> Value:
    found = _WHOLE.fullmatch(plain(raw) or "") if not isinstance(raw, bool) else None
    if found is None or len(found[2]) > _MAX_DIGITS:
        raise ValueError("not a whole number of a usual size")
    sign = "-" if found[1] == "-" and found[2] != "0" else ""
    return sign + found[2]


def _number(_: tuple[str, ...], raw: Json) -> Value:
    try:
        number = Decimal(plain(raw) or "x") if not isinstance(raw, bool) else Decimal("NaN")
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        raise ValueError("not a number of a usual size")
    text = format(number.normalize(), "f")
    return "0" if text == "-0" else text


def _boolean(_: tuple[str, ...], raw: Json) -> Value:
    found = _BOOLEANS.get((plain(raw) or "").casefold())
    if found is None:
        raise ValueError("neither true nor false")
    return found


def _list(raw: Json) -> Value:
    items = [_item(one) for one in _items(raw)]
    kept = {compact(one) for one in items if one not in (None, "", [], {})}
    return f"[{','.join(sorted(kept))}]" if kept else None


def _items(raw: Json) -> list[Json]:
    if isinstance(raw, list | tuple):
        return list(raw)
    if not isinstance(raw, str):
        return [raw]
    if raw.strip().startswith("["):
        found = _json(raw)
        return found if isinstance(found, list) else [found]
    return re.split(r"[,;\n\r]", raw)


def _item(one: Json) -> Json:
    tidied = tidy(one)
    return plain(tidied) if isinstance(tidied, bool | int | float) else tidied


def _map(raw: Json) -> Value:
    found = tidy(_json(raw) if isinstance(raw, str) else raw)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for what cannot be read
    return compact(found) if found else None


def _json(text: str) -> Json:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError("not valid JSON") from error


_SCALARS: Mapping[FieldType, Callable[[tuple[str, ...], Json], Value]] = {
    FieldType.STRING: _string,
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.USER: _user,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
}
_CONTAINERS: Mapping[FieldType, Callable[[Json], Value]] = {FieldType.LIST: _list, FieldType.MAP: _map}
