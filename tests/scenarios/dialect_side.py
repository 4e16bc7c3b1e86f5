"""The mock in a dialect that is as unlike its own as one server can be: no story may know which of the two it meets.

A login for a session, cursors instead of offsets, wrapped bodies, PUT, a Location or nothing in place of a record, most
fields below ``custom``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from connector.mock.users import CONNECTOR
from tests.scenarios.grc import Access, Mapped
from tests.scenarios.mock_side import MockSide

_PLAIN = {"external_key", "connector_instance", "registry_name", "registry_created", "version", "model"}
"""What does not stand below ``custom``."""


class DialectSide(MockSide):
    """Spoken to by the declarative adapter, by another mapping."""

    name: ClassVar[str] = "dialect"
    dialect: ClassVar[tuple[str, ...]] = (
        "session",
        "refuses-406",
        "data-items",
        "wrapped",
        "created-location",
        "updated-204",
        "put",
        "custom-fields",
        "cursors",
    )

    def access(self, directory: Path) -> Access:
        password = directory / "password"
        password.write_text(self._mock.token, encoding="utf-8")
        login = {
            "type": "session",
            "login_path": "/api/v1/login",
            "body": {"credentials.user": CONNECTOR.email, "credentials.password": {"file": str(password)}},
            "token": "data.session.token",
            "expires_in": "data.session.expires_in",
            "header": "X-Session",
            "template": "{token}",
        }
        return Access(self.url, login)

    def adjust(self, mapping: dict[str, Any], wanted: Mapped) -> None:
        http = mapping["http"]
        http["errors"] = [{"status": [406], "action": "refresh_token"}]
        for kind, resource in http["resources"].items():
            pages = {"type": "cursor", "cursor": "data.next_cursor", "page_size": wanted.page_size}
            resource["list"] |= {"records": "data.items", "total": "data.total", "pagination": pages}
            resource["get"]["record"] = kind
            resource["find"]["records"] = "data.items"
            resource["create"] |= {"wrapper": kind, "read_back": True}
            resource["update"] |= {"method": "PUT", "wrapper": kind, "read_back": True}
        comments = http["resources"]["issue"]["comments"]
        comments["list"] |= {"records": "data.items"}
        comments["create"]["wrapper"] = "comment"
        for kind in {"model", "version"} & http["resources"].keys():
            places = {column: f"custom.{column}" for column in _columns(mapping["entities"][kind]) - _PLAIN}
            http["resources"][kind]["fields"] = {name: {"read": at, "write": at} for name, at in places.items()}


def _columns(entity: dict[str, Any]) -> set[str]:
    """The names that an entity's fields have on the platform."""
    named = [where for part in ("identity", "fields", "version_fields") for where in entity.get(part, {}).values()]
    return {where["field"] if isinstance(where, dict) else where for where in named}
