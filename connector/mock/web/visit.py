"""A request as the pages see it, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector.mock.errors import BadRequest, NotFound
from connector.mock.service import Grc
from connector.mock.store import Row
from connector.mock.users import User


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what. ``form`` is None for a GET; ``places`` are the named parts of the path; ``mlflow_url`` is
    where MLflow's own pages are, empty when unknown.
    """

    grc: Grc
    user: User
    path: str
    query: Mapping[str, str]
    places: Mapping[str, str]
    form: Mapping[str, str] | None = None
    mlflow_url: str = ""

    @property
    def today(self) -> str:
        """The date of the GRC's clock."""
        return self.grc.store.now()[:10]

    def row(self, kind: str) -> Row:
        """The record that the path names; NotFound also for one of another kind."""
        record_id = self.places["record_id"]
        if self.grc.store.kind_of(record_id) != kind:
            raise NotFound(f"There is no {record_id} among the {kind}.")
        return self.grc.store.row(record_id)

    def find(self, record_id: str | None) -> Row | None:
        """A record that another one names; None where there is none, or none any more."""
        try:
            return self.grc.store.row(record_id) if record_id else None
        except NotFound:
            return None

    @property
    def revision(self) -> int:
        """The revision that the form was made for; BadRequest where it carries none."""
        text = (self.form or {}).get("revision", "")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise BadRequest("The form does not say which revision it was made for. Open it again.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """A template to show. ``wrong``: a form has errors, and the title says so."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another page, with a message about what was done."""

    to: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone signed in."""

    user: User
    to: str


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Someone signed out."""


Answer: TypeAlias = Page | Redirect | SignedIn | SignedOut
Handler: TypeAlias = Callable[[Visit], Answer]
