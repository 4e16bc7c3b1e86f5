"""What every list of the pages can do: words in the address say what is shown, in which order, and which page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

PER_PAGE = 50
Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Column(Generic[Line]):
    """A column of a table. ``key`` gives what lines are ordered by, None where there is nothing: those stand last
    whichever way the others go. ``falling``: the first click puts the greatest on top.
    """

    name: str
    title: str
    key: Callable[[Line], Any] | None = None
    falling: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, and whether the greatest stands on top."""

    column: str
    falling: bool


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a list, with what it says about filters, order and page."""

    path: str
    words: Mapping[str, str] = field(default_factory=dict)

    def to(self, **changes: str) -> str:
        """The same address with some words changed; an empty one goes."""
        words = {name: text for name, text in {**self.words, **changes}.items() if text}
        return f"{self.path}?{urlencode(words)}" if words else self.path


@dataclass(frozen=True, slots=True)
class Cut(Generic[Line]):
    """One page of a list: its lines, and where it stands. ``first`` and ``last`` count from 1."""

    lines: Sequence[Line]
    number: int
    pages: int
    first: int
    last: int
    total: int


def cut(lines: Sequence[Line], page: str, per_page: int = PER_PAGE) -> Cut[Line]:
    """The page with this number; the nearest there is for a number that is none or too great."""
    pages = max(1, -(-len(lines) // per_page))
    wanted = int(page) if page.isascii() and page.isdigit() and len(page) < 10 else 1
    number = min(max(1, wanted), pages)
    start = (number - 1) * per_page
    shown = lines[start : start + per_page]
    return Cut(shown, number, pages, start + 1 if shown else 0, start + len(shown), len(lines))


def order_of(columns: Iterable[Column[Line]], text: str, default: Order) -> Order:
    """The order that a word such as ``tier`` or ``-tier`` asks for."""
    name = text.removeprefix("-")
    known = {column.name for column in columns if column.key}
    return Order(name, text.startswith("-")) if name in known else default


def ordered(lines: Iterable[Line], columns: Iterable[Column[Line]], order: Order) -> list[Line]:
    """The lines in that order; equal ones keep the order they have."""
    key = next(column.key for column in columns if column.name == order.column and column.key)
    keyed = [(key(line), line) for line in lines]
    there = [pair for pair in keyed if pair[0] is not None]
    there.sort(key=lambda pair: pair[0], reverse=order.falling)
    return [line for _, line in there] + [line for value, line in keyed if value is None]


def matches(text: str, *parts: str | None) -> bool:
    """Whether each word of the text occurs in one of the parts, whatever its capitals."""
    words = text.casefold().split()
    whole = "\n".join(part for part in parts if part).casefold()
    return all(word in whole for word in words)
