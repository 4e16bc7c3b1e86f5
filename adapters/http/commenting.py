"""Comments of issues, each of ours posted once.

No platform takes a token with a comment, so it stands in the text, as a short mark a person can see. It stands first,
so that a server that cuts long texts does not cut the mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from adapters.http.listing import Listing
from adapters.http.shape import wrapped
from adapters.http.templates import fill_path, path_values
from adapters.http.writing_options import CommentsSpec
from adapters.httpclient import ErrorRule, HttpClient
from adapters.httpclient.path import put, search
from connector.model.errors import IncompleteSnapshot, OutcomeUnknown, Retriable
from connector.model.grc import Comment, Json

_MARK = re.compile(r"\[mlflow-grc:([^\]\s]+)\]\s?")


class Commenter:
    """The comments of the issue resource; ``nested``: issues stand below other records."""

    def __init__(
        self, client: HttpClient, spec: CommentsSpec, rules: Sequence[ErrorRule], *, nested: bool = False
    ) -> None:
        self._client, self._spec, self._rules, self._nested = client, spec, rules, nested

    def list(self, issue_id: str) -> Sequence[Comment]:
        """All comments, oldest first where the platform tells times. Raises Retriable when they cannot all be read."""
        path = fill_path(self._spec.list.path, **path_values(issue_id, nested=self._nested))
        listing = Listing(
            self._client, self._spec.list, path, self._ident, self._rules, of_one=True, key="comments.list"
        )
        try:
            comments = [self._comment(row) for row in listing.rows()]
        except IncompleteSnapshot as error:
            failed = Retriable(error.message, remedy=error.remedy)
        else:
            return sorted(comments, key=lambda one: one.at or "") if all(one.at for one in comments) else comments
        raise failed

    def post(self, issue_id: str, text: str, token: str) -> Comment:
        """Post unless a comment carries the token already; the comment as the platform shows it."""
        found = self._with_token(issue_id, token)
        if found is not None:
            return found
        spec = self._spec.create
        body: dict[str, Json] = {}
        for path, value in {**spec.static, spec.text: mark(text, token)}.items():
            put(body, path, value)
        path = fill_path(spec.path, **path_values(issue_id, nested=self._nested))
        self._client.request(
            spec.method, path, json=wrapped(body, spec.wrapper), safe=False, expect="any", error_rules=self._rules
        )
        found = self._with_token(issue_id, token)
        if found is None:
            raise OutcomeUnknown(
                f"A comment on issue {issue_id} was accepted, but is not among its comments.",
                remedy="it is looked for in the next run; check that the account may read comments.",
            )
        return found

    def _with_token(self, issue_id: str, token: str) -> Comment | None:
        return next((comment for comment in self.list(issue_id) if comment.token == token), None)

    def _ident(self, row: Json) -> str | None:
        found = search(self._spec.list.id, row)
        return None if found is None else str(found)

    def _comment(self, row: Json) -> Comment:
        spec = self._spec.list
        text = str(search(spec.text, row) or "")
        found = _MARK.search(text)
        return Comment(
            id=self._ident(row) or "",
            text=_MARK.sub("", text, count=1) if found else text,
            author=_plain(search(spec.author, row)) if spec.author else None,
            at=_plain(search(spec.at, row)) if spec.at else None,
            token=unquote(found[1]) if found else None,
        )


def mark(text: str, token: str) -> str:
    """The text with the connector's mark before it."""
    return f"[mlflow-grc:{quote(token, safe=':')}] {text}"


def _plain(value: Json) -> str | None:
    return str(value) if value is not None and not isinstance(value, dict | list) else None
