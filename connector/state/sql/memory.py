"""Reads of what the connector remembers of a connection, and what people decide about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from connector.model.fields import Side
from connector.model.operations import operation_words
from connector.model.registry import RunData
from connector.model.state import Approval, AuditEntry, Base, ConflictCase, Intent, Link, QuarantineCase, Resolution
from connector.model.used_mapping import UsedMapping
from connector.model.views import Issue
from connector.state.base import APPROVAL_LIFETIME
from connector.state.sql import rows, trail
from connector.state.sql.access import Access
from connector.state.sql.session import Row
from connector.state.times import stamp
from connector.state.types import Withheld

T = TypeVar("T")


class Memory(Access):
    """One query per question."""

    def links(self, connection: str) -> Mapping[str, Link]:
        found = self._all(rows.link, "SELECT * FROM link WHERE connection = ? ORDER BY key", connection)
        return {link.ref.key: link for link in found}

    def links_of(self, connection: str, name: str) -> Mapping[str, Link]:
        query = "SELECT * FROM link WHERE connection = ? AND name = ? ORDER BY key"
        return {link.ref.key: link for link in self._all(rows.link, query, connection, name)}

    def links_to(self, connection: str, record_id: str) -> Sequence[Link]:
        query = "SELECT * FROM link WHERE connection = ? AND record_id = ? ORDER BY key"
        return self._all(rows.link, query, connection, record_id)

    def bases(self, connection: str) -> Mapping[str, Mapping[str, Base]]:
        query = "SELECT key, field, registry, grc, agreement, provisional_since FROM base WHERE connection = ?"
        found: dict[str, dict[str, Base]] = {}
        for key, field, *pair in self._database.session().tuples(query, [connection]):
            # The same few names of fields, and the keys that links have: each is kept once.
            found.setdefault(sys.intern(key), {})[sys.intern(field)] = rows.base(*pair)
        return found

    def bases_of(self, connection: str, key: str) -> Mapping[str, Base]:
        query = "SELECT field, registry, grc, agreement, provisional_since FROM base WHERE connection = ? AND key = ?"
        return {field: rows.base(*pair) for field, *pair in self._database.session().tuples(query, [connection, key])}

    def used_mapping(self, connection: str) -> UsedMapping | None:
        row = self._database.session().row("SELECT data FROM used_mapping WHERE connection = ?", [connection])
        return rows.used_mapping(row["data"]) if row is not None else None

    def intents(self, connection: str) -> Sequence[Intent]:
        return self._all(rows.intent, "SELECT * FROM intent WHERE connection = ? ORDER BY position", connection)

    def conflicts(self, connection: str) -> Sequence[ConflictCase]:
        query = "SELECT * FROM conflict WHERE connection = ? ORDER BY since, entity, key, field"
        return self._all(rows.conflict, query, connection)

    def resolutions(self, connection: str) -> Sequence[Resolution]:
        query = "SELECT * FROM resolution WHERE connection = ? ORDER BY at, entity, key, field"
        return self._all(rows.resolution, query, connection)

    def quarantines(self, connection: str) -> Sequence[QuarantineCase]:
        query = "SELECT * FROM quarantine WHERE connection = ? ORDER BY since, entity, key, field"
        return self._all(rows.quarantine, query, connection)

    def approvals(self, connection: str, now: datetime) -> Sequence[Approval]:
        query = "SELECT * FROM approval WHERE connection = ? AND expires > ? ORDER BY id"
        return self._all(rows.approval, query, connection, stamp(now))

    def withheld(self, connection: str) -> Sequence[Withheld]:
        query = "SELECT digest, payload FROM withheld WHERE connection = ? ORDER BY position"
        return self._all(lambda row: Withheld(**row), query, connection)

    def run_data(self, connection: str, beginning: str = "") -> Mapping[str, RunData]:
        query = "SELECT key, data FROM run_data WHERE connection = ? AND substr(key, 1, length(CAST(? AS TEXT))) = ?"
        found = self._database.session().tuples(query, [connection, beginning, beginning])
        return {key: rows.run_data(text) for key, text in found}

    def issues(self, connection: str, about: Collection[str] | None = None) -> Mapping[str, Issue]:
        query = "SELECT id, data FROM issue WHERE connection = ? ORDER BY id"
        found = self._database.session().tuples(query, [connection])
        if about is None:
            return {key: rows.issue(text) for key, text in found}
        # Few of many are wanted: what names none of the records anywhere need not be decoded.
        named = [rows.dump(record)[1:-1] for record in about]
        issues = {key: rows.issue(text) for key, text in found if any(name in text for name in named)}
        return {key: one for key, one in issues.items() if {key, one.model_id, one.version_id} & set(about)}

    def responses_posted(self, connection: str) -> Collection[tuple[str, str]]:
        query = "SELECT issue_id, digest FROM response WHERE connection = ?"
        return frozenset((issue, digest) for issue, digest in self._database.session().tuples(query, [connection]))

    def _all(self, decode: Callable[[Row], T], query: str, *values: str) -> list[T]:
        return [decode(row) for row in self._database.session().rows(query, values)]


class Decisions(Access):
    """What people decide while a daemon may be running; each decision stands in the audit trail, without a run."""

    def approve(self, connection: str, digests: Collection[str], by: str, at: datetime) -> Approval:
        approval = Approval(frozenset(digests), by, stamp(at), stamp(at + APPROVAL_LIFETIME))
        row = {
            "connection": connection,
            "digests": rows.dump(sorted(approval.digests)),
            "by": by,
            "at": approval.at,
            "expires": approval.expires,
        }
        with self._database.writing(connection) as session:
            session.insert("approval", row)
            query = "SELECT digest, payload FROM withheld WHERE connection = ?"
            withheld = dict(session.tuples(query, [connection]))
            for digest in sorted(approval.digests):
                entry = AuditEntry(approval.at, "", connection, "approved", actor=by)
                trail.append(session, _approved(entry, digest, withheld.get(digest), approval.expires), self._redact)
        return approval

    def resolve(self, connection: str, resolution: Resolution) -> None:
        row = {"connection": connection, **rows.resolution_columns(resolution)}
        with self._database.writing(connection) as session:
            session.upsert("resolution", rows.CASE_KEY, row)
            entry = AuditEntry(
                at=resolution.at,
                run_id="",
                connection=connection,
                action="resolved",
                ref=resolution.ref,
                field=resolution.field,
                actor=resolution.by,
            )
            trail.append(session, _answered(entry, resolution), self._redact)


def _answered(entry: AuditEntry, answer: Resolution) -> AuditEntry:
    """The entry of an answer, with the value that was chosen and the one that was given up for it."""
    if answer.take is None:
        return replace(entry, new=answer.value, rule="a new value for both sides")
    if answer.take is Side.GRC:
        return replace(entry, old=answer.registry, new=answer.grc, rule="the GRC's side taken, not MLflow's")
    return replace(entry, old=answer.grc, new=answer.registry, rule="MLflow's side taken, not the GRC's")


def _approved(entry: AuditEntry, digest: str, payload: str | None, expires: str) -> AuditEntry:
    """The entry of one approved operation, with its object and record where it is among what is withheld now."""
    if payload is None:
        return replace(entry, rule=f"withheld operation {digest} released until {expires}")
    operation = rows.operation(payload)
    return replace(
        entry,
        side=operation.side,
        ref=operation.ref,
        record_id=operation.record_id or "",
        rule=f"withheld {operation_words(operation)}, released until {expires}",
    )
