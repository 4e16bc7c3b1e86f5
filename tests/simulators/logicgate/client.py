"""A bare client of the API, for the simulator's own tests: one method for each endpoint, nothing made up."""

from __future__ import annotations

from typing import Any

import requests

from tests.simulators.logicgate.server import LogicGate


class Client:
    """Bears the connector's live token unless given another; ``kind`` is the tenant's word for a workflow."""

    def __init__(self, simulator: LogicGate, token: str = "") -> None:
        self.simulator, self._token = simulator, token

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any request."""
        headers = {"Authorization": f"Bearer {self._token or self.simulator.token}"}
        return requests.request(method, self.simulator.url + path, headers=headers, timeout=10, **options)

    def page(self, kind: str, **query: Any) -> Any:
        """A page of records."""
        workflow = self.simulator.store.application.by_kind(kind)
        params = {"workflow-id": workflow.id, **{name.replace("_", "-"): value for name, value in query.items()}}
        return self.send("GET", "/api/v2/records", params=params).json()

    def ids(self, kind: str, **query: Any) -> list[str]:
        """The ids on a page."""
        return [one["id"] for one in self.page(kind, **query)["content"]]

    def record(self, record_id: str) -> Any:
        """A record by the newer API."""
        return self.send("GET", f"/api/v2/records/{record_id}").json()

    def fields(self, record_id: str) -> dict[str, Any]:
        """The values of a record's fields by name."""
        return {one["name"]: one["values"] for one in self.record(record_id)["fields"]}

    def create(self, kind: str, fields: dict[str, list[Any]], **body: Any) -> requests.Response:
        """Create by the older API; fields by name."""
        workflow = self.simulator.store.application.by_kind(kind)
        return self.send(
            "POST",
            "/api/v1/records/steps",
            json={"stepId": workflow.origin.id, "fields": self.sent(kind, fields), **body},
        )

    def patch(self, kind: str, record_id: str, fields: dict[str, list[Any]]) -> requests.Response:
        """Change by the older API."""
        return self.send("PATCH", f"/api/v1/records/{record_id}", json=self.sent(kind, fields))

    def sent(self, kind: str, fields: dict[str, list[Any]]) -> list[dict[str, Any]]:
        """Fields as a write carries them; one that the workflow has not goes by its name."""
        known = self.simulator.store.application.by_kind(kind).fields
        return [
            {"fieldId": known[name].id if name in known else name, "values": values} for name, values in fields.items()
        ]
