"""A person at work in the tenant itself, in the mock GRC's vocabulary: never through HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from connector.mock import rules
from connector.mock.catalog import APPROVALS, CLOSED, ISSUES, MODELS, OPEN, VERSIONS
from connector.mock.users import STAFF
from tests.simulators.logicgate.discussion import entries, written
from tests.simulators.logicgate.schema import Account, Workflow
from tests.simulators.logicgate.store import Record, Store
from tests.simulators.logicgate.words import DISCUSSION, WORDS, Translator, iso
from tests.simulators.logicgate.writing import defaults

Row: TypeAlias = dict[str, Any]


class Refused(Exception):
    """What the form does not take."""


class Person:
    """Acts as one account. Every method is one step that no request comes between."""

    def __init__(self, store: Store, accounts: Mapping[str, Account], account: Account) -> None:
        self.account = account
        self.user = next(user for user in STAFF if user.email == account.email)
        self._store, self._accounts = store, accounts
        self._words = Translator(store, accounts)

    def record(self, record_id: str) -> Row:
        """One record; raises Refused."""
        with self._store.lock:
            return self._words.row(self._found(record_id))

    def records(self, kind: str, **filters: Any) -> list[Row]:
        """The records of a kind whose fields equal the filters, in the order of their creation."""
        if kind == "users":
            users = [{"id": one.id, "email": one.email, "name": one.name} for one in self._accounts.values()]
            return [one for one in users if all(one[name] == value for name, value in filters.items())]
        workflow = self._store.application.by_kind(kind)
        with self._store.lock:
            rows = [self._words.row(one) for one in self._store.of(workflow.id)]
        return [one for one in rows if all(one[name] == value for name, value in filters.items())]

    def create(self, kind: str, **fields: Any) -> Row:
        """Add a record."""
        workflow = self._store.application.by_kind(kind)
        with self._store.lock:
            if kind == ISSUES:
                fields = {**self._initial(workflow, fields), **fields}
            values = {**defaults(self._store, workflow), **self.native(workflow, fields)}
            made = self._store.create(workflow, values, self.account.id)
            return self._words.row(made)

    def patch(self, record_id: str, **fields: Any) -> Row:
        """Change fields; None empties one."""
        with self._store.lock:
            record = self._found(record_id)
            workflow = self._store.workflow(record)
            if workflow.kind == ISSUES and "state" in fields:
                fields = {**self._closing(self.record(record_id)["state"], fields["state"]), **fields}
            record = self._store.update(record_id, self.native(workflow, fields), self.account.id)
            return self._words.row(record)

    def decide(self, record_id: str, decision: str, **details: Any) -> Row:
        """Decide on a version's record, or on a model's for its governed version; leaves an approval step too."""
        label = rules.decision_label(decision)
        with self._store.lock:
            kind = self._store.workflow(self._found(record_id)).kind
            if kind not in (MODELS, VERSIONS):
                raise Refused(f"{record_id} is neither a version nor a model.")
            row, now = self.record(record_id), iso(self._store.now())
            step = rules.step(row, label, self.user, now, details)
            self.create(APPROVALS, **{"version" if kind == VERSIONS else "model": record_id}, **step)
            chain = [*row["approval_chain"], {part: step[part] for part in rules.STEP_PARTS}]
            return self.patch(record_id, **rules.decided(row, label, self.user, now, details), approval_chain=chain)

    def raise_issue(
        self, title: str, *, severity: str = "High", model: str | None = None, version: str | None = None, **fields: Any
    ) -> Row:
        """Open an issue on a model, or on one version and its model, and link the records."""
        with self._store.lock:
            if model is None and version is not None:
                model = self.record(version)["model"]
            row = self.create(ISSUES, title=title, severity=severity, model=model, version=version, **fields)
            for parent in (model, version):
                if parent is not None:
                    self._store.link(parent, row["id"], self.account.id)
            return row

    def close_issue(self, issue_id: str) -> Row:
        """Close an issue."""
        return self.patch(issue_id, state=CLOSED)

    def reopen_issue(self, issue_id: str) -> Row:
        """Open a closed issue again; raises Refused for another."""
        if self.record(issue_id)["state"] != CLOSED:
            raise Refused(f"{issue_id} is not closed.")
        return self.patch(issue_id, state=OPEN)

    def comment(self, issue_id: str, text: str) -> Mapping[str, Any]:
        """Write a line of one's own into the discussion of an issue."""
        with self._store.lock:
            record, key = self._discussion(issue_id)
            at = datetime.fromtimestamp(self._store.now() / 1000, UTC)
            before = str(record.values.get(key) or "")
            self._store.update(issue_id, {key: written(before, text, self.account.email, at)}, self.account.id)
            return self.comments(issue_id)[-1]

    def comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        """The entries of the discussion, oldest first."""
        with self._store.lock:
            record, key = self._discussion(issue_id)
            return entries(str(record.values.get(key) or ""))

    def delete(self, record_id: str) -> None:
        """Delete a record for good."""
        with self._store.lock:
            self._store.delete(self._found(record_id).id, self.account.id)

    def _discussion(self, issue_id: str) -> tuple[Record, str]:
        record = self._found(issue_id)
        workflow = self._store.workflow(record)
        if workflow.kind != ISSUES:
            raise Refused(f"{issue_id} is no issue.")
        return record, workflow.fields[DISCUSSION].id

    def _found(self, record_id: str) -> Record:
        record = self._store.record(record_id)
        if record is None:
            raise Refused(f"There is no record {record_id}.")
        return record

    def native(self, workflow: Workflow, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored for the mock's words. Raises Refused."""
        unknown = set(fields) - set(WORDS[workflow.kind])
        if unknown:
            raise Refused(f"{', '.join(sorted(unknown))}: no such field.")
        try:
            return self._words.native(workflow, fields)
        except (KeyError, ValueError, TypeError) as error:
            raise Refused(str(error)) from error

    def _initial(self, workflow: Workflow, fields: Mapping[str, Any]) -> dict[str, Any]:
        """An issue's number is made by a calculation of the tenant's own in life."""
        number = f"Issue-{len(self._store.of(workflow.id)) + 1}"
        return {
            "number": number,
            "state": OPEN,
            "opened": iso(self._store.now()),
            **self._closing(None, fields.get("state")),
        }

    def _closing(self, old: Any, new: Any) -> dict[str, Any]:
        if (new == CLOSED) == (old == CLOSED):
            return {}
        return {"closed": iso(self._store.now()) if new == CLOSED else None}
