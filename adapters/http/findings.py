"""How what goes wrong in a probe becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from adapters.httpclient import NotFound
from connector.model.errors import ConfigError, MlflowGrcError, Retriable, RunAborted
from connector.model.grc import Problem


@dataclass(frozen=True, slots=True)
class Absent(Problem):
    """The server has nothing at a path of the mapping."""


@dataclass(frozen=True, slots=True)
class Unanswered(Problem):
    """The server gave no whole answer, however often it was asked."""


def as_problem(where: str, error: MlflowGrcError) -> Problem:
    """An error as a finding."""
    kind = Absent if isinstance(error, NotFound) else Unanswered if isinstance(error, Retriable) else Problem
    return kind(where, error.message, error.remedy)


def guarded(where: str, probe: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    """The problems of a probe; its failure is one. What ends all (credentials, no connection) goes up."""
    try:
        yield from probe()
    except (RunAborted, ConfigError):
        raise
    except MlflowGrcError as error:
        yield as_problem(where, error)
