"""The triggers that keep both journals append-only, and a state that was moved away out of every writer's hands."""

from __future__ import annotations

from collections.abc import Mapping

from connector.state.sql.tables import APPEND_ONLY

_FORBIDDEN = (
    "CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
GUARDS: Mapping[str, str] = {
    **{
        f"{table}_no_{event}": _FORBIDDEN.format(table=table, event=event)
        for table in APPEND_ONLY
        for event in ("update", "delete")
    },
    # REPLACE deletes without a delete trigger unless recursive_triggers is on.
    "audit_in_order": """CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
       WHEN NEW.sequence <= (SELECT coalesce(max(sequence), 0) FROM audit)
       BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
}
"""The statements that keep the journals, by the triggers' names."""

NO_LEASE_AFTER_MOVE = """CREATE TRIGGER no_lease_after_move BEFORE INSERT ON lease
   WHEN EXISTS (SELECT 1 FROM moved WHERE reopened_at IS NULL)
   BEGIN SELECT RAISE(ABORT, 'the state was moved to a server, set state.url in the configuration'); END"""
"""For a process of an older release that has the file open and does not ask itself: without a lease it runs nothing."""
