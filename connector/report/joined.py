"""Both sides joined model by model, as the controls look at them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import UTC, datetime

from connector.controls import ApprovalStep, Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.mapping.connection import ConnectionMapping
from connector.mapping.profile import TIER_FIELD, Profile, missing_fields
from connector.mapping.sources import RegistrySettings
from connector.model.fields import Entity, Value
from connector.model.policy import VersionsMode
from connector.model.registry import RegisteredModel
from connector.model.state import Link, LinkState
from connector.report.material import Material, Seen
from connector.report.neighbours import is_neighbours
from connector.state.times import stamp

PRODUCTION_ALIASES = "production_aliases"
_TAG = "tag:"
_ALIVE = (LinkState.LIVE, LinkState.RECORD_GONE)


@dataclass(frozen=True, slots=True)
class Question:
    """What the controls are asked: by which regime, on which day (ISO date)."""

    profile: Profile
    today: str


def join(
    material: Material, mapping: ConnectionMapping, settings: RegistrySettings, instance: str, question: Question
) -> Inventory:
    """Join the last observation of both sides into the inventory that controls check: what is in scope, or linked, and
    no record that another connection answers for. ``instance`` is this installation's id.
    """
    joiner = _Joiner(material, mapping, settings, instance)
    tiers = (None, *(one for field in mapping.fields(Entity.MODEL) if field.name == TIER_FIELD for one in field.values))
    return Inventory(
        models=tuple(joiner.models()),
        today=question.today,
        required={tier: missing_fields(question.profile, tier, {}) for tier in tiers},
        model_fields=frozenset(field.name for field in mapping.fields(Entity.MODEL)),
        version_fields=frozenset(field.name for field in mapping.fields(Entity.VERSION)),
        owners={one.name: one.owner for level in (Entity.VERSION, Entity.MODEL) for one in mapping.fields(level)},
        fields={level: tuple(mapping.fields(level)) for level in (Entity.MODEL, Entity.VERSION)},
        tags=mapping.tags,
    )


class _Joiner:
    def __init__(
        self, material: Material, mapping: ConnectionMapping, settings: RegistrySettings, instance: str
    ) -> None:
        self._material, self._mapping, self._settings, self._instance = material, mapping, settings, instance
        self._links = {key: link for key, link in material.links.items() if link.state in _ALIVE}
        self._versions: dict[str, list[tuple[str, Seen]]] = {}
        for key, seen in material.registry.get(Entity.VERSION, {}).items():
            self._versions.setdefault(seen.fields.get("identity.name") or "", []).append((key, seen))
        records = material.grc.get(Entity.VERSION, {})
        self._issues: dict[str, list[JoinedIssue]] = {}
        for seen in material.grc.get(Entity.ISSUE, {}).values():
            about = records.get(seen.fields.get("version") or "")
            number = about.fields.get("identity.version") if about else None
            self._issues.setdefault(seen.fields.get("model") or "", []).append(_issue(seen, number))

    def models(self) -> Iterator[JoinedModel]:
        """Yield the registry's models by name, then the records that no registered model stands for."""
        records = self._material.grc.get(Entity.MODEL, {})
        for key, seen in sorted(self._material.registry.get(Entity.MODEL, {}).items(), key=lambda item: item[1].name):
            link = self._links.get(key)
            if link is not None or self._in_scope(seen):
                yield self._model(key, seen, link, records.get(link.record_id) if link else None)
        linked = {link.record_id for link in self._material.links.values()}
        registered = self._material.registry.get(Entity.MODEL, {})
        for record_id, record in sorted(records.items()):
            if record_id in linked:
                continue
            if not is_neighbours(record, Entity.MODEL, self._settings, self._instance, registered):
                issues = tuple(self._issues.get(record_id, ()))
                yield JoinedModel(record.name, None, record.fields, record_id, issues=issues)

    def _in_scope(self, seen: Seen) -> bool:
        tags = {name.removeprefix(_TAG): value or "" for name, value in seen.fields.items() if name.startswith(_TAG)}
        return self._settings.scope.has(RegisteredModel(seen.name, 0, 0, tags=tags))

    def _model(self, key: str, seen: Seen, link: Link | None, record: Seen | None) -> JoinedModel:
        record_id = link.record_id if link else None
        versions = sorted(self._versions.get(seen.name, ()), key=lambda item: int(_number(item[1])))
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
        )

    def _version(self, key: str, seen: Seen) -> JoinedVersion:
        link = self._links.get(key)
        record = self._material.grc.get(Entity.VERSION, {}).get(link.record_id) if link else None
        grc: Mapping[str, Value] | None = record.fields if record else self._last_decided(key)
        aliases = json.loads(seen.fields.get(PRODUCTION_ALIASES) or "[]")
        return JoinedVersion(
            version=_number(seen),
            registry=seen.fields,
            grc=grc,
            record_id=link.record_id if link else None,
            production=bool(aliases),
            aliases=tuple(aliases),
            key=key,
            created=_created(seen),
            approval_chain=_chain(grc),
        )

    def _last_decided(self, key: str) -> Mapping[str, Value] | None:
        """What the GRC last decided of a version that has no record of its own."""
        if self._mapping.versions is VersionsMode.RECORDS or key not in self._material.bases:
            return None
        return {name: base.grc for name, base in self._material.bases[key].items()}


def _number(seen: Seen) -> str:
    return seen.fields.get("identity.version") or "0"


def _issue(seen: Seen, version: str | None) -> JoinedIssue:
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
    )


def _created(seen: Seen) -> str | None:
    """When the object was made in MLflow; None where an older release observed it."""
    milliseconds = seen.fields.get("identity.created")
    return stamp(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else None


def _chain(grc: Mapping[str, Value] | None) -> tuple[ApprovalStep, ...]:
    """The approval's steps, as far as the GRC tells them in a form that can be read."""
    try:
        told = json.loads((grc or {}).get("approval_chain") or "[]")
    except ValueError:
        return ()
    names = {each.name for each in fields_of(ApprovalStep)}
    steps = [_parsed(each) for each in told] if isinstance(told, list) else []
    found = [ApprovalStep(**{name: _text(value) for name, value in step.items() if name in names}) for step in steps]
    return tuple(sorted(found, key=lambda step: (step.time or "", step.step or "")))


def _parsed(step: object) -> dict[str, object]:
    """A step as the list has it: an object, or the text of one, or a plain remark."""
    if isinstance(step, str):
        try:
            step = json.loads(step)
        except ValueError:
            return {"comment": step}
    return step if isinstance(step, dict) else {"comment": str(step)}


def _text(value: object) -> Value:
    return None if value is None or value == "" else str(value)
