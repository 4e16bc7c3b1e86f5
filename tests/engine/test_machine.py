"""A state machine plays with both sides, breaks writes, edits in mid-run, narrows a cycle to one model, beside a full
one too, and kills the connector; an oracle that shares no code with the engine says what must come out.

Few keys and few values, so that edits collide; a machine whose edits rarely meet finds nothing.
``MLFLOW_GRC_EXAMPLES`` sets how many games are played (60).
"""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.base import AdapterSettings, Capability
from connector.audit import verify
from connector.engine.narrow import Narrow
from connector.mock import MockGrc
from connector.model.errors import MlflowGrcError, OutcomeUnknown, Retriable
from connector.model.fields import Entity, Side
from tests.engine.narrowing import Beside
from tests.engine.oracle import Cell, settle
from tests.engine.world import Interrupted, World
from tests.fakes.adapter import GrcCall, InProcessAdapter
from tests.fakes.registry import Call, InProcessRegistry

NAMES = ("alpha", "beta", "gamma")
KINDS = {"purpose": "shared", "description": "mlflow", "allowed_changes": "grc", "risk_classification": "highest"}
MLFLOW_TAG = {
    "purpose": "purpose",
    "allowed_changes": "grc_allowed_changes",
    "risk_classification": "risk_classification",
}
GRC_FIELD = {"risk_classification": "tier"}
TIERS = {"low": "4 - Low", "medium": "3 - Medium", "high": "2 - High", "critical": "1 - Critical"}
TEXTS = st.sampled_from([None, "one", "two", "three"])
TIER = st.sampled_from([None, "low", "medium", "high"])
FAULTS = st.sampled_from(["refused before", "lost after", "killed before", "killed after"])
EDITS = st.one_of(
    st.tuples(st.sampled_from(["purpose", "description", "allowed_changes"]), TEXTS),
    st.tuples(st.just("risk_classification"), TIER),
)


class InProcessWorld(World):
    """A world without HTTP. ``batch_size``: how many writes its GRC takes at a time."""

    batch_size = 1

    def open_adapter(self, settings: AdapterSettings) -> InProcessAdapter:
        adapter = InProcessAdapter(settings, self.grc.grc)
        adapter.batch_size = self.batch_size
        return adapter

    def grc_writes(self) -> int:
        return sum(call.is_write for call in self.adapter.calls)


class UnaskedWorld(InProcessWorld):
    """One whose GRC cannot be asked by key."""

    def open_adapter(self, settings: AdapterSettings) -> InProcessAdapter:
        adapter = super().open_adapter(settings)
        adapter.capabilities -= {Capability.QUERY_BY_KEY}
        return adapter


class BatchedWorld(InProcessWorld):
    """One whose GRC takes several writes at a time."""

    batch_size = 8


class Machine(RuleBasedStateMachine):
    """``cells`` is the oracle's view: by name of a living model, then by field."""

    workers = 1
    full_sweep = 0.0
    world_class = InProcessWorld

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.mock = MockGrc()
        self.registry = InProcessRegistry()
        self.world = self.world_class(
            Path(self.directory.name),
            self.mock,
            self.registry,
            self.registry.author,
            concurrency=self.workers,
            full_sweep=self.full_sweep,
        )
        self.cells: dict[str, dict[str, Cell]] = {}
        self.known: set[str] = set()
        self.clean = True

    def teardown(self) -> None:
        self.world.close()
        self.directory.cleanup()

    # what people do

    @initialize(edits=st.lists(EDITS, max_size=3))
    def begin(self, edits: list[tuple[str, str | None]]) -> None:
        self.create("alpha", edits)

    @rule(name=st.sampled_from(NAMES), edits=st.lists(EDITS, max_size=2))
    def create(self, name: str, edits: list[tuple[str, str | None]]) -> None:
        if name in self.cells:
            return
        self.registry.author.create_model(name)
        self.cells[name] = {field: Cell(None, None) for field in KINDS}
        self.clean = False
        for field, value in edits:
            self.edit_in_mlflow(name, (field, value))

    @rule(name=st.sampled_from(NAMES), edit=EDITS)
    def edit_in_mlflow(self, name: str, edit: tuple[str, str | None]) -> None:
        if name not in self.cells:
            return
        field, value = edit
        self.write_mlflow(name, field, value)
        self.cells[name][field] = _with(self.cells[name][field], mlflow=value)
        self.clean = False

    @rule(name=st.sampled_from(NAMES), edit=EDITS)
    def edit_in_grc(self, name: str, edit: tuple[str, str | None]) -> None:
        if name not in self.known:
            return
        field, value = edit
        self.write_grc(name, field, value)
        self.cells[name][field] = _with(self.cells[name][field], grc=value)
        self.clean = False

    # what the connector does

    @rule()
    def sync(self) -> None:
        self.world.sync()
        self.settle_all()

    @rule(number=st.integers(0, 30), fault=FAULTS)
    def sync_with_a_fault(self, number: int, fault: str) -> None:
        """One write fails, or the process dies at it; the next clean sync must come to the same end."""
        with self.breaking(number, fault):
            try:
                self.world.sync()
            except (Interrupted, MlflowGrcError) as error:
                note(f"the sync ended with {error!r}")
        if fault.startswith("killed"):
            self.world.reopen()
        self.world.sync()
        self.settle_all()

    @rule(name=st.sampled_from(NAMES), edit=EDITS, side=st.sampled_from(["mlflow", "grc"]), number=st.integers(0, 12))
    def sync_with_an_edit_in_mid_run(self, name: str, edit: tuple[str, str | None], side: str, number: int) -> None:
        """Somebody edits between two steps of the run: it counts as made before the run, or after it.

        But for one moment: MLflow has no compare-and-set, so an edit there between the last read and the write is
        overwritten. The window is documented; the machine leaves it out.
        """
        self.edited_in_mid_run(name, edit, side, number)

    def edited_in_mid_run(self, name: str, edit: tuple[str, str | None], side: str, number: int) -> None:
        if name not in self.known:
            return
        before, after = self.both_orders(name, edit, side)
        counter, done = itertools.count(), []

        def step(at: str) -> None:
            unguarded = side == "mlflow" and at.startswith("write")
            if not unguarded and next(counter) == number:
                (self.write_mlflow if side == "mlflow" else self.write_grc)(name, *edit)
                done.append(True)

        self.world.sync(step)
        if not done:
            self.settle_all()
            return
        self.world.sync()
        self.settle_all()
        field = edit[0]
        held = self.held(name, field)
        assert held in {(before.mlflow, before.grc), (after.mlflow, after.grc)}, (held, before, after)
        self.cells[name][field] = before if held == (before.mlflow, before.grc) else after

    @rule(name=st.sampled_from(NAMES))
    def narrow(self, name: str) -> None:
        """An event: the model comes to where a whole sync would bring it, but for values that are gone."""
        if name not in self.cells:
            return
        done = Narrow(self.world.connection, name).run()
        if name not in self.known:
            assert done.result is None
            return
        for field, cell in self.cells[name].items():
            settled = settle(KINDS[field], cell)
            emptied = (cell.mlflow, cell.grc) != (settled.mlflow, settled.grc) and None in (settled.mlflow, settled.grc)
            if not emptied:
                self.cells[name][field] = settled

    @rule(
        name=st.sampled_from(NAMES),
        edit=EDITS,
        side=st.sampled_from(["mlflow", "grc"]),
        number=st.integers(0, 40),
        again=st.booleans(),
    )
    def sync_with_an_event_in_mid_run(
        self, name: str, edit: tuple[str, str | None], side: str, number: int, again: bool
    ) -> None:
        """Somebody edits at some request of a full cycle, or after it, and the event narrows a cycle beside it. That
        waits for the operation in hand, so that an edit in MLflow is made where nothing of its model is under way.
        """
        if name not in self.known:
            return
        before, after = self.both_orders(name, edit, side)
        counter, begun, held = itertools.count(), list[Beside](), threading.Lock()

        def act(call: Call | GrcCall) -> None:
            if begun or call.is_write or call.action.startswith("get") or next(counter) != number % 6:
                return
            interrupt()

        def interrupt() -> None:
            with held:
                if begun:
                    return
                (self.write_mlflow if side == "mlflow" else self.write_grc)(name, *edit)
                begun.append(Beside(self.world, name))
            begun[0].begin()
            if again:
                begun.append(Beside(self.world, name).begin())

        steps = itertools.count()

        def step(at: str) -> None:
            unguarded = side == "mlflow" and (self.workers > 1 or at.startswith("write"))
            if number >= 6 and not unguarded and next(steps) == number - 6:
                interrupt()

        hooks = [self.registry.after, self.world.adapter.after] if number < 6 else []
        for each in hooks:
            each.append(act)
        try:
            self.world.sync(step)
        finally:
            for each in hooks:
                each.remove(act)
        if not begun:
            self.settle_all()
            return
        ended = [one.end() for one in begun]
        if any(one.result is not None for one in ended):
            self.shown_as_held(name)
        self.world.sync()
        self.settle_all()
        found = self.held(name, edit[0])
        assert found in {(before.mlflow, before.grc), (after.mlflow, after.grc)}, (found, before, after)
        self.cells[name][edit[0]] = before if found == (before.mlflow, before.grc) else after

    @rule()
    @precondition(lambda self: self.clean)
    def sync_again(self) -> None:
        writes, calls = len(self.registry.writes), self.world.grc_writes()
        self.world.sync()
        assert (len(self.registry.writes), self.world.grc_writes()) == (writes, calls), "a second sync wrote something"

    @rule()
    def lose_the_process(self) -> None:
        self.world.reopen()

    # what must hold

    @invariant()
    def both_sides_hold_what_the_oracle_says(self) -> None:
        for name in self.known:
            for field, cell in self.cells[name].items():
                assert self.held(name, field) == (cell.mlflow, cell.grc), (name, field)

    @invariant()
    def no_record_is_doubled(self) -> None:
        keys = [row["external_key"] for row in self.mock.store.rows("models")]
        assert len(keys) == len(set(keys))

    @invariant()
    def conflicts_are_those_of_the_oracle(self) -> None:
        if self.clean:
            parked = {(n, f) for n, cells in self.cells.items() for f, cell in cells.items() if cell.parked}
            assert {(case.ref.name, case.field) for case in self.world.store.conflicts("test")} == parked

    @invariant()
    def the_state_shows_what_both_sides_hold(self) -> None:
        for name in self.known if self.clean else ():
            self.shown_as_held(name)

    @invariant()
    def the_trail_proves_itself(self) -> None:
        assert verify(self.world.store.audit()).ok

    # helpers

    def settle_all(self) -> None:
        for name, cells in self.cells.items():
            self.cells[name] = {field: settle(KINDS[field], cell) for field, cell in cells.items()}
            self.known.add(name)
        self.clean = True

    def shown_as_held(self, name: str) -> None:
        """The state shows of a model what both sides hold."""
        for side, number in ((Side.REGISTRY, 0), (Side.GRC, 1)):
            snapshot = self.world.store.snapshot("test", side, Entity.MODEL)
            (seen,) = [one for one in snapshot.objects.values() if one.name == name] if snapshot is not None else ()
            shown = {kind: seen.fields.get(kind) or None for kind in KINDS}
            assert shown == {kind: self.held(name, kind)[number] for kind in KINDS}, (side, name)
            assert seen.missing_since is None

    def both_orders(self, name: str, edit: tuple[str, str | None], side: str) -> tuple[Cell, Cell]:
        field, value = edit
        cell = self.cells[name][field]
        before = settle(KINDS[field], _with(cell, **{side: value}))
        after = settle(KINDS[field], _with(settle(KINDS[field], cell), **{side: value}))
        return before, after

    def held(self, name: str, field: str) -> tuple[str | None, str | None]:
        model = self.registry.model(name)
        assert model is not None
        mlflow = model.description if field == "description" else model.tags.get(MLFLOW_TAG[field])
        native = self.world.record(name)[GRC_FIELD.get(field, field)]
        back = {label: value for value, label in TIERS.items()}
        return mlflow or None, back.get(native, native) or None

    def write_mlflow(self, name: str, field: str, value: str | None) -> None:
        author = self.registry.author
        if field == "description":
            author.set_description(name, value or "")
        elif value is None:
            author.delete_tag(name, MLFLOW_TAG[field])
        else:
            author.set_tag(name, MLFLOW_TAG[field], value)

    def write_grc(self, name: str, field: str, value: str | None) -> None:
        native: Any = TIERS.get(value or "", value) if field == "risk_classification" else value
        self.world.officer.patch(self.world.record(name)["id"], **{GRC_FIELD.get(field, field): native})

    @contextmanager
    def breaking(self, number: int, fault: str) -> Iterator[None]:
        """Let the ``number``-th write of either side fail, before or after it landed."""
        counter, dead = itertools.count(), threading.Event()
        how, when = fault.split()

        def fail(call: Call | GrcCall) -> None:
            if dead.is_set():
                raise Interrupted(str(call))
            if call.is_write and next(counter) == number:
                if how == "killed":
                    # No thread of a dead process gets any further.
                    dead.set()
                    raise Interrupted(str(call))
                raise OutcomeUnknown("the answer was lost") if when == "after" else Retriable("not now")

        hooks = [side.before if when == "before" else side.after for side in (self.registry, self.world.adapter)]
        for each in hooks:
            each.append(fail)
        try:
            yield
        finally:
            for each in hooks:
                each.remove(fail)


def _with(cell: Cell, **changes: str | None) -> Cell:
    return replace(cell, parked=False, **changes)


class CrowdedMachine(Machine):
    """The same with a worker for each model, in a GRC that cannot be asked by key. Which write a fault hits hangs on
    the threads; what must come out does not.
    """

    workers = len(NAMES)
    world_class = UnaskedWorld

    @rule(name=st.sampled_from(NAMES), edit=EDITS, number=st.integers(0, 12))
    def sync_with_an_edit_in_mid_run(self, name: str, edit: tuple[str, str | None], number: int) -> None:  # type: ignore[override]
        """In the GRC alone: another worker may be in MLflow's unguarded moment at any step of this one."""
        self.edited_in_mid_run(name, edit, "grc", number)


class BatchedMachine(CrowdedMachine):
    """The same where keys can be asked for, and writes wait for each other and go out together."""

    world_class = BatchedWorld


class RememberingMachine(CrowdedMachine):
    """The same by a process that lists everything at each fifth cycle, and in between what was changed: the GRC that
    cannot be asked by key lists more, and of none of its records a value may be believed that is no longer there.
    """

    full_sweep = 270.0


GAMES = settings(
    max_examples=int(os.environ.get("MLFLOW_GRC_EXAMPLES", "60")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestMachine = Machine.TestCase
TestMachine.settings = GAMES
TestCrowdedMachine = CrowdedMachine.TestCase
TestCrowdedMachine.settings = GAMES
TestBatchedMachine = BatchedMachine.TestCase
TestBatchedMachine.settings = GAMES
TestRememberingMachine = RememberingMachine.TestCase
TestRememberingMachine.settings = GAMES
