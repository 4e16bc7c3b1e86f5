"""Comments on issues, each of ours posted once, in a text field: LogicGate's API has none of its own.

An edit that a person makes in the moment between our read and our write is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from adapters.logicgate.layout import Layout
from adapters.logicgate.reading import Reader
from adapters.logicgate.writing import Writer
from connector.model.errors import AccessDenied, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Comment, Unreadable

_BLOCK = re.compile(
    r"^--- mlflow-grc (?P<at>\S+) (?P<token>\S+)\n(?P<text>.*?)\n--- end (?P=token)$", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"^(\\*)---", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(\\*---)", re.MULTILINE)


class Commenter:
    """Blocks of ours in one field, with what people write between them."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        layout: Layout,
        field: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reader, self._writer, self._layout, self._field, self._clock = reader, writer, layout, field, clock

    def list(self, issue_id: str) -> Sequence[Comment]:
        """All comments, oldest first; what a person wrote between two of ours is one."""
        return list(_parts(self._text(issue_id)[0]))

    def post(self, issue_id: str, text: str, token: str) -> Comment:
        """Post unless a comment carries the token already; the comment as it is kept."""
        before, revision = self._text(issue_id)
        found = _with_token(before, token)
        if found is not None:
            return found
        mark = quote(token, safe=":")
        body = _FENCE.sub(lambda fence: f"\\{fence[0]}", text)
        at = self._clock().replace(microsecond=0).isoformat().replace("+00:00", "Z")
        block = f"--- mlflow-grc {at} {mark}\n{body}\n--- end {mark}"
        whole = f"{before.rstrip()}\n{block}" if before.strip() else block
        self._writer.patch(Entity.ISSUE, issue_id, {self._field: whole}, revision)
        found = _with_token(self._text(issue_id)[0], token)
        if found is None:
            raise OutcomeUnknown(
                f"A comment on issue {issue_id} was accepted, but is not in '{self._field}'.",
                remedy="check that the token's user may change the field, and that it is long enough.",
            )
        return found

    def _text(self, issue_id: str) -> tuple[str, str | None]:
        raw = self._reader.raw(Entity.ISSUE, issue_id)
        if raw is None:
            raise AccessDenied(
                f"The issue {issue_id} does not exist any more.", remedy="it is looked at in the next run."
            )
        record = self._layout.record(raw)
        held = record.values.get(self._field)
        if isinstance(held, Unreadable):
            raise Rejected(f"{self._field}: {held.reason}.", field=self._field, remedy="give the id of the field.")
        return str(held or "").replace("\r\n", "\n"), record.revision


def _with_token(text: str, token: str) -> Comment | None:
    return next((one for one in _parts(text) if one.token == token), None)


def _parts(text: str) -> Iterator[Comment]:
    at = 0
    for number, found in enumerate(_BLOCK.finditer(text)):
        yield from _theirs(text[at : found.start()], number)
        yield Comment(
            id=found["token"],
            text=_ESCAPED.sub(r"\1", found["text"]),
            at=found["at"],
            token=unquote(found["token"]),
        )
        at = found.end()
    yield from _theirs(text[at:], -1)


def _theirs(text: str, number: int) -> Iterator[Comment]:
    if text.strip():
        yield Comment(id=f"text-{number}", text=text.strip())
