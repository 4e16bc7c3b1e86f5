"""What ``check`` and ``discover`` look at in the records of one entity."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.http.findings import guarded
from adapters.http.joining import Joined
from adapters.http.known import WITHOUT_LISTING
from adapters.http.outline import keys_of
from adapters.http.probe_paths import check_redirects, tell_cost
from adapters.http.probe_queries import check_find, check_get, check_paging, check_since
from adapters.http.reading import Reader
from connector.model.errors import IncompleteSnapshot, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.grc import Json, Problem, SchemaField, Unreadable

SAMPLE = 20
_JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def check_records(where: str, joined: Joined) -> Iterator[Problem]:
    """The records of an entity, and their related ones."""
    yield from _check_opening(joined.reader, where)
    yield from check_reader(where, joined.reader)
    for name, related in joined.related.items():
        yield from check_reader(f"{where}.related.{name}", related.reader)


def _check_opening(reader: Reader, where: str) -> Iterator[Problem]:
    """Whether issues can be written, where they carry a key: findings open them then."""
    if reader.shape.entity is not Entity.ISSUE or reader.shape.key_field is None:
        return
    findings = "findings open issues (policy.findings_to_grc)"
    for verb in ("create", "update"):
        if getattr(reader.resource, verb) is None:
            what = f"{findings}, and the mapping does not say how to {verb} one"
            yield Problem(f"{where}.{verb}", what, f"give http.resources.issue.{verb}, or remove the policy.")
    if reader.known is not None:
        what = f"{findings}, and {WITHOUT_LISTING}: none is opened where nobody knows which there are"
        yield Problem(f"{where}.list.by_ids", what, "declare a listing or a report, or remove the policy.")


def check_reader(where: str, reader: Reader) -> Iterator[Problem]:
    """Whether records can be listed, read and looked up as the mapping says."""
    if reader.known is not None:
        yield from _check_known(reader, where)
        return
    rows: list[Json] = []
    listed = list(guarded(where, lambda: _check_list(reader, rows, where)))
    yield from listed
    if any(problem.fatal and problem.where in (where, f"{where}.id") for problem in listed):
        return
    yield from guarded(f"{where}.list", lambda: tell_cost(reader, where))
    if rows:
        yield from guarded(f"{where}.list.pagination", lambda: check_paging(reader, rows, where))
        yield from guarded(where, lambda: check_redirects(reader, rows[0], where))
    if rows and hasattr(reader.resource, "get") and (record_id := reader.shape.id_of(rows[0])):
        yield from guarded(f"{where}.get", lambda: check_get(reader, record_id, where), reached=True)
    if reader.resource.find and reader.shape.key_field:
        yield from guarded(f"{where}.find", lambda: check_find(reader, rows, where), reached=True)
    if reader.resource.list.incremental:
        yield from guarded(f"{where}.list.incremental", lambda: check_since(reader, where))


def _check_known(reader: Reader, where: str) -> Iterator[Problem]:
    """What it means that there is no listing; and those of the known records that can be had."""
    yield Problem(
        f"{where}.list",
        f"{WITHOUT_LISTING}: what people add in the GRC is not found, nothing is concluded from absence, and no record "
        "is created for a model that has none",
        "declare a listing or a report in place of list.by_ids, if the API has one; else tie records to models with "
        "`mlflow-grc link`.",
        fatal=False,
    )
    rows: list[Json] = []

    def sample() -> Iterator[Problem]:
        rows.extend(reader.listing.sample(SAMPLE))
        yield from _check_rows(reader, rows, where) if rows else ()

    yield from guarded(f"{where}.list", sample)
    if rows and (record_id := reader.shape.id_of(rows[0])):
        yield from guarded(f"{where}.get", lambda: check_get(reader, record_id, where), reached=True)


def described(joined: Joined) -> tuple[SchemaField, ...]:
    """The fields of a sample, in the order seen, with the JSON type of their first value: those at the top level, and
    those that the options declare deeper down or elsewhere. None where the entity cannot be listed.
    """
    types: dict[str, str] = {}
    try:
        for reader in (joined.reader, *(related.reader for related in joined.related.values())):
            _describe(reader, reader.listing.sample(SAMPLE), types, own=reader is joined.reader)
    except (Rejected, IncompleteSnapshot):
        return ()
    return tuple(SchemaField(name, kind) for name, kind in types.items() if not name.startswith("_"))


def _describe(reader: Reader, rows: list[Json], types: dict[str, str], *, own: bool) -> None:
    shape = reader.shape
    if types and not own and not rows:
        # Records, and no related one yet: that the mapping declares its fields is all there is to know.
        types.update({name: "null" for name in shape.looks.fields if name not in types})
    for row in rows:
        if not isinstance(row, dict):
            continue
        mapped = {name: shape.value(row, name) for name in shape.names if shape.has(row, name)}
        for name, value in ((row if own else {}) | mapped).items():
            if types.get(name, "null") == "null":
                types[name] = _JSON_TYPES.get(type(value), "null")
        for name, spec in shape.looks.fields.items():
            # A field that is only written never comes back; that the mapping declares it is all there is to know.
            if (spec.write or spec.sets) and name not in types:
                types[name] = "null"


def _check_list(reader: Reader, rows: list[Json], where: str) -> Iterator[Problem]:
    """Fills ``rows`` with a sample."""
    rows += reader.listing.sample(SAMPLE)
    if not rows:
        yield from _check_empty(reader, where)
    else:
        yield from _check_rows(reader, rows, where)


def _check_empty(reader: Reader, where: str) -> Iterator[Problem]:
    """Nothing at all: an empty GRC, or a filter that hides what there is."""
    params = reader.resource.list.params
    hidden = reader.listing.sample(SAMPLE, bare=True) if params else []
    if hidden:
        shown = ", ".join(f"{name}={value}" for name, value in params.items())
        yield Problem(
            f"{where}.list.params",
            f"with {shown} there is no record, and without there are: the filter hides them",
            "correct list.params in the mapping's http section; ignore this where none of the records is meant.",
            fatal=False,
        )
    elif reader.shape.names:
        what = "there is no record to look at: whether the mapped fields exist cannot be told"
        yield Problem(where, what, "check again when there is one, or make one by hand.", fatal=False)


def _check_rows(reader: Reader, rows: list[Json], where: str) -> Iterator[Problem]:
    shape = reader.shape
    broken = next((row for row in rows if shape.id_of(row) is None), None)
    if broken is not None:
        what = f"a record has nothing at {' or '.join(map(repr, shape.id_paths))}; its keys are {keys_of(broken)}"
        yield Problem(f"{where}.id", what, f"correct {shape.id_keys} in the mapping's http section.")
        return
    for name in shape.names:
        if not any(shape.has(row, name) for row in rows):
            yield _missing_field(reader, name, rows, where)
        elif name in shape.lookups:
            yield from _unknown_ids(reader, name, rows, where)


def _unknown_ids(reader: Reader, name: str, rows: list[Json], where: str) -> Iterator[Problem]:
    """Ids that the field's table lacks; a table that cannot be read is a finding of its own."""
    shape, lookup = reader.shape, reader.shape.lookups[name]
    try:
        values = [value for row in rows if (value := shape.value(row, name)) not in (None, "", [])]
    except Retriable:
        return
    unknown = [value for value in values if isinstance(value, Unreadable)]
    if unknown:
        what = f"{len(unknown)} of {len(values)} values of {name} cannot be looked up, the first: {unknown[0].reason}"
        remedy = f"correct id and value of http.lookups.{lookup.name}, or the field; until then they are left alone."
        yield Problem(f"{where}.fields.{name}", what, remedy, fatal=len(unknown) == len(values))


def _missing_field(reader: Reader, name: str, rows: list[Json], where: str) -> Problem:
    by_path = reader.shape.spec(name).read
    what = f"none of {len(rows)} records has the field {name}"
    if by_path:
        what += f" (at {by_path!r}); it may be empty in all of them"
    remedy = (
        f"correct the field's name or path in the mapping; the first record has {keys_of(rows[0])}. Where the server "
        "leaves out what is empty, declare omits_empty."
    )
    return Problem(f"{where}.fields.{name}", what, remedy, all(reader.shape.lacks(row, name) for row in rows))
