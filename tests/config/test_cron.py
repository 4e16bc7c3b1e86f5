"""Cron as in crontab(5), read alike by both schedulers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from apscheduler.triggers.cron import CronTrigger
from croniter import croniter

from connector.config.cron import checked_cron, spelled_cron

THURSDAY = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("*/10 * * * *", "*/10 * * * *"),
        ("0 6 * * 1", "0 6 * * mon"),
        ("0 6 * * 0", "0 6 * * sun"),
        ("0 6 * * 7", "0 6 * * sun"),
        ("0 6 * * 1-5", "0 6 * * mon,tue,wed,thu,fri"),
        ("0 6 * * Mon-Fri", "0 6 * * mon,tue,wed,thu,fri"),
        ("0 6 * * 5-7", "0 6 * * sun,fri,sat"),
        ("0 6 * * fri-mon", "0 6 * * sun,mon,fri,sat"),
        ("0 6 * * 0-6", "0 6 * * sun,mon,tue,wed,thu,fri,sat"),
        ("0 6 * * */2", "0 6 * * sun,tue,thu,sat"),
        ("0 6 * * 1/2", "0 6 * * mon,wed,fri"),
        ("0 6 * * 1-5/2,sun", "0 6 * * sun,mon,wed,fri"),
        ("0 8 1 1,4,7,10 *", "0 8 1 1,4,7,10 *"),
        ("5 4 * jan *", "5 4 * jan *"),
    ],
)
def test_both_schedulers_agree(text: str, spelled: str):
    assert checked_cron(text) == text
    assert spelled_cron(text) == spelled
    one, other = CronTrigger.from_crontab(spelled, timezone=UTC), croniter(spelled, THURSDAY)
    moment = THURSDAY
    for _ in range(20):
        moment = one.get_next_fire_time(moment, moment)
        expected = other.get_next(datetime)
        if moment == THURSDAY:  # one counts the start in, the other does not
            moment = one.get_next_fire_time(moment, moment)
        assert moment == expected


def test_one_is_a_monday():
    """As in crontab(5), not as APScheduler counts."""
    assert CronTrigger.from_crontab(spelled_cron("0 6 * * 1"), timezone=UTC).get_next_fire_time(None, THURSDAY) == (
        datetime(2026, 11, 30, 6, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "0 6 1 * 1",
        "0 6 last * *",
        "0 6 * * 8",
        "0 6 * * day",
        "0 6 * * 1--2",
    ],
)
def test_what_is_refused(text: str):
    with pytest.raises(ValueError, match=r"no cron expression.*Remedy"):
        checked_cron(text)


@pytest.mark.parametrize(("text", "taken"), [("0 6 30 2 *", False), ("0 6 31 4,6 *", False), ("0 6 29 2 *", True)])
def test_a_day_that_never_comes_is_refused(text: str, taken: bool):
    if taken:
        assert checked_cron(text) == text
        return
    with pytest.raises(ValueError, match=r"never comes.*Remedy"):
        checked_cron(text)
