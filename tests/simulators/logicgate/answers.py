"""A request as the API sees it, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from connector.mock.faults import Fault
from tests.simulators.logicgate.manners import Body
from tests.simulators.logicgate.schema import Account, Permission

_PAGE = "<!doctype html><html><head><title>Risk Cloud</title></head><body>Something went wrong</body></html>"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request of an account; ``query`` holds every value of each name, ``faults`` what bends its data."""

    account: Account
    path: str
    query: Mapping[str, Sequence[str]]
    body: Any
    faults: Sequence[Fault] = field(default_factory=tuple)

    def one(self, name: str) -> str:
        """A query parameter; empty where it is not given."""
        return (self.query.get(name) or [""])[0]

    def must(self, permission: Permission) -> None:
        """Raise Refusal unless the account has the permission."""
        if permission not in self.account.permissions:
            raise Refusal(403, "Access is denied")


class Refusal(Exception):
    """An answer that is no success. ``about``: the shape that names a property is used, with its value."""

    def __init__(self, status: int, message: str, *, about: str = "", value: Any = None) -> None:
        super().__init__(message)
        self.status, self.message, self.about, self.value = status, message, about, value

    def answer(self, body: Body) -> Response:
        """The answer, in one of the shapes that were seen."""
        if body != "json":
            return empty_or_page(self.status, body)
        if self.about:
            return told({"property": self.about, "value": self.value, "message": self.message}, self.status)
        return told({"status": self.status, "message": self.message}, self.status)


def told(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with JSON."""
    body = json.dumps(content, ensure_ascii=False)
    return Response(body, status, media_type="application/json", headers=dict(headers or {}))


def empty_or_page(status: int, body: Body) -> Response:
    """An answer without JSON."""
    return Response(_PAGE, status, media_type="text/html") if body == "html" else Response(b"", status)
