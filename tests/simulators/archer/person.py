"""A person at work in the instance, in the mock GRC's vocabulary: the tenant's rules without its HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from connector.mock import rules
from connector.mock.catalog import APPROVALS, CLOSED, ISSUES, OPEN, VERSIONS
from connector.mock.queries import select
from connector.mock.users import Right, Role, User
from tests.simulators.archer import dates, richtext, words
from tests.simulators.archer.content import Content, Kept, Record
from tests.simulators.archer.schema import Account, Field, Level, Tenant, Type

Row: TypeAlias = dict[str, Any]


class Refused(Exception):
    """What the form, or the person's role, does not allow."""


class ArcherPerson:
    """Acts as one account. Every method is one step. Rows are copies of the moment."""

    def __init__(self, tenant: Tenant, content: Content, account: Account) -> None:
        self.account = account
        self._tenant, self._content = tenant, content

    def record(self, record_id: str) -> Row:
        """One record; raises Refused."""
        with self._content.lock:
            return words.row(self._tenant, self._content, self._found(record_id))

    def records(self, kind: str, **filters: str) -> list[Row]:
        """All records of a kind, in the order in which they were created, whose fields equal the filters."""
        with self._content.lock:
            if kind == "users":
                return select(kind, map(_user, self._tenant.accounts.values()), filters)
            found = self._content.of(self._tenant.level_of(kind).id)
            found.sort(key=lambda one: self._content.birth(one.id))
            return select(kind, [words.row(self._tenant, self._content, one) for one in found], filters)

    def create(self, kind: str, **fields: Any) -> Row:
        """Add a record."""
        self._may(Right(kind))
        with self._content.lock:
            level = self._tenant.level_of(kind)
            values = self._values(level, {**self._initial(kind), **fields})
            missing = [one.name for one in level.fields if one.required and values.get(one.id) is None]
            if missing:
                raise Refused(f"{', '.join(missing)} must be filled in.")
            made = self._content.add(level.id, values, self.account.id)
            return words.row(self._tenant, self._content, made)

    def patch(self, record_id: str, **fields: Any) -> Row:
        """Change fields; None empties one. What is equal already is no change."""
        with self._content.lock:
            record = self._found(record_id)
            level = self._level(record)
            self._may(Right(level.kind))
            if level.kind == ISSUES and "state" in fields:
                fields = {**self._closing(record, fields["state"]), **fields}
            self._save(record, level, self._values(level, fields))
            return self.record(record_id)

    def decide(self, record_id: str, decision: str, **details: Any) -> Row:
        """Decide on a version's record, or on a model's for its governed version."""
        self._may(Right.DECIDE)
        label = rules.decision_label(decision)
        with self._content.lock:
            record = self._found(record_id)
            level = self._level(record)
            if level.kind not in rules.DECIDED_KINDS:
                raise Refused(f"{record_id} is neither a version nor a model.")
            now, row, user = self._now(), self.record(record_id), self._user()
            step = rules.step(row, label, user, now, details)
            holder = {"version" if level.kind == VERSIONS else "model": record_id}
            steps = self._tenant.level_of(APPROVALS)
            self._content.add(steps.id, self._values(steps, {**holder, **step}), self.account.id)
            chain = [*row["approval_chain"], {part: step[part] for part in rules.STEP_PARTS}]
            fields = {**rules.decided(row, label, user, now, details), "approval_chain": chain}
            self._save(record, level, self._values(level, fields))
            return self.record(record_id)

    def raise_issue(
        self, title: str, *, severity: str = "High", model: str | None = None, version: str | None = None, **fields: Any
    ) -> Row:
        """Open an issue on a model, or on one version and its model."""
        if version is not None:
            model = model or self.record(version)["model"]
        return self.create(ISSUES, title=title, severity=severity, model=model, version=version, **fields)

    def close_issue(self, issue_id: str) -> Row:
        """Close an issue."""
        return self.patch(issue_id, state=CLOSED)

    def reopen_issue(self, issue_id: str) -> Row:
        """Open a closed issue again."""
        if self.record(issue_id)["state"] != CLOSED:
            raise Refused(f"{issue_id} is not closed.")
        return self.patch(issue_id, state=OPEN)

    def comment(self, issue_id: str, text: str) -> Mapping[str, Any]:
        """Add an entry to the comments of an issue."""
        self._may(Right.COMMENTS)
        with self._content.lock:
            issue = self._issue(issue_id)
            one = self._comments_field()
            assert one.to_level is not None
            level = self._tenant.level(one.to_level)
            assert level is not None
            said = next(each for each in level.fields if each.type is Type.TEXT)
            entry = self._content.add(level.id, {said.id: richtext.typed(text)}, self.account.id)
            self._content.change(issue.id, {one.id: [*(issue.value(one) or []), entry.id]}, self.account.id)
            return self.comments(issue_id)[-1]

    def comments(self, issue_id: str) -> list[Mapping[str, Any]]:
        """The comments of an issue, oldest first."""
        with self._content.lock:
            entries = map(self._content.get, self._issue(issue_id).value(self._comments_field()) or [])
            return [self._comment(entry) for entry in entries if entry is not None]

    def delete(self, record_id: str) -> None:
        """Delete a record for good."""
        self._may(Right.DELETE)
        with self._content.lock:
            self._content.delete(self._found(record_id).id, self.account.id)

    def _comment(self, entry: Record) -> Mapping[str, Any]:
        said = next(one for one in self._level(entry).fields if one.type is Type.TEXT)
        author = self._tenant.accounts[entry.created_by].email
        text = richtext.seen(entry.value(said) or "")
        return {"id": str(entry.id), "text": text, "author": author, "at": dates.converted(entry.created)}

    def _save(self, record: Record, level: Level, values: Mapping[int, Kept]) -> None:
        """Store what differs as a person sees it: markup around the same text is no change."""
        by_id = {one.id: one for one in level.fields}
        changed = {
            number: new
            for number, new in values.items()
            if self._seen(level, by_id[number], record.value(by_id[number])) != self._seen(level, by_id[number], new)
        }
        if changed:
            self._content.change(record.id, changed, self.account.id)

    def _seen(self, level: Level, one: Field, kept: Kept) -> Any:
        return words.common(self._tenant, level, one, kept)

    def _values(self, level: Level, fields: Mapping[str, Any]) -> dict[int, Kept]:
        values = {}
        for name, value in fields.items():
            one = self._tenant.named(level.kind, name)
            kept = words.kept(self._tenant, self._content, level, one, value)
            if one.max_length and isinstance(kept, str) and one.type is Type.TEXT and len(kept) > one.max_length:
                raise Refused(f"{one.name} has {len(kept)} characters, {one.max_length} at most.")
            values[one.id] = kept
        return values

    def _initial(self, kind: str) -> dict[str, Any]:
        if kind == VERSIONS:
            return {"approval_status": "Not Submitted"}
        return {"state": OPEN, "opened": self._now()} if kind == ISSUES else {}

    def _closing(self, record: Record, state: str) -> dict[str, Any]:
        before = self.record(str(record.id))["state"]
        if (state == CLOSED) == (before == CLOSED):
            return {}
        return {"closed": self._now() if state == CLOSED else None}

    def _found(self, record_id: str) -> Record:
        found = self._content.get(int(record_id)) if str(record_id).isdigit() else None
        if found is None:
            raise Refused(f"There is no record {record_id}.")
        return found

    def _issue(self, issue_id: str) -> Record:
        found = self._found(issue_id)
        if self._level(found).kind != ISSUES:
            raise Refused(f"{issue_id} is not an issue.")
        return found

    def _level(self, record: Record) -> Level:
        level = self._tenant.level(record.level)
        assert level is not None
        return level

    def _comments_field(self) -> Field:
        return next(one for one in self._tenant.level_of(ISSUES).fields if one.type is Type.SUBFORM)

    def _user(self) -> User:
        return User(self.account.email, f"{self.account.first} {self.account.last}", Role(self.account.role))

    def _may(self, right: Right) -> None:
        if not self._user().may(right):
            raise Refused(f"{self.account.email} ({self.account.role}) has no right to: {right}.")

    def _now(self) -> str:
        return f"{self._content.now()}Z"


def _user(account: Account) -> Row:
    name = f"{account.first} {account.last}"
    row = {"id": str(account.id), "email": account.email, "name": name, "role": account.role}
    return {**row, "active": account.active}
