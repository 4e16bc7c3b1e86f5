"""Each row of Archer's error table in a whole cycle: what the engine does, and what the admin reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.platforms.ailing import at_credit, both, fault, midway, registers, section, spent
from tests.platforms.desk import Desk
from tests.platforms.rows import NEWCOMER, NEWER, OTHER, Ail, Row, Then, people_edit, play
from tests.simulators.base import Verb


def service(**changes: Any) -> Ail:
    """The connector's account is another by now."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        account = desk.simulator.service
        patch.setitem(desk.simulator.tenant.accounts, account.id, replace(account, **changes))

    return ail


def locked(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(desk.simulator.sessions._locked, desk.simulator.service.id, datetime.now(UTC))


def evicted(desk: Desk, _: pytest.MonkeyPatch) -> None:
    """Somebody logged in with the same account."""
    desk.simulator.sessions.end_all()


def soap(name: str, value: int) -> Ail:
    return lambda desk, patch: patch.setattr(desk.simulator.soap, name, value)


def hidden(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """A record permission hides one record from the account."""
    mine = (desk.simulator.service.id, int(desk.record("credit")["id"]))
    patch.setattr(desk.simulator.content, "denied", {*desk.simulator.content.denied, mine})


def purpose(**changes: Any) -> Ail:
    """The field is configured otherwise."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        tenant = desk.simulator.tenant
        patch.setattr(tenant, "applications", tenant.applications)
        tenant.change_field(tenant.named("models", "purpose").id, **changes)

    return ail


def other_required(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """A field that nobody fills in at the start is required by now."""
    tenant = desk.simulator.tenant
    patch.setattr(tenant, "applications", tenant.applications)
    tenant.change_field(tenant.named("models", "tier_override_reason").id, required=True)


def reads_only(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The account may read the application and no more."""
    level = desk.simulator.tenant.level(desk.simulator.content.get(int(desk.record("credit")["id"])).level)
    service(reads_only=frozenset({level.module}))(desk, patch)


def moved(desk: Desk, _: pytest.MonkeyPatch) -> None:
    """A migration gave the record another id."""
    desk.side.reid(desk.record("credit")["id"])


def emptied(desk: Desk, _: pytest.MonkeyPatch) -> None:
    desk.author.delete_tag("credit", "purpose")


def lengthened(desk: Desk, _: pytest.MonkeyPatch) -> None:
    desk.author.set_tag("credit", "purpose", "Leasing of cars. " * 20)


def logins(number: int) -> Callable[[Desk], bool]:
    """How often the connector logged in."""
    return lambda desk: desk.side.requests.count("POST", "*/core/security/login") == number


SMALL_PAGES = section(search={"page_size": 4, "least_page_size": 1})
ROWS: dict[str, Row] = {
    "bad credentials, with 200": Row(
        service(password="another"),
        Then.STOPS,
        ("was refused: ValidationMessageTemplates:LoginNotValid", "active and not locked", "sent once"),
        ("LoginNotValid", "check user name, password, instance and domain"),
        ("LoginNotValid",),
        happened=logins(1),
    ),
    "a locked account": Row(locked, Then.STOPS, ("LoginNotValid",), ("not locked",), ("LoginNotValid",), logins(1)),
    "an instance that is none": Row(
        lambda desk, patch: patch.setattr(desk.simulator.tenant, "instance", "Elsewhere"),
        Then.STOPS,
        ("at instance BankGRC was refused", "check user name, password, instance and domain"),
        ("at instance BankGRC was refused",),
        ("at instance BankGRC was refused",),
        logins(1),
    ),
    "evicted at a write (401)": Row(midway(evicted, Verb.UPDATE), Then.FLOWS, happened=logins(2)),
    "evicted at a read by id (401)": Row(midway(evicted, Verb.GET), Then.FLOWS, happened=logins(2)),
    "evicted at a search (500)": Row(midway(evicted, Verb.LIST), Then.FLOWS, happened=logins(2)),
    "evicted at a search (200)": Row(
        both(soap("session_fault", 200), midway(evicted, Verb.LIST)), Then.FLOWS, happened=logins(2)
    ),
    "evicted again and again": Row(
        midway(evicted, again=True),
        Then.STOPS,
        ("session of the account svc_mlflow_grc", "an account of its own"),
        ("an account of its own",),
        ("session of the account",),
        happened=logins(2),
    ),
    "an invisible record": Row(
        both(section(sees_all=False), hidden), Then.HOLDS_BACK, ("record unknown", "nothing is concluded from that")
    ),
    "a required field, with 200": Row(
        both(purpose(required=True), emptied),
        Then.SETS_ASIDE,
        ("The Intended Use field is a required field.", "Intended Use"),
    ),
    "a required field of a new record, with 400": Row(
        both(registers, other_required),
        Then.LEAVES_OUT,
        (
            NEWCOMER,
            "refused the new model (400): The Tier Override Reason field is a required field.",
            "give a value for Tier_Override_Reason",
        ),
    ),
    "an application that may not be written (403)": Row(
        reads_only, Then.HOLDS_BACK, ("purpose", "(403): Forbidden.", "update content of AI Model Inventory")
    ),
    "a text that is too long": Row(
        both(purpose(max_length=200), lengthened), Then.SETS_ASIDE, ("has a maximum length of 200 characters",)
    ),
    "a value that is ignored": Row(
        fault("ignore", field="purpose", count=None), Then.HOLDS_BACK, ("did not stick", "purpose")
    ),
    "403 to a PUT": Row(at_credit("status", status=403), Then.SETS_ASIDE, ("403", "AI Model Inventory")),
    "a framework's error with 400": Row(at_credit("status", status=400), Then.SETS_ASIDE, ("400",)),
    "a framework's error with 500": Row(at_credit("status", status=500), Then.FAILS_ALONE, ("500", "looked up")),
    "a framework's error once it is written": Row(
        at_credit("status", status=500, when="after"), Then.FLOWS, happened=spent
    ),
    "a page for people, to a write": Row(at_credit("html"), Then.FAILS_ALONE, ("HTML", "looked up")),
    "a page for people, to a login": Row(
        fault("html", method="login", count=None), Then.STOPS, ("HTML", "sign-on page"), ("HTML",), ("HTML",)
    ),
    "an address that is none": Row(
        section(prefix="nowhere/api"), Then.STOPS, ("nowhere/api", "HTML"), ("HTML",), ("HTML",)
    ),
    "REST below no prefix": Row(
        lambda desk, patch: patch.setattr(desk.simulator, "prefixes", ()), Then.STOPS, ("prefix",), ("prefix",)
    ),
    "503 to a login": Row(
        fault("status", status=503, method="login", count=None), Then.STOPS, ("503",), ("503",), ("503",)
    ),
    "a page that is too large": Row(
        both(SMALL_PAGES, soap("capacity", 2)), Then.FLOWS, happened=lambda desk: desk.side.requests.count("POST") > 10
    ),
    "the smallest page is too large": Row(
        both(SMALL_PAGES, soap("capacity", 0)),
        Then.HOLDS_BACK,
        ("OutOfMemoryException", "lower search.page_size"),
        ("OutOfMemoryException", "lower search.page_size"),
        ("incomplete listing",),
    ),
    "a count that is wrong, once": Row(
        fault("lying_total", amount=3, method="list", path="models"), Then.FLOWS, happened=spent
    ),
    "a count that is wrong, for good": Row(
        fault("lying_total", amount=3, method="list", path="models", count=None),
        Then.HOLDS_BACK,
        ("did not come to a proved end",),
        (),
        ("incomplete listing",),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row(name: str, agreed_desk: Callable[..., Desk]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        play(agreed_desk("archer", section={"sees_all": True}), ROWS[name], patch)


def test_403_to_a_put_of_an_id_that_is_none(agreed_desk: Callable[..., Desk]) -> None:
    """The record got another id between the read and the write: it is refused, found by its key, and linked anew."""
    desk = agreed_desk("archer", section={"sees_all": True})
    people_edit(desk)
    with pytest.MonkeyPatch.context() as patch:
        midway(moved, Verb.UPDATE, path=f"models/{desk.record('credit')['id']}")(desk, patch)
        said = desk.run("sync", expect=3)
    assert "(403): Forbidden." in said.out
    assert "check that the record is still there" in said.out.casefold()
    desk.side.calm()
    desk.run("sync", expect=3)
    assert desk.tags("credit")["grc_record_id"] == desk.record("credit")["id"]
    desk.author.set_tag("credit", "purpose", NEWER)
    desk.run("sync")
    assert (desk.record("credit")["purpose"], desk.record("fraud")["purpose"]) == (NEWER, OTHER)
