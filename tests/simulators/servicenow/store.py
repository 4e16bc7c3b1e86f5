"""The rows of every table and their history, in memory. Every value is a text; times have a resolution of a second."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import Any, TypeAlias

from tests.simulators.servicenow.dictionary import Table, Type
from tests.simulators.servicenow.metadata import choice_rows, dictionary_rows

Row: TypeAlias = dict[str, str]
"""A row by column. One that was handed out is never changed afterwards."""
Clock: TypeAlias = Callable[[], datetime]
JOURNAL = "sys_journal_field"
_TIME = "%Y-%m-%d %H:%M:%S"
_FIRST_NUMBER = 10_001


class Taken(Exception):
    """A unique index, or the primary key, has the value already. ``column`` names it."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(f"{table}.{column}")
        self.table, self.column = table, column


@dataclass(frozen=True, slots=True)
class Change:
    """One line of history: who did what to which column of a row. ``action``: create, update, delete, reid, touch."""

    table: str
    sys_id: str
    action: str
    column: str
    old: str
    new: str
    user: str
    at: str


class Store:
    """All rows by table and sys_id. Every method is safe from any thread; ``lock`` makes several one step."""

    def __init__(self, tables: Mapping[str, Table], clock: Clock) -> None:
        self.tables = tables
        self.lock = RLock()
        self.unique: set[tuple[str, str]] = set()
        """Table and column of every unique index; an empty value is not in it."""
        self.created = 0
        self._clock = clock
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in tables}
        self._fixed = {"sys_dictionary": dictionary_rows(tables), "sys_choice": choice_rows(tables)}
        # A table's rows are also those of the tables that extend it.
        self._families = {name: [other for other, spec in tables.items() if name in spec.lineage] for name in tables}
        self._numbers: dict[str, int] = {}
        self._births: dict[str, int] = {}
        self._ids = 0
        self._history: list[Change] = []

    def now(self) -> str:
        """The clock's time as ``YYYY-MM-DD HH:MM:SS`` in UTC."""
        return self._clock().astimezone(UTC).strftime(_TIME)

    def rows(self, table: str) -> list[Row]:
        """Every row of a table, those of tables that extend it included."""
        with self.lock:
            found = [row for name in self._families[table] for row in self._rows[name].values()]
            return found + list(self._fixed.get(table, ()))

    def row(self, table: str, sys_id: str) -> Row | None:
        """One row of a table or of one that extends it; None where there is none."""
        with self.lock:
            return next(
                (self._rows[name][sys_id] for name in self._families[table] if sys_id in self._rows[name]), None
            )

    def table_of(self, table: str, sys_id: str) -> str:
        """The table itself that holds a row of ``table``; KeyError where there is none."""
        with self.lock:
            found = next((name for name in self._families[table] if sys_id in self._rows[name]), None)
            if found is None:
                raise KeyError(sys_id)
            return found

    def birth(self, sys_id: str) -> int:
        """The value of ``created`` when the row was created."""
        return self._births.get(sys_id, 0)

    def create(self, table: str, values: Mapping[str, str], user: str, sys_id: str = "") -> Row:
        """Add a row, with a sys_id of the caller's choice where given; raises Taken. Journal inputs are appended."""
        with self.lock:
            sys_id = sys_id or self._next_id()
            if any(sys_id in self._rows[name] for name in self._families[table]):
                raise Taken(table, "sys_id")
            spec, now = self.tables[table], self.now()
            stamp = {"sys_id": sys_id, "sys_mod_count": "0", "sys_class_name": table}
            stamp |= {"sys_created_on": now, "sys_created_by": user, "sys_updated_on": now, "sys_updated_by": user}
            blank = {name: column.default for name, column in spec.columns.items()}
            plain = {name: value for name, value in values.items() if spec.columns[name].type is not Type.JOURNAL}
            row = {**blank, **plain, **{name: value for name, value in stamp.items() if name in spec.columns}}
            self._must_be_free(table, row)
            if spec.prefix:
                row["number"] = self._next_number(spec)
            self._rows[table][sys_id] = row
            self.created += 1
            self._births[sys_id] = self.created
            stated = {name: ("", value) for name, value in plain.items()}
            self._note(table, sys_id, "create", user, stated or {"": ("", "")})
            self._append(table, sys_id, values, user)
            return row

    def update(self, table: str, sys_id: str, values: Mapping[str, str], user: str, *, quiet: bool = False) -> Row:
        """Change columns; where nothing differs, nothing happens. ``quiet``: as scripts may, leave the count of
        updates and the time of the last one as they are. Raises KeyError, Taken.
        """
        with self.lock:
            holder = self.table_of(table, sys_id)
            row, columns = self._rows[holder][sys_id], self.tables[holder].columns
            plain = {name: value for name, value in values.items() if columns[name].type is not Type.JOURNAL}
            changed = {name: (row[name], value) for name, value in plain.items() if row[name] != value}
            appended = self._append(holder, sys_id, values, user)
            if not changed and not appended:
                return row
            return self._revise(holder, row, changed, user, "update", quiet=quiet)

    def touch(self, table: str, sys_id: str, user: str) -> Row:
        """Count an update that changes nothing, as a bulk job of the platform does."""
        with self.lock:
            holder = self.table_of(table, sys_id)
            return self._revise(holder, self._rows[holder][sys_id], {}, user, "touch", quiet=False)

    def delete(self, table: str, sys_id: str, user: str) -> None:
        """Remove a row; raises KeyError."""
        with self.lock:
            holder = self.table_of(table, sys_id)
            del self._rows[holder][sys_id]
            self._note(holder, sys_id, "delete", user, {"": ("", "")})

    def reid(self, table: str, sys_id: str, user: str, new_id: str = "") -> Row:
        """Give a row another sys_id, as a migration does; references and journal follow. Raises KeyError, Taken."""
        with self.lock:
            holder, new_id = self.table_of(table, sys_id), new_id or self._next_id()
            if new_id in self._rows[holder]:
                raise Taken(holder, "sys_id")
            row = {**self._rows[holder].pop(sys_id), "sys_id": new_id}
            self._rows[holder][new_id] = row
            self._births[new_id] = self.birth(sys_id)
            self._redirect(sys_id, new_id)
            self._note(holder, new_id, "reid", user, {"sys_id": (sys_id, new_id)})
            return row

    @property
    def changes(self) -> int:
        """How many lines the history has: another number means that something has changed."""
        return len(self._history)

    def history(self) -> list[Change]:
        """Every change so far, oldest first."""
        with self.lock:
            return list(self._history)

    def dump(self) -> dict[str, Any]:
        """Everything as JSON values, for :meth:`load`."""
        with self.lock:
            rows = {name: list(rows.values()) for name, rows in self._rows.items() if rows}
            history = [asdict(change) for change in self._history]
            return {"rows": rows, "numbers": dict(self._numbers), "ids": self._ids, "history": history}

    def load(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what :meth:`dump` gave."""
        with self.lock:
            given = data["rows"]
            self._rows = {name: {row["sys_id"]: dict(row) for row in given.get(name, ())} for name in self.tables}
            self._numbers, self._ids = dict(data["numbers"]), int(data["ids"])
            self._history = [Change(**change) for change in data["history"]]

    def _next_id(self) -> str:
        self._ids += 1
        return hashlib.sha256(f"row {self._ids}".encode()).hexdigest()[:32]

    def _next_number(self, spec: Table) -> str:
        number = self._numbers.get(spec.name, _FIRST_NUMBER)
        self._numbers[spec.name] = number + 1
        return f"{spec.prefix}{number:07d}"

    def _must_be_free(self, table: str, row: Row) -> None:
        """The database compares without regard to case, its unique indexes too [memory]."""
        for name, column in self.unique:
            value = row.get(column, "").casefold()
            if name != table or not value:
                continue
            others = (other for other in self._rows[table].values() if other["sys_id"] != row["sys_id"])
            if any(other[column].casefold() == value for other in others):
                raise Taken(table, column)

    def _revise(
        self, table: str, row: Row, changed: Mapping[str, tuple[str, str]], user: str, action: str, *, quiet: bool
    ) -> Row:
        new = {**row, **{name: value for name, (_, value) in changed.items()}}
        self._must_be_free(table, new)
        if not quiet:
            count = str(int(row["sys_mod_count"]) + 1)
            new |= {"sys_mod_count": count, "sys_updated_on": self.now(), "sys_updated_by": user}
        self._rows[table][row["sys_id"]] = new
        self._note(table, row["sys_id"], action, user, changed or {"": ("", "")})
        return new

    def _append(self, table: str, sys_id: str, values: Mapping[str, str], user: str) -> bool:
        columns = self.tables[table].columns
        entries = {name: text for name, text in values.items() if columns[name].type is Type.JOURNAL and text}
        for name, text in entries.items():
            self.create(JOURNAL, {"name": table, "element": name, "element_id": sys_id, "value": text}, user)
        return bool(entries)

    def _redirect(self, old: str, new: str) -> None:
        following = (Type.REFERENCE, Type.DOCUMENT)
        for name, rows in self._rows.items():
            columns = [column.name for column in self.tables[name].columns.values() if column.type in following]
            columns += ["element_id"] if name == JOURNAL else []
            for sys_id, row in list(rows.items()):
                pointing = {column: new for column in columns if row[column] == old}
                if pointing:
                    rows[sys_id] = {**row, **pointing}

    def _note(self, table: str, sys_id: str, action: str, user: str, changed: Mapping[str, tuple[str, str]]) -> None:
        at = self.now()
        for column, (old, new) in changed.items():
            self._history.append(Change(table, sys_id, action, column, old, new, user, at))
