"""What records of one entity look like: which column of which table each field of the mapping is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

from adapters.servicenow.api import Row, TableApi
from adapters.servicenow.options import FieldKind, Table
from adapters.servicenow.people import People
from adapters.servicenow.sidetables import COUNT, SideTable, approval_table, link_table, related_table
from adapters.servicenow.values import plain, raw, written
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Json, Record

SYSTEM = ("sys_id", COUNT, "sys_updated_on", "sys_updated_by")
APPROVALS = "approvals"


class Shape:
    """Both directions for one entity. ``names`` are the mapping's fields, the key's included."""

    def __init__(
        self, entity: Entity, spec: Table, names: Collection[str], key_field: str | None, api: TableApi, people: People
    ) -> None:
        self.entity, self.spec, self.key_field = entity, spec, key_field
        self.names = tuple(dict.fromkeys((*names, *((key_field,) if key_field else ()))))
        self._people = people
        self.elsewhere = self._by_part()
        own = [name for name in self.names if self.part_of(name) is None]
        self.own = tuple(own)
        self.columns = tuple(dict.fromkeys((*SYSTEM, *own)))
        self.side_tables = self._side_tables(api)

    def _by_part(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            part = self.part_of(name)
            if part is not None:
                found[part].append(name.partition(".")[2])
        return found

    def part_of(self, name: str) -> str | None:
        """The name of the part that a field stands in; None where it is the record's own column."""
        part = name.partition(".")[0] if "." in name else ""
        known = part in self.spec.related or part in self.spec.links or (part == APPROVALS and self.spec.approvals)
        return part if known else None

    def _side_tables(self, api: TableApi) -> Mapping[str, SideTable]:
        made: dict[str, SideTable] = {}
        for part, columns in self.elsewhere.items():
            if part in self.spec.related:
                made[part] = related_table(api, part, self.spec.related[part], columns, self._people)
            elif part in self.spec.links:
                made[part] = link_table(api, part, self.spec.links[part])
            elif self.spec.approvals:
                made[part] = approval_table(api, self.spec.approvals, self.spec.table, self._people)
        return made

    @property
    def reads_elsewhere(self) -> bool:
        """Whether a field stands in a row of its own, in another table, or is reached through a reference."""
        return bool(self.elsewhere) or any("." in name for name in self.own)

    def kind(self, name: str) -> FieldKind:
        """What kind of value a field holds."""
        part, _, column = name.partition(".")
        if part in self.spec.related:
            return self.spec.related[part].fields.get(column, "text")
        return self.spec.fields.get(name, "text")

    def learn_people(self, rows: Iterable[Row], side: Mapping[str, Mapping[str, Sequence[Row]]]) -> None:
        """Ask at once for all people that these rows name."""
        rows = list(rows)
        columns = [name for name in self.own if self.kind(name) == "user"]
        ids = {str(raw(row.get(column)) or "") for row in rows for column in columns}
        for part, table in self.side_tables.items():
            owned = (row for each in rows for row in side.get(part, {}).get(str(each.get("sys_id")), ()))
            ids |= {str(raw(row.get(column)) or "") for row in owned for column in table.people}
        self._people.learn(ids, {str(raw(row.get("sys_updated_by")) or "") for row in rows})

    def record(self, row: Row, side: Mapping[str, Mapping[str, Sequence[Row]]], base_url: str) -> Record:
        """A row, and what belongs to it, as a record. A column that was not sent has no entry."""
        sys_id = str(row["sys_id"])
        values = {name: plain(row[name], self.kind(name), self._people) for name in self.own if name in row}
        for part, table in self.side_tables.items():
            values |= table.values(side.get(part, {}).get(sys_id, ()))
        target = quote(f"{self.spec.table}.do?sys_id={sys_id}", safe="")
        return Record(
            entity=self.entity,
            id=sys_id,
            values={name: values[name] for name in self.names if name in values},
            revision=self.revision(row, side),
            updated_at=_text(row.get("sys_updated_on")),
            actor=self._people.known_as(_text(row.get("sys_updated_by"))),
            url=f"{base_url}/nav_to.do?uri={target}",
        )

    def revision(self, row: Row, side: Mapping[str, Mapping[str, Sequence[Row]]]) -> str | None:
        """How often the record was changed, and after it each of its related rows."""
        own = _text(row.get(COUNT))
        related = (side.get(part, {}).get(str(row["sys_id"]), ()) for part in sorted(self.spec.related) if part in side)
        counts = ["+".join(_text(each.get(COUNT)) or "" for each in rows) or "-" for rows in related]
        return None if own is None else "/".join((own, *counts))

    def bodies(self, values: Mapping[str, Json]) -> dict[str, dict[str, str]]:
        """The columns to write, by part; those of the record itself under the empty name. Raises Rejected for what is
        only read.
        """
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for name, value in values.items():
            part = self.part_of(name)
            if (part is not None and part not in self.spec.related) or (part is None and "." in name):
                raise Rejected(
                    f"{name} of a {self.entity} stands elsewhere in ServiceNow and is only read.",
                    remedy="declare it `writable: false` in the mapping.",
                    field=name,
                )
            column = name if part is None else name.partition(".")[2]
            found[part or ""][column] = written(name, value, self.kind(name), self._people)
        return dict(found)


def _text(value: Json) -> str | None:
    found = raw(value)
    return None if found is None else str(found)
