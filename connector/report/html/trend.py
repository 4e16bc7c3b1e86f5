"""Findings over past runs as a picture: stacked columns, the most severe at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.controls.inventory import SEVERITIES
from connector.report.html.texts import day, minute
from connector.report.rows import Tally

WIDTH, HEIGHT = 640, 180
_LEFT, _BOTTOM, _TOP = 44, 24, 10
_TOPS = (5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)
"""Fifths of a power of ten at which an axis may end."""
SHOWN = 60
"""Runs that the picture has room for; of more, evenly chosen ones, the last always among them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One severity's part of a column, in the picture's units."""

    severity: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of an axis."""

    x: float
    y: float
    text: str
    anchor: str = "end"


@dataclass(frozen=True, slots=True)
class Trend:
    """The picture, its words, and its numbers as rows: time, models, findings by severity, and all."""

    connection: str
    bars: tuple[Bar, ...]
    lines: tuple[Mark, ...]
    days: tuple[Mark, ...]
    words: str
    rows: tuple[tuple[str, ...], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT


def trend(connection: str, tallies: Sequence[Tally]) -> Trend | None:
    """None where fewer than two runs are known: one column tells no trend."""
    if len(tallies) < 2:
        return None
    chosen = _chosen(tallies)
    top = _round_up(max(sum(each.severities.values()) for each in chosen))
    room = HEIGHT - _BOTTOM - _TOP
    step = (WIDTH - _LEFT) / len(chosen)
    bars: list[Bar] = []
    for number, tally in enumerate(chosen):
        y = float(HEIGHT - _BOTTOM)
        for severity in SEVERITIES:
            height = room * tally.severities.get(severity, 0) / top
            y -= height
            if height:
                width = min(step * 0.7, 36)
                bars.append(Bar(severity, _LEFT + step * number + (step - width) / 2, y, width, height))
    lines = tuple(Mark(_LEFT - 8, HEIGHT - _BOTTOM - room * part, f"{top * part:,.0f}") for part in (0.0, 0.5, 1.0))
    days = (
        Mark(_LEFT, HEIGHT - 6, day(chosen[0].at), "start"),
        Mark(WIDTH, HEIGHT - 6, day(chosen[-1].at), "end"),
    )
    return Trend(connection, tuple(bars), lines, days, _words(tallies), tuple(_row(each) for each in reversed(chosen)))


def _chosen(tallies: Sequence[Tally]) -> Sequence[Tally]:
    if len(tallies) <= SHOWN:
        return tallies
    last = len(tallies) - 1
    return [tallies[round(number * last / (SHOWN - 1))] for number in range(SHOWN)]


def _round_up(number: int) -> int:
    """Where the axis ends: an even number at or above, of two digits and noughts, so that its half reads well too."""
    size = 1
    while number > size * 10:
        size *= 10
    return next(top for top in (size * part // 5 for part in _TOPS) if top >= number and top % 2 == 0)


def _words(tallies: Sequence[Tally]) -> str:
    first, last = (sum(each.severities.values()) for each in (tallies[0], tallies[-1]))
    way = "unchanged at" if first == last else f"{'up' if last > first else 'down'} from {first:,} to"
    return f"Findings are {way} {last:,} between {day(tallies[0].at)} and {day(tallies[-1].at)}."


def _row(tally: Tally) -> tuple[str, ...]:
    counts = [tally.severities.get(severity, 0) for severity in SEVERITIES]
    return (minute(tally.at), f"{tally.models:,}", *(f"{count:,}" for count in counts), f"{sum(counts):,}")
