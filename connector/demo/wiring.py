"""The engine as the demo uses it: one connection, synced on demand, its results in the story's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from adapters.httpclient.redaction import redact
from connector import logs
from connector.config.config import load_config
from connector.demo.bank import CONNECTION_NAME
from connector.demo.events import COMMENT, Change, Parked
from connector.demo.stage import SyncSummary
from connector.engine import Connection, Cycle, RunResult
from connector.engine.opening import open_connection
from connector.model.errors import Rejected
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import ConflictCase, Resolution
from connector.state import open_store
from connector.state.times import stamp

_TARGETS = {Side.REGISTRY: "MLflow", Side.GRC: "GRC"}


@contextmanager
def open_cycle(path: Path) -> Iterator[EngineCycle]:
    """Open the connector on the demo's configuration file; its log goes to the file named there.

    Raises ConfigError, StateUnavailable.
    """
    config = load_config(path)
    logs.configure(redact=redact, file=config.log_path)
    with (
        closing(open_store(config.state_path, redact)) as store,
        closing(open_connection(config, CONNECTION_NAME, store)) as connection,
    ):
        yield EngineCycle(connection)


class EngineCycle:
    """Runs cycles of an open connection; closing it is the caller's business."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sync(self) -> SyncSummary:
        """Run one cycle. Raises RunAborted."""
        result = Cycle(self._connection).run()
        operations = result.applied.operations
        updates = [operation for operation in operations if operation.kind is not OperationKind.CREATE_RECORD]
        return SyncSummary(
            status=result.run.status,
            created=len(operations) - len(updates),
            changes=tuple(change for operation in updates for change in self._changes(operation)),
            conflicts=tuple(_parked(case) for case in result.plan.conflicts),
            message=_message(result),
        )

    def resolve(self, conflict: Parked, take: Side, by: str) -> None:
        """Answer the conflict with one side's value. Raises Rejected when it is no longer in the queue."""
        connection = self._connection
        for case in connection.store.conflicts(connection.name):
            if (str(case.ref), case.field) == (conflict.subject, conflict.field):
                at = stamp(connection.clock())
                answer = Resolution(case.ref, case.field, take, None, case.registry, case.grc, by, at)
                connection.store.resolve(connection.name, answer)
                return
        raise Rejected(
            f"The conflict about {conflict.field} of {conflict.subject} is no longer in the queue.",
            remedy="run `mlflow-grc sync` and look at `mlflow-grc conflicts list`.",
        )

    def _changes(self, operation: Operation) -> Iterable[Change]:
        target = _TARGETS[operation.side]
        if operation.kind is OperationKind.POST_COMMENT:
            text = operation.text.splitlines()[0] if operation.text else ""
            return [Change(target, str(operation.ref), COMMENT, "", text, operation.why)]
        return [
            Change(
                target=target,
                subject=str(operation.ref),
                field=self._name(operation, change),
                before=change.old or "",
                after=change.new or "",
                why=change.rule or operation.why,
            )
            for change in operation.changes
        ]

    def _name(self, operation: Operation, change: FieldChange) -> str:
        """The tag in MLflow, the canonical field in the GRC."""
        if operation.side is Side.GRC or change.is_tag:
            return change.field
        place = self._connection.translator.place(operation.ref.entity, change.field)
        return place.key or str(place)


def _parked(case: ConflictCase) -> Parked:
    return Parked(
        subject=str(case.ref),
        field=case.field,
        agreed=case.base_registry or "",
        in_mlflow=case.registry or "",
        in_grc=case.grc or "",
        reason=case.reason,
    )


def _message(result: RunResult) -> str:
    """What needs a person, in one line; empty when nothing does."""
    plan, applied = result.plan, result.applied
    parts = [
        *plan.fuses,
        *plan.gaps,
        *(f"quarantine: {case.ref} {case.field} {case.reason}" for case in (*plan.quarantines, *applied.quarantines)),
        *(f"{remark.topic}: {remark.text}" for remark in plan.remarks if remark.attention),
        *(f"{operation.ref}: {error}" for operation, error in applied.failures),
        *(f"did not stick: {operation.ref} {name}" for operation, name in applied.not_stuck),
    ]
    return "; ".join(parts)
