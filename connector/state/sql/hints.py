"""What events hinted at and nobody has looked at yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from connector.model.hints import Hint, PendingHint
from connector.state.sql import rows
from connector.state.sql.access import Access
from connector.state.times import stamp

_LEAVE = """INSERT INTO hint (connection, side, entity, id, first, last, times) VALUES (?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT (connection, side, entity, id) DO UPDATE SET last = excluded.last, times = hint.times + 1"""
_DROP = "DELETE FROM hint WHERE connection = ? AND side = ? AND entity = ? AND id = ? AND times = ?"


class Hints(Access):
    """A row for each object, however many events told of it."""

    def leave_hint(self, connection: str, hint: Hint, at: datetime) -> None:
        moment = stamp(at)
        with self._database.writing(connection) as session:
            session.execute(_LEAVE, [connection, str(hint.side), str(hint.entity), hint.id, moment, moment])

    def hints(self, connection: str, limit: int) -> Sequence[PendingHint]:
        query = """SELECT side, entity, id, first, last, times FROM hint WHERE connection = ?
            ORDER BY first, side, entity, id LIMIT ?"""
        return [rows.pending_hint(*row) for row in self._database.session().tuples(query, [connection, limit])]

    def drop_hints(self, connection: str, hints: Collection[PendingHint]) -> None:
        if not hints:
            return
        keys = [(str(one.hint.side), str(one.hint.entity), one.hint.id, one.times) for one in hints]
        with self._database.writing(connection) as session:
            session.execute_many(_DROP, [(connection, *key) for key in keys])
