"""One cycle of one connection. The run reads as the design does: recover, observe, plan, apply, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.apply.applied import Applied
from connector.apply.ledger import LeaseKeeper, Ledger
from connector.apply.listed import ListedKeys
from connector.apply.memory import RunMemory
from connector.apply.recover import Recovered, recover
from connector.apply.sides import Sides
from connector.apply.writer import Step
from connector.engine.applying import Applying
from connector.engine.bounds import Selection
from connector.engine.connection import Connection
from connector.engine.contents import read_contents
from connector.engine.holding import holding
from connector.engine.journal import after, journal, sights_of
from connector.engine.observe import Observed, observe
from connector.engine.overtaking import records_of, standing, without
from connector.engine.planned import record_plan, record_remapping
from connector.engine.raising import with_findings
from connector.engine.recall import learned_runs, recall, run_reads
from connector.engine.recorded import recorded
from connector.engine.remarking import log_remarks, message_of
from connector.engine.result import RunResult, counts_of, status_of
from connector.engine.turns import Overtaken
from connector.logs import bound, get_logger
from connector.model.fields import Entity
from connector.model.operations import Plan
from connector.model.state import LinkState, Run
from connector.model.views import Issue
from connector.plan import Planned, plan
from connector.plan.remapping import Remapping, remap
from connector.state.base import Recorder
from connector.state.sweeps import sweep_counts
from connector.state.times import stamp
from connector.tracing import span

log = get_logger(__name__)


def no_step(name: str) -> None:
    """Take the step: nothing interrupts."""
    del name


@dataclass(slots=True)
class Cycle:
    """A cycle to run once. ``only``: a saved plan, of which alone what still holds is applied. ``model`` narrows the
    cycle to one registered model by name. ``step`` is called before each step of the run with its name.
    """

    connection: Connection
    only: Plan | None = None
    model: str | None = None
    step: Step = field(default=no_step)

    def look(self) -> tuple[Observed, Planned]:
        """Observe and plan without writing anything anywhere."""
        _, observed, planned = self._plan(self._recall(), run_id="preview")
        return observed, planned

    def preview(self) -> Plan:
        """The plan that a cycle would carry out now; nothing is written anywhere."""
        return self.look()[1].plan

    def run(self) -> RunResult:
        """Run the cycle. Raises RunAborted (LeaseHeld included), or Defect for what nobody foresaw, after the run was
        recorded as failed.
        """
        connection = self.connection
        with holding(connection) as keeper:
            run = connection.store.start_run(connection.name, connection.clock())
            told = {"run_id": run.id, "connection": connection.name}
            with bound(**told), span("cycle", **told):
                return recorded(connection, run, lambda: self._beside_others(run, keeper))

    def _beside_others(self, run: Run, keeper: LeaseKeeper) -> RunResult:
        with self.connection.turns.full():
            return self._cycle(run, keeper)

    def _cycle(self, run: Run, keeper: LeaseKeeper) -> RunResult:
        connection = self.connection
        ledger = Ledger(connection.store, keeper, run.id, connection.name, connection.clock)
        recovered = self._recover(ledger)
        if recovered:
            connection.listings.forget()
        remapping = self._recall()
        record_remapping(ledger, remapping)
        memory = remapping.memory
        sides, observed, planned = self._plan(remapping, run.id)
        in_doubt = [each.operation.ref.key for each in recovered]
        sides.listed = ListedKeys(connection.adapter, observed.grc, in_doubt, observed.by_time, sides.listed_keys)
        self.step("plan")
        turns = connection.turns
        with turns.books, span("record"):
            overtaken = turns.overtaken()
            now = standing(connection.store, connection.name, overtaken.names)
            planned, memory = without(planned, memory, now)
            self._journal(ledger, run.id, observed, overtaken, issues=planned.issues)
            ledger.releases.cover(planned.released)
            selection = Selection.of(planned, self.only, self.model, memory)
            learned = RunMemory(memory)
            record_plan(ledger, planned, selection, memory, learned)
            turns.settled(sum(link.state is LinkState.LIVE for link in learned.links.values()))
        read_contents(connection, planned, selection.operations, ledger.before_write)
        with span("apply", operations=len(selection.operations)):
            applied, pairs = Applying(connection, planned, selection, sides, learned, ledger, self.step, turns).run()
        applied.failures += [(each.operation, each.error) for each in recovered if each.error is not None]
        if applied.operations:
            with turns.books:
                self._journal(ledger, run.id, after(observed, pairs), turns.overtaken())
        result = self._end(run, planned.plan, applied, selection, recovered, observed.rests_on)
        connection.listings.keep()
        return result

    def _recover(self, ledger: Ledger) -> list[Recovered]:
        self.step("recover")
        connection = self.connection
        with connection.turns.books:
            pending = connection.store.intents(connection.name)
            intents = [intent for intent in pending if not connection.turns.is_running(intent.run_id)]
        sides = Sides(connection.registry, connection.adapter, connection.translator, touch=connection.listings.touch)
        links = connection.store.links(connection.name) if intents else {}
        with span("recover", intents=len(intents)):
            recovered = recover(intents, links, sides, ledger)
        for each in recovered:
            where = {"object": str(each.operation.ref), "kind": str(each.operation.kind)}
            if each.error is None:
                log.warning("recovered", **where, landed=each.landed)
            else:
                log.warning("not recovered", **where, error=each.error.message)
        return recovered

    def _recall(self) -> Remapping:
        """The memory as it holds under the connection's present mapping."""
        connection = self.connection
        memory = recall(connection.store, connection.name, connection.clock())
        before = connection.store.used_mapping(connection.name)
        return remap(memory, before, connection.translator.mapping.used)

    def _plan(self, remapping: Remapping, run_id: str) -> tuple[Sides, Observed, Planned]:
        self.step("observe")
        connection, memory = self.connection, remapping.memory
        sides = Sides(connection.registry, connection.adapter, connection.translator, touch=connection.listings.touch)
        mapping, gates = connection.translator.mapping, connection.policy.gates
        reads = run_reads(connection.store, connection.name, run_id, mapping, gates)
        with span("observe"):
            listing = connection.listings.begin(connection.clock())
            observed = observe(sides, memory, reads, listing, turn=run_id, workers=connection.concurrency)
        sides.scanned = observed.scanned
        context = connection.context(connection.clock())
        with span("plan"):
            planned = plan(context, memory, observed.registry, observed.grc, observed.absences)
            planned = with_findings(connection, memory, observed, planned)
        remarks = (*remapping.remarks, *planned.plan.remarks)
        return sides, observed, replace(planned, plan=replace(planned.plan, remarks=remarks))

    def _journal(
        self,
        ledger: Ledger,
        run_id: str,
        observed: Observed,
        overtaken: Overtaken,
        issues: Sequence[Issue] | None = None,
    ) -> None:
        """Record what was observed; the first time in a run, with its ``issues``, what the next one remembers of it."""
        records = records_of(self.connection.store, self.connection.name, overtaken.names)
        passed = sights_of(observed, overtaken.names, records) | overtaken.seen

        def write(recorder: Recorder) -> None:
            journal(recorder, run_id, observed, passed)
            if issues is not None:
                recorder.put_run_data(learned_runs(observed.snapshot, observed.reads.known))
                if observed.grc.complete(Entity.ISSUE):
                    recorder.put_issues(issues)

        ledger.transaction(write)

    def _end(
        self,
        run: Run,
        made: Plan,
        applied: Applied,
        selection: Selection,
        recovered: Sequence[Recovered],
        rests_on: datetime | None,
    ) -> RunResult:
        connection = self.connection
        stopped = connection.stop.is_set()
        stale = selection.saved.stale if stopped else selection.undone(applied)
        status = status_of(made, applied, stale)
        counts = counts_of(made, applied, stale) | selection.counts | sweep_counts(run, rests_on)
        remarks = [each for each in made.remarks if each.ref is None or self.model in (None, each.ref.name)]
        log_remarks(remarks)
        message = message_of(status, remarks)
        ended = replace(run, ended=stamp(connection.clock()), status=status, message=message, counts=counts)
        head = connection.store.end_run(ended)
        log.info("run ended", status=str(status), audit_head=str(head), **counts)
        return RunResult(ended, made, applied, head, recovered, stale, stopped, done=selection.saved.done)
