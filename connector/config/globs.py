"""Whether a name can exist that several sets of globs allow: a decision, not a sample. Pure.

Globs are those of :mod:`fnmatch` (``*``, ``?``, ``[seq]``, ``[!seq]``). Each becomes a row of steps, one character or
any number of them each; all rows are walked at once over the few characters that can make a difference.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import TypeAlias

MOST_STATES = 50_000
"""Combinations of positions after which the question is given up: no scope that people write comes near it."""
MOST_STEPS = 4_000_000
"""Steps of single globs after which it is given up too: a few seconds, for every command asks the question."""

_ANY = "?"
_COMMON = (*string.ascii_lowercase, *string.digits, "\U0010fffd")
"""Characters that an example is made of where the globs leave it free; the last is one that no glob names."""

States: TypeAlias = frozenset[int]
Position: TypeAlias = tuple[tuple[int, States], ...]
"""For each glob that is under way its number and where it stands."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one place of a glob takes: a character that fits ``one``, itself a glob of one character and not one of
    ``but``. ``repeated``: any number of them, none included.
    """

    one: str
    repeated: bool = False
    but: str = ""

    def takes(self, character: str) -> bool:
        """Whether a character fits."""
        return character not in self.but and fnmatchcase(character, self.one)


@dataclass(frozen=True)
class Glob:
    """A glob as steps."""

    steps: tuple[Step, ...]

    @classmethod
    def of(cls, text: str, *, before: tuple[Step, ...] = ()) -> Glob:
        """Read a glob; ``before`` are steps that come first."""
        return cls((*before, *(_step(part) for part in _parts(text))))

    @cached_property
    def start(self) -> States:
        """Where a walk begins."""
        return self._skipped({0})

    def accepts(self, states: States) -> bool:
        """Whether the text walked so far fits the whole glob."""
        return len(self.steps) in states

    def after(self, states: States, character: str) -> States:
        """Where one more character leads; empty where it leads nowhere."""
        reached = set()
        for at in states:
            if at < len(self.steps) and self.steps[at].takes(character):
                reached.add(at if self.steps[at].repeated else at + 1)
        return self._skipped(reached)

    def _skipped(self, states: set[int]) -> States:
        reached = set(states)
        for at in states:
            following = at
            while following < len(self.steps) and self.steps[following].repeated:
                following += 1
                reached.add(following)
        return frozenset(reached)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on a name: it fits at least one of these globs (``fits``), or none of them."""

    globs: tuple[Glob, ...]
    fits: bool = True


def example(clauses: Sequence[Clause]) -> str | None:
    """A shortest name for which every clause holds; None: there is none. Raises TooComplexError."""
    clauses = _without_the_hopeless(clauses)
    globs = list(dict.fromkeys(glob for clause in clauses for glob in clause.globs))
    number_of = {glob: number for number, glob in enumerate(globs)}
    walk = _Walk(globs, [(frozenset(number_of[glob] for glob in clause.globs), clause.fits) for clause in clauses])
    alphabet = _alphabet(globs)
    seen, frontier = {walk.start}, [(walk.start, "")]
    while frontier:
        following: list[tuple[Position, str]] = []
        for position, text in frontier:
            if walk.holds(position):
                return text
            for character in alphabet:
                reached = walk.after(position, character)
                if reached in seen or not walk.may_hold(reached):
                    continue
                if len(seen) >= MOST_STATES:
                    raise TooComplexError
                seen.add(reached)
                following.append((reached, text + character))
        frontier = following
    return None


class TooComplexError(Exception):
    """The globs are too many to decide within :data:`MOST_STATES` and :data:`MOST_STEPS`."""


class _Walk:
    """All globs at once. A position tells of those that are still under way where they are; ``clauses`` are the numbers
    of their globs, and whether one has to fit.
    """

    def __init__(self, globs: Sequence[Glob], clauses: Sequence[tuple[frozenset[int], bool]]) -> None:
        self._globs, self._clauses = globs, clauses
        self._known: dict[tuple[int, States, str], States] = {}
        self._steps = 0
        self.start: Position = tuple((number, glob.start) for number, glob in enumerate(globs))

    def after(self, position: Position, character: str) -> Position:
        """Where one more character leads. Raises TooComplexError after :data:`MOST_STEPS` steps."""
        self._steps += len(position)
        if self._steps > MOST_STEPS:
            raise TooComplexError
        reached = ((number, self._step(number, states, character)) for number, states in position)
        return tuple((number, states) for number, states in reached if states)

    def holds(self, position: Position) -> bool:
        """Whether every clause holds of the text walked so far."""
        accepted = {number for number, states in position if self._globs[number].accepts(states)}
        return all(accepted.isdisjoint(globs) != fits for globs, fits in self._clauses)

    def may_hold(self, position: Position) -> bool:
        """Whether each clause that wants a glob still has one that is under way."""
        under_way = {number for number, _ in position}
        return not any(fits and under_way.isdisjoint(globs) for globs, fits in self._clauses)

    def _step(self, number: int, states: States, character: str) -> States:
        key = (number, states, character)
        if key not in self._known:
            self._known[key] = self._globs[number].after(states, character)
        return self._known[key]


def _without_the_hopeless(clauses: Sequence[Clause]) -> list[Clause]:
    """The same clauses, without the globs to fit that are excluded as they stand: long lists are often each other's
    complement.
    """
    excluded = frozenset(glob for clause in clauses if not clause.fits for glob in clause.globs)
    return [
        Clause(tuple(glob for glob in clause.globs if glob not in excluded)) if clause.fits else clause
        for clause in clauses
    ]


def _alphabet(globs: Iterable[Glob]) -> tuple[str, ...]:
    """Characters that stand for all: those that a glob names, the next after each (a range may end or begin there),
    and common ones.
    """
    named = {c for glob in globs for step in glob.steps for c in (*step.one, *step.but)}
    near = {chr(ord(c) + 1) for c in named if ord(c) < 0x10FFFF}
    kinds: dict[tuple[bool, ...], str] = {}
    steps = sorted({step for glob in globs for step in glob.steps}, key=lambda step: (step.one, step.but))
    for character in (*_COMMON, *sorted(named | near)):
        kinds.setdefault(tuple(step.takes(character) for step in steps), character)
    return tuple(kinds.values())


def _step(part: str) -> Step:
    return Step(_ANY, repeated=True) if part == "*" else Step(part)


@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[str, ...]:
    """A glob in pieces that take one character each, and stars. A ``[`` that nothing closes is itself."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        end = _end_of_set(text, at) if text[at] == "[" else at + 1
        part = text[at:end]
        parts.append("[[]" if part == "[" else part)
        at = end
    return tuple(parts)


def _end_of_set(text: str, start: int) -> int:
    """Behind the set that begins at ``start``, as fnmatch reads it; behind the bracket where nothing closes it."""
    at = start + 1
    if text[at : at + 1] == "!":
        at += 1
    if text[at : at + 1] == "]":
        at += 1
    closed = text.find("]", at)
    return start + 1 if closed < 0 else closed + 1
