"""A desk in front of a simulated instance: signed-in requests in short words, for the simulator's own tests."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import requests

from tests.simulators.servicenow.server import ServiceNow
from tests.simulators.servicenow.tenant import MODELS

JSON = {"Accept": "application/json"}


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, 0, 0, 700_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """``api`` makes requests without a cookie jar, as the connector by default; every answer is a ``Response``."""

    def __init__(self, simulator: ServiceNow) -> None:
        self.simulator = simulator
        self.token = self.sign_in().json()["access_token"]

    def sign_in(self, **form: str) -> requests.Response:
        """Ask for a token, by client credentials unless ``form`` says otherwise."""
        owned = {"client_id": self.simulator.client_id, "client_secret": self.simulator.client_secret}
        body = {"grant_type": "client_credentials", **owned, **form}
        return requests.post(f"{self.simulator.url}/oauth_token.do", data=body, timeout=10)

    def api(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """A request below ``/api/now``, with JSON headers and the token."""
        headers = {**JSON, "Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        address = f"{self.simulator.url}/api/now/{path}"
        return requests.request(method, address, json=body, headers=headers, timeout=10, **more)

    def page(self, table: str, query: str = "", **params: Any) -> requests.Response:
        """A page of a listing; ``fields`` stands for ``sysparm_fields`` and so on."""
        named = {f"sysparm_{name}": value for name, value in params.items()}
        return self.api("GET", f"table/{table}", params={"sysparm_query": query, **named})

    def names(self, query: str, **params: Any) -> list[str]:
        """The registry names of the models that a query finds."""
        return [row["u_registry_name"] for row in rows(self.page(MODELS, query, **params))]

    def make(self, table: str = MODELS, **values: Any) -> dict[str, Any]:
        """A new row, in value mode."""
        answer = self.api("POST", f"table/{table}", values)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["result"])

    def batch(self, *items: tuple[str, str, Any], **more: Any) -> requests.Response:
        """Items of (method, address below ``/api/now``, body), numbered from 0."""
        wanted = [
            {
                "id": str(number),
                "method": method,
                "url": f"/api/now/{path}",
                "headers": [{"name": "Accept", "value": "application/json"}]
                + ([{"name": "Content-Type", "value": "application/json"}] if body is not None else []),
                **({"body": base64.b64encode(json.dumps(body).encode()).decode()} if body is not None else {}),
                **more,
            }
            for number, (method, path, body) in enumerate(items)
        ]
        return self.api("POST", "v1/batch", {"batch_request_id": "1", "rest_requests": wanted})


def rows(answer: requests.Response) -> list[dict[str, Any]]:
    """The rows of a listing."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["result"]
    return found


def refused(answer: requests.Response) -> tuple[int, str, str | None]:
    """Status, message and detail of a refusal."""
    body = answer.json()
    assert body["status"] == "failure"
    return answer.status_code, body["error"]["message"], body["error"]["detail"]


def served(answer: requests.Response) -> dict[str, tuple[int, Any]]:
    """The answers of a batch: status and body by the item's id."""
    assert answer.status_code == 200, answer.text
    found = {}
    for item in answer.json()["serviced_requests"]:
        text = base64.b64decode(item["body"])
        found[item["id"]] = item["status_code"], json.loads(text) if text else None
    return found
