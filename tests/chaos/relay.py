"""An address that stays, for webhooks that are registered once, before daemons that come and go."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

_KEPT = ("content-type", "x-mlflow-signature", "x-mlflow-delivery-id", "x-mlflow-timestamp")


@dataclass
class Relay:
    """Hands on to ``to`` what is posted to ``url``; what nobody takes there is lost, as with a daemon that is down."""

    url: str
    to: str = ""
    answers: Counter[int] = field(default_factory=Counter)
    """How often each status was the answer."""

    def hand_on(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        try:
            answer = requests.post(f"{self.to}{path}", data=body, headers=headers, timeout=2)
        except requests.RequestException:
            return 502
        return answer.status_code


@contextmanager
def relay() -> Iterator[Relay]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = made.hand_on(self.path, body, {name: self.headers[name] for name in _KEPT if name in self.headers})
            made.answers[status] += 1
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Relay(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
