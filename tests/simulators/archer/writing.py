"""Creating and changing content through REST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.responses import Response

from connector.mock.bending import bend_values
from connector.mock.faults import Fault, FaultKind
from tests.simulators.archer import envelopes, richtext
from tests.simulators.archer.content import Content, Kept, Record
from tests.simulators.archer.schema import Account, Field, Level, Tenant, Type
from tests.simulators.archer.taking import Ignored, Taker, lowered

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Body:
    """A request to write content, its names read without regard to case."""

    id: int | None
    level: int | None
    entries: Mapping[str, Json]


def body_of(body: Json) -> Body | None:
    """The content of a request; None where it holds none."""
    try:
        content = lowered(lowered(body).get("content"))
    except Ignored:
        return None
    entries = content.get("fieldcontents")
    if not isinstance(entries, Mapping):
        entries = {}
    return Body(_number(content.get("id")), _number(content.get("levelid")), entries)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes as an account. The caller holds the content's lock."""

    tenant: Tenant
    content: Content

    def create(self, body: Json, account: Account, fired: Sequence[Fault] = ()) -> Response:
        """POST: a new record."""
        asked = body_of(body)
        if asked is None:
            return envelopes.framework(400, "The request is invalid.")
        if asked.id is not None and self.content.get(asked.id) is not None:
            return _forbidden()
        level = self.tenant.level(asked.level or 0)
        if level is None or not account.reads(level.module):
            return envelopes.failed([envelopes.NOT_FOUND])
        if not account.writes(level.module):
            return _forbidden()
        taken = self._taken(level, asked, account, fired)
        # A refusal of a new record comes with 400, one of a change with 200: both are seen.
        problems = self._problems(level, None, taken)
        if problems:
            return envelopes.failed(problems, 400)
        made = self.content.add(level.id, self._initial(level) | _plain(level, taken), account.id)
        self._relate(level, made, taken, account)
        return envelopes.single({"Id": made.id})

    def update(self, body: Json, account: Account, fired: Sequence[Fault] = ()) -> Response:
        """PUT: the fields that are named change, no others. ``Version`` is not looked at."""
        asked = body_of(body)
        if asked is None:
            return envelopes.framework(400, "The request is invalid.")
        record = self.content.get(asked.id or 0)
        if record is None:
            return _forbidden()
        level = self.tenant.level(record.level)
        assert level is not None
        if not account.reads(level.module) or (account.id, record.id) in self.content.denied:
            return envelopes.failed([envelopes.NOT_FOUND])
        if not account.writes(level.module):
            return _forbidden()
        taken = self._taken(level, asked, account, fired)
        problems = self._problems(level, record, taken)
        if problems:
            return envelopes.failed(problems)
        self.content.change(record.id, _plain(level, taken), account.id)
        self._relate(level, record, taken, account)
        return envelopes.single({"Id": record.id})

    def _taken(self, level: Level, asked: Body, account: Account, fired: Sequence[Fault]) -> dict[int, Kept]:
        taker, taken = Taker(self.tenant, self.content, account), {}
        for name, entry in asked.entries.items():
            one = next((each for each in level.fields if str(each.id) == name), None)
            if one is None or not one.writable or not one.active or not account.sees(one):
                continue
            try:
                taken[one.id] = taker.take(one, entry)
            except Ignored:
                continue
        return bent(level, taken, fired)

    def _problems(self, level: Level, record: Record | None, taken: Mapping[int, Kept]) -> list[Json]:
        found = []
        for one in level.fields:
            new = taken.get(one.id)
            stays = record is not None and one.id not in taken
            if one.required and new is None and not stays:
                found.append(envelopes.required(one.name))
            if one.max_length and isinstance(new, str) and one.type is Type.TEXT and len(new) > one.max_length:
                found.append(envelopes.too_long(one.name, one.max_length))
        return found

    def _initial(self, level: Level) -> dict[int, Kept]:
        """What a new record holds by the tenant's configuration."""
        if level.kind == "versions":
            status = self.tenant.named("versions", "approval_status")
            return {status.id: {"ids": [self._not_submitted(status)], "other": None}}
        return {}

    def _not_submitted(self, status: Field) -> int:
        values = self.tenant.lists[status.values_list or 0].values
        return next(one.id for one in values if one.common == "Not Submitted")

    def _relate(self, level: Level, record: Record, taken: Mapping[int, Kept], account: Account) -> None:
        for one in level.fields:
            if one.type is Type.RELATED and one.id in taken:
                self.content.relate(one, record.id, taken[one.id] or [], account.id)


def bent(level: Level, taken: Mapping[int, Kept], fired: Sequence[Fault]) -> dict[int, Kept]:
    """The values as a server that ignores or rewrites fields keeps them. A rewriting changes the text that a person
    sees, never the markup around it.
    """
    if not any(fault.kind in (FaultKind.IGNORE, FaultKind.NORMALISE) for fault in fired):
        return dict(taken)
    named = {one.common: one for one in level.fields if one.common and one.id in taken}

    def plain(one: Field) -> Kept:
        kept = taken[one.id]
        return richtext.seen(kept) if one.rich and isinstance(kept, str) else kept

    kept = bend_values(fired, {name: plain(one) for name, one in named.items()})
    result = {number: value for number, value in taken.items() if number not in {one.id for one in named.values()}}
    for name, value in kept.items():
        one = named[name]
        if value == plain(one):
            result[one.id] = taken[one.id]
        else:
            result[one.id] = (richtext.typed(value) if one.rich else value) or None
    return result


def _plain(level: Level, taken: Mapping[int, Kept]) -> dict[int, Kept]:
    related = {one.id for one in level.fields if one.type is Type.RELATED}
    return {number: value for number, value in taken.items() if number not in related}


def _number(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value else None


def _forbidden() -> Response:
    return envelopes.framework(403, "Forbidden.")
