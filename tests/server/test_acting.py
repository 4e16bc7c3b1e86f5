"""Signing in, and deciding: who may, from where, and what the trail has of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from connector.audit import AuditFilter, verify_trail
from connector.model.errors import ConfigError
from connector.model.fields import Side
from connector.server.people import WINDOW, Attempts
from connector.server.service import Service
from connector.server.sessions import LASTS
from connector.state import SqliteStore
from tests.mock.web.html import Form, Node
from tests.server.bank import TOKENS, Clock, Visitor, conflict, forms, note, operation, record, settings

MARIA = "Maria Silva"


def resolving(page: Node) -> Form:
    return next(form for form in forms(page) if form.action == "/conflicts/resolve")


def actors(store: SqliteStore, action: str) -> list[str]:
    return [one.entry.actor for one in store.audit(AuditFilter(action=action))]


@pytest.mark.parametrize(("take", "side"), [("mlflow", Side.REGISTRY), ("grc", Side.GRC)])
def test_a_conflict_is_answered_under_the_name_of_the_person(
    maria: Visitor, filled: SqliteStore, take: str, side: Side
) -> None:
    page = maria.submit(resolving(maria.get("/conflicts")), take=take)
    assert "The next cycle carries it out." in note(page)
    (answer,) = filled.resolutions("bank")
    assert (answer.ref.name, answer.field, answer.take, answer.by) == ("credit", "purpose", side, MARIA)
    assert (answer.registry, answer.grc) == ("as MLflow says", "as the GRC says")
    assert actors(filled, "resolved") == [MARIA]
    assert verify_trail(filled).ok
    assert page.one("p", class_="count").text == "1 field in conflict."
    assert page.rows()[0][4] == MARIA


def test_both_sides_are_given_another_value(maria: Visitor, filled: SqliteStore, site: Service) -> None:
    """One that the field can hold: what it cannot is refused, and nothing is answered."""
    record(filled, lambda recorder: recorder.set_conflicts([conflict(field="materiality"), conflict()]))
    site.readings.forget()
    choice, purpose = [form for form in forms(maria.get("/conflicts")) if form.values.get("take") == "other"]
    assert "cannot be taken" in maria.submit(choice, 422, value="enormous").one("h1").text
    assert "decides nothing" in maria.submit(purpose, 422, value=" ").text
    assert filled.resolutions("bank") == []
    page = maria.submit(purpose, value="What both say.\r\nIn two lines.")
    assert note(page).startswith("Purpose of credit is answered with a new value for both sides.")
    (answer,) = filled.resolutions("bank")
    assert (answer.take, answer.value, answer.by) == (None, "What both say.\nIn two lines.", MARIA)
    assert page.rows()[0][3] == "What both say. In two lines."


def test_whether_a_record_goes_on_is_asked_in_words(maria: Visitor, filled: SqliteStore, site: Service) -> None:
    asked = replace(conflict(field="existence"), registry=None, grc='{"limitations": null, "purpose": "Edited."}')
    record(filled, lambda recorder: recorder.set_conflicts([asked]))
    site.readings.forget()
    page = maria.get("/conflicts")
    edits = page.facts()["GRC, edited since both last agreed"]
    assert (page.facts()["MLflow"], edits) == ("deleted", "Limitations: emptied Purpose: Edited.")
    (form,) = forms(page)
    maria.submit(form, 422, take="other", value="perhaps")
    page = maria.submit(form, take="grc")
    assert note(page).startswith("The record of credit is to be kept.")
    assert page.rows()[0][3] == "Keep the record"


def test_an_answer_is_for_the_values_that_were_looked_at(maria: Visitor, filled: SqliteStore) -> None:
    form = resolving(maria.get("/conflicts"))
    record(filled, lambda recorder: recorder.put_conflict(replace(conflict(), grc="changed meanwhile")))
    assert "changed meanwhile" in maria.submit(form, 409, take="mlflow").one("h1").text
    assert "names neither side" in maria.submit(resolving(maria.get("/conflicts")), 409, take="both").text
    assert filled.resolutions("bank") == []


def test_one_withheld_operation_is_approved_and_then_the_rest(
    maria: Visitor, filled: SqliteStore, clock: Clock
) -> None:
    whole, first, _ = forms(maria.get("/withheld"))
    page = maria.submit(first)
    assert note(page).startswith("1 operation is approved for 24 hours.")
    assert "approved by Maria Silva until 3 Mar 2026" in page.text
    moved = maria.submit(whole, 409)
    assert "not what the page showed" in moved.text, "the set is another one now"
    assert moved.links()["Open the page again"] == "/withheld"
    page = maria.submit(forms(page)[0])
    assert forms(page) == []
    approved = {digest for one in filled.approvals("bank", clock.now) for digest in one.digests}
    assert approved == {operation("old-1").digest, operation("old-2").digest}
    assert actors(filled, "approved") == [MARIA, MARIA]
    assert "not what the page showed" in maria.submit(first, 409).text, "it is approved already"
    assert "not what the page showed" in maria.submit(first, 409, connection="nobody").text


def test_nobody_decides_without_a_sign_in(
    maria: Visitor, filled: SqliteStore, site: Service, visitor: Callable
) -> None:
    acts = [resolving(maria.get("/conflicts")), *forms(maria.get("/withheld"))]
    guest = visitor(site)
    own = forms(guest.get("/sign-in"))[0].values["csrf"]
    for form in acts:
        assert "sign-in has ended" in guest.submit(form, 401, take="grc", csrf=own).one("h1").text
        guest.submit(form, 403, take="grc")
    assert (filled.resolutions("bank"), filled.approvals("bank", site.readings.take().health.at)) == ([], [])


@pytest.mark.parametrize(
    ("headers", "csrf", "why"),
    [
        ({"Origin": "https://evil.example"}, None, "elsewhere"),
        ({"Origin": "null"}, None, "elsewhere"),
        ({"Origin": None}, None, "elsewhere"),
        ({"Origin": None, "Sec-Fetch-Site": "cross-site"}, None, "elsewhere"),
        ({}, "", "out of date"),
        ({}, "0" * 64, "out of date"),
        ({"Cookie": ""}, None, "out of date"),
        ({"Host": "evil.example"}, None, "Another server"),
    ],
)
def test_a_forged_form_does_nothing(
    maria: Visitor, filled: SqliteStore, headers: dict, csrf: str | None, why: str
) -> None:
    form = resolving(maria.get("/conflicts"))
    values = {"take": "grc"} | ({} if csrf is None else {"csrf": csrf})
    page = maria.submit(form, 421 if "Host" in headers else 403, headers=headers, **values)
    assert why in page.one("h1").text
    assert filled.resolutions("bank") == []
    for path in (form.action, "/withheld/approve", "/sign-out"):
        assert maria.request("GET", path).status_code == 405
        for method in ("PUT", "DELETE", "PATCH"):
            assert maria.request(method, path).status_code == 405


def test_browsers_that_send_no_origin_tell_the_site(maria: Visitor, filled: SqliteStore) -> None:
    form = resolving(maria.get("/conflicts"))
    maria.submit(form, headers={"Origin": None, "Sec-Fetch-Site": "same-origin"}, take="grc")  # type: ignore[dict-item]
    assert len(filled.resolutions("bank")) == 1


def test_the_csrf_token_of_one_person_is_not_that_of_another(
    site: Service, visitor: Callable, filled: SqliteStore
) -> None:
    maria, omar = visitor(site), visitor(site)
    maria.sign_in()
    omar.sign_in(TOKENS["Omar Haddad"])
    omar.submit(resolving(maria.get("/conflicts")), 403, take="grc")
    assert filled.resolutions("bank") == []


@pytest.mark.parametrize("token", ["", "x", TOKENS[MARIA][:-1], TOKENS[MARIA] + "x", "\u00fc" * 20, "a\x00b"])
def test_a_wrong_token_lets_nobody_in(guest: Visitor, token: str) -> None:
    with capture_logs() as logs:
        page = guest.sign_in(token, 403)
    assert page.errors() == {"token": "This is nobody's token."}
    assert "Sign out" not in page.text
    (told,) = [entry for entry in logs if entry["event"] == "sign-in failed"]
    assert (told["log_level"], told["client"]) == ("warning", "127.0.0.1")
    assert not token or token not in str(logs) or len(token) < 4


def test_too_many_failed_sign_ins_are_not_even_looked_at(guest: Visitor) -> None:
    for _ in range(5):
        guest.sign_in("wrong", 403)
    form = forms(guest.get("/sign-in"))[-1]
    answer = guest.request("POST", "/sign-in", data={**form.values, "token": TOKENS[MARIA]})
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 200) == (429, True)
    assert "Sign out" not in guest.get("/status").text


def test_attempts_are_forgotten_after_a_while_and_by_address() -> None:
    now = [0.0]
    attempts = Attempts(2, lambda: now[0])
    for second in (0, 10):
        now[0] = second
        assert attempts.wait("a") == 0
        attempts.fail("a")
    assert (attempts.wait("a"), attempts.wait("b")) == (WINDOW - 10, 0)
    now[0] = WINDOW
    assert attempts.wait("a") == 0
    for number in range(10_050):
        attempts.fail(str(number))
    assert len(attempts._failed) == 10_000


def test_the_cookie_is_nobody_elses(maria: Visitor, serve: Callable, visitor: Callable) -> None:
    (cookie,) = [one for one in maria.session.cookies if "session" in one.name]
    assert (cookie.has_nonstandard_attr("HttpOnly"), cookie.get_nonstandard_attr("SameSite")) == (True, "strict")
    assert not cookie.secure
    assert TOKENS[MARIA] not in str(cookie.value)
    behind = visitor(serve(settings("  origin: https://sync.bank.example\n")))
    assert "Secure" in behind.request("GET", "/sign-in").headers["Set-Cookie"]


@pytest.mark.parametrize("change", ["other key", "cut", "another person's payload"])
def test_a_forged_cookie_is_no_sign_in(maria: Visitor, site: Service, visitor: Callable, change: str) -> None:
    from connector.server.sessions import Sessions

    (cookie,) = [one for one in maria.session.cookies if "session" in one.name]
    payload, _, mac = str(cookie.value).rpartition(".")
    other = Sessions(b"another")
    forged = {
        "other key": other.written(other.new(Clock().now, MARIA, TOKENS[MARIA])),
        "cut": payload,
        "another person's payload": f"{payload[:-4]}AAAA.{mac}",
    }[change]
    guest = visitor(site)
    assert "Sign out" not in guest.request("GET", "/status", headers={"Cookie": f"{cookie.name}={forged}"}).text
    assert "Sign out" in guest.request("GET", "/status", headers={"Cookie": f"{cookie.name}={cookie.value}"}).text


def test_a_sign_in_ends_with_its_time_its_token_and_its_sign_out(
    maria: Visitor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def signed_in() -> bool:
        return "Sign out" in maria.get("/status").text

    monkeypatch.setenv("MARIA_TOKEN", "another-token-of-hers")
    assert not signed_in()
    monkeypatch.setenv("MARIA_TOKEN", TOKENS[MARIA])
    maria.sign_in()
    clock.now += LASTS - timedelta(seconds=1)
    assert signed_in()
    clock.now += timedelta(seconds=1)
    assert not signed_in()
    page = maria.sign_in()
    (button,) = [form for form in page.all("form") if form.attrs.get("action") == "/sign-out"]
    maria.submit(Form(button, {"csrf": button.one("input").attrs["value"]}))
    assert not signed_in()


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/a\\b", "javascript:alert(1)", "/\t/evil.example"],
)
def test_signing_in_leads_nowhere_else(guest: Visitor, target: str) -> None:
    form = forms(guest.get("/sign-in"))[-1]
    values = {**form.values, "token": TOKENS[MARIA], "next": target}
    answer = guest.request("POST", "/sign-in", data=values, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/status")


def test_who_signs_in_comes_back_to_the_page(guest: Visitor) -> None:
    link = guest.get("/audit?object=credit").links()["Sign in to decide"]
    assert "Clear the filters" in guest.submit(forms(guest.get(link))[-1], token=TOKENS[MARIA]).links()
    page = guest.get("/audit?object=credit")
    assert "Sign in to decide" not in page.links()


def test_sign_ins_hold_on_every_replica_behind_one_address(
    serve: Callable, visitor: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COOKIE_KEY", "0123456789abcdef0123456789abcdef")
    shared = settings("  origin: http://127.0.0.1:7\n  cookie_key: {env: COOKIE_KEY}\n")
    first, second = visitor(serve(shared)), visitor(serve(shared))
    form = forms(first.get("/sign-in"))[-1]
    values = form.values | {"token": TOKENS[MARIA]}
    headers = {"Origin": "http://127.0.0.1:7"}
    answer = first.request("POST", "/sign-in", data=values, headers=headers, allow_redirects=False)
    assert answer.status_code == 303
    second.session.cookies = first.session.cookies
    assert MARIA in second.get("/status").one("form", class_="who").text


def test_where_a_proxy_signs_people_in_nobody_is_asked_for_a_token(serve: Callable, visitor: Callable) -> None:
    proxy = "  origin: http://sync.bank.example\n  proxy: {header: X-User, addresses: [127.0.0.1]}\n"
    past = visitor(serve(settings(proxy, people=False)))
    page = past.get("/sign-in", 403)
    assert page.one("h1").text == "Sign in at the proxy"
    assert "Open the page at http://sync.bank.example" in page.text
    assert past.get("/audit?object=credit").links()["Sign in to decide"] == (
        "http://sync.bank.example/audit?object=credit"
    )
    past.session.headers["X-User"] = "Petra Proxy"
    assert note(past.get("/sign-in")) == "You are signed in as Petra Proxy, by the proxy."
    closed = visitor(serve(settings(f"{proxy}  reading: signed_in\n", people=False)))
    assert closed.get("/status", 403).one("h1").text == "Sign in at the proxy"


def test_a_proxy_tells_who_it_is_and_only_the_proxy(serve: Callable, filled: SqliteStore, visitor: Callable) -> None:
    proxied = visitor(serve(settings("  proxy: {header: X-User, addresses: [127.0.0.0/8]}\n")))
    assert forms(proxied.get("/conflicts")) == []
    proxied.session.headers["X-User"] = "Petra Proxy"
    page = proxied.submit(resolving(proxied.get("/conflicts")), take="grc")
    assert "Petra Proxy" in page.one("form", class_="who").text
    assert "Sign out" not in page.text
    assert actors(filled, "resolved") == ["Petra Proxy"]
    stranger = visitor(serve(settings("  proxy: {header: X-User, addresses: [10.1.2.3]}\n")))
    stranger.session.headers["X-User"] = "Petra Proxy"
    with capture_logs() as logs:
        assert forms(stranger.get("/conflicts")) == []
    assert [one["client"] for one in logs if "not looked at" in one["event"]] == ["127.0.0.1"]


def test_a_name_beside_the_one_that_the_proxy_tells_is_nobodys(serve: Callable) -> None:
    port = urlsplit(serve(settings("  proxy: {header: X-User, addresses: [127.0.0.1]}\n")).url).port

    def seen_as(*names: str) -> str:
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.putrequest("GET", "/status")
            for name in names:
                connection.putheader("X-User", name.encode())
            connection.endheaders()
            return connection.getresponse().read().decode()

    assert "José Ñandú" in seen_as("José Ñandú")
    with capture_logs() as logs:
        page = seen_as("Mallory", "Petra Proxy")
    assert "Mallory" not in page
    assert "Petra" not in page
    assert "Sign in to decide" in page
    assert any("more than once" in one["event"] for one in logs)


def test_behind_a_proxy_the_origin_is_the_one_that_browsers_see(
    serve: Callable, filled: SqliteStore, visitor: Callable
) -> None:
    behind = visitor(serve(settings("  origin: http://sync.bank.example\n")))
    form = forms(behind.get("/sign-in"))[-1]
    behind.submit(form, 403, token=TOKENS[MARIA])
    values = form.values | {"token": TOKENS[MARIA]}
    (cookie,) = behind.session.cookies
    headers = {
        "Origin": "http://sync.bank.example",
        "Host": "sync.bank.example",
        "Cookie": f"{cookie.name}={cookie.value}",
    }
    answer = behind.request("POST", "/sign-in", data=values, headers=headers, allow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("tokens", "why"),
    [
        (("short", TOKENS["Omar Haddad"]), "shorter than 16"),
        ((TOKENS[MARIA], TOKENS[MARIA]), "one token"),
        (("", TOKENS[MARIA]), "MARIA_TOKEN"),
    ],
)
def test_tokens_that_cannot_be_used_stop_the_start(
    serve: Callable, monkeypatch: pytest.MonkeyPatch, tokens: tuple[str, str], why: str
) -> None:
    for name, token in zip(("MARIA_TOKEN", "OMAR_TOKEN"), tokens, strict=True):
        monkeypatch.setenv(name, token)
    with pytest.raises(ConfigError, match=why):
        serve()
