"""The records of every workflow, their links and their history, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from threading import RLock
from typing import Any, TypeAlias

from tests.simulators.logicgate.schema import (
    Application,
    FieldSpec,
    Option,
    Workflow,
    short_id,
)

Stored: TypeAlias = Any
"""What a field holds: a text, a number, of a date epoch milliseconds, the id of a user or an option, ids of options."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. ``moved`` grows with each write of any record. Times are epoch milliseconds."""

    id: str
    workflow: str
    sequence: int
    step: str
    status: str
    creator: str
    created: int
    updated: int
    moved: int
    values: Mapping[str, Stored] = field(default_factory=dict)
    assignee: str = ""
    due: int | None = None
    completed: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One line of history: who did what to which field (by name) of a record."""

    record: str
    action: str
    field: str
    old: Stored
    new: Stored
    user: str


class Store:
    """Safe from any thread; ``lock`` makes several calls one step."""

    def __init__(self, application: Application, clock: Callable[[], datetime]) -> None:
        self.application = application
        self.lock = RLock()
        self.created = 0
        self.links: list[tuple[str, str]] = []
        """Pairs of parent and child."""
        self._clock = clock
        self._records: dict[str, Record] = {}
        self._births: dict[str, int] = {}
        self._sequences: dict[str, int] = {}
        self._ids = self._moves = 0
        self._history: list[Change] = []
        self._added_options: list[tuple[str, str]] = []

    def now(self) -> int:
        """The clock's time in epoch milliseconds."""
        return round(self._clock().timestamp() * 1000)

    def workflow(self, record: Record) -> Workflow:
        """The workflow of a record."""
        return self.application.by_id(record.workflow)

    def options(self, spec: FieldSpec) -> tuple[Option, ...]:
        """The options of a field, those that an admin added later included."""
        added = [text for field_id, text in self._added_options if field_id == spec.id]
        return (*spec.options, *(Option(short_id(spec.id, text), text, 0.0) for text in added))

    def add_option(self, spec: FieldSpec, text: str) -> None:
        """An admin adds an option."""
        with self.lock:
            if all(option.text != text for option in self.options(spec)):
                self._added_options.append((spec.id, text))

    def record(self, record_id: str) -> Record | None:
        """One record."""
        return self._records.get(record_id)

    def of(self, workflow_id: str) -> list[Record]:
        """The records of a workflow in the order of their creation."""
        with self.lock:
            return [one for one in self._records.values() if one.workflow == workflow_id]

    def all(self) -> list[Record]:
        """Every record in the order of creation."""
        with self.lock:
            return list(self._records.values())

    def birth(self, record_id: str) -> int:
        """The value of ``created`` when the record was created."""
        return self._births.get(record_id, 0)

    def create(
        self, workflow: Workflow, values: Mapping[str, Stored], user: str, *, assignee: str = "", due: int | None = None
    ) -> Record:
        """Add a record at the workflow's first step; ``values`` by field id."""
        with self.lock:
            self._ids += 1
            self.created += 1
            number = self._sequences.get(workflow.id, 0) + 1
            self._sequences[workflow.id] = number
            now = self.now()
            record = Record(
                id=short_id("record", self._ids),
                workflow=workflow.id,
                sequence=number,
                step=workflow.origin.id,
                status="ASSIGNED" if assignee else "NOT_ASSIGNED",
                creator=user,
                created=now,
                updated=now,
                moved=self._next_move(),
                values={key: value for key, value in values.items() if not _empty(value)},
                assignee=assignee,
                due=due,
            )
            self._records[record.id] = record
            self._births[record.id] = self.created
            self._note(record, "create", {key: (None, value) for key, value in record.values.items()}, user)
            return self._routed(record, record.values, user)

    def update(self, record_id: str, values: Mapping[str, Stored], user: str) -> Record:
        """Change fields by id; where nothing differs, nothing happens. KeyError for a record that is not there."""
        with self.lock:
            record = self._records[record_id]
            changed = {
                key: (record.values.get(key), None if _empty(value) else value)
                for key, value in values.items()
                if record.values.get(key) != (None if _empty(value) else value)
            }
            if not changed:
                return record
            kept = {**record.values, **{key: new for key, (_, new) in changed.items()}}
            record = self._revise(record, values={key: value for key, value in kept.items() if value is not None})
            self._note(record, "update", changed, user)
            return self._routed(record, {key: new for key, (_, new) in changed.items()}, user)

    def open(self, record_id: str, user: str) -> Record:
        """What reading through the older API does: the assignee's look puts the record in progress."""
        with self.lock:
            record = self._records[record_id]
            if record.assignee != user or record.status not in ("ASSIGNED", "NOT_ASSIGNED"):
                return record
            self._note(record, "open", {"": (record.status, "IN_PROGRESS")}, user)
            return self._revise(record, status="IN_PROGRESS")

    def move(self, record_id: str, step_id: str, user: str) -> Record:
        """Move a record to a step; one of type END completes it."""
        with self.lock:
            record = self._records[record_id]
            step = self.workflow(record).step(step_id)
            if step.id == record.step:
                return record
            self._note(record, "step", {"": (record.step, step.id)}, user)
            ended = step.kind == "END"
            return self._revise(
                record,
                step=step.id,
                status="COMPLETE" if ended else "IN_PROGRESS",
                completed=self.now() if ended else None,
            )

    def touch(self, record_id: str, user: str) -> None:
        """Count a change that changes nothing, as a bulk job does."""
        with self.lock:
            record = self._revise(self._records[record_id])
            self._note(record, "touch", {"": (None, None)}, user)

    def delete(self, record_id: str, user: str) -> None:
        """Remove a record for good; KeyError."""
        with self.lock:
            record = self._records.pop(record_id)
            self._note(record, "delete", {"": (None, None)}, user)
            self.links = [pair for pair in self.links if record_id not in pair]

    def reid(self, record_id: str, user: str) -> str:
        """Give a record another id, as a migration does; links and texts that name it follow."""
        with self.lock:
            self._ids += 1
            new = short_id("record", self._ids)
            records = {new if key == record_id else key: one for key, one in self._records.items()}
            self._records = {
                key: replace(one, id=key, values={k: new if v == record_id else v for k, v in one.values.items()})
                for key, one in records.items()
            }
            self._births[new] = self._births.get(record_id, 0)
            self.links = [tuple(new if one == record_id else one for one in pair) for pair in self.links]  # type: ignore[misc]
            self._note(self._records[new], "reid", {"": (record_id, new)}, user)
            return new

    def link(self, parent: str, child: str, user: str) -> None:
        """Link two records; once."""
        with self.lock:
            if (parent, child) not in self.links:
                self.links.append((parent, child))
                self._note(self._records[child], "link", {"": (None, parent)}, user)

    def neighbours(self, record_id: str) -> list[str]:
        """Parents and children of a record."""
        with self.lock:
            pairs = [pair for pair in self.links if record_id in pair]
        return [child if parent == record_id else parent for parent, child in pairs]

    @property
    def changes(self) -> int:
        """How many lines the history has."""
        return len(self._history)

    def history(self) -> Iterator[Change]:
        """Every change so far, oldest first."""
        with self.lock:
            return iter(list(self._history))

    def dump(self) -> dict[str, Any]:
        """Everything as JSON values."""
        with self.lock:
            return {
                "records": [asdict(one) for one in self._records.values()],
                "history": [asdict(one) for one in self._history],
                "links": [list(pair) for pair in self.links],
                "sequences": dict(self._sequences),
                "ids": self._ids,
                "moves": self._moves,
                "options": [list(pair) for pair in self._added_options],
            }

    def load(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what :meth:`dump` gave."""
        with self.lock:
            self._records = {one["id"]: Record(**one) for one in data["records"]}
            self._history = [Change(**one) for one in data["history"]]
            self.links = [(parent, child) for parent, child in data["links"]]
            self._sequences = dict(data["sequences"])
            self._ids, self._moves = data["ids"], data["moves"]
            self._added_options = [(field_id, text) for field_id, text in data["options"]]

    def _next_move(self) -> int:
        self._moves += 1
        return self._moves

    def _revise(self, record: Record, **changes: Any) -> Record:
        new = replace(record, updated=self.now(), moved=self._next_move(), **changes)
        self._records[record.id] = new
        return new

    def _routed(self, record: Record, changed: Mapping[str, Stored], user: str) -> Record:
        """Where the workflow's own routing takes the record after a write."""
        workflow = self.workflow(record)
        if workflow.routing is None:
            return record
        spec = workflow.fields[workflow.routing.field]
        text = next((option.text for option in self.options(spec) if option.id == changed.get(spec.id)), "")
        step = workflow.routing.steps.get(text)
        return record if step is None else self.move(record.id, workflow.step(step).id, user)

    def _note(self, record: Record, action: str, changed: Mapping[str, tuple[Stored, Stored]], user: str) -> None:
        workflow = self.workflow(record)
        for key, (old, new) in (changed or {"": (None, None)}).items():
            spec = workflow.by_id(key)
            self._history.append(Change(record.id, action, spec.name if spec else key, old, new, user))


def _empty(value: Stored) -> bool:
    return value is None or value in ("", [])
