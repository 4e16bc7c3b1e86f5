"""What MLflow can hold. Checked here because its stores differ: PostgreSQL refuses what SQLite takes, and some values
are taken and silently lost.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping

from connector.model.errors import Rejected

MAX_KEY = 250
MAX_VALUE = 5000
"""Characters of a tag value or description that every store holds (PostgreSQL's registered-model columns)."""

_KEY = re.compile(r"[/\w.\- :]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_name(name: str) -> None:
    """Raise Rejected for a name that no registered model can have."""
    if not name.strip() or "/" in name or ":" in name or not _is_own_path(name):
        raise _refusal(f"MLflow does not take {name!r} as a model's name.", "name", "use a name without / and :.")


def check_tags(where: str, values: Mapping[str, str], remove: Collection[str] = ()) -> None:
    """Raise Rejected naming the first tag of ``where`` that MLflow cannot hold."""
    for key in remove:
        _check_key(where, key)
    for key, value in values.items():
        _check_key(where, key)
        _check_text(f"The value of tag {key!r} of {where}", value, key)


def check_description(where: str, text: str) -> None:
    """Raise Rejected when MLflow cannot hold the description of ``where``."""
    _check_text(f"The description of {where}", text, "description")


def _check_key(where: str, key: str) -> None:
    if len(key) > MAX_KEY:
        raise _refusal(f"The tag key {key[:40]!r}... of {where} has {len(key)} characters.", key, _KEY_REMEDY)
    if not _KEY.fullmatch(key) or not _is_own_path(key):
        raise _refusal(f"MLflow does not take {key!r} as a tag key (of {where}).", key, _KEY_REMEDY)


def _is_own_path(text: str) -> bool:
    """MLflow's own rule: keys and names may become file names and must stay what they are."""
    norm = posixpath.normpath(text)
    return norm == text and norm != "." and not norm.startswith(("..", "/"))


def _check_text(what: str, text: str, field: str) -> None:
    if len(text) > MAX_VALUE:
        remedy = f"keep it within {MAX_VALUE} characters, the most that every MLflow store holds."
        raise _refusal(f"{what} has {len(text)} characters.", field, remedy)
    if "\0" in text or _SURROGATE.search(text):
        remedy = "remove it: MLflow fails on it or silently loses the value."
        raise _refusal(f"{what} contains a NUL or half of a surrogate pair.", field, remedy)


def _refusal(message: str, field: str, remedy: str) -> Rejected:
    return Rejected(message, field=field, remedy=remedy)


_KEY_REMEDY = f"use at most {MAX_KEY} letters, digits, spaces and / _ . - : , not as a relative or absolute path."
