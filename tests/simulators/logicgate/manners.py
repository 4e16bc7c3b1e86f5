"""How the simulated tenant behaves where the vendor publishes nothing, or where clients saw different things.

What each setting stands for is said in ``README.md``; the first value of each is how a fresh tenant is set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Body: TypeAlias = Literal["json", "empty", "html"]


@dataclass
class Manners:
    """Set any of these on a running simulator."""

    dates: Literal["ms", "iso"] = "ms"
    """The record's own times: epoch milliseconds, or ISO as the schema says."""
    empty_fields: Literal["absent", "listed"] = "absent"
    """Whether a field without a value is listed with ``values: []``."""
    updated_min_is_inclusive: bool = False
    max_size: int | None = None
    """The largest page that is given, whatever was asked for."""
    created_answer: Literal["content", "plain", "empty"] = "content"
    """Where the answer to a create has the new id: ``content.id``, ``id``, or nowhere."""
    patched_answer: Body = "json"
    progressed_answer: Body = "empty"
    date_writes: Literal["date", "ms", "s"] = "date"
    """In which form a date is taken; another is refused."""
    clearing: frozenset[str] = frozenset({"[]"})
    """Which of ``[]``, ``[""]`` and ``[null]`` empties a field; the others are taken and change nothing."""
    unknown_option: Literal["refused", "dropped"] = "refused"
    unknown_field: Literal["refused", "dropped"] = "refused"
    unauthorized: Body = "empty"
    forbidden: Body = "json"
    refused: Body = "json"
    """Bodies of a 401, of a 403, and of an answer that a value was refused."""
    hidden_by_id: Literal[403, 404] = 403
    """How a record that the token's user may not see is answered by its id."""
    hidden: set[str] = field(default_factory=set)
    """Ids of records that the token's user may not see: no listing shows them, none says that it leaves them out."""
    unlisted: set[str] = field(default_factory=set)
    """Ids of records that no listing shows, and that are read by id as ever."""
    busy: int = 0
    """How many of the next requests are answered 429."""
    retry_after: str = ""
    """The Retry-After header of those answers, if any."""
    reuses_token: bool = True
    """The token endpoint hands back the token that is there already."""
    status: str = ""
    """A status that no release had yet, in the place of every record's own."""
    option_key: str = "values"
    """Where the description of a field has its options."""
