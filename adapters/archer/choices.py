"""Values of values lists: ids in content, names (or aliases, or ids) in the mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from adapters.archer.catalogue import Catalogue
from adapters.archer.layout import Mapped
from adapters.archer.metadata import Ambiguous, Definition, near, resolve
from connector.model.errors import Rejected
from connector.model.grc import Json, Unreadable


class Choices:
    """The values of every list that a mapped field has. Values are never made."""

    def __init__(self, catalogue: Catalogue, by: Literal["name", "alias", "id"]) -> None:
        self._catalogue, self._by = catalogue, by
        self._unknown: set[tuple[int, object]] = set()

    def expire(self) -> None:
        """A listing begins: those that were unknown may be there by now."""
        self._unknown.clear()

    def offered(self, mapped: Mapped) -> Sequence[tuple[str, str]]:
        """The words of the values that can be selected, each with the name that people see."""
        values = self._values(mapped).values()
        return [(self._word(value), value.name) for value in values if value.active]

    def word_of(self, mapped: Mapped, value_id: int | None) -> str | Unreadable:
        """What stands for a value in the mapping, for one that cannot be selected any more too."""
        found = None if value_id is None else self._values(mapped).get(value_id)
        if found is None and self._read_again(mapped, value_id):
            found = None if value_id is None else self._values(mapped).get(value_id)
        if found is None:
            return Unreadable(f"the values list of '{mapped.definition.name}' has no value {value_id}")
        return self._word(found)

    def id_of(self, mapped: Mapped, word: Json) -> int:
        """The one value that can be selected and that a word means. Raises Rejected."""
        wanted = str(word)
        found = self._meant(mapped, wanted)
        if found is None and self._read_again(mapped, wanted):
            found = self._meant(mapped, wanted)
        if found is None:
            active = [value for value in self._values(mapped).values() if value.active]
            raise Rejected(
                f"The values list of '{mapped.definition.name}' has no value '{wanted}' that can be selected.",
                remedy=f"correct the field's values in the mapping. {near(wanted, active)}",
                field=mapped.name,
            )
        return found.id

    def _meant(self, mapped: Mapped, wanted: str) -> Definition | None:
        values = [value for value in self._values(mapped).values() if value.active]
        exact = [value for value in values if self._word(value) == wanted]
        if len(exact) == 1:
            return exact[0]
        try:
            found = resolve(wanted, values)
        except Ambiguous as error:
            raise Rejected(
                f"'{wanted}' is more than one value of '{mapped.definition.name}' (ids {error}).",
                remedy="set values: id in the mapping's archer section, or rename one of them in Archer.",
                field=mapped.name,
            ) from None
        return found or next((value for value in values if str(value.id) == wanted), None)

    def _word(self, value: Definition) -> str:
        match self._by:
            case "name":
                return value.name
            case "alias":
                return value.alias or value.name
            case _:
                return str(value.id)

    def _values(self, mapped: Mapped) -> Mapping[int, Definition]:
        values_list = mapped.definition.values_list
        return self._catalogue.values(values_list) if values_list is not None else {}

    def _read_again(self, mapped: Mapped, what: object) -> bool:
        """Whether the list was let go of, once for each value that is unknown."""
        values_list = mapped.definition.values_list
        if values_list is None or (values_list, what) in self._unknown:
            return False
        self._unknown.add((values_list, what))
        self._catalogue.forget_values(values_list)
        return True
