"""Matches registered models with GRC records by name, for a person to look at. Nothing is ever guessed. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from connector.model.fields import Entity
from connector.model.state import Link, LinkState
from connector.model.views import GrcView, RegistryView
from connector.model.workspaces import split_name

EXACT, ALIKE, BY_ID = "same name", "same but for case, spaces or punctuation", "by record id"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row of a name list: a model, and its record by id or name; without one it is looked for by the model's name."""

    model: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What became of a row. ``record_ids`` has one element when it is settled; ``reason`` says how, or why not."""

    wanted: Wanted
    model: str = ""
    record_ids: tuple[str, ...] = ()
    record_name: str = ""
    reason: str = ""

    @property
    def settled(self) -> bool:
        """Whether it names one model and one record beyond doubt."""
        return bool(self.model) and len(self.record_ids) == 1


def match_names(
    rows: Iterable[Wanted],
    models: Sequence[RegistryView],
    records: Sequence[GrcView],
    links: Mapping[str, Link],
) -> list[Match]:
    """Match each row. Only models without a living link and records without key, instance and link come into
    question; a record that two rows would get goes to neither.
    """
    matcher = _Matcher(models, records, links)
    found = [matcher.match(row) for row in rows]
    claims = Counter(match.record_ids[0] for match in found if match.settled)
    twice = Counter(match.model for match in found if match.settled)
    return [
        replace(match, model="", reason="more than one row of the list leads to this record or model")
        if match.settled and (claims[match.record_ids[0]] > 1 or twice[match.model] > 1)
        else match
        for match in found
    ]


class _Matcher:
    def __init__(self, models: Sequence[RegistryView], records: Sequence[GrcView], links: Mapping[str, Link]) -> None:
        live = [link for link in links.values() if link.state is LinkState.LIVE and link.ref.entity is Entity.MODEL]
        self._linked = {link.ref.key: link.record_id for link in live}
        taken = {link.record_id for link in live}
        self._all = {record.id: record for record in records}
        self._free = {r.id: r for r in records if r.key is None and r.instance is None and r.id not in taken}
        self._models = _Named(_called({view.ref.name: view for view in models}))
        self._records = _Named((record.name, record) for record in self._free.values())

    def match(self, row: Wanted) -> Match:
        views, _ = self._models.find(row.model)
        if not views:
            return Match(row, reason="there is no registered model of that name")
        if len(views) > 1:
            names = ", ".join(sorted(view.ref.name for view in views))
            return Match(row, reason=f"more than one registered model is called so: {names}")
        view = views[0]
        if view.ref.key in self._linked:
            return Match(row, reason=f"linked to record {self._linked[view.ref.key]} already")
        if not view.in_scope:
            return Match(row, reason="outside the scope of the registry")
        if row.record in self._all:
            return self._by_id(row, view)
        wanted = row.record or view.ref.name
        found, how = self._records.find(wanted)
        if not found and not row.record:
            wanted = split_name(view.ref.name)[1]
            found, how = self._records.find(wanted)
        if not found:
            return Match(row, reason=f"no record without a key is called '{wanted}'")
        ids = tuple(sorted(record.id for record in found))
        if len(found) > 1:
            return Match(row, record_ids=ids, reason=f"ambiguous: {len(ids)} records are called so")
        return Match(row, view.ref.name, ids, found[0].name, how)

    def _by_id(self, row: Wanted, view: RegistryView) -> Match:
        record = self._all[row.record]
        if record.id not in self._free:
            return Match(row, record_ids=(record.id,), reason="the record is tied to another object already")
        return Match(row, view.ref.name, (record.id,), record.name, BY_ID)


def _called(models: Mapping[str, RegistryView]) -> Iterator[tuple[str, RegistryView]]:
    """The models under their full names, and under those that they have in their workspaces."""
    yield from models.items()
    for name, view in models.items():
        workspace, bare = split_name(name)
        if workspace is not None:
            yield bare, view


class _Named(Generic[T]):
    """Things by their names: many are asked for among many."""

    def __init__(self, things: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, list[T]] = defaultdict(list)
        self._alike: dict[str, list[T]] = defaultdict(list)
        for name, thing in things:
            self._exact[name].append(thing)
            self._alike[_plain(name)].append(thing)

    def find(self, wanted: str) -> tuple[Sequence[T], str]:
        """The things of exactly this name; where there is none, those whose name is alike."""
        if wanted in self._exact:
            return self._exact[wanted], EXACT
        plain = _plain(wanted)
        return (self._alike.get(plain, ()) if plain else ()), ALIKE


def _plain(name: str) -> str:
    """Letters and digits alone, without case."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())
