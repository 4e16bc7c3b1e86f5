"""The proof that the trail, and the journals it seals, are as they were written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from connector.audit.chain import ChainedEntry, Head, members
from connector.audit.journal import JournalDigest
from connector.audit.offline import Verification, verify_members
from connector.audit.select import AuditFilter
from connector.model.errors import StateCorrupt

RUN_ENDED = "run_ended"
"""Action of the entry that closes a run; its ``new`` is the digest of the run's journal."""


class TrailReader(Protocol):
    """What a whole check needs of a store; see :class:`connector.state.base.StateReader`."""

    def audit(self, select: AuditFilter | None = None) -> Iterator[ChainedEntry]:
        """The entries in order."""

    def audit_head(self) -> Head:
        """The end as stored."""

    def journal_digests(self) -> Iterator[tuple[str, str]]:
        """Each run's journal digest, computed."""


def verify(entries: Iterable[ChainedEntry], head: Head | None = None) -> Verification:
    """Check the chain from its first entry; ``head`` is an end of it that was kept elsewhere."""
    return verify_members(_readable(entries), str(head) if head else None)


def verify_trail(store: TrailReader, head: Head | None = None) -> Verification:
    """Check the chain, the end that the database itself keeps, and every sealed journal. Other processes may append
    meanwhile.
    """
    sealed: dict[str, tuple[int, str | None]] = {}
    before = store.audit_head()
    found = verify(_noting(store.audit(), sealed), before if before.sequence else None)
    if found.ok:
        found = replace(found, anchored=None)
        if found.entries > store.audit_head().sequence:
            reason = "inserted: it stands behind the end that the database keeps"
            found = replace(found, broken_at=before.sequence + 1, reason=reason)
    if found.ok and head is not None:
        found = verify(store.audit(), head)
    return _journals(store, sealed, found) if found.ok else found


def verify_end(store: TrailReader, entries: int) -> Verification:
    """Check the last ``entries`` of the chain alone, up to the end that the database itself keeps: what stands before
    them, and the journals, are taken as they are.
    """
    end = store.audit_head()
    first = end.sequence - entries
    if first <= 0:
        return verify(store.audit(), end if end.sequence else None)
    rest = store.audit(AuditFilter(after=first - 1))
    before = next(rest, None)
    if before is None or before.sequence != first:
        return Verification(0, str(end), first, "removed: it is not there")
    return verify_members(_readable(rest), str(end), str(before.head))


def _readable(entries: Iterable[ChainedEntry]) -> Iterator[dict[str, object]]:
    """The entries as objects; one whose row cannot even be read is an empty object, which breaks the chain there."""
    try:
        yield from map(members, entries)
    except StateCorrupt:
        yield {}


def _noting(entries: Iterable[ChainedEntry], sealed: dict[str, tuple[int, str | None]]) -> Iterator[ChainedEntry]:
    for item in entries:
        if item.entry.action == RUN_ENDED:
            sealed[item.entry.run_id] = (item.sequence, item.entry.new)
        yield item


def _journals(store: TrailReader, sealed: dict[str, tuple[int, str | None]], found: Verification) -> Verification:
    digests = dict(store.journal_digests())
    for run_id, (sequence, digest) in sealed.items():
        if digests.pop(run_id, JournalDigest().hexdigest) != digest:
            return replace(
                found, broken_at=sequence, reason=f"the journal of run {run_id}, which it seals, was changed"
            )
    return replace(found, unsealed=tuple(sorted(digests)))
