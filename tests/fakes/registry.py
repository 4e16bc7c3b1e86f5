"""A registry in memory that is exactly as kind as MLflow: the contract in tests/registry runs against both.

``InProcessRegistry`` is the connector's side (the Registry protocol, counted and hooked), its ``author`` is the hand
of people and pipelines (same methods as ``connector.mlflow_server.RegistryAuthor``, neither counted nor hooked).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from connector.model.errors import AccessDenied, AuthError, Conflict, NoWorkspace, Rejected, Retriable
from connector.model.grc import Problem
from connector.model.operations import alias_field
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from connector.registry.base import Outside, VersionKey
from connector.registry.limits import check_description, check_name, check_tags
from connector.registry.prompts import PROMPT_TAG, holds_model
from connector.registry.runs import KnownRuns
from tests.fakes.mlflow_store import InProcessAuthor, Refused, Store, ticking

T = TypeVar("T")

WRITES = ("set_tag", "delete_tag", "set_description", "create_model", "set_alias", "delete_alias")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the connector. ``action``: list_models, list_versions, list_runs, get_model, get_version (reads);
    set_tag, delete_tag, set_description, create_model, set_alias, delete_alias (writes).
    """

    action: str
    name: str = ""
    version: str | None = None
    key: str = ""
    value: str = ""

    @property
    def is_write(self) -> bool:
        return self.action in WRITES


class InProcessRegistry:
    """The Registry protocol over a store in memory.

    ``before`` hooks see each Call before it takes effect: one that raises makes the request fail without effect, one
    that edits through ``author`` gets in between read and write. ``after`` hooks see it when it took effect: one that
    raises OutcomeUnknown is a lost answer. ``calls`` are all requests, ``writes`` those that changed something.
    ``unlisted`` names are left out of scans though they exist; ``forbidden`` ones are neither listed nor readable nor
    writable. On ``edit_only`` ones this account has EDIT, which removes no tag of a version. ``clock`` gives creation
    times, epoch milliseconds; the default moves on by a second at each look.
    """

    def __init__(self, clock: Callable[[], int] | None = None) -> None:
        self._store = Store(clock or ticking())
        self.author = InProcessAuthor(self._store)
        self.before: list[Callable[[Call], None]] = []
        self.after: list[Callable[[Call], None]] = []
        self.calls: list[Call] = []
        self.writes: list[Call] = []
        self.unlisted: set[str] = set()
        self.forbidden: set[str] = set()
        self.edit_only: set[str] = set()
        self.problems: list[Problem] = []

    @property
    def requests_sent(self) -> int:
        return len(self.calls)

    def snapshot(
        self,
        *,
        run_fields: bool = False,
        known_runs: Mapping[VersionKey, RunData] | None = None,
        refresh_runs: Collection[VersionKey] = (),
    ) -> RegistrySnapshot:
        gaps: list[str] = []
        models = self._list(Call("list_models"), gaps, self._visible)
        versions = self._list(Call("list_versions"), gaps, lambda: [v for m in models for v in self._versions(m.name)])
        hidden, kept, of_model = [], [], defaultdict(list)
        for version in versions:
            of_model[version.name].append(version)
        for model in models:
            own = tuple(of_model[model.name])
            tagged = "true" in (item.tags.get(PROMPT_TAG) for item in (model, *own))
            if not tagged or holds_model(own):
                kept.append(replace(model, versions=own))
                hidden += [model.name] * tagged
        if run_fields:
            kept = self._with_runs(kept, KnownRuns(known_runs or {}, refresh_runs), gaps)
        return RegistrySnapshot(tuple(kept), tuple(hidden), tuple(gaps))

    def look(
        self, name: str, *, run_fields: bool = False, known_runs: Mapping[VersionKey, RunData] | None = None
    ) -> RegistrySnapshot:
        model, gaps = self.model(name), list[str]()
        if model is None:
            return RegistrySnapshot(())
        own = tuple(self._list(Call("list_versions", name), gaps, lambda: list(self._versions(name))))
        hidden = "true" in (item.tags.get(PROMPT_TAG) for item in (model, *own))
        if hidden and not holds_model(own):
            return RegistrySnapshot(())
        kept = [replace(model, versions=own)]
        if run_fields:
            kept = self._with_runs(kept, KnownRuns(known_runs or {}), gaps)
        return RegistrySnapshot(tuple(kept), (name,) if hidden else (), tuple(gaps))

    def model(self, name: str) -> RegisteredModel | None:
        check_name(name)
        return self._do(
            Call("get_model", name), lambda: self._store.read_model(name) if name in self._store.models else None
        )

    def version(self, name: str, version: str) -> ModelVersion | None:
        check_name(name)

        def read() -> ModelVersion | None:
            model = self._store.models.get(name)
            return self._store.read_version(name, version) if model and version in model.versions else None

        return self._do(Call("get_version", name, version), read)

    def set_tags(
        self,
        name: str,
        version: str | None,
        set: Mapping[str, str],  # noqa: A002
        remove: Collection[str] = (),
        before_each: Callable[[], None] | None = None,
    ) -> None:
        check_tags(f"{name} v{version}" if version else name, set, remove)
        calls = [Call("set_tag", name, version, key, set[key]) for key in sorted(set)]
        for call in [*calls, *(Call("delete_tag", name, version, key) for key in sorted(remove))]:
            if before_each:
                before_each()
            self._do(call, lambda call=call: self._write_tag(call))

    def set_description(self, name: str, version: str | None, text: str) -> None:
        check_description(f"{name} v{version}" if version else name, text)
        self._do(Call("set_description", name, version, value=text), lambda: self._store.describe(name, version, text))

    def set_alias(self, name: str, alias: str, version: str) -> None:
        check_name(name)
        call = Call("set_alias", name, version, alias_field(alias), version)
        self._do(call, lambda: self.author.set_alias(name, alias, version))

    def delete_alias(self, name: str, alias: str) -> None:
        check_name(name)
        self._do(Call("delete_alias", name, key=alias_field(alias)), lambda: self.author.delete_alias(name, alias))

    def create_model(self, name: str, description: str = "", tags: Mapping[str, str] | None = None) -> RegisteredModel:
        check_name(name)
        check_description(name, description)
        check_tags(name, tags or {})

        def create() -> RegisteredModel:
            self._store.add_model(name, description, tags or {})
            return self._store.read_model(name)

        return self._do(Call("create_model", name), create)

    def names(self, name: str) -> Sequence[str]:
        return (name,) if "/" not in name and self.model(name) is not None else ()

    def outside(self, name: str) -> Outside | None:
        return Outside("no workspace is read any more", chosen=True) if "/" in name else None

    def check(self) -> Sequence[Problem]:
        return list(self.problems)

    def close(self) -> None:
        pass

    def _visible(self) -> list[RegisteredModel]:
        names = sorted(self._store.models.keys() - self.unlisted - self.forbidden)
        return [self._store.read_model(name) for name in names]

    def _versions(self, name: str) -> Iterator[ModelVersion]:
        model = self._store.models.get(name)
        for number in sorted(model.versions, key=int) if model else ():
            yield self._store.read_version(name, number)

    def _with_runs(self, models: list[RegisteredModel], known: KnownRuns, gaps: list[str]) -> list[RegisteredModel]:
        wanted = {v.run_id for model in models for v in model.versions if known.wanted(v)}
        runs = self._store.runs
        found = self._list(Call("list_runs"), gaps, lambda: [runs[i] for i in wanted & runs.keys()]) if wanted else []
        read = {run.run_id: run for run in found}
        return [
            replace(model, versions=tuple(replace(v, run=read.get(v.run_id) or known.of(v)) for v in model.versions))
            for model in models
        ]

    def _write_tag(self, call: Call) -> None:
        tags = self._store.target(call.name, call.version).tags
        if call.action == "set_tag":
            tags[call.key] = call.value
        else:
            tags.pop(call.key, None)

    def _list(self, call: Call, gaps: list[str], read: Callable[[], list[T]]) -> list[T]:
        try:
            return self._do(call, read)
        except AccessDenied as error:
            raise AuthError(str(error)) from error
        except (Retriable, Rejected) as error:
            gaps.append(f"{call.action}: {error}")
            return []

    def _do(self, call: Call, effect: Callable[[], T]) -> T:
        self.calls.append(call)
        for hook in list(self.before):
            hook(call)
        removal = call.key if call.action == "delete_tag" else None
        if call.name in self.forbidden or (removal and call.version and call.name in self.edit_only):
            raise AccessDenied(f"This account may not see or change {call.name}.", field=removal)
        try:
            result = effect()
        except Refused as error:
            if error.code == "INVALID_PARAMETER_VALUE":
                raise Rejected(str(error), field=call.key or None) from error
            raise Conflict(str(error)) from error
        if call.is_write:
            self.writes.append(call)
        for hook in list(self.after):
            hook(call)
        return result


class InProcessServer:
    """A server with workspaces in memory, for :class:`connector.registry.joined.JoinedRegistry`: a registry each, as
    whole as one alone. ``hidden`` ones are not listed to this account, though they exist.
    """

    def __init__(self, *workspaces: str) -> None:
        self._clock = ticking()
        self.registries: dict[str, InProcessRegistry] = {}
        self.hidden: set[str] = set()
        self.problems: list[Problem] = []
        self.listings = 0
        self._gone = 0
        for workspace in workspaces:
            self.create(workspace)

    def create(self, workspace: str) -> InProcessAuthor:
        """Create a workspace; the hand of people there."""
        self.registries[workspace] = InProcessRegistry(self._clock)
        return self.registries[workspace].author

    def delete(self, workspace: str) -> None:
        """Delete a workspace with all that it held."""
        self._gone += self.registries.pop(workspace).requests_sent

    def author(self, workspace: str) -> InProcessAuthor:
        return self.registries[workspace].author

    def within(self, workspace: str) -> InProcessRegistry:
        found = self.registries.get(workspace)
        return found if found is not None else _NoWorkspace(workspace)

    def workspaces(self) -> Sequence[str]:
        self.listings += 1
        return sorted(self.registries.keys() - self.hidden)

    def check(self) -> Sequence[Problem]:
        return list(self.problems)

    @property
    def requests_sent(self) -> int:
        return self.listings + self._gone + sum(each.requests_sent for each in self.registries.values())

    def close(self) -> None:
        pass


class _NoWorkspace(InProcessRegistry):
    """Answers as MLflow does where the workspace of a request does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__()

        def refuse(_: Call) -> None:
            raise NoWorkspace(f"Workspace '{name}' not found", remedy="correct the registry's workspaces.")

        self.before.append(refuse)
        self.problems = [Problem("listing of registered models", f"Workspace '{name}' not found", "correct it.")]


__all__ = ["Call", "InProcessAuthor", "InProcessRegistry", "InProcessServer", "Refused", "ticking"]
