"""Short words for configuring a tenant: fields as rows of a table, ids given out as an instance does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from tests.simulators.archer.schema import Field, Level, Type, Value, ValuesList

Labels = Sequence[tuple[str, str]]
"""A values list as (name on the platform, the mock GRC's word)."""


def _row(kind: Type, common: str, name: str, alias: str, **more: object) -> Field:
    made = Field(0, 0, kind, name, alias or name.replace(" ", "_"), common)
    return replace(made, **more)  # type: ignore[arg-type]


def text(common: str, name: str, alias: str = "", **more: object) -> Field:
    """A text field: one line, nothing of it is markup."""
    return _row(Type.TEXT, common, name, alias, **{"max_length": 255, **more})


def area(common: str, name: str, alias: str = "", **more: object) -> Field:
    """A text area: HTML."""
    return _row(Type.TEXT, common, name, alias, rich=True, **more)


def number(common: str, name: str, alias: str = "", **more: object) -> Field:
    return _row(Type.NUMERIC, common, name, alias, **more)


def date(common: str, name: str, alias: str = "", **more: object) -> Field:
    return _row(Type.DATE, common, name, alias, **more)


def moment(common: str, name: str, alias: str = "", **more: object) -> Field:
    """A date with a time."""
    return _row(Type.DATE, common, name, alias, timed=True, **more)


def choice(common: str, name: str, values_list: ValuesList, alias: str = "", **more: object) -> Field:
    return _row(Type.VALUES, common, name, alias, values_list=values_list.id, **more)


def people(common: str, name: str, alias: str = "", **more: object) -> Field:
    return _row(Type.USERS, common, name, alias, **more)


def reference(common: str, name: str, to_level: int, alias: str = "", **more: object) -> Field:
    return _row(Type.REFERENCE, common, name, alias, to_level=to_level, **more)


def related(name: str, to_level: int, alias: str = "", **more: object) -> Field:
    """The other end of a reference field of ``to_level``."""
    return _row(Type.RELATED, "", name, alias, to_level=to_level, multiple=True, **more)


def other(kind: Type, common: str, name: str, alias: str = "", **more: object) -> Field:
    """A field of any type."""
    return _row(kind, common, name, alias, **more)


def system(title: str, prefix: str, common: str = "") -> list[Field]:
    """The fields that every level has from the platform; the tracking id is the key field."""
    return [
        _row(Type.TRACKING, common, title, "", key=True, prefix=prefix),
        _row(Type.STATUS, "", "Record Status", ""),
        _row(Type.FIRST_PUBLISHED, "", "First Published", ""),
        _row(Type.LAST_UPDATED, "", "Last Updated", ""),
    ]


class Numbers:
    """Gives out ids as an instance does: never two alike, not in the order in which one would like them."""

    def __init__(self) -> None:
        self._fields, self._values, self._lists = count(18_201, 3), count(72_401), count(4_117, 2)
        self.lists: dict[int, ValuesList] = {}

    def values_list(self, name: str, labels: Labels, alias: str = "") -> ValuesList:
        """A values list; a label of two parts parted by ``|`` has an alias that differs from its name."""
        values = []
        for at, (label, common) in enumerate(labels, 1):
            shown, _, own = label.partition("|")
            values.append(Value(next(self._values), shown, own or shown.replace(" ", "_"), common, at))
        made = ValuesList(next(self._lists), name, alias or name.replace(" ", "_"), tuple(values))
        self.lists[made.id] = made
        return made

    def add_value(self, to: ValuesList, name: str, **more: object) -> Value:
        """One more value in a list, such as one that cannot be selected."""
        made = replace(Value(next(self._values), name, name.replace(" ", "_")), **more)  # type: ignore[arg-type]
        self.lists[to.id] = replace(self.lists[to.id], values=(*self.lists[to.id].values, made))
        return made

    def level(
        self, level_id: int, module: int, name: str, fields: Sequence[Field], parent: int | None = None, kind: str = ""
    ) -> Level:
        """A level with its fields numbered."""
        numbered = tuple(replace(one, id=next(self._fields), level=level_id) for one in fields)
        return Level(level_id, module, name, name.replace(" ", "_"), numbered, parent, kind)


def joined(levels: Sequence[Level]) -> list[Level]:
    """The levels with each related-records field tied to the reference field at its other end: the first reference
    field of its ``to_level`` that points back and that no other field before it took.
    """
    taken: set[int] = set()

    def tied(level: Level, one: Field) -> Field:
        if one.type is not Type.RELATED:
            return one
        far = next(each for each in levels if each.id == one.to_level)
        opposite = next(
            each.id
            for each in far.fields
            if each.type is Type.REFERENCE and each.to_level == level.id and each.id not in taken
        )
        taken.add(opposite)
        return replace(one, opposite=opposite)

    return [replace(level, fields=tuple(tied(level, one) for one in level.fields)) for level in levels]
