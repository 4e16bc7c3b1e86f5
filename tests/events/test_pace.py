"""Events of one object become one look; full cycles are not brought forward too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.events.pace import Pace, Sparing
from connector.model.hints import Hint, PendingHint
from connector.state.times import stamp

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PACE = Pace(quiet=0.15, at_most=0.5)


def hint(first: float, last: float, name: str = "credit") -> PendingHint:
    return PendingHint(Hint.of_model(name), stamp(at(first)), stamp(at(last)))


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_one_event_waits_until_it_is_quiet():
    one = hint(0, 0)
    assert PACE.due([one], at(0.149)) == []
    assert PACE.due([one], at(0.15)) == [one]
    assert PACE.wait([one], at(0.1), 9.0) == 0.05


def test_a_burst_is_one_look_and_waits_no_longer_than_it_may():
    burst = hint(0, 0.4)
    assert PACE.due([burst], at(0.45)) == []
    assert PACE.due([burst], at(0.5)) == [burst]


def test_a_hint_from_the_future_is_not_waited_for():
    later = hint(3600, 3600)
    assert PACE.due([later], NOW) == [later]


def test_the_wait_is_that_for_the_next_and_never_too_long():
    assert PACE.wait([], NOW, 0.5) == 0.5
    assert PACE.wait([hint(0, 0), hint(0.1, 0.1)], at(0.05), 0.5) == 0.1
    assert PACE.wait([hint(-9, -9)], NOW, 0.5) == 0.0


def test_a_wish_is_fulfilled_once_and_not_too_often():
    sparing = Sparing(60)
    assert not sparing.take(NOW)
    sparing.ask()
    sparing.ask()
    assert [sparing.take(NOW), sparing.take(at(61))] == [True, False]
    sparing.ask()
    assert [sparing.take(at(59)), sparing.take(at(60)), sparing.take(at(121))] == [False, True, False]


def test_a_clock_that_was_set_back_delays_no_wish():
    sparing = Sparing(60)
    sparing.ask()
    assert sparing.take(NOW)
    sparing.ask()
    assert sparing.take(at(-3600))
