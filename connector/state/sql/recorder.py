"""Writes of one recording transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from connector.audit.chain import Head
from connector.model.fields import Entity, Side, Value
from connector.model.registry import RunData
from connector.model.state import AuditEntry, Base, Intent, Link
from connector.model.used_mapping import UsedMapping
from connector.model.views import Issue, ObjectRef
from connector.state.sql import observations, rows, trail
from connector.state.sql.cases import Cases
from connector.state.types import Withheld

_SET_BASE = """INSERT INTO base (connection, key, field, registry, grc, agreement, provisional_since)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (connection, key, field) DO UPDATE SET registry = excluded.registry,
    grc = excluded.grc, agreement = excluded.agreement, provisional_since = excluded.provisional_since"""
_OF_A_LINK = ("base", "conflict", "resolution")
_MOVING = ("base", "conflict", "resolution", "quarantine", "run_data")


class SqlRecorder(Cases):
    """Implements :class:`connector.state.base.Recorder`."""

    _head: Head | None = None
    """The trail's end, once this transaction appended to it: nobody else does before it is committed."""

    def set_base(self, ref: ObjectRef, field: str, base: Base) -> None:
        self.set_bases([(ref, field, base)])

    def set_bases(self, bases: Iterable[tuple[ObjectRef, str, Base]]) -> None:
        values = [
            (self._connection, ref.key, field, base.registry, base.grc, str(base.agreement), base.provisional_since)
            for ref, field, base in bases
        ]
        if len(values) == 1:
            self._session.execute(_SET_BASE, values[0])
        elif values:
            self._session.execute_many(_SET_BASE, values)

    def drop_base(self, ref: ObjectRef, field: str | None = None) -> None:
        self._session.execute(
            "DELETE FROM base WHERE connection = ? AND key = ? AND field = coalesce(?, field)",
            [self._connection, ref.key, field],
        )

    def put_link(self, link: Link) -> None:
        self._session.upsert("link", ["connection", "key"], self._scoped(rows.link_columns(link)))

    def drop_link(self, ref: ObjectRef) -> None:
        for table in ("link", *_OF_A_LINK):
            self._delete(table, key=ref.key)

    def move_link(self, old_key: str, link: Link) -> None:
        if old_key != link.ref.key:
            self._delete("link", key=old_key)
        self.move(old_key, link.ref)
        self.put_link(link)

    def move(self, old_key: str, ref: ObjectRef) -> None:
        if old_key != ref.key:
            for table in _MOVING:
                self._delete(table, key=ref.key)
                self._session.execute(
                    f"UPDATE {table} SET key = ? WHERE connection = ? AND key = ?",  # noqa: S608 - our own tables
                    [ref.key, self._connection, old_key],
                )
        for table in ("conflict", "resolution", "quarantine"):
            self._session.execute(
                f"UPDATE {table} SET name = ?, version = ? WHERE connection = ? AND key = ?",  # noqa: S608 - ours
                [ref.name, ref.version, self._connection, ref.key],
            )

    def put_used_mapping(self, mapping: UsedMapping) -> None:
        row = self._scoped({"data": rows.used_mapping_text(mapping)})
        self._session.upsert("used_mapping", ["connection"], row)

    def put_intent(self, intent: Intent) -> None:
        row = {
            "operation_id": intent.operation_id,
            "run_id": intent.run_id,
            "payload": intent.payload,
            "at": intent.at,
        }
        self._session.upsert("intent", ["connection", "operation_id"], self._scoped(row))

    def drop_intent(self, operation_id: str) -> None:
        self._delete("intent", operation_id=operation_id)

    def put_withheld(self, operations: Sequence[Withheld]) -> None:
        self._delete("withheld")
        self._session.insert_many(
            "withheld",
            ("connection", "position", "digest", "payload"),
            [(self._connection, position, item.digest, item.payload) for position, item in enumerate(operations)],
        )

    def put_run_data(self, data: Mapping[str, RunData]) -> None:
        self._session.upsert_many(
            "run_data",
            ("connection", "key"),
            ("connection", "key", "data"),
            [(self._connection, key, rows.run_data_text(item)) for key, item in data.items()],
        )

    def put_issues(self, issues: Sequence[Issue]) -> None:
        self._delete("issue")
        self._session.insert_many(
            "issue",
            ("connection", "id", "data"),
            [(self._connection, issue.id, rows.issue_text(issue)) for issue in issues],
        )

    def learn_issues(self, issues: Sequence[Issue]) -> None:
        self._session.execute_many(
            """INSERT INTO issue (connection, id, data) VALUES (?, ?, ?)
               ON CONFLICT (connection, id) DO UPDATE SET data = excluded.data""",
            [(self._connection, issue.id, rows.issue_text(issue)) for issue in issues],
        )

    def mark_response_posted(self, issue_id: str, digest: str) -> None:
        row = self._scoped({"issue_id": issue_id, "digest": digest})
        self._session.upsert("response", list(row), row)

    def append_audit(self, entry: AuditEntry) -> Head:
        if entry.connection != self._connection:
            raise ValueError(f"the lease is for {self._connection}, the audit entry for {entry.connection}")
        self._head = trail.append(self._session, entry, self._redact, self._head)
        return self._head

    def observe(
        self,
        run_id: str,
        side: Side,
        entity: Entity,
        objects: Mapping[str, tuple[str, Mapping[str, Value]]],
        *,
        complete: bool,
        gone: Collection[str] = (),
        passed: Collection[str] = (),
        partial: bool = False,
    ) -> int:
        scope = (self._connection, str(side), str(entity))
        observed = observations.Observed(run_id, self._now, scope, objects, complete, gone, passed, partial)
        return observations.record(self._session, observed)
