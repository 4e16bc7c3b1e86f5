"""The two sides as applying needs them: fresh reads and writes in canonical terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapters.base import Adapter
from connector.apply.batches import Batches
from connector.apply.listed import ListedKeys
from connector.apply.translate import Translator
from connector.model.errors import Conflict, MlflowGrcError, OutcomeUnknown, Rejected, RunAborted
from connector.model.fields import Entity, Location, LocationKind, Value
from connector.model.grc import Lookup, Outcome, Record, Write
from connector.model.operations import FieldChange
from connector.model.policy import VersionsMode
from connector.model.registry import ModelVersion, RegisteredModel
from connector.model.views import GrcView, Issue, ObjectRef, RegistryView
from connector.plan import Pair
from connector.registry.base import Registry


def no_matter(entity: Entity, record_id: str) -> None:
    """Nobody needs to know of it."""
    del entity, record_id


@dataclass(slots=True)
class Sides:
    """One registry and one GRC, joined by a mapping.

    ``scanned`` has each version of the scan by correlation key, with its model: a fresh read of a version brings
    neither its run nor its model's creation time, and neither changes. ``batches`` gathers what several lanes
    ask and write. ``listed``, once both sides were observed, spares questions that this run's listings answer.
    ``touch`` is told of each record that is read by id or key, or written.
    """

    registry: Registry
    adapter: Adapter
    mapping: Translator
    scanned: Mapping[str, tuple[ModelVersion, RegisteredModel]] = field(default_factory=dict)
    batches: Batches | None = None
    listed: ListedKeys | None = None
    touch: Callable[[Entity, str], None] = field(default=no_matter)

    def read_registry(self, ref: ObjectRef) -> RegistryView | None:
        """Read the registry object afresh; None when it is gone, or is another one of the same name by now."""
        if ref.entity is Entity.MODEL:
            model = self.registry.model(ref.name)
            view = self.mapping.model_view(model) if model else None
        else:
            view = self._read_version(ref)
        return view if view is not None and view.ref.key == ref.key else None

    def _read_version(self, ref: ObjectRef) -> RegistryView | None:
        version = self.registry.version(ref.name, ref.version or "")
        if version is None:
            return None
        if ref.key in self.scanned:
            scanned, model = self.scanned[ref.key]
            if version.created_ms != scanned.created_ms:
                return None
            return self.mapping.version_view(replace(version, run=scanned.run), model)
        owner = self.registry.model(ref.name)
        return self.mapping.version_view(version, owner) if owner else None

    def read_back(self, ref: ObjectRef) -> RegistryView:
        """Read a registry object that was just written to. Raises OutcomeUnknown where it cannot be read, and Conflict
        where it went away.
        """
        try:
            view = self.read_registry(ref)
        except RunAborted:
            raise
        except MlflowGrcError as error:
            what = f"{ref}: written, but the read-back failed: {error.message}"
            raise OutcomeUnknown(what, remedy=error.remedy) from error
        if view is None:
            raise Conflict(f"{ref}: it went away while it was written")
        return view

    def write_registry(self, ref: ObjectRef, changes: Iterable[FieldChange], before_each: Callable[[], None]) -> None:
        """Send tag and description changes of one object, one request each."""
        tags: dict[str, Value] = {}
        for change in changes:
            place = Location(LocationKind.TAG, change.field) if change.is_tag else self.place(ref, change.field)
            if place.kind is LocationKind.DESCRIPTION:
                before_each()
                self.registry.set_description(ref.name, ref.version, change.new or "")
            else:
                tags[place.key] = change.new
        if tags:
            sets = {key: value for key, value in tags.items() if value is not None}
            removals = [key for key, value in tags.items() if value is None]
            self.registry.set_tags(ref.name, ref.version, sets, removals, before_each)

    def place(self, ref: ObjectRef, name: str) -> Location:
        """Return where in MLflow the object's field is written."""
        return self.mapping.place(ref.entity, name)

    def record_entity(self, ref: ObjectRef) -> Entity:
        """Return the kind of record that holds the object: a governed version lives in its model's record."""
        governed = ref.entity is Entity.VERSION and self.mapping.versions is not VersionsMode.RECORDS
        return Entity.MODEL if governed else ref.entity

    def read_record(self, ref: ObjectRef, record_id: str) -> GrcView | None:
        """Read the record afresh, as the view of this object; None when it definitely does not exist."""
        record = self._look_up(Lookup(self.record_entity(ref), id=record_id))
        return self.view(ref, record) if record else None

    def find_record(self, ref: ObjectRef) -> GrcView | None:
        """Ask the GRC for the record that carries the object's key."""
        record = self._look_up(Lookup(ref.entity, key=ref.key))
        return self.mapping.record_view(record) if record else None

    def find_unlinked(self, ref: ObjectRef) -> GrcView | None:
        """Find the record of an object that is about to get one, as far as this run's listings leave that open."""
        return None if self.listed is not None and self.listed.lacks(ref) else self.find_record(ref)

    def look_for_record(self, ref: ObjectRef) -> GrcView | None:
        """Look for the record after a creation whose outcome is not known: by key, and where that finds nothing in a
        whole listing too, for a query may lag behind. Raises IncompleteSnapshot.
        """
        found = self.find_record(ref)
        if found is not None:
            return found
        views = (self.mapping.record_view(record) for record in self.adapter.records(ref.entity))
        return next((view for view in views if view.key == ref.key), None)

    def view(self, ref: ObjectRef, record: Record) -> GrcView:
        """Return what the record says of this object."""
        if self.record_entity(ref) is ref.entity:
            return self.mapping.record_view(record)
        return self.mapping.virtual_view(record)

    def write_record(self, pair: Pair, record_id: str | None, changes: Iterable[FieldChange]) -> GrcView:
        """Create or change a record and return it as read back. Errors as the adapter raises them."""
        ref = pair.ref
        values = self.mapping.native(ref.entity, {change.field: change.new for change in changes})
        holder = pair.parent if pair.retained else pair.grc
        revision = holder.revision if holder and record_id else None
        write = Write(self.record_entity(ref), record_id, values, ref.key, revision)
        if self.listed is not None:
            self.listed.doubt(ref.key)
        outcome = self._single(write)
        if outcome.error is not None:
            raise outcome.error
        if outcome.record is None:
            raise OutcomeUnknown(f"{ref}: the GRC answered a write without a record")
        return self.view(ref, outcome.record)

    def read_issue(self, issue_id: str) -> Issue | None:
        """Read an issue afresh; None when it definitely does not exist."""
        record = self._look_up(Lookup(Entity.ISSUE, id=issue_id))
        return self.mapping.issue(record) if record else None

    def find_issue(self, key: str) -> Issue | None:
        """Ask the GRC for the issue that carries a key. Raises DuplicateKey for several, and Rejected where the mapping
        names no key of issues: it did when the question arose.
        """
        if self.mapping.mapping.place(Entity.ISSUE, "key") is None:
            what = f"the issue with the key {key} cannot be looked up: no issue is opened any more"
            raise Rejected(what, remedy="see in the GRC what became of it")
        record = self._look_up(Lookup(Entity.ISSUE, key=key))
        return self.mapping.issue(record) if record else None

    def look_for_issue(self, key: str) -> Issue | None:
        """Look for an issue after an opening whose outcome is not known, as :meth:`look_for_record` does."""
        found = self.find_issue(key)
        if found is not None:
            return found
        issues = (self.mapping.issue(record) for record in self.adapter.records(Entity.ISSUE))
        return next((issue for issue in issues if issue.key == key), None)

    def write_issue(self, key: str, issue_id: str | None, changes: Iterable[FieldChange], found: Issue | None) -> Issue:
        """Open or change an issue and return it as read back; ``found`` is what was read of it before. Errors as the
        adapter raises them.
        """
        values = self.mapping.native(Entity.ISSUE, {change.field: change.new for change in changes})
        revision = found.revision if found is not None else None
        outcome = self._single(Write(Entity.ISSUE, issue_id, values, key, revision))
        if outcome.error is not None:
            raise outcome.error
        if outcome.record is None:
            raise OutcomeUnknown(f"issue {key}: the GRC answered a write without a record")
        return self.mapping.issue(outcome.record)

    def listed_keys(self, entity: Entity) -> frozenset[str | None]:
        """The key of every record, listed now. Raises IncompleteSnapshot, and Unlisted where there is no listing."""
        return frozenset(self.mapping.record_view(record).key for record in self.adapter.records(entity))

    def _look_up(self, lookup: Lookup) -> Record | None:
        found = self._asked(lookup)
        record_id = found.id if found is not None else lookup.id
        if record_id is not None:
            self.touch(lookup.entity, record_id)
        return found

    def _asked(self, lookup: Lookup) -> Record | None:
        if self.batches is not None:
            found = self.batches.look_up(lookup)
            if found.error is not None:
                raise found.error
            return found.record
        if lookup.id is not None:
            return self.adapter.get(lookup.entity, lookup.id)
        return self.adapter.find(lookup.entity, lookup.key or "")

    def _single(self, write: Write) -> Outcome:
        try:
            return self._sent(write)
        finally:
            if write.id is not None:
                self.touch(write.entity, write.id)

    def _sent(self, write: Write) -> Outcome:
        if self.batches is not None:
            return self.batches.write(write)
        for outcome in self.adapter.write([write]):
            return outcome
        return Outcome(write)
