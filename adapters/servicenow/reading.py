"""Reads the records of one entity: all, some by id, one by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from adapters.httpclient import NotFound
from adapters.servicenow.api import Row, TableApi
from adapters.servicenow.listing import Listing
from adapters.servicenow.options import Options
from adapters.servicenow.query import chunks, equals, is_plain, is_sys_id, one_of, ordered, safe_start
from adapters.servicenow.shape import Shape
from adapters.servicenow.sidetables import COUNT
from adapters.servicenow.values import TIME, in_zone, raw
from connector.model.errors import (
    AccessDenied,
    ConfigError,
    DuplicateKey,
    IncompleteSnapshot,
    MlflowGrcError,
    Rejected,
    RunAborted,
)
from connector.model.grc import Found, Lookup, Record

FEW = 20
"""Rows that a question for one key may bring: more would be an answer to another question."""


class Reader:
    """The reading half of one entity."""

    def __init__(self, api: TableApi, options: Options, shape: Shape, base_url: str) -> None:
        self.api, self.options, self.shape = api, options, shape
        self._base_url = base_url
        self._keyset = options.paging == "keyset"

    @property
    def table(self) -> str:
        """The table that the records stand in."""
        return self.shape.spec.table

    @property
    def listing(self) -> Listing:
        """All of them."""
        spec = self.shape.spec
        return Listing(self.api, spec.table, spec.filter, size=self.options.page_size, keyset=self._keyset)

    def records(self, since: str | None = None) -> Iterator[Record]:
        """Every record once. Raises IncompleteSnapshot, also where a mapped column is in no row at all."""
        size = self.options.page_size
        # What belongs to them first: a record made in between is seen without it, not it without its record.
        side = {name: part.all(size, keyset=self._keyset) for name, part in self.shape.side_tables.items()}
        lacking, count = set(self.shape.own), 0
        for page in self.listing.pages(self.shape.columns, self._changed(since)):
            lacking = {name for name in lacking if all(name not in row for row in page)}
            count += len(page)
            try:
                self.shape.learn_people(page, side)
            except MlflowGrcError as error:
                raise _incomplete(error) from None
            yield from (self.shape.record(row, side, self._base_url) for row in page)
        if count and lacking:
            raise self._lacking(lacking, count)

    def _changed(self, since: str | None) -> str:
        if since is None:
            return ""
        try:
            back = datetime.strptime(since, TIME) - timedelta(seconds=self.options.overlap_seconds)  # noqa: DTZ007
        except ValueError:
            raise ConfigError(
                f"{since!r} is no time of ServiceNow.", remedy="take it from a record's updated_at."
            ) from None
        return f"sys_updated_on>={in_zone(back.strftime(TIME), self.options.time_zone)}"

    def whole(self, rows: Sequence[Row]) -> Sequence[Record]:
        """Rows just read, as records: what belongs to them is asked for, for all of them at once."""
        ids = [str(row["sys_id"]) for row in rows]
        side: Mapping[str, Mapping[str, Sequence[Row]]] = {
            name: part.of(ids) for name, part in self.shape.side_tables.items()
        }
        self.shape.learn_people(rows, side)
        return [self.shape.record(row, side, self._base_url) for row in rows]

    def get(self, record_id: str) -> Record | None:
        """One record afresh; None when there is none. Raises AccessDenied where there is one that is not shown."""
        row = self.row(record_id)
        return None if row is None else self.whole([row])[0]

    def row(self, record_id: str) -> Row | None:
        """Its row afresh. A 404 says "missing or hidden"; the number of records with the id tells which."""
        if not is_sys_id(record_id):
            return None
        try:
            return self.api.row(self.table, record_id, self.shape.columns)
        except NotFound:
            pass
        if self.api.count(self.table, equals("sys_id", record_id)):
            raise AccessDenied(
                f"The {self.shape.entity} {record_id} is in {self.table}, and access rules hide it from this account.",
                remedy="give the account a role that reads it.",
            )
        return None

    def rows(self, ids: Sequence[str]) -> Mapping[str, Row]:
        """The rows of these ids that are shown to the account, in few requests."""
        found = self.api.among(self.table, "sys_id", [one for one in ids if is_sys_id(one)], self.shape.columns)
        return {str(row["sys_id"]): row for row in found}

    def revisions(self, ids: Sequence[str]) -> Mapping[str, tuple[str | None, int | None]]:
        """The revision of each of these records that is shown, and how often the record alone was changed."""
        rows = self.rows(ids)
        parts = self.shape.side_tables
        side = {name: parts[name].of(list(rows)) for name in self.shape.spec.related if name in parts} if rows else {}
        return {sys_id: (self.shape.revision(row, side), _count(row)) for sys_id, row in rows.items()}

    def find(self, key: str) -> Record | None:
        """The one record that carries ``key``. Raises DuplicateKey."""
        return only(self.carrying(key), key, str(self.shape.entity))

    def carrying(self, key: str) -> Sequence[Record]:
        """The records that carry ``key``. Raises AccessDenied where one does that is not shown, and IncompleteSnapshot
        where no record has the key's column at all.
        """
        column = self.shape.key_field
        if column is None:
            raise ConfigError(f"The mapping names no key field of {self.shape.entity}: it cannot be looked up by key.")
        rows = self._asked_for(column, key)
        if rows is None:
            rows = [row for page in self.listing.pages(self.shape.columns) for row in page]
            if rows and all(column not in row for row in rows):
                raise self._lacking({column}, len(rows))
        return self.whole([row for row in rows if raw(row.get(column)) == key])

    def look_up(self, lookups: Sequence[Lookup]) -> Sequence[Found]:
        """Answers to several questions; those that one request for all leaves open are asked singly."""
        if len(lookups) == 1:
            return [self._alone(lookups[0])]
        entity, known = self.shape.entity, dict[Lookup, Record | None]()
        try:
            for record in self.whole(list(self.rows([one.id for one in lookups if one.id]).values())):
                known[Lookup(entity, id=record.id)] = record
            for key, found in self._keyed([one.key for one in lookups if one.id is None and one.key]).items():
                known[Lookup(entity, key=key)] = found
        except RunAborted:
            raise
        except MlflowGrcError as error:
            return [Found(lookup, error=error) for lookup in lookups]
        return [Found(lookup, known[lookup]) if lookup in known else self._alone(lookup) for lookup in lookups]

    def _alone(self, lookup: Lookup) -> Found:
        try:
            record = self.find(lookup.key or "") if lookup.id is None else self.get(lookup.id)
        except RunAborted:
            raise
        except MlflowGrcError as error:
            return Found(lookup, error=error)
        return Found(lookup, record)

    def _keyed(self, keys: Sequence[str]) -> Mapping[str, Record | None]:
        """The records of those keys about which one request leaves no doubt: that can be asked for among others, where
        nothing came that was not asked for, nothing is hidden, and no key is carried twice.
        """
        column = self.shape.key_field
        askable = sorted({key for key in keys if is_plain(key) and "," not in key})
        if column is None or len(askable) < 2:
            return {}
        rows: list[Row] = []
        wanted = {key.casefold() for key in askable}
        for part in chunks(askable, beside=self.shape.columns):
            page = self.api.rows(self.table, ordered(one_of(column, part)), self.shape.columns, limit=2 * len(part))
            if page.total is None or page.hidden or any(_folded(row, column) not in wanted for row in page.rows):
                return {}
            rows += page.rows
        carriers = Counter(_folded(row, column) for row in rows)
        records = {str(record.values.get(column)): record for record in self.whole(rows)}
        return {key: records.get(key) for key in askable if carriers[key.casefold()] <= 1}

    def _asked_for(self, column: str, key: str) -> Sequence[Row] | None:
        """What the instance answers when asked for the key; None where it cannot be asked, or answered something else:
        by default it takes no notice of a column that it does not know, and sends the whole table.
        """
        whole = is_plain(key)
        start = key if whole else safe_start(key)
        if not start:
            return None
        condition = equals(column, start) if whole else f"{column}STARTSWITH{start}"
        page = self.api.rows(self.table, ordered(condition), self.shape.columns, limit=FEW)
        if any(not _begins(row, column, start) for row in page.rows):
            return None
        if page.hidden and (not whole or page.rows):
            return None
        if page.hidden:
            raise AccessDenied(
                f"A {self.shape.entity} with the key {key} is in {self.table}, and access rules hide it.",
                remedy="give the account a role that reads it, or delete the record.",
            )
        return page.rows

    def _lacking(self, names: set[str], count: int) -> IncompleteSnapshot:
        listed = ", ".join(sorted(names))
        return IncompleteSnapshot(
            f"None of the {count} records of {self.table} came with {listed}, not even empty: the column does not "
            "exist, or this account may not read it.",
            remedy="correct the column in the mapping, or let the account's role read it.",
        )


def only(records: Sequence[Record], key: str, entity: str) -> Record | None:
    """The one record that carries a key, or None. Raises DuplicateKey."""
    if len(records) > 1:
        ids = tuple(record.id for record in records)
        raise DuplicateKey(
            f"{len(ids)} records of {entity} carry the key {key}: {', '.join(ids)}.",
            key=key,
            ids=ids,
            remedy="retire all but one of them in ServiceNow, or clear their key column.",
        )
    return records[0] if records else None


def _count(row: Row) -> int | None:
    text = str(raw(row.get(COUNT)) or "")
    return int(text) if text.isdecimal() else None


def _folded(row: Row, column: str) -> str:
    return str(raw(row.get(column)) or "").casefold()


def _begins(row: Row, column: str, start: str) -> bool:
    return _folded(row, column).startswith(start.casefold())


def _incomplete(error: MlflowGrcError) -> MlflowGrcError:
    """People that could not be looked up leave a listing unfinished; what ends the run stays what it is."""
    if isinstance(error, Rejected):
        return IncompleteSnapshot(f"The users could not be read: {error.message}", remedy=error.remedy)
    return error
