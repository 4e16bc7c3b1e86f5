"""The audit trail, newest first, filtered and a page at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from connector.audit import AuditFilter
from connector.audit.actions import ACTIONS
from connector.audit.chain import ChainedEntry
from connector.server.addresses import AUDIT
from connector.server.pages.cutting import LENGTH, linked
from connector.server.refusals import not_understood
from connector.server.visit import Page, Visit
from connector.state.base import StateReader

_FIRST_LOOK = 2_000
"""Entries that are looked through first for a page; each further look goes ten times as far back."""


_Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
"""Without the one character that no database keeps."""


class Wanted(BaseModel):
    """The filters as the address has them; ``before``: a sequence, 0 for the end of the trail."""

    model_config = ConfigDict(frozen=True)

    connection: _Text = ""
    object: _Text = ""
    field: _Text = ""
    action: _Text = ""
    run: _Text = ""
    since: _Text = ""
    until: _Text = ""
    before: Annotated[int, Field(ge=0, le=2**53)] = 0

    @property
    def filtered(self) -> bool:
        """Whether anything but the place is asked for."""
        return self.model_copy(update={"before": 0}) != Wanted()

    def select(self) -> AuditFilter:
        """The filter of the trail. Raises ValueError for a time that is none."""
        return AuditFilter(
            connection=self.connection or None,
            run_id=self.run or None,
            object=self.object or None,
            field=self.field or None,
            action=self.action or None,
            since=_moment(self.since),
            until=_moment(self.until),
        )

    def older(self, sequence: int) -> str:
        """The address of the page before an entry."""
        kept = [(name, str(value)) for name, value in self if name != "before"]
        return linked(AUDIT, *kept, ("before", str(sequence) if sequence else ""))


def audit(visit: Visit, wanted: Wanted) -> Page:
    """A page of the trail."""
    try:
        select = wanted.select()
    except ValueError:
        return not_understood()
    store = visit.site.store
    end = store.audit_head().sequence
    entries, more = page_before(store, select, min(wanted.before or end + 1, end + 1))
    values = {
        "entries": list(reversed(entries)),
        "older": wanted.older(entries[0].sequence) if more else "",
        "wanted": wanted,
        "end": end,
        "actions": sorted(ACTIONS),
        "connections": visit.site.names,
        "proof": visit.whole.audit,
    }
    return Page("audit.html", "Audit trail", values)


def page_before(store: StateReader, select: AuditFilter, before: int) -> tuple[Sequence[ChainedEntry], bool]:
    """The last entries before a sequence that fit, oldest first, and whether there are older ones that do."""
    look = _FIRST_LOOK
    while True:
        after = max(before - 1 - look, 0)
        found: deque[ChainedEntry] = deque(maxlen=LENGTH + 1)
        for entry in store.audit(replace(select, after=after)):
            if entry.sequence >= before:
                break
            found.append(entry)
        if len(found) > LENGTH or after == 0:
            more = len(found) > LENGTH
            return (list(found)[1:] if more else list(found)), more
        look *= 10


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
