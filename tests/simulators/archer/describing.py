"""Metadata and accounts as REST shows them."""

from __future__ import annotations

from typing import Any, TypeAlias

from tests.simulators.archer.dates import ZONE_IDS
from tests.simulators.archer.schema import Account, Application, Field, Group, Level, Tenant, Value, ValuesList

Json: TypeAlias = Any
_EMAIL, _BUSINESS = 7, 2
_SINCE = "2019-06-03T09:12:44.207"
_STAMP = {"CreateDate": _SINCE, "UpdateDate": _SINCE, "CreateLogin": 2, "UpdateLogin": 2}


def application(one: Application) -> dict[str, Json]:
    return {
        "Id": one.id,
        "Name": one.name,
        "Alias": one.alias,
        "Guid": one.guid,
        "Type": 2,
        "Status": 1,
        "Description": "",
        "IsDeprecated": False,
        "UpdateInformation": _STAMP,
    }


def level(one: Level) -> dict[str, Json]:
    return {
        "Id": one.id,
        "ModuleId": one.module,
        "ModuleName": None,
        "Name": one.name,
        "Alias": one.alias,
        "Guid": one.guid,
        "ParentLevelId": one.parent,
        "IsDeprecated": False,
        "UpdateInformation": _STAMP,
    }


def field(one: Field) -> dict[str, Json]:
    return {
        "Id": one.id,
        "LevelId": one.level,
        "Type": int(one.type),
        "Name": one.name,
        "Alias": one.alias,
        "Guid": one.guid,
        "IsActive": one.active,
        "IsRequired": one.required,
        "IsKey": one.key,
        "IsCalculated": one.calculated,
        "IsContentReadOnly": not one.writable,
        "RelatedValuesListId": one.values_list,
        "UpdateInformation": _STAMP,
    }


def values_list(one: ValuesList) -> dict[str, Json]:
    return {"Id": one.id, "Name": one.name, "Alias": one.alias, "Guid": one.guid, "UpdateInformation": _STAMP}


def value(one: Value) -> dict[str, Json]:
    return {
        "Id": one.id,
        "Name": one.name,
        "Alias": one.alias,
        "Guid": one.guid,
        "NumericValue": one.number,
        "ParentId": one.parent,
        "IsActive": one.active,
        "IsSelectable": one.selectable,
        "UpdateInformation": _STAMP,
    }


def user(one: Account) -> dict[str, Json]:
    """An account; its e-mail is not part of it, but among its contacts."""
    return {
        "Id": one.id,
        "DisplayName": f"{one.last}, {one.first}",
        "FirstName": one.first,
        "MiddleName": "",
        "LastName": one.last,
        "LastLoginDate": None,
        "UserName": one.username,
        "AccountStatus": 1 if one.active else 2,
        "DomainId": None,
        "SecurityId": 6,
        "Locale": one.locale,
        "TimeZoneId": ZONE_IDS.get(one.zone, one.zone),
        "Title": one.role,
        "Type": 1,
        "UpdateInformation": _STAMP,
    }


def contacts(one: Account) -> dict[str, Json]:
    """An account's contacts in the listing of everybody's."""
    return {"UserId": one.id, "Contacts": [contact(one)]}


def contact(one: Account) -> dict[str, Json]:
    """The e-mail of an account among its contacts."""
    return {"ContactType": _EMAIL, "ContactSubType": _BUSINESS, "IsDefault": True, "Value": one.email, "Id": one.id}


def group(one: Group) -> dict[str, Json]:
    return {"Id": one.id, "Name": one.name, "DisplayName": one.name, "Description": "", "EveryoneFlag": False}


def membership(one: Group, tenant: Tenant) -> dict[str, Json]:
    members = [account.id for account in tenant.accounts.values() if one.id in account.groups]
    return {"GroupId": one.id, "UserIds": members, "ParentGroupIds": None}
