"""Whose consent an operation rests on, so that the trail says so where the operation was carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from connector.model.fields import Side
from connector.model.operations import Operation
from connector.model.state import Approval


@dataclass(frozen=True, slots=True)
class Release:
    """A withheld operation, by its digest, and who approved it."""

    digest: str
    by: str

    def __str__(self) -> str:
        return f"withheld operation {self.digest} approved by {self.by}"


@dataclass(slots=True)
class Releases:
    """The approvals in force, and what of a run's plan they cover.

    An approved part of a write is joined with what needed no approval, and planned again with a fresh read: it is known
    by its object, side and fields then.
    """

    _by: dict[str, Release] = field(default_factory=dict)
    _changes: dict[tuple[str, Side, str], Release] = field(default_factory=dict)

    @classmethod
    def of(cls, approvals: Iterable[Approval]) -> Releases:
        """Take in the approvals in force; of two for one operation the first counts, which let it through."""
        found: dict[str, Release] = {}
        for approval in approvals:
            for digest in approval.digests:
                found.setdefault(digest, Release(digest, approval.by))
        return cls(found)

    def cover(self, operations: Iterable[Operation]) -> None:
        """Take in what of a plan an approval let through."""
        for operation in operations:
            if operation.digest in self._by:
                for change in operation.changes:
                    self._changes[operation.ref.key, operation.side, change.field] = self._by[operation.digest]

    def behind(self, operation: Operation, field_name: str) -> Release | None:
        """The release that a change of this operation rests on; None where it needed none."""
        found = self._by.get(operation.digest)
        return found or self._changes.get((operation.ref.key, operation.side, field_name))
