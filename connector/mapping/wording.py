"""What pydantic found wrong with a value, in an admin's words: what it is not, and what to write instead.

A value is quoted only where a switch or a word of a list belongs and it is short: anything else may be a secret that
was put in the wrong place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

_LONGEST = 20
_UNQUOTED = frozenset({"auth", "proxies", "headers", "variables"})
"""Keys below which nothing is quoted."""
FALLBACK = "See docs/configuration.md for what belongs here."

_BOOLEAN = "is neither true nor false", "Write true or false."
_NUMBER = "this is no number", "Write digits, as in 5 or 2.5."
_WHOLE = "this is no whole number", "Write digits only, as in 5."
_QUOTABLE: Mapping[str, tuple[str, str]] = {
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "literal_error": ("is none of the words allowed", "Use {expected}."),
    "enum": ("is none of the words allowed", "Use {expected}."),
}
_UUID = "this is no UUID", "Keep the one that `mlflow-grc init` wrote, or make one with `uuidgen`."
_LIST = "this is no list", "Write a list, as in [a, b]."
_KEYS = "this should hold keys and values", "Write them below it, or as {{key: value}}."
_PLAIN: Mapping[str, tuple[str, str]] = {
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "uuid_parsing": _UUID,
    "uuid_type": _UUID,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "string_type": ("this is no text", "Write text, in quotes where YAML takes it for something else."),
    "path_type": ("this is no path", "Write the path of a file."),
    "too_short": ("this should have at least {min_length} item", "Add one."),
    "string_too_short": ("this is empty", "Give it a value."),
    "string_too_long": ("this is too long", "Shorten it to {max_length} characters."),
    "string_pattern_mismatch": ("this does not fit the pattern {pattern}", "Use only the characters that it allows."),
    "less_than_equal": ("the value should be less than or equal to {le}", "Use {le} or less."),
    "greater_than_equal": ("the value should be greater than or equal to {ge}", "Use {ge} or more."),
    "less_than": ("the value should be less than {lt}", "Use less than {lt}."),
    "greater_than": ("the value should be greater than {gt}", "Use more than {gt}."),
    "finite_number": ("the number should be finite", "Write digits, as in 5 or 2.5."),
}


def words(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and the remedy; never an empty one."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _QUOTABLE:
        what, remedy = _QUOTABLE[kind]
        return f"{_quoted(detail)} {what}", remedy.format(**context)
    if kind in _PLAIN:
        what, remedy = _PLAIN[kind]
        return what.format(**context), remedy.format(**context)
    what, _, remedy = detail["msg"].removeprefix("Value error, ").partition(" Remedy: ")
    return what.replace("Input should", "the value should"), remedy or FALLBACK


def _quoted(detail: ErrorDetails) -> str:
    value: Any = detail.get("input")
    safe = isinstance(value, str | int | float) and len(str(value)) <= _LONGEST
    return repr(value) if safe and _UNQUOTED.isdisjoint(map(str, detail["loc"])) else "this"
