"""What people and pipelines do in MLflow, over plain REST: the other hand in the demo and the tests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import requests

_TIMEOUT = 60.0
_EXPERIMENT = "models"


class AuthorError(Exception):
    """MLflow refused what the author tried; ``status`` is the HTTP status, ``code`` MLflow's error code."""

    def __init__(self, path: str, status: int, code: str, message: str) -> None:
        super().__init__(f"{path}: {status} {code} {message}")
        self.status, self.code = status, code


class RegistryAuthor:
    """Creates, edits and deletes in the MLflow at ``uri`` as a data scientist would. Raises AuthorError when refused.

    Every method is one request (a run: two to four), sent once. ``version`` is MLflow's version number as text; where
    it may be None, None means the registered model itself.
    """

    def __init__(self, uri: str, *, auth: tuple[str, str] | None = None, workspace: str | None = None) -> None:
        self._base = f"{uri.rstrip('/')}/api/2.0/mlflow/"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = auth
        self._session.headers.update({"X-MLFLOW-WORKSPACE": workspace} if workspace else {})
        self._experiments: dict[str, str] = {}

    def create_model(self, name: str, *, description: str = "", tags: Mapping[str, str] | None = None) -> int:
        """Register a model; its creation time in epoch milliseconds."""
        body = {"name": name, "description": description, "tags": _pairs(tags)}
        return int(self._call("POST", "registered-models/create", body)["registered_model"]["creation_timestamp"])

    def create_version(
        self,
        name: str,
        *,
        source: str = "s3://models/artifacts",
        run_id: str = "",
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Add a version; its number. ``source`` needs a path behind the bucket."""
        body = {"name": name, "source": source, "description": description, "tags": _pairs(tags)}
        if run_id:
            body["run_id"] = run_id
        return str(self._call("POST", "model-versions/create", body)["model_version"]["version"])

    def copy_version(self, name: str, version: str, to: str) -> str:
        """Copy a version onto another (existing) model as ``MlflowClient.copy_model_version`` does: source, run,
        description and **all tags** travel along; aliases do not.
        """
        found = self._call("GET", "model-versions/get", {"name": name, "version": version})["model_version"]
        tags = {tag["key"]: tag.get("value", "") for tag in found.get("tags", ())}
        return self.create_version(
            to,
            source=f"models:/{name}/{version}",
            run_id=found.get("run_id", ""),
            description=found.get("description", ""),
            tags=tags,
        )

    def set_tag(self, name: str, key: str, value: str, version: str | None = None) -> None:
        """Set a tag."""
        kind, body = _target(name, version)
        self._call("POST", f"{kind}/set-tag", {**body, "key": key, "value": value})

    def delete_tag(self, name: str, key: str, version: str | None = None) -> None:
        """Delete a tag; one that is not there is no error."""
        kind, body = _target(name, version)
        self._call("DELETE", f"{kind}/delete-tag", {**body, "key": key})

    def set_description(self, name: str, text: str, version: str | None = None) -> None:
        """Replace a description."""
        kind, body = _target(name, version)
        self._call("PATCH", f"{kind}/update", {**body, "description": text})

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version, moving it if it stood elsewhere."""
        self._call("POST", "registered-models/alias", {"name": name, "alias": alias, "version": version})

    def delete_alias(self, name: str, alias: str) -> None:
        """Delete an alias; one that is not there is no error."""
        self._call("DELETE", "registered-models/alias", {"name": name, "alias": alias})

    def set_stage(self, name: str, version: str, stage: str) -> None:
        """Move a version to a (deprecated) stage: Staging, Production, Archived, None."""
        body = {"name": name, "version": version, "stage": stage, "archive_existing_versions": False}
        self._call("POST", "model-versions/transition-stage", body)

    def rename(self, name: str, new_name: str) -> None:
        """Rename a model: tags, aliases, versions and creation times stay."""
        self._call("POST", "registered-models/rename", {"name": name, "new_name": new_name})

    def delete_model(self, name: str) -> None:
        """Delete a model with all its versions, for good."""
        self._call("DELETE", "registered-models/delete", {"name": name})

    def delete_version(self, name: str, version: str) -> None:
        """Delete a version; its number is not used again."""
        self._call("DELETE", "model-versions/delete", {"name": name, "version": version})

    def log_run(
        self,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        datasets: Iterable[str] = (),
        status: str = "FINISHED",
        experiment: str = _EXPERIMENT,
    ) -> str:
        """Log a run whole; its id. ``status`` RUNNING leaves it open."""
        now = int(time.time() * 1000)
        body = {"experiment_id": self._experiment(experiment), "start_time": now, "tags": _pairs(tags)}
        run_id = str(self._call("POST", "runs/create", body)["run"]["info"]["run_id"])
        self.log_to_run(run_id, params=params, metrics=metrics)
        names = [{"dataset": {"name": n, "digest": "0", "source_type": "s3", "source": "{}"}} for n in datasets]
        if names:
            self._call("POST", "runs/log-inputs", {"run_id": run_id, "datasets": names})
        if status != "RUNNING":
            self._call("POST", "runs/update", {"run_id": run_id, "status": status, "end_time": now})
        return run_id

    def log_to_run(
        self, run_id: str, *, params: Mapping[str, str] | None = None, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Add parameters and metrics to a run."""
        now = int(time.time() * 1000)
        points = [{"key": key, "value": value, "timestamp": now, "step": 0} for key, value in (metrics or {}).items()]
        self._call("POST", "runs/log-batch", {"run_id": run_id, "params": _pairs(params), "metrics": points})

    def delete_run(self, run_id: str) -> None:
        """Put a run into MLflow's bin."""
        self._call("POST", "runs/delete", {"run_id": run_id})

    def close(self) -> None:
        """Release the connection."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _experiment(self, name: str) -> str:
        if name not in self._experiments:
            try:
                answer = self._call("POST", "experiments/create", {"name": name})
            except AuthorError as error:
                if error.code != "RESOURCE_ALREADY_EXISTS":
                    raise
                answer = self._call("GET", "experiments/get-by-name", {"experiment_name": name})["experiment"]
            self._experiments[name] = str(answer["experiment_id"])
        return self._experiments[name]

    def _call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        params, json = (body, None) if method == "GET" else (None, body)
        response = self._session.request(method, self._base + path, params=params, json=json, timeout=_TIMEOUT)
        is_json = response.text.startswith("{")
        answer: dict[str, Any] = response.json() if is_json else {}
        if not response.ok or not is_json:
            raise AuthorError(path, response.status_code, answer.get("error_code", ""), answer.get("message", ""))
        return answer


def _pairs(values: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in (values or {}).items()]


def _target(name: str, version: str | None) -> tuple[str, dict[str, str]]:
    if version is None:
        return "registered-models", {"name": name}
    return "model-versions", {"name": name, "version": version}
