"""Asks for definitions and keeps them for a while: applications, levels, fields, values, users."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from adapters.archer.envelope import Refusal, at
from adapters.archer.metadata import (
    Ambiguous,
    Definition,
    FieldDefinition,
    Level,
    definition,
    field_definition,
    near,
    resolve,
    values_of,
)
from adapters.archer.options import LevelOptions
from adapters.archer.wire import Wire
from connector.model.errors import AuthError, ConfigError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Json

T = TypeVar("T")


class Kept:
    """A table that is read when it is first needed, and again when it is old."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._lock = threading.RLock()
        self._values: dict[object, tuple[float, object]] = {}

    def get(self, key: object, read: Callable[[], T]) -> T:
        """The value of a key; one thread reads while the others wait."""
        with self._lock:
            found = self._values.get(key)
            if found is None or self._clock() - found[0] >= self._seconds:
                found = (self._clock(), read())
                self._values[key] = found
            value: T = found[1]  # type: ignore[assignment]
            return value

    def forget(self, key: object) -> None:
        """Let the value be read again."""
        with self._lock:
            self._values.pop(key, None)


class Catalogue:
    """The definitions of one instance. Raises ConfigError, with near names, for what is not there."""

    def __init__(self, wire: Wire, seconds: float) -> None:
        self._wire, self._kept = wire, Kept(seconds)

    def applications(self) -> Sequence[Definition]:
        """Every application that the account may see."""
        return self._kept.get("applications", lambda: self._definitions("core/system/application", "applications"))

    def level(self, entity: Entity, wanted: LevelOptions) -> Level:
        """The level that holds an entity's records, with its fields."""
        return self._kept.get(("level", entity), lambda: self._level(f"archer.levels.{entity}", wanted))

    def levels_of(self, application: Definition) -> Sequence[Definition]:
        """The levels of an application."""
        return self._definitions(f"core/system/level/module/{application.id}", f"levels of {application.name}")

    def fields_of(self, level_id: int) -> tuple[FieldDefinition, ...]:
        """The active fields of a level."""
        raw = self._all(f"core/system/fielddefinition/level/{level_id}", f"fields of level {level_id}")
        return tuple(field for one in raw if (field := field_definition(one)) is not None)

    def entry_fields(self, level_id: int) -> tuple[FieldDefinition, ...]:
        """The active fields of a level that is no entity's own, such as a sub-form's."""
        return self._kept.get(("fields", level_id), lambda: self.fields_of(level_id))

    def values(self, values_list: int) -> Mapping[int, Definition]:
        """The values of a values list, by id."""
        return self._kept.get(("values", values_list), lambda: self._values(values_list))

    def forget_values(self, values_list: int) -> None:
        """Let the values be read again: one was named that is not among them."""
        self._kept.forget(("values", values_list))

    def version(self) -> str | None:
        """The release of Archer, where it tells."""
        answer = self._wire.one("core/system/applicationinfo/version")
        if isinstance(answer, Refusal):
            return None
        found = at(answer, "Version") if not isinstance(answer, str) else answer
        return found if isinstance(found, str) else None

    def application(self, wanted: str, key: str) -> Definition:
        """An application by GUID, alias or name."""
        return _one(wanted, self.applications(), "application", key)

    def _level(self, key: str, wanted: LevelOptions) -> Level:
        application = self.application(wanted.application, f"{key}.application")
        levels = self.levels_of(application)
        if wanted.level is not None:
            by_id = [one for one in levels if str(one.id) == wanted.level]
            chosen = by_id[0] if by_id else _one(wanted.level, levels, f"level of {application.name}", f"{key}.level")
        elif len(levels) == 1:
            chosen = levels[0]
        else:
            raise ConfigError(
                f"The application {application.name} has {len(levels)} levels.",
                key=f"{key}.level",
                remedy=f"name the one that holds the records. {near('', levels)}",
            )
        top = levels[0].id
        above = self.fields_of(top) if chosen.id != top else ()
        return Level(application, chosen.id, chosen.name, self.fields_of(chosen.id), above)

    def _values(self, values_list: int) -> Mapping[int, Definition]:
        path = f"core/system/valueslistvalue/flat/valueslist/{values_list}"
        return values_of(self._all(path, f"values of values list {values_list}"))

    def _definitions(self, path: str, what: str) -> Sequence[Definition]:
        found = [one for raw in self._all(path, what) if (one := definition(raw)) is not None]
        return [one for one in found if one.active]

    def _all(self, path: str, what: str) -> Sequence[Json]:
        answer = self._wire.all(path)
        if not isinstance(answer, Refusal):
            return answer
        if answer.status == 403:
            raise AuthError(
                f"The account may not read the {what}: {answer.text}.",
                remedy="let its access role read the application and its definitions.",
            )
        raise Rejected(f"The {what} cannot be read: {answer.text}.", remedy="check the account's access role.")


def _one(wanted: str, among: Sequence[Definition], what: str, key: str) -> Definition:
    try:
        found = resolve(wanted, among)
    except Ambiguous as error:
        raise ConfigError(
            f"More than one {what} is called '{wanted}' (ids {error}).", key=key, remedy="name it by its GUID."
        ) from None
    if found is None:
        raise ConfigError(f"There is no {what} '{wanted}'.", key=key, remedy=near(wanted, among))
    return found
