"""What an admin built: applications, workflows, steps and fields, by name and by id.

Looking them up takes the build permission, which the connector's token need not have: ids of the options come first,
then what records have shown, and only then a question.
"""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from adapters.logicgate.options import FieldOptions, Options, WorkflowOptions
from adapters.logicgate.wire import Wire
from connector.model.errors import AccessDenied, ConfigError
from connector.model.fields import Entity
from connector.model.grc import Json

T = TypeVar("T")
BUILD = "looking it up takes LogicGate's build permission, which the token's user has not"


@dataclass(frozen=True, slots=True)
class Place:
    """An application, a workflow or a step; ``kind`` is a step's type or an application's."""

    id: str
    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field: what its type is (None: not known), and the texts of its options, as far as they were told."""

    id: str
    name: str
    label: str
    type: str | None
    options: tuple[str, ...] = ()
    required: bool = False


class Ambiguous(Exception):
    """Several fields have the name; ``ids`` are theirs."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__(name)
        self.ids = tuple(ids)


@dataclass
class _Seen:
    """What the records of one entity have shown."""

    fields: dict[str, FieldInfo] = field(default_factory=dict)
    origins: set[str] = field(default_factory=set)


class Catalogue:
    """Safe from several threads: what two of them look up at once is asked twice at most."""

    def __init__(self, wire: Wire, options: Options, clock: Callable[[], float] = time.monotonic) -> None:
        self._wire, self._options, self._clock = wire, options, clock
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, str], tuple[float, list[Json] | None]] = {}
        self._seen: dict[Entity, _Seen] = {entity: _Seen() for entity in options.workflows}

    def workflow(self, entity: Entity) -> WorkflowOptions:
        """The options of an entity. Raises ConfigError where it has none."""
        found = self._options.workflows.get(entity)
        if found is None:
            raise ConfigError(
                f"The mapping does not say which workflow of LogicGate holds the {entity} records.",
                key=f"logicgate.workflows.{entity}",
                remedy="declare the workflow.",
            )
        return found

    def workflow_id(self, entity: Entity) -> str:
        """The id of an entity's workflow. Raises ConfigError where it is not given and cannot be looked up."""
        chosen = self.workflow(entity)
        if chosen.id is not None:
            return chosen.id
        key = f"logicgate.workflows.{entity}.id"
        found = self.workflows()
        if found is None:
            raise ConfigError(
                f"The id of the workflow '{chosen.workflow}' is not given, and {BUILD}.",
                key=key,
                remedy="set id, which `mlflow-grc check` prints for a user who has the permission.",
            )
        return _named(chosen.workflow, found, key, "workflow").id

    def origin_step(self, entity: Entity) -> str:
        """The id of the step in which new records start. Raises ConfigError."""
        chosen, origins = self.workflow(entity), self._seen[entity].origins
        if chosen.step_id is not None:
            return chosen.step_id
        if len(origins) != 1:
            steps = self.steps(self.workflow_id(entity)) or []
            origins = {step.id for step in steps if step.kind == "ORIGIN"} or origins
        if len(origins) == 1:
            return next(iter(origins))
        why = f"it has {len(origins)} origin steps: {', '.join(sorted(origins))}" if origins else BUILD
        raise ConfigError(
            f"The step in which records of '{chosen.workflow}' start is not given, and {why}.",
            key=f"logicgate.workflows.{entity}.step_id",
            remedy="set step_id, which `mlflow-grc check` prints for a user who has the permission.",
        )

    def step(self, entity: Entity, name: str) -> str:
        """The id of a step by its name. Raises ConfigError."""
        moves = self.workflow(entity).moves or {}
        known = moves.get(name)
        if known is not None:
            return known
        key = f"logicgate.workflows.{entity}.moves"
        steps = self.steps(self.workflow_id(entity))
        if steps is None:
            raise ConfigError(f"The id of the step '{name}' is not given, and {BUILD}.", key=key, remedy="set it.")
        return _named(name, steps, key, "step").id

    def field(self, entity: Entity, name: str) -> FieldInfo | None:
        """A field by the mapping's name for it; None where nothing is known of it. Raises Ambiguous."""
        given = self.workflow(entity).fields.get(name, FieldOptions())
        found = _find(given.id or name, list(self._seen[entity].fields.values()))
        told = given.id is not None and given.type is not None
        # A label is trusted last: the field of that name may be one that no record has shown yet.
        if not told and (found is None or found.type is None or (given.id or name) not in (found.id, found.name)):
            found = _find(given.id or name, self.fields(self.workflow_id(entity)) or ()) or found
        if found is None:
            return None if given.id is None else FieldInfo(given.id, name, name, given.type)
        return found if given.type is None else replace(found, type=given.type)

    def learn(self, entity: Entity, record: Mapping[str, Json]) -> None:
        """Take note of what a record shows."""
        seen = self._seen[entity]
        for one in record.get("fields") or ():
            if isinstance(one, dict) and one.get("id") not in seen.fields:
                info = _info(one)
                seen.fields[info.id] = replace(info, options=())
        origin = record.get("originStep")
        if isinstance(origin, dict) and origin.get("type") == "ORIGIN" and isinstance(origin.get("id"), str):
            seen.origins.add(origin["id"])

    def has_shown(self, entity: Entity, field_id: str) -> bool:
        """Whether a record showed the field."""
        return field_id in self._seen[entity].fields

    def applications(self) -> list[Place] | None:
        """All applications; None without the permission."""
        return _places(self._ask("applications", ""))

    def workflows(self) -> list[Place] | None:
        """The workflows of the application, or of all; None without the permission."""
        application = ""
        if self._options.application is not None:
            known = self.applications()
            if known is None:
                return None
            application = _named(self._options.application, known, "logicgate.application", "application").id
        return _places(self._ask("workflows", application))

    def steps(self, workflow_id: str) -> list[Place] | None:
        """The steps of a workflow; None without the permission."""
        return _places(self._ask("steps", workflow_id))

    def fields(self, workflow_id: str) -> list[FieldInfo] | None:
        """The fields of a workflow; None without the permission."""
        rows = self._ask("fields", workflow_id)
        return None if rows is None else [_info(row) for row in rows]

    def _ask(self, what: str, of: str) -> list[Json] | None:
        """The rows of a description, asked for once in a while; None: the token may not see it."""
        with self._lock:
            at, rows = self._asked.get((what, of), (float("-inf"), None))
        if self._clock() - at < self._options.metadata_seconds:
            return rows
        params = {("application-id" if what == "workflows" else "workflow-id"): of} if of else {}
        try:
            rows = list(self._wire.described(what, params))
        except AccessDenied:
            rows = None
        with self._lock:
            self._asked[what, of] = self._clock(), rows
        return rows


def near(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is not there."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, 3, 0.5)
    return f"near names: {', '.join(close)}." if close else f"there are: {', '.join(names) or 'none'}."


def _named(name: str, places: Sequence[Place], key: str, what: str) -> Place:
    found = [one for one in places if one.id == name] or [one for one in places if one.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.id for one in found)
        raise ConfigError(
            f"Several of LogicGate's {what}s are called '{name}'.", key=key, remedy=f"give its id: {ids}."
        )
    remedy = near(name, (one.name for one in places))
    raise ConfigError(f"LogicGate shows no {what} '{name}' to the token's user.", key=key, remedy=remedy)


def _find(name: str, fields: Iterable[FieldInfo]) -> FieldInfo | None:
    """By id, then by name, then by label. Raises Ambiguous."""
    known = list(fields)
    keys: tuple[Callable[[FieldInfo], str], ...] = (lambda one: one.id, lambda one: one.name, lambda one: one.label)
    for key in keys:
        found = {one.id: one for one in known if key(one) == name}
        if len(found) > 1:
            raise Ambiguous(name, list(found))
        if found:
            return next(iter(found.values()))
    return None


def _places(rows: list[Json] | None) -> list[Place] | None:
    if rows is None:
        return None
    return [Place(str(row.get("id")), str(row.get("name") or ""), str(row.get("type") or "")) for row in rows]


def _info(row: Mapping[str, Json]) -> FieldInfo:
    name, kind = str(row.get("name") or ""), row.get("type")
    label = str(row.get("label") or name)
    return FieldInfo(
        str(row.get("id")), name, label, str(kind) if kind else None, _options(row), bool(row.get("required"))
    )


def _options(row: Mapping[str, Json]) -> tuple[str, ...]:
    """The texts of the options in the description of a field; where they stand is not published."""
    for place in ("options", "currentValues", "values"):
        listed = row.get(place)
        if isinstance(listed, list) and row.get("valueType") == "OPTION":
            texts = [one.get("textValue") for one in listed if isinstance(one, dict)]
            return tuple(text for text in texts if isinstance(text, str))
    return ()
