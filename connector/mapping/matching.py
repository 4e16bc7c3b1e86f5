"""Which of a platform's fields a canonical field may be: the same by name or label, like it, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connector.mapping.likeness import ALSO, LIKE, likeness, same
from connector.mapping.platform import Place
from connector.model.grc import SchemaField

MOST = 3
"""Candidates that are worth showing."""


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one canonical field. ``field`` is the platform's where that is sure, ``mapped`` tells that
    the mapping in use names it; ``candidates`` are those that it may be, the most like first.
    """

    field: SchemaField | None = None
    mapped: bool = False
    candidates: tuple[SchemaField, ...] = ()


def matches(
    names: Sequence[str], offered: Sequence[SchemaField], places: Mapping[str, Place] | None = None
) -> dict[str, Match]:
    """Find each of the canonical ``names`` among the fields that the platform offers.

    ``places`` is what the mapping in use says: a field that it names and the platform has is what is meant, and its
    word is as good as the canonical one. No platform field is given twice.
    """
    places = places or {}
    known = {field.name: field for field in offered}
    found = {
        name: Match(known[places[name].read_name], mapped=True)
        for name in names
        if name in places and places[name].read_name in known
    }
    words = {name: (name, *([places[name].read_name] if name in places else [])) for name in names}
    for part in (_bare_name, _label):
        found |= _same(part, {name: words[name] for name in names if name not in found}, _left(offered, found))
    left = _left(offered, found)
    return {name: found.get(name) or Match(candidates=_candidates(name, left)) for name in names}


def _same(
    part: Callable[[SchemaField], str], words: Mapping[str, Sequence[str]], left: Sequence[SchemaField]
) -> dict[str, Match]:
    """Pairs that fit each other and nothing else."""
    fits = {
        name: [field for field in left if any(same(part(field), word) for word in called)]
        for name, called in words.items()
    }
    claims = [field.name for fields in fits.values() for field in fields]
    return {
        name: Match(fields[0])
        for name, fields in fits.items()
        if len(fields) == 1 and claims.count(fields[0].name) == 1
    }


def _bare_name(field: SchemaField) -> str:
    """The name without the path to it."""
    return field.name.rpartition(".")[2]


def _label(field: SchemaField) -> str:
    return field.label


def _left(offered: Sequence[SchemaField], found: Mapping[str, Match]) -> list[SchemaField]:
    taken = {match.field.name for match in found.values() if match.field is not None}
    return [field for field in offered if field.name not in taken]


def _candidates(name: str, left: Sequence[SchemaField]) -> tuple[SchemaField, ...]:
    scored = [(_score(name, field), field) for field in left]
    worth = sorted((pair for pair in scored if pair[0] >= LIKE), key=lambda pair: (-pair[0], pair[1].name))
    return tuple(field for _, field in worth[:MOST])


def _score(name: str, field: SchemaField) -> float:
    theirs = [text for text in (_bare_name(field), field.label) if text]
    if any(same(other, text) for other in (name, *ALSO.get(name, ())) for text in theirs):
        return 1.0
    return max((likeness(name, text) for text in theirs), default=0.0)
