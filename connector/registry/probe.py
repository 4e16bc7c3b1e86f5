"""What ``check`` finds out about a registry, read-only, every problem with its remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapters.httpclient import NotFound
from connector.model.errors import AuthError, ConfigError, MlflowGrcError
from connector.model.grc import Problem
from connector.registry.api import URI_REMEDY, Api
from connector.registry.permissions import permission_problems

_VERSION = re.compile(r"(\d+)\.(\d+)[\w.+\-]*")
_OLDEST_MAJOR = 3
URI = "registry uri"
"""Where a problem stands that is about the address itself."""
_EARLY_ACCOUNTS = (
    (
        (3, 10),
        "lists versions of models that this account may not read, and each makes the listing incomplete",
        "let the account read every model, make it an administrator, or upgrade to MLflow 3.10 or later.",
    ),
    (
        (3, 13),
        "has no permission for every model at once, so that a deleted model looks forbidden and no record is retired",
        "make the account an administrator, retire such records by hand, or upgrade to MLflow 3.13 or later.",
    ),
)
"""What accounts with permissions cannot do on servers before a version, by its major and minor number."""


def probe(api: Api, *, with_credentials: bool) -> Iterator[Problem]:
    """Yield what is wrong, the most basic first; nothing that would fail for the same reason is tried after it."""
    version = _version(api)
    if isinstance(version, Problem):
        yield version
        return
    yield from _age_problems(version, with_credentials=with_credentials)
    problems = list(_listing_problems(api))
    yield from problems
    if with_credentials and not any(problem.fatal for problem in problems):
        yield from permission_problems(api)


def refused(error: ConfigError) -> Problem:
    """The problem of a URI that is not served at all."""
    return Problem(URI, error.message, error.remedy)


@dataclass(frozen=True, slots=True)
class _Version:
    text: str
    number: tuple[int, int]


def _version(api: Api) -> _Version | Problem:
    found: list[str] = []
    try:
        problem = _failure("version", lambda: found.append(api.text("version").strip()))
    except NotFound as error:
        problem = Problem(URI, error.message, URI_REMEDY)
    if problem is not None:
        return problem
    match = _VERSION.fullmatch(found[0])
    if match is None:
        what = f"{api.uri} answers, but it is not MLflow (no version at /version)."
        return Problem(URI, what, URI_REMEDY)
    return _Version(found[0], (int(match[1]), int(match[2])))


def _age_problems(version: _Version, *, with_credentials: bool) -> Iterator[Problem]:
    if version.number[0] < _OLDEST_MAJOR:
        what = f"The server runs MLflow {version.text}, older than what this connector is tested with."
        yield Problem("version", what, f"upgrade it to MLflow {_OLDEST_MAJOR} or later.", fatal=False)
    for since, what, remedy in _EARLY_ACCOUNTS if with_credentials else ():
        if version.number < since:
            yield Problem("version", f"MLflow {version.text} {what}.", remedy, fatal=False)


def _listing_problems(api: Api) -> Iterator[Problem]:
    one = {"max_results": 1}
    attempts: list[tuple[str, bool, Callable[[], object]]] = [
        ("listing of registered models", True, lambda: api.read("registered-models/search", one)),
        ("listing of model versions", True, lambda: api.read("model-versions/search", one)),
        ("listing of experiments (run fields)", False, lambda: api.query("experiments/search", one)),
    ]
    for where, fatal, attempt in attempts:
        problem = _failure(where, attempt, fatal=fatal)
        if problem is not None:
            yield problem
            if problem.fatal:
                return


def _failure(where: str, attempt: Callable[[], object], *, fatal: bool = True) -> Problem | None:
    try:
        attempt()
    except NotFound:
        raise
    except AuthError as error:
        return Problem(f"{where}: credentials", error.message, error.remedy, fatal)
    except MlflowGrcError as error:
        return Problem(where, error.message, error.remedy, fatal)
    return None
