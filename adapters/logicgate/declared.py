"""What the options name, against what there is: ids, steps, the field of comments; and what they may name so that
nothing has to be looked up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from adapters.logicgate.catalogue import Ambiguous, Catalogue, FieldInfo, Place, near
from adapters.logicgate.layout import Layout
from adapters.logicgate.options import WorkflowOptions
from connector.model.errors import ConfigError
from connector.model.grc import Json, Problem

_TEXTS = frozenset({"TEXT", "TEXT_AREA"})
_ORIGIN = "ORIGIN"


class Declared:
    """Of one entity. Without the build permission nothing can be compared, and nothing is said."""

    def __init__(self, layout: Layout, catalogue: Catalogue) -> None:
        self._entity, self._catalogue = layout.entity, catalogue
        self._mapped = layout.fields
        self._where = f"logicgate.workflows.{layout.entity}"

    @property
    def _chosen(self) -> WorkflowOptions:
        return self._catalogue.workflow(self._entity)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that the mapping names, and that of the comments."""
        comments = self._chosen.comments
        return tuple(dict.fromkeys((*self._mapped, *([comments.field] if comments else []))))

    def workflow(self) -> Iterator[Problem]:
        """An id that is no workflow's, or another's than the name says."""
        chosen, known = self._chosen, self._catalogue.workflows()
        if chosen.id is None or known is None:
            return
        where = f"{self._where}.id"
        found = next((one for one in known if one.id == chosen.id), None)
        named = [one for one in known if one.name == chosen.workflow]
        if found is None:
            remedy = f"the id of '{named[0].name}' is {named[0].id!r}." if len(named) == 1 else _there_are(known)
            yield Problem(where, f"LogicGate shows no workflow of the id {chosen.id!r} to the token's user", remedy)
        elif chosen.workflow not in (found.id, found.name):
            what = f"{chosen.id!r} is the id of the workflow '{found.name}', and `workflow` says '{chosen.workflow}'"
            yield Problem(where, what, "correct the one that is wrong.")

    def steps(self) -> Iterator[Problem]:
        """Steps that the workflow does not have, and one in which no record starts."""
        chosen = self._chosen
        known = self._catalogue.steps(self._catalogue.workflow_id(self._entity))
        if known is None:
            return
        if chosen.step_id is not None:
            origins = [one for one in known if one.kind == _ORIGIN]
            yield from self._step(f"{self._where}.step_id", chosen.step_id, known, origins)
        for name, step_id in (chosen.moves or {}).items():
            if step_id is not None:
                yield from self._step(f"{self._where}.moves.{name}", step_id, known, known)
                continue
            try:
                self._catalogue.step(self._entity, name)
            except ConfigError as error:
                yield Problem(f"{self._where}.moves.{name}", error.message.rstrip("."), error.remedy)

    def _step(self, where: str, step_id: str, known: Sequence[Place], right: Sequence[Place]) -> Iterator[Problem]:
        found = next((one for one in known if one.id == step_id), None)
        if found is None:
            yield Problem(where, f"the workflow has no step of the id {step_id!r}", _there_are(right))
        elif found not in right:
            what = f"'{found.name}' is no origin step ({found.kind}), and new records start in one"
            yield Problem(where, what, _there_are(right))

    def fields(self, described: Sequence[FieldInfo] | None) -> Iterator[Problem]:
        """Fields of the options that the mapping does not name, or that are of another type."""
        types = {one.id: one.type for one in described or ()}
        for name, given in self._chosen.fields.items():
            where = f"{self._where}.fields.{name}"
            if name not in self.names:
                what = f"the mapping names no field '{name}', so that this is not used"
                yield Problem(where, what, f"write it as the mapping does; {near(name, self.names)}", fatal=False)
            told = types.get(given.id or "")
            if told is not None and given.type is not None and told != given.type:
                yield Problem(
                    where, f"'{name}' is a {told} in LogicGate, and is given as {given.type}", "correct type."
                )

    def comments(self) -> Iterator[Problem]:
        """Whether comments have a field that holds text. One that is not known is told with the mapped fields."""
        comments = self._chosen.comments
        if comments is None:
            return
        info = self.found(comments.field)
        if info is not None and info.type is not None and info.type not in _TEXTS:
            what = f"'{info.name}' is a {info.type}, and comments are text"
            yield Problem(f"{self._where}.comments.field", what, "name a text area.")

    def found(self, name: str) -> FieldInfo | None:
        """A field; None where there is none, or more than one."""
        try:
            return self._catalogue.field(self._entity, name)
        except Ambiguous:
            return None

    def to_set(self, *, starts: bool) -> Iterator[Problem]:
        """The options with what was looked up by name, as one line of YAML (JSON is YAML, and keeps an id of digits a
        text); ``starts``: new records are made.
        """
        chosen = self._chosen
        whole: dict[str, Json] = chosen.model_dump(mode="json", by_alias=True, exclude_unset=True)
        before = json.dumps(whole)
        workflow_id = self._catalogue.workflow_id(self._entity)
        if workflow_id not in (chosen.id, chosen.workflow):
            whole["id"] = workflow_id
        if starts and chosen.step_id is None:
            whole["step_id"] = self._catalogue.origin_step(self._entity)
        fields = {**(whole.get("fields") or {}), **self._looked_up()}
        if fields:
            whole["fields"] = fields
        if json.dumps(whole) != before:
            what = "found by name: a token without the build permission cannot look it up"
            line = f"{self._entity}: {json.dumps(whole, ensure_ascii=False)}"
            yield Problem(
                self._where, what, f"in place of its line under logicgate.workflows put `{line}`.", fatal=False
            )

    def _looked_up(self) -> dict[str, Json]:
        given = self._chosen.fields
        found = {name: self.found(name) for name in self.names if name not in given or given[name].id is None}
        return {
            name: {"id": info.id, **({"type": info.type} if info.type else {})}
            for name, info in found.items()
            if info is not None
        }


def _there_are(places: Iterable[Place]) -> str:
    return f"there are: {', '.join(f'{one.name} ({one.id})' for one in places) or 'none'}."
