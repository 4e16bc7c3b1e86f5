"""What a first script usually looks like: a loop over models, one read and one write each. To compare with, not to use.

For every object it asks the GRC for the record of that name, sends all its fields there (or creates a record), and sets
the tag with the record's id. It remembers nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.site import CONNECTION, TOKEN
from connector.config.config import Config

if TYPE_CHECKING:
    from mlflow import MlflowClient

_TIERS = {"critical": "1 - Critical", "high": "2 - High", "medium": "3 - Medium", "low": "4 - Low"}
_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class Naive:
    """The script, on one registry and one GRC."""

    client: MlflowClient
    session: requests.Session
    api: str

    @classmethod
    def of(cls, config: Config) -> Naive:
        """On the servers of a configuration."""
        return cls.at(config.registry(CONNECTION).uri, config.connection(CONNECTION).url)

    @classmethod
    def at(cls, mlflow: str, grc: str, token: str = TOKEN) -> Naive:
        """On these servers."""
        from mlflow import MlflowClient  # noqa: PLC0415 - seconds to import

        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        return cls(MlflowClient(mlflow, mlflow), session, f"{grc}/api/v1")

    def run(self) -> None:
        """Once over everything."""
        for model in self._models():
            fields = {
                "registry_name": model.name,
                "description": model.description,
                "purpose": model.tags.get("purpose"),
            }
            tier = _TIERS.get(model.tags.get("risk_classification", ""))
            record = self._write("models", {"registry_name": model.name}, {**fields, "tier": tier})
            self.client.set_registered_model_tag(model.name, "grc_record_id", record["id"])
            for version in self.client.search_model_versions(f"name = '{model.name}'"):
                self._version(version, record["id"])

    def _version(self, version: Any, parent: str) -> None:  # noqa: ANN401 - of MLflow
        named = {"registry_name": version.name, "version": version.version}
        record = self._write("versions", named, {**named, "model": parent, "description": version.description})
        status = record["approval_status"]
        self.client.set_model_version_tag(version.name, version.version, "grc_approval_status", status)

    def _models(self) -> Iterator[Any]:
        token = None
        while token != "":
            page = self.client.search_registered_models(max_results=1000, page_token=token)
            yield from page
            token = page.token or ""

    def _write(self, kind: str, named: dict[str, str], fields: dict[str, Any]) -> dict[str, Any]:
        found = self._call("GET", kind, params=named)["items"]
        if found:
            return self._call("PATCH", f"{kind}/{found[0]['id']}", json=fields)
        return self._call("POST", kind, json=fields)

    def _call(self, method: str, path: str, **how: Any) -> dict[str, Any]:  # noqa: ANN401 - of the library
        answer = self.session.request(method, f"{self.api}/{path}", timeout=_TIMEOUT, **how)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body
