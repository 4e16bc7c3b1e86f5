"""Comments of issues, each of ours appended once.

A journal column takes text and reads as nothing. That a comment stands is told by the journal's own table, or, for an
account that may not read it, by a column of the issue in which the connector marks what it posted, in the same request
as the comment. Where neither tells, nothing is posted: it could not be known whether it was before.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from urllib.parse import quote, unquote

from adapters.servicenow.api import Row, TableApi, write_params
from adapters.servicenow.options import Comments
from adapters.servicenow.people import People
from adapters.servicenow.query import all_of, equals, is_sys_id, ordered
from adapters.servicenow.reading import Reader
from adapters.servicenow.sending import Request, Sender
from adapters.servicenow.values import iso, raw
from connector.model.errors import AccessDenied, MlflowGrcError, OutcomeUnknown, Rejected
from connector.model.grc import Comment

JOURNAL = "sys_journal_field"
_MARK = re.compile(r"\[mlflow-grc:([^\]\s]+)\]\s?")
_PAGE = 500


class Commenter:
    """The comments of one instance's issues."""

    def __init__(self, api: TableApi, reader: Reader, spec: Comments, sender: Sender, people: People) -> None:
        self._api, self._reader, self._spec = api, reader, spec
        self._sender, self._people = sender, people
        self._lock = threading.Lock()
        self._readable = False

    def list(self, issue_id: str) -> Sequence[Comment]:
        """The comments, oldest first; where the journal is not read, those that the connector marked, without text.
        Raises AccessDenied where it cannot be told.
        """
        if not is_sys_id(issue_id):
            raise Rejected(f"{issue_id[:40]!r} is the id of no issue.", remedy="it is listed again in the next run.")
        if self._spec.token_field is not None:
            tokens = self._marked(issue_id, self._spec.token_field)
            return [Comment(id=f"{issue_id}/{token}", text="", token=token) for token in tokens]
        return [self._comment(row) for row in self._entries(issue_id)]

    def post(self, issue_id: str, text: str, token: str) -> Comment:
        """Append unless a comment carries the token already; the comment as the platform shows it."""
        found = self._with_token(issue_id, token)
        if found is not None:
            return found
        body = {self._spec.field: mark(text, token)}
        if self._spec.token_field is not None:
            body[self._spec.token_field] = self._tokens_with(issue_id, self._spec.token_field, token)
        elif not self._is_readable():
            raise _untold(f"{JOURNAL} shows this account nothing of what it holds")
        path = self._api.path(self._reader.table, issue_id)
        columns = ("sys_id", *([self._spec.token_field] if self._spec.token_field else ()))
        (answer,) = self._sender.send([Request("PATCH", path, write_params(columns), body)])
        if isinstance(answer, MlflowGrcError):
            raise answer
        found = self._with_token(issue_id, token)
        if found is None:
            raise OutcomeUnknown(
                f"A comment on issue {issue_id} was accepted, and nothing shows that it stands.",
                remedy=f"it is looked for in the next run; let the account write {' and '.join(body)} of the issue.",
            )
        return found

    def _with_token(self, issue_id: str, token: str) -> Comment | None:
        return next((comment for comment in self.list(issue_id) if comment.token == token), None)

    def _entries(self, issue_id: str) -> Sequence[Row]:
        """The journal's entries. Raises AccessDenied where some are not shown."""
        query = all_of(equals("element_id", issue_id), equals("element", self._spec.field))
        fields = ("sys_id", "value", "sys_created_by", "sys_created_on")
        rows: list[Row] = []
        while True:
            page = self._api.rows(
                JOURNAL, ordered(query, "sys_created_on", "sys_id"), fields, limit=_PAGE, offset=len(rows)
            )
            rows += page.rows
            if page.total is None or len(rows) >= page.total:
                break
            if not page.rows:
                raise _untold(f"{page.total - len(rows)} of {page.total} entries of issue {issue_id} are hidden")
        self._readable = self._readable or bool(rows)
        return rows

    def _is_readable(self) -> bool:
        """Whether the journal's table shows this account what it holds. Asked once."""
        with self._lock:
            if not self._readable:
                page = self._api.rows(JOURNAL, ordered(equals("element", self._spec.field)), ("sys_id",), limit=20)
                self._readable = bool(page.rows) or page.total == 0
            return self._readable

    def _comment(self, row: Row) -> Comment:
        text = str(raw(row.get("value")) or "").replace("\r\n", "\n")
        found = _MARK.search(text)
        author = raw(row.get("sys_created_by"))
        self._people.learn(user_names=[str(author or "")])
        at = raw(row.get("sys_created_on"))
        return Comment(
            id=str(row.get("sys_id")),
            text=_MARK.sub("", text, count=1) if found else text,
            author=self._people.known_as(author),
            at=iso(str(at)) or at,
            token=unquote(found[1]) if found else None,
        )

    def _marked(self, issue_id: str, column: str) -> Sequence[str]:
        row = self._api.row(self._reader.table, issue_id, ("sys_id", column))
        if column not in row:
            raise _untold(f"the issue came without {column}")
        return [unquote(token) for token in str(raw(row[column]) or "").split()]

    def _tokens_with(self, issue_id: str, column: str, token: str) -> str:
        """The marks with one more; the oldest go where the column is full."""
        marks = [*map(_quoted, self._marked(issue_id, column)), _quoted(token)]
        while len(marks) > 1 and len(" ".join(marks)) > self._spec.token_field_length:
            marks.pop(0)
        return " ".join(marks)


def mark(text: str, token: str) -> str:
    """The text with the connector's mark before it, where no server that cuts long texts cuts it."""
    return f"[mlflow-grc:{_quoted(token)}] {text}"


def _quoted(token: str) -> str:
    return quote(token, safe=":")


def _untold(what: str) -> AccessDenied:
    return AccessDenied(
        f"Whether a comment stands cannot be told: {what}. Nothing is posted.",
        remedy=f"let the account read {JOURNAL}, or declare comments.token_field in the mapping's servicenow section.",
    )
