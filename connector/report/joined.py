"""Both sides joined model by model, as the controls look at them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connector.controls import Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.controls.facts import Edit, Running, Unreadable
from connector.controls.rules import Rules, rules_of
from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import is_finding_key
from connector.mapping.profile import TIER_FIELD, Profile, missing_fields
from connector.mapping.sources import RegistrySettings
from connector.mapping.thresholds import Thresholds
from connector.model.fields import Entity, Value
from connector.model.gates import DEFAULT_NEEDS, Stage
from connector.model.policy import VersionsMode
from connector.model.registry import RegisteredModel
from connector.model.state import Base, Link, LinkState, QuarantineCase
from connector.plan.fields import is_unreadable
from connector.plan.placing import is_unreadable_issue
from connector.report.claims import Claims, Lineage
from connector.report.edits import differing, standing
from connector.report.material import Material, Seen
from connector.report.neighbours import is_neighbours
from connector.report.past import Past
from connector.report.steps import approval_chain
from connector.state.times import stamp

PRODUCTION_ALIASES = "production_aliases"
_TAG = "tag:"
_ALIVE = (LinkState.LIVE, LinkState.RECORD_GONE)


@dataclass(frozen=True, slots=True)
class Question:
    """What the controls are asked: by which regime, on which day (ISO date), under which rules (None: the profile's).
    ``past`` and ``running`` are what is known beside what stands; ``registration`` is the regime whose fields are
    registered of a high-risk system, ``needs`` the stages that a version needs by tier.
    """

    profile: Profile
    today: str
    rules: Rules | None = None
    past: Past = field(default_factory=Past)
    running: Running = field(default_factory=Running)
    registration: Profile | None = None
    needs: Mapping[str, tuple[Stage, ...]] = field(default_factory=lambda: DEFAULT_NEEDS)


def join(
    material: Material, mapping: ConnectionMapping, settings: RegistrySettings, instance: str, question: Question
) -> Inventory:
    """Join the last observation of both sides into the inventory that controls check: what is in scope, or linked, and
    no record that another connection answers for. ``instance`` is this installation's id.
    """
    joiner = _Joiner(material, mapping, settings, instance, question.past)
    tiers = (None, *(one for each in mapping.fields(Entity.MODEL) if each.name == TIER_FIELD for one in each.values))
    registered = question.registration
    return Inventory(
        models=tuple(joiner.models()),
        today=question.today,
        required={tier: missing_fields(question.profile, tier, {}) for tier in tiers},
        model_fields=frozenset(each.name for each in mapping.fields(Entity.MODEL)),
        version_fields=frozenset(each.name for each in mapping.fields(Entity.VERSION)),
        owners={one.name: one.owner for level in (Entity.VERSION, Entity.MODEL) for one in mapping.fields(level)},
        fields={level: tuple(mapping.fields(level)) for level in (Entity.MODEL, Entity.VERSION)},
        tags=mapping.tags,
        rules=question.rules or rules_of(question.profile, Thresholds()),
        taken_at=material.taken_at,
        gaps=material.gaps,
        incomplete=material.incomplete,
        withheld=material.held_back,
        registration={tier: missing_fields(registered, tier, {}) for tier in tiers} if registered else {},
        running=question.running,
        needs=question.needs,
        unreadable=joiner.unreadable_of(Entity.ISSUE),
    )


class _Joiner:
    def __init__(
        self, material: Material, mapping: ConnectionMapping, settings: RegistrySettings, instance: str, past: Past
    ) -> None:
        self._material, self._mapping, self._settings, self._instance = material, mapping, settings, instance
        self._past = past
        self._claims = Claims(material.grc.get(Entity.MODEL, {}), instance, mapping.tags.record_id)
        self._lineage = Lineage(past.models, material.registry.get(Entity.MODEL, {}))
        self._unreadable: dict[str, list[QuarantineCase]] = {}
        for case in material.quarantines:
            if is_unreadable(case) or is_unreadable_issue(case):
                self._unreadable.setdefault(case.ref.key, []).append(case)
        self._links = {key: link for key, link in material.links.items() if link.state in _ALIVE}
        self._versions: dict[str, list[tuple[str, Seen]]] = {}
        for key, seen in material.registry.get(Entity.VERSION, {}).items():
            self._versions.setdefault(seen.fields.get("identity.name") or "", []).append((key, seen))
        records = material.grc.get(Entity.VERSION, {})
        self._issues: dict[str, list[JoinedIssue]] = {}
        for key, seen in material.grc.get(Entity.ISSUE, {}).items():
            about = records.get(seen.fields.get("version") or "")
            number = about.fields.get("identity.version") if about else None
            home = seen.fields.get("model") or (about.fields.get("identity.parent") if about else None)
            self._issues.setdefault(home or "", []).append(_issue(seen, number, past.issues.get(key)))

    def models(self) -> Iterator[JoinedModel]:
        """Yield the registry's models by name, then the records that no registered model stands for: those whose model
        was deleted, and those that never had one.
        """
        records = self._material.grc.get(Entity.MODEL, {})
        registered = self._material.registry.get(Entity.MODEL, {})
        for key, seen in sorted(registered.items(), key=lambda item: item[1].name):
            link = self._links.get(key)
            if link is not None or self._in_scope(seen):
                yield self._model(key, seen, link, records.get(link.record_id) if link else None)
        links = {link.record_id: link for link in self._material.links.values() if link.ref.entity is Entity.MODEL}
        shown = {link.record_id for key, link in self._links.items() if key in registered}
        for record_id, record in sorted(records.items()):
            link = links.get(record_id)
            if record_id in shown:
                continue
            if link is not None or not is_neighbours(record, Entity.MODEL, self._settings, self._instance, registered):
                issues = tuple(self._issues.get(record_id, ()))
                state = link.state if link else None
                yield JoinedModel(record.name, None, record.fields, record_id, link=state, issues=issues)

    def unreadable_of(self, entity: Entity) -> tuple[Unreadable, ...]:
        """What could not be read of objects of one kind, in the order of their keys."""
        cases = [each for found in self._unreadable.values() for each in found if each.ref.entity is entity]
        return tuple(_unreadable(each) for each in cases)

    def _in_scope(self, seen: Seen) -> bool:
        tags = {name.removeprefix(_TAG): value or "" for name, value in seen.fields.items() if name.startswith(_TAG)}
        return self._settings.scope.has(RegisteredModel(seen.name, 0, 0, tags=tags))

    def _model(self, key: str, seen: Seen, link: Link | None, record: Seen | None) -> JoinedModel:
        record_id = link.record_id if link else None
        own = (each for each in self._versions.get(seen.name, ()) if self._is_of(seen, *each))
        versions = sorted(own, key=lambda item: int(_number(item[1])))
        return JoinedModel(
            name=seen.name,
            registry=seen.fields,
            grc=record.fields if record else None,
            record_id=record_id,
            link=link.state if link else None,
            versions=tuple(self._version(key, version) for key, version in versions),
            issues=tuple(self._issues.get(record_id or "", ())),
            placeholder=_TAG + self._mapping.tags.placeholder in seen.fields,
            key=key,
            created=_created(seen),
            claims=self._claims.of(key, seen, link),
            provisional_since=tier.provisional_since if (tier := self._bases(key).get(TIER_FIELD)) else None,
            former=self._lineage.of(key),
            edits=self._edits(Entity.MODEL, key, seen, record.fields if record else None)[0],
            unreadable=tuple(map(_unreadable, self._unreadable.get(key, ()))),
        )

    def _bases(self, key: str) -> Mapping[str, Base]:
        return self._material.bases.get(key, {})

    def _edits(
        self, entity: Entity, key: str, seen: Seen, grc: Mapping[str, Value] | None
    ) -> tuple[tuple[Edit, ...], frozenset[str]]:
        """Edits of an object, those that stand before those put back; and the fields in which both sides differ."""
        past = self._past.edits.get(key, ())
        if grc is None:
            return past, frozenset()
        named = {case.field for case in self._unreadable.get(key, ())}
        fields, bases = self._mapping.fields(entity), self._bases(key)
        unlike = [one for one in differing(fields, seen.fields, grc, bases) if one.name not in named]
        found = tuple(standing(unlike, seen.fields, grc, bases))
        return (*found, *past), frozenset(one.name for one in unlike)

    def _is_of(self, model: Seen, key: str, version: Seen) -> bool:
        """Whether a version is of this very model: one of an earlier model of its name may not be proved gone."""
        created = model.fields.get("identity.created")
        return created is None or self._settings.keys.version(model.name, int(created), _number(version)) == key

    def _version(self, key: str, seen: Seen) -> JoinedVersion:
        link = self._links.get(key)
        record = self._material.grc.get(Entity.VERSION, {}).get(link.record_id) if link else None
        grc: Mapping[str, Value] | None = record.fields if record else self._last_decided(key)
        aliases = json.loads(seen.fields.get(PRODUCTION_ALIASES) or "[]")
        edits, differs = self._edits(Entity.VERSION, key, seen, grc)
        return JoinedVersion(
            version=_number(seen),
            registry=seen.fields,
            grc=grc,
            record_id=link.record_id if link else None,
            production=bool(aliases),
            aliases=tuple(aliases),
            key=key,
            created=_created(seen),
            approval_chain=approval_chain((grc or {}).get("approval_chain")),
            approved=self._past.approved.get(key),
            edits=edits,
            unreadable=tuple(map(_unreadable, self._unreadable.get(key, ()))),
            measured_at=self._past.measured.get(key),
            differs=differs,
        )

    def _last_decided(self, key: str) -> Mapping[str, Value] | None:
        """What the GRC last decided of a version that has no record of its own."""
        if self._mapping.versions is VersionsMode.RECORDS or key not in self._material.bases:
            return None
        return {name: base.grc for name, base in self._material.bases[key].items()}


def _number(seen: Seen) -> str:
    return seen.fields.get("identity.version") or "0"


def _unreadable(case: QuarantineCase) -> Unreadable:
    of_issue = case.ref.entity is Entity.ISSUE
    return Unreadable(str(case.ref) if of_issue else case.field, case.reason, case.remedy)


def _issue(seen: Seen, version: str | None, since: str | None) -> JoinedIssue:
    fields = seen.fields
    return JoinedIssue(
        number=fields.get("number") or seen.name,
        title=fields.get("title") or "",
        severity=fields.get("severity"),
        state=fields.get("state"),
        due=fields.get("due"),
        assignee=fields.get("assignee"),
        url=fields.get("url"),
        version=version,
        since=since,
        of_finding=is_finding_key(fields.get("key")),
    )


def _created(seen: Seen) -> str | None:
    """When the object was made in MLflow; None where an older release observed it."""
    milliseconds = seen.fields.get("identity.created")
    return stamp(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else None
