"""Writes of what waits for a person: conflicts, their answers, and the quarantine."""

from __future__ import annotations

from collections.abc import Sequence

from connector.model.state import ConflictCase, QuarantineCase, Resolution
from connector.model.views import ObjectRef
from connector.state.sqlite import rows
from connector.state.sqlite.access import Redact
from connector.state.sqlite.session import Row, Session


class Cases:
    """A part of the recorder. ``now`` is the time of the recording, as the database keeps it."""

    def __init__(self, session: Session, connection: str, now: str, redact: Redact) -> None:
        self._session = session
        self._connection = connection
        self._now = now
        self._redact = redact

    def set_conflicts(self, cases: Sequence[ConflictCase]) -> None:
        self._keep("conflict", [(case.ref, case.field) for case in cases])
        for case in cases:
            self.put_conflict(case)

    def put_conflict(self, case: ConflictCase) -> None:
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
        self._session.upsert("conflict", rows.CASE_KEY, self._scoped(row), keep=["since"])

    def drop_conflict(self, ref: ObjectRef, field: str) -> None:
        self._delete("conflict", entity=ref.entity, key=ref.key, field=field)

    def put_resolution(self, resolution: Resolution) -> None:
        self._session.upsert("resolution", rows.CASE_KEY, self._scoped(rows.resolution_columns(resolution)))

    def drop_resolution(self, ref: ObjectRef, field: str) -> None:
        self._delete("resolution", entity=ref.entity, key=ref.key, field=field)

    def set_quarantines(self, cases: Sequence[QuarantineCase]) -> None:
        self._keep("quarantine", [(case.ref, case.field) for case in cases])
        for case in cases:
            self.put_quarantine(case)

    def put_quarantine(self, case: QuarantineCase) -> None:
        row = {
            **rows.ref_columns(case.ref),
            "field": case.field,
            "reason": self._redact(case.reason),
            "remedy": self._redact(case.remedy),
            "value_digest": case.value_digest,
            "since": case.since or self._now,
        }
        self._session.upsert("quarantine", rows.CASE_KEY, self._scoped(row), keep=["since"])

    def drop_quarantine(self, ref: ObjectRef, field: str = "") -> None:
        self._delete("quarantine", entity=ref.entity, key=ref.key, field=field)

    def _keep(self, table: str, named: Sequence[tuple[ObjectRef, str]]) -> None:
        wanted = {(str(ref.entity), ref.key, field) for ref, field in named}
        query = f"SELECT entity, key, field FROM {table} WHERE connection = ?"  # noqa: S608 - our own tables
        for entity, key, field in list(self._session.tuples(query, [self._connection])):
            if (entity, key, field) not in wanted:
                self._delete(table, entity=entity, key=key, field=field)

    def _delete(self, table: str, **condition: str) -> None:
        where = " AND ".join(f'"{column}" = ?' for column in ("connection", *condition))
        values = [self._connection, *map(str, condition.values())]
        self._session.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608 - our own names

    def _scoped(self, row: Row) -> Row:
        return {"connection": self._connection, **row}
