"""The audit trail's entries as they are chained."""

from __future__ import annotations

from dataclasses import dataclass

from connector.audit.offline import GENESIS, entry_hash, parse_head
from connector.model.state import AuditEntry


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a trail: the last entry's sequence and hash; 0 and 64 zeros while it is empty. ``str`` gives
    ``sequence:hash``, the form that logs and anchors use.
    """

    sequence: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read ``sequence:hash`` again. Raises ValueError."""
        return cls(*parse_head(text))


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry in its place. ``sequence`` counts from 1; ``previous`` is the hash of the entry before."""

    sequence: int
    previous: str
    hash: str
    entry: AuditEntry

    @property
    def head(self) -> Head:
        return Head(self.sequence, self.hash)


def body(entry: AuditEntry) -> dict[str, str | None]:
    """An entry as the flat object that is hashed, exported and stored."""
    ref = entry.ref
    return {
        "at": entry.at,
        "run_id": entry.run_id,
        "connection": entry.connection,
        "action": entry.action,
        "side": str(entry.side) if entry.side else None,
        "entity": str(ref.entity) if ref else None,
        "key": ref.key if ref else None,
        "name": ref.name if ref else None,
        "version": ref.version if ref else None,
        "field": entry.field,
        "old": entry.old,
        "new": entry.new,
        "rule": entry.rule,
        "actor": entry.actor,
        "record_id": entry.record_id,
    }


def members(chained: ChainedEntry) -> dict[str, object]:
    """A chained entry as it is exported: the flat object with its place and its hash."""
    return {
        **body(chained.entry),
        "sequence": chained.sequence,
        "previous": chained.previous,
        "hash": chained.hash,
    }


def chain(entry: AuditEntry, head: Head) -> ChainedEntry:
    """Put an entry after ``head``."""
    sequence = head.sequence + 1
    digest = entry_hash({**body(entry), "sequence": sequence, "previous": head.hash})
    return ChainedEntry(sequence, head.hash, digest, entry)
