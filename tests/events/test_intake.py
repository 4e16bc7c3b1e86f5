"""Deliveries, proved, become hints; everything else is refused, and says so in the status."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connector.config.config import Config, load_config
from connector.events.intake import Answer, Intake
from connector.model.fields import Entity
from connector.model.hints import Hint
from connector.state import StateUnavailable

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY, FORMER, SHARED = "k" * 32, "f" * 32, "s" * 32
CONFIG = """
    instance: 1a2b3c4d-0000-4000-8000-00000000000a
    registries:
      main: {uri: "http://127.0.0.1:5000", id: 6f1f1f5e-0000-4000-8000-000000000001}
      spaces:
        uri: http://127.0.0.1:5001
        id: 6f1f1f5e-0000-4000-8000-000000000002
        workspaces: [retail, risk]
    connections:
      bank: {registry: main, adapter: http, url: "http://127.0.0.1:1", mapping: generic-rest, scope: {exclude: [x-*]}}
      other: {registry: main, adapter: http, url: "http://127.0.0.1:2", mapping: generic-rest, scope: {include: [x-*]}}
      several: {registry: spaces, adapter: http, url: "http://127.0.0.1:3", mapping: generic-rest}
    events:
      body_limit: 2000
      mlflow:
        main: {secret: {env: EVENTS_KEY}, former_secret: {env: EVENTS_FORMER}}
        spaces: {secret: {env: EVENTS_KEY}}
      grc:
        bank: {secret: {env: EVENTS_SHARED}, header: X-Told, model: record.id, issue: "issues[].id"}
        other:
          secret: {env: EVENTS_KEY}
          proof: hmac
          header: X-Sig
          prefix: "sha256="
          version: id
          issue: "join('-', parts)"
        several:
          {secret: {env: EVENTS_KEY}, proof: hmac, header: X-Sig, encoding: base64, timestamp_header: X-Sent, model: id}
"""


class Left:
    """What was left, for whom."""

    def __init__(self) -> None:
        self.hints: list[tuple[str, Hint]] = []
        self.error: Exception | None = None

    def __call__(self, connection: str, hint: Hint) -> None:
        if self.error is not None:
            raise self.error
        self.hints.append((connection, hint))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    path = Path(tmp_path_factory.mktemp("events")) / "mlflow-grc.yaml"
    path.write_text(textwrap.dedent(CONFIG))
    return load_config(path)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("EVENTS_KEY", KEY), ("EVENTS_FORMER", FORMER), ("EVENTS_SHARED", SHARED)):
        monkeypatch.setenv(name, value)


@pytest.fixture
def left() -> Left:
    return Left()


@pytest.fixture
def intake(config: Config, left: Left) -> Intake:
    return Intake(config, left)


def signed(body: bytes, delivery: str = "d1", sent: int = int(NOW.timestamp()), key: str = KEY) -> dict[str, str]:
    content = f"{delivery}.{sent}.".encode() + body
    digest = base64.b64encode(hmac.new(key.encode(), content, hashlib.sha256).digest()).decode()
    return {
        "x-mlflow-delivery-id": delivery,
        "x-mlflow-timestamp": str(sent),
        "x-mlflow-signature": f"v1,{digest}",
    }


def event(entity: str = "model_version_tag", name: Any = "credit", **more: Any) -> bytes:
    return json.dumps({"entity": entity, "action": "set", "data": {"name": name, "version": "1"}, **more}).encode()


def mac(body: bytes) -> bytes:
    return hmac.new(KEY.encode(), body, hashlib.sha256).digest()


@pytest.mark.parametrize("entity", ["registered_model", "model_version", "model_version_tag", "model_version_alias"])
def test_an_event_of_mlflow_is_a_hint_for_the_connections_whose_model_it_is(intake, left, entity):
    body = event(entity)
    assert intake.mlflow("main", signed(body), body, NOW) == Answer(202, "taken", 1)
    body = event(name="x-1")
    intake.mlflow("main", signed(body, "d2"), body, NOW)
    assert left.hints == [("bank", Hint.of_model("credit")), ("other", Hint.of_model("x-1"))]


def test_a_model_of_a_workspace_goes_by_its_full_name(intake, left):
    for number, workspace in enumerate(("risk", "unserved")):
        body = event(workspace=workspace)
        intake.mlflow("spaces", signed(body, f"d{number}"), body, NOW)
    assert left.hints == [("several", Hint.of_model("risk/credit"))]


def test_what_is_no_model_is_taken_note_of_and_left(intake, left):
    body = event("prompt_version")
    assert intake.mlflow("main", signed(body), body, NOW).status == 200
    assert left.hints == []


def test_the_former_key_is_accepted_as_well(intake, left):
    body = event()
    assert intake.mlflow("main", signed(body, key=FORMER), body, NOW).status == 202


@pytest.mark.parametrize(
    "change",
    [
        {"x-mlflow-signature": ""},
        {"x-mlflow-signature": "v1,AAAA"},
        {"x-mlflow-signature": "v1,é"},
        {"x-mlflow-delivery-id": "d2"},
        {"x-mlflow-delivery-id": ""},
        {"x-mlflow-timestamp": str(int(NOW.timestamp()) + 1)},
    ],
)
def test_a_forged_delivery_is_refused(intake, left, change):
    body = event()
    assert intake.mlflow("main", {**signed(body), **change}, body, NOW).status == 401
    assert intake.mlflow("main", signed(body), body + b" ", NOW).status == 401
    assert intake.mlflow("main", signed(body, key="other key"), body, NOW).status == 401
    assert intake.mlflow("main", {}, body, NOW).status == 401
    assert left.hints == []


@pytest.mark.parametrize("age", [-301, 301])
def test_a_delivery_outside_the_replay_window_is_refused(intake, left, age):
    body = event()
    assert intake.mlflow("main", signed(body, sent=int(NOW.timestamp()) + age), body, NOW).status == 401
    assert left.hints == []


def test_a_delivery_sent_again_is_answered_and_not_taken_again(intake, left):
    body = event()
    assert [intake.mlflow("main", signed(body), body, NOW).status for _ in range(2)] == [202, 200]
    assert len(left.hints) == 1


def test_a_delivery_that_could_not_be_kept_may_come_again(intake, left):
    body = event()
    left.error = StateUnavailable("the disk is full", remedy="free some")
    assert intake.mlflow("main", signed(body), body, NOW) == Answer(503, "not now")
    left.error = None
    assert intake.mlflow("main", signed(body), body, NOW).status == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 1900, 400),
        (b"[]", 422),
        (event(name=None), 422),
        (event(name=["credit"]), 422),
        (event(name=""), 422),
        (event(name="n" * 1001), 422),
        (event(name="n" * 3000), 413),
        (json.dumps({"entity": "model_version", "data": "credit"}).encode(), 422),
    ],
)
def test_a_body_that_tells_nothing_is_refused_for_good(intake, left, body, status):
    assert intake.mlflow("main", signed(body), body, NOW).status == status
    assert left.hints == []


def test_what_is_not_configured_is_not_there(intake):
    body = event()
    assert intake.mlflow("none", signed(body), body, NOW).status == 404
    for connection, kind in (("none", "model"), ("bank", "version"), ("bank", "user"), ("bank", "secret")):
        assert intake.grc(connection, kind, {"x-told": SHARED}, b"{}", NOW).status == 404


def test_a_shared_secret_proves_a_grc(intake, left):
    body = json.dumps({"record": {"id": 17}, "issues": [{"id": "I1"}, {"id": "I2"}, {"id": "I1"}]}).encode()
    assert intake.grc("bank", "model", {"x-told": SHARED}, body, NOW) == Answer(202, "taken", 1)
    assert intake.grc("bank", "issue", {"x-told": SHARED}, body, NOW) == Answer(202, "taken", 2)
    wanted = [Hint.of_record(Entity.MODEL, "17"), *(Hint.of_record(Entity.ISSUE, each) for each in ("I1", "I2"))]
    assert left.hints == [("bank", each) for each in wanted]
    for wrong in ({}, {"x-told": ""}, {"x-told": SHARED[:-1]}, {"x-told": "é"}, {"x-webhook-secret": SHARED}):
        assert intake.grc("bank", "model", wrong, body, NOW).status == 401


def test_a_signature_proves_a_grc(intake, left):
    body = b'{"id": "V1"}'
    assert intake.grc("other", "version", {"x-sig": "sha256=" + mac(body).hex()}, body, NOW).status == 202
    for wrong in (mac(body).hex(), "sha256=" + mac(body + b" ").hex(), "sha256=", KEY):
        assert intake.grc("other", "version", {"x-sig": wrong}, body, NOW).status == 401
    assert left.hints == [("other", Hint.of_record(Entity.VERSION, "V1"))]


def test_a_signature_over_the_time_cannot_be_replayed(intake, left):
    body = b'{"id": "M1"}'

    def headers(age: int) -> Mapping[str, str]:
        sent = str(int(NOW.timestamp()) - age)
        return {"x-sent": sent, "x-sig": base64.b64encode(mac(f"{sent}.".encode() + body)).decode()}

    assert intake.grc("several", "model", headers(10), body, NOW).status == 202
    assert intake.grc("several", "model", headers(400), body, NOW).status == 401
    assert intake.grc("several", "model", {**headers(400), "x-sent": headers(10)["x-sent"]}, body, NOW).status == 401


@pytest.mark.parametrize("found", [None, "", True, 1.5, {}, [], [None], ["a", None], ["x" * 501], list(range(101))])
def test_a_body_without_a_records_id_is_refused(intake, left, found):
    body = json.dumps({"record": {"id": found}}).encode()
    assert intake.grc("bank", "model", {"x-told": SHARED}, body, NOW).status == 422
    assert left.hints == []


def test_a_body_that_a_function_does_not_take_is_refused_and_not_quoted(intake, left):
    def answer(*parts: Any) -> int:
        body = json.dumps({"parts": parts}).encode()
        return intake.grc("other", "issue", {"x-sig": "sha256=" + mac(body).hex()}, body, NOW).status

    with capture_logs() as logs:
        assert (answer("I", "1"), answer("canary", 1)) == (202, 422)
    assert left.hints == [("other", Hint.of_record(Entity.ISSUE, "I-1"))]
    assert "canary" not in str(logs)


def test_a_secret_that_could_be_guessed_proves_nothing(intake, left, monkeypatch):
    short = SHARED[:23]
    monkeypatch.setenv("EVENTS_SHARED", short)
    answer = intake.grc("bank", "model", {"x-told": short}, b'{"record": {"id": "1"}}', NOW)
    assert (answer.status, left.hints) == (503, [])


def test_a_secret_that_is_missing_is_the_admins_to_set(intake, monkeypatch):
    monkeypatch.delenv("EVENTS_SHARED")
    assert intake.grc("bank", "model", {"x-told": SHARED}, b"{}", NOW) == Answer(503, "the receiver is not set up")


@given(
    body=st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=8).map(
        lambda value: json.dumps({"record": {"id": value}}).encode()
    ),
    header=st.sampled_from([SHARED, "", "x"]),
)
def test_whatever_is_sent_gets_an_answer(config, body, header):
    left = Left()
    answer = Intake(config, left).grc("bank", "model", {"x-told": header}, body, NOW)
    assert answer.status in (200, 202, 400, 401, 422)
    assert answer.hints == len(left.hints)
    assert SHARED not in answer.reason


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{mlflow: {man: {secret: {env: X}}}}", "There is no registry 'man'"),
        ("{grc: {bank: {secret: {env: X}}}}", "No kind of record is told of"),
        ("{grc: {bank: {secret: {env: X}, model: 'a['}}}", "This is no JMESPath"),
        ("{grc: {bank: {secret: {env: X}, model: id, timestamp_header: X-At}}}", "A time without a signature"),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path, written, message):
    path = tmp_path / "mlflow-grc.yaml"
    path.write_text(textwrap.dedent(CONFIG).split("events:")[0] + f"events: {written}\n")
    with pytest.raises(Exception, match=message):
        load_config(path)
