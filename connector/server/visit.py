"""A request as the pages see it, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from connector.config.config import Config
from connector.metrics import Reading, Readings, Whole
from connector.state import Store
from connector.state.errors import StateUnavailable


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages rest on. ``names`` are the connections that are shown; ``due`` tells when this process begins the
    next cycle of each, as far as it does.
    """

    config: Config
    store: Store
    readings: Readings
    names: Sequence[str]
    clock: Callable[[], datetime]
    due: Callable[[], Mapping[str, datetime]] = dict


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what. ``person`` is empty for somebody who is not signed in. ``form`` is None for a request that
    reads; of a name that is given several times it has all values.
    """

    site: Site
    person: str
    form: Mapping[str, Sequence[str]] | None = None
    now: datetime = field(default_factory=datetime.now)

    @property
    def whole(self) -> Whole:
        """How all stands."""
        return self.site.readings.take()

    @property
    def connections(self) -> Mapping[str, Reading]:
        """How each connection stands. Raises StateUnavailable where that could not be read: a page that told of nothing
        then would say that nothing waits.
        """
        whole = self.whole
        if whole.audit_entries is None:
            raise StateUnavailable("It is not known how the connections stand.")
        return whole.connections

    def text(self, name: str) -> str:
        """What a form holds under a name; empty for nothing."""
        values = (self.form or {}).get(name, ())
        return values[-1] if values else ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page to show. ``values`` are for the template."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    wrong: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """Something was done: where to go on, and what is said there."""

    to: str
    said: str


Answer: TypeAlias = Page | Done
Handler: TypeAlias = Callable[[Visit], Answer]


class NotThere(Exception):
    """What the address names is not there."""


class Moved(Exception):
    """What the form is about is not as it was when the form was shown; the text says what."""
