"""Writes of what waits for a person: conflicts, their answers, and the quarantine."""

from __future__ import annotations

from collections.abc import Sequence

from connector.model.state import ConflictCase, QuarantineCase, Resolution
from connector.model.views import ObjectRef
from connector.state.sql import rows
from connector.state.sql.access import Redact
from connector.state.sql.session import Row, Session

_BEGAN = ("since",)


class Cases:
    """A part of the recorder. ``now`` is the time of the recording, as the database keeps it."""

    def __init__(self, session: Session, connection: str, now: str, redact: Redact) -> None:
        self._session = session
        self._connection = connection
        self._now = now
        self._redact = redact

    def set_conflicts(self, cases: Sequence[ConflictCase]) -> None:
        self._replace("conflict", [self._conflict(case) for case in cases])

    def put_conflict(self, case: ConflictCase) -> None:
        self._session.upsert("conflict", rows.CASE_KEY, self._conflict(case), keep=_BEGAN)

    def _conflict(self, case: ConflictCase) -> Row:
        row = {
            **rows.ref_columns(case.ref),
            "field": case.field,
            "registry": case.registry,
            "grc": case.grc,
            "base_registry": case.base_registry,
            "base_grc": case.base_grc,
            "reason": self._redact(case.reason),
            "since": case.since or self._now,
        }
        return self._scoped(row)

    def drop_conflict(self, ref: ObjectRef, field: str) -> None:
        self._delete("conflict", entity=ref.entity, key=ref.key, field=field)

    def put_resolution(self, resolution: Resolution) -> None:
        self._session.upsert("resolution", rows.CASE_KEY, self._scoped(rows.resolution_columns(resolution)))

    def drop_resolution(self, ref: ObjectRef, field: str) -> None:
        self._delete("resolution", entity=ref.entity, key=ref.key, field=field)

    def set_quarantines(self, cases: Sequence[QuarantineCase]) -> None:
        self._replace("quarantine", [self._quarantine(case) for case in cases])

    def put_quarantine(self, case: QuarantineCase) -> None:
        self._session.upsert("quarantine", rows.CASE_KEY, self._quarantine(case), keep=_BEGAN)

    def _quarantine(self, case: QuarantineCase) -> Row:
        row = {
            **rows.ref_columns(case.ref),
            "field": case.field,
            "reason": self._redact(case.reason),
            "remedy": self._redact(case.remedy),
            "value_digest": case.value_digest,
            "since": case.since or self._now,
        }
        return self._scoped(row)

    def drop_quarantine(self, ref: ObjectRef, field: str = "") -> None:
        self._delete("quarantine", entity=ref.entity, key=ref.key, field=field)

    def _replace(self, table: str, cases: Sequence[Row]) -> None:
        """Make ``cases`` the connection's rows of ``table``; of two about one field the later counts."""
        wanted = {(case["entity"], case["key"], case["field"]): case for case in cases}
        query = f"SELECT entity, key, field FROM {table} WHERE connection = ?"  # noqa: S608 - our own tables
        for entity, key, field in list(self._session.tuples(query, [self._connection])):
            if (entity, key, field) not in wanted:
                self._delete(table, entity=entity, key=key, field=field)
        if wanted:
            columns = tuple(next(iter(wanted.values())))
            values = [tuple(case.values()) for case in wanted.values()]
            self._session.upsert_many(table, rows.CASE_KEY, columns, values, keep=_BEGAN)

    def _delete(self, table: str, **condition: str) -> None:
        where = " AND ".join(f'"{column}" = ?' for column in ("connection", *condition))
        values = [self._connection, *map(str, condition.values())]
        self._session.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608 - our own names

    def _scoped(self, row: Row) -> Row:
        return {"connection": self._connection, **row}
