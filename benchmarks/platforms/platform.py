"""What the measurements have to know of a platform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from benchmarks.platforms.copies import Original
from tests.scenarios.grc import GrcSide
from tests.scenarios.platforms import side_class

Json: TypeAlias = Any
Dump: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a cycle sent to the platform: ``paths`` counts requests by method and path, ``calls`` what they asked for
    by ``verb kind`` (a batch asks for several).
    """

    paths: Mapping[str, int]
    calls: Mapping[str, int]

    @property
    def requests(self) -> int:
        """All requests."""
        return sum(self.paths.values())

    @property
    def per_record(self) -> int:
        """Reads of single records, by id or key, and of one issue's comments. People are no records."""
        return sum(
            count
            for call, count in self.calls.items()
            if call.split()[0] in ("get", "find", "comments") and not call.endswith(" users")
        )

    def of(self, *verbs: str) -> int:
        """How often one of these was asked for."""
        return sum(count for call, count in self.calls.items() if call.split()[0] in verbs)


@dataclass(frozen=True, slots=True)
class Size:
    """How many records of each kind there are."""

    models: int
    versions: int
    issues: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a real platform answers. What no source states is an assumption, and ``source`` says so.

    ``seconds``: of a request, by what it is (``page``, ``read``, ``write``, ``other``); ``item``: of each write in a
    batch, on top. ``limit``: requests a second that the platform, or the adapter by itself, allows.
    """

    seconds: Mapping[str, float]
    source: str
    limit: float | None = None
    item: float = 0.0

    def real(self, sent: Mapping[str, int], *, items: int = 0, at_once: int = 1) -> float:
        """Seconds that requests take, by what they are, of which ``at_once`` are under way at a time; ``items``: the
        writes that stand in batches.
        """
        seconds = (sum(self.seconds[what] * count for what, count in sent.items()) + self.item * items) / at_once
        return max(seconds, sum(sent.values()) / self.limit) if self.limit else seconds


@dataclass(frozen=True, slots=True)
class Least:
    """The fewest requests that the platform's API allows for a task, and why no fewer."""

    requests: int
    why: str


@dataclass(frozen=True)
class Variant:
    """The shipped mapping with other options of the adapter."""

    name: str = ""
    options: Mapping[str, Json] = field(default_factory=dict)


class Platform(ABC):
    """One platform. ``mapping`` is the one that ships, by its name."""

    name: ClassVar[str]
    mapping: ClassVar[str]
    pace: ClassVar[Pace]
    variants: ClassVar[Sequence[Variant]] = (Variant(),)
    """Ways in which a first load is measured; the first is the one that ships."""
    at_once: ClassVar[int] = 4
    """Requests of a load that are under way at a time, as a connection's ``concurrency`` has it unless it is set."""
    ending: ClassVar[str]
    """What proves the end of a listing, and so how many pages are the least."""

    def side(self) -> type[GrcSide]:
        """The platform's side of the stories: its simulator, and how it is reached."""
        return side_class(self.name)

    def prepare(self, side: GrcSide) -> None:
        """Set the simulator up beyond what its side does."""
        del side

    @abstractmethod
    def page_size(self, options: Mapping[str, Json]) -> int:
        """Records on a page of a listing, as the mapping's options have it."""

    @abstractmethod
    def words(self, dump: Dump, original: Original, number: int) -> dict[str, str]:
        """What stands in copy ``number`` for the ids of the dump's records, and for names and keys."""

    @abstractmethod
    def multiplied(self, dump: Dump, original: Original, times: int) -> Dump:
        """The simulator's ``dump``, ``times`` over."""

    @abstractmethod
    def sent(self, asked: Asked) -> Mapping[str, int]:
        """The requests by what they are: ``page``, ``read``, ``write``, ``other``; all of them."""

    def batched(self, asked: Asked) -> int:
        """How many writes went in batches."""
        del asked
        return 0

    @abstractmethod
    def least_pages(self, count: int, page: int) -> int:
        """The fewest pages of a listing of so many records, as ``ending`` has it."""

    @abstractmethod
    def least_load(self, size: Size, options: Mapping[str, Json]) -> Least:
        """The fewest requests of a first load."""
