"""What the account of a registry may do, asked of MLflow's basic-auth app without writing anything.

What each feature needs (MLflow's words; a registered model's permission holds for its versions too):

============================================  =====================================================
the scan                                      READ on each model; others are left out silently
to tell a deleted model from a forbidden one  READ on ``*``, or administrator
tags and descriptions                         EDIT
removing a tag of a version                   MANAGE; with EDIT, issue tags get a closed marker
taking an alias off                           MANAGE
run fields                                    READ on the experiments
============================================  =====================================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.model.errors import AccessDenied, MlflowGrcError
from connector.model.grc import Problem
from connector.registry.api import Api

PERMISSIONS = (
    "READ on every registered model lets the scan see it (what is not readable is left out silently); EDIT sets tags "
    "and descriptions and deletes a model's tags; MANAGE deletes a version's tags and an alias (with EDIT alone issue "
    "tags are set to a closed marker); READ on the experiments lets run fields be read."
)

_MODEL = "registered_model"
_MODELS_ASKED = 1000
_VERSIONS_ASKED = 200
_RUNS_ASKED = 5
_NAMED = 3
_NOBODYS_NAME = "mlflow-grc asks for a model that is not there"
_WRITING = ("EDIT", "MANAGE")

Grants = Sequence[Mapping[str, Any]]
"""Rows of MLflow's list of permissions: ``resource_type``, ``resource_pattern``, ``permission``."""


@dataclass(frozen=True, slots=True)
class _Account:
    """Who signs in, and what was granted to it, default permission not included."""

    name: str
    is_admin: bool
    grants: Grants


def permission_problems(api: Api) -> Iterator[Problem]:
    """Yield what this account lacks, none of it fatal; a note where MLflow (or a proxy before it) cannot be asked."""
    try:
        account = _account(api)
        if not account.is_admin:
            yield from _lacking(api, account)
    except (MlflowGrcError, KeyError):
        yield _problem("MLflow does not tell what this account may do.", PERMISSIONS)


def _account(api: Api) -> _Account:
    user = api.read("users/current", {})["user"]
    answer = api.ask("users/current/permissions", {})
    return _Account(str(user["username"]), bool(answer["is_admin"]), answer["permissions"])


def _lacking(api: Api, account: _Account) -> Iterator[Problem]:
    levels = _levels(api, account)
    if not levels:
        yield _problem(f"The account {account.name!r} sees no registered model.", "grant it READ or more on them.")
    read_only = sorted(name for level, names in levels.items() if level not in _WRITING for name in names)
    if read_only:
        what = f"{_named(read_only)}: {account.name!r} has no EDIT there, so no tag or description can be written."
        yield _problem(what, "grant it EDIT on the models in scope (MANAGE to remove tags of versions too).")
    if levels.get("EDIT"):
        what = f"{_named(sorted(levels['EDIT']))}: {account.name!r} has EDIT, not MANAGE, so no version loses a tag."
        yield _problem(what, "grant it MANAGE; else a closed issue's tag is set to a marker, other removals wait.")
    if not _tells_missing(api):
        what = f"To {account.name!r} a deleted registered model looks forbidden, so that no record is ever retired."
        yield _problem(what, f"grant it READ or more on every model at once (resource {_MODEL}, pattern *).")
    if _lacks_runs(api):
        what = f"{account.name!r} cannot read runs behind versions, so that run fields stay empty."
        yield _problem(what, "grant it READ on the experiments, or set run_fields to false.")


def _levels(api: Api, account: _Account) -> Mapping[str, Sequence[str]]:
    """The permission on each visible model, of the first thousand. Models with the same grants have the same one, by
    whatever rule MLflow folds grants and its default, so that one is asked for all of them.
    """
    answer = api.read("registered-models/search", {"max_results": _MODELS_ASKED, "order_by": "name"})
    alike: dict[tuple[tuple[bool, str], ...], list[str]] = defaultdict(list)
    for model in answer.get("registered_models", ()):
        alike[_grants_of(account.grants, model["name"])].append(model["name"])
    levels: dict[str, list[str]] = defaultdict(list)
    for names in alike.values():
        question = {"username": account.name, "resource_type": _MODEL, "resource_id": names[0]}
        levels[api.ask("users/permissions/get", question)["permission"]] += names
    return levels


def _grants_of(grants: Grants, name: str) -> tuple[tuple[bool, str], ...]:
    """The grants that concern a model: whether each is the model's own, and its permission."""
    concerned = (row for row in grants if row["resource_type"] == _MODEL and row["resource_pattern"] in (name, "*"))
    return tuple(sorted((row["resource_pattern"] == name, row["permission"]) for row in concerned))


def _tells_missing(api: Api) -> bool:
    try:
        return api.find("registered-models/get", {"name": _NOBODYS_NAME}) is None
    except AccessDenied:
        return False


def _lacks_runs(api: Api) -> bool:
    """Whether none of a few versions' runs may be read. One that is gone for good looks forbidden too."""
    answer = api.read("model-versions/search", {"max_results": _VERSIONS_ASKED})
    run_ids = sorted({row["run_id"] for row in answer.get("model_versions", ()) if row.get("run_id")})[:_RUNS_ASKED]
    return bool(run_ids) and not any(_is_readable(api, run_id) for run_id in run_ids)


def _is_readable(api: Api, run_id: str) -> bool:
    try:
        return api.find("runs/get", {"run_id": run_id}) is not None
    except AccessDenied:
        return False


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _problem(what: str, remedy: str) -> Problem:
    return Problem("permissions", what, remedy, fatal=False)
