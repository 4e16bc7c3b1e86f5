"""Data checked against a pydantic model, with the errors told in terms of the file.

Which values may be quoted in a message, :mod:`connector.mapping.wording` knows.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from connector.mapping.complaints import Complaint, KeyPath, complain, nearest
from connector.mapping.wording import words
from connector.mapping.yamlfile import Document
from connector.model.grc import Json

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Base of everything an admin writes: unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def validate(model: type[M], document: Document, *, at: KeyPath = (), data: Json = None) -> M:
    """The part of ``document`` at ``at`` as a ``model``; ``data`` stands in for it where given.

    Raises ConfigError with every problem of that part.
    """
    found, complaints = examine(model, document, at=at, data=data)
    complain(document.file, complaints)
    assert found is not None
    return found


def examine(
    model: type[M], document: Document, *, at: KeyPath = (), data: Json = None
) -> tuple[M | None, list[Complaint]]:
    """As :func:`validate`, with the problems returned, for a file that is checked in several steps."""
    part = _part(document.data, at) if data is None else data
    try:
        return model.model_validate(part), []
    except ValidationError as error:
        details = _told_once(error.errors(include_url=False))
        return None, list(dict.fromkeys(_complaint(model, document, at, part, one) for one in details))


def _told_once(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that are too short only because items of theirs are wrong, which is told."""
    places = [detail["loc"] for detail in details]

    def holds_wrong_items(at: tuple[int | str, ...]) -> bool:
        return any(len(place) > len(at) and place[: len(at)] == at for place in places)

    return [each for each in details if each["type"] != "too_short" or not holds_wrong_items(each["loc"])]


def _part(data: Json, at: KeyPath) -> Json:
    for step in at:
        data = data[step]
    return data


def _complaint(model: type[BaseModel], document: Document, at: KeyPath, part: Json, detail: ErrorDetails) -> Complaint:
    path = (*at, *_in_file(part, detail["loc"]))
    what, remedy = _words(model, detail)
    return Complaint(line=document.line(path), path=path, what=what, remedy=remedy)


def _in_file(part: Json, location: tuple[int | str, ...]) -> KeyPath:
    """Pydantic's location without its own marks (the branch of a union, ``[key]``), which no file has."""
    path: list[str | int] = []
    for index, step in enumerate(location):
        last = index == len(location) - 1
        if _holds(part, step):
            part = part[step]
        elif not (last and isinstance(part, Mapping) and _is_name(step)):
            continue
        path.append(step)
    return tuple(path)


def _holds(part: Json, step: int | str) -> bool:
    if isinstance(part, Mapping):
        return step in part
    return isinstance(part, list) and isinstance(step, int) and step < len(part)


def _is_name(step: int | str) -> bool:
    return isinstance(step, str) and step.replace("_", "").isalnum()


def _words(model: type[BaseModel], detail: ErrorDetails) -> tuple[str, str]:
    kind, location = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        return "this key is unknown", nearest(str(location[-1]), _known(model, location[:-1]))
    if kind == "missing":
        return "this key is missing", "Add it."
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        known = detail.get("ctx", {}).get("expected_tags", "")
        return "the key `type` names no known kind", f"Use one of {known}." if known else "Add it."
    return words(detail)


def _known(model: type[BaseModel], location: tuple[int | str, ...]) -> set[str]:
    """The keys allowed at ``location``, which may run through dicts, lists and unions."""
    reached: set[type[BaseModel]] = {model}
    for step in location:
        inner = {found for one in reached for found in _models_under(one, step)}
        reached = inner or reached
    return {info.alias or name for one in reached for name, info in one.model_fields.items()}


def _models_under(model: type[BaseModel], step: int | str) -> Iterator[type[BaseModel]]:
    for name, info in model.model_fields.items():
        if step in (name, info.alias):
            yield from _models_in(info.annotation)


def _models_in(annotation: Json) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
