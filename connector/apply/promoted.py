"""Sets the alias of a version that was promoted: read afresh, intend, write, read back, record.

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
from connector.model.errors import Conflict, OutcomeUnknown, Rejected
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation, alias_of
from connector.model.state import Base
from connector.model.views import RegistryView
from connector.plan import Context, Pair
from connector.plan.signing import still_ready

log = get_logger(__name__)


class Promoter:
    """Applies promotions, each after everything else of its registered model."""

    def __init__(
        self, context: Context, sides: Sides, memory: RunMemory, ledger: Ledger, step: Step, applied: Applied
    ) -> None:
        """See :class:`connector.apply.executor.Executor`."""
        self._context, self._sides, self._memory = context, sides, memory
        self._ledger, self._step, self._applied = ledger, step, applied
        self._attempts = Attempts(context, sides, memory, ledger, applied)
        self._writer = Writer(sides, ledger, step, context.instance)

    def run(self, operation: Operation, pair: Pair) -> Pair | None:
        """Promote the version, if that still holds. Returns the pair as it stands then; None where nothing was done.
        Errors that concern this version alone end in ``applied``; RunAborted and StateCorrupt are raised.
        """
        return self._attempts.attempt(operation, functools.partial(self._apply, operation, pair))

    def _apply(self, operation: Operation, pair: Pair) -> Pair | None:
        self._step("read")
        fresh = self._afresh(pair)
        why = self._why_not(operation, fresh)
        if fresh is None or why:
            log.info("not promoted", object=str(operation.ref), why=why)
            return None
        self._step("intent")
        self._ledger.intend(operation)
        view = self._write(operation)
        landed = landed_promotion(operation, view)
        if not landed:
            raise Conflict(f"{operation.ref}: the alias was moved on while it was set")
        self._step("record")
        entry = Entry(operation, bases=promotion_bases(landed), results=landed)
        self._ledger.record(entry)
        self._memory.learn(entry)
        self._applied.operations.append(replace(operation, changes=landed))
        told(operation)
        return replace(fresh, registry=view, bases=self._memory.bases_of(operation.ref.key))

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
        return still_ready(self._context, self._memory.view(), pair)

    def _write(self, operation: Operation) -> RegistryView:
        """Set the alias, and after it the mark: one that was interrupted between the two is seen to be promoted."""
        self._ledger.before_write()
        self._step("write")
        ref = operation.ref
        try:
            for change in operation.changes:
                alias = alias_of(change.field)
                if alias is not None:
                    self._sides.registry.set_alias(ref.name, alias, ref.version or "")
            tags = [change for change in operation.changes if alias_of(change.field) is None]
            self._sides.write_registry(ref, tags, self._before_each)
        except (OutcomeUnknown, Rejected):
            self._step("lookup")
            found = self._sides.read_registry(ref)
            if found is None or not landed_promotion(operation, found):
                raise
        view = self._sides.read_registry(ref)
        if view is None:
            raise Conflict(f"{ref}: it went away while it was promoted")
        return view

    def _before_each(self) -> None:
        self._ledger.before_write()
        self._step("write one")


def landed_promotion(operation: Operation, view: RegistryView) -> tuple[FieldChange, ...]:
    """The changes of a promotion that are seen on the version; none where it has not the alias."""
    changes = operation.changes
    if not all(alias_of(change.field) in (None, *view.aliases) for change in changes):
        return ()
    return tuple(c for c in changes if alias_of(c.field) is not None or view.tags.get(c.field) == c.new)


def promotion_bases(changes: Iterable[FieldChange]) -> Mapping[str, Base]:
    """The base pairs that follow from a promotion."""
    return {change.field: Base(change.new, change.new) for change in changes}
