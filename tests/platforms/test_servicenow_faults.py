"""Each row of ServiceNow's error table in a whole cycle: what the engine does, and what the admin reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.platforms.ailing import (
    at_credit,
    both,
    fault,
    mapping,
    midway,
    registers,
    section,
    spent,
    tier_put_back,
    tier_raised,
)
from tests.platforms.desk import Desk
from tests.platforms.rows import NEW, NEWCOMER, Ail, Row, Then, play
from tests.simulators.base import Verb
from tests.simulators.servicenow.access import BusinessRule
from tests.simulators.servicenow.manners import Cancelled, Misspelt, Quota, RateRule
from tests.simulators.servicenow.staff import CONNECTOR
from tests.simulators.servicenow.store import Row as Kept
from tests.simulators.servicenow.tenant import MODELS, USERS

SYS_ID = "0123456789abcdef0123456789abcdef"
ENDLESS = 10**6
HALVED = ("the instance ran out of time",)


def manner(name: str, value: Any) -> Ail:
    """The instance behaves otherwise."""
    return lambda desk, patch: patch.setattr(desk.simulator.manners, name, value)


def access(name: str, value: Any) -> Ail:
    """The connector's account may less: what ``value`` names is added where it is a set."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        mine = desk.simulator.access[CONNECTOR]
        patch.setattr(mine, name, getattr(mine, name) | value if isinstance(value, set) else value)

    return ail


def is_credit(table: str, row: Kept) -> bool:
    return table == MODELS and row["u_registry_name"] == "credit"


def wrong_secret(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    application = desk.simulator.doors.applications[desk.simulator.client_id]
    patch.setattr(application, "secret", "another")


def account_closed(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    row = next(row for row in desk.simulator.store._rows[USERS].values() if row["user_name"] == CONNECTOR)
    patch.setitem(row, "active", "false")


def expired(desk: Desk, _: pytest.MonkeyPatch) -> None:
    desk.simulator.doors.expire()


def aborted(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    def why(user: str, _: Kept | None, after: Kept) -> str | None:
        return "Ask the model office." if user == CONNECTOR and after["u_registry_name"] == "credit" else None

    rule = BusinessRule("No direct edits", SYS_ID, MODELS, why)
    patch.setattr(desk.simulator.rules, "business", [*desk.simulator.rules.business, rule])


def policy(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(desk.simulator.rules.mandatory, MODELS, ("u_model_owner",))


def index_on_purpose(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    """The purpose of one model is another's by now, in a column that takes each value once."""
    patch.setattr(desk.simulator.store, "unique", {(MODELS, "u_purpose")})
    desk.side.import_values(desk.record("churn")["id"], purpose=NEW)
    desk.author.set_tag("churn", "purpose", NEW)


def quota(shape: Cancelled, rows: int = 2, status: int = 200) -> Ail:
    return manner("quota", Quota(rows, shape, status))


def wrong_table(desk: Desk, patch: pytest.MonkeyPatch) -> None:
    tables = desk.shipped()["servicenow"]["tables"]
    tables["model"]["table"] = "u_model_inventry"
    patch.setattr(desk, "section", {"tables": tables})


@mapping
def misspelt(shipped: dict[str, Any]) -> None:
    shipped["entities"]["model"]["fields"]["purpose"]["field"] = "u_purpse"


@mapping
def misspelt_key(shipped: dict[str, Any]) -> None:
    shipped["entities"]["model"]["identity"]["key"] = "u_external_kee"


@mapping
def choice_gone(shipped: dict[str, Any]) -> None:
    """A tier has a value that the column's choices do not have."""
    shipped["entities"]["model"]["fields"]["risk_classification"]["values"]["critical"] = "9"


def mlflow_stands(desk: Desk) -> None:
    """Under another column's name fields are met anew: both sides' values differ, and a person says which one holds."""
    desk.run("sync", expect=3)
    for name in ("credit", "fraud"):
        desk.run("conflicts", "resolve", name, "purpose", "--take", "mlflow")
    desk.run("sync")


ROWS: dict[str, Row] = {
    "no or bad credentials": Row(
        wrong_secret, Then.STOPS, ("401", "check the credentials"), ("401", "check the credentials"), ("401",)
    ),
    "the account is closed": Row(
        account_closed, Then.STOPS, ("401", "check the credentials"), ("401", "check the credentials"), ("401",)
    ),
    "an expired token": Row(
        midway(expired, Verb.UPDATE),
        Then.FLOWS,
        happened=lambda desk: desk.side.requests.count("POST", "/oauth_token.do") == 2,
    ),
    "an unknown table": Row(
        wrong_table,
        Then.HOLDS_BACK,
        ("Invalid table u_model_inventry", "correct the table's name"),
        ("Invalid table u_model_inventry", "correct the table's name"),
        ("incomplete listing",),
    ),
    "a missing or hidden record": Row(
        access("hides", is_credit), Then.HOLDS_BACK, ("hide it",), ("hidden by access rules",)
    ),
    "a closed table": Row(
        manner("closed_to_rest", {MODELS}),
        Then.STOPS,
        ("Failed API level ACL Validation", "Allow access to this table via web services"),
        ("Allow access to this table via web services",),
        ("Failed API level ACL Validation",),
    ),
    "a row rule": Row(
        access("locks", is_credit),
        Then.SETS_ASIDE,
        ("ACL Exception Update Failed due to security constraints", "create and write ACLs"),
    ),
    "a business rule": Row(
        aborted, Then.SETS_ASIDE, ("Ask the model office.", "the business rule 'No direct edits' of the instance")
    ),
    "a data policy": Row(policy, Then.SETS_ASIDE, ("are mandatory: Model owner", "map Model owner (the label")),
    "ranges may not be asked for": Row(
        both(access("no_ranges", {(MODELS, "sys_id")}), section(page_size=2)),
        Then.STOPS,
        ("do not have permission to be read", "paging: offset"),
        ("paging: offset",),
        ("do not have permission to be read",),
    ),
    "a unique index": Row(
        index_on_purpose, Then.SETS_ASIDE, ("Error during update", "a unique column holds the value in another record")
    ),
    "a rate rule, once": Row(
        fault("status", status=429, retry_after=0, method="update"), Then.FLOWS, happened=spent
    ),
    "a rate rule, for good": Row(
        manner("rate", RateRule(1)),
        Then.STOPS,
        ("rate limit rule 'mlflow-grc: Table API'", "lower http.rate_limit"),
        ("rate limit rule 'mlflow-grc: Table API'", "lower http.rate_limit"),
        ("429",),
    ),
    "semaphores taken, once": Row(
        manner("busy", 1), Then.FLOWS, happened=lambda desk: desk.simulator.manners.busy == 0
    ),
    "semaphores taken, for good": Row(
        manner("busy", ENDLESS),
        Then.STOPS,
        ("API semaphores were taken", "lower http.max_concurrency"),
        ("API semaphores were taken", "lower http.max_concurrency"),
        ("429",),
    ),
    "the quota: rows, then an error": Row(quota(Cancelled.ROWS_THEN_ERROR), Then.FLOWS, HALVED),
    "the quota: cut JSON": Row(quota(Cancelled.CUT), Then.FLOWS, HALVED),
    "the quota: an error alone": Row(quota(Cancelled.ERROR_ONLY), Then.FLOWS, HALVED),
    "the quota: an error that says so": Row(quota(Cancelled.ERROR_ONLY, status=500), Then.FLOWS, HALVED),
    "the quota, with a single row": Row(
        both(quota(Cancelled.ERROR_ONLY, 0), section(page_size=4)),
        Then.HOLDS_BACK,
        ("maximum execution time exceeded", "lower page_size", "could not be read"),
        ("maximum execution time exceeded",),
        ("incomplete listing",),
    ),
    "hibernating": Row(
        manner("shut", True),
        Then.STOPS,
        ("hibernating", "maintenance"),
        ("hibernating", "maintenance"),
        ("hibernating",),
    ),
    "hibernating from the middle on": Row(
        midway(manner("shut", True)),
        Then.STOPS,
        ("hibernating", "wake the instance"),
        ("hibernating",),
        ("hibernating",),
    ),
    "202 to a read": Row(
        fault("status", status=202, method="list", path="models"), Then.FLOWS, happened=spent
    ),
    "202 to a write": Row(
        at_credit("status", status=202),
        Then.FAILS_ALONE,
        ("was answered 202: the instance queued it and threw it away", "looked up before anything is sent again"),
    ),
    "202, and done all the same": Row(
        fault("status", status=202, method="update", when="after"), Then.FLOWS, happened=spent
    ),
    "a column that may not be written": Row(
        access("fixed_columns", {(MODELS, "u_purpose")}), Then.HOLDS_BACK, ("did not stick", "purpose")
    ),
    "a column that may not be read": Row(
        access("hidden_columns", {(MODELS, "u_purpose")}), Then.HOLDS_BACK, ("u_purpose",), ("u_purpose",)
    ),
    "a misspelt column": Row(
        misspelt,
        Then.HOLDS_BACK,
        ("purpose", "came with u_purpse, not even empty", "correct the column in the mapping"),
        ("no field 'u_purpse'", "did you mean 'u_purpose'?"),
        ("incomplete listing",),
        mend=mlflow_stands,
    ),
    "a misspelt key column, which finds every record": Row(
        both(misspelt_key, registers),
        Then.HOLDS_BACK,
        (NEWCOMER, "not created", "came with u_external_kee, not even empty", "correct the column in the mapping"),
        ("takes no notice of questions for u_external_kee", "correct the key's column"),
        ("incomplete listing",),
    ),
    "a misspelt key column, which may not be asked for": Row(
        both(manner("misspelt", Misspelt.REFUSED), misspelt_key, registers),
        Then.HOLDS_BACK,
        (NEWCOMER, "not created", "came with u_external_kee, not even empty"),
        ("refuses questions for u_external_kee", "correct the key's column"),
        ("incomplete listing",),
    ),
    "a choice that is none, dropped": Row(
        both(manner("keep_bad_choices", False), choice_gone, tier_raised),
        Then.HOLDS_BACK,
        ("did not stick", "risk_classification", "a list of choices may keep it from it"),
        mend=tier_put_back,
    ),
    "a batch that leaves items unserviced": Row(
        lambda desk, _: desk.simulator.manners.batch.unserviced.add(0),
        Then.FLOWS,
        happened=lambda desk: desk.side.requests.count("POST", "*/batch") == 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_a_row(name: str, agreed_desk: Callable[..., Desk]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        play(agreed_desk("servicenow"), ROWS[name], patch)
