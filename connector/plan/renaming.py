"""What is remembered of a model and of its versions goes with them when the model gets another name.

Versions with a record of their own have links, and move with those. Where the GRC has none, what was last decided of a
version stands in the state alone, under a key that holds the model's name.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import replace
from typing import TypeVar

from connector.mapping.keys import Keys
from connector.model.fields import Entity
from connector.model.operations import Move
from connector.model.state import Link, QuarantineCase, Resolution
from connector.model.views import ObjectRef, RegistryView

UNSEEN = 1000
"""Versions above the last one seen that are looked for: hashed keys cannot be read back."""

_Pairs = TypeVar("_Pairs")
_Case = TypeVar("_Case", Resolution, QuarantineCase)


def carry(
    moves: Iterable[Move],
    bases: MutableMapping[str, _Pairs],
    resolutions: MutableMapping[tuple[str, str], Resolution],
    quarantines: MutableMapping[tuple[str, str], QuarantineCase],
) -> None:
    """Bring everything of each old key under the new one, in place of what stood there."""
    for move in moves:
        if move.previous_key != move.ref.key:
            bases.pop(move.ref.key, None)
            if move.previous_key in bases:
                bases[move.ref.key] = bases.pop(move.previous_key)
            _carry_cases(move, resolutions)
            _carry_cases(move, quarantines)


def _carry_cases(move: Move, cases: MutableMapping[tuple[str, str], _Case]) -> None:
    for key, name in [each for each in cases if each[0] == move.ref.key]:
        del cases[key, name]
    for key, name in [each for each in cases if each[0] == move.previous_key]:
        cases[move.ref.key, name] = replace(cases.pop((key, name)), ref=move.ref)


def moves_of_versions(keys: Keys, previous: Link, model: RegistryView, last: int) -> list[Move]:
    """The moves of a renamed model's versions. ``previous`` is the link under the old name, ``last`` the highest number
    that was seen: MLflow counts from 1, and a scan with gaps may lack any of them.
    """
    created = previous.created_ms if previous.created_ms is not None else model.created_ms
    moves = []
    for number in map(str, range(1, last + UNSEEN + 1)):
        key = keys.version(model.ref.name, model.created_ms, number)
        ref = ObjectRef(Entity.VERSION, key, model.ref.name, number)
        moves.append(Move(keys.version(previous.ref.name, created, number), ref))
    return moves
