"""What users do in the GRC, whether over HTTP or in Python: rights, values, rules, then the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.mock import rules
from connector.mock.catalog import APPROVALS, ISSUES, VERSIONS
from connector.mock.checks import checked, require
from connector.mock.comments import Comment, Comments
from connector.mock.directory import Directory
from connector.mock.errors import Clash, Forbidden, NotFound, Stale
from connector.mock.schema import USERS, Json
from connector.mock.store import Row, Store
from connector.mock.users import ADMIN, Right, User


class Grc:
    """The platform behind its API. Every method takes the acting ``user`` and raises a GrcError where it refuses."""

    def __init__(self, store: Store, *, master: str) -> None:
        self.store = store
        self.directory = Directory(store, master=master)
        self._comments = Comments()

    def add_user(self, user: User, by: User = ADMIN) -> Row:
        """Add a person, who can then be named in user fields and has a token."""
        return self.create(USERS, {"email": user.email, "name": user.name, "role": str(user.role)}, by)

    def create(self, kind: str, values: Mapping[str, Any], user: User) -> Row:
        """Add a record."""
        _allow(user, Right(kind))
        with self.store.lock:
            given = checked(kind, values, self._resolve)
            stated = {name: value for name, value in given.items() if value is not None}
            full = {**rules.defaults(kind, stated, self.store.now()), **stated}
            require(kind, full)
            rules.refuse_decisions_by_service(user, full)
            if kind == USERS and self.directory.email(full["email"]):
                raise Clash(f"There is a user {full['email']} already.")
            if kind == ISSUES:
                full["number"] = f"FND-{self.store.next_number(kind)}"
            row = self.store.create(kind, full, user.email)
            if kind == APPROVALS:
                self._extend_chain(row, {}, user)
            return row

    def patch(self, record_id: str, values: Mapping[str, Any], user: User, revision: int | None = None) -> Row:
        """Change fields of a record; with ``revision`` only while the record has it (else Stale)."""
        with self.store.lock:
            kind = self.store.kind_of(record_id)
            _allow(user, Right(kind))
            row = self.store.row(record_id)
            _must_have(row, revision)
            given = checked(kind, values, self._resolve)
            rules.refuse_decisions_by_service(user, {name: new for name, new in given.items() if new != row[name]})
            full = rules.consequences(kind, row, given, self.store.now())
            return self.store.update(record_id, full, user.email)

    def decide(self, record_id: str, decision: str, user: User, *, revision: int | None = None, **details: Json) -> Row:
        """Decide on a version (or on a model, for its governed version): adds an approval step and sets what follows.
        ``details``: ``comment``, ``conditions`` (a text or several), ``expiry`` (a date), ``link``; with ``revision``
        only while the record has it (else Stale). Returns the record decided on.
        """
        _allow(user, Right.DECIDE)
        label = rules.decision_label(decision)
        with self.store.lock:
            kind = self.store.kind_of(record_id)
            if kind not in rules.DECIDED_KINDS:
                raise NotFound(f"{record_id} is neither a version nor a model.")
            row, now = self.store.row(record_id), self.store.now()
            _must_have(row, revision)
            fields = checked(kind, rules.decided(row, label, user, now, details), self._resolve)
            step = {"version" if kind == VERSIONS else "model": record_id, **rules.step(row, label, user, now, details)}
            added = self.store.create(APPROVALS, checked(APPROVALS, step, self._resolve), user.email)
            return self._extend_chain(added, fields, user)

    def comments(self, issue_id: str) -> list[Comment]:
        """The comments of an issue, oldest first."""
        with self.store.lock:
            self._must_be_issue(issue_id)
            return self._comments.of(issue_id)

    def comment(self, issue_id: str, text: str, user: User) -> Comment:
        """Add a comment to an issue."""
        _allow(user, Right.COMMENTS)
        with self.store.lock:
            self._must_be_issue(issue_id)
            added = self._comments.add(issue_id, text, user.email, self.store.now())
            self.store.on_change()
            return added

    def delete(self, record_id: str, user: User) -> None:
        """Remove a record; the API offers this to administrators only."""
        _allow(user, Right.DELETE)
        self.store.delete(record_id, user.email)

    def reid(self, record_id: str, user: User, new_id: str | None = None) -> Row:
        """Give a record another id; references and comments follow."""
        _allow(user, Right.ADMIN)
        with self.store.lock:
            row = self.store.reid(record_id, user.email, new_id)
            self._comments.move(record_id, row["id"])
            return row

    def touch(self, record_id: str, user: User) -> Row:
        """Bump a record's revision and time stamp without changing it."""
        _allow(user, Right.ADMIN)
        return self.store.touch(record_id, user.email)

    def dump(self) -> dict[str, Any]:
        """Everything as JSON values."""
        with self.store.lock:
            return {**self.store.dump(), "comments": self._comments.dump()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what :meth:`dump` gave."""
        with self.store.lock:
            self._comments.load(data["comments"])
            self.store.load(data)

    def _resolve(self, kind: str, text: str) -> str | None:
        if kind == USERS:
            return self.directory.email(text)
        try:
            return text if self.store.kind_of(text) == kind else None
        except NotFound:
            return None

    def _must_be_issue(self, record_id: str) -> None:
        if self.store.kind_of(record_id) != ISSUES:
            raise NotFound(f"{record_id} is not an issue.")

    def _extend_chain(self, step: Row, fields: Mapping[str, Any], user: User) -> Row:
        holder = self.store.row(step["version"] or step["model"])
        chain = [*holder["approval_chain"], {part: step[part] for part in rules.STEP_PARTS}]
        return self.store.update(holder["id"], {**fields, "approval_chain": chain}, user.email)


def _must_have(row: Row, revision: int | None) -> None:
    if revision is not None and revision != row["revision"]:
        raise Stale(f"{row['id']} has revision {row['revision']}, not {revision}.")


def _allow(user: User, right: Right) -> None:
    if not user.may(right):
        raise Forbidden(f"{user.email} ({user.role}) has no right to: {right}.")
