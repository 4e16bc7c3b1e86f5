"""Sets and removes aliases of versions (promotion, enforcement): read afresh, intend, write, read back, record.

MLflow has no compare-and-set. The alias, the version and its record are read right before the write; what moves between
that read and the write is documented, and the next cycle sees it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace

from connector.apply.applied import Applied, told
from connector.apply.attempts import Attempts
from connector.apply.ledger import Entry, Ledger
from connector.apply.memory import RunMemory
from connector.apply.sides import Sides
from connector.apply.writer import Step, Writer
from connector.logs import get_logger
from connector.model.errors import Conflict, MlflowGrcError, RunAborted, StateCorrupt
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation, OperationKind, alias_of
from connector.model.state import Base
from connector.model.views import RegistryView
from connector.plan import Context, Pair
from connector.plan.causes import may_be_given_back, still_enforced
from connector.plan.signing import still_ready

log = get_logger(__name__)


class Aliaser:
    """Applies what sets or removes aliases, after everything else of the registered model."""

    def __init__(
        self, context: Context, sides: Sides, memory: RunMemory, ledger: Ledger, step: Step, applied: Applied
    ) -> None:
        """See :class:`connector.apply.executor.Executor`."""
        self._context, self._sides, self._memory = context, sides, memory
        self._ledger, self._step, self._applied = ledger, step, applied
        self._attempts = Attempts(context, sides, memory, ledger, applied)
        self._writer = Writer(sides, ledger, step, context.instance)

    def run(self, operation: Operation, pair: Pair) -> Pair | None:
        """Write the aliases, if that still holds. Returns the pair as it stands then; None where nothing was done.
        Errors that concern this version alone end in ``applied``; RunAborted and StateCorrupt are raised.
        """
        return self._attempts.attempt(operation, functools.partial(self._apply, operation, pair))

    def _apply(self, operation: Operation, pair: Pair) -> Pair | None:
        self._step("read")
        fresh = self._afresh(pair)
        why = self._why_not(operation, fresh)
        if fresh is None or why:
            log.info("alias not written", kind=str(operation.kind), object=str(operation.ref), why=why)
            return None
        self._step("intent")
        self._ledger.intend(operation)
        view, failure = self._write(operation)
        landed = landed_aliases(operation, view)
        if landed:
            self._record(operation, landed)
        if not is_landed(operation, landed):
            raise failure or Conflict(f"{operation.ref}: the alias was moved on while it was written")
        model = _with_aliases(fresh.model, landed)
        return replace(fresh, registry=view, model=model, bases=self._memory.bases_of(operation.ref.key))

    def _record(self, operation: Operation, landed: tuple[FieldChange, ...]) -> None:
        self._step("record")
        entry = Entry(operation, bases=alias_bases(operation, landed), results=landed)
        self._ledger.record(entry)
        self._memory.learn(entry)
        self._applied.operations.append(replace(operation, changes=landed))
        told(replace(operation, changes=landed))

    def _afresh(self, pair: Pair) -> Pair | None:
        """Both sides of the version, read now."""
        fresh = self._writer.refresh(pair, Side.REGISTRY)
        fresh = self._writer.refresh(fresh, Side.GRC) if fresh is not None and fresh.grc is not None else None
        return replace(fresh, bases=self._memory.bases_of(pair.ref.key)) if fresh is not None else None

    def _why_not(self, operation: Operation, pair: Pair | None) -> str:
        if pair is None:
            return "the version or its record is gone"
        model = self._sides.registry.model(operation.ref.name)
        for change in operation.changes:
            alias = alias_of(change.field)
            held = model.aliases.get(alias) if model is not None and alias is not None else None
            if alias is not None and held != change.old:
                return f"the alias {alias} points at {held or 'no version'} by now"
        return self._holds(operation, pair)

    def _holds(self, operation: Operation, pair: Pair) -> str:
        """Why the operation does not hold any more, by what both sides tell now."""
        match operation.kind:
            case OperationKind.TAKE_OFF:
                return still_enforced(self._context, pair)
            case OperationKind.GIVE_BACK:
                aliases = [alias for change in operation.changes if (alias := alias_of(change.field)) is not None]
                free = all(may_be_given_back(self._context, pair, alias) for alias in aliases)
                return "" if free else "something speaks against the version again"
        return still_ready(self._context, self._memory.view(), pair)

    def _write(self, operation: Operation) -> tuple[RegistryView, MlflowGrcError | None]:
        """Write the alias and the mark, in the order in which one that was interrupted in between is understood: what
        is set is set before its mark, what comes off is marked before. Returns the version as read back, and what kept
        the rest from being written. Raises OutcomeUnknown where it cannot be read back.
        """
        self._ledger.before_write()
        self._step("write")
        ref = operation.ref
        tags = [change for change in operation.changes if alias_of(change.field) is None]
        try:
            if operation.kind is OperationKind.TAKE_OFF:
                self._sides.write_registry(ref, tags, self._before_each)
                self._move_aliases(operation)
            else:
                self._move_aliases(operation)
                self._sides.write_registry(ref, tags, self._before_each)
        except (RunAborted, StateCorrupt):
            raise
        except MlflowGrcError as error:
            self._step("lookup")
            return self._sides.read_back(ref), error
        return self._sides.read_back(ref), None

    def _move_aliases(self, operation: Operation) -> None:
        registry, ref = self._sides.registry, operation.ref
        for change in operation.changes:
            alias = alias_of(change.field)
            if alias is not None and change.new is None:
                registry.delete_alias(ref.name, alias)
            elif alias is not None:
                registry.set_alias(ref.name, alias, ref.version or "")

    def _before_each(self) -> None:
        self._ledger.before_write()
        self._step("write one")


def _with_aliases(model: RegistryView | None, changes: Iterable[FieldChange]) -> RegistryView | None:
    """The registered model with the aliases that it has after these changes."""
    if model is None:
        return None
    moved = {alias: change.new is not None for change in changes if (alias := alias_of(change.field)) is not None}
    kept = {alias for alias in model.aliases if moved.get(alias, True)}
    return replace(model, aliases=tuple(sorted(kept | {alias for alias, there in moved.items() if there})))


def landed_aliases(operation: Operation, view: RegistryView) -> tuple[FieldChange, ...]:
    """The changes of an operation on aliases that are seen on the version; none where no alias is as it was to be: the
    mark alone says nothing.
    """
    landed = tuple(change for change in operation.changes if _is_seen(change, view))
    return landed if any(alias_of(change.field) is not None for change in landed) else ()


def is_landed(operation: Operation, landed: Iterable[FieldChange]) -> bool:
    """Whether every alias is among the changes that landed."""
    fields = {change.field for change in landed}
    return all(change.field in fields for change in operation.changes if alias_of(change.field) is not None)


def _is_seen(change: FieldChange, view: RegistryView) -> bool:
    alias = alias_of(change.field)
    return (
        view.tags.get(change.field) == change.new
        if alias is None
        else (alias in view.aliases) == (change.new is not None)
    )


def alias_bases(operation: Operation, changes: Iterable[FieldChange]) -> Mapping[str, Base]:
    """The base pairs that follow: of the marks, and of an alias that is never given twice."""
    kept = (each for each in changes if each.is_tag or operation.kind is OperationKind.PROMOTE)
    return {change.field: Base(change.new, change.new) for change in kept}
