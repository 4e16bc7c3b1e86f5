"""An MLflow that answers as scripted, to show the connector what a real one shows rarely. No socket is opened."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses
from requests import PreparedRequest

from adapters.httpclient import HttpSettings
from connector.registry.rest import MlflowRegistry

URI = "http://mlflow.test"
PREFIX = f"{URI}/api/2.0/mlflow/"
PATIENCE = HttpSettings.model_validate({"retry": {"max_attempts": 2, "wait_seconds": 0, "max_wait_seconds": 0}})

Answer = tuple[int, Any]
"""Status and body: JSON data, or text."""


def registry() -> MlflowRegistry:
    return MlflowRegistry(URI, http=PATIENCE)


def model_row(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "creation_timestamp": 1, "last_updated_timestamp": 1, **more}


def version_row(name: str, version: int, **more: Any) -> dict[str, Any]:
    return {**model_row(name), "version": str(version), "source": "s3://bucket/x", **more}


def error(code: str, message: str = "no") -> dict[str, str]:
    return {"error_code": code, "message": message}


class ScriptedMlflow:
    """Serves two searches from pages and single models by name, and records every request as (method, path, query)
    and its time-out in seconds.

    A page is an answer, or rows: then it has a token when another page follows. Prompt-filtered searches are empty.
    """

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.models: list[list[Any] | Answer] = [[]]
        self.versions: list[list[Any] | Answer] = [[]]
        self.single: dict[str, Answer] = {}
        self.seen: list[tuple[str, str, Mapping[str, Any]]] = []
        self.timeouts: list[float] = []
        self._serve(mock, "registered-models/search", lambda q: self._page(q, self.models, "registered_models"))
        self._serve(mock, "model-versions/search", lambda q: self._page(q, self.versions, "model_versions"))
        self._serve(mock, "registered-models/get", self._single)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.seen]

    def _single(self, query: Mapping[str, str]) -> Answer:
        return self.single.get(query["name"], (404, error("RESOURCE_DOES_NOT_EXIST")))

    @staticmethod
    def _page(query: Mapping[str, str], pages: list[list[Any] | Answer], member: str) -> Answer:
        if "filter" in query:
            return 200, {}
        number = int(query.get("page_token", "0"))
        page = pages[number]
        if isinstance(page, tuple):
            return page
        more = {"next_page_token": str(number + 1)} if number + 1 < len(pages) else {}
        return 200, {member: page, **more} if page else more

    def _serve(self, mock: responses.RequestsMock, path: str, answer: Callable[[Mapping[str, str]], Answer]) -> None:
        def reply(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
            query = {key: values[0] for key, values in parse_qs(urlsplit(str(request.url)).query).items()}
            self.timeouts.append(request.req_kwargs["timeout"])  # type: ignore[attr-defined]
            self.seen.append((str(request.method), path, query))
            status, body = answer(query)
            if isinstance(body, str):
                return status, {"Content-Type": "text/html"}, body
            return status, {"Content-Type": "application/json"}, json.dumps(body)

        mock.add_callback(responses.GET, PREFIX + path, reply)
