"""When a production alias pointed at an unapproved version: each case of the two sides' changes, and a law over all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.report.timeline.exposure import Exposure, exposures
from connector.report.timeline.history import Window, at, histories
from connector.state.times import stamp
from connector.state.types import Change

START = datetime(2026, 3, 1, tzinfo=UTC)
KEY = "mlflow:x/credit@1#1"


def hour(number: float) -> str:
    return stamp(START + timedelta(hours=number))


def alias(*names: str) -> str | None:
    return '["' + '","'.join(names) + '"]' if names else None


def change(number: float, changed: dict[str, str | None], after: float | None = None, present: bool = True) -> Change:
    before = number - 1 if after is None else after
    return Change(hour(number), hour(before) if before >= 0 else None, KEY, "credit v1", changed, present)


BORN = {"identity.name": "credit", "identity.version": "1"}


def told(registry: list[Change], grc: list[Change] | None = None, until: float = 10) -> list[Exposure]:
    records = histories(grc) if grc is not None else None
    return list(exposures(histories(registry), records, hour(until)))


def test_from_the_alias_to_the_approval() -> None:
    (found,) = told(
        [change(0, BORN), change(2, {"production_aliases": alias("champion")})],
        [change(0, {"approval_status": "pending"}), change(5, {"approval_status": "approved"})],
    )
    assert (found.model, found.version, found.aliases, found.statuses) == ("credit", "1", ("champion",), ("pending",))
    assert found.began == Window(hour(1), hour(2))
    assert found.ended == Window(hour(4), hour(5))
    assert (found.at_least, found.at_most) == (timedelta(hours=2), timedelta(hours=4))


def test_from_the_withdrawal_until_now() -> None:
    (found,) = told(
        [change(0, {**BORN, "production_aliases": alias("champion")})],
        [change(0, {"approval_status": "approved"}), change(3, {"approval_status": "withdrawn"})],
    )
    assert (found.began, found.ended, found.statuses) == (Window(hour(2), hour(3)), None, ("withdrawn",))
    assert (found.at_least, found.at_most) == (timedelta(hours=7), timedelta(hours=8))


def test_nothing_while_the_approval_is_in_force() -> None:
    registry = [change(0, {**BORN, "production_aliases": alias("champion")})]
    for status in ("approved", "conditional", "provisional"):
        assert told(registry, [change(0, {"approval_status": status})]) == []
    assert told([change(0, BORN)], [change(0, {"approval_status": "pending"})]) == []


def test_an_approval_ends_after_its_last_day() -> None:
    registry = [change(0, {**BORN, "production_aliases": alias("champion")})]
    grc = [change(0, {"approval_status": "approved", "approval_expiry": "2026-03-01"})]
    assert told(registry, grc, until=24) == []
    (found,) = told(registry, grc, until=30)
    assert (found.began, found.ended, found.statuses) == (Window(hour(24), hour(24)), None, ("expired",))
    assert found.at_least == found.at_most == timedelta(hours=6)
    renewed = [*grc, change(40, {"approval_expiry": "2026-05-01"})]
    (found,) = told(registry, renewed, until=50)
    assert found.ended == Window(hour(39), hour(40))
    late = [change(40, {"approval_status": "approved", "approval_expiry": "2026-03-01"})]
    (found,) = told(registry, late, until=50)
    assert found.statuses == (None, "expired")


def test_a_version_that_the_grc_does_not_know_is_unapproved() -> None:
    claimed = {**BORN, "production_aliases": alias("champion"), "approval_status": "approved"}
    (found,) = told([change(0, claimed)], [])
    assert (found.statuses, found.began.after, found.at_most) == ((None,), None, None)
    assert str(found.began) == f"at {hour(0)} or before"


def test_a_version_was_not_in_production_before_it_was_registered() -> None:
    created = str(int((START + timedelta(hours=1, minutes=30)).timestamp() * 1000))
    (found,) = told([change(2, {**BORN, "identity.created": created, "production_aliases": alias("champion")}, -5)])
    assert found.began == Window(hour(1.5), hour(2))
    (found,) = told([change(3, {**BORN, "identity.created": created, "production_aliases": alias("champion")}, 2)])
    assert found.began == Window(hour(2), hour(3))


def test_without_records_what_mlflow_shows_counts() -> None:
    registry = [
        change(0, {**BORN, "production_aliases": alias("champion"), "approval_status": "approved"}),
        change(2, {"approval_status": "rejected"}),
        change(4, {"production_aliases": None}),
    ]
    (found,) = told(registry)
    assert (found.began, found.ended) == (Window(hour(1), hour(2)), Window(hour(3), hour(4)))


def test_a_version_that_is_gone_is_in_production_no_more() -> None:
    (found,) = told([change(0, {**BORN, "production_aliases": alias("champion")}), change(3, {}, present=False)])
    assert (found.ended, found.version) == (Window(hour(2), hour(3)), "1")


def test_several_times_and_several_aliases() -> None:
    first, second = told(
        [
            change(0, BORN),
            change(1, {"production_aliases": alias("champion")}),
            change(2, {"production_aliases": alias("champion", "eu")}),
            change(3, {"production_aliases": None}),
            change(5, {"production_aliases": alias("champion")}),
        ]
    )
    assert first.aliases == ("champion", "eu")
    assert second.aliases == ("champion",)
    assert second.ended is None


def test_alias_and_approval_between_the_same_observations() -> None:
    (found,) = told(
        [change(0, BORN), change(2, {"production_aliases": alias("champion")})],
        [change(0, {"approval_status": "pending"}), change(2, {"approval_status": "approved"})],
    )
    assert not found.certain
    assert found.statuses == ("pending",)
    assert (found.at_least, found.at_most) == (timedelta(0), timedelta(hours=1))
    (found,) = told(
        [change(0, {**BORN, "production_aliases": alias("champion")}), change(2, {"production_aliases": None})],
        [change(0, {"approval_status": "approved"}), change(2, {"approval_status": "withdrawn"})],
    )
    assert (found.certain, found.statuses) == (False, ("withdrawn",))


def test_a_span_takes_what_can_have_lasted_in_it() -> None:
    (found,) = told(
        [change(0, BORN), change(2, {"production_aliases": alias("c")}), change(5, {"production_aliases": None})]
    )
    for since, until, expected in [
        (None, None, True), (3, 4, True), (5, None, False), (4, None, True), (None, 1, False), (None, 1.5, True),
    ]:  # fmt: skip
        span = (None if since is None else hour(since), None if until is None else hour(until))
        assert found.touches(*span) is expected, (since, until)


def test_what_was_known_at_a_moment() -> None:
    states = histories([change(1, {"a": "x"}), change(3, {"a": None, "b": "y"}), change(5, {}, present=False)])[KEY]
    assert at(states, hour(0)) is None
    assert at(states, hour(2)).fields == {"a": "x"}
    assert at(states, hour(3)).fields == {"b": "y"}
    assert at(states, hour(9)).present is False


STATUSES = st.sampled_from([None, "pending", "approved", "conditional", "withdrawn"])
TIMES = st.lists(st.tuples(st.booleans(), STATUSES), min_size=1, max_size=8)


@given(truth=TIMES, minutes=st.integers(1, 4))
def test_the_bounds_hold_whatever_happened_in_between(truth: list[tuple[bool, str | None]], minutes: int) -> None:
    """Both sides change on the quarter of the hour, and are observed every so many quarters: the true time for which
    each observed exposure lasted lies within its bounds.
    """
    quarters = [START + timedelta(minutes=15 * index) for index in range(len(truth))]
    registry, grc, last = [], [], (None, None, None)
    seen: list[int] = []
    for index in range(0, len(truth), minutes):
        production, status = truth[index]
        after = stamp(quarters[seen[-1]]) if seen else None
        seen.append(index)
        shown = alias("champion") if production else None
        changed = {**({} if last[0] else BORN), "production_aliases": shown}
        if shown != last[1] or not last[0]:
            registry.append(Change(stamp(quarters[index]), after, KEY, "credit v1", changed))
        if status != last[2] or not last[0]:
            grc.append(Change(stamp(quarters[index]), after, KEY, "credit v1", {"approval_status": status}))
        last = (True, shown, status)
    found = list(exposures(histories(registry), histories(grc), stamp(quarters[seen[-1]])))
    bad = [production and status not in ("approved", "conditional") for production, status in truth]
    certain = [each for each in found if each.certain]
    for each in certain:
        # At the observation in which it began it stood so, and it did until the last one before it ended.
        first = quarters.index(datetime.fromisoformat(each.began.at))
        end = each.observed_until if each.ended is None else each.ended.at
        final = quarters.index(datetime.fromisoformat(end))
        observed = [index for index in seen if first <= index and (index < final or each.ended is None)]
        assert observed
        assert all(bad[index] for index in observed)
        assert each.at_least >= timedelta(0)
        assert each.at_most is None or each.at_most >= each.at_least
    covered = {index for index in seen if bad[index]}
    for index in covered:
        moment = stamp(quarters[index])
        assert any(each.began.at <= moment and (each.ended is None or moment < each.ended.at) for each in certain)
