"""What ``check`` finds out about a registry, read-only, every problem with its remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from connector.model.errors import AuthError, ConfigError, MlflowGrcError
from connector.model.grc import Problem
from connector.registry.api import URI_REMEDY, Api
from connector.registry.permissions import permission_problems

_VERSION = re.compile(r"(\d+)\.\d+[\w.+\-]*")
_OLDEST_MAJOR = 3


def probe(api: Api, *, with_credentials: bool) -> Iterator[Problem]:
    """Yield what is wrong, the most basic first; nothing that would fail for the same reason is tried after it."""
    problem = _version_problem(api)
    if problem is not None:
        yield problem
        if problem.fatal:
            return
    problems = list(_listing_problems(api))
    yield from problems
    if with_credentials and not any(problem.fatal for problem in problems):
        yield from permission_problems(api)


def refused(error: ConfigError) -> Problem:
    """The problem of a URI that is not served at all."""
    return Problem("registry uri", error.message, error.remedy)


def _version_problem(api: Api) -> Problem | None:
    found: list[str] = []
    problem = _failure("version", lambda: found.append(api.text("version").strip()))
    if problem is not None:
        return problem
    match = _VERSION.fullmatch(found[0])
    if match is None:
        return Problem("registry uri", f"{api.uri} answers, but it is not MLflow (no version at /version).", URI_REMEDY)
    if int(match[1]) < _OLDEST_MAJOR:
        what = f"The server runs MLflow {found[0]}, older than what this connector is tested with."
        return Problem("version", what, f"upgrade it to MLflow {_OLDEST_MAJOR} or later.", fatal=False)
    return None


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
    except AuthError as error:
        return Problem(f"{where}: credentials", error.message, error.remedy, fatal)
    except MlflowGrcError as error:
        return Problem(where, error.message, error.remedy, fatal)
    return None
