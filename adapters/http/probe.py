"""What ``check`` asks a REST API: read-only, a few short pages of each listing at most.

One cause is one finding: a server that cannot be used is told once, a listing that cannot be read is not told again
for what stands below its records, and where nothing at all is found at a server's address, that is what is wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from adapters.http.building import OWN, Plant
from adapters.http.findings import Absent, Unanswered, as_problem, guarded
from adapters.http.lookups import Lookup
from adapters.http.outline import keys_of
from adapters.http.probe_records import SAMPLE, check_records
from connector.model.errors import ConfigError, RunAborted
from connector.model.fields import Entity
from connector.model.grc import Problem


class Examination:
    """One run of ``check`` over all servers."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._down: set[str] = set()
        self._unread: set[Entity] = set()
        self._found: defaultdict[str, list[Problem]] = defaultdict(list)
        self._read: Counter[str] = Counter()

    def findings(self) -> Iterator[Problem]:
        """Every problem, by server: who we are there, its lookups, the records of each entity."""
        plant = self._plant
        for name, identity in plant.identities.items():
            self._ask(name, "credentials", identity.check, counts=identity.asks)
        for name, lookup in plant.lookups.items():
            where = f"http.lookups.{name}"
            self._ask(plant.server_of(lookup.spec), where, partial(check_lookup, lookup, where))
        # Parents first: what cannot be listed has nothing below it that could be.
        resources = plant.options.resources
        for entity in sorted(resources, key=lambda entity: resources[entity].parent is not None):
            self._records(entity)
        for name, found in self._found.items():
            yield from self._told(name, found)

    def _records(self, entity: Entity) -> None:
        resource = self._plant.options.resources[entity]
        if resource.parent and resource.parent.entity in self._unread:
            return
        where = f"http.resources.{entity}"
        probe = partial(check_records, where, self._plant.records[entity])
        found = self._ask(self._plant.server_of(resource), where, probe)
        if any(problem.fatal and problem.where in (where, f"{where}.id") for problem in found):
            self._unread.add(entity)

    def _ask(
        self, server: str, where: str, probe: Callable[[], Iterable[Problem]], *, counts: bool = True
    ) -> list[Problem]:
        """The findings of a probe, whose own failure is one at ``where``; ``counts``: it asked for a path at all."""
        found: list[Problem] = []
        if server in self._down:
            return found
        try:
            found += guarded(where, probe)
        except (RunAborted, ConfigError) as error:
            self._down.add(server)
            found.append(as_problem(_server_key(server) or "connection", error))
        self._found[server] += found
        self._read[server] += counts and not any(problem.fatal and problem.where == where for problem in found)
        return found

    def _told(self, server: str, everything: list[Problem]) -> Iterator[Problem]:
        """The findings about a server; one for all where none of its paths could be read for the same reason."""
        fatal = [problem for problem in everything if problem.fatal]
        for kind, told in ((Absent, self._absent), (Unanswered, self._unanswered)):
            if fatal and not self._read[server] and all(isinstance(problem, kind) for problem in fatal):
                yield from (problem for problem in everything if not problem.fatal)
                yield told(server, fatal)
                return
        yield from everything

    def _absent(self, server: str, alike: list[Problem]) -> Problem:
        first, where = alike[0], _server_key(server)
        url = f"{where}.url, which is {self._plant.clients[server].base_url}".lstrip(".")
        if len(alike) == 1:
            return Problem(first.where, first.what, f"{first.remedy.rstrip('.')}, or {url}: the path is added to it.")
        return Problem(
            where or "connection",
            f"none of the {len(alike)} paths of the mapping that were asked for is there, the first: {first.what}",
            f"correct {url}: the paths of the mapping are added to it. Compare the whole address with the API's "
            "documentation.",
        )

    @staticmethod
    def _unanswered(server: str, alike: list[Problem]) -> Problem:
        first = alike[0]
        if len(alike) == 1:
            return first
        what = f"none of {len(alike)} requests was answered, the first: {first.what}"
        return Problem(_server_key(server) or "connection", what, first.remedy)


def _server_key(server: str) -> str:
    return "" if server == OWN else f"http.servers.{server}"


def check_everything(plant: Plant) -> Iterator[Problem]:
    """Who we are on each server, the lookups, and the records of each entity."""
    return Examination(plant).findings()


def check_lookup(lookup: Lookup, where: str) -> Iterator[Problem]:
    """Whether a table has rows with an id and a value."""
    rows = lookup.listing.sample(SAMPLE)
    if not rows:
        yield Problem(where, "the table is empty: no value can be written by it", "correct its path.", fatal=False)
    elif not any(lookup.is_entry(row) for row in rows):
        what = f"no row has an id and a value at the paths given; the first has {keys_of(rows[0])}"
        yield Problem(where, what, "correct id and value in the mapping's http section.")
