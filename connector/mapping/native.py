"""One field between the platform's native value and the canonical one, value maps applied."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.mapping.platform import MappedField, Scalar
from connector.mapping.text import clean
from connector.mapping.values import normalise, plain, unreadable
from connector.model.cut import full_length
from connector.model.errors import Rejected
from connector.model.fields import Field, FieldType, Value
from connector.model.grc import Json, Unreadable


def to_canonical(field: Field, mapped: MappedField, native: Json) -> Value:
    """The canonical value of a native one. Raises Rejected for what no map names or what does not parse.

    A native value is looked up as it is, then without regard to case and outer blanks, because servers rewrite both.
    """
    names = mapped.reading
    if names is None or _says_nothing(native) or isinstance(native, Unreadable):
        return normalise(field, native)
    if field.type is FieldType.LIST:
        return normalise(field, [_named(field, names, one) for one in _members(field, native)])
    return normalise(field, _named(field, names, native))


def _says_nothing(native: Json) -> bool:
    return native is None or native in ("", [], {}) or (isinstance(native, str) and not native.strip())


def _members(field: Field, native: Json) -> list[Json]:
    if isinstance(native, list | tuple):
        return list(native)
    listed = normalise(field, native)
    if full_length(listed) is not None:
        raise unreadable(field, native, _NOT_WHOLE)
    members: list[Json] = json.loads(listed) if listed else []
    return members


def _named(field: Field, names: Mapping[str, str], native: Json) -> Value:
    try:
        text = plain(native)
    except ValueError as error:
        raise unreadable(field, native, str(error)) from error
    if text is None:
        return None
    if text in names:
        return names[text]
    found = {name for known, name in names.items() if _loose(known) == _loose(text)}
    if len(found) != 1:
        raise unreadable(field, native, f"the mapping knows {', '.join(map(repr, names))}")
    return found.pop()


def _loose(text: str) -> str:
    return clean(text).strip().casefold()


def to_native(field: Field, mapped: MappedField, value: Value) -> Json:
    """What to send for a canonical value; None empties the field. Raises Rejected where the mapping has no word for
    it, and for a value that is none of the field's type, such as the cut copy of a list.
    """
    if value is None:
        return None
    try:
        return _native(field, mapped, value)
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable(field, value, _NOT_WHOLE if full_length(value) else "not readable") from error


_NOT_WHOLE = "the copy of a longer value, cut to fit"


def _native(field: Field, mapped: MappedField, value: str) -> Json:
    if field.type is FieldType.LIST:
        return _native_list(field, mapped, value)
    sent: Json = value if mapped.writing is None else _native_word(field, mapped.writing, value)
    if mapped.writing is not None or mapped.write_as == "text":
        return sent
    return _typed(field.type, value)


def _native_list(field: Field, mapped: MappedField, value: str) -> Json:
    if mapped.write_as == "text" and mapped.writing is None:
        return value
    items = json.loads(value)
    if mapped.writing is not None:
        items = [_native_word(field, mapped.writing, one) for one in items]
    return json.dumps(items, ensure_ascii=False) if mapped.write_as == "text" else items


def _native_word(field: Field, words: Mapping[str, Scalar], value: Json) -> Scalar:
    if value in words:
        return words[value]
    reason = f"the mapping has a word for {', '.join(words)} only"
    remedy = f"Add {value!r} to the value map of {field.name}."
    raise Rejected(f"{value!r} of {field.name} cannot be written: {reason}.", field=field.name, remedy=remedy)


def _typed(kind: FieldType, value: str) -> Json:
    if kind is FieldType.INTEGER:
        return int(value)
    if kind is FieldType.NUMBER:
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if kind is FieldType.BOOLEAN:
        return value == "true"
    return json.loads(value) if kind is FieldType.MAP else value
