"""From an answer to HTML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from connector.mock.errors import NotFound
from connector.mock.schema import FieldSpec, Json, Type
from connector.mock.service import Grc
from connector.mock.users import CONNECTOR, Role, User
from connector.mock.web.addresses import INVENTORY, ISSUE_LIST, ROOT, SHOWN, SIGN_IN, record_page
from connector.mock.web.texts import day, in_one_line, moment
from connector.mock.web.visit import Page
from connector.mock.web.words import MILLISECONDS, SINGULAR, label
from connector.templates import templates_in

_TEMPLATES = Path(__file__).with_name("templates")


class Renderer:
    """Fills templates. Everything that is filled in is escaped; a name that a template misspells is an error."""

    def __init__(self, grc: Grc) -> None:
        self._directory, self._store = grc.directory, grc.store

    def html(self, page: Page, user: User | None, tokens: Mapping[str, str], *, note: str, path: str) -> str:
        """The whole page; ``tokens`` are what its forms carry."""
        frame: Mapping[str, Any] = {"page": page, "user": user, **tokens, "note": note, "path": path}
        names = {"person": self.person, "naming": self.naming, "has_page": self.has_page}
        return _environment().get_template(page.template).render(**page.values, **frame, **names)

    def naming(self, kind: str, record_id: str) -> str:
        """What the history calls another record: ``version 3``, ``issue FND-1001``."""
        word = SINGULAR.get(kind, kind)
        try:
            row = self._store.row(record_id)
        except NotFound:
            return f"{word} {record_id}"
        return f"{word} {row.get('number') or row.get('version') or record_id}"

    def has_page(self, record_id: str) -> bool:
        """Whether the record is there and has a page."""
        try:
            return self._store.kind_of(record_id) in SHOWN
        except NotFound:
            return False

    def person(self, email: str) -> tuple[str, bool]:
        """The name of a user, or the e-mail where it is nobody's any more, and whether it is a service account."""
        try:
            user = self._directory.user(email)
        except NotFound:
            return email, email == CONNECTOR.email
        return user.name, user.role is Role.CONNECTOR


@cache
def _environment() -> Environment:
    """One for the process: its templates are compiled once."""
    environment = templates_in(_TEMPLATES)
    environment.filters.update(day=day, moment=moment, label=label, line=in_one_line, shape=shape)
    environment.globals.update(
        root=ROOT,
        inventory_address=INVENTORY,
        issues_address=ISSUE_LIST,
        sign_in_address=SIGN_IN,
        record_page=record_page,
    )
    return environment


def shape(spec: FieldSpec, value: Json) -> str:
    """How a template shows a value: empty, moment, milliseconds, day, person, list, table, link or text."""
    if value is None or value in ("", [], {}):
        return "empty"
    if spec.name in MILLISECONDS:
        return "milliseconds"
    return _SHAPES.get(spec.type, "text")


_SHAPES: Mapping[Type, str] = {
    Type.DATE: "day",
    Type.TIME: "moment",
    Type.USER: "person",
    Type.LIST: "list",
    Type.OBJECTS: "objects",
    Type.MAP: "table",
}
