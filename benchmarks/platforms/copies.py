"""A synchronised registry with its GRC, many times over: other names, keys and ids, all else the same.

The engine itself makes the first of them. It finds the others, without any state, to be synchronised already; were a
copy wrong, it would write.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks.content import model_name
from connector.mapping.keys import Keys
from tests.fakes.mlflow_store import Store

Words: TypeAlias = Mapping[str, str]
"""What stands in a copy for each name, key and id of the original."""
# What stands encoded in an address ends a word.
_WORD = re.compile(r"%[0-9A-F]{2}|mlflow-[0-9a-f]{40}|[A-Za-z]+[_-]\d+|[0-9A-Za-z]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Original:
    """What is copied: ``size`` models, when each was created (epoch milliseconds) and the numbers of its versions, and
    how their keys are made.
    """

    keys: Keys
    created_ms: Mapping[str, int]
    versions: Mapping[str, list[str]]

    @classmethod
    def of(cls, store: Store, keys: Keys) -> Original:
        """What a registry holds."""
        return cls(
            keys,
            {name: row.created_ms for name, row in store.models.items()},
            {name: list(row.versions) for name, row in store.models.items()},
        )

    @property
    def size(self) -> int:
        """How many models."""
        return len(self.created_ms)

    def words(self, number: int) -> dict[str, str]:
        """Names and keys in copy ``number``, counted from 1."""
        found: dict[str, str] = {}
        for place, (name, created_ms) in enumerate(self.created_ms.items()):
            other = model_name(number * self.size + place)
            found[name] = other
            if self.keys.hashed:
                found[self.keys.model(name, created_ms)] = self.keys.model(other, created_ms)
                for version in self.versions[name]:
                    found[self.keys.version(name, created_ms, version)] = self.keys.version(other, created_ms, version)
        return found


def reworded(value: Any, words: Words) -> Any:  # noqa: ANN401 - JSON
    """``value`` (JSON) with every word replaced that has another in the copy."""

    def other(found: re.Match[str]) -> str:
        return words.get(found[0], found[0])

    return json.loads(_WORD.sub(other, json.dumps(value)))


def copied_registry(store: Store, times: int, words_of: Callable[[int], Words]) -> Store:
    """``store``, ``times`` over; ``words_of`` gives the words of a copy, counted from 1. Runs are shared."""
    many = Store(store.clock)
    many.runs = store.runs
    many.models = dict(store.models)
    for number in range(1, times):
        words = words_of(number)
        for name, row in store.models.items():
            model = copy.deepcopy(row)
            model.tags = reworded(model.tags, words)
            for version in model.versions.values():
                version.tags = reworded(version.tags, words)
            many.models[words[name]] = model
    return many
