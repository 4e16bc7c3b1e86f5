"""The registry in canonical terms: registered models and versions to views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.mapping.connection import ConnectionMapping
from connector.mapping.sources import ModelSource, RegistrySettings, Source, VersionSource, all_aliases
from connector.mapping.text import clean
from connector.mapping.values import normalise
from connector.model.cut import cut
from connector.model.errors import Rejected
from connector.model.fields import Entity, Field, Location, Value
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot
from connector.model.views import ObjectRef, RegistryObservation, RegistryView


def registry_views(
    mapping: ConnectionMapping, snapshot: RegistrySnapshot, settings: RegistrySettings
) -> RegistryObservation:
    """A whole scan in canonical terms; what is out of scope is there, marked."""
    pairs = [model_views(mapping, model, settings) for model in snapshot.models]
    return RegistryObservation(
        models=tuple(model for model, _ in pairs),
        versions=tuple(version for _, versions in pairs for version in versions),
        hidden=snapshot.hidden,
        gaps=snapshot.gaps,
    )


def model_views(
    mapping: ConnectionMapping, model: RegisteredModel, settings: RegistrySettings
) -> tuple[RegistryView, tuple[RegistryView, ...]]:
    """One registered model, and the versions that were read with it."""
    fields, problems = _read(mapping.fields(Entity.MODEL), ModelSource(model, settings))
    view = RegistryView(
        ref=ObjectRef(Entity.MODEL, settings.keys.model(model.name, model.created_ms), model.name),
        created_ms=model.created_ms,
        fields=fields,
        unreadable=problems,
        tags=_clean(model.tags),
        aliases=tuple(sorted(model.aliases)),
        in_scope=settings.scope.has(model),
    )
    return view, tuple(version_view(mapping, model, one, settings) for one in model.versions)


def version_view(
    mapping: ConnectionMapping, model: RegisteredModel, version: ModelVersion, settings: RegistrySettings
) -> RegistryView:
    """One version; ``model`` gives the creation time in its key, and whether it is in scope."""
    fields, problems = _read(mapping.fields(Entity.VERSION), VersionSource(version, settings))
    promoted = bool(all_aliases(version)) or mapping.tags.approval_request in version.tags
    key = settings.keys.version(model.name, model.created_ms, version.version)
    return RegistryView(
        ref=ObjectRef(Entity.VERSION, key, model.name, version.version),
        created_ms=version.created_ms,
        fields=fields,
        unreadable=problems,
        tags=_clean(version.tags),
        aliases=tuple(sorted(version.aliases)),
        in_scope=settings.scope.has(model) and (promoted or not settings.scope.aliased_only),
        source=version.source,
        run_id=version.run_id,
        run=version.run,
        model_id=version.model_id,
    )


def registry_write(field: Field, value: Value) -> tuple[Location, Value]:
    """Where a value is written in MLflow, and the text, cut to what fits; None: the tag is removed.

    Raises Rejected for a field that stands nowhere the connector may write.
    """
    if not field.registry_writable:
        remedy = "Give it a tag with in_mlflow, or make mlflow its owner."
        raise Rejected(f"{field.name} cannot be written in MLflow.", field=field.name, remedy=remedy)
    return field.locations[0], cut(value, field.registry_limit)


def _clean(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The tags with clean text; the very same where they are clean, as nearly all are."""
    cleaned = {key: clean(value) for key, value in tags.items()}
    return tags if cleaned == tags else cleaned


def _read(fields: Iterable[Field], source: Source) -> tuple[dict[str, Value], dict[str, str]]:
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for one in fields:
        try:
            raw = source.first(one)
            values[one.name] = None if raw is None else normalise(one, raw)
        except Rejected as error:
            problems[one.name] = error.message
    return values, problems
