"""The reconciliation report: both sides of every object, field by field. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from connector.mapping.connection import ConnectionMapping
from connector.mapping.sources import RegistrySettings
from connector.model.fields import Entity, Field, LocationKind, Value
from connector.model.policy import VersionsMode
from connector.model.registry import RegisteredModel
from connector.model.state import Agreement, Base, LinkState
from connector.model.workspaces import is_called
from connector.plan.context import EXISTENCE
from connector.report.material import Material, Seen
from connector.report.neighbours import is_neighbours
from connector.report.rows import FieldRow, ObjectRow, Report, Status

ALIASES = "aliases"
_IDENTITY = "identity."
_TAG = "tag:"
_NOTES = {
    Agreement.REWRITTEN: "each side keeps its own form of it",
    Agreement.CUT: "cut to fit one side",
    Agreement.UNSPOKEN: "one side's alone until the other, which owns it, holds a value",
}


_WORST = (Status.CONFLICT, Status.QUARANTINED, Status.DIFFER, Status.AGREE)


def reconcile(
    material: Material,
    mapping: ConnectionMapping,
    settings: RegistrySettings,
    *,
    instance: str,
    model: str | None = None,
) -> Report:
    """Compare both sides. ``instance`` is this installation's id; ``model`` narrows the report to one name."""
    comparer = _Comparer(material, mapping, settings, instance)
    objects = [row for row in comparer.rows() if model is None or is_called(row.name, model)]
    fields = Counter(str(each.status) for row in objects for each in row.fields)
    return Report(
        connection=material.connection,
        taken_at=material.taken_at,
        complete=material.taken_at is not None and not material.gaps and not material.held_back,
        gaps=material.gaps,
        objects=tuple(objects),
        counts={"objects": dict(Counter(str(row.status) for row in objects)), "fields": dict(fields)},
        waiting={
            "conflicts": len(material.conflicts),
            "quarantined": len(material.quarantines),
            "withheld": material.withheld,
        },
        swept_at=material.swept_at,
        held_back=material.held_back,
    )


class _Comparer:
    def __init__(
        self, material: Material, mapping: ConnectionMapping, settings: RegistrySettings, instance: str
    ) -> None:
        self._material, self._mapping, self._settings = material, mapping, settings
        self._instance = instance
        self._conflicts = {(case.ref.key, case.field): case for case in material.conflicts}
        self._quarantines = {(case.ref.key, case.field): case for case in material.quarantines}
        self._links = {key: link for key, link in material.links.items() if link.state is LinkState.LIVE}
        self._governed = mapping.versions is VersionsMode.GOVERNED

    def rows(self) -> Iterator[ObjectRow]:
        """Yield models, each with its versions behind it, those of the GRC alone last; then what only the GRC has."""
        records = self._unmatched_versions()
        models = sorted(self._registry(Entity.MODEL).items(), key=lambda item: item[1].name)
        versions: dict[str, list[tuple[str, Seen]]] = {}
        for key, seen in self._registry(Entity.VERSION).items():
            versions.setdefault(_model_of(seen), []).append((key, seen))
        for key, seen in models:
            if self._in_scope(key, seen):
                row = self._row(Entity.MODEL, key, seen)
                yield row
                for version_key, version in sorted(versions.get(seen.name, ()), key=lambda item: _number(item[1])):
                    if self._version_in_scope(version_key, version):
                        yield self._row(Entity.VERSION, version_key, version)
                yield from records.pop(row.record_id or "", ())
        for row in self._unmatched(Entity.MODEL):
            yield row
            yield from records.pop(row.record_id or "", ())
        for rest in records.values():
            yield from rest

    def _unmatched_versions(self) -> dict[str, list[ObjectRow]]:
        """Records of versions that only the GRC has, by the record of their model, the oldest first."""
        found: dict[str, list[ObjectRow]] = {}
        for row in sorted(self._unmatched(Entity.VERSION), key=lambda row: _as_number(row.version or "")):
            parent = self._grc(Entity.VERSION)[row.record_id or ""].fields.get(f"{_IDENTITY}parent")
            found.setdefault(parent or f"{row.record_id}, of no model", []).append(row)
        return found

    def _registry(self, entity: Entity) -> Mapping[str, Seen]:
        return self._material.registry.get(entity, {})

    def _grc(self, entity: Entity) -> Mapping[str, Seen]:
        return self._material.grc.get(entity, {})

    def _in_scope(self, key: str, seen: Seen) -> bool:
        tags = {name.removeprefix(_TAG): value or "" for name, value in seen.fields.items() if name.startswith(_TAG)}
        known = key in self._material.links
        return self._settings.scope.has(RegisteredModel(seen.name, 0, 0, tags=tags)) or known

    def _version_in_scope(self, key: str, seen: Seen) -> bool:
        request = _TAG + self._mapping.tags.approval_request
        promoted = bool(seen.fields.get(ALIASES) or seen.fields.get(request)) or key in self._material.bases
        return promoted or not self._settings.scope.aliased_only

    def _row(self, entity: Entity, key: str, seen: Seen) -> ObjectRow:
        name, version = (seen.name, None) if entity is Entity.MODEL else (_model_of(seen), _version_of(seen))
        link = self._links.get(key)
        record_id = link.record_id if link else None
        record = self._grc(entity).get(record_id or "")
        whole = self._quarantines.get((key, ""))
        if entity is Entity.VERSION and self._mapping.versions is not VersionsMode.RECORDS:
            record = self._last_decided(key) if self._governed else None
            if record is None:
                note = "the GRC holds no versions" if not self._governed else "not yet governed"
                return ObjectRow(
                    entity, name, version, key, None, Status.ONLY_MLFLOW if self._governed else Status.AGREE, note
                )
        if whole is not None:
            return ObjectRow(entity, name, version, key, record_id, Status.QUARANTINED, whole.reason)
        if record is None:
            note = f"its record {record_id} was not seen" if record_id else "no record yet"
            return ObjectRow(entity, name, version, key, record_id, Status.ONLY_MLFLOW, note)
        fields = tuple(self._fields(entity, key, seen, record))
        status = min((each.status for each in fields), key=_WORST.index, default=Status.AGREE)
        return ObjectRow(entity, name, version, key, record_id, status, fields=fields)

    def _last_decided(self, key: str) -> Seen | None:
        """A governed version as the GRC last had it, from what both sides agreed on."""
        bases = self._material.bases.get(key)
        return Seen("", {name: base.grc for name, base in bases.items()}) if bases else None

    def _fields(self, entity: Entity, key: str, seen: Seen, record: Seen) -> Iterator[FieldRow]:
        bases = self._material.bases.get(key, {})
        for one in self._mapping.fields(entity):
            if one.in_grc:
                registry, grc = seen.fields.get(one.name), record.fields.get(one.name)
                status, note = self._status(key, one, registry, grc, bases.get(one.name))
                if registry is None and status is Status.QUARANTINED:
                    registry = _raw(one, seen)
                yield FieldRow(one.name, registry, grc, status, str(one.owner), note)

    def _status(self, key: str, one: Field, registry: Value, grc: Value, base: Base | None) -> tuple[Status, str]:
        conflict = self._conflicts.get((key, one.name))
        if conflict is not None:
            return Status.CONFLICT, conflict.reason
        case = self._quarantines.get((key, one.name))
        if case is not None:
            return Status.QUARANTINED, case.reason
        if registry == grc:
            return Status.AGREE, ""
        if base is not None and (registry, grc) == (base.registry, base.grc):
            if base.agreement in _NOTES:
                return Status.AGREE, _NOTES[base.agreement]
            if base.agreement is Agreement.NOT_STUCK:
                return Status.DIFFER, "the write was accepted and did not stick"
        sides = [self._quarantines.get((key, f"{side}:")) for side in ("grc", "registry")]
        return Status.DIFFER, next((each.reason for each in sides if each is not None), "")

    def _unmatched(self, entity: Entity) -> Iterator[ObjectRow]:
        """Records that no registry object of this connection stands for."""
        seen_here = self._registry(entity)
        by_record = {link.record_id: link for link in self._material.links.values() if link.ref.entity is entity}
        matched = {link.record_id for key, link in self._links.items() if key in seen_here}
        for record_id, record in sorted(self._grc(entity).items(), key=lambda item: (item[1].name, item[0])):
            link = by_record.get(record_id)
            if record_id in matched:
                continue
            key = record.fields.get(f"{_IDENTITY}key")
            mark = self._material.bases.get(key or "", {}).get(self._mapping.tags.placeholder)
            if mark is not None and mark.registry:
                # The key is that of a deleted placeholder: the model is the GRC's own.
                key = None
            version = record.fields.get(f"{_IDENTITY}version") if entity is Entity.VERSION else None
            conflict = self._conflicts.get((link.ref.key, EXISTENCE)) if link else None
            if conflict is not None:
                yield ObjectRow(entity, record.name, version, key or "", record_id, Status.CONFLICT, conflict.reason)
                continue
            if link is not None and link.state is LinkState.RETIRED:
                status, note = Status.RETIRED, "deleted in MLflow"
            elif is_neighbours(record, entity, self._settings, self._instance, seen_here):
                continue
            elif key is None:
                status, note = Status.ONLY_GRC, "no registered model"
            else:
                status, note = Status.ORPHAN, "its registered model or version does not exist"
            yield ObjectRow(entity, record.name, version, key or f"grc:{record_id}", record_id, status, note)


def _raw(field: Field, seen: Seen) -> Value:
    """What MLflow holds where the field has no readable value: the text of its tag."""
    tags = (seen.fields.get(_TAG + place.key) for place in field.locations if place.kind is LocationKind.TAG)
    return next(filter(None, tags), None)


def _model_of(seen: Seen) -> str:
    return seen.name.rpartition(" v")[0]


def _version_of(seen: Seen) -> str:
    return seen.name.rpartition(" v")[2]


def _number(seen: Seen) -> int:
    return _as_number(_version_of(seen))


def _as_number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
