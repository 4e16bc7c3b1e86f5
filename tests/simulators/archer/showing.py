"""A record as REST shows it to an account."""

from __future__ import annotations

from typing import Any, TypeAlias

from tests.simulators.archer.content import Content, Record
from tests.simulators.archer.dates import naive
from tests.simulators.archer.schema import Account, Field, Level, Type

Json: TypeAlias = Any
_RIGHTS = {"HasRead": True, "HasUpdate": False, "HasDelete": False}


def shown(record: Record, level: Level, content: Content, account: Account) -> dict[str, Json]:
    """The whole record: every active field that the account sees."""
    fields = [one for one in level.fields if one.active and account.sees(one)]
    return {
        "Id": record.id,
        "LevelId": record.level,
        "SequentialId": record.sequential,
        "Version": record.version,
        "LastUpdated": naive(record.updated),
        "UpdateInformation": {
            "CreateDate": naive(record.created),
            "UpdateDate": naive(record.updated),
            "CreateLogin": record.created_by,
            "UpdateLogin": record.updated_by,
        },
        "FieldContents": {str(one.id): _entry(one, record, content, account) for one in fields},
    }


def visible(ids: list[int], content: Content, account: Account) -> list[int]:
    """Those of the records that record permissions do not hide."""
    return [one for one in ids if (account.id, one) not in content.denied]


def pointed_at(one: Field, record: Record, content: Content, account: Account) -> list[int]:
    """The records that a reference, related-records or sub-form field names, as far as the account sees them."""
    ids = content.related(one, record.id) if one.type is Type.RELATED else record.value(one) or []
    return visible(ids, content, account)


def status(record: Record) -> str:
    """The record status."""
    return "New" if record.version == 1 else "Updated"


def _entry(one: Field, record: Record, content: Content, account: Account) -> dict[str, Json]:
    if one.type is Type.IP:
        return {"Type": int(one.type), "IpAddressBytes": record.value(one), "FieldId": one.id}
    return {"Type": int(one.type), "Value": _value(one, record, content, account), "FieldId": one.id}


def _value(one: Field, record: Record, content: Content, account: Account) -> Json:
    system = {
        Type.TRACKING: record.sequential,
        Type.STATUS: status(record),
        Type.FIRST_PUBLISHED: naive(record.created),
        Type.LAST_UPDATED: naive(record.updated),
    }
    if one.type in system:
        return system[one.type]
    if one.type in (Type.REFERENCE, Type.RELATED, Type.SUBFORM):
        return _pointers(one, pointed_at(one, record, content, account), content)
    kept = record.value(one)
    if kept is None:
        return None
    if one.type is Type.DATE:
        return naive(kept)
    if one.type is Type.VALUES:
        return {"ValuesListIds": kept["ids"], "OtherText": kept["other"]}
    if one.type is Type.USERS:
        return {
            "UserList": [{"Id": number, **_RIGHTS} for number in kept["users"]],
            "GroupList": [{"Id": number, **_RIGHTS} for number in kept["groups"]],
        }
    return kept


def _pointers(one: Field, ids: list[int], content: Content) -> Json:
    """Cross references are objects, sub-form entries ids, and related records objects where there are several and an
    id where there is one: clients have seen both.
    """
    if not ids:
        return None
    if one.type is Type.SUBFORM or (one.type is Type.RELATED and len(ids) == 1):
        return ids
    records = [content.get(number) for number in ids]
    return [{"ContentId": each.id, "LevelId": each.level} for each in records if each is not None]
