"""Requests as they went out, kept in a file, so that a bare loop can send the same ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

_READING = ("GET", "HEAD")
_SEARCHES = "/search"
"""MLflow's searches are sent by POST."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request. ``made`` is the id in its answer, where that is a new record of the GRC."""

    method: str
    url: str
    body: str | None
    headers: dict[str, str]
    made: str | None = None

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method not in _READING and not self.url.partition("?")[0].endswith(_SEARCHES)

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.split("/")[2]

    @property
    def is_point_read(self) -> bool:
        """Whether it reads a single object: an idle cycle has none."""
        path = self.url.partition("?")[0]
        return not self.is_write and (
            path.endswith("/get") or path.rpartition("/")[2].isupper() or "external_key=" in self.url
        )

    @property
    def model(self) -> str:
        """The registered model that a write is about."""
        body: dict[str, Any] = json.loads(self.body) if self.body else {}
        return str(body.get("registry_name") or body.get("name") or self.url)


def load(path: Path) -> list[Sent]:
    """Read what :func:`recording` wrote."""
    return [Sent(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def recording(path: Path | None) -> Iterator[None]:
    """Keep every request of this process that goes through the ``requests`` library."""
    if path is None:
        yield
        return
    usual, lock = requests.Session.send, threading.Lock()
    with path.open("w", encoding="utf-8") as file:

        def send(self: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:  # noqa: ANN401
            answer = usual(self, request, **how)
            line = json.dumps(asdict(_sent(request, answer)))
            with lock:
                file.write(line + "\n")
            return answer

        requests.Session.send = send  # type: ignore[method-assign]
        try:
            yield
        finally:
            requests.Session.send = usual  # type: ignore[method-assign]


def _sent(request: requests.PreparedRequest, answer: requests.Response) -> Sent:
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    made = answer.json().get("id") if request.method == "POST" and answer.status_code == 201 else None
    headers = {name: str(value) for name, value in request.headers.items() if name.lower() != "content-length"}
    return Sent(request.method or "", request.url or "", body, headers, made)
