"""The digest of a run's part of the observation journal, as the run's last audit entry holds it.

It is the SHA-256 over one line per observation, each followed by one line per journal entry of it, in the order they
were written. A line is the canonical JSON (:func:`connector.audit.offline.canonical`) of an array, and a line feed:
``[connection, at, side, entity, complete, number of objects]`` and ``[id, name, changed, present]``, where ``changed``
is the stored text. The line of a partial observation, which is of a few objects alone and no listing, ends in
``"partial"``. A run that observed nothing has the SHA-256 of nothing.
"""

from __future__ import annotations

import hashlib

from connector.audit.offline import canonical


class JournalDigest:
    """Computes the digest of one run as its lines come by."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def observation(
        self, connection: str, at: str, side: str, entity: str, *, complete: bool, objects: int, partial: bool = False
    ) -> None:
        """Add the line of an observation."""
        self._line([connection, at, side, entity, complete, objects, *(["partial"] if partial else [])])

    def entry(self, object_id: str, name: str, changed: str, *, present: bool) -> None:
        """Add the line of a journal entry; ``changed`` is its JSON text as stored."""
        self._line([object_id, name, changed, present])

    @property
    def hexdigest(self) -> str:
        """The digest of the lines so far."""
        return self._hash.hexdigest()

    def _line(self, parts: list[object]) -> None:
        # A cell that was tampered with may hold what JSON has no form for.
        known = [part if part is None or isinstance(part, str | int | float) else repr(part) for part in parts]
        self._hash.update(canonical(known) + b"\n")
