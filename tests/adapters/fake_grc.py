"""A small REST server with every habit that the adapter has to cope with, switched on by attribute."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

TOKEN = "good-token-4711"


class FakeGrc:
    """``things`` by id; ``comments`` by issue id. Attributes are the server's habits."""

    def __init__(self):
        self.things = {}
        self.comments = {}
        self.lock = threading.RLock()
        self.serial = 0
        self.cap = 4
        self.show_total = True
        self.ignore_filters = False
        self.ignore_paging = False
        self.wrap_single = None
        self.empty_create = False
        self.put_clears = False
        self.fail_page = None
        self.lose_next = False
        self.log = []
        handler = type("Bound", (_Handler,), {"grc": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def add(self, values):
        with self.lock:
            self.serial += 1
            thing_id = f"T/{self.serial}"
            self.things[thing_id] = {"id": thing_id, "text": None, "other": None, "key": None}
            self.edit(thing_id, values)
            return thing_id

    def edit(self, thing_id, values):
        with self.lock:
            thing = self.things[thing_id]
            for name, value in values.items():
                thing[name] = value.title() if name == "titled" and value else value
            self.serial += 1
            thing |= {"rev": self.serial, "changed": f"2026-01-01T00:{self.serial // 60:02}:{self.serial % 60:02}Z"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    grc = None

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._serve()

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.grc.log.append((self.command, parts.path, query, body, dict(self.headers)))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, {"message": "who are you?"})
        segments = [unquote(part) for part in parts.path.split("/")[2:]]
        with self.grc.lock:
            self._route(segments, query, body)
        return None

    def _route(self, segments, query, body):
        match self.command, segments:
            case "GET", ["things"]:
                self._list(query)
            case "POST", ["things"]:
                self._create(body)
            case "GET", ["things", thing_id]:
                self._one(thing_id)
            case (("PATCH" | "PUT"), ["things", thing_id]):
                self._update(thing_id, body)
            case "GET", ["issues", issue_id, "comments"]:
                self._send(200, self.grc.comments[issue_id])
            case "POST", ["issues", issue_id, "comments"]:
                comments = self.grc.comments[issue_id]
                comments.append(
                    {"id": len(comments) + 1, "text": body["text"], "author": "svc", "at": str(len(comments))}
                )
                self._written(201, comments[-1])
            case "GET", ["issues"]:
                self._send(200, {"items": [{"id": issue_id} for issue_id in self.grc.comments]})
            case "GET", ["me"]:
                self._send(200, {"user": "svc"})
            case _:
                self._send(404, {"message": "no such path"})

    def _one(self, thing_id):
        thing = self.grc.things.get(thing_id)
        self._send(200, {"thing": thing} if self.grc.wrap_single else thing) if thing else self._send(404, {})

    def _create(self, body):
        if body.get("text") == "REFUSED":
            return self._send(422, {"text": ["is not allowed"]})
        thing_id = self.grc.add(body)
        if self.grc.empty_create:
            return self._written(201, None, {"Location": f"/api/things/{quote(thing_id, safe='')}"})
        return self._written(201, self.grc.things[thing_id])

    def _update(self, thing_id, body):
        thing = self.grc.things.get(thing_id)
        if thing is None:
            return self._send(404, {"message": "gone"})
        if self.headers.get("If-Match") not in (None, f'"{thing["rev"]}"'):
            return self._send(412, {"message": "stale"})
        if self.grc.put_clears:
            body = {"text": None, "other": None, "key": None, **body}
        self.grc.edit(thing_id, body)
        return self._written(204, None)

    def _list(self, query):
        rows = [dict(thing) for thing in self.grc.things.values()]
        if not self.grc.ignore_filters:
            rows = [row for row in rows if "key" not in query or row["key"] == query["key"]]
            rows = [row for row in rows if row["changed"] >= query.get("since", "")]
        size = min(int(query.get("limit", self.grc.cap)), self.grc.cap)
        start = int(query.get("offset", query.get("cursor", (int(query.get("page", 1)) - 1) * size)))
        if self.grc.ignore_paging:
            start, size = 0, len(rows)
        if self.grc.fail_page is not None and start > 0:
            return self._send(self.grc.fail_page, {"message": "broken"})
        answer = {"items": rows[start : start + size], "total": len(rows) if self.grc.show_total else None}
        headers = {}
        if start + size < len(rows):
            kept = "".join(f"&{name}={quote(query[name])}" for name in ("key", "since", "limit") if name in query)
            link = f"/api/things?offset={start + size}{kept}"
            answer |= {"cursor": start + size, "next": link}
            headers["Link"] = f'<{link}>; rel="next"'
        return self._send(200, answer, headers)

    def _written(self, status, data, headers=None):
        if self.grc.lose_next:
            self.grc.lose_next = False
            self.close_connection = True
            return
        self._send(status, data, headers)

    def _send(self, status, data, headers=None):
        body = b"" if data is None else json.dumps(data).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
