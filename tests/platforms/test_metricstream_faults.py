"""MetricStream's login, each of its published statuses and what it does not publish, in a whole cycle: what the engine
does, and what the admin reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.platforms.ailing import (
    at_credit,
    both,
    fault,
    midway,
    registers,
    spent,
    tier_put_back,
    tier_raised,
)
from tests.platforms.desk import Desk
from tests.platforms.rows import NEWCOMER, Ail, Row, Then, play
from tests.simulators.base import Verb
from tests.simulators.metricstream import LOGIN, tenant

REPORT = "reports/aiModels"


def ended(how: str) -> Ail:
    """Every session ended, as it does when the server is started anew."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(desk.simulator.sessions, "expired", how)
        desk.simulator.sessions.end()

    return ail


def wrong_password(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk.simulator.sessions, "password", "another")


def other_token(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The server does not take the sessions' tokens against forged requests any more."""
    sessions = desk.simulator.sessions
    patch.setattr(sessions, "_tokens", dict.fromkeys(sessions._tokens, "another"))


def api(**changes: Any) -> Ail:
    """The deployment is another."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        for name, value in changes.items():
            patch.setattr(desk.simulator.api, name, value)

    return ail


def variable(**changed: str) -> Ail:
    """The connection has something else than what the deployment has."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(type(desk), "variables", {**desk.variables, **changed})

    return ail


def by_ids(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The mapping is that of a deployment without any listing."""
    resources = desk.shipped()["http"]["resources"]
    for entity, kind in (("model", "grc/asset"), ("version", "cus/modelVersion"), ("issue", "ism/issue")):
        found = {"path": f"collections/{kind}", "records": "objects", "by_ids": {"at": "ObjectIDs"}}
        resources[entity]["list"] = found
    patch.setattr(desk, "section", {"resources": resources})


def word_gone(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The picklist has another word for a tier, and a model gets that tier."""
    words = {**tenant._PICKLISTS["models", "tier"], "1 - Critical": "Very High"}
    patch.setattr(tenant, "_PICKLISTS", {("models", "tier"): words})
    tier_raised(desk, patch)


def field_gone(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """A field of the form has another name by now."""
    places = {**tenant.PLACES, "models": {**tenant.PLACES["models"], "purpose": "Details.IntendedUse"}}
    patch.setattr(tenant, "PLACES", places)


def logins(number: int) -> Callable[[Desk], bool]:
    """How often the connector signed in."""
    return lambda desk: desk.side.requests.count("POST", LOGIN) == number


ROWS: dict[str, Row] = {
    "a wrong password": Row(
        wrong_password,
        Then.STOPS,
        ("without the cookie Csrf-Token", "check the user name and the password of the connection"),
        ("without the cookie Csrf-Token", "the password"),
        ("without the cookie Csrf-Token",),
        logins(1),
    ),
    "a login where none is": Row(
        fault("status", status=404, method="login", count=None),
        Then.STOPS,
        (f"{LOGIN} was answered 404", "check the address of the login"),
        ("404",),
        ("404",),
        logins(1),
    ),
    "503 to the login": Row(
        fault("status", status=503, method="login", count=None),
        Then.STOPS,
        (f"{LOGIN} was answered 503", "try again later"),
        ("503",),
        ("503",),
    ),
    "a session that ended, at a listing (401)": Row(midway(ended("401"), Verb.LIST), Then.FLOWS, happened=logins(2)),
    "a session that ended, at a read by id (401)": Row(midway(ended("401"), Verb.GET), Then.FLOWS, happened=logins(2)),
    "a session that ended, at a write (401)": Row(midway(ended("401"), Verb.UPDATE), Then.FLOWS, happened=logins(2)),
    "a session that ended, at a listing (redirect)": Row(
        midway(ended("redirect"), Verb.LIST), Then.FLOWS, happened=logins(2)
    ),
    "a session that ended, at a write (redirect)": Row(
        midway(ended("redirect"), Verb.UPDATE), Then.FLOWS, happened=logins(2)
    ),
    "a session that ended, at a listing (a page)": Row(
        fault("html", method="list", path="models"), Then.FLOWS, happened=logins(2)
    ),
    "a session that ended, at a write (a page)": Row(at_credit("html"), Then.FLOWS, happened=logins(2)),
    "sessions that end at once": Row(
        midway(ended("401"), again=True),
        Then.STOPS,
        (f"{REPORT} was answered 401", "check the credentials"),
        ("401", "check the credentials"),
        ("401",),
        logins(2),
    ),
    "a page in the place of every answer": Row(
        fault("html", method="list", path="models", count=None),
        Then.STOPS,
        (f"{REPORT} was answered 200: an HTML page ('Sign in')", "check the credentials"),
        ("an HTML page",),
        ("an HTML page",),
        logins(2),
    ),
    "a page once a record was made": Row(
        both(registers, fault("html", method="create", path="models", when="after")), Then.FLOWS, happened=spent
    ),
    "a redirect once a record was made": Row(
        both(registers, fault("redirect", method="create", path="models", when="after", status=303)),
        Then.FLOWS,
        happened=spent,
    ),
    "403: a token against forged requests that is not taken": Row(
        midway(other_token, Verb.LIST),
        Then.STOPS,
        ("403: forged request", "check how auth sends the credentials"),
    ),
    "200 with a record that has no id": Row(
        both(registers, fault("cut_json", method="create", path="models")), Then.FLOWS, happened=spent
    ),
    "200 and ignored": Row(
        fault("ignore", field="purpose", count=None),
        Then.HOLDS_BACK,
        ("did not stick", "purpose", "let the connector's account change the field"),
    ),
    "400 to a write": Row(
        at_credit("status", status=400), Then.SETS_ASIDE, ("credit", "purpose", "400", "how the mapping's http section")
    ),
    "403 to a write: no activity": Row(
        at_credit("status", status=403), Then.SETS_ASIDE, ("credit", "403", "give the connection's account")
    ),
    "403 to a read by id: no activity": Row(
        api(forbidden={"grc/asset"}),
        Then.HOLDS_BACK,
        ("403: The activity for models is missing", "give the connection's account the permission"),
        ("The activity for models is missing",),
    ),
    "403 to a listing": Row(
        fault("status", status=403, method="list", path="models", count=None),
        Then.STOPS,
        (f"{REPORT} was answered 403", "give the connection's account the permission"),
        ("403", "the permission"),
        ("403",),
        logins(1),
    ),
    "404 to a write": Row(
        at_credit("status", status=404), Then.SETS_ASIDE, ("credit", "404", "correct update.path", "can be read")
    ),
    "404 to a listing": Row(
        variable(MODEL_LIST="reports/nothing"),
        Then.HOLDS_BACK,
        ("reports/nothing was answered 404", "correct list.path"),
        ("reports/nothing", "list.path"),
        ("incomplete listing",),
    ),
    "404 to every listing": Row(
        api(lists=False),
        Then.STOPS,
        (f"{REPORT} was answered 404", "correct list.path"),
        (f"{REPORT} was answered 404",),
        ("404",),
    ),
    "422 to a write": Row(at_credit("status", status=422), Then.SETS_ASIDE, ("credit", "purpose", "422")),
    "422: a word that no picklist has": Row(
        word_gone, Then.SETS_ASIDE, ("credit", "risk_classification", "422: tier: must be one of"), mend=tier_put_back
    ),
    "422 to a create": Row(
        both(registers, fault("status", status=422, method="create", path="models")),
        Then.LEAVES_OUT,
        (NEWCOMER, "422", "how the mapping's http section"),
    ),
    "a field of another name": Row(
        field_gone,
        Then.HOLDS_BACK,
        ("purpose", "the record has no field Purpose any more", "correct the field's name"),
        ("http.resources.model.fields.Purpose", "None of 3 records has the field Purpose"),
        ("incomplete listing",),
    ),
    "a section of another name": Row(
        variable(ADDITIONAL="Additional"),
        Then.HOLDS_BACK,
        ("None of the 3 records at reports/aiModels has AllowedChanges", "correct the fields in the mapping"),
        ("http.resources.model.fields.AllowedChanges",),
        ("incomplete listing",),
    ),
    "records under another key": Row(
        variable(LIST_RECORDS="items"),
        Then.STOPS,
        ("the answer has nothing at '\"items\"'", "arrays stand at 'rows'", "correct records"),
        ("arrays stand at 'rows'",),
        ("arrays stand at 'rows'",),
    ),
    "no listing at all: ids alone": Row(
        by_ids,
        Then.FLOWS,
        check=("what people add in the GRC is not found", "no record is created"),
        happened=lambda desk: desk.side.requests.count("GET", "*/reports/*") == 0,
    ),
    "no listing at all, and a new model": Row(both(by_ids, registers), Then.HOLDS_BACK, (NEWCOMER,)),
    "429 to a write": Row(
        fault("status", status=429, retry_after=0, method="update"), Then.FLOWS, happened=spent
    ),
    "429 for good": Row(
        fault("status", status=429, count=None),
        Then.STOPS,
        ("429", "lower http.rate_limit"),
        ("429", "lower http.rate_limit"),
        ("429",),
    ),
    "500 to a write": Row(at_credit("status", status=500), Then.FAILS_ALONE, ("500", "looked up")),
    "500 once it is written": Row(at_credit("status", status=500, when="after"), Then.FLOWS, happened=spent),
    "503 to a listing, once": Row(fault("status", status=503, method="list"), Then.FLOWS, happened=spent),
    "503 to a listing, for good": Row(
        fault("status", status=503, method="list", path="models", count=None),
        Then.HOLDS_BACK,
        (f"{REPORT} was answered 503", "try again later"),
        ("503",),
        ("incomplete listing",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row(name: str, agreed_desk: Callable[..., Desk]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        play(agreed_desk("metricstream"), ROWS[name], patch)


def test_404_by_its_id_is_a_record_that_is_gone(agreed_desk: Callable[..., Desk]) -> None:
    desk = agreed_desk("metricstream")
    desk.officer.delete(desk.record("credit")["id"])
    said = desk.run("sync", expect=3)
    assert "credit lost its record" in " ".join(said.out.split())
    assert "link another record or forget the link" in said.out
    assert "gone from the GRC" in desk.tags("credit")["grc_blocked"]
