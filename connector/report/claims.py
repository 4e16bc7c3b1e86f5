"""Which records claim a registered model, and which names and objects it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.controls.facts import FormerName
from connector.model.fields import Value
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
        self._all, gone = appearances, appearances.keys() - set(present)
        self._named: dict[Value, list[Appearance]] = {}
        self._made: dict[tuple[Value, Value], list[Appearance]] = {}
        for key, each in appearances.items():
            if key in gone and each.name is not None and each.created is not None:
                self._named.setdefault(each.name, []).append(each)
                if each.record is not None:
                    # Two models may be made in one millisecond; the tag of a record goes along with a rename alone.
                    self._made.setdefault((each.created, each.record), []).append(each)

    def of(self, key: str) -> tuple[FormerName, ...]:
        """What the model follows: the last other object of its name, the last other name of itself. Unknown where its
        creation time was not recorded.
        """
        mine = self._all.get(key)
        if mine is None or mine.name is None or mine.created is None:
            return ()
        reused = [one for one in self._named.get(mine.name, ()) if one.created != mine.created and one.at < mine.at]
        itself = self._made.get((mine.created, mine.record), ())
        renamed = [one for one in itself if one.name != mine.name and one.at < mine.at]
        found = [*((one, False) for one in reused[-1:]), *((one, True) for one in renamed[-1:])]
        return tuple(FormerName(one.name or "", renamed, mine.at, mine.after) for one, renamed in found)
