"""Undoing a link: what ties a model and its versions to their records goes from both sides and from the state.

A record keeps its values and the model's name; what makes a cycle find it again, or take its decisions for those of
another record, does not stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from connector.apply.ledger import Ledger
from connector.apply.sides import Sides
from connector.engine.connection import Connection
from connector.logs import get_logger
from connector.mapping.registry_side import model_views
from connector.model.errors import AccessDenied, IncompleteSnapshot
from connector.model.fields import Entity, LocationKind, Owner, Value
from connector.model.grc import Write
from connector.model.operations import FieldChange
from connector.model.policy import VersionsMode
from connector.model.state import Base, Link
from connector.model.views import GrcView, ObjectRef, RegistryView
from connector.plan.context import Identity
from connector.plan.renaming import UNSEEN
from connector.state.base import Recorder

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bound:
    """A model that is to be forgotten: its link, and in MLflow itself and its versions (none where it is deleted)."""

    link: Link
    views: tuple[RegistryView, ...]


class Forgetter:
    """Takes a link apart. ``ledger`` begins the run that this is told in: not before something is to be changed.
    ``links`` and ``bases`` are all that the state remembers.
    """

    def __init__(
        self,
        connection: Connection,
        sides: Sides,
        ledger: Callable[[], Ledger],
        links: Mapping[str, Link],
        bases: Mapping[str, Mapping[str, Base]],
    ) -> None:
        self._connection, self._sides, self._ledger = connection, sides, ledger
        self._mapping = connection.translator.mapping
        self._links, self._bases = links, bases

    def find(self, link: Link) -> Bound:
        """Find what the link ties. Raises IncompleteSnapshot where the model's versions could not be read."""
        snapshot = self._connection.registry.snapshot()
        translator = self._connection.translator
        for model in snapshot.models:
            view, versions = model_views(translator.mapping, model, translator.settings)
            if view.ref.key == link.ref.key and not snapshot.gaps:
                return Bound(link, (view, *versions))
        if snapshot.gaps or self._sides.read_registry(link.ref) is not None:
            what = "; ".join(snapshot.gaps) or "the scan skipped the model"
            text = f"The versions of {link.ref} could not be read ({what}); nothing was changed."
            raise IncompleteSnapshot(text, remedy="Try again.")
        return Bound(link, ())

    def release(self, bound: Bound) -> None:
        """Empty key and instance of the records that are there and ours, and remove the tags that tell of them."""
        for ref, record in self._records(bound):
            if not self._is_anothers(record) and (record.key or record.instance):
                write_identity(self._connection, self._sides, self._ledger(), ref, record, _NOBODYS)
        for view in bound.views:
            self._untag(view)

    def _is_anothers(self, record: GrcView) -> bool:
        return bool(record.claim_problem) or record.is_foreign(self._connection.instance)

    def forget(self, bound: Bound, recorder: Recorder) -> None:
        """Forget the link and all that is remembered of the model and its versions."""
        keys = {ref.key: ref for ref in (bound.link.ref, *self.versions_of(bound.link))}
        for ref in keys.values():
            recorder.drop_link(ref)
        for case in self._connection.store.quarantines(self._connection.name):
            if case.ref.key in keys:
                recorder.drop_quarantine(case.ref, case.field)

    def versions_of(self, link: Link) -> Iterator[ObjectRef]:
        """The versions of a model of which the state remembers anything. Their keys may be hashes: they are tried."""
        keys, model = self._connection.translator.settings.keys, link.ref
        number, last = 0, UNSEEN
        while (number := number + 1) <= last:
            key = keys.version(model.name, link.created_ms or 0, str(number))
            if key in self._links or key in self._bases:
                last = number + UNSEEN
                yield ObjectRef(Entity.VERSION, key, model.name, str(number))

    def _records(self, bound: Bound) -> Iterator[tuple[ObjectRef, GrcView]]:
        refs = {bound.link.ref.key: bound.link.ref}
        if self._mapping.versions is VersionsMode.RECORDS:
            refs |= {ref.key: ref for ref in self.versions_of(bound.link)}
            refs |= {view.ref.key: view.ref for view in bound.views}
        for key, ref in refs.items():
            known = self._links.get(key)
            record = self._sides.read_record(ref, known.record_id) if known else self._sides.find_record(ref)
            if record is not None:
                yield ref, record

    def _untag(self, view: RegistryView) -> None:
        gone = self._connectors_own(view)
        changes = [FieldChange(key, view.tags[key], None, "forgotten by hand", is_tag=True) for key in sorted(gone)]
        if not changes:
            return
        try:
            self._sides.write_registry(view.ref, changes, self._ledger().before_write)
        except AccessDenied as error:
            if view.ref.entity is Entity.MODEL:
                raise
            # With EDIT alone no tag of a version is removed; the reference among them tells that they are not true.
            log.warning("tags stay", object=str(view.ref), tags=sorted(gone), reason=error.message)
            rule = f"tags that this account may not remove stay: {', '.join(sorted(gone))}"
            self._ledger().note([self._ledger().audit_entry("unlink", view.ref, rule=rule)])

    def _connectors_own(self, view: RegistryView) -> set[str]:
        """The tags of the object that tell of its record: those of identity, and whatever was written from it."""
        tags, bases = self._mapping.tags, self._bases.get(view.ref.key, {})
        found = {tags.record_id, tags.record_url, tags.version_ref, tags.blocked}
        found |= {name for name in bases if tags.written_by_connector(name)}
        for field in self._mapping.fields(view.ref.entity):
            place, base = field.locations[0], bases.get(field.name)
            if field.owner is Owner.GRC and place.kind is LocationKind.TAG and _is_copy(base, view, place.key):
                found.add(place.key)
        return found & view.tags.keys()


def _is_copy(base: Base | None, view: RegistryView, key: str) -> bool:
    return base is not None and base.registry == view.tags.get(key)


_NOBODYS: Mapping[str, Value] = {Identity.KEY: None, Identity.INSTANCE: None}


def write_identity(
    connection: Connection, sides: Sides, ledger: Ledger, ref: ObjectRef, record: GrcView, values: Mapping[str, Value]
) -> None:
    """Write identity fields of a record at once. Raises as the adapter does."""
    placed = connection.context(connection.clock()).identity[ref.entity]
    native = sides.mapping.native(ref.entity, {name: value for name, value in values.items() if name in placed})
    ledger.before_write()
    for outcome in connection.adapter.write([Write(ref.entity, record.id, native, ref.key, record.revision)]):
        if outcome.error is not None:
            raise outcome.error
