"""A state with something of everything in it, and a server on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from connector.config.config import Config, load_config
from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind
from connector.model.state import AuditEntry, ConflictCase, QuarantineCase, Run, RunStatus, Tally
from connector.model.views import Issue, ObjectRef
from connector.plan.codec import operation_json
from connector.server.service import Service
from connector.state import SqliteStore, Withheld
from connector.state.times import stamp
from tests.mock.web.html import Form, Node, form_of, parse

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOKENS = {"Maria Silva": "maria-token-0123456789", "Omar Haddad": "omar-token-9876543210"}
CONFIG = """\
instance: 1a2b3c4d-0000-4000-8000-00000000000a
registries:
  main: {uri: "http://127.0.0.1:9", id: 6f1f1f5e-0000-4000-8000-000000000001}
connections:
  bank: {registry: main, adapter: http, url: "http://127.0.0.1:9", mapping: mock}
state: {path: state.db}
schedule: {interval: 5m, jitter: 0s}
"""
PEOPLE = """
  people:
    Maria Silva: {env: MARIA_TOKEN}
    Omar Haddad: {env: OMAR_TOKEN}
"""
NASTY = "<script>alert(1)</script>\u202e\x07 'quoted' \"twice\" {{7*7}}"


def settings(text: str = "", *, people: bool = True) -> str:
    """The configuration's server section."""
    return f"server:\n  listen: 127.0.0.1:0\n{text}{PEOPLE if people else ''}"


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def configured(directory: Path, server: str) -> Config:
    """The configuration with this server section."""
    path = directory / "mlflow-grc.yaml"
    path.write_text(CONFIG + server, encoding="utf-8")
    return load_config(path)


def ref(name: str, version: str | None = None) -> ObjectRef:
    entity = Entity.VERSION if version else Entity.MODEL
    return ObjectRef(entity, f"mlflow:r/{name}@1" + (f"#{version}" if version else ""), name, version)


def conflict(name: str = "credit", field: str = "purpose") -> ConflictCase:
    return ConflictCase(
        ref(name), field, "as MLflow says", "as the GRC says", "before", "before", "both sides changed it"
    )


def operation(name: str) -> Operation:
    change = FieldChange("lifecycle_status", "active", "retired", "the model is gone")
    return Operation(
        OperationKind.RETIRE_RECORD, Side.GRC, ref(name), (change,), "rec-1", FuseClass.RETIRE, f"{name} was deleted"
    )


def run(store: SqliteStore, at: datetime, *, status: RunStatus = RunStatus.APPLIED, **counts: int) -> Run:
    """A run that began then and took ten seconds."""
    begun = store.start_run("bank", at)
    ended = replace(begun, ended=stamp(at + timedelta(seconds=10)), status=status, counts=counts)
    store.end_run(ended)
    return ended


def record(store: SqliteStore, write: Callable[[Any], None], at: datetime = NOW) -> None:
    """Record something, as a cycle would."""
    lease = store.acquire_lease("bank", "host-1:77:5:ns", at, 60)
    with store.recording(lease, at) as recorder:
        write(recorder)
    store.release_lease(lease)


def fill(store: SqliteStore) -> Run:
    """A run with entries, a conflict, a quarantine, two withheld retirements, issues and a count of findings."""
    done = run(store, NOW - timedelta(minutes=2), operations=2, fields=3, update_record=2, withheld=2)
    issues = [Issue("1", "FND-1", "Gap", "high", "open"), Issue("2", "FND-2", "Old", "low", "closed")]
    issues.append(Issue("3", "FND-3", "Odd", None, "open"))

    def write(recorder: Any) -> None:
        recorder.set_conflicts([conflict(), conflict("fraud", NASTY[:60])])
        recorder.set_quarantines([QuarantineCase(ref("aml", "2"), "", f"the GRC refused it: {NASTY}", "correct it")])
        held = [operation("old-1"), operation("old-2")]
        recorder.put_withheld([Withheld(each.digest, operation_json(each)) for each in held])
        recorder.put_issues(issues)
        entry = AuditEntry(
            stamp(NOW),
            done.id,
            "bank",
            "update_record",
            Side.GRC,
            ref("credit"),
            "purpose",
            "before",
            NASTY,
            "grc owns it",
        )
        for number in range(120):
            recorder.append_audit(replace(entry, field=f"field_{number}"))

    record(store, write)
    store.put_tally("bank", Tally(stamp(NOW), 12, {"critical": 1, "low": 3}, {"C01": 1, "C20": 3}))
    return done


def service(directory: Path, store: SqliteStore, server: str, clock: Callable[[], datetime], **more: Any) -> Service:
    config = configured(directory, server)
    assert config.settings.server is not None
    return Service(config, config.settings.server, store, config.connection_names, clock=clock, **more)


class Visitor:
    """Somebody with a browser that has cookies and no scripts. Paths are below the server's address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept"] = "text/html"

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Origin": self.url} if method == "POST" else {}
        return self.session.request(
            method, self.url + path, timeout=20, headers=headers | options.pop("headers", {}), **options
        )

    def get(self, path: str, status: int = 200) -> Node:
        return self._shown(self.request("GET", path), status)

    def submit(self, form: Form, status: int = 200, headers: dict[str, str] | None = None, **values: str) -> Node:
        """Send a form as it is, with other values in it; after a redirect the page that it leads to."""
        body = {**form.values, **values}
        return self._shown(self.request("POST", form.action, data=body, headers=headers or {}), status)

    def sign_in(self, token: str = TOKENS["Maria Silva"], status: int = 200) -> Node:
        return self.submit(forms(self.get("/sign-in"))[-1], status, token=token)

    def _shown(self, response: requests.Response, status: int) -> Node:
        assert response.status_code == status, f"{response.status_code}: {response.text[:2000]}"
        return parse(response.text)


def forms(page: Node) -> list[Form]:
    """The forms of the page's main part that act."""
    return [form_of(one) for one in page.one("main").all("form") if one.attrs["method"] == "post"]


def note(page: Node) -> str:
    """The message about what was just done."""
    return page.one("div", class_="note").text
