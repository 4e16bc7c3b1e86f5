"""Each row of LogicGate's limits and errors in a whole cycle: what the engine does, and what the admin reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.mock.users import CONNECTOR
from tests.platforms.ailing import (
    at_credit,
    both,
    fault,
    midway,
    registers,
    section,
    spent,
    tier_put_back,
    tier_raised,
)
from tests.platforms.desk import Desk
from tests.platforms.rows import NEW, NEWCOMER, Ail, Row, Then, play
from tests.simulators.base import Call, Verb
from tests.simulators.logicgate.schema import Permission
from tests.simulators.logicgate.tokens import OLDER

ENDLESS = 10**6
READER, WRITER = frozenset({Permission.READ}), frozenset({Permission.READ, Permission.WRITE})


def manner(**changes: Any) -> Ail:
    """The environment behaves otherwise."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        for name, value in changes.items():
            patch.setattr(desk.simulator.manners, name, value)

    return ail


def permitted(permissions: frozenset[Permission]) -> Ail:
    """The token's user may no more than this."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        patch.setitem(desk.simulator.accounts, CONNECTOR.email, desk.simulator.accounts[CONNECTOR.email])
        desk.simulator.permit(*permissions)

    return ail


def locked(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """One record is not the token's user's to change."""
    permitted(WRITER)(desk, patch)
    mine = desk.record("credit")["id"]

    def permit(call: Call) -> None:
        desk.simulator.permit(*(READER if call.verb is Verb.UPDATE and call.id == mine else WRITER))

    desk.side.hooks.append(permit)


def wrong_secret(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    clients = desk.simulator.tokens._clients
    patch.setitem(clients, CONNECTOR.email, (desk.simulator.client_id, "another"))


def rolled(desk: Desk, _: pytest.MonkeyPatch) -> None:
    """An admin rolls the token."""
    desk.simulator.roll_token()


def by_hand(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The connection has the token that the account's page showed."""
    patch.setattr(desk, "auth", {"type": "bearer", "token": desk.secret("LG_TOKEN", desk.simulator.token)})


def hidden(by_id: int) -> Ail:
    """An entitlement hides one record from the token's user."""
    return lambda desk, patch: manner(hidden={desk.record("credit")["id"]}, hidden_by_id=by_id)(desk, patch)


def model_workflow(**changes: Any) -> Ail:
    """The mapping says something else of the models' workflow; None: nothing."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        found = desk.shipped()["logicgate"]["workflows"]
        found["model"] = {name: one for name, one in {**found["model"], **changes}.items() if one is not None}
        patch.setattr(desk, "section", {**desk.section, "workflows": found})

    return ail


def another_id(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The mapping has the id of a field that the workflow has not."""
    fields = desk.shipped()["logicgate"]["workflows"]["model"]["fields"]
    model_workflow(fields={**fields, "Intended Purpose": {"id": "0badf1e1d", "type": "TEXT_AREA"}})(desk, patch)


def option_gone(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The option of a tier was taken off the list, and a model gets that tier."""
    codec = desk.simulator._writing._codec
    option = codec._option
    patch.setattr(codec, "_option", lambda spec, text: option(spec, "" if text == "Tier 1 (Critical)" else text))
    tier_raised(desk, patch)


def required(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """An admin made a field required that the mapping does not write."""
    fields = desk.simulator.store.application.by_kind("models").fields
    patch.setitem(fields, "Annual Exposure", replace(fields["Annual Exposure"], required=True))


def emptied(desk: Desk, _: pytest.MonkeyPatch) -> None:
    desk.author.delete_tag("credit", "purpose")


def edited(desk: Desk, _: pytest.MonkeyPatch) -> None:
    """A person edits the record between the engine's fresh read and the adapter's last look."""
    mine, seen = desk.record("credit")["id"], []

    def edit(call: Call) -> None:
        if (call.verb, call.id) == (Verb.GET, mine):
            seen.append(call)
            if len(seen) == 2:
                desk.officer.patch(mine, tier_override_reason="Meanwhile.")

    desk.side.hooks.append(edit)


def looks(number: int) -> Callable[[Desk], bool]:
    """How often the record was read by its id: by the engine, by the adapter before it writes, and to read back."""

    def read(desk: Desk) -> bool:
        mine = desk.record("credit")["id"]
        return len([call for call in desk.side.calls if (call.verb, call.id) == (Verb.GET, mine)]) == number

    return read


def logins(number: int) -> Callable[[Desk], bool]:
    """How often the connector asked for a token."""
    return lambda desk: desk.side.requests.count("POST", OLDER) == number


SMALL_PAGES = section(page_size=2)
OPTION = ("credit", "risk_classification")
ROWS: dict[str, Row] = {
    "a wrong secret": Row(
        wrong_secret,
        Then.STOPS,
        ("/api/v1/account/token was answered 401", "check the credentials"),
        ("401", "check the credentials"),
        ("401",),
        logins(1),
    ),
    "the token was rolled": Row(midway(rolled, Verb.LIST), Then.FLOWS, happened=logins(2)),
    "the token was rolled before a write": Row(midway(rolled, Verb.UPDATE), Then.FLOWS, happened=logins(2)),
    "the token was rolled before a read by id": Row(midway(rolled, Verb.GET), Then.FLOWS, happened=logins(2)),
    "a 401 with a page": Row(
        both(manner(unauthorized="html"), midway(rolled, Verb.UPDATE)), Then.FLOWS, happened=logins(2)
    ),
    "the token is rolled again and again": Row(
        midway(rolled, again=True),
        Then.STOPS,
        ("/api/v2/records was answered 401", "check the credentials"),
        ("401", "check the credentials"),
        ("401",),
        logins(2),
    ),
    "a token given by hand was rolled": Row(
        both(by_hand, rolled), Then.STOPS, ("401", "check the credentials"), ("401",), ("401",), logins(0)
    ),
    "no permission to read": Row(
        permitted(frozenset()),
        Then.STOPS,
        ("/api/v2/records was answered 403: Access is denied", "give the connection's account the permission"),
        ("403", "the permission"),
        ("403",),
    ),
    "no permission to read, told by a page": Row(
        both(permitted(frozenset()), manner(forbidden="html")), Then.STOPS, ("403", "the permission"), ("403",)
    ),
    "no permission to write": Row(
        locked, Then.SETS_ASIDE, ("was answered 403: Access is denied", "give the connection's account the permission")
    ),
    "no permission to write, without a body": Row(
        both(locked, manner(forbidden="empty")), Then.SETS_ASIDE, ("was answered 403: an empty body", "the permission")
    ),
    "no permission to build": Row(
        model_workflow(id=None),
        Then.REFUSES,
        ("looking it up takes LogicGate's build permission", "logicgate.workflows.model.id", "set id"),
        ("logicgate.workflows.model.id", "build permission"),
    ),
    "a hidden record, 403 by its id": Row(
        hidden(403), Then.HOLDS_BACK, ("record unknown", "nothing is concluded"), ("hidden from the token's user",)
    ),
    "a hidden record, 404 by its id": Row(
        hidden(404), Then.HOLDS_BACK, ("record unknown", "or is hidden from the token's user")
    ),
    "429 without a header": Row(manner(busy=1), Then.FLOWS, happened=lambda desk: desk.simulator.manners.busy == 0),
    "429 with Retry-After": Row(
        fault("status", status=429, retry_after=0, method="update"), Then.FLOWS, happened=spent
    ),
    "429 for good": Row(
        manner(busy=ENDLESS, retry_after="7"),
        Then.STOPS,
        ("429: Too many requests", "lower http.rate_limit"),
        ("429", "lower http.rate_limit"),
        ("429",),
    ),
    "a value refused, its field named by id": Row(
        option_gone, Then.SETS_ASIDE, (*OPTION, "Option not found: Risk Tier"), mend=tier_put_back
    ),
    "a value refused without a body": Row(
        both(option_gone, manner(refused="empty")), Then.SETS_ASIDE, (*OPTION, "400: an empty body"), mend=tier_put_back
    ),
    "a value refused with a page": Row(
        both(option_gone, manner(refused="html")), Then.SETS_ASIDE, (*OPTION, "400: an HTML page"), mend=tier_put_back
    ),
    "a value dropped in silence": Row(
        both(option_gone, manner(unknown_option="dropped")),
        Then.HOLDS_BACK,
        ("did not stick", *OPTION, "a list of choices may keep it from it"),
        mend=tier_put_back,
    ),
    "a field that is none, refused": Row(
        both(another_id, registers),
        Then.HOLDS_BACK,
        (NEWCOMER, "purpose", "400: Field not found", "or the mapping of its field"),
        happened=lambda desk: desk.side.requests.count("POST", "*/records/steps") == 3,
        mend=lambda desk: desk.author.set_tag(NEWCOMER, "purpose", "Prices bonds."),
    ),
    "a field under another id than the mapping's": Row(
        both(another_id, manner(unknown_field="dropped")),
        Then.HOLDS_BACK,
        ("purpose", "the record shows 'Intended Purpose' with the id", "and the mapping gives the id 0badf1e1d"),
    ),
    "a write that is ignored": Row(
        fault("ignore", field="purpose", count=None),
        Then.HOLDS_BACK,
        ("did not stick", "purpose", "let the connector's account change the field"),
    ),
    "[] empties nothing": Row(
        both(emptied, manner(clearing=frozenset({'[""]'}))), Then.HOLDS_BACK, ("did not stick", "purpose")
    ),
    "400 with status and message": Row(at_credit("status", status=400), Then.SETS_ASIDE, ("credit", "purpose", "400")),
    "404 to a write": Row(at_credit("status", status=404), Then.SETS_ASIDE, ("credit", "404")),
    "a page for people, to a write": Row(at_credit("html"), Then.FAILS_ALONE, ("HTML", "looked up")),
    "a page for people, to a listing": Row(
        fault("html", method="list", path="models", count=None),
        Then.STOPS,
        ("an HTML page ('Sign in')", "check that url is the address of the API"),
        ("HTML",),
        ("HTML",),
    ),
    "a page for people, to the token call": Row(
        fault("html", method="login", count=None), Then.STOPS, ("account/token", "HTML"), ("HTML",), ("HTML",)
    ),
    "an update answered with nothing": Row(manner(patched_answer="empty"), Then.FLOWS, happened=looks(3)),
    "an update answered with a page": Row(at_credit("html", when="after"), Then.FLOWS, happened=spent),
    "500 to a write": Row(at_credit("status", status=500), Then.FAILS_ALONE, ("500", "looked up")),
    "a bulk time-out once it is written": Row(
        at_credit("status", status=504, when="after"), Then.FLOWS, happened=spent
    ),
    "503 to a listing, once": Row(fault("status", status=503, method="list"), Then.FLOWS, happened=spent),
    "503 to a listing, for good": Row(
        fault("status", status=503, method="list", path="models", count=None),
        Then.HOLDS_BACK,
        ("did not reach its end", "503", "try again later"),
        ("503",),
        ("incomplete listing",),
    ),
    "503 to the token call": Row(
        fault("status", status=503, method="login", count=None),
        Then.STOPS,
        ("account/token was answered 503", "try again later"),
        ("503",),
        ("503",),
    ),
    "a page that drifted": Row(
        both(SMALL_PAGES, fault("short_page", method="list", path="models")), Then.FLOWS, happened=spent
    ),
    "pages that overlap": Row(
        both(SMALL_PAGES, fault("overlap", method="list", path="models", skip=1)), Then.FLOWS, happened=spent
    ),
    "pages that drift for good": Row(
        both(SMALL_PAGES, fault("short_page", method="list", path="models", count=None)),
        Then.HOLDS_BACK,
        ("records moved between pages", "larger logicgate.page_size"),
        (),
        ("incomplete listing",),
    ),
    "one page over and over": Row(
        both(SMALL_PAGES, fault("repeat_page", method="list", path="models", count=None)),
        Then.HOLDS_BACK,
        ("records moved between pages",),
        (),
        ("incomplete listing",),
    ),
    "a total that is wrong": Row(
        fault("lying_total", amount=3, method="list", path="models", count=None),
        Then.HOLDS_BACK,
        ("3 records came where 6 were announced",),
        (),
        ("incomplete listing",),
    ),
    "another workflow's id": Row(
        model_workflow(id="0badf10w"),
        Then.HOLDS_BACK,
        ("the listing shows nothing, and 3 linked records can be read by id",),
        ("no record is listed",),
        ("incomplete listing",),
    ),
    "an edit right before the write": Row(edited, Then.FLOWS, happened=looks(5)),
    "a create answered with the id": Row(
        both(registers, manner(created_answer="plain")),
        Then.FLOWS,
        happened=lambda desk: desk.side.requests.count("POST", "*/records/steps") == 2,
    ),
    "a create answered without the id": Row(
        both(registers, manner(created_answer="empty")),
        Then.FLOWS,
        happened=lambda desk: desk.side.requests.count("POST", "*/records/steps") == 2,
    ),
    "a create whose answer is lost": Row(
        both(registers, fault("cut", method="create", path="models", when="after", length=0)),
        Then.FLOWS,
        happened=spent,
    ),
    "a create in a step that is none": Row(
        both(registers, model_workflow(step_id="0bad57e9")),
        Then.LEAVES_OUT,
        (NEWCOMER, "no model record starts in the step 0bad57e9", "correct logicgate.workflows.model.step_id"),
    ),
    "a required field left empty": Row(
        both(registers, required), Then.LEAVES_OUT, (NEWCOMER, "400: Annual Exposure is required", "the mapping")
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row(name: str, agreed_desk: Callable[..., Desk]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        play(agreed_desk("logicgate"), ROWS[name], patch)


def test_a_write_that_cannot_be_read_back_stays_in_doubt(agreed_desk: Callable[..., Desk]) -> None:
    """It is said that it was written, and the next run sees that it was before it writes anything."""
    desk = agreed_desk("logicgate")
    mine = f"models/{desk.record('credit')['id']}"
    desk.author.set_tag("credit", "purpose", NEW)
    midway(fault("status", status=503, method="get", path=mine, count=None), Verb.UPDATE)(desk, desk.patch)
    said = desk.run("sync", expect=1)
    assert "Written, but the read-back failed: GET" in said.out
    assert "Try again later" in said.out
    desk.side.calm()
    assert "a write to credit, interrupted earlier, had landed and is recorded" in desk.run("sync").out
    assert [call for call in desk.side.calls if call.verb is Verb.UPDATE] == []
    assert desk.record("credit")["purpose"] == NEW


def test_a_deleted_record_is_not_told_from_a_hidden_one(agreed_desk: Callable[..., Desk]) -> None:
    desk = agreed_desk("logicgate")
    desk.officer.delete(desk.record("credit")["id"])
    said = desk.run("sync", expect=3)
    assert "it was deleted, or is hidden from the token's user" in said.out
    assert "grc_blocked" not in desk.tags("credit")
    assert "set sees_all: true" in desk.run("check").out
    desk.section = {"sees_all": True}
    desk.write()
    assert "lost its record" in desk.run("sync", expect=3).out
    assert "gone from the GRC" in desk.tags("credit")["grc_blocked"]
