"""What an instance takes of the values that a write carries. What is wrong with a value is not told: it is ignored."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.simulators.archer import dates, richtext
from tests.simulators.archer.content import Content, Kept
from tests.simulators.archer.schema import Account, Field, Tenant, Type

Json: TypeAlias = Any
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Ignored(Exception):
    """A value that the instance passes over in silence."""


@dataclass(frozen=True, slots=True)
class Taker:
    """Reads written values as one account."""

    tenant: Tenant
    content: Content
    account: Account

    def take(self, one: Field, entry: Json) -> Kept:
        """The value to keep, None for empty; raises Ignored. ``entry`` is one of ``FieldContents``."""
        parts = lowered(entry)
        if parts.get("type") != one.type or parts.get("fieldid") != one.id:
            raise Ignored
        if one.type is Type.IP:
            return _address(parts)
        if "value" not in parts:
            raise Ignored
        value = parts["value"]
        if value is None and one.type is not Type.DATE:
            return None
        return _TAKERS[one.type](self, one, value)

    def text(self, one: Field, value: Json) -> Kept:
        if not isinstance(value, str):
            raise Ignored
        text = _NOT_XML.sub("", value)
        return richtext.kept(text) if one.rich else text or None

    def number(self, _: Field, value: Json) -> Kept:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Ignored
        return float(value)

    def date(self, one: Field, value: Json) -> Kept:
        if value == "0":
            return None
        if not isinstance(value, str):
            raise Ignored
        found = dates.written(value, self.account.zone, self.account.locale, timed=one.timed)
        if found is None:
            raise Ignored
        return found

    def values(self, one: Field, value: Json) -> Kept:
        parts = lowered(value)
        listed = self.tenant.lists[one.values_list or 0]

        def selectable(number: int) -> bool:
            found = listed.value(number)
            return found is not None and found.active and found.selectable

        ids = _valid(parts.get("valueslistids") or [], selectable, one)
        return {"ids": ids, "other": parts.get("othertext")} if ids else None

    def users(self, one: Field, value: Json) -> Kept:
        parts = lowered(value)
        users = [lowered(user).get("id") for user in parts.get("userlist") or []]
        groups = [lowered(group).get("id") for group in parts.get("grouplist") or []]
        accounts = self.tenant.accounts
        known = [user for user in users if user in accounts and accounts[user].active]
        known_groups = [group for group in groups if group in self.tenant.groups]
        if (users or groups) and not (known or known_groups):
            raise Ignored
        return {"users": known, "groups": known_groups} if known or known_groups else None

    def references(self, one: Field, value: Json) -> Kept:
        ids = [lowered(item).get("contentid") for item in _listed(value)]
        return _valid(ids, self._there(one), one) or None

    def numbers(self, one: Field, value: Json) -> Kept:
        return _valid(_listed(value), self._there(one), one) or None

    def attachments(self, one: Field, value: Json) -> Kept:
        return _valid(_listed(value), lambda number: number in self.content.attachments, one) or None

    def links(self, _: Field, value: Json) -> Kept:
        rows = [lowered(item) for item in _listed(value)]
        if not all(isinstance(row.get("url"), str) for row in rows):
            raise Ignored
        return [{"Name": str(row.get("name") or ""), "URL": row["url"]} for row in rows] or None

    def _there(self, one: Field) -> Callable[[int], bool]:
        def there(number: int) -> bool:
            found = self.content.get(number)
            hidden = (self.account.id, number) in self.content.denied
            return found is not None and found.level == one.to_level and not hidden

        return there


def lowered(value: Json) -> dict[str, Json]:
    """An object with its names in lower case, as the server reads them; raises Ignored for anything else."""
    if not isinstance(value, Mapping):
        raise Ignored
    return {str(name).lower(): one for name, one in value.items()}


def _listed(value: Json) -> Sequence[Json]:
    if not isinstance(value, list):
        raise Ignored
    return value


def _valid(ids: Sequence[Json], known: Callable[[int], bool], one: Field) -> list[int]:
    """The ids that exist, each once; what does not exist is left out, and where nothing is left, nothing changes. So
    it is with several values for a field that takes one.
    """
    if not isinstance(ids, list):
        raise Ignored
    kept = list(dict.fromkeys(number for number in ids if type(number) is int and known(number)))
    if (ids and not kept) or (len(kept) > 1 and not one.multiple):
        raise Ignored
    return kept


def _address(parts: Mapping[str, Json]) -> Kept:
    if set(parts) != {"type", "ipaddressbytes", "fieldid"}:
        raise Ignored
    text = parts["ipaddressbytes"]
    if text in (None, ""):
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Ignored from None


_TAKERS: Mapping[Type, Callable[[Taker, Field, Json], Kept]] = {
    Type.TEXT: Taker.text,
    Type.NUMERIC: Taker.number,
    Type.DATE: Taker.date,
    Type.VALUES: Taker.values,
    Type.LINKS: Taker.links,
    Type.USERS: Taker.users,
    Type.REFERENCE: Taker.references,
    Type.ATTACHMENT: Taker.attachments,
    Type.IMAGE: Taker.attachments,
    Type.RELATED: Taker.numbers,
    Type.SUBFORM: Taker.numbers,
}
