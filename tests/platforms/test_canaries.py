"""A secret that is known to the test is looked for wherever the connector leaves a trace: each way to sign in at each
platform, accepted, and refused by an instance that repeats in its answer what it was shown.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from starlette.responses import JSONResponse

from tests.platforms.desk import ArcherDesk, Desk, LogicGateDesk, MetricStreamDesk, ServiceNowDesk
from tests.simulators.archer import envelopes
from tests.simulators.logicgate.answers import Refusal
from tests.simulators.metricstream import sessions as forms
from tests.simulators.servicenow import ServiceNow, errors
from tests.simulators.servicenow.answer import told
from tests.simulators.servicenow.certificate import Authority
from tests.simulators.servicenow.errors import Refused
from tests.simulators.servicenow.side import ServiceNowSide
from tests.simulators.servicenow.staff import CONNECTOR

CANARY = "canary+7/Qx=secret value"
"""Odd on purpose: as it is, in a URL, in a form and in base64 it looks different each time."""
COMMANDS = (
    ("check",),
    ("plan", "--json"),
    ("sync",),
    ("sync", "--json"),
    ("discover", "--format", "json"),
    ("report", "reconcile", "--format", "json", "--output", "report.json"),
    ("report", "reconcile", "--live", "--format", "csv", "--output", "report.csv"),
    ("status", "--json"),
    ("audit", "export", "--output", "audit.jsonl"),
)
LOGS = {"logging": {"file": "run.log", "level": "debug"}}


@dataclass
class Way:
    """A way to sign in: ``auth`` of the connection, and every secret of it; ``passing`` tells those that the platform
    gave out meanwhile.
    """

    auth: Mapping[str, Any]
    secrets: set[str] = field(default_factory=lambda: {CANARY})
    passing: Callable[[], set[str]] = set


def oauth(desk: Desk) -> Way:
    doors = desk.simulator.doors

    def tokens() -> set[str]:
        return {text for token in doors._tokens.values() for text in (token.access, token.refresh)}

    desk.patch.setattr(doors.applications[desk.simulator.client_id], "secret", CANARY)
    usual = desk.usual_auth()
    return Way({**usual, "client_secret": desk.secret("SN_CLIENT_SECRET", CANARY)}, passing=tokens)


def basic(desk: Desk) -> Way:
    desk.patch.setattr(desk.simulator.doors, "basic", True)
    desk.patch.setitem(desk.simulator.doors.passwords, CONNECTOR, CANARY)
    auth = {"type": "basic", "username": CONNECTOR, "password": desk.secret("SN_PASSWORD", CANARY)}
    return Way(auth, {CANARY, base64.b64encode(f"{CONNECTOR}:{CANARY}".encode()).decode()})


def api_key(desk: Desk) -> Way:
    desk.patch.setitem(desk.simulator.doors.api_keys, CANARY, CONNECTOR)
    return Way({"type": "api_key", "header": "x-sn-apikey", "key": desk.secret("SN_KEY", CANARY)})


def bearer(desk: Desk) -> Way:
    doors = desk.simulator.doors
    desk.patch.setattr(doors, "_of_token", lambda given: CONNECTOR if given == CANARY.replace(" ", "_") else None)
    return Way(
        {"type": "bearer", "token": desk.secret("SN_TOKEN", CANARY.replace(" ", "_"))}, {CANARY.replace(" ", "_")}
    )


def password(desk: Desk) -> Way:
    desk.simulator.tenant.change(desk.simulator.service.id, password=CANARY)
    given: set[str] = set()
    login = desk.simulator.sessions.login

    def noted(*credentials: str) -> str | None:
        token: str | None = login(*credentials)
        given.update({token} if token else ())
        return token

    desk.patch.setattr(desk.simulator.sessions, "login", noted)
    usual = desk.usual_auth()
    return Way({**usual, "password": desk.secret("ARCHER_PASSWORD", CANARY)}, passing=lambda: given)


def personal_token(desk: Desk) -> Way:
    token = CANARY.replace(" ", "_")
    desk.patch.setitem(desk.simulator.sessions._personal, token, desk.simulator.service.id)
    return Way({"type": "bearer", "token": desk.secret("ARCHER_TOKEN", token)}, {token})


def older_token(desk: Desk) -> Way:
    """Basic on the token endpoint; the token that it gives is a secret too."""
    tokens, usual = desk.simulator.tokens, desk.usual_auth()
    mail, (client, _) = next(iter(tokens._clients.items()))
    desk.patch.setitem(tokens._clients, mail, (client, CANARY))
    pair = base64.b64encode(f"{client}:{CANARY}".encode()).decode()
    auth = {**usual, "client_secret": desk.secret("LG_CLIENT_SECRET", CANARY)}
    return Way(auth, {CANARY, pair}, passing=lambda: {tokens.token(mail)})


def handed_token(desk: Desk) -> Way:
    """The token that the account's page shows."""
    token = desk.simulator.token
    return Way({"type": "bearer", "token": desk.secret("LG_TOKEN", token)}, {token})


def form_login(desk: Desk) -> Way:
    """The password; and the cookies and the token against forged requests that the login gives."""
    sessions = desk.simulator.sessions
    desk.patch.setattr(sessions, "password", CANARY)
    desk.patch.setattr(sessions, "_tokens", {})
    return Way(desk.usual_auth(), passing=lambda: {text for pair in sessions._tokens.items() for text in pair})


WAYS: Mapping[str, Mapping[str, Callable[[Desk], Way]]] = {
    "servicenow": {"oauth": oauth, "basic": basic, "api key": api_key, "bearer": bearer},
    "logicgate": {"client": older_token, "token": handed_token},
    "archer": {"password": password, "personal access token": personal_token},
    "metricstream": {"form": form_login},
}
UNTOLD = {("archer", "personal access token")}
"""Where the words of the answer to a refused sign-in are not passed on."""
CASES = [(platform, way) for platform, ways in WAYS.items() for way in ways]


def disguises(secret: str) -> set[str]:
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    return forms | {base64.b64encode(secret.encode()).decode()}


def left_behind(desk: Desk, *, expect: bool) -> Mapping[str, str]:
    """What every command says, and every file that there is afterwards, by its name."""
    found: dict[str, str] = {}
    for command in COMMANDS:
        said = desk.run("--log-level", "debug", "--debug", *command, expect=None)
        assert not expect or said.code == 0, f"{command}: {said.out}{said.err}"
        found[" ".join(command)] = said.out + said.err
    found |= {path.name: path.read_bytes().decode("latin-1") for path in desk.directory.rglob("*") if path.is_file()}
    assert {"state.db", "run.log"} <= found.keys()
    return found


def assert_unsaid(secrets: set[str], found: Mapping[str, str]) -> None:
    assert secrets
    for form in {form for secret in secrets for form in disguises(secret)}:
        assert not [where for where, text in found.items() if form in text]


def refusing(shown: str) -> Callable[..., None]:
    """Refuses whoever comes to LogicGate, in its words."""

    def refuse(*_: object) -> None:
        raise Refusal(401, f"no: {shown}")

    return refuse


def repeat(desk: Desk, shown: str) -> None:
    """The instance refuses everybody, and says in its answers what it was shown."""
    if isinstance(desk, ArcherDesk):
        told_back = envelopes.message("x", resourced=f"wrong: {shown}")
        desk.patch.setattr(envelopes, "LOGIN_NOT_VALID", told_back)
        desk.patch.setattr(envelopes, "denied", lambda: envelopes.framework(401, f"denied: {shown}"))
        desk.patch.setattr(desk.simulator.sessions, "login", lambda *_: None)
        desk.patch.setattr(desk.simulator.sessions, "account", lambda _: None)
        return
    if isinstance(desk, LogicGateDesk):
        desk.patch.setattr(desk.simulator.manners, "unauthorized", "json")
        for name in ("account_of", "older"):
            desk.patch.setattr(desk.simulator.tokens, name, refusing(shown))
        return
    if isinstance(desk, MetricStreamDesk):
        told_back = JSONResponse({"error": f"no: {shown}"}, 401)
        desk.patch.setattr(forms, "RedirectResponse", lambda *_, **__: told_back)
        desk.patch.setattr(desk.simulator.sessions, "refusal", lambda _: told_back)
        return
    desk.patch.setattr(errors, "unauthenticated", lambda: Refused(401, f"no: {shown}", f"not {quote(shown)}"))
    refused = {"error": "server_error", "error_description": f"wrong secret {shown}"}
    desk.patch.setattr(desk.simulator.doors, "sign_in", lambda _: told(401, refused))
    desk.patch.setattr(desk.simulator.doors, "_of_token", lambda _: None)
    for name in ("passwords", "api_keys"):
        desk.patch.setattr(desk.simulator.doors, name, {})


@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "refused"])
@pytest.mark.parametrize(("platform", "way"), CASES)
def test_no_secret_is_anywhere(platform: str, way: str, refused: bool, make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(platform, more=LOGS)
    desk.model(purpose="Scores.", risk_classification="high")
    chosen = WAYS[platform][way](desk)
    desk.auth = chosen.auth
    desk.write()
    if refused:
        repeat(desk, max(chosen.secrets, key=len))
    found = left_behind(desk, expect=not refused)
    if refused:
        assert "401" in found["sync"] or "refused" in found["sync"]
        assert "***" in found["sync"] or (platform, way) in UNTOLD, "the answer is told, without the secret"
    else:
        assert desk.record("credit")["purpose"] == "Scores."
        assert chosen.passing is set or chosen.passing()
    assert_unsaid(chosen.secrets | chosen.passing(), found)


def expel(desk: Desk, given: Callable[[], set[str]]) -> None:
    """The instance lets everybody sign in, refuses all else, and says in its answers what it gave out."""

    def words() -> str:
        return f"no: {' and '.join(given())}"

    match desk:
        case LogicGateDesk():
            desk.patch.setattr(desk.simulator.manners, "unauthorized", "json")
            desk.patch.setattr(desk.simulator.tokens, "account_of", lambda _: refusing(words())())
        case MetricStreamDesk():
            refusal = desk.simulator.sessions, "refusal"
            desk.patch.setattr(*refusal, lambda _: JSONResponse({"error": words()}, 401))
        case _:
            desk.patch.setattr(errors, "unauthenticated", lambda: Refused(401, words(), words()))
            desk.patch.setattr(desk.simulator.doors, "_of_token", lambda _: None)


PASSING = [("servicenow", "oauth"), ("logicgate", "client"), ("metricstream", "form")]
"""Archer's words to a session that it does not take are not passed on."""


@pytest.mark.parametrize(("platform", "way"), PASSING)
def test_what_was_given_out_is_not_said_when_an_answer_repeats_it(
    platform: str, way: str, make_desk: Callable[..., Desk]
) -> None:
    desk = make_desk(platform, more=LOGS)
    desk.model(purpose="Scores.", risk_classification="high")
    chosen = WAYS[platform][way](desk)
    desk.auth = chosen.auth
    desk.write()
    expel(desk, chosen.passing)
    found = left_behind(desk, expect=False)
    assert "***" in found["sync"], found["sync"]
    assert_unsaid(chosen.secrets | chosen.passing(), found)


@pytest.fixture
def certified(
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """Make a desk at an instance over TLS whose only key is a client certificate, and the lines of its private key."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    side = ServiceNowSide(lambda: datetime.now(UTC))
    side.simulator = ServiceNow(tls=str(authority.server()), client_authority=str(authority.file))
    side._store = side.simulator.store

    def make(common_name: str) -> tuple[Desk, set[str]]:
        file = authority.client(common_name)
        http = {"ca_bundle": str(authority.file), "client_cert": str(file)}
        monkeypatch.chdir(tmp_path)
        desk = ServiceNowDesk(tmp_path, side, capsys, monkeypatch, auth={"type": "none"}, http=http, more=LOGS)
        desk.model(purpose="Scores.", risk_classification="high")
        private = file.read_text(encoding="ascii").partition("-----BEGIN CERTIFICATE")[0]
        return desk, {line for line in private.splitlines() if not line.startswith("-----")}

    with side.simulator:
        yield make


@pytest.mark.parametrize("name", [CONNECTOR, "stranger"])
def test_no_line_of_a_private_key_is_anywhere(name: str, certified: Any) -> None:
    desk, lines = certified(name)
    found = left_behind(desk, expect=name == CONNECTOR)
    assert name == CONNECTOR or "401" in found["sync"]
    assert_unsaid(lines, found)


def test_a_key_that_cannot_be_read_is_not_quoted(certified: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    desk, _ = certified(CONNECTOR)
    broken = tmp_path_factory.mktemp("broken") / "client.pem"
    broken.write_text(f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n", encoding="ascii")
    desk.http = {**desk.http, "client_cert": str(broken)}
    desk.write()
    said = [desk.run("--log-level", "debug", "--debug", command, expect=None) for command in ("check", "sync")]
    assert all(each.code != 0 for each in said)
    assert "http.client_cert" in said[1].err, "it is told where to look"
    assert_unsaid({CANARY}, {each.err: each.out + each.err for each in said})
