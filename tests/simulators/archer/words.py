"""Values between an instance and the mock GRC's vocabulary, by the tenant's own table (``Field.common`` and
``Value.common``). Shares nothing with the mapping that ships, so that a mistake in one shows against the other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

from connector.mock.catalog import KINDS
from connector.mock.schema import Type as Common
from tests.simulators.archer import dates, richtext
from tests.simulators.archer.content import Content, Kept, Record
from tests.simulators.archer.schema import Field, Level, Tenant, Type

Json: TypeAlias = Any
_AS_JSON = (Common.LIST, Common.OBJECTS, Common.MAP)


class Wordless(Exception):
    """A value that the instance has no place for."""


def common(tenant: Tenant, level: Level, one: Field, kept: Kept) -> Json:
    """A kept value in the mock's words; None, or ``[]`` and ``{}`` where the mock has those, for an empty one."""
    spec = KINDS[level.kind].fields[one.common]
    if kept is None:
        return spec.empty
    if one.type is Type.TEXT:
        text = richtext.seen(kept) if one.rich else kept
        return _parsed(text) if spec.type in _AS_JSON else text
    if one.type is Type.NUMERIC:
        return int(kept)
    if one.type is Type.DATE:
        return _time(kept) if spec.type is Common.TIME else kept[:10]
    if one.type is Type.VALUES:
        words = [_word(tenant, one, number) for number in kept["ids"]]
        return words if spec.type is Common.LIST else words[0]
    if one.type is Type.USERS:
        return tenant.accounts[kept["users"][0]].email if kept["users"] else None
    if one.type is Type.LINKS:
        return kept[0]["URL"]
    ids = [str(number) for number in kept]
    return ids if spec.type is Common.LIST else ids[0]


def kept(tenant: Tenant, content: Content, level: Level, one: Field, value: Json) -> Kept:
    """A value in the mock's words as the instance keeps it; raises Wordless."""
    spec = KINDS[level.kind].fields[one.common]
    if value is None or value in ("", [], {}):
        return None
    if one.type is Type.TEXT:
        if one.rich:
            return richtext.typed(value) if value.strip() else None
        return json.dumps(value, ensure_ascii=False) if spec.type in _AS_JSON else value
    if one.type is Type.NUMERIC:
        return float(value)
    if one.type is Type.DATE:
        return dates.kept(_moment(value))
    if one.type is Type.VALUES:
        return {"ids": [_number(tenant, one, word) for word in _many(value)], "other": None}
    if one.type is Type.USERS:
        account = tenant.account(value)
        if account is None:
            raise Wordless(f"{one.name}: no account has the e-mail {value}")
        return {"users": [account.id], "groups": []}
    if one.type is Type.LINKS:
        return [{"Name": "", "URL": value}]
    return [_pointer(content, one, each) for each in _many(value)]


def row(tenant: Tenant, content: Content, record: Record) -> dict[str, Json]:
    """A record as the mock GRC would tell it, with ``id`` and ``updated_at``."""
    level = tenant.level(record.level)
    assert level is not None
    told: dict[str, Json] = {"id": str(record.id), "updated_at": dates.converted(record.updated)}
    for one in level.fields:
        if one.common and one.type is Type.TRACKING:
            told[one.common] = f"{one.prefix}{record.sequential}"
        elif one.common:
            told[one.common] = common(tenant, level, one, record.value(one))
    return told


def _word(tenant: Tenant, one: Field, number: int) -> str:
    found = tenant.lists[one.values_list or 0].value(number)
    return "" if found is None else found.common or found.name


def _number(tenant: Tenant, one: Field, word: str) -> int:
    for each in tenant.lists[one.values_list or 0].values:
        if word in (each.common, each.name) and each.active and each.selectable:
            return each.id
    raise Wordless(f"{one.name} has no value {word}")


def _pointer(content: Content, one: Field, text: str) -> int:
    found = content.get(int(text)) if str(text).isdigit() else None
    if found is None or found.level != one.to_level:
        raise Wordless(f"{one.name}: there is no record {text}")
    return found.id


def _many(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _parsed(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _time(kept_text: str) -> str:
    return dates.converted(kept_text)


def _moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Wordless(f"{value!r} is no date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
