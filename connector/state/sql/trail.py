"""The audit trail's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from connector.audit.chain import ChainedEntry, Head, body, chain
from connector.audit.select import AuditFilter
from connector.model.state import AuditEntry
from connector.state.sql import rows
from connector.state.sql.access import Access, Redact
from connector.state.sql.session import Session
from connector.state.times import normal, stamp

_COLUMNS = (
    "sequence", "previous", "hash", "at", "run_id", "connection", "action", "side", "entity", "key", "name", "version",
    "field", "old", "new", "rule", "actor", "record_id",
)  # fmt: skip


def append(session: Session, entry: AuditEntry, redact: Redact, after: Head | None = None) -> Head:
    """Chain an entry, inside the caller's transaction, which holds the trail from then on: the chain does not fork.
    ``after`` is the trail's end where this transaction knows it.
    """
    if after is None:
        session.hold_trail()
    entry = replace(entry, at=normal(entry.at), rule=redact(entry.rule), actor=redact(entry.actor))
    chained = chain(entry, after or read_head(session))
    row = {"sequence": chained.sequence, "previous": chained.previous, "hash": chained.hash, **body(entry)}
    session.insert("audit", row)
    session.execute("UPDATE trail SET sequence = ?, hash = ?", [chained.sequence, chained.hash])
    return chained.head


def read_head(session: Session) -> Head:
    """The end of the trail."""
    row = session.row("SELECT sequence, hash FROM trail")
    return rows.head(row)


class Trail(Access):
    """Reads the trail."""

    def audit(self, select: AuditFilter | None = None) -> Iterator[ChainedEntry]:
        condition, values = _where(select or AuditFilter())
        query = f"SELECT {', '.join(_COLUMNS)} FROM audit WHERE {condition} ORDER BY sequence"  # noqa: S608 - ours
        for row in self._database.session().tuples(query, values):
            yield rows.chained(dict(zip(_COLUMNS, row, strict=True)))

    def missing_guards(self) -> Sequence[str]:
        return [name for name, stands in self._database.session().guards().items() if not stands]

    def audit_head(self) -> Head:
        return read_head(self._database.session())


def _where(select: AuditFilter) -> tuple[str, list[str | int]]:
    conditions: list[tuple[str, str | int | None]] = [
        ("connection = ?", select.connection),
        ("run_id = ?", select.run_id),
        ("? IN (key, record_id, name, substr(name, instr(name, '/') + 1))", select.object),
        ("field = ?", select.field),
        ("action = ?", select.action),
        ("at >= ?", stamp(select.since) if select.since else None),
        ("at < ?", stamp(select.until) if select.until else None),
        ("instr(rule, ?) > 0", select.rule),
        ("sequence > ?", select.after),
    ]
    asked = [(text, value) for text, value in conditions if value is not None]
    return " AND ".join(["1 = 1", *(text for text, _ in asked)]), [value for _, value in asked]
