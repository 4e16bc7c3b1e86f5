"""What stories do with the instance beside the connector: people at work, what stands there, and what nobody does by
hand. All of a platform's side (``tests/scenarios/grc.py``) but the adapter, how it signs in, and its mapping.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from connector.mock.catalog import ISSUES, MODELS, VERSIONS
from tests.simulators.archer import richtext, words
from tests.simulators.archer.content import Change, Content, Kept
from tests.simulators.archer.person import ArcherPerson, Refused
from tests.simulators.archer.schema import Field, Type, Value
from tests.simulators.archer.server import ArcherSimulator

_STAMPS = ("id", "updated_at")
_KINDS = (MODELS, VERSIONS, ISSUES)
_NOBODY = 2
"""The account of the platform's own jobs."""
_FIRST_IMPORTED = 990_001


class ArcherOffice:
    """The instance as stories see it."""

    simulator: ArcherSimulator

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.simulator = ArcherSimulator(clock=clock)
        self._lists = dict(self.simulator.tenant.lists)

    @property
    def _content(self) -> Content:
        return self.simulator.content

    def as_user(self, email: str) -> ArcherPerson:
        """A person with an account; raises Refused."""
        account = self.simulator.tenant.account(email)
        if account is None:
            raise Refused(f"There is no active account {email}.")
        return ArcherPerson(self.simulator.tenant, self._content, account)

    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        """Every model, version and issue by id, without time stamps."""
        tenant = self.simulator.tenant
        with self._content.lock:
            found = [one for kind in _KINDS for one in self._content.of(tenant.level_of(kind).id)]
            told = {str(one.id): words.row(tenant, self._content, one) for one in found}
        return {number: {name: row[name] for name in row if name not in _STAMPS} for number, row in told.items()}

    def history(self) -> Iterable[Hashable]:
        """Every change that was ever stored, without its time."""
        with self._content.lock:
            return [told for change in self._content.history if (told := self._told(change)) is not None]

    def durable(self) -> Hashable:
        """Differs from the last answer whenever something changed."""
        return len(self._content.history)

    def dump(self) -> str:
        """Everything stored, as JSON."""
        tenant = self.simulator.tenant
        with self._content.lock:
            added = {
                str(number): [(one.id, one.name) for one in listed.values[len(self._lists[number].values) :]]
                for number, listed in tenant.lists.items()
            }
            return json.dumps({"content": self._content.dump(), "added": added})

    def load(self, dump: str) -> None:
        """Replace everything stored by what ``dump`` gave."""
        data = json.loads(dump)
        with self._content.lock:
            self.simulator.tenant.lists.update(self._lists)
            for number, values in data["added"].items():
                for value_id, name in values:
                    self._add_value(int(number), value_id, name)
            self._content.load(data["content"])

    def touch(self, record_id: str) -> None:
        """Move version and time stamp and change nothing."""
        self._content.touch(int(record_id), _NOBODY)

    def reid(self, record_id: str) -> str:
        """Give a record another id and return it."""
        return str(self._content.reid(int(record_id), _NOBODY))

    def import_values(self, record_id: str, **fields: Any) -> None:
        """Store values past the checks of a form; a choice that is in no list is added to it."""
        tenant = self.simulator.tenant
        with self._content.lock:
            record = self._content.get(int(record_id))
            level = tenant.level(record.level) if record is not None else None
            if record is None or level is None:
                raise Refused(f"There is no record {record_id}.")
            for name, value in fields.items():
                one = tenant.named(level.kind, name)
                if one.type is Type.VALUES and isinstance(value, str):
                    self._offer(one, value)
                kept = words.kept(tenant, self._content, level, one, value)
                self._content.change(record.id, {one.id: kept}, _NOBODY)

    def hide(self, record_id: str) -> None:
        """Leave a record out of searches, until :meth:`calm`."""
        self._content.unlisted.add(int(record_id))

    def calm(self) -> None:
        """End faults and hooks, show what was hidden, forget what was asked."""
        self._content.unlisted.clear()
        self.simulator.faults.clear()
        self.simulator.hooks.clear()
        self.simulator.requests.clear()
        self.simulator.calls.clear()

    def _offer(self, one: Field, word: str) -> None:
        assert one.values_list is not None
        listed = self.simulator.tenant.lists[one.values_list]
        if not any(word in (each.common, each.name) for each in listed.values):
            taken = [each.id for every in self.simulator.tenant.lists.values() for each in every.values]
            self._add_value(listed.id, max(_FIRST_IMPORTED - 1, *taken) + 1, word)

    def _add_value(self, list_id: int, value_id: int, name: str) -> None:
        lists = self.simulator.tenant.lists
        made = Value(value_id, name, name.replace(" ", "_"))
        lists[list_id] = replace(lists[list_id], values=(*lists[list_id].values, made))

    def _told(self, change: Change) -> Hashable | None:
        """A line of history in the mock's words; None for what is no record of the mock's kinds."""
        tenant = self.simulator.tenant
        one = tenant.field(change.field)
        account = tenant.accounts.get(change.account)
        author = account.email if account is not None else ""
        if one is None:
            if self._is_entry(change.record):
                return None
            old, new = json.dumps(change.old), json.dumps(change.new)
            return str(change.record), change.action, "", old, new, author
        level = tenant.level(one.level)
        assert level is not None
        if not level.kind:
            return None
        old, new = (json.dumps(self._value(one, kept), sort_keys=True) for kept in (change.old, change.new))
        return str(change.record), change.action, one.common or one.name, old, new, author

    def _is_entry(self, record_id: int) -> bool:
        """Whether it is an entry of a sub-form or a record of a lower level."""
        record = self._content.get(record_id)
        level = self.simulator.tenant.level(record.level) if record is not None else None
        return level is not None and not level.kind

    def _value(self, one: Field, kept: Kept) -> Any:
        level = self.simulator.tenant.level(one.level)
        assert level is not None
        if one.type is Type.SUBFORM:
            return [self._said(number) for number in kept or []]
        return words.common(self.simulator.tenant, level, one, kept) if one.common else kept

    def _said(self, number: int) -> str:
        entry = self._content.get(number)
        return "" if entry is None else " ".join(richtext.seen(str(text)) for text in entry.values.values())
