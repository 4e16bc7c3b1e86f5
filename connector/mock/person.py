"""A person at work in the GRC, for the demo and for tests: the rules and the history of the API without its HTTP."""

from __future__ import annotations

from copy import deepcopy

from connector.mock.catalog import CLOSED, ISSUES, OPEN
from connector.mock.comments import Comment
from connector.mock.errors import Clash
from connector.mock.queries import select
from connector.mock.schema import Json
from connector.mock.service import Grc
from connector.mock.store import Row
from connector.mock.users import User


class Person:
    """Acts as one user. Values are the GRC's own (``tier="1 - Critical"``); every method raises a GrcError where the
    GRC refuses. Rows that are returned are copies of the moment.
    """

    def __init__(self, grc: Grc, user: User) -> None:
        self.user = user
        self._grc = grc

    def record(self, record_id: str) -> Row:
        """One record."""
        return deepcopy(self._grc.store.row(record_id))

    def records(self, kind: str, **filters: str) -> list[Row]:
        """The records of ``models``, ``versions``, ``issues``, ``approvals`` or ``users``, ordered by id."""
        return deepcopy(select(kind, self._grc.store.rows(kind), filters))

    def create(self, kind: str, **fields: Json) -> Row:
        """Add a record."""
        return deepcopy(self._grc.create(kind, deepcopy(fields), self.user))

    def patch(self, record_id: str, **fields: Json) -> Row:
        """Change fields."""
        return deepcopy(self._grc.patch(record_id, deepcopy(fields), self.user))

    def decide(self, record_id: str, decision: str, **details: Json) -> Row:
        """Decide on a version: ``approved``, ``conditional``, ``provisional``, ``rejected``, ``expired``,
        ``withdrawn`` or the GRC's own label; ``comment``, ``conditions`` (a text or
        several), ``expiry`` (ISO date), ``link`` at will.
        """
        return deepcopy(self._grc.decide(record_id, decision, self.user, **details))

    def raise_issue(self, title: str, *, severity: str = "High", model: str | None = None, **fields: Json) -> Row:
        """Open an issue on a model, or on one ``version`` (record ids)."""
        version = fields.get("version")
        if model is None and version is not None:
            model = self.record(version)["model"]
        return self.create(ISSUES, title=title, severity=severity, model=model, **fields)

    def close_issue(self, issue_id: str) -> Row:
        """Close an issue."""
        return self.patch(issue_id, state=CLOSED)

    def reopen_issue(self, issue_id: str) -> Row:
        """Open a closed issue again; raises Clash for another."""
        if self.record(issue_id)["state"] != CLOSED:
            raise Clash(f"{issue_id} is not closed.")
        return self.patch(issue_id, state=OPEN)

    def comment(self, issue_id: str, text: str) -> Comment:
        """Comment on an issue."""
        return self._grc.comment(issue_id, text, self.user)

    def comments(self, issue_id: str) -> list[Comment]:
        """The comments of an issue, oldest first."""
        return self._grc.comments(issue_id)

    def delete(self, record_id: str) -> None:
        """Delete a record for good (risk officers and administrators)."""
        self._grc.delete(record_id, self.user)
