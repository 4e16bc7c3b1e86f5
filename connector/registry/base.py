"""What the engine asks of a registry. Implemented over MLflow's REST API (:mod:`connector.registry.rest`) and, for
tests, in memory; one contract suite runs against both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from connector.model.grc import Problem
from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData

VersionKey: TypeAlias = tuple[str, str, int]
"""Name, version, creation time in epoch milliseconds: tells a re-created version from its predecessor."""


def version_key(version: ModelVersion) -> VersionKey:
    """The key under which the caller keeps what it knows of a version's run."""
    return (version.name, version.version, version.created_ms)


@dataclass(frozen=True, slots=True)
class Outside:
    """Why nothing can be known of what stands in a workspace. ``chosen``: the configuration leaves it out."""

    reason: str
    chosen: bool


class Registry(Protocol):
    """One MLflow registry: one workspace of it, or several whose models are called ``workspace/name``.

    Every method may raise AuthError and Unreachable (the run ends) and ConfigError (a URI that is not served, a
    secret that is missing). Methods are called from several threads.
    """

    def snapshot(
        self,
        *,
        run_fields: bool = False,
        known_runs: Mapping[VersionKey, RunData] | None = None,
        refresh_runs: Collection[VersionKey] = (),
    ) -> RegistrySnapshot:
        """Scan everything: models with their aliases and versions, prompts left out.

        A model that the prompt tag hides from search is both in ``models``, as whole as it can be read, and named in
        ``hidden``. A listing that breaks off leaves a gap, and what was read before it counts. MLflow pages by offset:
        a model that is missing from a complete snapshot may still exist, so ask ``model`` before concluding.

        ``run_fields`` asks for the runs behind the versions. Runs in ``known_runs`` that are finished are not read
        again, unless named in ``refresh_runs``; a run that cannot be read (any more) keeps its known data.
        """
        ...

    def look(
        self, name: str, *, run_fields: bool = False, known_runs: Mapping[VersionKey, RunData] | None = None
    ) -> RegistrySnapshot:
        """One registered model with its aliases and versions, as ``snapshot`` shows it; without models where MLflow
        says that it does not exist, or where it is a prompt. Errors as for ``model``, and what could not be read of
        it is a gap.
        """
        ...

    def model(self, name: str) -> RegisteredModel | None:
        """A registered model alone, without versions; None only when MLflow says that it does not exist.

        Raises AccessDenied (unknown, not gone: basic-auth also answers so for what is missing), Retriable, Rejected.
        """
        ...

    def version(self, name: str, version: str) -> ModelVersion | None:
        """One version with its aliases, without its run; None and errors as for ``model``."""
        ...

    def set_tags(
        self,
        name: str,
        version: str | None,
        set: Mapping[str, str],  # noqa: A002 - reads as what it does at the call
        remove: Collection[str] = (),
        before_each: Callable[[], None] | None = None,
    ) -> None:
        """Set, then remove, tags of a model (``version`` None) or a version; one request each, in the order of keys.

        All are checked before the first is sent. ``before_each`` runs before each request; what it raises ends the
        call. A tag to remove that is not there is no error.

        Raises Rejected (``field`` is the tag), AccessDenied (for a removal ``field`` is the tag: to set one takes
        less permission), Conflict (the object is gone or was renamed), OutcomeUnknown, Retriable (nothing was done by
        this request).
        """
        ...

    def set_description(self, name: str, version: str | None, text: str) -> None:
        """Replace a description; errors as for ``set_tags``."""
        ...

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Let an alias point at a version, wherever it pointed before. Raises as ``set_tags``; ``field`` of a Rejected
        is ``alias:`` and the alias.
        """
        ...

    def delete_alias(self, name: str, alias: str) -> None:
        """Take an alias away, from whichever version has it; nothing happens where none has. Raises as ``set_alias``;
        takes MANAGE.
        """
        ...

    def create_model(self, name: str, description: str = "", tags: Mapping[str, str] | None = None) -> RegisteredModel:
        """Register a model without versions and return it. Raises Conflict when the name is taken, else as above."""
        ...

    def names(self, name: str) -> Sequence[str]:
        """The full names of the models that a person may mean by ``name``: of each workspace that has one, where it
        names none. Errors as for ``model``.
        """
        ...

    def outside(self, name: str) -> Outside | None:
        """Whether a full name is of a workspace that is not read (as far as the last snapshot told): nothing is to be
        asked about it, and nothing to be concluded.
        """
        ...

    def check(self) -> Sequence[Problem]:
        """Probe, read-only: address, whether it is MLflow, credentials, listing, limits of this kind of registry.

        Everything found, each with its remedy; nothing raised. Not fatal ones are notes on permissions.
        """
        ...

    @property
    def requests_sent(self) -> int:
        """HTTP requests sent so far, retries included."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
