"""How many requests came in, by method and path."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from threading import Lock

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class RequestLog:
    """Counts requests; those to ``/admin`` are left out by whoever adds. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, method: str, path: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[method, path] += 1

    def count(self, method: str = "*", path: str = "*") -> int:
        """How many requests match both globs."""
        with self._lock:
            items = self._counts.items()
            return sum(n for (one, at), n in items if fnmatchcase(one, method) and fnmatchcase(at, path))

    @property
    def writes(self) -> int:
        """How many requests were other than reads."""
        with self._lock:
            return sum(n for (method, _), n in self._counts.items() if method in _WRITES)

    def by_path(self) -> dict[tuple[str, str], int]:
        """The counts by method and path."""
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        """Start again from zero."""
        with self._lock:
            self._counts.clear()
