"""The runs behind versions, read in batches and only where the caller does not know them already."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector.model.registry import ModelVersion, RegisteredModel, RegistrySnapshot, RunData
from connector.registry.api import Api
from connector.registry.base import VersionKey, version_key
from connector.registry.listing import Gaps, pages
from connector.registry.parse import run_data

RUNS_A_REQUEST = 200
"""Run ids in one search: well within the variables that a SQLite statement takes."""

_EXPERIMENTS_A_PAGE = 1000
_RUN_ID = re.compile(r"[A-Za-z0-9][\w\-]*", re.ASCII)
"""What can be a run id. MLflow takes any text as a version's ``run_id``; one with a quote would break the search."""
_ALL = "ALL"
"""Deleted runs and experiments too: a version outlives its run's way to the bin."""


@dataclass(frozen=True, slots=True)
class KnownRuns:
    """What the caller remembers, and which of it should be read again though it is finished."""

    runs: Mapping[VersionKey, RunData]
    refresh: Collection[VersionKey] = ()

    def of(self, version: ModelVersion) -> RunData | None:
        """The remembered run, if it is still the version's."""
        run = self.runs.get(version_key(version))
        return run if run is not None and run.run_id == version.run_id else None

    def wanted(self, version: ModelVersion) -> bool:
        """Whether the run has to be read."""
        if not _RUN_ID.fullmatch(version.run_id):
            return False
        run = self.of(version)
        return run is None or not run.finished or version_key(version) in self.refresh


def with_runs(api: Api, snapshot: RegistrySnapshot, known: KnownRuns) -> RegistrySnapshot:
    """The snapshot with ``run`` set on every version whose run could be read or is known."""
    gaps = list(snapshot.gaps)
    versions = [version for model in snapshot.models for version in model.versions]
    wanted = sorted({version.run_id for version in versions if known.wanted(version)})
    read = {run.run_id: run for run in _search(api, wanted, gaps)} if wanted else {}

    def attach(model: RegisteredModel) -> RegisteredModel:
        return replace(model, versions=tuple(replace(v, run=read.get(v.run_id) or known.of(v)) for v in model.versions))

    return replace(snapshot, models=tuple(map(attach, snapshot.models)), gaps=tuple(gaps))


def _search(api: Api, run_ids: list[str], gaps: Gaps) -> Iterator[RunData]:
    experiments = list(_experiments(api, gaps))
    for start in range(0, len(run_ids), RUNS_A_REQUEST):
        body = {
            "experiment_ids": experiments,
            "filter": f"attributes.run_id IN ({_quoted(run_ids[start : start + RUNS_A_REQUEST])})",
            "run_view_type": _ALL,
            "max_results": RUNS_A_REQUEST,
        }
        for raw in _rows(api, "runs", "runs/search", body, gaps):
            yield run_data(raw)


def _experiments(api: Api, gaps: Gaps) -> Iterator[str]:
    """Every experiment's id: a search of runs names the experiments to look into."""
    body = {"max_results": _EXPERIMENTS_A_PAGE, "view_type": _ALL}
    for raw in _rows(api, "experiments", "experiments/search", body, gaps):
        yield raw["experiment_id"]


def _rows(api: Api, member: str, path: str, body: Mapping[str, Any], gaps: Gaps) -> Iterator[Mapping[str, Any]]:
    for answer in pages(member, lambda token: api.query(path, {**body, **token}), gaps):
        yield from answer.get(member, ())


def _quoted(run_ids: Iterable[str]) -> str:
    return ", ".join(f"'{run_id}'" for run_id in run_ids)
