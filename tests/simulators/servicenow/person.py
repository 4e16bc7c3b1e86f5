"""A person at work in the tenant itself, in the mock GRC's vocabulary: never through HTTP."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeAlias

from connector.mock import rules
from connector.mock.catalog import CLOSED, ISSUES, OPEN, VERSIONS
from connector.mock.errors import Clash, Invalid, NotFound
from connector.mock.users import User
from tests.simulators.servicenow import tenant
from tests.simulators.servicenow.dictionary import Type
from tests.simulators.servicenow.staff import Person as Account
from tests.simulators.servicenow.store import JOURNAL, Row, Store
from tests.simulators.servicenow.values import taken
from tests.simulators.servicenow.words import KINDS, TABLES, WORDS, native, told_row

Record: TypeAlias = dict[str, Any]
"""A record in the mock's vocabulary."""
_DECIDED_BY_WORKFLOW = {"rejected": "rejected", "expired": "cancelled", "withdrawn": "cancelled"}


class Person:
    """Acts as one user. Every method is one step that no request comes between, and raises a GrcError of the mock
    where a form of the platform would refuse.
    """

    def __init__(self, store: Store, user: User, account: Account, accounts: Mapping[str, Account]) -> None:
        self.user = user
        self._store, self._account, self._accounts = store, account, accounts

    def record(self, record_id: str) -> Record:
        """One record."""
        with self._store.lock:
            return self._told(*self._find(record_id))

    def records(self, kind: str, **filters: Any) -> list[Record]:
        """The records of a kind whose fields equal the filters, in the order of their creation."""
        with self._store.lock:
            told = [self._told(TABLES[kind], row) for row in self._store.rows(TABLES[kind])]
        return [one for one in told if all(one[name] == value for name, value in filters.items())]

    def create(self, kind: str, **fields: Any) -> Record:
        """Add a record."""
        table = TABLES[kind]
        with self._store.lock:
            now = self._store.now()
            stated = {name: value for name, value in fields.items() if value is not None}
            if kind == ISSUES:
                stated = {"state": OPEN, "opened": now, **_closing(stated.get("state"), None, now), **stated}
            row = self._store.create(table, self._checked(table, stated), self._account.user_name)
            return self._told(table, row)

    def patch(self, record_id: str, **fields: Any) -> Record:
        """Change fields; None empties one."""
        with self._store.lock:
            table, row = self._find(record_id)
            if table == tenant.ISSUES and "state" in fields:
                old = self._told(table, row)["state"]
                fields = {**_closing(fields["state"], old, self._store.now()), **fields}
            row = self._store.update(table, record_id, self._checked(table, fields), self._account.user_name)
            return self._told(table, row)

    def decide(self, record_id: str, decision: str, **details: Any) -> Record:
        """Decide on a version's record, or on a model's for its governed version; leaves an approver's row too."""
        label = rules.decision_label(decision)
        with self._store.lock:
            table, row = self._find(record_id)
            if table not in (tenant.MODELS, tenant.VERSIONS):
                raise NotFound(f"{record_id} is neither a version nor a model.")
            told, now = self._told(table, row), _iso(self._store.now())
            fields = rules.decided(told, label, self.user, now, details)
            step = rules.step(told, label, self.user, now, details)
            chain = [*told["approval_chain"], {part: step[part] for part in rules.STEP_PARTS}]
            self._leave_approval(table, record_id, step)
            values = self._checked(table, {**fields, "approval_chain": chain})
            return self._told(table, self._store.update(table, record_id, values, self._account.user_name))

    def raise_issue(
        self, title: str, *, severity: str = "High", model: str | None = None, version: str | None = None, **fields: Any
    ) -> Record:
        """Open an issue on a model, or on one version and its model."""
        with self._store.lock:
            if model is None and version is not None:
                model = self.record(version)["model"]
            return self.create(ISSUES, title=title, severity=severity, model=model, version=version, **fields)

    def close_issue(self, issue_id: str) -> Record:
        """Close an issue."""
        return self.patch(issue_id, state=CLOSED)

    def reopen_issue(self, issue_id: str) -> Record:
        """Open a closed issue again; raises Clash for another."""
        if self.record(issue_id)["state"] != CLOSED:
            raise Clash(f"{issue_id} is not closed.")
        return self.patch(issue_id, state=OPEN)

    def comment(self, issue_id: str, text: str) -> dict[str, str]:
        """Write a work note."""
        with self._store.lock:
            self._find(issue_id, tenant.ISSUES)
            self._store.update(tenant.ISSUES, issue_id, {"work_notes": text}, self._account.user_name)
            return self.comments(issue_id)[-1]

    def comments(self, issue_id: str) -> list[dict[str, str]]:
        """The work notes and comments of an issue, oldest first."""
        with self._store.lock:
            self._find(issue_id, tenant.ISSUES)
            entries = [row for row in self._store.rows(JOURNAL) if row["element_id"] == issue_id]
        return [
            {
                "id": row["sys_id"],
                "text": row["value"],
                "author": self._email(row["sys_created_by"]),
                "at": _iso(row["sys_created_on"]),
            }
            for row in entries
        ]

    def delete(self, record_id: str) -> None:
        """Delete a record for good."""
        with self._store.lock:
            table, _ = self._find(record_id)
            self._store.delete(table, record_id, self._account.user_name)

    def _find(self, record_id: str, only: str = "") -> tuple[str, Row]:
        for table in [only] if only else TABLES.values():
            row = self._store.row(table, record_id)
            if row is not None:
                return table, row
        raise NotFound(f"There is no record {record_id}.")

    def _told(self, table: str, row: Row) -> Record:
        extra: Record = {}
        if table == tenant.APPROVERS:
            kind = KINDS.get(row["source_table"])
            extra = {"model": None, "version": None, "name": self._name(row["approver"])}
            extra["version" if kind == VERSIONS else "model"] = row["document_id"] or None
        return copy.deepcopy(
            {
                "id": row["sys_id"],
                "revision": int(row["sys_mod_count"]) + 1,
                "created_at": _iso(row["sys_created_on"]),
                "created_by": self._email(row["sys_created_by"]),
                "updated_at": _iso(row["sys_updated_on"]),
                "updated_by": self._email(row["sys_updated_by"]),
                **told_row(self._store, table, row),
                **extra,
            }
        )

    def _checked(self, table: str, fields: Mapping[str, Any]) -> dict[str, str]:
        """The columns as a form takes them: unlike the API, it refuses what does not fit."""
        unknown = set(fields) - set(WORDS[table])
        if unknown:
            raise Invalid(dict.fromkeys(unknown, "is not a field"))
        try:
            values = native(self._store, table, fields)
        except KeyError as error:
            raise Invalid({"user": str(error)}) from None
        for name, text in values.items():
            column = self._store.tables[table].columns[name]
            if taken(column, text, keep_bad_choices=False) != text:
                raise Invalid({name: f"does not take {text[:60]!r}"})
            target = column.reference if column.type is Type.REFERENCE else ""
            if text and target and self._store.row(target, text) is None:
                raise Invalid({name: f"{text} is not in {target}"})
        return values

    def _leave_approval(self, table: str, record_id: str, step: Mapping[str, Any]) -> None:
        told = {name: step[name] for name in ("step", "role", "time", "decision", "comment", "link")}
        columns = native(self._store, tenant.APPROVERS, told)
        state = _DECIDED_BY_WORKFLOW.get(columns["u_decision"], "approved")
        approver = native(self._store, tenant.VERSIONS, {"validator": self.user.email})["u_validator"]
        about = {"approver": approver, "state": state, "document_id": record_id, "source_table": table}
        self._store.create(tenant.APPROVERS, {**columns, **about}, self._account.user_name)

    def _email(self, user_name: str) -> str:
        account = self._accounts.get(user_name)
        return account.email if account else user_name

    def _name(self, sys_id: str) -> str:
        row = self._store.row(tenant.USERS, sys_id)
        return row["name"] if row else ""


def _closing(new: Any, old: Any, now: str) -> dict[str, Any]:
    if (new == CLOSED) == (old == CLOSED):
        return {}
    return {"closed": now if new == CLOSED else None}


def _iso(text: str) -> str:
    return f"{text.replace(' ', 'T')}Z" if text else ""
