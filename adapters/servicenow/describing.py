"""What the instance tells of its tables: columns, types, lengths and choices, where the account may read them.

The dictionary is for people with more rights than a connector needs. Where it is not shown, what can be said comes
from a few records: which columns there are, and no more.
"""

from __future__ import annotations

import difflib
import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.servicenow.answers import NoTable
from adapters.servicenow.api import Row, TableApi
from adapters.servicenow.query import is_plain, ordered
from adapters.servicenow.reading import Reader
from adapters.servicenow.values import raw
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Container, Schema, SchemaField

log = logging.getLogger("mlflow_grc.servicenow")

SAMPLE = 20
_DEEPEST = 6
_PARENTS = {"sn_grc_issue": "task", "sn_grc_task": "task"}
"""Known without asking, for accounts that may not read sys_db_object."""
_TEXT = ("string", "string_full_utf8", "translated_text", "url", "html", "email", "script", "json", "multi_two_lines")
_OFFERED = ("u_", "x_", "sn_grc", "sn_model_risk", "alm_ai", "sn_ai_governance")
"""How the names of the tables begin that a mapping is likely to mean."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the dictionary has it. ``reference`` is the table that it refers to."""

    field: SchemaField
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """A table. ``told``: by the dictionary, rather than guessed from records."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    told: bool = False

    @property
    def fields(self) -> tuple[SchemaField, ...]:
        """Its columns in the order of their names."""
        return tuple(self.columns[name].field for name in sorted(self.columns))


class Describer:
    """Describes tables; each is asked about once."""

    def __init__(self, api: TableApi, readers: Mapping[Entity, Reader]) -> None:
        self._api, self._readers = api, readers
        self._lock = threading.Lock()
        self._known: dict[str, Description] = {}
        self._said: set[str] = set()

    def schema(self, names: Sequence[str] = ()) -> Schema:
        """The mapped entities and the tables that there are; those named with their columns. Raises Rejected."""
        entities = {entity: self._entity(reader) for entity, reader in self._readers.items()}
        containers = tuple(self._containers(names))
        if untold := self.untold():
            log.warning(
                "sys_dictionary shows this account nothing of %s: of their columns only the names are told, as %d "
                "records have them; not types, lengths, choices, nor which can be written", ", ".join(untold), SAMPLE,
            )  # fmt: skip
        return Schema({entity: fields for entity, fields in entities.items() if fields}, containers)

    def untold(self) -> list[str]:
        """The tables described so far of which the dictionary is not shown, each named once."""
        untold = [name for name, found in self._known.items() if not found.told and name not in self._said]
        self._said.update(untold)
        return untold

    def table(self, name: str) -> Description:
        """One table. Raises Rejected for one that there is not."""
        with self._lock:
            if name not in self._known:
                self._known[name] = self._described(name)
            return self._known[name]

    def _entity(self, reader: Reader) -> tuple[SchemaField, ...]:
        """The columns of an entity's table, and its fields that stand elsewhere under the mapping's names; nothing of a
        table of which the instance tells nothing, for the mapping would seem wrong then.
        """
        try:
            found = list(self.table(reader.table).fields)
            if not found:
                return ()
            for part, columns in reader.shape.elsewhere.items():
                found += self._part(reader, part, columns)
        except Rejected:
            return ()
        return tuple(found)

    def _part(self, reader: Reader, part: str, columns: Sequence[str]) -> Iterable[SchemaField]:
        related = reader.shape.spec.related.get(part)
        if related is None:
            return [SchemaField(f"{part}.{column}", "reference", writable=False) for column in columns]
        known = self.table(related.table).columns
        if not known:
            return [SchemaField(f"{part}.{column}", "string") for column in columns]
        return [
            SchemaField(
                name=f"{part}.{column}",
                type=one.type,
                writable=one.writable,
                max_length=one.max_length,
                choices=one.choices,
                label=one.label,
                choice_labels=one.choice_labels,
            )
            for column in columns
            if column in known
            for one in [known[column].field]
        ]

    def _containers(self, names: Sequence[str]) -> Iterable[Container]:
        labels = self._tables()
        for name in names:
            try:
                found = self.table(name)
            except Rejected as error:
                raise self._unknown(name, labels, error) from None
            labels[name] = labels.get(name, "")
            yield Container(name, "table", labels.pop(name), found.fields)
        yield from (Container(name, "table", label) for name, label in sorted(labels.items()))

    def _tables(self) -> dict[str, str]:
        """The tables that a mapping may mean, with their labels; those that it names, where the instance does not
        tell.
        """
        query = "^OR".join(f"nameSTARTSWITH{start}" for start in _OFFERED)
        rows = self._rows("sys_db_object", ordered(query), ("name", "label"))
        found = {str(raw(row.get("name"))): str(raw(row.get("label")) or "") for row in rows}
        return found or {reader.table: "" for reader in self._readers.values()}

    @staticmethod
    def _unknown(name: str, labels: Mapping[str, str], error: Rejected) -> Rejected:
        if not isinstance(error, NoTable):
            return error
        near = difflib.get_close_matches(name, labels, 3) or sorted(labels)[:5]
        return Rejected(f"There is no table {name[:80]!r}.", remedy=f"the nearest are {', '.join(near)}.")

    def _described(self, name: str) -> Description:
        if not is_plain(name) or not name.replace("_", "").isalnum():
            raise NoTable(f"{name[:80]!r} is the name of no table.", remedy="name it by its name, not its label.")
        sample = self._api.rows(name, ordered(""), limit=SAMPLE).rows
        line = self._line(name)
        query = ordered(f"nameIN{','.join(line)}")
        fields = (
            "name",
            "element",
            "column_label",
            "internal_type",
            "max_length",
            "reference",
            "read_only",
            "mandatory",
        )
        rows = [row for row in self._rows("sys_dictionary", query, fields) if raw(row.get("element"))]
        if not rows:
            return Description({one: _guessed(one) for row in sample for one in row})
        choices = self._choices(line)
        # What a table says of a column goes before what the one that it extends says.
        rows.sort(key=lambda row: line.index(str(raw(row.get("name")))) if raw(row.get("name")) in line else len(line))
        columns: dict[str, Column] = {}
        for row in rows:
            columns.setdefault(str(raw(row.get("element"))), _column(row, choices))
        for one in {one for row in sample for one in row} - columns.keys():
            columns[one] = _guessed(one)
        return Description(columns, told=True)

    def _line(self, name: str) -> list[str]:
        """The table and those that it extends, nearest first."""
        line = [name]
        while len(line) < _DEEPEST:
            rows = self._rows("sys_db_object", ordered(f"name={line[-1]}"), ("name", "super_class.name"))
            told = next((str(raw(row.get("super_class.name")) or "") for row in rows), "")
            parent = told or _PARENTS.get(line[-1], "")
            if not parent or parent in line:
                break
            line.append(parent)
        return line

    def _choices(self, line: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
        query = ordered(f"nameIN{','.join(line)}^inactive=false")
        rows = self._rows("sys_choice", query, ("name", "element", "value", "label", "language"))
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for row in rows:
            if raw(row.get("language")) in (None, "en"):
                found[str(raw(row.get("element")))].setdefault(
                    str(raw(row.get("value")) or ""), str(raw(row.get("label")))
                )
        return {element: [one for one in sorted(values.items()) if one[0]] for element, values in found.items()}

    def _rows(self, table: str, query: str, fields: Sequence[str]) -> Sequence[Row]:
        """All rows of a table of metadata; none where the account may not read it."""
        rows: list[Row] = []
        try:
            while True:
                page = self._api.rows(table, query, fields, limit=1000, offset=len(rows))
                rows += page.rows
                if not page.rows or len(rows) >= (page.total or 0):
                    return rows
        except Rejected:
            return ()


def _guessed(name: str) -> Column:
    """A column of which a record tells the name alone; those that the platform keeps itself take no value."""
    return Column(SchemaField(name, "string", writable=not name.startswith("sys_")))


def _column(row: Row, choices: Mapping[str, Sequence[tuple[str, str]]]) -> Column:
    name = str(raw(row.get("element")))
    kind = str(raw(row.get("internal_type")) or "string")
    offered = choices.get(name, ())
    length = str(raw(row.get("max_length")) or "")
    return Column(
        SchemaField(
            name=name,
            type="choice" if offered and kind in ("string", "integer", "choice") else kind,
            writable=not _true(row, "read_only"),
            max_length=int(length) if length.isdecimal() and kind in _TEXT else None,
            choices=tuple(value for value, _ in offered),
            label=str(raw(row.get("column_label")) or ""),
            required=_true(row, "mandatory"),
            choice_labels=tuple(label for _, label in offered),
        ),
        reference=str(raw(row.get("reference")) or ""),
    )


def _true(row: Row, name: str) -> bool:
    return str(raw(row.get(name)) or "").lower() in ("true", "1")
