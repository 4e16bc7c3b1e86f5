"""From MLflow's JSON to the frozen types. Absent and empty are the same in its answers."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from connector.model.errors import Unreachable
from connector.model.registry import ModelVersion, RegisteredModel, RunData

Made = TypeVar("Made")
_LOGGED_MODEL = re.compile(r"models:/([^/@:]+)")


def _of_mlflow(parse: Callable[[Mapping[str, Any]], Made]) -> Callable[[Mapping[str, Any]], Made]:
    """Let ``parse`` raise Unreachable for what MLflow never answers."""

    @wraps(parse)
    def checked(raw: Mapping[str, Any]) -> Made:
        try:
            return parse(raw)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unreachable(
                f"The registry answered JSON that is not MLflow's ({type(error).__name__}: {error}).",
                remedy="check that the registry's uri is the address of an MLflow server.",
            ) from error

    return checked


def fold_pair(raw: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever it is, as it came
    """A tag or a parameter, told as ``{"key": .., "value": ..}``, as a pair: hundreds of thousands come in one answer,
    of few different keys. Any other object stays as it is.
    """
    if len(raw) > 2 or "key" not in raw:
        return raw
    key, value = raw["key"], raw.get("value", "")
    known = isinstance(key, str) and isinstance(value, str) and (len(raw) == 1 or "value" in raw)
    return (sys.intern(key), sys.intern(value)) if known else raw


@dataclass(frozen=True, slots=True)
class Listed:
    """A registered model and the highest version number that its row in a listing tells (0: no version)."""

    model: RegisteredModel
    latest: int


@_of_mlflow
def listed(raw: Mapping[str, Any]) -> Listed:
    """A row of a model listing."""
    latest = max((int(version["version"]) for version in raw.get("latest_versions", ())), default=0)
    return Listed(registered_model(raw), latest)


@_of_mlflow
def registered_model(raw: Mapping[str, Any]) -> RegisteredModel:
    """``registered_model`` of an answer, without versions."""
    return RegisteredModel(
        name=raw["name"],
        created_ms=int(raw["creation_timestamp"]),
        updated_ms=int(raw.get("last_updated_timestamp") or raw["creation_timestamp"]),
        description=raw.get("description", ""),
        tags=_pairs(raw.get("tags", ())),
        aliases={alias["alias"]: str(alias["version"]) for alias in raw.get("aliases", ())},
    )


@_of_mlflow
def model_version(raw: Mapping[str, Any]) -> ModelVersion:
    """``model_version`` of an answer; its aliases are there in a read of one version, never in a listing."""
    return ModelVersion(
        name=raw["name"],
        version=str(raw["version"]),
        created_ms=int(raw["creation_timestamp"]),
        updated_ms=int(raw.get("last_updated_timestamp") or raw["creation_timestamp"]),
        description=raw.get("description", ""),
        source=raw.get("source", ""),
        run_id=raw.get("run_id", ""),
        status=raw.get("status", "READY"),
        stage=raw.get("current_stage", "None"),
        tags=_pairs(raw.get("tags", ())),
        aliases=tuple(sorted(raw.get("aliases", ()))),
        model_id=raw.get("model_id") or _logged_model(raw.get("source", "")),
    )


def _logged_model(source: str) -> str:
    """The logged model that a source names: ``models:/m-1234``, told apart from a version or an alias of a model."""
    found = _LOGGED_MODEL.fullmatch(source)
    return found[1] if found is not None else ""


@_of_mlflow
def run_data(raw: Mapping[str, Any]) -> RunData:
    """``run`` of an answer: the last value of each metric, datasets by name."""
    info, data = raw["info"], raw.get("data", {})
    datasets = (entry["dataset"]["name"] for entry in raw.get("inputs", {}).get("dataset_inputs", ()))
    return RunData(
        run_id=info["run_id"],
        status=info.get("status", "RUNNING"),
        params=_pairs(data.get("params", ())),
        metrics={metric["key"]: float(metric["value"]) for metric in data.get("metrics", ())},
        tags=_pairs(data.get("tags", ())),
        datasets=tuple(sorted(set(datasets))),
    )


def _pairs(raw: Iterable[Any]) -> dict[str, str]:
    pairs = list(raw)
    if not all(isinstance(pair, tuple) for pair in pairs):
        raise TypeError("a tag or a parameter without a key")
    return dict(pairs)
