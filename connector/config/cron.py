"""Cron expressions, as the configuration takes them: five fields, in UTC, as in crontab(5).

Schedulers read weekdays differently (is 0 Monday or Sunday?), and days of month and week together too (both, or
either?). So the one is spelled out for them, and the other refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FORM = re.compile(r"([0-9*,/-]+ +){3}[0-9a-z*,/-]+ +[0-9a-z*,/-]+", re.IGNORECASE)
_PART = re.compile(r"(?:(\*)|([0-7]|[a-z]{3})(?:-([0-7]|[a-z]{3}))?)(?:/([1-7]))?", re.IGNORECASE)
_REMEDY = "Remedy: Write it as in '*/10 * * * *'."


def checked_cron(text: str) -> str:
    """The expression itself. Raises ValueError for what is none, and for a day that never comes."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - slow, and few configurations need it

    try:
        trigger = CronTrigger.from_crontab(spelled_cron(text), timezone=UTC)
    except ValueError as error:
        raise ValueError(f"'{text}' is no cron expression: {error} {_REMEDY}") from None
    if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f"'{text}' never comes: no such month has that day. {_REMEDY}")
    return text


def spelled_cron(text: str) -> str:
    """The expression with its weekdays by name, one by one, so that every scheduler reads it alike. Raises
    ValueError.
    """
    if _FORM.fullmatch(text.strip()) is None:
        raise ValueError("it needs five fields of numbers and * , - /; months and weekdays may have names.")
    fields = text.split()
    if fields[4] == "*":
        return " ".join(fields)
    if fields[2] != "*":
        raise ValueError("days of the month and of the week together are read differently by each scheduler.")
    days = sorted({day for part in fields[4].split(",") for day in _days(part)})
    return " ".join([*fields[:4], ",".join(_DAYS[day] for day in days)])


def _days(part: str) -> list[int]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"'{part}' names no day of the week.")
    step = int(found[4] or 1)
    first, last = (0, 6) if found[1] else (_day(found[2]), _day(found[3] or found[2]))
    if found[3] and last < first:
        last += 7  # as fri-mon, or 5-7 with 7 for Sunday
    elif found[4] and not found[1] and not found[3]:
        last = 6
    return [day % 7 for day in range(first, last + 1, step)]


def _day(name: str) -> int:
    if name.isdecimal():
        return int(name) % 7
    try:
        return _DAYS.index(name.lower())
    except ValueError:
        raise ValueError(f"'{name}' names no day of the week.") from None
