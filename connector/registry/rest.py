"""A registry behind MLflow's REST API."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from adapters.httpclient import AuthSettings, HttpSettings, NoAuth, Traffic
from connector.model.errors import AccessDenied, AuthError, ConfigError, Rejected, Retriable, Unreachable
from connector.model.grc import Problem
from connector.model.operations import alias_field
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from connector.model.workspaces import SEPARATOR, split_name
from connector.registry.api import DISABLED_REMEDY, Api
from connector.registry.base import Outside, VersionKey
from connector.registry.limits import check_description, check_name, check_tags
from connector.registry.parse import model_version, registered_model
from connector.registry.probe import probe, refused
from connector.registry.runs import KnownRuns, with_runs
from connector.registry.scan import Scan
from connector.registry.uris import check_uri


class MlflowRegistry:
    """The :class:`~connector.registry.base.Registry` of the MLflow server at ``uri``, in one workspace of it.

    A URI that is not served does not fail here but in ``check`` as a problem, elsewhere as ConfigError, so that
    ``check`` can tell it with everything else. ``stop`` ends all waiting when it is set.
    """

    def __init__(
        self,
        uri: str,
        auth: AuthSettings | None = None,
        http: HttpSettings | None = None,
        *,
        workspace: str | None = None,
        stop: threading.Event | None = None,
        before_write: Callable[[], None] | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self._workspace = workspace
        self._called = ""
        self._has_credentials = not isinstance(auth or NoAuth(), NoAuth)
        self._refusal: ConfigError | None = None
        try:
            check_uri(uri)
            self._opened = Api(
                uri, auth, http, workspace=workspace, stop=stop, before_write=before_write, traffic=traffic
            )
        except ConfigError as error:
            self._refusal = error

    def snapshot(
        self,
        *,
        run_fields: bool = False,
        known_runs: Mapping[VersionKey, RunData] | None = None,
        refresh_runs: Collection[VersionKey] = (),
    ) -> RegistrySnapshot:
        snapshot = Scan(self._api).run()
        return with_runs(self._api, snapshot, KnownRuns(known_runs or {}, refresh_runs)) if run_fields else snapshot

    def look(
        self, name: str, *, run_fields: bool = False, known_runs: Mapping[VersionKey, RunData] | None = None
    ) -> RegistrySnapshot:
        check_name(name := self._bare(name))
        with _about(self._where(name), _TO_READ):
            found = Scan(self._api).look(name)
        return with_runs(self._api, found, KnownRuns(known_runs or {})) if run_fields else found

    def model(self, name: str) -> RegisteredModel | None:
        check_name(name := self._bare(name))
        with _about(self._where(name), _TO_READ):
            raw = self._api.find("registered-models/get", {"name": name})
        return registered_model(raw["registered_model"]) if raw is not None else None

    def version(self, name: str, version: str) -> ModelVersion | None:
        check_name(name := self._bare(name))
        with _about(self._where(name, version), _TO_READ):
            raw = self._api.find("model-versions/get", {"name": name, "version": version})
        return model_version(raw["model_version"]) if raw is not None else None

    def set_tags(
        self,
        name: str,
        version: str | None,
        set: Mapping[str, str],  # noqa: A002 - as in the protocol
        remove: Collection[str] = (),
        before_each: Callable[[], None] | None = None,
    ) -> None:
        where, (kind, target) = self._where(name, version), _target(name, version)
        check_tags(where, set, remove)
        for key in sorted(set):
            body = {**target, "key": key, "value": set[key]}
            with _about(where, _TO_WRITE):
                self._api.write("POST", f"{kind}/set-tag", body, field=key, before=before_each)
        for key in sorted(remove):
            with _about(where, _TO_WRITE if version is None else _TO_REMOVE, field=key):
                self._api.write("DELETE", f"{kind}/delete-tag", {**target, "key": key}, field=key, before=before_each)

    def set_description(self, name: str, version: str | None, text: str) -> None:
        where, (kind, target) = self._where(name, version), _target(name, version)
        check_description(where, text)
        with _about(where, _TO_WRITE):
            self._api.write("PATCH", f"{kind}/update", {**target, "description": text}, field="description")

    def set_alias(self, name: str, alias: str, version: str) -> None:
        check_name(name := self._bare(name))
        body = {"name": name, "alias": alias, "version": version}
        with _about(self._where(name, version), _TO_WRITE, field=alias_field(alias)):
            self._api.write("POST", "registered-models/alias", body, field=alias_field(alias))

    def delete_alias(self, name: str, alias: str) -> None:
        check_name(name := self._bare(name))
        body = {"name": name, "alias": alias}
        with _about(self._where(name), _TO_TAKE, field=alias_field(alias)):
            self._api.write("DELETE", "registered-models/alias", body, field=alias_field(alias))

    def create_model(self, name: str, description: str = "", tags: Mapping[str, str] | None = None) -> RegisteredModel:
        check_name(name)
        check_description(self._where(name), description)
        check_tags(self._where(name), tags or {})
        pairs = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        body = {"name": name, "description": description, "tags": pairs}
        with _about(self._where(name), _TO_CREATE):
            return registered_model(self._api.write("POST", "registered-models/create", body)["registered_model"])

    def names(self, name: str) -> Sequence[str]:
        bare = self._bare(name)
        return (bare,) if SEPARATOR not in bare and self.model(bare) is not None else ()

    def outside(self, name: str) -> Outside | None:
        workspace, _ = split_name(self._bare(name))
        return Outside(f"the workspace {workspace} is not read any more", chosen=True) if workspace else None

    def within(self, workspace: str) -> MlflowRegistry:
        """Another workspace of the same server, through the same session and limits. Only one of them is closed."""
        inside = copy.copy(self)
        inside._workspace = workspace
        inside._called = workspace + SEPARATOR
        if self._refusal is None:
            inside._opened = self._opened.within(workspace)
        return inside

    def workspaces(self) -> Sequence[str]:
        """All workspaces that the server shows to this account, by name. Raises Unreachable where it has none."""
        try:
            answer = self._api.ask("workspaces", {})
        except AuthError:
            raise
        except (Rejected, Retriable) as error:
            what = f"The workspaces could not be listed: {error.message}"
            raise Unreachable(what, remedy=DISABLED_REMEDY) from error
        return sorted(str(each["name"]) for each in answer.get("workspaces", ()))

    def check(self) -> Sequence[Problem]:
        if self._refusal is not None:
            return [refused(self._refusal)]
        return list(probe(self._api, with_credentials=self._has_credentials))

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far, retries included."""
        return 0 if self._refusal else self._opened.requests_sent

    def close(self) -> None:
        if self._refusal is None:
            self._opened.close()

    def _where(self, name: str, version: str | None = None) -> str:
        """The object for people: under its full name, where this is one of several workspaces."""
        return f"{self._called}{name} v{version}" if version else f"{self._called}{name}"

    def _bare(self, name: str) -> str:
        """The name here of one that tells this very workspace: a link made when several were read has such a one."""
        workspace, bare = split_name(name)
        return bare if workspace is not None and workspace == self._workspace else name

    @property
    def _api(self) -> Api:
        if self._refusal is not None:
            raise self._refusal
        return self._opened


_TO_READ = "grant the registry's account READ on it; MLflow also answers so for a model that does not exist."
_TO_WRITE = "grant the registry's account EDIT on the registered model."
_TO_REMOVE = "grant the registry's account MANAGE on the registered model, which removing a version's tag needs."
_TO_TAKE = "grant the registry's account MANAGE on the registered model, which taking an alias away needs."
_TO_CREATE = "grant the registry's account USE on the workspace."


@contextmanager
def _about(where: str, remedy: str, *, field: str | None = None) -> Iterator[None]:
    """Name the object in a refusal, whose own words are "Permission denied", and the permission that is missing."""
    try:
        yield
    except AccessDenied as error:
        raise AccessDenied(f"{where}: {error.message}", remedy=remedy, field=field) from None


def _target(name: str, version: str | None) -> tuple[str, dict[str, str]]:
    if version is None:
        return "registered-models", {"name": name}
    return "model-versions", {"name": name, "version": version}
