"""What each part of the store works with."""

from __future__ import annotations

from collections.abc import Callable

from connector.state.sql.session import Database

Redact = Callable[[str], str]
"""Removes secrets from a free text."""


class Access:
    """The database and the redaction of free texts; the parts of a store derive from it."""

    def __init__(self, database: Database, redact: Redact) -> None:
        self._database = database
        self._redact = redact
