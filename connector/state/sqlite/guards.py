"""The triggers that keep both journals append-only."""

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
"""The statements by the triggers' names."""
