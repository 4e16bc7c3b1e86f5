"""What ``check`` and ``discover`` ask a REST API: read-only, a page of each listing at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from adapters.http.options import WhoAmI
from adapters.http.reading import Reader
from adapters.httpclient import HttpClient
from adapters.httpclient.path import search
from connector.model.errors import ConfigError, IncompleteSnapshot, MlflowGrcError, Rejected, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Json, Problem, SchemaField

SAMPLE = 20
IMPOSSIBLE_KEY = "mlflow-grc-check/no-record-has-this-key"
FAR_FUTURE = {
    "iso8601": "2999-01-01T00:00:00Z",
    "epoch_seconds": "32472144000",
    "epoch_milliseconds": "32472144000000",
}
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def check_identity(client: HttpClient, whoami: WhoAmI | None, *, has_auth: bool) -> Iterator[Problem]:
    """Who the server takes us for."""
    if whoami is None:
        if has_auth:
            yield Problem(
                "credentials",
                "the mapping names no request that tells who is logged in: a server that serves a wrong key as a "
                "guest would not be noticed",
                "give http.whoami in the mapping.",
                fatal=False,
            )
        return
    who = search(whoami.who, client.request("GET", whoami.path, listing=True).json())
    if who is None:
        remedy = "check the credentials of the connection, and http.whoami.who in the mapping."
        yield Problem("credentials", f"{whoami.path} names nobody at {whoami.who!r}", remedy)
    elif whoami.expect is not None and str(who) != whoami.expect:
        yield Problem("credentials", f"logged in as {who}, not as {whoami.expect}", "check the credentials.")


def check_resource(reader: Reader) -> Iterator[Problem]:
    """Whether one entity can be listed, read and looked up as the mapping says."""
    where = f"http.resources.{reader.shape.entity}"
    rows: list[Json] = []
    yield from guarded(where, lambda: _check_list(reader, rows, where))
    if rows and (record_id := reader.shape.id_of(rows[0])):
        yield from guarded(f"{where}.get", lambda: _check_get(reader, record_id, where))
    if reader.resource.find and reader.shape.key_field:
        yield from guarded(f"{where}.find", lambda: _check_find(reader, where))
    if reader.resource.list.incremental:
        yield from guarded(f"{where}.list.incremental", lambda: _check_since(reader, where))


def guarded(where: str, probe: Callable[[], Iterable[Problem]]) -> Iterator[Problem]:
    """The problems of a probe; its failure is one. What ends all (credentials, no connection) goes up."""
    try:
        yield from probe()
    except (RunAborted, ConfigError):
        raise
    except MlflowGrcError as error:
        yield Problem(where, error.message, error.remedy)


def as_problem(where: str, error: MlflowGrcError) -> Problem:
    """An error as a finding."""
    return Problem(where, error.message, error.remedy)


def described(reader: Reader) -> tuple[SchemaField, ...]:
    """The fields of a sample, in the order seen, with the JSON type of their first value: those at the top level, and
    those that the options declare deeper down. None where the entity cannot be listed.
    """
    try:
        rows = reader.listing.sample(SAMPLE)
    except (Rejected, IncompleteSnapshot):
        return ()
    types: dict[str, str] = {}
    for row in rows:
        if not isinstance(row, dict):
            continue
        deeper = {name: reader.shape.value(row, name) for name in reader.shape.names if reader.shape.has(row, name)}
        for name, value in (row | deeper).items():
            if types.get(name, "null") == "null":
                types[name] = _JSON_TYPES.get(type(value), "null")
    return tuple(SchemaField(name, kind) for name, kind in types.items())


def _check_list(reader: Reader, rows: list[Json], where: str) -> Iterator[Problem]:
    """Fills ``rows`` with a sample."""
    rows += reader.listing.sample(SAMPLE)
    yield from _check_rows(reader, rows, where)


def _check_rows(reader: Reader, rows: list[Json], where: str) -> Iterator[Problem]:
    shape = reader.shape
    if not rows:
        if shape.names:
            what = "there is no record to look at: whether the mapped fields exist cannot be told"
            yield Problem(where, what, "check again when there is one.", fatal=False)
        return
    if any(shape.id_of(row) is None for row in rows):
        yield Problem(f"{where}.id", f"a record has nothing at {reader.resource.id!r}", "correct id in the mapping.")
        return
    for name in shape.names:
        if not any(shape.has(row, name) for row in rows):
            yield _missing_field(reader, name, len(rows), where)


def _missing_field(reader: Reader, name: str, count: int, where: str) -> Problem:
    by_path = name in reader.resource.fields and reader.resource.fields[name].read is not None
    what = f"none of {count} records has the field {name}"
    if by_path:
        what += f" (at {reader.resource.fields[name].read!r}); it may be empty in all of them"
    return Problem(f"{where}.fields.{name}", what, "correct the field's name or path in the mapping.", not by_path)


def _check_get(reader: Reader, record_id: str, where: str) -> Iterator[Problem]:
    if reader.get_raw(record_id) is None:
        what = f"record {record_id} is listed, but reading it by id says that it does not exist"
        yield Problem(f"{where}.get", what, "correct get in the mapping's http section.")


def _check_find(reader: Reader, where: str) -> Iterator[Problem]:
    if reader.find_raw(IMPOSSIBLE_KEY):
        what = "the server ignores the filter by key: each look-up has to read the whole listing"
        yield Problem(f"{where}.find", what, "correct find.params in the mapping's http section.", fatal=False)


def _check_since(reader: Reader, where: str) -> Iterator[Problem]:
    incremental = reader.resource.list.incremental
    assert incremental is not None
    if reader.listing.sample(1, {incremental.param: FAR_FUTURE[incremental.format]}):
        what = f"the server ignores {incremental.param}: every listing reads all records"
        yield Problem(f"{where}.list.incremental", what, "correct or remove list.incremental.", fatal=False)


def check_entities(readers: dict[Entity, Reader]) -> Iterator[Problem]:
    """All declared entities, one after the other."""
    for reader in readers.values():
        yield from check_resource(reader)
