"""The trend's picture."""

import pytest

from connector.report.html.trend import HEIGHT, SHOWN, WIDTH, trend
from connector.report.rows import Tally


def tallies(*counts: int) -> list[Tally]:
    return [
        Tally(f"2026-{1 + n // 28:02d}-{1 + n % 28:02d}T08:00:00.000Z", 9, {"low": c}) for n, c in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, "2"),
        (1, "2"),
        (2, "2"),
        (3, "4"),
        (7, "8"),
        (9, "10"),
        (11, "12"),
        (101, "120"),
        (130, "160"),
        (5019, "6,000"),
    ],
)
def test_the_axis_ends_just_above_the_most(most: int, top: str) -> None:
    marks = [mark.text for mark in trend("bank", tallies(most, 0)).lines]
    assert (marks[0], marks[-1]) == ("0", top)


def test_heights_are_in_proportion_and_inside_the_picture() -> None:
    first, second = trend("bank", tallies(10, 5)).bars
    assert first.height == pytest.approx(2 * second.height)
    assert first.y + first.height == pytest.approx(second.y + second.height)
    assert first.y >= 0
    assert second.x + second.width <= WIDTH
    assert first.y + first.height < HEIGHT


def test_of_many_runs_the_first_and_the_last_are_shown() -> None:
    shown = trend("bank", tallies(*range(300)))
    assert len(shown.rows) == SHOWN
    assert (shown.rows[0][-1], shown.rows[-1][-1]) == ("299", "0")
