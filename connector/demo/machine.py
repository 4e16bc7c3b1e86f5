"""Tells the story to machines: one JSON document, nothing before the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from connector.demo.events import ActBegan, ActEnded, Began, Ended, Event, Kept, Ready, Reported


class JsonNarrator:
    """Collects every event. The document has ``ok``, ``seconds``, ``failures``, ``files``, ``servers`` (one object a
    part that got ready), ``acts`` (each with ``number``, ``title``, ``seconds``, ``ok`` and its ``events``),
    ``report`` and, when the servers stay up, ``kept``.
    """

    def __init__(self) -> None:
        self._document: dict[str, Any] = {"ok": False, "servers": [], "acts": []}

    def tell(self, event: Event) -> None:
        """Keep one event."""
        body = asdict(event)
        match event:
            case Began():
                self._document["note"] = event.note
            case Ready():
                self._document["servers"].append(body)
            case ActBegan():
                self._document["acts"].append(body | {"events": []})
            case ActEnded():
                self._document["acts"][-1] |= body
            case Reported():
                self._document["report"] = body
            case Ended():
                self._document |= body | {"files": dict(event.files)}
            case Kept():
                self._document["kept"] = body
            case _:
                self._document["acts"][-1]["events"].append({"event": type(event).__name__.lower(), **body})

    @contextmanager
    def working(self, what: str) -> Iterator[None]:  # noqa: ARG002 - machines need no progress
        """Say nothing."""
        yield

    def document(self) -> str:
        """The story so far as JSON text."""
        return json.dumps(self._document, indent=2, ensure_ascii=False)
