"""Applies what was selected of a plan, several registered models at a time.

A *lane* is what concerns one registered model and its versions: one thread does it, in the plan's order, so that a
model's record is there before its versions' and no object is touched twice at once. Lanes know nothing of each other.
What no pair of objects stands behind (retirements, placeholders, issues of findings) waits until every other lane is
done. What moves an alias is the last of its lane: it rests on what both sides hold of the version by then.

Where the platform takes several writes in one request, there are as many lanes at a time as fit into one, and each
waits for the others at its reads and writes there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from connector.apply.aliased import Aliaser
from connector.apply.applied import Applied
from connector.apply.batches import Batches
from connector.apply.executor import Executor
from connector.apply.ledger import Ledger
from connector.apply.memory import RunMemory
from connector.apply.raised import ISSUE_KINDS, Raiser
from connector.apply.sides import Sides
from connector.apply.special import SpecialExecutor
from connector.apply.writer import Step
from connector.crew import Crew
from connector.engine.bounds import Selection
from connector.engine.connection import Connection
from connector.engine.turns import Turns
from connector.logs import get_logger
from connector.model.fields import Entity
from connector.model.operations import ALIAS_KINDS, Operation
from connector.model.views import GrcView
from connector.plan import Context, Pair, Planned
from connector.tracing import span

Lane = Sequence[Operation]
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Applying:
    """One run's applying. ``step`` is called before each step of an operation, from whichever thread does it. With
    ``turns``, each operation waits for its model's, and of a model that was overtaken the rest is left out.
    """

    connection: Connection
    planned: Planned
    selection: Selection
    sides: Sides
    memory: RunMemory
    ledger: Ledger
    step: Step
    turns: Turns | None = None

    def run(self) -> tuple[Applied, list[Pair]]:
        """Apply all; what came of it, in the plan's order, and the pairs as they stand then. Raises RunAborted and
        StateCorrupt, when every thread is done.
        """
        in_pairs, special = _lanes(self.selection.operations, self.planned)
        context = self.connection.context(self.connection.clock())
        done = [*self._all(in_pairs, context), *self._all(special, context)]
        applied = Applied()
        for each in done:
            applied.add(each.applied)
        return applied, [pair for each in done for pair in each.pairs.values()]

    def _all(self, lanes: Sequence[Lane], context: Context) -> Sequence[_Done]:
        """Apply lanes, each in a thread of its own."""
        adapter, turns = self.connection.adapter, self.connection.concurrency
        if adapter.batch_size == 1:
            crew = Crew(turns)
            return crew.each(lambda lane: self._lane(lane, context, crew, self.sides), lanes)
        threads = max(turns, adapter.batch_size)
        crew = Crew(threads)
        batches = Batches(adapter, lanes=len(lanes), threads=threads, turns=turns, halted=crew.halted)
        sides = replace(self.sides, batches=batches)

        def together(lane: Lane) -> _Done:
            with batches.lane():
                return self._lane(lane, context, crew, sides)

        return crew.each(together, lanes)

    def _lane(self, lane: Lane, context: Context, crew: Crew, sides: Sides) -> _Done:
        done = _Done()

        def stopped() -> bool:
            return self.connection.stop.is_set() or crew.halted()

        executor = Executor(context, sides, self.memory, self.ledger, self.step, done.applied, stopped)
        special = SpecialExecutor(context, sides, self.memory, self.ledger, self.step, done.applied)
        aliaser = Aliaser(context, sides, self.memory, self.ledger, self.step, done.applied)
        raiser = Raiser(context, sides, self.memory, self.ledger, self.step, done.applied)
        for operation in lane:
            if stopped():
                break
            with self._turn(operation.ref.name) as holds:
                if not holds:
                    log.info("left to the next cycle: an event was handled meanwhile", object=operation.ref.name)
                    break
                if operation.ref.key in self.planned.pairs and operation.kind not in (*ISSUE_KINDS, *ALIAS_KINDS):
                    self._object(operation, executor, done)
                    continue
                with span("operation", kind=str(operation.kind), side=str(operation.side), object=str(operation.ref)):
                    if operation.kind in ALIAS_KINDS:
                        self._aliases(operation, aliaser, executor, done)
                    elif operation.kind in ISSUE_KINDS:
                        raiser.run(operation)
                    else:
                        self._special(operation, special, executor)
        return done

    def _turn(self, name: str) -> AbstractContextManager[bool]:
        if self.turns is None:
            return nullcontext(enter_result=True)
        return self.turns.turn(name, together=self.connection.adapter.batch_size > 1)

    def _object(self, operation: Operation, executor: Executor, done: _Done) -> None:
        key = operation.ref.key
        if key in done.pairs:
            return
        pair = self.planned.pairs[key]
        if pair.ref.entity is Entity.VERSION:
            # The model's record may have been created, or submitted for another version, a moment ago.
            pair = replace(pair, parent=done.record or pair.parent)
        pair = executor.run(pair, self.selection.bounds(key))
        done.pairs[key] = pair
        done.record = pair.grc if pair.ref.entity is Entity.MODEL else pair.parent

    def _aliases(self, operation: Operation, aliaser: Aliaser, executor: Executor, done: _Done) -> None:
        key = operation.ref.key
        pair = aliaser.run(operation, done.pairs.get(key) or self.planned.pairs[key])
        if pair is not None:
            done.pairs[key] = executor.run(pair, self.selection.bounds(key))

    def _special(self, operation: Operation, special: SpecialExecutor, executor: Executor) -> None:
        link = special.run(operation)
        if link is not None and operation.ref.key in self.planned.placeholders:
            pair = self.planned.placeholders[operation.ref.key]
            executor.fill(pair, link, self.selection.bounds(link.ref.key))


@dataclass(slots=True)
class _Done:
    """What one lane came to; ``record`` is the model's record as last seen."""

    applied: Applied = field(default_factory=Applied)
    pairs: dict[str, Pair] = field(default_factory=dict)
    record: GrcView | None = None


def _lanes(operations: Iterable[Operation], planned: Planned) -> tuple[list[Lane], list[Lane]]:
    """The lanes of what has a pair, and those of the rest, each in the plan's order."""
    in_pairs: dict[str, list[Operation]] = defaultdict(list)
    special: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        lanes = in_pairs if operation.ref.key in planned.pairs else special
        lanes[operation.ref.name].append(operation)
    return list(in_pairs.values()), list(special.values())
