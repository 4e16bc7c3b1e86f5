"""What the audit trail tells of a moment: which record stood for which object, and what was decided of a version that
has no record of its own. The state remembers of both only how they are now.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.audit.actions import RECOVERED
from connector.audit.chain import ChainedEntry
from connector.audit.select import AuditFilter
from connector.mapping.keys import is_hashed
from connector.model.fields import Entity, Side, Value
from connector.model.operations import OperationKind
from connector.model.state import AuditEntry
from connector.model.views import ObjectRef
from connector.plan.absence import DELETED, KEPT
from connector.plan.context import Identity
from connector.state.base import StateReader

_LINKED, _UNLINKED = "link", "unlink"
_CREATED = (str(OperationKind.CREATE_RECORD), f"{RECOVERED}{OperationKind.CREATE_RECORD}")
_RETIRED = (str(OperationKind.RETIRE_RECORD), f"{RECOVERED}{OperationKind.RETIRE_RECORD}")
_PLACED = (str(OperationKind.CREATE_PLACEHOLDER), f"{RECOVERED}{OperationKind.CREATE_PLACEHOLDER}")
_WRITTEN = tuple(
    f"{how}{kind}" for kind in (OperationKind.UPDATE_REGISTRY, OperationKind.UPDATE_RECORD) for how in ("", RECOVERED)
)


@dataclass(slots=True)
class Ties:
    """``records`` by entity and correlation key, the last to be tied at the end: a renamed object has its record under
    both keys. ``decided`` are the values that the connector wrote of each version, by the record that holds its
    approval and the version's number, then by field.
    """

    grcs_own: frozenset[str] = frozenset()
    """The fields of versions that the GRC decides: of those a request to it is no decision."""
    records: dict[tuple[Entity, str], str] = field(default_factory=dict)
    decided: dict[tuple[str, str], dict[str, Value]] = field(default_factory=dict)
    retired: set[tuple[Entity, str]] = field(default_factory=set)
    """The objects whose record was retired, by entity and key."""
    _names: dict[tuple[Entity, str], str] = field(default_factory=dict)

    def follow(self, entry: AuditEntry) -> None:
        """Take one entry of the trail into account; they come in its order."""
        if entry.ref is None:
            return
        self._end(entry)
        if entry.action == _UNLINKED:
            self._untie(entry.ref, entry.record_id)
        elif entry.action == _LINKED or entry.action in _CREATED or entry.action in _PLACED:
            # The trail has no key of a new placeholder: it stands under its record's, until it is observed.
            self._tie(entry.ref.entity, entry.ref.key, entry.ref.name, entry.record_id)
        elif entry.action in _WRITTEN and entry.ref.version is not None and not self._is_request(entry):
            self.decided.setdefault((entry.record_id, entry.ref.version), {})[entry.field] = entry.new

    def _is_request(self, entry: AuditEntry) -> bool:
        return entry.side is Side.GRC and entry.field in self.grcs_own

    def _end(self, entry: AuditEntry) -> None:
        """Note whether the object's record is retired: by a write, or by what the entry of its link says."""
        assert entry.ref is not None
        where = entry.ref.entity, entry.ref.key
        if entry.action in _RETIRED or (entry.action == _LINKED and entry.rule.startswith((DELETED, KEPT))):
            self.retired.add(where)
        elif entry.action == _LINKED:
            self.retired.discard(where)

    def _tie(self, entity: Entity, key: str, name: str, record_id: str) -> None:
        self.records.pop((entity, key), None)
        self.records[entity, key] = record_id
        self._names[entity, key] = name

    def knows(self, entity: Entity, key: str) -> bool:
        """Whether the trail ever tied the object to a record, be it that the link was forgotten since."""
        return (entity, key) in self._names

    def _untie(self, model: ObjectRef, record_id: str) -> None:
        """Forget a model's link and its versions', under former names too, and what its record decided of them."""
        named = (key for (entity, key), name in self._names.items() if name == model.name and entity is Entity.VERSION)
        own = ((Entity.VERSION, key) for key in named if is_hashed(key) or key.startswith(f"{model.key}#"))
        lost = {(entity, self.records[entity, key]) for entity, key in own if (entity, key) in self.records}
        lost.add((Entity.MODEL, record_id))
        self.records = {where: held for where, held in self.records.items() if (where[0], held) not in lost}
        self.decided = {where: values for where, values in self.decided.items() if where[0] != record_id}


def ties_until(
    store: StateReader,
    connection: str,
    at: datetime,
    *,
    decisions: bool = False,
    grcs_own: frozenset[str] = frozenset(),
) -> Ties:
    """What held at ``at``; with ``decisions`` what was decided of versions, too."""
    ties = Ties(grcs_own)
    for chained in _entries(store, connection, at + timedelta(milliseconds=1), decisions=decisions):
        ties.follow(chained.entry)
    return ties


def _entries(store: StateReader, connection: str, before: datetime, *, decisions: bool) -> Iterator[ChainedEntry]:
    """The entries that matter, in the trail's order. Of the many of a new record one tells that it was made."""
    wanted: list[tuple[str, str | None]] = [(action, None) for action in (_LINKED, _UNLINKED, *_PLACED, *_RETIRED)]
    wanted += [(action, Identity.KEY) for action in _CREATED]
    wanted += [(action, None) for action in (_WRITTEN if decisions else ())]
    parts = [
        store.audit(AuditFilter(connection=connection, action=action, field=name, until=before))
        for action, name in wanted
    ]
    return heapq.merge(*parts, key=lambda each: each.sequence)
