"""What MLflow's registry holds and how people edit it, in memory: no database, no server, no clock of its own."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from connector.model.registry import ModelVersion, RegisteredModel, RunData

START_MS = 1_700_000_000_000


class Refused(Exception):
    """What a person sees when MLflow refuses; ``code`` is MLflow's error code."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code} {what}")
        self.code = code


@dataclass
class _Row:
    created_ms: int
    updated_ms: int
    description: str
    tags: dict[str, str]


@dataclass
class _VersionRow(_Row):
    source: str = ""
    run_id: str = ""
    stage: str = "None"


@dataclass
class _ModelRow(_Row):
    aliases: dict[str, str] = field(default_factory=dict)
    versions: dict[str, _VersionRow] = field(default_factory=dict)
    last_number: int = 0


def ticking(start_ms: int = START_MS, step_ms: int = 1000) -> Callable[[], int]:
    """A clock of epoch milliseconds that moves on at each look."""
    return itertools.count(start_ms, step_ms).__next__


class Store:
    """What MLflow's database holds and refuses."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.models: dict[str, _ModelRow] = {}
        self.runs: dict[str, RunData] = {}

    def model(self, name: str) -> _ModelRow:
        if name not in self.models:
            raise Refused("RESOURCE_DOES_NOT_EXIST", f"Registered Model with name={name} not found")
        return self.models[name]

    def target(self, name: str, version: str | None) -> _Row:
        if version is None:
            return self.model(name)
        row = self.models[name].versions.get(version) if name in self.models else None
        if row is None:
            raise Refused("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version={version}) not found")
        return row

    def add_model(self, name: str, description: str, tags: Mapping[str, str]) -> _ModelRow:
        bad_path = posixpath.normpath(name) != name or name == "." or name.startswith("..")
        if not name.strip() or "/" in name or ":" in name or bad_path:
            raise Refused("INVALID_PARAMETER_VALUE", f"Invalid model name {name!r}")
        if name in self.models:
            raise Refused("RESOURCE_ALREADY_EXISTS", f"Registered Model (name={name}) already exists")
        now = self.clock()
        self.models[name] = _ModelRow(now, now, description, dict(tags))
        return self.models[name]

    def describe(self, name: str, version: str | None, text: str) -> None:
        row = self.target(name, version)
        row.description, row.updated_ms = text, self.clock()

    def read_model(self, name: str) -> RegisteredModel:
        row = self.model(name)
        return RegisteredModel(name, row.created_ms, row.updated_ms, row.description, dict(row.tags), dict(row.aliases))

    def read_version(self, name: str, number: str) -> ModelVersion:
        row = self.target(name, number)
        assert isinstance(row, _VersionRow)
        return ModelVersion(
            name=name,
            version=number,
            created_ms=row.created_ms,
            updated_ms=row.updated_ms,
            description=row.description,
            source=row.source,
            run_id=row.run_id,
            stage=row.stage,
            tags=dict(row.tags),
            aliases=tuple(sorted(alias for alias, at in self.models[name].aliases.items() if at == number)),
        )


class InProcessAuthor:
    """People and pipelines at work. Raises Refused where MLflow refuses."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._run_numbers = itertools.count(1)

    def create_model(self, name: str, *, description: str = "", tags: Mapping[str, str] | None = None) -> int:
        return self._store.add_model(name, description, tags or {}).created_ms

    def create_version(
        self,
        name: str,
        *,
        source: str = "s3://models/artifacts",
        run_id: str = "",
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> str:
        model, now = self._store.model(name), self._store.clock()
        model.last_number += 1
        model.updated_ms = now
        number = str(model.last_number)
        model.versions[number] = _VersionRow(now, now, description, dict(tags or {}), source=source, run_id=run_id)
        return number

    def copy_version(self, name: str, version: str, to: str) -> str:
        old = self._store.read_version(name, version)
        return self.create_version(
            to,
            source=f"models:/{name}/{version}",
            run_id=old.run_id,
            description=old.description,
            tags=old.tags,
        )

    def set_tag(self, name: str, key: str, value: str, version: str | None = None) -> None:
        self._store.target(name, version).tags[key] = value

    def delete_tag(self, name: str, key: str, version: str | None = None) -> None:
        self._store.target(name, version).tags.pop(key, None)

    def set_description(self, name: str, text: str, version: str | None = None) -> None:
        self._store.describe(name, version, text)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        self._store.target(name, version)
        self._store.model(name).aliases[alias] = version

    def delete_alias(self, name: str, alias: str) -> None:
        self._store.model(name).aliases.pop(alias, None)

    def set_stage(self, name: str, version: str, stage: str) -> None:
        row = self._store.target(name, version)
        assert isinstance(row, _VersionRow)
        row.stage, row.updated_ms = stage, self._store.clock()
        self._store.model(name).updated_ms = row.updated_ms

    def rename(self, name: str, new_name: str) -> None:
        row, now = self._store.model(name), self._store.clock()
        if new_name in self._store.models:
            raise Refused("RESOURCE_ALREADY_EXISTS", f"Registered Model (name={new_name}) already exists")
        self._store.models[new_name] = self._store.models.pop(name)
        for moved in (row, *row.versions.values()):
            moved.updated_ms = now

    def delete_model(self, name: str) -> None:
        self._store.model(name)
        del self._store.models[name]

    def delete_version(self, name: str, version: str) -> None:
        self._store.target(name, version)
        model = self._store.model(name)
        del model.versions[version]
        model.aliases = {alias: at for alias, at in model.aliases.items() if at != version}
        model.updated_ms = self._store.clock()

    def log_run(
        self,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        datasets: Iterable[str] = (),
        status: str = "FINISHED",
        experiment: str = "models",
    ) -> str:
        run_id = f"{next(self._run_numbers):032x}"
        named = tuple(sorted(set(datasets)))
        self._store.runs[run_id] = RunData(
            run_id, status, dict(params or {}), dict(metrics or {}), dict(tags or {}), named
        )
        return run_id

    def log_to_run(
        self, run_id: str, *, params: Mapping[str, str] | None = None, metrics: Mapping[str, float] | None = None
    ) -> None:
        run = self._store.runs[run_id]
        self._store.runs[run_id] = replace(
            run, params={**run.params, **(params or {})}, metrics={**run.metrics, **(metrics or {})}
        )

    def delete_run(self, run_id: str) -> None:
        """Into the bin, where a search of all runs still finds it."""
