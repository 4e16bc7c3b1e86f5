"""Whether the state is elsewhere by now: each move leaves a row behind, and who takes the file back ends it."""

from __future__ import annotations

from datetime import datetime

from connector.state.sql.access import Access
from connector.state.sql.session import Session
from connector.state.times import stamp
from connector.state.types import Moved


class Moves(Access):
    """Reads the mark."""

    def moved(self) -> Moved | None:
        return moved_away(self._database.session())


def moved_away(session: Session) -> Moved | None:
    """Where the state was moved to; None while it is here."""
    row = session.row('SELECT at, place, "by" FROM moved WHERE reopened_at IS NULL')
    return Moved(row["at"], row["place"], row["by"]) if row is not None else None


def mark_moved(session: Session, moved: Moved) -> None:
    """Say that the state is elsewhere, from the transaction's commit on."""
    session.insert("moved", {"at": moved.at, "place": moved.to, "by": moved.by})


def mark_reopened(session: Session, at: datetime, by: str) -> None:
    """Say that the state is here again."""
    session.execute("UPDATE moved SET reopened_at = ?, reopened_by = ? WHERE reopened_at IS NULL", [stamp(at), by])
