"""Which record stands for which registered model.

The order of trust: the link in state (by record id), then the correlation key in the record, then the identity tag of
a renamed model, which counts only where the record's creation time is the model's. Two claims on one record, or two
records for one model, are quarantined and never guessed. A record of another connector instance is never touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, FuseClass, LinkChange, Operation, OperationKind, Remark
from connector.model.state import Link, LinkState, QuarantineCase
from connector.model.tags import Tags
from connector.model.views import GrcView, RegistryView
from connector.plan.context import Absences, Context, Findings, Memory
from connector.plan.refused import not_refused

CLAIM_REMEDY = "correct it in the GRC or in MLflow, or decide with `mlflow-grc link`"


@dataclass(frozen=True, slots=True)
class Match:
    """A registry object with its record; ``grc`` None: to be created. ``moved_from`` is the key before a rename."""

    registry: RegistryView
    grc: GrcView | None
    link: Link | None
    moved_from: str | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one entity, looked up by id and by key; ``garbled`` are those whose key cannot be read."""

    all: tuple[GrcView, ...]
    by_id: Mapping[str, GrcView] = field(default_factory=dict)
    by_key: Mapping[str, tuple[GrcView, ...]] = field(default_factory=dict)
    by_parent: Mapping[str, tuple[GrcView, ...]] = field(default_factory=dict)
    garbled: tuple[GrcView, ...] = ()

    @classmethod
    def of(cls, records: Iterable[GrcView]) -> Records:
        """Index the records."""
        unique = {record.id: record for record in records}
        keyed = _grouped((record.key, record) for record in unique.values())
        parents = _grouped((record.parent_id, record) for record in unique.values())
        garbled = tuple(record for record in unique.values() if "key" in record.unreadable)
        return cls(tuple(unique.values()), unique, keyed, parents, garbled)


class Matcher:
    """Matches the registry objects of one entity with records, one object at a time."""

    def __init__(
        self,
        context: Context,
        memory: Memory,
        absences: Absences,
        entity: Entity,
        records: Records,
        claims: Mapping[str, tuple[str, ...]],
        *,
        complete: bool,
        unlisted: bool = False,
    ) -> None:
        """Take the records and ``claims``: for each record id the keys of the registry objects that claim it.
        ``unlisted``: there is no listing that could be complete.
        """
        self._context, self._memory, self._absences = context, memory, absences
        self._entity, self._records, self._claims, self._complete = entity, records, claims, complete
        self._unlisted = unlisted

    def match(self, view: RegistryView, tag_claim: str | None, found: Findings) -> Match | None:
        """Find the record of one object, or None when nothing may be written for it now (the reason is in
        ``found``).
        """
        link = self._memory.links.get(view.ref.key)
        reason = self._quarantine_reason(view, link, tag_claim)
        if reason:
            found.quarantines.append(QuarantineCase(view.ref, "", reason, CLAIM_REMEDY))
            return None
        if link is not None and link.state is LinkState.LIVE:
            return self._linked(view, link, found)
        if link is not None:
            return self._ended(view, link, found)
        return self._unlinked(view, tag_claim, found)

    def sibling(self, parent_id: str, view: RegistryView) -> str | None:
        """The record of this very version under its model's record, whatever key it carries (after a rename)."""
        for record in self._records.by_parent.get(parent_id, ()):
            if record.version == view.ref.version and record.created_ms == view.created_ms:
                return record.id
        return None

    def is_record(self, parent_id: str, text: str) -> bool | None:
        """Whether ``text`` is the id of a record under this parent; None where a broken listing may lack it."""
        if any(record.id == text for record in self._records.by_parent.get(parent_id, ())):
            return True
        return False if self._complete else None

    def _quarantine_reason(self, view: RegistryView, link: Link | None, tag_claim: str | None) -> str:
        keyed = self._records.by_key.get(view.ref.key, ())
        if len(keyed) > 1:
            return f"{len(keyed)} records carry its correlation key: {', '.join(sorted(r.id for r in keyed))}"
        if link is not None and link.record_id in self._records.by_id:
            strangers = [record.id for record in keyed if record.id != link.record_id]
            if strangers:
                return f"linked to {link.record_id}, but its key stands in {strangers[0]}"
        candidate = link.record_id if link else keyed[0].id if keyed else tag_claim
        if candidate is None:
            return ""
        rivals = [key for key in self._claims.get(candidate, ()) if key != view.ref.key]
        if rivals:
            return f"record {candidate} is claimed by more than one object (also by {rivals[0]})"
        record = self._records.by_id.get(candidate)
        if record is None:
            return ""
        problem = self._not_to_touch(record, link)
        return problem or (self._tag_problem(view, record) if link is None and not keyed else "")

    def _not_to_touch(self, record: GrcView, link: Link | None) -> str:
        if record.claim_problem:
            return f"nobody can tell whose record {record.id} is: {record.claim_problem}"
        if record.is_foreign(self._context.instance):
            return f"record {record.id} belongs to another connector instance ({record.instance})"
        if link is not None and self._context.keys.is_anothers(record.key):
            return f"record {record.id} stands for a model of another registry ({record.key})"
        return ""

    def _tag_problem(self, view: RegistryView, record: GrcView) -> str:
        if self._claim_holds(view, record):
            return ""
        return f"its tag {self._context.tags.record_id} names record {record.id}, which is another object's"

    def _claim_holds(self, view: RegistryView, record: GrcView) -> bool:
        """Whether an identity tag is believed: a rename keeps the creation time, a copied tag does not match it."""
        if record.created_ms is not None:
            return record.created_ms == view.created_ms
        if self._context.tags.placeholder in view.tags:
            return record.key is None
        previous = self._memory.links.get(self._previous_key(record) or "")
        return previous is not None and previous.created_ms == view.created_ms

    def _linked(self, view: RegistryView, link: Link, found: Findings) -> Match | None:
        record = self._records.by_id.get(link.record_id)
        if record is not None:
            adopted = record.key is None and record.instance is None and view.ref.key not in self._memory.bases
            if record.key != view.ref.key and not adopted:
                text = f"the correlation key of {record.id} was {record.key or 'emptied'}; the link by id holds"
                found.remarks.append(Remark(view.ref, "key edited", text))
            return Match(view, record, self._under_its_name(view, link, found))
        keyed = self._records.by_key.get(view.ref.key)
        if keyed:
            relinked = Link(view.ref, keyed[0].id, created_ms=view.created_ms)
            found.links.append(LinkChange(relinked, f"the record's id changed from {link.record_id}"))
            return Match(view, keyed[0], relinked)
        self._missing_record(view, link.record_id, found)
        return None

    def _under_its_name(self, view: RegistryView, link: Link, found: Findings) -> Link:
        """The link, under what the object is called now: names tell the workspace only while several are read."""
        if link.ref == view.ref:
            return link
        renamed = replace(link, ref=view.ref)
        found.links.append(LinkChange(renamed, f"called {link.ref} before"))
        return renamed

    def _missing_record(self, view: RegistryView, record_id: str, found: Findings) -> None:
        if (self._entity, record_id) in self._absences.records_gone:
            gone = Link(view.ref, record_id, LinkState.RECORD_GONE, view.created_ms)
            found.links.append(LinkChange(gone, "the record is gone from the GRC"))
            self._block(view, record_id, found)
        else:
            reason = self._absences.records_unknown.get((self._entity, record_id), "its listing was incomplete")
            text = f"record {record_id} could not be read ({reason}); nothing is concluded from that"
            found.remarks.append(Remark(view.ref, "record unknown", text, attention=True))

    def _ended(self, view: RegistryView, link: Link, found: Findings) -> Match | None:
        """An object that was linked once: deleted and restored since, or without its record."""
        keyed = self._records.by_key.get(view.ref.key, ())
        record = self._records.by_id.get(link.record_id) or next(iter(keyed), None)
        if record is not None:
            live = Link(view.ref, record.id, created_ms=view.created_ms)
            back = "the model" if link.state is LinkState.RETIRED else "the record"
            found.links.append(LinkChange(live, f"{back} is back"))
            return Match(view, record, live)
        if link.state is LinkState.RETIRED:
            self._missing_record(view, link.record_id, found)
        else:
            self._block(view, link.record_id, found)
        return None

    def _block(self, view: RegistryView, record_id: str, found: Findings) -> None:
        """Show in MLflow that the inventory lost the object's record; a person decides what follows."""
        text = f"its record {record_id} is gone from the GRC; link another record or forget the link"
        found.remarks.append(Remark(view.ref, "record gone", f"{text} (`mlflow-grc link`)", attention=True))
        key, value = self._context.tags.blocked, f"inventory record {record_id} is gone from the GRC"
        if view.tags.get(key) == value:
            return
        if Side.REGISTRY in self._context.policy.read_only:
            return
        change = FieldChange(key, view.tags.get(key), value, "the record is gone", other=value, is_tag=True)
        if not not_refused(self._context, self._memory, view.ref, Side.REGISTRY, [change], found):
            return
        found.operations.append(
            Operation(OperationKind.UPDATE_REGISTRY, Side.REGISTRY, view.ref, (change,), record_id, FuseClass.UPDATE)
        )

    def _unlinked(self, view: RegistryView, tag_claim: str | None, found: Findings) -> Match | None:
        keyed = self._records.by_key.get(view.ref.key)
        if keyed:
            link = Link(view.ref, keyed[0].id, created_ms=view.created_ms)
            previous = self._renamed_from(view, keyed[0])
            found.links.append(LinkChange(link, "adopted by its correlation key", previous))
            return Match(view, keyed[0], link, previous)
        if tag_claim is not None:
            return self._claimed_by_tag(view, tag_claim, found)
        double = self._may_be_its_record(view)
        if double is not None:
            reason = f"record {double.id} has its name, and nobody can tell whose it is: {double.claim_problem}"
            found.quarantines.append(QuarantineCase(view.ref, "", reason, CLAIM_REMEDY))
            return None
        if not self._complete:
            text = "not created: the GRC's listing was incomplete, so its absence proves nothing"
            if self._unlisted:
                text = "not created: the GRC cannot be listed, so there may be a record; `mlflow-grc link` ties one"
            found.remarks.append(Remark(view.ref, "withheld", text, attention=True))
            return None
        return Match(view, None, None)

    def _may_be_its_record(self, view: RegistryView) -> GrcView | None:
        """A record of the object's name and version whose key cannot be read."""
        named = (view.ref.name, view.ref.version)
        return next((each for each in self._records.garbled if (each.name, each.version) == named), None)

    def _claimed_by_tag(self, view: RegistryView, record_id: str, found: Findings) -> Match | None:
        record = self._records.by_id.get(record_id)
        if record is None:
            self._missing_record(view, record_id, found)
            return None
        previous = self._previous_key(record)
        link = Link(view.ref, record.id, created_ms=view.created_ms)
        found.links.append(LinkChange(link, f"renamed from {record.name or previous}", previous))
        return Match(view, record, link, previous or record.key or "")

    def _renamed_from(self, view: RegistryView, record: GrcView) -> str | None:
        """The key of this very object's link under an earlier name, where the record knows the new name already."""
        for key, link in self._links_to.get(record.id, ()):
            if link.created_ms == view.created_ms and link.state is LinkState.LIVE:
                return key
        return None

    def _previous_key(self, record: GrcView) -> str | None:
        return next((key for key, _ in self._links_to.get(record.id, ())), None)

    @cached_property
    def _links_to(self) -> Mapping[str, Sequence[tuple[str, Link]]]:
        """The links of this entity by their record's id, each with its key."""
        found: dict[str, list[tuple[str, Link]]] = defaultdict(list)
        for key, link in self._memory.links.items():
            if link.ref.entity is self._entity:
                found[link.record_id].append((key, link))
        return found


def claim_of(tags: Tags, memory: Memory, view: RegistryView) -> str | None:
    """The record that a registered model's identity tag names, under the present prefix or an earlier one."""
    keys = (each.record_id for each in (tags, *map(Tags, reversed(memory.former_prefixes))))
    return next((view.tags[key] for key in keys if view.tags.get(key)), None)


def claims_of(
    views: Iterable[RegistryView], tag_claims: Mapping[str, str], memory: Memory, records: Records
) -> dict[str, tuple[str, ...]]:
    """For each record id, the keys of all present registry objects that claim it by link, key or identity tag."""
    claims: dict[str, set[str]] = defaultdict(set)
    for view in views:
        key = view.ref.key
        link = memory.links.get(key)
        if link is not None and link.state is LinkState.LIVE:
            claims[link.record_id].add(key)
        for record in records.by_key.get(key, ()):
            claims[record.id].add(key)
        if key in tag_claims:
            claims[tag_claims[key]].add(key)
    return {record_id: tuple(sorted(keys)) for record_id, keys in claims.items()}


def _grouped(pairs: Iterable[tuple[str | None, GrcView]]) -> dict[str, tuple[GrcView, ...]]:
    groups: dict[str, list[GrcView]] = defaultdict(list)
    for key, record in pairs:
        if key:
            groups[key].append(record)
    return {key: tuple(found) for key, found in groups.items()}
