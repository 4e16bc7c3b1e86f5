"""A scenario told once and run in every way: straight, again, and interrupted at every point then resumed."""

from __future__ import annotations

import difflib
import pprint
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from connector.audit.verify import RUN_ENDED
from connector.engine import RunResult
from tests.engine.world import Interrupted
from tests.scenarios.killer import Killer
from tests.scenarios.picture import picture
from tests.scenarios.scene import Scene

MOST_CYCLES = 5
"""A world that is not at rest after so many cycles never will be."""


@dataclass(frozen=True)
class Act:
    """What people do (``edit``), one cycle, and what must have come of it (``check``; None: nothing to add).

    ``exit_code`` is the cycle's. ``raises``: the cycle ends with this error instead, and ``check`` gets it. Faults and
    hooks that ``edit`` sets hold until the act ends. ``settled`` false: the world still moves during the cycle, so that
    the next one has something to do and has to come to rest by itself. ``again`` false: nothing could be
    done, and the next cycle is to try it all again. ``interrupt`` false: no kill is worth it. ``unstuck``: something
    is written that does not stick. A process that dies before it records that writes it once more, and a platform
    that counts a write without change shows it.
    """

    edit: Callable[[Scene], None]
    check: Callable[[Scene, Any], None] | None = None
    exit_code: int = 0
    raises: type[Exception] | None = None
    settled: bool = True
    again: bool = True
    interrupt: bool = True
    unstuck: bool = False


@dataclass(frozen=True)
class Story:
    """``given`` is agreed on both sides before the first act."""

    acts: tuple[Act, ...]
    given: Callable[[Scene], None] | None = None


def story(*acts: Act, given: Callable[[Scene], None] | None = None) -> Story:
    return Story(acts, given)


class Straight:
    """Each act, one cycle, its check."""

    def play(self, scene: Scene, told: Story) -> None:
        begin(scene, told)
        for act in told.acts:
            self.act(scene, act)
            scene.calm()

    def act(self, scene: Scene, act: Act) -> None:
        act.edit(scene)
        scene.forget_writes()
        run_and_check(scene, act)


class Again(Straight):
    """After each act the next cycle writes nothing on either side, says nothing new, and ends as the first did."""

    def act(self, scene: Scene, act: Act) -> None:
        super().act(scene, act)
        if not act.again:
            return
        if not act.settled:
            settle(scene, act)
        before, spoken = picture(scene), len(scene.audit())
        scene.forget_writes()
        after = attempt(scene, act)
        assert scene.grc_writes == []
        assert scene.registry_writes == []
        after_all = picture(scene)
        assert after_all == before, difference(after_all, before)
        assert {entry.action for entry in scene.audit()[spoken:]} <= {RUN_ENDED, "fuse"}
        if isinstance(after, RunResult):
            assert after.applied.operations == []


class InterruptedAnywhere(Straight):
    """Each act once for every point at which the process may die; a new process then ends where the straight one did.

    Of points between which nothing durable happened one is enough, unless ``every`` of them is wanted; of those, one in
    ``stride`` is taken, from another one on in each act. The next act goes on from the straight telling.
    """

    def __init__(self, *, every: bool = False, stride: int = 1) -> None:
        self._every, self._stride = every, stride

    def act(self, scene: Scene, act: Act) -> None:
        start = scene.copy()
        points = self._straight(scene, act)
        wanted, end = picture(scene), scene.copy()
        for point in points if act.interrupt else ():
            scene.go_back(start)
            self._killed(scene, act, point)
            got = picture(scene)
            if act.unstuck:
                leave_out_one_touch(got, wanted)
            assert_same(got, wanted, point)
        scene.go_back(end)

    def _straight(self, scene: Scene, act: Act) -> list[int]:
        """Tell the act once; returns the points to die at."""
        act.edit(scene)
        killer = Killer()
        scene.killable(killer)
        attempt(scene, act, killer)
        killer.dead = True
        points = list(range(len(killer.seen))) if self._every else killer.points
        points = points[len(points) % self._stride :: self._stride]
        scene.spare()
        settle(scene, act)
        return points

    def _killed(self, scene: Scene, act: Act, point: int) -> None:
        act.edit(scene)
        die(scene, Killer(at=point))
        settle(scene, act)
        scene.verify_audit()


def begin(scene: Scene, told: Story) -> None:
    """Let both sides agree on what is given."""
    if told.given is not None:
        told.given(scene)
        settle(scene)
        scene.calm()


def run_and_check(scene: Scene, act: Act) -> None:
    outcome = attempt(scene, act)
    if isinstance(outcome, RunResult):
        assert outcome.exit_code == act.exit_code, (outcome.run, outcome.plan, outcome.applied)
    if act.check is not None:
        act.check(scene, outcome)
    scene.verify_audit()


def attempt(scene: Scene, act: Act | None = None, step: Callable[[str], None] | None = None) -> Any:
    """One cycle: its result, or the error that the act is about."""
    if act is None or act.raises is None:
        return scene.sync(step)
    with pytest.raises(act.raises) as caught:
        scene.sync(step)
    return caught.value


def die(scene: Scene, killer: Killer) -> None:
    """Run a cycle to its violent end, and start a new process after it."""
    scene.killable(killer)
    with pytest.raises(Interrupted):
        scene.sync(killer)
    scene.revive()


def settle(scene: Scene, act: Act | None = None) -> None:
    """Run cycles until two in a row do nothing, the second in case that the first could not."""
    idle = 0
    for _ in range(MOST_CYCLES):
        outcome = attempt(scene, act)
        if not isinstance(outcome, RunResult):
            return
        idle = 0 if outcome.applied.operations or outcome.recovered else idle + 1
        if idle == 2 or (idle and not outcome.applied.failures):
            return
    raise AssertionError(f"still writing after {MOST_CYCLES} cycles: {outcome.applied.operations}")


def assert_same(got: dict[str, Any], wanted: dict[str, Any], point: int) -> None:
    """Compare part by part, so that a failure shows the part."""
    for part, value in wanted.items():
        assert got[part] == value, f"killed at point {point}: {part} differs:\n{difference(got[part], value)}"


def leave_out_one_touch(got: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Take away one write without change for each record, where the straight telling has none."""
    history = got["grc"]["history"]
    for line in history - wanted["grc"]["history"]:
        if line[1] == "touch":
            history[line] -= 1
    got["grc"]["history"] = +history


def difference(got: Any, wanted: Any) -> str:
    lines = (pprint.pformat(one, width=160).splitlines() for one in (wanted, got))
    return "\n".join(difflib.unified_diff(*lines, "straight", "interrupted", lineterm="", n=0))
