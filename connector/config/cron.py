"""Cron expressions, as the configuration takes them: five fields, in UTC."""

from __future__ import annotations


def checked_cron(text: str) -> str:
    """The expression itself. Raises ValueError for what is none."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - slow, and few configurations need it

    try:
        CronTrigger.from_crontab(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no cron expression: {error} Remedy: Write it as in '*/10 * * * *'.") from None
    return text
