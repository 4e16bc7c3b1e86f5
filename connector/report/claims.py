"""Which records claim a registered model, and which names and objects it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.controls.facts import FormerName
from connector.model.state import Link
from connector.report.material import Seen
from connector.report.past import Appearance


class Claims:
    """Looks up the records of registered models."""

    def __init__(self, records: Mapping[str, Seen], instance: str, record_tag: str) -> None:
        """Take the GRC's records of models by id; ``instance`` is this installation's id."""
        self._records, self._tag = records, f"tag:{record_tag}"
        self._by_key: dict[str, list[str]] = {}
        for record_id, record in records.items():
            key = record.fields.get("identity.key")
            if key is not None and record.fields.get("identity.instance") in (None, instance):
                self._by_key.setdefault(key, []).append(record_id)

    def of(self, key: str, model: Seen, link: Link | None) -> tuple[str, ...]:
        """The ids of the records that are linked to the model, or carry its key; its tag speaks where there is no
        link.
        """
        tag = model.fields.get(self._tag) if link is None else None
        named = [link.record_id if link else None, tag if tag in self._records else None]
        return tuple(sorted({*self._by_key.get(key, ()), *(each for each in named if each is not None)}))


class Lineage:
    """Looks up what registered models were before, among all that were ever seen."""

    def __init__(self, appearances: Mapping[str, Appearance], present: Iterable[str]) -> None:
        """Take the appearances by correlation key, oldest first; ``present`` are the keys of what MLflow holds now."""
        self._all, self._present = appearances, frozenset(present)
        self._named: dict[str, list[str]] = {}
        self._made: dict[str, list[str]] = {}
        for key, each in appearances.items():
            if each.name is not None and each.created is not None:
                self._named.setdefault(each.name, []).append(key)
                self._made.setdefault(each.created, []).append(key)

    def of(self, key: str) -> tuple[FormerName, ...]:
        """What the model follows: the last other object of its name, the last other name of itself. Unknown where its
        creation time was not recorded.
        """
        mine = self._all.get(key)
        if mine is None or mine.name is None or mine.created is None:
            return ()
        reused = self._before(key, mine, self._named[mine.name])
        renamed = [each for each in self._before(key, mine, self._made[mine.created]) if self._is_same(each, mine)]
        found = [(one, False) for one in reused[-1:] if one.created != mine.created]
        found += [(one, True) for one in renamed[-1:]]
        return tuple(FormerName(one.name or "", renamed, mine.at, mine.after) for one, renamed in found)

    def _before(self, key: str, mine: Appearance, keys: list[str]) -> list[Appearance]:
        others = (self._all[each] for each in keys if each != key and each not in self._present)
        return [each for each in others if each.at < mine.at]

    def _is_same(self, other: Appearance, mine: Appearance) -> bool:
        """Whether two objects made at the same time are one: two may be made in one millisecond, but one record's tag
        goes along with a rename alone.
        """
        return other.name != mine.name and other.record is not None and other.record == mine.record
