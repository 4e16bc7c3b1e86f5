"""How what goes wrong in a probe becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from adapters.httpclient import NotFound
from connector.model.errors import ConfigError, MlflowGrcError, Retriable, RunAborted, Unreachable
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


def guarded(where: str, probe: Callable[[], Iterable[Problem]], *, reached: bool = False) -> Iterator[Problem]:
    """The problems of a probe; its failure is one. What ends all (credentials, no connection) goes up; ``reached``: the
    server has answered before, so an answer that is not the one expected is the matter of this probe alone.
    """
    try:
        yield from probe()
    except (RunAborted, ConfigError) as error:
        if not (reached and isinstance(error, Unreachable)):
            raise
        yield as_problem(where, error)
    except MlflowGrcError as error:
        yield as_problem(where, error)
