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

_ANY = "?"
_COMMON = (*string.ascii_lowercase, *string.digits, "\U0010fffd")
"""Characters that an example is made of where the globs leave it free; the last is one that no glob names."""

States: TypeAlias = frozenset[int]


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
    globs = [glob for clause in clauses for glob in clause.globs]
    alphabet = _alphabet(globs)
    start = tuple(glob.start for glob in globs)
    seen, frontier = {start}, [(start, "")]
    while frontier:
        following: list[tuple[tuple[States, ...], str]] = []
        for position, text in frontier:
            if _hold(clauses, globs, position):
                return text
            for character in alphabet:
                reached = tuple(glob.after(states, character) for glob, states in zip(globs, position, strict=True))
                if reached in seen or not _may_hold(clauses, reached):
                    continue
                if len(seen) >= MOST_STATES:
                    raise TooComplexError
                seen.add(reached)
                following.append((reached, text + character))
        frontier = following
    return None


class TooComplexError(Exception):
    """The globs are too many to decide within :data:`MOST_STATES`."""


def _hold(clauses: Sequence[Clause], globs: Sequence[Glob], position: tuple[States, ...]) -> bool:
    accepted = iter([glob.accepts(states) for glob, states in zip(globs, position, strict=True)])
    return all([any([next(accepted) for _ in clause.globs]) == clause.fits for clause in clauses])  # noqa: C419


def _may_hold(clauses: Sequence[Clause], position: tuple[States, ...]) -> bool:
    """Whether each clause that wants a glob still has one that is under way."""
    states = iter(position)
    return all([any([bool(next(states)) for _ in clause.globs]) or not clause.fits for clause in clauses])  # noqa: C419


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
