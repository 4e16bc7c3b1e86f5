"""Probes of what servers do with the parameters they are given: many ignore those that they do not know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.http.paging_options import NoPaging
from adapters.http.reading import Reader
from adapters.http.rows import marked
from connector.model.grc import Json, Problem

IMPOSSIBLE_KEY = "mlflow-grc-check/no-record-has-this-key"
FAR_FUTURE = {
    "iso8601": "2999-01-01T00:00:00Z",
    "epoch_seconds": "32472144000",
    "epoch_milliseconds": "32472144000000",
    "epoch_microseconds": "32472144000000000",
}


def check_get(reader: Reader, record_id: str, where: str) -> Iterator[Problem]:
    """Whether a record that is listed can be read."""
    if reader.look(record_id) is None:
        what = f"record {record_id} is listed, but reading it by id says that it does not exist"
        yield Problem(f"{where}.get", what, "correct get in the mapping's http section.")


def check_find(reader: Reader, rows: list[Json], where: str) -> Iterator[Problem]:
    """Whether the filter by key leaves out what does not match, and shows what does."""
    spec, key_field = reader.resource.find, reader.shape.key_field or ""
    if reader.query(spec, IMPOSSIBLE_KEY):
        what = "the server ignores the filter by key: each look-up has to read the whole listing"
        remedy = "correct find.params in the mapping's http section, or remove find if there is no such filter."
        yield Problem(f"{where}.find", what, remedy, fatal=False)
        return
    key = next((key for row in rows if isinstance(key := reader.shape.value(row, key_field), str) and key), None)
    if key is not None and not reader.query(spec, key):
        what = f"the filter by key does not find {key!r}, which a listed record has"
        yield Problem(f"{where}.find", what, "correct find in the mapping's http section, or remove it.")


def check_since(reader: Reader, where: str) -> Iterator[Problem]:
    """Whether the filter by time leaves out what is older."""
    incremental = reader.resource.list.incremental
    assert incremental is not None
    if reader.listing.sample(1, {incremental.param: FAR_FUTURE[incremental.format]}):
        what = f"the server ignores {incremental.param}: every listing reads all records"
        remedy = "correct or remove list.incremental in the mapping's http section."
        yield Problem(f"{where}.list.incremental", what, remedy, fatal=False)


def check_paging(reader: Reader, rows: Sequence[Json], where: str) -> Iterator[Problem]:
    """Whether there is a second page and it differs from the first, asked for with one record each. ``rows`` is a
    sample of the listing; where there is one for each parent, of one parent's.
    """
    if isinstance(reader.resource.list.pagination, NoPaging):
        return
    parent = reader.shape.parent_in(rows[0]) if reader.above else None
    pages = reader.below(parent).pages(1)
    first, second = next(pages, None), next(pages, None)
    if first is not None and second is None and max(first.total or 0, len(rows)) > len(first.rows):
        yield Problem(
            f"{where}.list.pagination",
            f"the listing ends with its first page, of {len(first.rows)}, and there are more records: the answer has "
            "nothing where pagination says that the next page is named",
            "correct list.pagination in the mapping's http section.",
        )
    if first is None or second is None or not second.rows:
        return
    seen = {reader.shape.id_of(marked(one, parent)) for one in first.rows}
    if all(reader.shape.id_of(marked(one, parent)) in seen for one in second.rows):
        yield Problem(
            f"{where}.list.pagination",
            "the second page repeats the first: the server ignores the paging parameters",
            "correct the names of the parameters under list.pagination in the mapping's http section, or declare "
            "type none where one answer holds everything.",
        )
