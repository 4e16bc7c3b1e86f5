"""Rows to the shared types and back. Values that a type does not know mean a damaged database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from connector.audit.chain import ChainedEntry, Head
from connector.model.errors import StateCorrupt
from connector.model.fields import Entity, Owner, Side, Value
from connector.model.hints import Hint, PendingHint
from connector.model.operations import Operation
from connector.model.policy import VersionsMode
from connector.model.registry import RunData
from connector.model.state import (
    Agreement,
    Approval,
    AuditEntry,
    Base,
    ConflictCase,
    Intent,
    JournalEntry,
    Link,
    LinkState,
    QuarantineCase,
    Resolution,
    Run,
    RunKind,
    RunStatus,
)
from connector.model.used_mapping import FieldMapping, UsedMapping
from connector.model.views import Issue, ObjectRef
from connector.plan.codec import operation_from_json
from connector.state.errors import RESTORE
from connector.state.sql.session import Row

P = ParamSpec("P")
T = TypeVar("T")


_ENTITIES = {str(one): one for one in Entity}
_AGREEMENTS = {str(one): one for one in Agreement}
CASE_KEY = ("connection", "entity", "key", "field")
"""What tells conflicts, resolutions and quarantines apart."""


def _guarded(decode: Callable[P, T]) -> Callable[P, T]:
    @wraps(decode)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return decode(*args, **kwargs)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StateCorrupt(f"A row of the state database cannot be read ({error}).", remedy=RESTORE) from error

    return guarded


def ref_columns(ref: ObjectRef) -> Row:
    """The columns that name an object."""
    return {"entity": str(ref.entity), "key": ref.key, "name": ref.name, "version": ref.version}


def _ref(row: Mapping[str, Any]) -> ObjectRef:
    return ObjectRef(_ENTITIES[row["entity"]], sys.intern(row["key"]), sys.intern(row["name"]), row["version"])


def dump(value: object) -> str:
    """Compact JSON in ASCII, keys sorted: equal values give equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


@_guarded
def load(text: str) -> Any:  # noqa: ANN401 - whatever was dumped
    """What :func:`dump` wrote."""
    return json.loads(text)


@_guarded
def load_fields(text: str) -> dict[str, Value]:
    """What :func:`dump` wrote of an object's fields. Texts that are equal are one object: there are as many names as
    objects, and most values are among few.
    """
    found: dict[str, Value] = json.loads(text, object_pairs_hook=_shared_members)
    return found


def _shared_members(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    return {
        sys.intern(name): sys.intern(value) if value is not None and len(value) <= _SHORT else value
        for name, value in pairs
    }


_SHORT = 40
"""Characters of a value that may well be another object's too."""


@_guarded
def run(row: Row) -> Run:
    """A row of ``run``."""
    counts, kind = json.loads(row["counts"]), RunKind(row["kind"])
    return Run(**{**row, "status": RunStatus(row["status"]), "counts": counts, "kind": kind})


def run_columns(item: Run) -> Row:
    """The row of a run."""
    return {
        "id": item.id,
        "connection": item.connection,
        "started": item.started,
        "ended": item.ended,
        "status": str(item.status),
        "message": item.message,
        "counts": dump(dict(item.counts)),
        "kind": str(item.kind),
    }


@_guarded
def link(row: Row) -> Link:
    """A row of ``link``."""
    return Link(_ref(row), row["record_id"], LinkState(row["state"]), row["created_ms"])


def link_columns(item: Link) -> Row:
    """The row of a link, but for its connection."""
    return {
        **ref_columns(item.ref),
        "record_id": item.record_id,
        "state": str(item.state),
        "created_ms": item.created_ms,
    }


@_guarded
def base(registry: str | None, grc: str | None, agreement: str, provisional_since: str | None) -> Base:
    """The columns of ``base`` that make the pair, in this order. Both sides hold the same texts: each is kept once."""
    return Base(_shared(registry), _shared(grc), _AGREEMENTS[agreement], provisional_since)


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)


@_guarded
def intent(row: Row) -> Intent:
    """A row of ``intent``."""
    return Intent(row["operation_id"], row["run_id"], row["payload"], row["at"])


@_guarded
def conflict(row: Row) -> ConflictCase:
    """A row of ``conflict``."""
    return ConflictCase(
        ref=_ref(row),
        field=row["field"],
        registry=row["registry"],
        grc=row["grc"],
        base_registry=row["base_registry"],
        base_grc=row["base_grc"],
        reason=row["reason"],
        since=row["since"],
    )


@_guarded
def resolution(row: Row) -> Resolution:
    """A row of ``resolution``."""
    return Resolution(
        ref=_ref(row),
        field=row["field"],
        take=Side(row["take"]) if row["take"] else None,
        value=row["value"],
        registry=row["registry"],
        grc=row["grc"],
        by=row["by"],
        at=row["at"],
    )


def resolution_columns(item: Resolution) -> Row:
    """The row of a resolution, but for its connection."""
    return {
        **ref_columns(item.ref),
        "field": item.field,
        "take": str(item.take) if item.take else None,
        "value": item.value,
        "registry": item.registry,
        "grc": item.grc,
        "by": item.by,
        "at": item.at,
    }


@_guarded
def quarantine(row: Row) -> QuarantineCase:
    """A row of ``quarantine``."""
    return QuarantineCase(_ref(row), row["field"], row["reason"], row["remedy"], row["value_digest"], row["since"])


@_guarded
def approval(row: Row) -> Approval:
    """A row of ``approval``."""
    return Approval(frozenset(json.loads(row["digests"])), row["by"], row["at"], row["expires"])


@_guarded
def operation(payload: str) -> Operation:
    """The operation that a row of ``withheld`` holds."""
    return operation_from_json(payload)


def used_mapping_text(mapping: UsedMapping) -> str:
    """A mapping in use as JSON."""
    fields = {entity: {name: asdict(one) for name, one in each.items()} for entity, each in mapping.fields.items()}
    return dump({**asdict(replace(mapping, fields={})), "fields": fields})


@_guarded
def used_mapping(text: str) -> UsedMapping:
    """A mapping in use from JSON."""
    found = json.loads(text)
    fields = {
        Entity(entity): {
            name: FieldMapping(Owner(one["owner"]), tuple(one["registry"]), one["grc"]) for name, one in each.items()
        }
        for entity, each in found["fields"].items()
    }
    return UsedMapping(found["tag_prefix"], VersionsMode(found["versions"]), fields, tuple(found["former_prefixes"]))


def run_data_text(data: RunData) -> str:
    """Run data as JSON."""
    return dump({**asdict(data), "params": dict(data.params), "metrics": dict(data.metrics), "tags": dict(data.tags)})


@_guarded
def run_data(text: str) -> RunData:
    """Run data from JSON."""
    found = json.loads(text)
    return RunData(**{**found, "datasets": tuple(found["datasets"])})


def issue_text(issue: Issue) -> str:
    """An issue as JSON."""
    return dump({**asdict(issue), "unreadable": dict(issue.unreadable)})


@_guarded
def issue(text: str) -> Issue:
    """An issue from JSON."""
    return Issue(**json.loads(text))


@_guarded
def journal(side: str, entity: str, key: str, name: str, changed: str, present: int) -> JournalEntry:
    """The columns of ``journal`` with the side and entity of their observation."""
    return JournalEntry(Side(side), Entity(entity), key, name, json.loads(changed), bool(present))


@_guarded
def pending_hint(side: str, entity: str, key: str, first: str, last: str, times: int) -> PendingHint:
    """The columns of ``hint``."""
    return PendingHint(Hint(Side(side), Entity(entity), key), first, last, times)


@_guarded
def head(row: Row | None) -> Head:
    """The one row of ``trail``."""
    if row is None:
        raise ValueError("the end of the audit trail is missing")
    return Head.parse(f"{row['sequence']}:{row['hash']}")


@_guarded
def chained(row: Mapping[str, Any]) -> ChainedEntry:
    """A row of ``audit``."""
    named = any(row[column] is not None for column in ("entity", "key", "name", "version"))
    entry = AuditEntry(
        at=row["at"],
        run_id=row["run_id"],
        connection=row["connection"],
        action=row["action"],
        side=Side(row["side"]) if row["side"] is not None else None,
        ref=_ref(row) if named else None,
        field=row["field"],
        old=row["old"],
        new=row["new"],
        rule=row["rule"],
        actor=row["actor"],
        record_id=row["record_id"],
    )
    return ChainedEntry(row["sequence"], row["previous"], row["hash"], entry)
