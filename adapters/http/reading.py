"""Reads the records of one entity: all, one by id, one by key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from adapters.http.listing import Listing
from adapters.http.options import Incremental, Resource
from adapters.http.shape import Shape
from adapters.http.templates import fill_params, fill_path
from adapters.httpclient import ErrorRule, HttpClient, NotFound, Response
from adapters.httpclient.path import search
from connector.model.errors import ConfigError, DuplicateKey, Unreachable
from connector.model.grc import Json, Record


class Reader:
    """The reading half of one resource."""

    def __init__(self, client: HttpClient, resource: Resource, shape: Shape, rules: Sequence[ErrorRule]) -> None:
        self.client, self.resource, self.shape, self.rules = client, resource, shape, tuple(rules)
        self.listing = Listing(client, resource.list, resource.list.path, shape.id_of, rules)

    def records(self, since: str | None = None) -> Iterator[Record]:
        """Every record once. Raises IncompleteSnapshot."""
        for row in self.listing.rows(self.since_params(since)):
            yield self._whole(row)

    def since_params(self, since: str | None) -> dict[str, Json]:
        """The parameters that leave out what is older."""
        incremental = self.resource.list.incremental
        if since is None or incremental is None:
            return {}
        return {incremental.param: with_overlap(since, incremental)}

    def get(self, record_id: str) -> Record | None:
        """One record afresh; None when it definitely does not exist."""
        raw = self.get_raw(record_id)
        return None if raw is None else self._whole(raw)

    def get_raw(self, record_id: str) -> Json:
        """One record as it came; None when it definitely does not exist."""
        spec = self.resource.get
        if spec is None:
            return next((row for row in self.listing.rows() if self.shape.id_of(row) == record_id), None)
        codes = tuple(code for code in spec.missing if isinstance(code, int))
        absent = (ErrorRule(status=codes, action="not_found"),) if codes else ()
        path, params = fill_path(spec.path, id=record_id), fill_params(spec.params, id=record_id)
        try:
            response = self.client.request("GET", path, params=params, error_rules=(*absent, *self.rules))
        except NotFound:
            return None
        raw = search(spec.record, response.json())
        if raw in (None, [], {}) and "empty" in spec.missing:
            return None
        return self._same_id(raw, record_id, response)

    def find(self, key: str) -> Record | None:
        """The record that carries ``key``. Raises DuplicateKey."""
        if self.shape.key_field is None:
            raise ConfigError(f"The mapping names no key field of {self.shape.entity}: it cannot be looked up by key.")
        rows = self.find_raw(key)
        if rows is None or any(not self._carries(row, key) for row in rows):
            # Not declared, or the server sent what was not asked for: then what it did not send proves nothing.
            rows = list(self.listing.rows())
        found = {record.id: record for row in rows if self._carries(row, key) and (record := self._whole(row))}
        if len(found) > 1:
            ids = tuple(found)
            raise DuplicateKey(
                f"{len(ids)} records of {self.shape.entity} carry the key {key}: {', '.join(ids)}.",
                key=key,
                ids=ids,
                remedy="retire all but one of them in the GRC, or clear their key field.",
            )
        return next(iter(found.values()), None)

    def find_raw(self, key: str) -> list[Json] | None:
        """What the server answers to a query by key, unchecked; None where it cannot be asked."""
        spec = self.resource.find
        if spec is None:
            return None
        path, params = fill_path(spec.path, key=key), fill_params(spec.params, key=key)
        try:
            response = self.client.request("GET", path, params=params, listing=True, error_rules=self.rules)
        except NotFound:
            if spec.record:
                return []
            raise
        found = search(spec.record or spec.records or self.resource.list.records, response.json())
        if spec.record:
            return [] if found is None else [found]
        if not isinstance(found, list):
            raise Unreachable(
                f"{response.where} has no list at {spec.records or self.resource.list.records!r}.",
                remedy="correct find.records in the mapping's http section.",
            )
        return found

    def _carries(self, row: Json, key: str) -> bool:
        return isinstance(row, dict) and self.shape.value(row, self.shape.key_field or "") == key

    def _same_id(self, raw: Json, record_id: str, response: Response) -> Json:
        if self.shape.id_of(raw) != record_id:
            raise Unreachable(
                f"{response.where} does not hold the record {record_id} that was asked for.",
                remedy="correct get.record and id in the mapping's http section.",
            )
        return raw

    def _whole(self, raw: Json) -> Record:
        record = self.shape.record(raw)
        if record is None:
            raise Unreachable(
                f"A record of {self.shape.entity} came without an id at {self.resource.id!r}.",
                remedy="correct id in the mapping's http section.",
            )
        return record


def with_overlap(since: str, spec: Incremental) -> str:
    """The platform's time text, moved back by the overlap. Raises ConfigError when it is not of the format."""
    if not spec.overlap_seconds:
        return since
    try:
        match spec.format:
            case "epoch_seconds":
                return str(int(since) - spec.overlap_seconds)
            case "epoch_milliseconds":
                return str(int(since) - spec.overlap_seconds * 1000)
            case "iso8601":
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
