"""Reads the records of one entity: all, one by id, one by key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from adapters.http.known import KnownRows
from adapters.http.listing import Listing
from adapters.http.options import Related, Resource
from adapters.http.outline import keys_of, outline
from adapters.http.reading_options import FindSpec, GetSpec, Incremental
from adapters.http.rows import NestedRows, Rows, marked, whole
from adapters.http.shape import Shape
from adapters.http.templates import fill_params, fill_path, parent_of, path_values
from adapters.httpclient import ErrorRule, HttpClient, NotFound, Response
from adapters.httpclient.path import search
from connector.model.errors import (
    ConfigError,
    DuplicateKey,
    IncompleteSnapshot,
    Rejected,
    Retriable,
    Unlisted,
    Unreachable,
)
from connector.model.grc import Json, Record

_UNITS = {"epoch_seconds": 1, "epoch_milliseconds": 1_000, "epoch_microseconds": 1_000_000}
_FIND_REMEDY = (
    "correct path and params of the look-up (find, or of in related) in the mapping's http section; without it the "
    "whole listing is read."
)


def trusting() -> None:
    """Ask nobody who we are."""


class Reader:
    """The reading half of one resource. ``prove`` raises AuthError where the account is not ours; ``above`` gives the
    reader of the records that these are listed below, one listing for each.
    """

    def __init__(
        self,
        client: HttpClient,
        resource: Resource | Related,
        shape: Shape,
        rules: Sequence[ErrorRule],
        *,
        prove: Callable[[], None] = trusting,
        above: Callable[[], Reader] | None = None,
        known: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.client, self.resource, self.shape, self.rules = client, resource, shape, tuple(rules)
        self.prove, self.above = prove, above
        self._last_listed: frozenset[str] = frozenset()
        self._nested = self._per_parent(above) if above else None
        self.known = self._by_ids(known)
        self.listing: Rows = self._nested or self.known or self.below(None)

    def _per_parent(self, above: Callable[[], Reader]) -> NestedRows:
        return NestedRows(lambda: above().ids(), self.below, lambda parent: above().get_raw(parent) is None)

    def _by_ids(self, known: Callable[[], Collection[str]]) -> KnownRows | None:
        spec, shape = self.resource.list, self.shape
        if spec.by_ids is None:
            return None

        def exists(record_id: str) -> bool:
            try:
                return self.look(record_id) is not None
            except Rejected:
                return False

        return KnownRows(
            self.client, spec, spec.by_ids, known, shape.id_of, self.rules, exists=exists, id_keys=shape.id_keys
        )

    def below(self, parent: str | None) -> Listing:
        """The listing of one parent's records, or the only one there is."""
        spec = self.resource.list
        path = spec.path if parent is None else fill_path(spec.path, parent=parent)

        def ident(row: Json) -> str | None:
            return self.shape.id_of(marked(row, parent))

        return Listing(
            self.client, spec, path, ident, self.rules, of_one=parent is not None, id_keys=self.shape.id_keys
        )

    def records(self, since: str | None = None) -> Iterator[Record]:
        """Every record once. Raises IncompleteSnapshot, also where a field that the mapping names is in no record at
        all, and AuthError where there is no record because we are nobody.
        """
        for lookup in self.shape.lookups.values():
            lookup.expire()
        listed: set[str] = set()
        lacking = set(self.shape.names)
        unlisted: Unlisted | None = None
        try:
            for row in self.listing.rows(self.since_params(since)):
                record = self._listed_record(row)
                listed.add(record.id)
                lacking = {name for name in lacking if self.shape.lacks(row, name)}
                yield record
        except Unlisted as error:
            unlisted = error
        if not listed:
            self.prove()
        elif lacking:
            raise self._lacking(lacking, len(listed))
        self._last_listed = frozenset(listed)
        if unlisted:
            raise unlisted

    def ids(self) -> Iterator[str]:
        """The id of every record. Raises IncompleteSnapshot."""
        listed: set[str] = set()
        for row in self.listing.rows():
            record_id = self.shape.id_of(row) or ""
            listed.add(record_id)
            yield record_id
        self._last_listed = frozenset(listed)

    def since_params(self, since: str | None) -> dict[str, Json]:
        """The parameters that leave out what is older."""
        incremental = self.resource.list.incremental
        if since is None or incremental is None:
            return {}
        return {incremental.param: with_overlap(since, incremental)}

    def get(self, record_id: str) -> Record | None:
        """One record afresh; None when it definitely does not exist."""
        raw = self.get_raw(record_id)
        return None if raw is None else self.whole(raw)

    def get_raw(self, record_id: str) -> Json:
        """One record as it came; None when it definitely does not exist, and we are who we should be."""
        raw = self.look(record_id)
        if raw is None:
            self.prove()
            self._must_be_unlisted(record_id)
        return raw

    def look(self, record_id: str) -> Json:
        """One record as it came; None where the server says that it does not exist."""
        spec: GetSpec | None = getattr(self.resource, "get", None)
        return self._listed(record_id) if spec is None else self._read(spec, record_id)

    def find(self, key: str) -> Record | None:
        """The record that carries ``key``. Raises DuplicateKey."""
        if self.shape.key_field is None:
            raise ConfigError(f"The mapping names no key field of {self.shape.entity}: it cannot be looked up by key.")
        return only(self.carrying(self.shape.key_field, key, self.resource.find), self.shape, key)

    def carrying(self, field: str, value: str, spec: FindSpec | None) -> list[Record]:
        """The records whose ``field`` holds ``value``, asked for by ``spec`` where it is given."""
        rows = self.query(spec, value)
        if rows is None or any(not self._carries(row, field, value) for row in rows):
            # Not declared, or the server sent what was not asked for: then what it did not send proves nothing.
            rows = self._everything()
        found = [self.whole(row) for row in rows if self._carries(row, field, value)]
        return list({record.id: record for record in found}.values())

    def _everything(self) -> list[Json]:
        """All rows that there are to be had. Raises Retriable."""
        return whole(self.known.known() if self.known else self.listing.rows())

    def query(self, spec: FindSpec | None, key: str) -> list[Json] | None:
        """What the server answers to a query, unchecked; None where it cannot be asked."""
        if spec is None:
            return None
        path, params = fill_path(spec.path, key=key), fill_params(spec.params, key=key)
        empty = self.resource.list.empty
        try:
            response = self.client.request(
                "GET", path, params=params, listing=True, error_rules=self.rules, accept=empty
            )
        except NotFound as error:
            if spec.record:
                return []
            error.remedy = _FIND_REMEDY
            raise
        except Rejected as error:
            error.remedy = _FIND_REMEDY
            raise
        if response.status in empty:
            return []
        where = spec.record or spec.records or self.resource.list.records
        found = search(where, response.json())
        if spec.record:
            return [] if found in (None, {}, []) else [found]
        if not isinstance(found, list):
            raise Unreachable(
                f"{response.where} has no list at {where!r}: {outline(response.json_or_none())}.",
                remedy="correct find.records in the mapping's http section.",
            )
        return found

    def whole(self, raw: Json) -> Record:
        """The record that a row is. Raises Unreachable for one without an id."""
        record = self.shape.record(raw)
        if record is None:
            raise Unreachable(
                f"A record of {self.shape.entity} came without an id at {self.resource.id!r} (its keys are "
                f"{keys_of(raw)}).",
                remedy=f"correct {self.shape.id_keys} in the mapping's http section.",
            )
        return record

    def _lacking(self, names: set[str], count: int) -> IncompleteSnapshot:
        listed = ", ".join(sorted(names))
        return IncompleteSnapshot(
            f"None of the {count} records at {self.resource.list.path} has {listed}, not even empty: the mapping is "
            "wrong, or the API was changed.",
            remedy="correct the fields in the mapping; where the server leaves out what is empty, declare omits_empty.",
        )

    def _must_be_unlisted(self, record_id: str) -> None:
        """Raise Unreachable where a record that is said not to exist is still listed: it is asked for wrongly."""
        if record_id not in self._last_listed or getattr(self.resource, "get", None) is None:
            return
        if self._listed(record_id) is not None:
            raise Unreachable(
                f"The {self.shape.entity} {record_id} is listed, but reading it by id says that it does not exist.",
                remedy="correct get in the mapping's http section.",
            )

    def _listed_record(self, row: Json) -> Record:
        try:
            return self.whole(row)
        except Retriable as error:  # what explains the row could not be read
            failed = IncompleteSnapshot(error.message, remedy=error.remedy)
        raise failed

    def _listed(self, record_id: str) -> Json:
        if self.known:
            rows = whole(self.known.of([record_id]))
        else:
            rows = whole(self._nested.of(parent_of(record_id)) if self._nested else self.listing.rows())
        return next((row for row in rows if self.shape.id_of(row) == record_id), None)

    def _read(self, spec: GetSpec, record_id: str) -> Json:
        codes = tuple(code for code in spec.missing if isinstance(code, int))
        absent = (ErrorRule(status=codes, action="not_found"),) if codes else ()
        values = path_values(record_id, nested=self.shape.nested)
        path, params = fill_path(spec.path, **values), fill_params(spec.params, **values)
        try:
            response = self.client.request("GET", path, params=params, error_rules=(*absent, *self.rules))
        except NotFound:
            return None
        if not response.body:
            raise Unreachable(
                f"{response.where} was answered {response.status} without a body.",
                remedy=f"add {response.status} to get.missing in the mapping's http section, if that is how the server "
                "says that a record does not exist.",
            )
        raw = search(spec.record, response.json())
        if raw in (None, [], {}) and "empty" in spec.missing:
            return None
        return self._same_id(marked(raw, values.get("parent")), record_id, response)

    def _carries(self, row: Json, field: str, value: str) -> bool:
        return isinstance(row, dict) and self.shape.value(row, field) == value

    def _same_id(self, raw: Json, record_id: str, response: Response) -> Json:
        if self.shape.id_of(raw) != record_id:
            raise Unreachable(
                f"{response.where} does not hold the record {record_id} that was asked for: "
                f"{outline(response.json_or_none())}.",
                remedy="correct get.record and id in the mapping's http section.",
            )
        return raw


def only(records: Sequence[Record], shape: Shape, key: str) -> Record | None:
    """The one record that carries a key, or None. Raises DuplicateKey."""
    if len(records) > 1:
        ids = tuple(record.id for record in records)
        raise DuplicateKey(
            f"{len(ids)} records of {shape.entity} carry the key {key}: {', '.join(ids)}.",
            key=key,
            ids=ids,
            remedy="retire all but one of them in the GRC, or clear their key field.",
        )
    return records[0] if records else None


def with_overlap(since: str, spec: Incremental) -> str:
    """The platform's time text, moved back by the overlap. Raises ConfigError when it is not of the format."""
    if not spec.overlap_seconds:
        return since
    try:
        if spec.format != "iso8601":
            return str(int(since) - spec.overlap_seconds * _UNITS[spec.format])
        return _earlier(since, timedelta(seconds=spec.overlap_seconds))
    except ValueError:
        raise ConfigError(
            f"The platform's time {since!r} is not of the format {spec.format}.",
            remedy="correct list.incremental.format in the mapping's http section.",
        ) from None


def _earlier(since: str, overlap: timedelta) -> str:
    time = datetime.fromisoformat(since) - overlap
    text = time.isoformat()
    if time.tzinfo is not None and time.utcoffset() == timedelta(0):
        return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return text
