"""The history of records, one entry for each act of a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from connector.mock.errors import BadRequest
from connector.mock.queries import select
from connector.mock.store import Change, Row, Store

_OF_A_MODEL = (VERSIONS, ISSUES)


@dataclass(frozen=True, slots=True)
class Act:
    """What one user did to one record at one moment; ``changes`` are its fields."""

    record: str
    kind: str
    action: str
    user: str
    at: str
    changes: tuple[Change, ...]


def acts(changes: Iterable[Change]) -> list[Act]:
    """Changes, in the order in which they happened, as acts: the newest first."""
    found = []
    for (record, _revision, action, user), group in groupby(changes, key=_act):
        fields = tuple(group)
        first = fields[0]
        found.append(Act(record, first.kind, action, user, first.at, tuple(one for one in fields if one.field)))
    return found[::-1]


def history_of(store: Store, row: Row, kind: str) -> list[Act]:
    """The history of a record; of a model with that of its versions and issues."""
    records = [row["id"]]
    if kind == MODELS:
        records += [one["id"] for part in _OF_A_MODEL for one in select(part, store.rows(part), {"model": row["id"]})]
    changes = (change for record in records for change in store.history(record))
    return acts(sorted(changes, key=lambda change: change.id))


def since(store: Store, record_id: str, revision: int) -> list[Change]:
    """What happened to a record after it had this revision, oldest first; BadRequest for a revision to come."""
    if revision > store.row(record_id)["revision"]:
        raise BadRequest("The form was made for a revision that the record does not have yet. Open it again.")
    return [change for change in store.history(record_id) if change.revision > revision]


def as_it_was(row: Row, later: Iterable[Change]) -> Mapping[str, Any]:
    """The record before the ``later`` changes (oldest first)."""
    was: dict[str, Any] = {}
    for change in later:
        if change.field in row and change.field != "id":
            was.setdefault(change.field, change.old)
    return {**row, **was}


def _act(change: Change) -> tuple[str, int, str, str]:
    return (change.record, change.revision, change.action, change.user)
