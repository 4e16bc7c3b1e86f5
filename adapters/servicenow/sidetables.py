"""What belongs to a record and stands in another table: related columns, links, and the approval engine's answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from adapters.servicenow.api import Row, TableApi
from adapters.servicenow.listing import Listing
from adapters.servicenow.options import Approvals, FieldKind, Link, Related
from adapters.servicenow.people import People
from adapters.servicenow.values import iso, plain, raw
from connector.model.grc import Json, Unreadable

Values: TypeAlias = Mapping[str, Json]
"""By the mapping's name for the field, prefix included."""
COUNT = "sys_mod_count"
_DECIDED = ("rejected", "approved")
_STATES = ("rejected", "requested", "approved", "cancelled", "not requested", "not_required")
"""The state of a record is the first of these that one of its approvers has."""


class SideTable:
    """Rows of another table by the record that they belong to. ``fold`` makes values of one record's rows."""

    def __init__(
        self,
        api: TableApi,
        table: str,
        owner: str,
        columns: Sequence[str],
        fold: Callable[[Sequence[Row]], Values],
        *,
        query: str = "",
        people: Sequence[str] = (),
    ) -> None:
        self._api, self.table, self.owner, self._fold = api, table, owner, fold
        self._columns = tuple(dict.fromkeys(("sys_id", owner, *columns)))
        self._query, self.people = query, tuple(people)

    def all(self, size: int, *, keyset: bool) -> Mapping[str, Sequence[Row]]:
        """Every row, by record. Raises IncompleteSnapshot."""
        listing = Listing(self._api, self.table, self._query, size=size, keyset=keyset)
        return self._by_owner(row for page in listing.pages(self._columns) for row in page)

    def of(self, ids: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        """The rows of these records, asked for afresh."""
        found = self._api.among(self.table, self.owner, ids, self._columns, query=self._query)
        return self._by_owner(found)

    def values(self, rows: Sequence[Row]) -> Values:
        """What one record's rows say."""
        return self._fold(rows)

    def _by_owner(self, rows: Iterable[Row]) -> Mapping[str, Sequence[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            found[str(raw(row.get(self.owner)) or "")].append(row)
        return found


def related_table(api: TableApi, name: str, spec: Related, columns: Sequence[str], people: People) -> SideTable:
    """One row for each record, with columns of its own."""

    def kind(column: str) -> FieldKind:
        return spec.fields.get(column, "text")

    def fold(rows: Sequence[Row]) -> Values:
        if len(rows) > 1:
            why = Unreadable(f"{len(rows)} rows of {spec.table} belong to the record")
            return {f"{name}.{column}": why for column in columns}
        if not rows:
            return {f"{name}.{column}": None for column in columns}
        return {
            f"{name}.{column}": plain(rows[0][column], kind(column), people) for column in columns if column in rows[0]
        }

    users = [column for column in columns if kind(column) == "user"]
    return SideTable(api, spec.table, spec.record, (*columns, COUNT), fold, people=users)


def link_table(api: TableApi, name: str, spec: Link) -> SideTable:
    """References in a table of pairs: an id, or several."""

    def fold(rows: Sequence[Row]) -> Values:
        ids = sorted({str(found) for row in rows if (found := raw(row.get(spec.record)))})
        return {f"{name}.record": ids[0] if len(ids) == 1 else ids or None}

    return SideTable(api, spec.table, spec.owner, (spec.record,), fold, query=spec.filter)


def approval_table(api: TableApi, spec: Approvals, table: str, people: People) -> SideTable:
    """The approvers' answers, and what they come to."""

    def fold(rows: Sequence[Row]) -> Values:
        rows = sorted(rows, key=lambda row: (str(row.get("sys_updated_on")), str(row.get("sys_id"))))
        chain = [approval_step(row, people) for row in rows]
        rows = _last_round(rows)
        states = [str(raw(row.get("state")) or "") for row in rows]
        state = next((known for known in _STATES if known in states), states[0] if states else None)
        last = next((row for row in reversed(rows) if state in _DECIDED and raw(row.get("state")) == state), None)
        return {
            "approvals.state": state,
            "approvals.by": people.mail(raw(last.get("approver"))) if last else None,
            "approvals.at": iso(str(last.get("sys_updated_on"))) if last else None,
            "approvals.chain": chain or None,
        }

    query = f"{spec.source_table}={table}" if spec.source_table else ""
    columns = ("approver", "state", "comments", "sys_created_on", "sys_updated_on")
    return SideTable(api, spec.table, spec.record, columns, fold, query=query, people=("approver",))


def _last_round(rows: Sequence[Row]) -> Sequence[Row]:
    """The answers, oldest first, that count: a rejection ends a round, so that an approver who was asked after it
    belongs to another one, and what was said before is history.
    """
    asked = max((str(raw(row.get("sys_created_on")) or "") for row in rows), default="")
    ended = [str(raw(row.get("sys_updated_on"))) for row in rows if raw(row.get("state")) == "rejected"]
    before = max((one for one in ended if one < asked), default="")
    return [row for row in rows if str(raw(row.get("sys_created_on")) or "") > before] if before else rows


def approval_step(row: Row, people: People) -> dict[str, Json]:
    """One approver's answer as a step of an approval chain."""
    state = raw(row.get("state"))
    mail = people.mail(raw(row.get("approver")))
    step = {
        "step": raw(row.get("sys_id")),
        "name": None if isinstance(mail, Unreadable) else mail,
        "decision": state,
        "time": iso(str(row.get("sys_updated_on"))) if state in _DECIDED else None,
        "comment": raw(row.get("comments")),
    }
    return {name: value for name, value in step.items() if value is not None}
