"""Dates: kept in UTC, written and shown in the zone and the locale of an account."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_DAY = {"en-US": r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})", "en-GB": r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})"}
_DAY["de-DE"] = r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"
_TIME = r"(?:\s+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<half>[AP]M)?)?"
_DAYS = {"en-US": "{0.month}/{0.day}/{0.year}", "en-GB": "{0:%d/%m/%Y}", "de-DE": "{0:%d.%m.%Y}"}
_CLOCKS = {"en-US": "{0:%I:%M:%S %p}", "en-GB": "{0:%H:%M:%S}", "de-DE": "{0:%H:%M:%S}"}
ZONE_IDS = {
    "UTC": "UTC",
    "America/New_York": "Eastern Standard Time",
    "America/Los_Angeles": "Pacific Standard Time",
    "Europe/London": "GMT Standard Time",
    "Europe/Berlin": "W. Europe Standard Time",
}
"""The platform's names of zones by those of the tz database."""
_NAMED = {name: zone for zone, name in ZONE_IDS.items()} | {"UTC Standard Time": "UTC"}


def kept(moment: datetime) -> str:
    """A time as it is kept: UTC without a zone, in milliseconds. ``2026-03-02T12:00:00.000``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def moment_of(text: str) -> datetime:
    """The time that a kept text stands for."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def naive(text: str) -> str:
    """A kept time as REST tells it: no zone, and no milliseconds where there are none."""
    return re.sub(r"\.?0+$", "", text) if "." in text else text


def converted(text: str) -> str:
    """A kept time as ``xmlConvertedValue``."""
    return f"{naive(text)}Z"


def written(text: str, zone: str, locale: str, *, timed: bool) -> str | None:
    """A written date as it is kept; None for a text that is no date in this locale. Without a time it is midnight."""
    found = re.fullmatch(_DAY[locale] + _TIME, text.strip(), re.IGNORECASE | re.ASCII)
    if found is None:
        return None
    hour, minute, second = (int(found[part] or 0) for part in ("H", "M", "S"))
    half = (found["half"] or "").upper()
    if found["H"] and locale == "en-US" and (not half or not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "PM" else 0)
    if not timed:
        hour = minute = second = 0
    try:
        moment = datetime(
            int(found["y"]), int(found["m"]), int(found["d"]), hour, minute, second, tzinfo=ZoneInfo(zone)
        )
        return kept(moment)
    except (ValueError, OverflowError):
        return None


def local(text: str, zone: str, locale: str, *, timed: bool) -> str:
    """A kept time as a page, or the text of a search, shows it."""
    moment = moment_of(text).astimezone(ZoneInfo(zone))
    day = _DAYS[locale].format(moment)
    if not timed:
        return day
    clock = _CLOCKS[locale].format(moment)
    return f"{day} {clock.removeprefix('0') if locale == 'en-US' else clock}"


def criterion(text: str, zone_id: str | None, own_zone: str) -> datetime | None:
    """The time that the value of a search condition means; None for none. One without a zone is in ``zone_id``, or in
    the account's own zone.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        named = _NAMED.get(zone_id or "", own_zone)
        moment = moment.replace(tzinfo=ZoneInfo(named))
    return moment.astimezone(UTC)
