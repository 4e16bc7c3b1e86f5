"""The registry in canonical terms: fields picked from tags, descriptions, attributes, runs and aliases."""

from __future__ import annotations

from collections.abc import Iterable

from connector.mapping.connection import ConnectionMapping
from connector.mapping.sources import ModelSource, RegistrySettings, VersionSource, all_aliases
from connector.mapping.values import normalise
from connector.model.cut import cut
from connector.model.errors import Rejected
from connector.model.fields import Entity, Field, Location, Value
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot
from connector.model.views import ObjectRef, RegistryObservation, RegistryView


def model_views(
    mapping: ConnectionMapping, model: RegisteredModel, settings: RegistrySettings
) -> tuple[RegistryView, tuple[RegistryView, ...]]:
    """One registered model, and the versions that were read with it."""
    in_scope = settings.scope.has(model)
    key = settings.keys.model(model.name, model.created_ms)
    fields, problems = _read(mapping.fields(Entity.MODEL), ModelSource(model, settings))
    view = RegistryView(
        ref=ObjectRef(Entity.MODEL, key, model.name),
        created_ms=model.created_ms,
        fields=fields,
        unreadable=problems,
        tags=dict(model.tags),
        aliases=tuple(sorted(model.aliases)),
        in_scope=in_scope,
    )
    return view, tuple(version_view(mapping, model, one, settings, in_scope=in_scope) for one in model.versions)


def version_view(
    mapping: ConnectionMapping,
    model: RegisteredModel,
    version: ModelVersion,
    settings: RegistrySettings,
    *,
    in_scope: bool | None = None,
) -> RegistryView:
    """One version; ``model`` gives the creation time in its key. ``in_scope`` None: worked out from the model."""
    inside = settings.scope.has(model) if in_scope is None else in_scope
    key = settings.keys.version(model.name, model.created_ms, version.version)
    fields, problems = _read(mapping.fields(Entity.VERSION), VersionSource(model, version, settings))
    governed = not settings.scope.aliased_only or _is_promoted(mapping, version)
    return RegistryView(
        ref=ObjectRef(Entity.VERSION, key, model.name, version.version),
        created_ms=version.created_ms,
        fields=fields,
        unreadable=problems,
        tags=dict(version.tags),
        aliases=tuple(sorted(version.aliases)),
        in_scope=inside and governed,
    )


def registry_write(field: Field, value: Value) -> tuple[Location, Value]:
    """Where a value is written in MLflow, and the text, cut to what fits; None: the tag is removed.

    Raises Rejected for a field that stands nowhere the connector may write.
    """
    if not field.registry_writable:
        remedy = "Give it a tag with in_mlflow, or make mlflow its owner."
        raise Rejected(f"{field.name} cannot be written in MLflow.", field=field.name, remedy=remedy)
    return field.locations[0], cut(value, field.registry_limit)


def _is_promoted(mapping: ConnectionMapping, version: ModelVersion) -> bool:
    return bool(all_aliases(version)) or mapping.tags.approval_request in version.tags


def _read(fields: Iterable[Field], source: ModelSource) -> tuple[dict[str, Value], dict[str, str]]:
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for one in fields:
        try:
            values[one.name] = normalise(one, source.first(one))
        except Rejected as error:
            problems[one.name] = error.message
    return values, problems
