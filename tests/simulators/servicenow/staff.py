"""Who has an account on the tenant, and what its admin lays down for the connector's."""

from __future__ import annotations

from dataclasses import dataclass

from connector.mock.users import STAFF, Role
from tests.simulators.servicenow.access import Access, BusinessRule, Rules
from tests.simulators.servicenow.store import Row, Store
from tests.simulators.servicenow.tenant import MODELS, USERS, VERSIONS

CONNECTOR = "mlflow.connector"
ADMIN = "admin"
_DECIDED = ("u_approved_by", "u_approval_date", "u_approval_expiry", "u_conditions", "u_approval_chain")
_ASKED = ("", "not_submitted", "pending")
_RULE = "4f1d3c7a9b2e4d5f8a6b0c1d2e3f4a5b"


@dataclass(frozen=True)
class Person:
    """An account: ``user_name`` signs in, ``email`` is what the bank's other systems know."""

    user_name: str
    email: str
    name: str
    title: str


def people() -> list[Person]:
    """Everybody, the connector's own account first."""
    return [
        Person(
            {Role.CONNECTOR: CONNECTOR, Role.ADMIN: ADMIN}.get(user.role, user.email.partition("@")[0]),
            user.email,
            user.name,
            str(user.role),
        )
        for user in STAFF
    ]


def hire(store: Store) -> None:
    """Give everybody an account."""
    for person in people():
        values = {"user_name": person.user_name, "email": person.email, "name": person.name, "title": person.title}
        store.create(USERS, {**values, "active": "true"}, ADMIN)


def least_privilege() -> Access:
    """What the connector's roles allow: no data dictionary, no new users, no decisions, nothing deleted."""
    return Access(
        hidden_tables={"sys_dictionary", "sys_choice"},
        no_inserts={USERS, "sysapproval_approver", "sys_journal_field"},
        fixed_columns={(table, column) for table in (MODELS, VERSIONS) for column in _DECIDED},
        no_deletes=True,
        locks=lambda table, _row: table in (USERS, "sysapproval_approver", "sys_journal_field"),
    )


def lay_down(rules: Rules) -> None:
    """The tenant's business rules and data policies: a service account submits and withdraws, it never decides."""
    for table in (MODELS, VERSIONS):
        rules.business.append(BusinessRule("Decisions are taken by people", _RULE, table, _decides))
    rules.mandatory[VERSIONS] = ("u_model", "u_version")


def _decides(user: str, before: Row | None, after: Row) -> str | None:
    old = before["u_approval_status"] if before else ""
    if user != CONNECTOR or after["u_approval_status"] in (old, *_ASKED):
        return None
    return "A service account may submit or withdraw; a person decides."
