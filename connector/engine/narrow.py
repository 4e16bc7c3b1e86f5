"""A narrowed cycle: one registered model, because an event said that something of it may have changed.

It reads that model and what the GRC holds of it, plans with the planner of every cycle and applies with its executor,
under the same lease, and beside a full cycle of the same process without waiting for its end. What makes that safe:

1. **An event is no truth.** Everything is read anew; the event only says where.
2. **Nothing is concluded from absence.** A narrowed cycle creates no record, retires none, forgets no link, and takes
   no issue for closed but one that it read as closed. Identity is as the last full cycle settled it: a model without a
   live link, in quarantine, renamed, or whose link would change is left to a full cycle.
3. **No fuse is passed by.** Fuses count over all objects, and this cycle sees one. What rests on a value that is gone
   (removals of tags, emptied fields), promotions and the issues of findings are left to a full cycle; updates are
   counted over all narrowed cycles since a full one counted (:meth:`Turns.may_update`). A model of which a fuse holds
   anything back is left alone.
4. **One writer for a model.** It holds the model's turn from its first read to its last record, so its base, its
   intents and both sides are nobody else's meanwhile; a write whose outcome is in doubt leaves the model to a full
   cycle, which looks it up first.
5. **No full cycle acts on what it saw before.** A model at which anything was recorded is overtaken: the full cycle
   that runs neither records nor applies what it saw and planned of it (:mod:`connector.engine.turns`).
6. **The journal goes forward.** What was read back is journalled as a partial observation, of these objects alone, and
   a full cycle's older sight of them is passed over.
7. **Quiet ends it.** A cycle that finds nothing to record records nothing, not even a run: so the events of the
   connector's own writes come to an end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from connector.apply.ledger import LeaseKeeper, Ledger
from connector.apply.memory import RunMemory
from connector.apply.sides import Sides
from connector.apply.writer import Step
from connector.engine.applying import Applying
from connector.engine.bounds import Selection
from connector.engine.close_up import CloseUp, LeftToFull, look_closely
from connector.engine.connection import Connection
from connector.engine.contents import read_contents
from connector.engine.cycle import no_step
from connector.engine.holding import holding
from connector.engine.journal import after, journal, sights_of
from connector.engine.news import News, news_of, record_news
from connector.engine.overtaking import records_of
from connector.engine.recorded import recorded
from connector.engine.result import RunResult, counts_of, status_of
from connector.engine.turns import Turn
from connector.logs import bound, get_logger
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit
from connector.model.state import LinkState, Run, RunKind
from connector.plan import Planned, plan
from connector.state.base import Recorder
from connector.state.times import stamp

log = get_logger(__name__)

_NEVER, _ALWAYS = FuseLimit(0, 0), FuseLimit(100, 10**9)
_LIMITS = {kind: _ALWAYS if kind is FuseClass.UPDATE else _NEVER for kind in FuseClass}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What became of it. ``result`` None: nothing was recorded. ``left`` says why something was left to a full cycle
    (empty: nothing was), ``soon`` whether one should come before its time for that.
    """

    result: RunResult | None = None
    left: str = ""
    soon: bool = False
    postponed: bool = False
    """Nothing was looked at: the full cycle that runs has to do with the model first."""


@dataclass(slots=True)
class Narrow:
    """A narrowed cycle to run once, of the registered model ``name``. ``issues`` are the ids of those that events were
    about. ``step`` as in a full cycle.
    """

    connection: Connection
    name: str
    issues: Collection[str] = ()
    step: Step = field(default=no_step)

    def run(self) -> Narrowed:
        """Run it. Raises RunAborted (LeaseHeld included) and Retriable, and Defect for what nobody foresaw."""
        if self.connection.turns.is_reserved(self.name):
            return Narrowed(postponed=True)
        with holding(self.connection) as keeper, self.connection.turns.ahead(self.name) as turn:
            with bound(connection=self.connection.name):
                try:
                    done = self._cycle(keeper, turn)
                except LeftToFull as left:
                    done = Narrowed(left=str(left), soon=left.soon)
                turn.left = done.soon
            return done

    def _cycle(self, keeper: LeaseKeeper, turn: Turn) -> Narrowed:
        connection = self.connection
        sides = Sides(connection.registry, connection.adapter, connection.translator, touch=connection.listings.touch)
        seen = look_closely(connection, sides, self.name, self.issues)
        planned = self._plan(seen)
        left = self._left(seen, planned)
        news = news_of(planned, seen)
        if not news:
            return Narrowed(left=left, soon=bool(left))
        self._count(planned)
        run = connection.store.start_run(connection.name, connection.clock(), RunKind.NARROWED)
        records = records_of(connection.store, connection.name, [self.name])
        turn.changed, turn.seen = True, sights_of(seen.observed, [self.name], records)
        with connection.turns.running(run.id), bound(run_id=run.id):
            books = connection.turns.books
            ledger = Ledger(connection.store, keeper, run.id, connection.name, connection.clock, books)
            result = recorded(connection, run, lambda: self._carry_out(run, ledger, sides, seen, planned, news))
        return Narrowed(result, left, soon=bool(left))

    def _plan(self, seen: CloseUp) -> Planned:
        """The plan of this model; what it may not do is withheld. Raises LeftToFull where its identity is open."""
        connection, observed = self.connection, seen.observed
        context = connection.context(connection.clock())
        context = replace(context, policy=replace(context.policy, fuses=_LIMITS))
        registry = replace(observed.registry, gaps=("narrowed",))
        planned = plan(context, seen.memory, registry, observed.grc, observed.absences)
        (model,) = observed.registry.models
        if planned.plan.links or model.ref.key not in planned.pairs:
            raise LeftToFull("its link to the GRC has to be settled", soon=True)
        return planned

    def _left(self, seen: CloseUp, planned: Planned) -> str:
        """What a full cycle has to do beside; empty for nothing."""
        views = seen.observed.registry.versions
        unpaired = [view for view in views if view.in_scope and view.ref.key not in planned.pairs]
        withheld = [operation for operation in planned.plan.withheld if operation.digest not in seen.memory.withheld]
        if unpaired:
            return f"{unpaired[0].ref} has no record that is known to be its own"
        if withheld:
            return f"{withheld[0].kind} of {withheld[0].ref} is counted over all objects"
        return ""

    def _count(self, planned: Planned) -> None:
        """Count the updates. Raises LeftToFull where there were too many since a full cycle counted."""
        connection = self.connection
        keys = {each.ref.key for each in planned.plan.operations if each.fuse is FuseClass.UPDATE}
        limit = connection.policy.fuses[FuseClass.UPDATE]

        def linked() -> int:
            return sum(link.state is LinkState.LIVE for link in connection.store.links(connection.name).values())

        if not connection.turns.may_update(keys, limit, linked):
            raise LeftToFull("as many objects were updated by events as a fuse lets pass", soon=True)

    def _carry_out(
        self, run: Run, ledger: Ledger, sides: Sides, seen: CloseUp, planned: Planned, news: News
    ) -> RunResult:
        # What a full cycle beside read of the files that it signs is its own.
        connection = replace(self.connection, contents={})
        self.step("plan")
        selection = Selection.of(planned, None, None, seen.memory)
        learned = RunMemory(seen.memory)
        record_news(ledger, planned, seen.memory, news)
        learned.settle(news.settles)
        read_contents(connection, planned, selection.operations, ledger.before_write)
        applied, pairs = Applying(connection, planned, selection, sides, learned, ledger, self.step).run()
        fresh = after(seen.observed, pairs)

        def write(recorder: Recorder) -> None:
            journal(recorder, run.id, fresh, partial=True)

        ledger.transaction(write)
        made = replace(planned.plan, gaps=(), remarks=(), withheld=(), fuses=())
        status, counts = status_of(made, applied, ()), counts_of(made, applied, ())
        ended = replace(run, ended=stamp(connection.clock()), status=status, counts=counts)
        head = connection.store.end_run(ended)
        log.info("event handled", object=self.name, status=str(status), audit_head=str(head), **counts)
        return RunResult(ended, made, applied, head, stopped=connection.stop.is_set())
