"""Which keys no record carries, as far as this run's own listings prove it.

A platform that cannot be asked by key answers each question with a listing, and a first load would cost the square of
its models. But the run listed everything when it began, and has held the connection's lease ever since: a key that a
complete listing lacks is on no record, unless the connector itself may have put it there. So the platform is asked all
the same about each key that a write was sent with, whatever came of it, and that a run before left in doubt. A listing
by time proves no key free: where the run has no other, everything is listed once, when the first is asked about.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable

from adapters.base import Adapter
from connector.model.errors import IncompleteSnapshot, Retriable, Unlisted
from connector.model.fields import Entity
from connector.model.views import GrcObservation, ObjectRef


class ListedKeys:
    """The keys in one run's listings of those entities that ``adapter`` cannot query and that were listed to their
    end. ``doubtful`` are keys of writes that a run before did not see through. Used from several threads, each key from
    one of them alone.
    """

    def __init__(
        self,
        adapter: Adapter,
        grc: GrcObservation,
        doubtful: Iterable[str] = (),
        by_time: Collection[Entity] = (),
        listed_now: Callable[[Entity], frozenset[str | None]] | None = None,
    ) -> None:
        """Of the entities that the run listed ``by_time`` all keys are read with ``listed_now``, once, when the first
        is asked about; without it nothing is believed of them.
        """
        views = {Entity.MODEL: grc.models, Entity.VERSION: grc.versions}
        unasked = [entity for entity in views if grc.complete(entity) and not adapter.queries(entity)]
        self._listed = {
            entity: frozenset(view.key for view in views[entity]) for entity in unasked if entity not in by_time
        }
        self._unlisted = {entity for entity in unasked if entity in by_time and listed_now is not None}
        self._listed_now = listed_now
        self._lock = threading.Lock()
        self._doubtful = set(doubtful)

    def lacks(self, ref: ObjectRef) -> bool:
        """Whether no record can carry the object's key, so that the platform need not be asked."""
        keys = self._keys(ref.entity)
        return keys is not None and ref.key not in keys and ref.key not in self._doubtful

    def doubt(self, key: str) -> None:
        """Believe nothing of a key any more: a write that carries it is about to be sent."""
        self._doubtful.add(key)

    def _keys(self, entity: Entity) -> frozenset[str | None] | None:
        with self._lock:
            if entity in self._unlisted and self._listed_now is not None:
                self._unlisted.discard(entity)
                try:
                    self._listed[entity] = self._listed_now(entity)
                except (IncompleteSnapshot, Retriable, Unlisted):
                    return None
            return self._listed.get(entity)
