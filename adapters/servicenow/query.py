"""Encoded queries, of which every value is ours or proved harmless.

The grammar has no escape for its ``^``: a value that holds one would end the condition and begin another, and
``javascript:`` is run by the instance. Such values never go into a query; who has one asks in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from connector.model.errors import Rejected

MOST_IN = 200
"""Values of an IN: the address of a request has to stay below some 8 kB."""
LONGEST = 7500
"""Characters of an IN and of the columns that are asked for beside it, encoded."""
_SYS_ID = re.compile(r"[0-9a-zA-Z]{32}", re.ASCII)
_SCRIPT = re.compile(r"javascript\s*:", re.IGNORECASE)


def is_sys_id(text: object) -> bool:
    """Whether this is a record's id."""
    return isinstance(text, str) and _SYS_ID.fullmatch(text) is not None


def is_plain(value: str) -> bool:
    """Whether a value can stand in a query and mean itself."""
    return (
        value.isprintable()
        and value.strip() == value
        and "^" not in value
        and _SCRIPT.search(value) is None
        and not value.upper().startswith("DYNAMIC")
    )


def literal(value: str) -> str:
    """The value as it stands in a query. Raises Rejected for one that would mean something else there."""
    if not value or not is_plain(value):
        raise Rejected(
            f"{value[:60]!r} cannot be asked for: ServiceNow's query language has no way to write it.",
            remedy="where it is a key, set `hash: true` in the identity of the mapping, so that keys are letters and "
            "digits; else take ^, line breaks and javascript: out of the value.",
        )
    return value


def safe_start(value: str) -> str:
    """The longest beginning of a value that can stand in a query; empty where there is none."""
    start = re.split(r"[\^\x00-\x1f\x7f-\x9f\u2028\u2029]", value, maxsplit=1)[0].rstrip()
    while start and not is_plain(start):
        start = start[:-1].rstrip()
    return start


def all_of(*conditions: str) -> str:
    """Conditions that all have to hold; empty ones are left out."""
    return "^".join(condition for condition in conditions if condition)


def equals(column: str, value: str) -> str:
    """``column`` is this value. Raises Rejected."""
    return f"{column}={literal(value)}"


def one_of(column: str, values: Iterable[str]) -> str:
    """``column`` is among these. Raises Rejected for a value with a comma."""
    members = [literal(value) for value in values]
    if any("," in member for member in members):
        raise Rejected("A value with a comma cannot be asked for among others.", remedy="take the comma out.")
    return f"{column}IN{','.join(members)}"


def chunks(values: Sequence[str], *, beside: Sequence[str] = ()) -> Iterator[Sequence[str]]:
    """``values`` in parts that fit into the address of a request, ``beside`` the names of columns."""
    room = LONGEST - len(quote(",".join(beside)))
    part: list[str] = []
    length = 0
    for value in values:
        longer = len(quote(value)) + len(quote(","))
        if part and (len(part) == MOST_IN or length + longer > room):
            yield part
            part, length = [], 0
        part.append(value)
        length += longer
    if part:
        yield part


def ordered(query: str, *columns: str) -> str:
    """The query with the order in which rows are to come: without one, pages overlap and lose rows."""
    return all_of(query, *(f"ORDERBY{column}" for column in columns or ("sys_id",)))
