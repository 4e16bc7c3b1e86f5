"""A simulated Cardex: JSON-RPC over HTTP, all in memory. ``python tests/simulator.py`` serves one at port 18099."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "cardex-token"
TIERS = ["Critical", "High", "Medium", "Low"]
STATES = [
    "Proposed",
    "In development",
    "In review",
    "Approved",
    "In use",
    "Restricted",
    "Suspended",
    "Decommissioned",
]


def slot(name: str, title: str, kind: str = "text", length: int | None = None, choices: Any = ()) -> dict[str, Any]:
    return {"name": name, "title": title, "type": kind, "length": length, "choices": list(choices), "locked": False}


DRAWERS = {
    "models": [
        slot("external_key", "External key", length=500),
        slot("connector", "Connector"),
        slot("registered_as", "Registered as"),
        slot("registered_at", "Registered at", "number"),
        slot("about", "About", length=4000),
        slot("purpose", "Purpose", length=4000),
        slot("code", "Code, in capitals"),
        slot("tier", "Tier", "choice", choices=TIERS),
        slot("status", "Status", "choice", choices=STATES),
    ],
    "findings": [
        slot("title", "Title"),
        slot("severity", "Severity", "choice", choices=TIERS),
        slot("state", "State", "choice", choices=["Open", "Closed"]),
        slot("model", "Model", "card"),
    ],
}


class Fault(Exception):
    """An error as Cardex numbers it."""

    def __init__(self, code: int, message: str, where: str | None = None) -> None:
        super().__init__(message)
        self.told = {"code": code, "message": message, "data": {"slot": where}}


class Cardex:
    """The cards, and what may be done with them."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.cards: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.made = 0
        self.busy_after_pages: int | None = None
        self.loses_answers = 0

    def file(self, drawer: str, slots: dict[str, Any], by: str = "connector") -> dict[str, Any]:
        with self.lock:
            kept = self._kept(drawer, slots)
            self.made += 1
            empty = {each["name"]: None for each in DRAWERS[drawer]}
            card = {"no": f"C-{self.made:06}", "drawer": drawer, "stamp": 1, "by": by, "slots": {**empty, **kept}}
            card["changed"] = f"T{self.made:06}"
            self.cards[card["no"]] = card
            return card

    def amend(
        self, drawer: str, no: str, slots: dict[str, Any], stamp: int | None = None, by: str = "connector"
    ) -> Any:
        with self.lock:
            card = self.read(drawer, no)
            if stamp is not None and stamp != card["stamp"]:
                raise Fault(3, f"The card {no} has been amended since.")
            changed = {**card, "by": by, "stamp": card["stamp"] + 1}
            changed["slots"] = {**card["slots"], **self._kept(drawer, slots)}
            self.cards[no] = changed
            return changed

    def read(self, drawer: str, no: str) -> dict[str, Any]:
        card = self.cards.get(no)
        if card is None or card["drawer"] != drawer:
            raise Fault(2, f"There is no card {no}.")
        return card

    def page(self, drawer: str, after: str | None, size: int) -> dict[str, Any]:
        if self.busy_after_pages is not None:
            if self.busy_after_pages == 0:
                raise Fault(5, "Busy.")
            self.busy_after_pages -= 1
        left = [card for card in self._in(drawer) if after is None or card["no"] > after]
        return {"cards": left[:size], "end": len(left) <= size, "last": left[:size][-1]["no"] if left else after}

    def seek(self, drawer: str, slot: str, value: str) -> list[dict[str, Any]]:
        return [card for card in self._in(drawer) if card["slots"].get(slot) == value]

    def note(self, drawer: str, no: str, text: str, by: str = "connector") -> dict[str, Any]:
        with self.lock:
            self.read(drawer, no)
            notes = self.notes.setdefault(no, [])
            notes.append({"no": f"N-{len(notes) + 1}", "text": text, "by": by, "at": f"T{len(notes) + 1:06}"})
            return notes[-1]

    def _in(self, drawer: str) -> list[dict[str, Any]]:
        if drawer not in DRAWERS:
            raise Fault(2, f"There is no drawer {drawer}.")
        return sorted((card for card in self.cards.values() if card["drawer"] == drawer), key=lambda card: card["no"])

    def _kept(self, drawer: str, slots: dict[str, Any]) -> dict[str, Any]:
        known = {each["name"]: each for each in DRAWERS[drawer]}
        for name, value in slots.items():
            if name not in known:
                raise Fault(4, f"There is no slot {name}.", name)
            choices = known[name]["choices"]
            if choices and value is not None and value not in choices:
                raise Fault(4, f"{value} is none of {', '.join(choices)}.", name)
        return {name: value.upper() if name == "code" and value else value for name, value in slots.items()}

    def call(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "whoami":
                return {"account": "connector"}
            case "drawer.list":
                return [{"name": name, "title": name.title()} for name in DRAWERS]
            case "drawer.describe":
                self._in(params["drawer"])
                return DRAWERS[params["drawer"]]
            case "note.list":
                self.read(params["drawer"], params["no"])
                return self.notes.get(params["no"], [])
        known = {
            "card.file": self.file,
            "card.amend": self.amend,
            "card.read": self.read,
            "card.page": self.page,
            "card.seek": self.seek,
            "note.add": self.note,
        }
        if method not in known:
            raise Fault(-32601, f"There is no method {method}.")
        return known[method](**params)


class Simulator:
    """A server over a Cardex. A context manager."""

    def __init__(self, port: int = 0) -> None:
        self.cardex = cardex = Cardex()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                writes = asked["method"] in ("card.file", "card.amend", "note.add")
                answer: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
                try:
                    if self.headers["Authorization"] != f"Bearer {TOKEN}":
                        raise Fault(1, "Who are you?")
                    answer["result"] = cardex.call(asked["method"], asked["params"])
                except Fault as fault:
                    answer["error"] = fault.told
                if writes and cardex.loses_answers:
                    cardex.loses_answers -= 1
                    self.close_connection = True
                    return
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Simulator:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


if __name__ == "__main__":
    with Simulator(18099) as running:
        sys.stdout.write(f"Cardex at {running.url}; export CARDEX_TOKEN={TOKEN}\n")
        sys.stdout.flush()
        threading.Event().wait()
