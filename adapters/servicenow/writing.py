"""Writes records, several at a time: read their revisions, send, compare what came back, and only then believe it."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.servicenow.answers import Collision
from adapters.servicenow.api import Row, write_params
from adapters.servicenow.people import People
from adapters.servicenow.query import is_sys_id
from adapters.servicenow.reading import Reader
from adapters.servicenow.sending import Answer, Request, Sender
from adapters.servicenow.values import raw
from connector.model.errors import (
    AccessDenied,
    Conflict,
    MlflowGrcError,
    OutcomeUnknown,
    Rejected,
    RunAborted,
)
from connector.model.fields import Entity
from connector.model.grc import Outcome, Record, Write

log = logging.getLogger("mlflow_grc.servicenow")


@dataclass(slots=True)
class Job:
    """One write on its way; ``bodies`` by part, the record's own under the empty name."""

    write: Write
    reader: Reader
    bodies: dict[str, dict[str, str]] = field(default_factory=dict)
    count: int | None = None
    row: Row | None = None
    record: Record | None = None
    error: MlflowGrcError | None = None
    sent: bool = False
    stale: bool = False
    """Whether the row has to be read again."""

    @property
    def open(self) -> bool:
        """Whether there is still something to do."""
        return self.error is None

    def fail(self, error: MlflowGrcError) -> None:
        """End it. Once a part of it stands, a failure of another part is no refusal of the whole."""
        if self.sent and not isinstance(error, OutcomeUnknown):
            what = f"The {self.write.entity} was written, but not all of its fields: {error.message}"
            error = OutcomeUnknown(what, remedy=error.remedy)
        self.error = error

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return Outcome(self.write, error=self.error) if self.error else Outcome(self.write, record=self.record)


class Writer:
    """Writes records of all entities."""

    def __init__(
        self, readers: Callable[[Entity], Reader], sender: Sender, people: People, *, chosen_ids: bool, size: int
    ) -> None:
        self._reader, self._sender, self._people = readers, sender, people
        self._chosen_ids, self._size = chosen_ids, size

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        """One outcome each, in their order. Raises RunAborted."""
        for chunk in _chunks(writes, self._size):
            jobs = [Job(write, self._reader(write.entity)) for write in chunk]
            self._prepare(jobs)
            for group in _by_reader(jobs):
                self._compare(group)
            self._send_own(jobs)
            for group in _by_reader(jobs):
                self._send_related(group)
                self._read_back(group)
            yield from (job.outcome for job in jobs)

    def _prepare(self, jobs: Sequence[Job]) -> None:
        mails = {
            value
            for job in jobs
            for name, value in job.write.values.items()
            if isinstance(value, str) and job.reader.shape.kind(name) == "user"
        }
        for job in jobs:
            with _failing(job):
                if job.write.id is not None and not is_sys_id(job.write.id):
                    raise Rejected(f"{job.write.id[:40]!r} is the id of no record.", remedy="it is looked up again.")
                self._people.learn(mails=mails)
                job.bodies = job.reader.shape.bodies(job.write.values)

    def _compare(self, jobs: Sequence[Job]) -> None:
        """Hold the revisions that writes were planned with against those that stand."""
        asked = [job for job in jobs if job.open and job.write.id is not None and job.write.revision is not None]
        if not asked:
            return
        reader = asked[0].reader
        try:
            now = reader.revisions([job.write.id or "" for job in asked])
        except RunAborted:
            raise
        except MlflowGrcError as error:
            for job in asked:
                job.fail(error)
            return
        for job in asked:
            revision, job.count = now.get(job.write.id or "", (None, None))
            if revision is None:
                with _failing(job):
                    raise _missing(job)
            elif revision != job.write.revision:
                what = (
                    f"The {job.write.entity} {job.write.id} was changed meanwhile: it is at {revision} by now, not at "
                )
                job.fail(Conflict(f"{what}{job.write.revision}.", remedy="it is read again and merged."))

    def _send_own(self, jobs: Sequence[Job]) -> None:
        """The record's own columns; a creation always has some."""
        going = [job for job in jobs if job.open and (job.write.id is None or "" in job.bodies or not job.bodies)]
        answers = self._sender.send([self._request(job) for job in going]) if going else ()
        for job, answer in zip(going, answers, strict=True):
            with _failing(job):
                self._take(job, answer)

    def _request(self, job: Job) -> Request:
        reader, body = job.reader, job.bodies.get("", {})
        params = write_params(reader.shape.columns)
        if job.write.id is not None:
            return Request("PATCH", reader.api.path(reader.table, job.write.id), params, body)
        body = {**reader.shape.spec.static, **body}
        if self._chosen_ids and job.write.key:
            body["sys_id"] = chosen_id(reader.table, job.write.key)
        return Request("POST", reader.api.path(reader.table), params, body)

    def _take(self, job: Job, answer: Answer) -> None:
        if isinstance(answer, Collision) and job.write.id is None and job.write.key:
            job.row = self._adopted(job, answer)
        elif isinstance(answer, MlflowGrcError):
            raise answer
        else:
            job.row = answer
            self._watch_count(job, answer)
        job.sent = True

    @staticmethod
    def _watch_count(job: Job, row: Row) -> None:
        count = str(raw(row.get("sys_mod_count")) or "")
        if job.count is not None and count.isdecimal() and int(count) > job.count + 1:
            log.warning(
                "%s %s: sys_mod_count went from %d to %s with one write: a business rule writes it again, or somebody "
                "wrote at the same moment", job.reader.table, job.write.id, job.count, count,
            )  # fmt: skip

    def _adopted(self, job: Job, collision: Collision) -> Row:
        """The record that is in the way of a creation, where it is the one that was to be made. Raises Conflict where
        it holds other values, so that it is read and merged; the refusal where it is no record of ours.
        """
        reader, key = job.reader, job.write.key or ""
        row = reader.row(chosen_id(reader.table, key)) if self._chosen_ids else None
        column = reader.shape.key_field
        if row is None or column is None or raw(row.get(column)) != key:
            found = reader.find(key) if column else None
            row = reader.row(found.id) if found else None
        if row is None:
            raise collision
        body = job.bodies.get("", {})
        if any(str(raw(row.get(name)) or "") != value for name, value in body.items() if name in row):
            what = f"A {job.write.entity} with the key {key} is there already, with other values."
            raise Conflict(what, remedy="it is read again and merged.")
        return row

    def _send_related(self, jobs: Sequence[Job]) -> None:
        for part in {part: None for job in jobs for part in job.bodies if part}:
            going = [job for job in jobs if job.open and part in job.bodies]
            if not going:
                continue
            try:
                rows = going[0].reader.shape.side_tables[part].of([_id(job) for job in going])
            except RunAborted:
                raise
            except MlflowGrcError as error:
                for job in going:
                    job.fail(error)
                continue
            answers = self._sender.send([self._related(job, part, rows.get(_id(job), ())) for job in going])
            for job, answer in zip(going, answers, strict=True):
                if isinstance(answer, MlflowGrcError):
                    job.fail(answer)
                else:
                    # The platform may count a change of what stands elsewhere as one of the record.
                    job.stale, job.sent = True, True

    def _related(self, job: Job, part: str, rows: Sequence[Row]) -> Request:
        spec, api = job.reader.shape.spec.related[part], job.reader.api
        params = write_params(("sys_id",))
        if rows:
            return Request("PATCH", api.path(spec.table, str(rows[0]["sys_id"])), params, job.bodies[part])
        body = {**spec.static, **job.bodies[part], spec.record: _id(job)}
        if self._chosen_ids:
            body["sys_id"] = chosen_id(spec.table, _id(job))
        return Request("POST", api.path(spec.table), params, body)

    def _read_back(self, jobs: Sequence[Job]) -> None:
        done = [job for job in jobs if job.open]
        if not done:
            return
        reader = done[0].reader
        try:
            again = [_id(job) for job in done if job.stale]
            rows = reader.rows(again) if again else {}
            for job in done:
                job.row = rows.get(_id(job)) if job.stale else job.row
            found = {record.id: record for record in reader.whole([job.row for job in done if job.row is not None])}
        except RunAborted:
            raise
        except MlflowGrcError as error:
            for job in done:
                job.error = OutcomeUnknown(f"Written, but the read-back failed: {error.message}", remedy=error.remedy)
            return
        for job in done:
            job.record = found.get(str(job.row["sys_id"])) if job.row is not None else None
            if job.record is None:
                what = f"The {job.write.entity} {job.write.id} was written, but cannot be read."
                job.error = OutcomeUnknown(what, remedy="let the account read what it writes.")


class _failing:  # noqa: N801 - reads as a word
    """What one job raises ends that job alone; RunAborted ends all."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, MlflowGrcError) and not isinstance(error, RunAborted):
            self._job.fail(error)
            return True
        return False


def chosen_id(table: str, key: str) -> str:
    """The sys_id that a record gets from its key: the same whenever it is asked for."""
    return hashlib.sha256(f"mlflow-grc:{table}:{key}".encode()).hexdigest()[:32]


def _id(job: Job) -> str:
    return str(job.row["sys_id"]) if job.row is not None else job.write.id or ""


def _missing(job: Job) -> MlflowGrcError:
    try:
        row = job.reader.row(job.write.id or "")
    except AccessDenied as error:
        return error
    what = f"The {job.write.entity} {job.write.id} is not in {job.reader.table}."
    return (
        Rejected(what, remedy="it is looked up again.") if row is None else Conflict(what, remedy="it is read again.")
    )


def _chunks(writes: Sequence[Write], size: int) -> Iterator[Sequence[Write]]:
    """The writes in parts, none of which has two of one record: a batch keeps no order."""
    part: list[Write] = []
    taken: set[str] = set()
    for write in writes:
        mark = f"{write.entity} {write.id or write.key}"
        if part and (len(part) == size or mark in taken):
            yield part
            part, taken = [], set()
        part.append(write)
        taken.add(mark)
    if part:
        yield part


def _by_reader(jobs: Iterable[Job]) -> Iterable[Sequence[Job]]:
    found: Mapping[int, list[Job]] = defaultdict(list)
    for job in jobs:
        found[id(job.reader)].append(job)
    return found.values()
