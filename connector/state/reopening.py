"""A file whose state was moved to a server, taken back into use on purpose."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connector.model.state import AuditEntry
from connector.state.sql import trail
from connector.state.sql.access import Redact
from connector.state.sql.moved import mark_reopened, moved_away
from connector.state.sqlite.database import SqliteDatabase
from connector.state.times import stamp
from connector.state.types import Moved

REOPENED = "reopened"
"""The action in the trail, once for each connection that the file knows."""


def reopen(path: Path, by: str, now: datetime, redact: Redact) -> Moved | None:
    """Put the file in charge again, as ``by`` decided; the move that is undone by it, None where there was none. What
    was recorded on the server since is not in the file. Raises StateCorrupt and StateUnavailable.
    """
    database = SqliteDatabase(path)
    try:
        with database.writing_anyway() as session:
            moved = moved_away(session)
            if moved is None:
                return None
            mark_reopened(session, now, by)
            rule = f"moved to {moved.to} by {moved.by} at {moved.at}; what was recorded there is not in this trail"
            for row in session.rows("SELECT DISTINCT connection FROM run ORDER BY connection"):
                entry = AuditEntry(stamp(now), "", row["connection"], REOPENED, rule=rule, actor=by)
                trail.append(session, entry, redact)
            return moved
    finally:
        database.close()
