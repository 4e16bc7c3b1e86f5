"""Faults on request: what goes wrong, for which requests, how often.

===============  ===================================================================================
kind             effect on a request that it fires for
===============  ===================================================================================
latency          waits ``seconds`` first; combines with any other
status           answers ``status`` (429, 500, 503, 401, 403, ...); ``retry_after`` seconds are told in
                 the header, as a date with ``as_date``
html             answers 200 with a sign-in page
redirect         answers ``status`` (302 unless given) with ``location``
hang             never answers
cut              cuts the connection; after ``length`` bytes of the answer's body, if given (the request
                 was then carried out)
cut_json         a complete answer whose JSON stops after ``length`` characters (half of it: None)
short_page       a listing leaves out the last ``amount`` rows of the page
overlap          a page starts with the last ``amount`` rows of the page before
repeat_page      every page is the first one, and there is always a next one
lying_total      the total is off by ``amount``
lag              a record created from now on is missing from its first ``amount`` listings
normalise        ``field`` is stored as ``how`` says: upper, lower, title, trim, or truncate to ``length``
ignore           ``field`` is accepted and not stored
===============  ===================================================================================

``status``, ``html``, ``redirect``, ``hang`` and ``cut`` replace the answer; with ``when: after`` the request was
carried out before. People's pages stay usable: a path of ``*``, which it is unless given, is every path but theirs,
and ``/*`` is every path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from connector.mock.schema import Json
from connector.mock.web.addresses import is_page


class FaultKind(StrEnum):
    """What goes wrong; the module's table says how."""

    LATENCY = "latency"
    STATUS = "status"
    HTML = "html"
    REDIRECT = "redirect"
    HANG = "hang"
    CUT = "cut"
    CUT_JSON = "cut_json"
    SHORT_PAGE = "short_page"
    OVERLAP = "overlap"
    REPEAT_PAGE = "repeat_page"
    LYING_TOTAL = "lying_total"
    LAG = "lag"
    NORMALISE = "normalise"
    IGNORE = "ignore"


class When(StrEnum):
    """Whether the request is carried out before its answer is spoilt."""

    BEFORE = "before"
    AFTER = "after"


class How(StrEnum):
    """How a server rewrites a text."""

    UPPER = "upper"
    LOWER = "lower"
    TITLE = "title"
    TRIM = "trim"
    TRUNCATE = "truncate"


BUT_THE_PAGES = "*"
REPLACES_ANSWER = frozenset({FaultKind.STATUS, FaultKind.HTML, FaultKind.REDIRECT, FaultKind.HANG, FaultKind.CUT})
_PER_FIELD = frozenset({FaultKind.NORMALISE, FaultKind.IGNORE})
_LASTING = _PER_FIELD | {FaultKind.LAG}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``method`` and ``path`` are globs; it leaves the first ``skip`` matching requests alone and fires for
    the next ``count`` (None: all). ``since`` is how many records had been created when it was added.
    """

    kind: FaultKind
    id: int = 0
    method: str = "*"
    path: str = BUT_THE_PAGES
    skip: int = 0
    count: int | None = 1
    when: When = When.BEFORE
    status: int = 500
    seconds: float = 0.0
    retry_after: int | None = None
    as_date: bool = False
    location: str = "/"
    field: str = ""
    how: How = How.TRIM
    length: int | None = None
    amount: int = 1
    since: int = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault is about this request."""
        if self.path == BUT_THE_PAGES and is_page(path):
            return False
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """The faults in force. Safe to use from any thread."""

    def __init__(self, records_created: Callable[[], int] = lambda: 0) -> None:
        self._records_created = records_created
        self._lock = Lock()
        self._faults: dict[int, Fault] = {}
        self._seen: dict[int, int] = {}
        self._listings: dict[tuple[int, str], int] = {}
        self._last_id = 0

    def add(self, kind: FaultKind | str, **settings: Json) -> Fault:
        """Put a fault in force and return it. ``settings`` are the fields of :class:`Fault`; without ``count`` it
        fires once, ``normalise``, ``ignore`` and ``lag`` until they are removed. ValueError for settings that make no
        sense.
        """
        kind = FaultKind(kind)
        settings = {"count": None if kind in _LASTING else 1, **_typed(settings)}
        if kind is FaultKind.REDIRECT:
            settings.setdefault("status", 302)
        if kind in _PER_FIELD and not settings.get("field"):
            raise ValueError(f"{kind} needs the name of a field")
        with self._lock:
            self._last_id += 1
            try:
                fault = Fault(kind, id=self._last_id, since=self._records_created(), **settings)
            except TypeError as error:
                raise ValueError(f"unknown setting: {error}") from None
            self._faults[fault.id] = fault
            return fault

    def remove(self, fault: Fault | int) -> None:
        """End a fault; one that is not in force is passed over."""
        with self._lock:
            self._faults.pop(fault if isinstance(fault, int) else fault.id, None)

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        """The faults that may still fire, oldest first."""
        with self._lock:
            return [fault for fault in self._faults.values() if self._left(fault)]

    def fired(self, fault: Fault) -> int:
        """For how many requests the fault fired so far."""
        with self._lock:
            return max(0, min(self._seen.get(fault.id, 0) - fault.skip, _endless(fault.count)))

    def take(self, method: str, path: str) -> tuple[Fault, ...]:
        """The faults that fire for this request; each counts it."""
        with self._lock:
            return tuple(fault for fault in self._faults.values() if fault.matches(method, path) and self._fires(fault))

    def hidden(self, fault: Fault, record_ids: Iterable[str]) -> set[str]:
        """Which of these young records a lagging listing still leaves out; counts the listing."""
        with self._lock:
            left_out = set()
            for record_id in record_ids:
                listings = self._listings.get((fault.id, record_id), 0)
                self._listings[fault.id, record_id] = listings + 1
                if listings < fault.amount:
                    left_out.add(record_id)
            return left_out

    def _fires(self, fault: Fault) -> bool:
        number = self._seen.get(fault.id, 0)
        self._seen[fault.id] = number + 1
        return fault.skip <= number < fault.skip + _endless(fault.count)

    def _left(self, fault: Fault) -> bool:
        return self._seen.get(fault.id, 0) < fault.skip + _endless(fault.count)


def _endless(count: int | None) -> int:
    return 2**62 if count is None else count


def _typed(settings: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, Callable[[Json], Json]] = {"when": When, "how": How}
    for name in ("id", "since", "kind"):
        if name in settings:
            raise ValueError(f"{name} cannot be set")
    return {name: kinds[name](value) if name in kinds else value for name, value in settings.items()}
