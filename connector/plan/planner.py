"""The whole plan of one connection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from connector.fuse import fuse
from connector.model.fields import Entity
from connector.model.operations import FuseClass, LinkChange, Operation, OperationKind, Plan, Remark
from connector.model.policy import VersionsMode
from connector.model.state import Link, LinkState
from connector.model.views import GrcObservation, GrcView, Issue, RegistryObservation, RegistryView
from connector.plan.absence import plan_deleted, plan_unclaimed
from connector.plan.context import Absences, Context, Findings, Memory, Pair
from connector.plan.enforcement import plan_enforcement
from connector.plan.pairing import Match, Matcher, Records, claim_of, claims_of
from connector.plan.placing import known_issues, place, tell_of_issues
from connector.plan.promotion import plan_promotion
from connector.plan.renaming import carry, moves_of_versions
from connector.plan.single import plan_object
from connector.plan.tier import tier_planned
from connector.plan.versions import VersionSource, version_pairs


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the pairs it was made from, by correlation key, so that each can be planned again with fresh
    views. ``placeholders`` are pairs in the making, by the key of the operation that creates their registered model.
    ``unjudged`` are the keys of what the state remembers and this plan could not look at: of them nothing is forgotten.
    ``issues`` are all that planning took for granted, for the state to remember.
    ``released`` are the operations that a fuse would have counted and a person approved.
    """

    plan: Plan
    pairs: Mapping[str, Pair]
    placeholders: Mapping[str, Pair] = field(default_factory=dict)
    unjudged: frozenset[str] = frozenset()
    issues: tuple[Issue, ...] = ()
    released: tuple[Operation, ...] = ()


def plan(
    context: Context,
    memory: Memory,
    registry: RegistryObservation,
    grc: GrcObservation,
    absences: Absences | None = None,
) -> Planned:
    """Compare both sides with what they last agreed on, and plan the fewest writes that make them agree again."""
    planner = _Planner(context, memory, registry, grc, absences or Absences())
    planner.run()
    return planner.result()


class _Planner:
    def __init__(
        self,
        context: Context,
        memory: Memory,
        registry: RegistryObservation,
        grc: GrcObservation,
        absences: Absences,
    ) -> None:
        self.context, self.absences = context, absences
        self.bases, self.resolutions = dict(memory.bases), dict(memory.resolutions)
        self.quarantines = dict(memory.quarantines)
        memory = replace(memory, bases=self.bases, resolutions=self.resolutions, quarantines=self.quarantines)
        self.memory = memory
        self.registry, self.grc = registry, grc
        self.found = Findings()
        self.pairs: dict[str, Pair] = {}
        self.models = Records.of(grc.models)
        self.records = Records.of(grc.versions)
        self.issues = known_issues(grc, memory, self.absences)
        self.placed = place(self.issues, grc, memory, self.records, self.absences)
        self.tag_claims = {
            view.ref.key: claim for view in registry.models if (claim := claim_of(context.tags, memory, view))
        }
        claims = claims_of(registry.models, self.tag_claims, memory, self.models)
        self.model_claims = claims
        self.known_records = {link.record_id for link in memory.links.values() if link.ref.entity is Entity.MODEL}
        self.model_matcher = self._matcher(Entity.MODEL, self.models, claims)
        version_claims = claims_of(registry.versions, {}, memory, self.records)
        self.version_matcher = self._matcher(Entity.VERSION, self.records, version_claims)

    def _matcher(self, entity: Entity, records: Records, claims: Mapping[str, tuple[str, ...]]) -> Matcher:
        complete, unlisted = self.grc.complete(entity), entity in self.grc.unlisted
        return Matcher(
            self.context, self.memory, self.absences, entity, records, claims, complete=complete, unlisted=unlisted
        )

    def run(self) -> None:
        versions: dict[str, list[RegistryView]] = defaultdict(list)
        for version in self.registry.versions:
            versions[version.ref.name].append(version)
        for view in sorted(self.registry.models, key=lambda each: each.ref.name):
            if view.in_scope:
                self._model(view, versions.get(view.ref.name, []))
            elif view.ref.key in self.memory.links:
                text = "left the scope: nothing is written, nothing is retired"
                self.found.remarks.append(Remark(view.ref, "out of scope", text))
        self._missing()
        tell_of_issues(self.placed, self.memory, self.absences, self.found, whole=self._all_issues_known())
        for name in self.registry.hidden:
            text = f"{name}: hidden from the registry's search by the prompt tag, though it has model versions"
            self.found.remarks.append(Remark(None, "hidden model", text, attention=True))

    def _model(self, view: RegistryView, versions: list[RegistryView]) -> None:
        match = self.model_matcher.match(view, self.tag_claims.get(view.ref.key), self.found)
        if match is None:
            return
        self._move(match, versions)
        pair = self._model_pair(match, versioned=bool(versions))
        virtual = self._virtual(match.grc)
        ordered = sorted(versions, key=lambda each: int(each.ref.version or 0))
        known = match.grc is not None and match.grc.id in self.known_records
        gone = self.absences.registry_gone
        source = VersionSource(view, match.grc, ordered, pair.issues, virtual, known, gone)
        pairs = version_pairs(self.context, self.memory, self.version_matcher, source, self.found)
        pair = replace(pair, numbers=self._numbers(versions, pairs))
        tier = tier_planned(self.context, pair, self._object(pair))
        own = tuple(each for each in pair.issues if each.version_id is None) if pair.issues is not None else None
        pairs = [replace(version, model=view, tier=tier, model_issues=own) for version in pairs]
        for version in pairs:
            self._object(version)
        plan_promotion(self.context, self.memory, pair, pairs, versions, self.found)
        plan_enforcement(self.context, self.memory, pairs, self.found)

    def _numbers(self, versions: Iterable[RegistryView], pairs: Sequence[Pair]) -> dict[str, str]:
        """The numbers of versions by what issues may name them by: the ids of their records, as they are known from
        before and as they were found now, and otherwise what an issue that is known to be about a version says.
        """
        links = (self.memory.links.get(view.ref.key) for view in versions)
        known = [(link.record_id, link.ref) for link in links if link is not None and link.state is LinkState.LIVE]
        found = [(pair.grc.id, pair.ref) for pair in pairs if pair.grc is not None]
        records = (*known, *found) if self.context.versions is VersionsMode.RECORDS else ()
        named = ((issue.version_id or "", pair.ref) for pair in pairs for issue in pair.issues or ())
        return {name: ref.version for name, ref in (*named, *records) if ref.version}

    def _move(self, match: Match, versions: Iterable[RegistryView]) -> None:
        """After a rename, look for what is remembered under the new name, that of the versions included."""
        view, change = match.registry, self.found.links[-1] if self.found.links else None
        if change is None or change.link.ref.key != view.ref.key or change.previous_key is None:
            return
        previous = self.memory.links.get(change.previous_key)
        if previous is not None and self.context.versions is not VersionsMode.RECORDS:
            last = max((int(each.ref.version or 0) for each in versions), default=0)
            moves = moves_of_versions(self.context.keys, previous, view, last)
            known = self._remembered()
            change = replace(change, versions=tuple(move for move in moves if move.previous_key in known))
            self.found.links[-1] = change
        carry(change.moves, self.bases, self.resolutions, self.quarantines)

    def _remembered(self) -> set[str]:
        """The keys under which the state remembers anything but a link."""
        cases = {case.ref.key for case in self.memory.conflicts}
        return {*self.bases, *cases, *(key for key, _ in (*self.resolutions, *self.quarantines))}

    def _model_pair(self, match: Match, *, versioned: bool) -> Pair:
        view, record = match.registry, match.grc
        return Pair(
            ref=view.ref,
            registry=view,
            grc=record,
            link=match.link,
            bases=self.memory.bases.get(view.ref.key, {}),
            issues=self._issues_of(record),
            versioned=versioned,
            moved_from=match.moved_from,
        )

    def _issues_of(self, record: GrcView | None) -> tuple[Issue, ...] | None:
        """The model's issues; None where they cannot all be known."""
        if not self._all_issues_known():
            return None
        return self.placed.by_model.get(record.id, ()) if record else ()

    def _all_issues_known(self) -> bool:
        return self.grc.complete(Entity.ISSUE) and self.placed.whole

    def _virtual(self, record: GrcView | None) -> GrcView | None:
        """The governed version's view of a model record: in that mode virtual records are all there are."""
        governed = record is not None and self.context.versions is VersionsMode.GOVERNED
        return self.records.by_id.get(record.id) if record is not None and governed else None

    def _object(self, pair: Pair) -> Findings:
        self.pairs[pair.ref.key] = pair
        found = plan_object(self.context, self.memory, pair)
        self.found.add(found)
        return found

    def _missing(self) -> None:
        present = {view.ref.key for view in (*self.registry.models, *self.registry.versions)}
        moved = {change.previous_key for change in self.found.links}
        taken = {
            (change.link.ref.entity, change.link.record_id)
            for change in self.found.links
            if change.link.state is LinkState.LIVE
        }
        for key, link in sorted(self.memory.links.items()):
            if link.state is LinkState.LIVE and key not in present and key not in moved:
                self._gone(link, taken)
        if self.grc.complete(Entity.MODEL) and not self.registry.gaps:
            names = {view.ref.name for view in self.registry.models}
            plan_unclaimed(self.context, self.memory, self.models, self.model_claims, names, self.found)

    def _gone(self, link: Link, taken: Collection[tuple[Entity, str]]) -> None:
        """Plan for a link whose registry object was not seen under its key. ``taken``: the records that a link of
        this cycle ties to another object.
        """
        elsewhere = self._seen_elsewhere(link)
        if elsewhere is not None:
            text = f"lives on as {elsewhere.ref}, which is out of scope or in quarantine: nothing is retired"
            self.found.remarks.append(Remark(link.ref, "renamed", text))
        elif (link.ref.entity, link.record_id) in taken:
            ended = replace(link, state=LinkState.TOMBSTONE)
            self.found.links.append(LinkChange(ended, "deleted in MLflow, its record stands for another object"))
        else:
            records = self.models if link.ref.entity is Entity.MODEL else self.records
            plan_deleted(self.context, self.memory, self.absences, link, records, self.found)

    def _seen_elsewhere(self, link: Link) -> RegistryView | None:
        """The very object of a link under another name, in the scope or out of it, that no other link stands for."""
        is_model = link.ref.entity is Entity.MODEL
        for view in self._by_creation.get((link.ref.entity, link.created_ms, link.ref.version), ()):
            claims = not is_model or self.tag_claims.get(view.ref.key) == link.record_id
            if claims and not self._is_linked(view.ref.key):
                return view
        return None

    @cached_property
    def _by_creation(self) -> dict[tuple[Entity, int | None, str | None], list[RegistryView]]:
        found: dict[tuple[Entity, int | None, str | None], list[RegistryView]] = defaultdict(list)
        for view in (*self.registry.models, *self.registry.versions):
            found[view.ref.entity, view.created_ms, view.ref.version].append(view)
        return found

    def _is_linked(self, key: str) -> bool:
        return key in self.memory.links or any(change.link.ref.key == key for change in self.found.links)

    def _unjudged(self) -> frozenset[str]:
        views: tuple[RegistryView, ...] = (*self.registry.models, *self.registry.versions)
        seen = {view.ref.key for view in views} - self.pairs.keys()
        lacking = (self.grc.gaps, self.grc.unlisted)
        unseen = (self.registry.gaps, *lacking, self.absences.registry_unknown, self.absences.records_unknown)
        if not any((*unseen, self.absences.registry_left_out)):
            return frozenset(seen)
        cases = {case.ref.key for case in self.memory.conflicts} | {key for key, _ in self.memory.quarantines}
        return frozenset(seen | (cases - self.pairs.keys() - self.absences.registry_gone))

    def result(self) -> Planned:
        found, memory = self.found, self.memory
        known = {key for key, pair in self.pairs.items() if not pair.first_contact}
        linked = known | {key for key, link in memory.links.items() if link.state is LinkState.LIVE}
        limits = self.context.policy.fuses
        unasked = self._unasked()
        fused = fuse(found.operations, len(linked), limits, memory.approved, memory.withheld, unasked)
        gaps = (*self.registry.gaps, *(f"{entity}: {reason}" for entity, reason in sorted(self.grc.gaps.items())))
        made = Plan(
            connection=self.context.connection,
            operations=fused.operations,
            settles=tuple(found.settles),
            links=_links(found.links, withheld=FuseClass.RETIRE in fused.tripped),
            conflicts=tuple(found.conflicts),
            quarantines=tuple(found.quarantines),
            remarks=tuple(found.remarks),
            withheld=fused.withheld,
            fuses=tuple(fused.tripped.values()),
            gaps=gaps,
            made_at=self.context.now,
        )
        made = replace(made, counts=_counts(self.registry, self.grc))
        return Planned(made, self.pairs, self._placeholders(), self._unjudged(), self.issues, fused.released)

    def _unasked(self) -> dict[FuseClass, int]:
        """How many objects more may have their record retired, or lose an issue: those of what the listings lacked that
        were not asked for.
        """
        moved, issues = {change.previous_key for change in self.found.links}, self.memory.issues
        links = (self.memory.links.get(key) for key in self.absences.registry_unasked - moved)
        gone = (issues[each] for kind, each in self.absences.records_unasked if kind is Entity.ISSUE and each in issues)
        return {
            FuseClass.RETIRE: sum(link is not None and self._seen_elsewhere(link) is None for link in links),
            FuseClass.TAG_REMOVAL: len({each.version_id or each.model_id for each in gone if each.is_open}),
        }

    def _placeholders(self) -> dict[str, Pair]:
        made = (each for each in self.found.operations if each.kind is OperationKind.CREATE_PLACEHOLDER)
        return {each.ref.key: self._pair_to_be(each) for each in made}

    def _pair_to_be(self, operation: Operation) -> Pair:
        record = self.models.by_id[operation.record_id or ""]
        return Pair(operation.ref, RegistryView(operation.ref, 0), record, None, issues=self._issues_of(record))


def _links(changes: Iterable[LinkChange], *, withheld: bool) -> tuple[LinkChange, ...]:
    """While retirements are withheld, nothing is given up: what needs no write waits for the same person."""
    return tuple(each for each in changes if not (withheld and each.link.state is LinkState.RETIRED))


def _counts(registry: RegistryObservation, grc: GrcObservation) -> dict[str, int]:
    def in_scope(views: Iterable[RegistryView]) -> int:
        return sum(1 for view in views if view.in_scope)

    return {
        "models": in_scope(registry.models),
        "versions": in_scope(registry.versions),
        "records": len(grc.models) + len(grc.versions),
        "issues": len(grc.issues),
    }
