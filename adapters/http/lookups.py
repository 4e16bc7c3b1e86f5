"""Tables in which a value stands for an id: people by e-mail, models by number.

A platform's field then holds the id, and the mapping sees the value, in both directions. A table is read whole when
it is first needed and again with each listing, so that it is never older than the records it explains.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from adapters.http.listing import Listing
from adapters.http.reading_options import LookupSpec
from adapters.httpclient import ErrorRule, HttpClient
from adapters.httpclient.path import search
from connector.model.errors import IncompleteSnapshot, Rejected, Retriable
from connector.model.grc import Json, Unreadable


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: the id as the platform gives it, number or text, and what stands for it."""

    id: Json
    value: str

    def stands_for(self, wanted: str) -> bool:
        """Whether a value means this row."""
        return self.value.strip().casefold() == wanted.strip().casefold()


Table: TypeAlias = Mapping[str, Entry]
"""Rows by the text of their id."""


class Lookup:
    """One table; all methods may be called from several threads. They raise Retriable when it cannot be read."""

    def __init__(self, client: HttpClient, name: str, spec: LookupSpec, rules: Sequence[ErrorRule]) -> None:
        self.name, self.spec = name, spec
        self.listing = Listing(client, spec, spec.path, self._ident, rules, key=f"lookups.{name}")
        self._lock = threading.Lock()
        self._table: Table | None = None
        self._read_again = False

    def expire(self) -> None:
        """Forget the table; it is read again when it is needed."""
        with self._lock:
            self._table, self._read_again = None, False

    def is_entry(self, row: Json) -> bool:
        """Whether a row has an id and a value."""
        return self._ident(row) is not None and _text(search(self.spec.value, row)) is not None

    def value_of(self, raw: Json) -> Json:
        """What stands for an id, or for each of an array; Unreadable for an id that the table lacks."""
        if isinstance(raw, list):
            found = [self.value_of(one) for one in raw]
            return next((one for one in found if isinstance(one, Unreadable)), found)
        ident = _text(raw)
        if ident is None:
            return raw
        entry = self._known(lambda table: ident in table).get(ident)
        return entry.value if entry else Unreadable(f"none of the GRC's {self.name} has the id {ident}")

    def id_of(self, value: Json, field: str) -> Json:
        """The id that a value, or each of an array, stands for. Raises Rejected for none and for several."""
        if isinstance(value, list):
            return [self.id_of(one, field) for one in value]
        wanted = _text(value)
        if wanted is None:
            return value
        table = self._known(lambda table: any(entry.stands_for(wanted) for entry in table.values()))
        found = [entry.id for entry in table.values() if entry.stands_for(wanted)]
        if len(found) != 1:
            how_many = f"{len(found)}" if found else "None"
            remedy = f"add it in the GRC, or correct the value or http.lookups.{self.name}."
            raise Rejected(f"{how_many} of the GRC's {self.name} have {wanted!r}.", remedy=remedy, field=field)
        return found[0]

    def _known(self, holds: Callable[[Table], bool]) -> Table:
        """The table, read once more where it lacks what is asked for: that may be newer than the table."""
        with self._lock:
            fresh = self._table is None
            table = self._table if self._table is not None else self._read()
            if not fresh and not self._read_again and not holds(table):
                self._read_again = True
                table = self._read()
            return table

    def _read(self) -> Table:
        table: dict[str, Entry] = {}
        try:
            for row in self.listing.rows():
                value = _text(search(self.spec.value, row))
                if value is not None:
                    table[self._ident(row) or ""] = Entry(search(self.spec.id, row), value)
        except IncompleteSnapshot as error:
            failed = Retriable(error.message, remedy=error.remedy)
        else:
            self._table = table
            return table
        raise failed

    def _ident(self, row: Json) -> str | None:
        return _text(search(self.spec.id, row))


def _text(raw: Json) -> str | None:
    return str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) and raw != "" else None
