"""Faults in what keeps a narrowed cycle and a full one apart, and in the receiver of events."""

from __future__ import annotations

from tests.mutation.mutant import Mutant

TURNS, CYCLE, NARROW = "connector/engine/turns.py", "connector/engine/cycle.py", "connector/engine/narrow.py"
OVERTAKING, PROOF, WORKER = "connector/engine/overtaking.py", "connector/events/proof.py", "connector/events/worker.py"
_BESIDE = ("tests/engine/test_turns.py", "tests/engine/test_narrow.py")
_EVENTS = ("tests/events/test_intake.py", "tests/events/test_worker.py")

NARROWING = (
    Mutant(
        "an overtaken model is written from what was seen before",
        TURNS,
        "                holds = name not in self._overtaken\n",
        "                holds = True\n",
        _BESIDE,
    ),
    Mutant(
        "what a narrowed cycle is at is recorded from a full one's sight",
        TURNS,
        "            return Overtaken(frozenset(self._overtaken.keys() | under_way), seen)\n",
        "            return Overtaken(frozenset(self._overtaken), seen)\n",
        _BESIDE,
    ),
    Mutant(
        "an older sight is journalled after a newer one",
        CYCLE,
        "        passed = sights_of(observed, overtaken.names, records) | overtaken.seen\n",
        "        passed = frozenset()\n",
        _BESIDE,
    ),
    Mutant(
        "intents of a narrowed cycle under way are recovered",
        CYCLE,
        " if not connection.turns.is_running(intent.run_id)]\n",
        "]\n",
        _BESIDE,
    ),
    Mutant(
        "a narrowed cycle passes the fuses",
        NARROW,
        "_LIMITS = {kind: _ALWAYS if kind is FuseClass.UPDATE else _NEVER for kind in FuseClass}\n",
        "_LIMITS = dict.fromkeys(FuseClass, _ALWAYS)\n",
        _BESIDE,
    ),
    Mutant(
        "a parked conflict of an overtaken model is forgotten",
        OVERTAKING,
        "        conflicts=(*(each for each in plan.conflicts if kept(each.ref.name)), *now.conflicts),\n",
        "        conflicts=tuple(each for each in plan.conflicts if kept(each.ref.name)),\n",
        _BESIDE,
    ),
    Mutant(
        "any delivery is believed",
        PROOF,
        "    if not given or not any(matches):\n",
        "    if not given:\n",
        _EVENTS,
    ),
    Mutant(
        "an old delivery is believed",
        PROOF,
        "    if abs(now.timestamp() - int(sent)) > window:\n",
        "    if False:\n",
        _EVENTS,
    ),
    Mutant(
        "an event that could not be handled is forgotten",
        WORKER,
        "            if self._handled(name, hints):\n",
        "            if self._handled(name, hints) or True:\n",
        _EVENTS,
    ),
)
