"""How an instance behaves where instances differ, and what ails it at the moment. Tests set what they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Misspelt(StrEnum):
    """What a query does whose column is not there."""

    WHOLE_TABLE = "whole table"
    """The condition is passed over: the default of the platform."""
    NOTHING = "nothing"
    REFUSED = "refused"


class Cancelled(StrEnum):
    """What is left of an answer that took longer than 60 seconds."""

    ROWS_THEN_ERROR = "rows then error"
    """200 with some rows and, behind them, an error object."""
    CUT = "cut"
    """200 with JSON that stops in the middle."""
    ERROR_ONLY = "error only"


@dataclass
class Quota:
    """A read of more than ``rows`` rows at once is cancelled, so that a smaller page helps. ``status`` is that of an
    answer that has nothing but the error.
    """

    rows: int
    shape: Cancelled = Cancelled.ROWS_THEN_ERROR
    status: int = 200


@dataclass
class RateRule:
    """At most ``limit`` requests of a user in an hour by the instance's clock."""

    limit: int
    name: str = "mlflow-grc: Table API"


@dataclass
class BatchLimits:
    """What a batch may take. Every item costs time; what is left after ``seconds`` is not serviced. The costs are made
    up: the page knows the limits only.
    """

    bytes_in: int = 5 * 1024 * 1024
    bytes_out: int = 10 * 1024 * 1024
    seconds: float = 30.0
    read_milliseconds: int = 60
    write_milliseconds: int = 60
    unserviced: set[int] = field(default_factory=set)
    """Positions of items that the next batch leaves out for no reason that can be seen; emptied by it."""


@dataclass
class Manners:
    """All of it. ``host`` is the canonical one that ``Link`` headers and references name, whatever the client called.
    ``shut``: the instance sleeps, or shows a page to sign in or about maintenance: HTML with 200.
    """

    host: str = "https://bank.service-now.example"
    misspelt: Misspelt = Misspelt.WHOLE_TABLE
    keep_bad_choices: bool = True
    closed_to_rest: set[str] = field(default_factory=set)
    quota: Quota | None = None
    rate: RateRule | None = None
    busy: int = 0
    """How many of the next requests find all semaphores taken."""
    shut: bool = False
    unlisted: set[str] = field(default_factory=set)
    """sys_ids that listings leave out, behind the limit, though they can be read by id."""
    url_limit: int = 8_200
    """Bytes of path and query."""
    queue: int = 10
    """How many requests may wait behind the one that a session is at."""
    batch: BatchLimits = field(default_factory=BatchLimits)
    scripts: list[str] = field(default_factory=list)
    """What queries had the instance run: a value that begins with ``javascript:`` is not compared but evaluated."""
