"""Signing in and out, and what stands between a session and everybody else."""

import re

import pytest

from tests.mock.web.bank import AUDITOR, OFFICER, SERVICE
from tests.mock.web.conftest import note, summary


@pytest.mark.parametrize("path", ["/", "/ui/models", "/ui/issues", "/ui/models/MDL0001001", "/records/VER0001002"])
def test_without_a_sign_in_every_page_asks_for_one_and_leads_on_afterwards(visitor, bank, mock, path):
    stranger = visitor(None)
    page = stranger.get(path)
    assert stranger.path.startswith("/ui/sign-in?next=")
    assert page.one("h1").text == "Sign in"
    page = stranger.submit(page, person=OFFICER, token=mock.tokens[OFFICER])
    wanted = {"/": "/ui/models", "/records/VER0001002": "/ui/versions/VER0001002"}
    assert stranger.path == wanted.get(path, path)
    assert note(page) == "You are signed in as Rita Okafor."


def test_the_message_is_told_once(officer_page):
    assert not officer_page.get("/ui/models").all("div", class_="note")


def test_the_sign_in_lists_people_and_no_service_account(visitor, mock):
    page = visitor(None).get("/ui/sign-in")
    emails = [option.attrs["value"] for option in page.one("select").all("option")]
    assert set(emails) == set(mock.tokens) - {SERVICE}
    assert filled(page)["person"] == OFFICER


def filled(page):
    from tests.mock.web.conftest import Visitor

    return Visitor.form(page).values


@pytest.mark.parametrize("whose", [AUDITOR, SERVICE, None])
def test_another_token_than_the_persons_is_refused_by_the_field(visitor, mock, whose):
    stranger = visitor(None)
    token = mock.tokens[whose] if whose else "wrong"
    page = stranger.submit(stranger.get("/ui/sign-in"), 422, person=OFFICER, token=token)
    assert page.errors() == {"token": "This is not the token of the person you chose."}
    assert summary(page) == list(page.errors().values())
    assert filled(page)["token"] == ""
    assert stranger.get("/ui/models").one("h1").text == "Sign in"


def test_the_connector_itself_cannot_sign_in(visitor, mock):
    stranger = visitor(None)
    form = filled(stranger.get("/ui/sign-in"))
    stranger.post("/ui/sign-in", 422, **{**form, "person": SERVICE, "token": mock.token})


def test_what_is_missing_is_named(visitor):
    stranger = visitor(None)
    page = stranger.submit(stranger.get("/ui/sign-in"), 422, person="", token=" ")
    assert page.errors() == {"person": "Choose who you are.", "token": "Enter your token."}


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/ui\r\nX: y", "/api/v1"]
)
def test_a_sign_in_leads_to_no_other_site(visitor, mock, target):
    stranger = visitor(None)
    form = filled(stranger.get("/ui/sign-in"))
    stranger.post("/ui/sign-in", **{**form, "token": mock.tokens[OFFICER], "next": target})
    assert stranger.path == "/ui/models"


def test_signing_out(officer_page):
    page = officer_page.get("/ui/models")
    token = page.one("header").one("input", name="csrf").attrs["value"]
    officer_page.post("/ui/sign-out", 403)
    page = officer_page.post("/ui/sign-out", csrf=token)
    assert note(page) == "You are signed out."
    assert officer_page.get("/ui/models").one("h1").text == "Sign in"


def test_a_session_ends_after_eight_hours_and_what_was_entered_is_shown(officer_page, bank, clock):
    form = officer_page.form(officer_page.get(f"/ui/models/{bank.model['id']}/tier"))
    clock.forward(hours=7, minutes=59)
    officer_page.get("/ui/models")
    clock.forward(minutes=1)
    values = {**form.values, "tier": "1 - Critical", "tier_override_reason": "It grew."}
    page = officer_page.post(form.action, 401, **values)
    assert page.one("h1").text == "Your sign-in has ended"
    assert page.facts() == {"Risk tier": "1 - Critical", "Reason for the tier": "It grew."}
    assert form.values["csrf"] not in page.text
    assert officer_page.get("/ui/models").one("h1").text == "Sign in"


@pytest.mark.parametrize("change", ["", "x", "swap"])
def test_a_forged_or_foreign_cookie_is_nobodys(visitor, officer_page, mock, change):
    (name,) = [cookie.name for cookie in officer_page.session.cookies if "session" in cookie.name]
    value = officer_page.session.cookies[name]
    stranger = visitor(None)
    # The first character of the signature: of the last one some bits mean nothing.
    signed, _, signature = value.rpartition(".")
    swapped = f"{signed}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    stranger.session.cookies.set(name, swapped if change == "swap" else change)
    assert stranger.get("/ui/models").one("h1").text == "Sign in"


def test_a_user_who_was_switched_off_is_signed_out(officer_page, mock):
    admin = mock.as_user("admin@bank.example")
    (row,) = admin.records("users", email=OFFICER)
    admin.patch(row["id"], active=False)
    assert officer_page.get("/ui/models").one("h1").text == "Sign in"


def test_a_person_who_becomes_a_service_account_is_signed_out(officer_page, mock):
    admin = mock.as_user("admin@bank.example")
    (row,) = admin.records("users", email=OFFICER)
    admin.patch(row["id"], role="Service Account")
    assert officer_page.get("/ui/models").one("h1").text == "Sign in"


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_a_form_without_the_sessions_own_token_does_nothing(officer_page, bank, mock, token):
    path = f"/ui/models/{bank.model['id']}/tier"
    values = {"revision": "1", "tier": "1 - Critical", "tier_override_reason": "forged", "csrf": token}
    page = officer_page.post(path, 403, **values)
    assert page.one("h1").text == "The form is out of date"
    assert page.facts()["Reason for the tier"] == "forged"
    assert mock.store.row(bank.model["id"]) == bank.model


def test_a_token_is_good_for_its_session_alone(visitor, officer_page, bank, mock):
    other = visitor(OFFICER)
    form = other.form(other.get(f"/ui/models/{bank.model['id']}/tier"))
    officer_page.post(form.action, 403, **{**form.values, "tier": "1 - Critical", "tier_override_reason": "x"})
    assert mock.store.row(bank.model["id"]) == bank.model


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(visitor, mock):
    response = visitor(None).request("GET", "/ui/sign-in")
    (cookie,) = response.headers.get("set-cookie").split(", mock-grc-note")[:1]
    port = mock.url.rpartition(":")[2]
    assert cookie.startswith(f"mock-grc-session-{port}=")
    assert re.search("HttpOnly", cookie)
    assert re.search("SameSite=lax", cookie)
    assert re.search("Path=/(;|$)", cookie)


def test_the_cookie_does_not_hold_the_token(officer_page, mock):
    assert not [cookie for cookie in officer_page.session.cookies if mock.tokens[OFFICER] in cookie.value]
    for header in officer_page.request("GET", "/ui/models").headers.values():
        assert mock.tokens[OFFICER] not in header
