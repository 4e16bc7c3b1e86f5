"""Where raw values stand in MLflow: one place at a time, nothing interpreted yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property

from connector.mapping.connection import needs_run
from connector.mapping.keys import Keys
from connector.model.errors import Rejected
from connector.model.fields import Field, FieldType, Location, LocationKind
from connector.model.grc import Json
from connector.model.registry import ModelVersion, RegisteredModel
from connector.model.workspaces import SEPARATOR, full_name, split_name

STAGE_ALIAS = "stage:"
"""What a version's stage is called among its aliases: ``stage:Production``."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which registered models a connection is about: names by glob, and tags that a model must have (key to exact
    value). A glob without ``/`` is about the name alone, in whatever workspace; one with it about ``workspace/name``,
    ``workspace`` being that of names which tell none. ``aliased_only``: of their versions only those with an alias, a
    stage, or a request for approval. ``within``: the wider scope that a model must be in as well.
    """

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    aliased_only: bool = False
    workspace: str | None = None
    within: Scope | None = None

    def has(self, model: RegisteredModel) -> bool:
        """Whether the model is in scope. Globs are case-sensitive; an exclusion wins."""
        return (
            any(self._fits(model.name, glob) for glob in self.include)
            and not any(self._fits(model.name, glob) for glob in self.exclude)
            and all(model.tags.get(key) == value for key, value in self.tags.items())
            and (self.within is None or self.within.has(model))
        )

    def has_name(self, name: str) -> bool:
        """Whether a registered model of this name would be in scope before anybody tagged it."""
        return self.has(RegisteredModel(name, 0, 0))

    def may_have(self, name: str) -> bool:
        """Whether a registered model of this name is in scope with whatever tags."""
        return replace(self, tags={}, within=None).has_name(name) and (
            self.within is None or self.within.may_have(name)
        )

    @property
    def wanted_tags(self) -> frozenset[str]:
        """The keys of the tags that a model must have."""
        return frozenset(self.tags) | (self.within.wanted_tags if self.within is not None else frozenset())

    def _fits(self, name: str, glob: str) -> bool:
        workspace, bare = split_name(name)
        if SEPARATOR in glob:
            return fnmatchcase(full_name(workspace or self.workspace or "", bare), glob)
        return fnmatchcase(bare, glob)


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """What reading a registry needs beside the mapping. ``label`` is the registry's name for people (the field
    ``registry``); ``production_aliases`` are those that mean production, ``stage:NAME`` standing for a stage;
    ``placeholder_workspace`` is where placeholders are made, where names tell the workspace.
    """

    keys: Keys
    scope: Scope = Scope()
    production_aliases: tuple[str, ...] = ()
    label: str = ""
    placeholder_workspace: str | None = None


def all_aliases(version: ModelVersion) -> tuple[str, ...]:
    """The version's aliases, and its stage (deprecated in MLflow, still in use) as ``stage:NAME``."""
    stage = (STAGE_ALIAS + version.stage,) if version.stage not in ("", "None") else ()
    return (*sorted(version.aliases), *stage)


class Source(ABC):
    """Where the raw values of one object are found."""

    def __init__(self, thing: RegisteredModel | ModelVersion, settings: RegistrySettings) -> None:
        self._thing, self._settings = thing, settings

    def first(self, wanted: Field) -> Json:
        """The raw value at the first place of the field that holds one. Raises Rejected for a run that is unread."""
        for place in wanted.locations:
            raw = self.at(place, wanted)
            if raw or raw == 0:
                return raw
        return None

    def at(self, place: Location, wanted: Field) -> Json:
        """The raw value at one place; None where this object has no such place."""
        del wanted
        match place.kind:
            case LocationKind.NAME:
                return self._thing.name
            case LocationKind.DESCRIPTION:
                return self._thing.description
            case LocationKind.TAG:
                return self._thing.tags.get(place.key)
            case LocationKind.ATTRIBUTE:
                return self._attributes.get(place.key)
        return None

    @cached_property
    def _attributes(self) -> Mapping[str, Json]:
        return self.attributes()

    @abstractmethod
    def attributes(self) -> Mapping[str, Json]:
        """What MLflow keeps of the object itself, by the names that ``attribute:`` knows."""

    def _common(self) -> dict[str, Json]:
        keys = self._settings.keys
        return {
            "created": self._thing.created_ms,
            "last_updated": self._thing.updated_ms,
            "registry": self._settings.label or keys.registry_id,
            "workspace": split_name(self._thing.name)[0] or keys.workspace,
        }


class ModelSource(Source):
    """Where the raw values of one registered model are found."""

    def attributes(self) -> Mapping[str, Json]:
        return self._common()


class VersionSource(Source):
    """Where the raw values of one version are found."""

    def __init__(self, version: ModelVersion, settings: RegistrySettings) -> None:
        super().__init__(version, settings)
        self._version = version

    def at(self, place: Location, wanted: Field) -> Json:
        if needs_run(place):
            return self._in_run(place, wanted)
        if place.kind is LocationKind.ALIASES:
            return [one for one in all_aliases(self._version) if one in self._settings.production_aliases]
        return super().at(place, wanted)

    def attributes(self) -> Mapping[str, Json]:
        version = self._version
        return {
            **self._common(),
            "aliases": list(all_aliases(version)),
            "run_id": version.run_id,
            "source": version.source,
            "stage": version.stage,
            "status": version.status,
            "version": version.version,
        }

    def _in_run(self, place: Location, wanted: Field) -> Json:
        run = self._version.run
        if run is None:
            if self._version.run_id:
                # Taking this for "empty" would erase what the GRC holds.
                text = f"run {self._version.run_id} was not read, so {wanted.name} is not known."
                raise Rejected(text, field=wanted.name, remedy="Check that the run still exists and may be read.")
            return None
        if place.kind is LocationKind.ATTRIBUTE:
            return list(run.datasets)
        held: Mapping[str, Json] = {
            LocationKind.RUN_PARAM: run.params,
            LocationKind.RUN_METRIC: run.metrics,
            LocationKind.RUN_TAG: run.tags,
        }[place.kind]
        return _picked(held, place.key, wanted.type)


def _picked(held: Mapping[str, Json], key: str, kind: FieldType) -> Json:
    """One entry; for a map all whose name the glob matches."""
    if kind is FieldType.MAP:
        return {name: value for name, value in held.items() if fnmatchcase(name, key)}
    return held.get(key)
