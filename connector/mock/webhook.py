"""The mock GRC tells somebody of each change, as platforms do: a POST per change, in the order of the changes."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field

import requests

from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from connector.mock.store import Change

HEADER = "X-Webhook-Secret"
"""Holds the shared secret."""
_KINDS = {MODELS: "model", VERSIONS: "version", ISSUES: "issue"}
_TIMEOUT = 10.0


@dataclass
class Webhook:
    """Posts ``{"record": {"id": ..}, "action": ..}`` to ``url`` with ``/model``, ``/version`` or ``/issue`` behind it,
    by the kind of record. What cannot be delivered is dropped, as many platforms do. A context manager.
    """

    url: str
    secret: str
    delivered: int = 0
    """How many were answered with a 2xx."""
    _waiting: queue.SimpleQueue[Change | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None

    def tell(self, change: Change) -> None:
        """Take note of a change of a record; delivered soon."""
        if change.kind in _KINDS:
            self._waiting.put(change)

    def start(self) -> None:
        """Deliver from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mock-webhook", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End once everything was tried."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (change := self._waiting.get()) is not None:
                self._deliver(session, change)

    def _deliver(self, session: requests.Session, change: Change) -> None:
        body = {"record": {"id": change.record}, "action": change.action, "by": change.user}
        try:
            answer = session.post(
                f"{self.url}/{_KINDS[change.kind]}", json=body, headers={HEADER: self.secret}, timeout=_TIMEOUT
            )
        except requests.RequestException:
            return
        self.delivered += answer.ok
