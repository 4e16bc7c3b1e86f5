"""Reads MLflow for the demo's checks, by plain requests of its own: what the connector believes is no evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

_TIMEOUT = 60.0


class MlflowEyes:
    """Looks at the MLflow at ``url``. Every look is one request; an object that is not there has no tags."""

    def __init__(self, url: str) -> None:
        self._base = f"{url.rstrip('/')}/api/2.0/mlflow/"
        self._session = requests.Session()
        self._session.trust_env = False

    def tags(self, name: str, version: str | None = None) -> Mapping[str, str]:
        """The tags of a version, or of the model where ``version`` is None."""
        if version is None:
            found = self._get("registered-models/get", {"name": name}).get("registered_model", {})
        else:
            found = self._get("model-versions/get", {"name": name, "version": version}).get("model_version", {})
        return {tag["key"]: tag.get("value", "") for tag in found.get("tags", ())}

    def in_production(self) -> Mapping[str, str]:
        """Model to version under the ``production`` alias."""
        models = self._get("registered-models/search", {"max_results": "1000"}).get("registered_models", ())
        aliases = {model["name"]: model.get("aliases", ()) for model in models}
        return {
            name: str(alias["version"])
            for name, listed in sorted(aliases.items())
            for alias in listed
            if alias["alias"] == "production"
        }

    def close(self) -> None:
        """Release the connection."""
        self._session.close()

    def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        response = self._session.get(self._base + path, params=params, timeout=_TIMEOUT)
        if response.status_code == 404:
            return {}
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer
