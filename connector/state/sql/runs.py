"""The beginning and end of runs."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from connector.audit.chain import Head
from connector.audit.verify import RUN_ENDED
from connector.model.state import AuditEntry, Run, RunKind, RunStatus, Tally
from connector.state.sql import rows, trail
from connector.state.sql.access import Access, Redact
from connector.state.sql.leases import verify_token
from connector.state.sql.observations import journal_digest
from connector.state.sql.session import Session
from connector.state.times import normal, stamp
from connector.state.types import Lease, RunSum, RunSums

_COLUMNS = "id, connection, started, ended, status, message, counts, kind"
# By coalesce no index over the connection serves: the last run is looked for from the end, not among all of them.
_LAST_ENDED = """SELECT id, rowid AS place FROM run WHERE connection = coalesce(?, connection) AND rowid < coalesce(
    (SELECT min(rowid) FROM run WHERE connection = ? AND ended IS NULL), 9223372036854775807)
    ORDER BY rowid DESC LIMIT 1"""
INTERRUPTED = "interrupted: the process ended before the run did"


class Runs(Access):
    """Rows of ``run``, and the audit entry that closes each run."""

    def start_run(self, connection: str, at: datetime, kind: RunKind = RunKind.FULL) -> Run:
        run = Run(f"{at.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}", connection, stamp(at), kind=kind)
        with self._database.writing(connection) as session:
            session.insert("run", rows.run_columns(run))
        return run

    def end_run(self, run: Run) -> Head:
        with self._database.writing(run.connection) as session:
            return _end(session, run, self._redact)

    def end_interrupted(self, lease: Lease, now: datetime) -> Sequence[Run]:
        with self._database.writing(lease.connection) as session:
            verify_token(session, lease, session.locking)
            found = session.rows(
                f"SELECT {_COLUMNS} FROM run WHERE connection = ? AND ended IS NULL ORDER BY started, rowid",  # noqa: S608
                [lease.connection],
            )
            ended = [
                replace(rows.run(row), ended=stamp(now), status=RunStatus.FAILED, message=INTERRUPTED) for row in found
            ]
            for run in ended:
                _end(session, run, self._redact)
            return ended

    def put_tally(self, connection: str, tally: Tally) -> None:
        at = normal(tally.at)
        data = rows.dump(
            {"models": tally.models, "severities": dict(tally.severities), "controls": dict(tally.controls)}
        )
        row = {"connection": connection, "day": at[:10], "at": at, "data": data}
        with self._database.writing(connection) as session:
            session.upsert("tally", ["connection", "day"], row)

    def tallies(self, connection: str, limit: int = 366) -> Sequence[Tally]:
        query = "SELECT at, data FROM tally WHERE connection = ? ORDER BY day DESC LIMIT ?"
        found = list(self._database.session().tuples(query, [connection, limit]))
        return [Tally(at, **rows.load(data)) for at, data in reversed(found)]

    def runs(
        self, connection: str | None = None, limit: int = 20, kind: RunKind | None = RunKind.FULL
    ) -> Sequence[Run]:
        found = self._database.session().rows(
            f"SELECT {_COLUMNS} FROM run WHERE connection = coalesce(?, connection) "  # noqa: S608 - ours
            "AND kind = coalesce(?, kind) ORDER BY rowid DESC LIMIT ?",
            [connection, kind and str(kind), limit],
        )
        return [rows.run(row) for row in found]

    def run_sums(self, connection: str, after: str | None = None) -> RunSums:
        session = self._database.session()
        place = "SELECT rowid AS place FROM run WHERE connection = ? AND id = ?"
        known = session.row(place, [connection, after]) if after is not None else None
        ended = session.row(_LAST_ENDED, [connection, connection])
        since = known["place"] if known is not None else 0
        if ended is None or ended["place"] <= since:
            return RunSums(known is None, None, ())
        query = (
            "SELECT status, counts, count(*) AS number FROM run WHERE connection = ? AND rowid > ? AND rowid <= ? "
            "GROUP BY status, counts"
        )
        found = session.rows(query, [connection, since, ended["place"]])
        sums = (RunSum(RunStatus(row["status"]), rows.load(row["counts"]), row["number"]) for row in found)
        return RunSums(known is None, ended["id"], tuple(sums))


def _end(session: Session, run: Run, redact: Redact) -> Head:
    if run.ended is None or run.status is RunStatus.RUNNING:
        raise ValueError(f"run {run.id} has no end")
    if session.row("SELECT 1 FROM run WHERE id = ? AND ended IS NULL", [run.id]) is None:
        raise ValueError(f"run {run.id} is not running")
    run = replace(run, ended=normal(run.ended), message=redact(run.message))
    session.upsert("run", ["id"], rows.run_columns(run), keep=["connection", "started", "kind"])
    entry = AuditEntry(
        at=str(run.ended),
        run_id=run.id,
        connection=run.connection,
        action=RUN_ENDED,
        field="journal",
        new=journal_digest(session, run.id),
        rule=": ".join(part for part in (str(run.status), run.message) if part),
    )
    return trail.append(session, entry, redact)
