"""Records that can only be asked for by id, several in one request: those that the connector knows of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

from adapters.http.outline import keys_of, outline
from adapters.http.reading_options import ByIds, RecordList
from adapters.httpclient import ErrorRule, HttpClient, NotFound
from adapters.httpclient.path import put, search
from connector.model.errors import Conflict, IncompleteSnapshot, Rejected, Retriable, Unlisted
from connector.model.grc import Json

WITHOUT_LISTING = "the mapping declares no listing (list.by_ids): only records that the connector knows of are read"

_REMEDY = "correct list.path and by_ids in the mapping's http section."


class KnownRows:
    """The rows of the known ids. ``ident`` tells a row's id, by what the mapping says at ``id_keys``; ``exists`` reads
    one record by id.
    """

    def __init__(
        self,
        client: HttpClient,
        spec: RecordList,
        by_ids: ByIds,
        known: Callable[[], Collection[str]],
        ident: Callable[[Json], str | None],
        rules: Sequence[ErrorRule],
        *,
        exists: Callable[[str], bool],
        id_keys: str,
    ) -> None:
        self._client, self._spec, self._by_ids, self._known = client, spec, by_ids, known
        self._ident, self._rules, self._exists, self._id_keys = ident, tuple(rules), exists, id_keys

    def rows(self, extra: Mapping[str, Json] | None = None) -> Iterator[Json]:
        """Every row of a known id, then Unlisted, for there may be others."""
        del extra
        count = 0
        for row in self.known():
            count += 1
            yield row
        raise Unlisted(
            f"The records at {self._spec.path} cannot be listed: {count} that the connector knows of were read.",
            remedy="nothing to do; where the API has a listing after all, declare it in place of list.by_ids.",
        )

    def sample(self, size: int, extra: Mapping[str, Json] | None = None, *, bare: bool = False) -> list[Json]:
        """The rows of some known ids."""
        del extra, bare
        return list(self.of(sorted(self._known())[:size]))

    def known(self) -> Iterator[Json]:
        """The rows of all known ids. Raises IncompleteSnapshot."""
        ids = iter(sorted(self._known()))
        while chunk := list(islice(ids, self._by_ids.per_request)):
            rows = list(self.of(chunk))
            if not rows and self._exists(chunk[0]):
                what = f"none of {len(chunk)} known records came, and {chunk[0]} can be read by id"
                raise self._incomplete(what, _REMEDY)
            yield from rows

    def of(self, ids: Sequence[str]) -> Iterator[Json]:
        """The rows of these ids, those that the server has. Raises IncompleteSnapshot."""
        if not ids:
            return
        try:
            rows = self._asked(ids)
        except NotFound:
            if len(ids) == 1:
                return
            # One id that is not there may spoil the request for all.
            half = len(ids) // 2
            yield from self.of(ids[:half])
            yield from self.of(ids[half:])
            return
        yield from rows

    def _asked(self, ids: Sequence[str]) -> list[Json]:
        spec = self._spec
        try:
            response = self._client.request(
                self._by_ids.method,
                spec.path,
                params=spec.params or None,
                json=self._body(ids),
                safe=True,
                error_rules=self._rules,
                accept=spec.empty,
            )
            if response.status in spec.empty:
                return []
            data = response.json()
        except NotFound:
            raise
        except Rejected as error:
            raise self._incomplete(error.message, _REMEDY) from None
        except (Retriable, Conflict) as error:
            raise self._incomplete(error.message, error.remedy) from None
        rows = search(spec.records, data)
        if not isinstance(rows, list):
            remedy = "correct records in the mapping's http section."
            raise self._incomplete(f"the answer has no list at {spec.records!r}: {outline(data)}", remedy)
        return list(self._only(rows, set(ids)))

    def _only(self, rows: Sequence[Json], wanted: set[str]) -> Iterator[Json]:
        """Each wanted row once. Rows that were not asked for show that the ids are sent wrongly."""
        for row in rows:
            ident = self._ident(row)
            if ident is None:
                what = f"a record has no id (its keys are {keys_of(row)})"
                raise self._incomplete(what, f"correct {self._id_keys} in the mapping's http section.")
            if ident in wanted:
                wanted.discard(ident)
                yield row
            elif not any(self._ident(other) == ident for other in rows if other is not row):
                what = f"the answer has the record {ident}, which was not asked for"
                raise self._incomplete(what, "correct by_ids in the mapping's http section: at, item and static.")

    def _body(self, ids: Sequence[str]) -> Json:
        item = self._by_ids.item
        members: list[Json] = [put({}, item, each) for each in ids] if item else list(ids)
        if self._by_ids.at is None:
            return members
        body: dict[str, Json] = {}
        for path, value in self._by_ids.static.items():
            put(body, path, value)
        return put(body, self._by_ids.at, members)

    def _incomplete(self, what: str, remedy: str) -> IncompleteSnapshot:
        return IncompleteSnapshot(f"Reading many at {self._spec.path} failed: {what.rstrip('.')}.", remedy=remedy)
