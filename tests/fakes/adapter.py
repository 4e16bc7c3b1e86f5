"""The mock GRC without its HTTP: for state machines that run thousands of cycles.

Same records, rules and native values as over HTTP; tests/fakes/test_adapter.py holds it to the adapters' contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel

from adapters.base import Adapter, AdapterSettings, Capability, EntityFields
from connector.mock.catalog import APPROVALS, ISSUES, MODELS, VERSIONS
from connector.mock.errors import Forbidden, GrcError, NotFound, Stale
from connector.mock.schema import USERS
from connector.mock.service import Grc
from connector.mock.users import CONNECTOR
from connector.model.errors import AccessDenied, Conflict, DuplicateKey, Rejected
from connector.model.fields import Entity
from connector.model.grc import Comment, Outcome, Problem, Record, Write

T = TypeVar("T")
KINDS = {
    Entity.MODEL: MODELS,
    Entity.VERSION: VERSIONS,
    Entity.ISSUE: ISSUES,
    Entity.APPROVAL_STEP: APPROVALS,
    Entity.USER: USERS,
}
WRITES = ("create", "update", "comment")


@dataclass(frozen=True, slots=True)
class GrcCall:
    """One call of the adapter: records, get, find, create, update, comment, comments. ``record_id`` of records is the
    time since when.
    """

    action: str
    entity: Entity
    record_id: str = ""

    @property
    def is_write(self) -> bool:
        return self.action in WRITES


class NoOptions(BaseModel, extra="forbid"):
    """Nothing to set."""


class InProcessAdapter(Adapter):
    """``before`` hooks see each call before it takes effect, ``after`` hooks when it did; what they raise is what the
    caller gets: OutcomeUnknown in ``after`` is a lost answer.
    """

    name: ClassVar[str] = "in-process"
    Options = NoOptions
    capabilities = frozenset(
        {
            Capability.INCREMENTAL,
            Capability.CONDITIONAL_WRITE,
            Capability.QUERY_BY_KEY,
            Capability.ACTOR,
            Capability.COMMENTS,
        }
    )

    def __init__(self, settings: AdapterSettings, grc: Grc | None = None) -> None:
        assert grc is not None
        self._settings, self._grc = settings, grc
        self.before: list[Callable[[GrcCall], None]] = []
        self.after: list[Callable[[GrcCall], None]] = []
        self.calls: list[GrcCall] = []
        self.batches: list[int] = []
        """How many writes came in each call of ``write``."""

    @property
    def requests_sent(self) -> int:
        return len(self.calls)

    def check(self) -> Sequence[Problem]:
        return []

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        if entity not in self._settings.entities:
            return
        rows = self._do(GrcCall("records", entity, since or ""), lambda: list(self._grc.store.rows(KINDS[entity])))
        if since is not None:
            rows = [row for row in rows if row["updated_at"] >= since]
        yield from [self._record(entity, row) for row in rows]

    def get(self, entity: Entity, record_id: str) -> Record | None:
        row = self._do(GrcCall("get", entity, record_id), lambda: self._row(record_id))
        return self._record(entity, row) if row is not None else None

    def _row(self, record_id: str) -> dict[str, Any] | None:
        try:
            return self._grc.store.row(record_id)
        except NotFound:
            return None

    def find(self, entity: Entity, key: str) -> Record | None:
        field = self._fields(entity).key_field
        rows = self._do(GrcCall("find", entity), lambda: list(self._grc.store.rows(KINDS[entity])))
        found = [row for row in rows if row[field] == key]
        if len(found) > 1:
            ids = tuple(row["id"] for row in found)
            raise DuplicateKey(f"{len(ids)} records carry {key}", key=key, ids=ids)
        return self._record(entity, found[0]) if found else None

    def create(self, write: Write) -> Record:
        call = GrcCall("create", write.entity)
        row = self._do(call, lambda: self._grc.create(KINDS[write.entity], write.values, CONNECTOR))
        return self._record(write.entity, row)

    def update(self, write: Write) -> Record:
        revision = int(write.revision) if write.revision else None
        call = GrcCall("update", write.entity, write.id or "")
        row = self._do(call, lambda: self._grc.patch(write.id or "", write.values, CONNECTOR, revision))
        return self._record(write.entity, row)

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        self.batches.append(len(writes))
        yield from super().write(writes)

    def comment(self, issue_id: str, text: str, token: str) -> Comment:
        for known in self.comments(issue_id):
            if known.token == token:
                return known
        body = f"{text} [mlflow-grc:{token}]"
        call = GrcCall("comment", Entity.ISSUE, issue_id)
        return self._comment(self._do(call, lambda: self._grc.comment(issue_id, body, CONNECTOR)))

    def comments(self, issue_id: str) -> Sequence[Comment]:
        call = GrcCall("comments", Entity.ISSUE, issue_id)
        return [self._comment(each) for each in self._do(call, lambda: self._grc.comments(issue_id))]

    def _comment(self, row: dict[str, Any]) -> Comment:
        text, mark, token = row["text"].rpartition(" [mlflow-grc:")
        if not mark:
            return Comment(row["id"], row["text"], row["author"], row["at"])
        return Comment(row["id"], text, row["author"], row["at"], token.removesuffix("]"))

    def _do(self, call: GrcCall, act: Callable[[], T]) -> T:
        self.calls.append(call)
        for hook in list(self.before):
            hook(call)
        try:
            result = act()
        except Stale as error:
            raise Conflict(str(error)) from error
        except Forbidden as error:
            raise AccessDenied(str(error)) from error
        except GrcError as error:
            errors = getattr(error, "errors", None) or {}
            raise Rejected(str(error), field=next(iter(errors), None)) from error
        for hook in list(self.after):
            hook(call)
        return result

    def _record(self, entity: Entity, row: dict[str, Any]) -> Record:
        values = {name: row[name] for name in self._fields(entity).fields if name in row}
        return Record(
            entity,
            row["id"],
            values,
            revision=str(row["revision"]),
            updated_at=row["updated_at"],
            actor=row["updated_by"],
            url=f"https://grc.example/records/{row['id']}",
        )

    def _fields(self, entity: Entity) -> EntityFields:
        return self._settings.entities.get(entity, EntityFields())
