"""The journal's changes as the states that they make: what each object was known to hold, from when on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.model.fields import Value
from connector.state.types import Change


@dataclass(frozen=True, slots=True)
class Window:
    """When something happened, as far as it was observed: after ``after`` (None: nobody knows), at ``at`` at the
    latest. Texts in ISO 8601 UTC; both the same where the moment is known.
    """

    after: str | None
    at: str

    def __str__(self) -> str:
        if self.after is None:
            return f"at {self.at} or before"
        return f"at {self.at}" if self.after == self.at else f"between {self.after} and {self.at}"


@dataclass(frozen=True, slots=True)
class Known:
    """What an object held from ``since`` on, until the next. ``name`` is that for people."""

    since: Window
    name: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    present: bool = True


def histories(changes: Iterable[Change]) -> dict[str, list[Known]]:
    """The states of each object, oldest first. Fields that are None are left out."""
    found: dict[str, list[Known]] = {}
    for change in changes:
        states = found.setdefault(change.id, [])
        before = states[-1].fields if states and states[-1].present else {}
        held = {name: value for name, value in {**before, **change.changed}.items() if value is not None}
        states.append(
            Known(Window(change.after, change.at), change.name, held if change.present else {}, change.present)
        )
    return found


def last_value(states: Sequence[Known], name: str) -> Value:
    """What a field held last, also of an object that is gone; None where it never held anything."""
    return next((state.fields[name] for state in reversed(states) if name in state.fields), None)


def at(states: Iterable[Known], moment: str) -> Known | None:
    """What was known at a moment; None before the first sight."""
    last = None
    for state in states:
        if state.since.at > moment:
            break
        last = state
    return last
