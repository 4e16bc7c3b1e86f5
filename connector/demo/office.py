"""The mock GRC as the demo bank's people use it: they act under their own names, and what is told of the records is
read over its REST API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import requests

from connector.demo.events import Person
from connector.mock import MockGrc, Role, User

_PAGE = 500
_TIMEOUT = 30.0
_ROLES = {
    "model risk officer": Role.RISK_OFFICER,
    "independent validator": Role.VALIDATOR,
    "model owner": Role.MODEL_OWNER,
    "data scientist": Role.DEVELOPER,
    "ML engineer": Role.DEVELOPER,
}
_FIELDS = {"risk_classification": "tier", "due": "due_date"}
"""Fields that the mock names otherwise than the inventory does."""
_LABELS: Mapping[str, Mapping[str, str]] = {
    "tier": {"critical": "1 - Critical", "high": "2 - High", "medium": "3 - Medium", "low": "4 - Low"},
    "lifecycle_status": {"in_use": "In Use", "in_review": "In Review"},
    "severity": {"critical": "Critical", "high": "High", "medium": "Moderate", "low": "Low"},
    "approval_status": {
        "not_submitted": "Not Submitted",
        "pending": "Pending Approval",
        "approved": "Approved",
        "conditional": "Approved with Conditions",
        "provisional": "Provisional Use",
        "rejected": "Rejected",
    },
}
"""The mock's word for each value that the story uses."""
_NAMES = {native: name for name, native in _FIELDS.items()}
_WORDS = {field: {label: word for word, label in labels.items()} for field, labels in _LABELS.items()}


def users(people: Iterable[Person]) -> tuple[User, ...]:
    """The people as users of the mock GRC, with the rights of their roles."""
    return tuple(User(person.email, person.name, _ROLES[person.role]) for person in people)


class MockOffice:
    """Works in ``grc``, which has to be running. Values are canonical; the mock's own words stay in this module."""

    def __init__(self, grc: MockGrc) -> None:
        self._grc = grc
        self._session = requests.Session()
        self._session.trust_env = False

    def models(self) -> Mapping[str, Mapping[str, Any]]:
        """Every model record by the registered model's name."""
        return {str(row["registry_name"]): _canonical(row) for row in self._rows("models")}

    def versions(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """Every version record by model name and version."""
        return {(str(row["registry_name"]), str(row["version"])): _canonical(row) for row in self._rows("versions")}

    def edit(self, who: Person, name: str, values: Mapping[str, Any], version: str | None = None) -> None:
        """Change fields of a record."""
        self._grc.as_user(who.email).patch(self._id(name, version), **_native(values))

    def decide(self, who: Person, name: str, version: str, status: str, **values: Any) -> None:  # noqa: ANN401
        """Decide on a version's approval; ``values``: ``approval_expiry``, ``conditions``, ``comment``."""
        details = dict(values)
        if "approval_expiry" in details:
            details["expiry"] = details.pop("approval_expiry")
        self._grc.as_user(who.email).decide(self._id(name, version), status, **details)

    def raise_issue(self, who: Person, name: str, **values: Any) -> str:  # noqa: ANN401
        """Open an issue on a model; ``version`` narrows it to one. Returns its number."""
        version = values.pop("version", None)
        fields = _native(values) | {"model": self._id(name)}
        if version is not None:
            fields["version"] = self._id(name, version)
        return str(self._grc.as_user(who.email).raise_issue(**fields)["number"])

    def close_issue(self, who: Person, number: str) -> None:
        """Close an issue."""
        self._grc.as_user(who.email).close_issue(self._issue_id(number))

    def comments(self, number: str) -> Sequence[str]:
        """The comments of an issue, oldest first."""
        return [str(comment["text"]) for comment in self._rows(f"issues/{self._issue_id(number)}/comments")]

    def close(self) -> None:
        """Release the connection."""
        self._session.close()

    def _id(self, name: str, version: str | None = None) -> str:
        record = self.models()[name] if version is None else self.versions()[name, version]
        return str(record["id"])

    def _issue_id(self, number: str) -> str:
        return next(str(row["id"]) for row in self._rows("issues") if row["number"] == number)

    def _rows(self, path: str) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._grc.token}"}
        url = f"{self._grc.url}/api/v1/{path}?limit={_PAGE}"
        response = self._session.get(url, headers=headers, timeout=_TIMEOUT)
        response.raise_for_status()
        body = response.json()
        rows: list[dict[str, Any]] = body["items"]
        if body["total"] != len(rows):
            raise RuntimeError(f"the mock GRC has {body['total']} {path}, more than one page")
        return rows


def _native(values: Mapping[str, Any]) -> dict[str, Any]:
    native = {}
    for name, value in values.items():
        field = _FIELDS.get(name, name)
        native[field] = _LABELS.get(field, {}).get(value, value) if isinstance(value, str) else value
    return native


def _canonical(row: Mapping[str, Any]) -> dict[str, Any]:
    return {_NAMES.get(field, field): _word(field, value) for field, value in row.items()}


def _word(field: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    return _WORDS.get(field, {}).get(value, value) if isinstance(value, str) else value
