"""Dates and times from the forms that platforms use, to ISO 8601.

A time without a zone is taken for UTC. A date keeps the calendar day as written: a due date must not move by a day
because a platform tells it as local midnight. Forms that two countries read differently (04/05/2026) are refused.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_EPOCH_SECONDS, _EPOCH_MILLISECONDS, _EPOCH_MICROSECONDS = 10**8, 10**11, 10**14
_NUMBER = re.compile(r"[0-9]{9,16}", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[ -](?P<month>[A-Za-z]{3,9})[ ,-]{1,2}(?P<year>[0-9]{4})")
_MONTH_FIRST = re.compile(r"(?P<month>[A-Za-z]{3,9}) (?P<day>[0-9]{1,2}),? (?P<year>[0-9]{4})")
_MAIL_TIME = re.compile(r"(?:[A-Za-z]{3}, )?[0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9]{1,2}:[0-9]{2}.*")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def to_date(raw: object) -> str:
    """``YYYY-MM-DD``. Raises ValueError for anything that is no date beyond doubt."""
    if isinstance(raw, date):
        return (raw.date() if isinstance(raw, datetime) else raw).isoformat()
    found = _parse(raw)
    return (found.date() if isinstance(found, datetime) else found).isoformat()


def to_time(raw: object) -> str:
    """``YYYY-MM-DDTHH:MM:SS[.ffffff]Z``. Raises ValueError for anything that is no time beyond doubt."""
    found = raw if isinstance(raw, date) else _parse(raw)
    moment = found if isinstance(found, datetime) else datetime(found.year, found.month, found.day, tzinfo=UTC)
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the calendar") from error
    text = moment.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if moment.microsecond else text) + "Z"


def _parse(raw: object) -> date | datetime:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("not a date or time")  # noqa: TRY004 - one error for every value that does not parse
    if isinstance(raw, int | float):
        return _from_epoch(raw)
    text = raw.strip()
    if _NUMBER.fullmatch(text):
        return _from_epoch(int(text))
    return _from_iso(text) or _from_words(text) or _from_mail(text)


def _from_epoch(number: float) -> datetime:
    # What lies between is more likely a time written as digits, 20260417102030.
    milliseconds_end = _EPOCH_MILLISECONDS * 100
    known = _EPOCH_SECONDS <= number < milliseconds_end or _EPOCH_MICROSECONDS <= number < _EPOCH_MICROSECONDS * 100
    if not known:
        raise ValueError("not seconds, milliseconds or microseconds since 1970")
    unit = 1 if number < _EPOCH_MILLISECONDS else 1_000 if number < _EPOCH_MICROSECONDS else 1_000_000
    seconds, rest = divmod(int(number), unit)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * (1_000_000 // unit))


def _from_iso(text: str) -> date | datetime | None:
    """ISO 8601 and its relatives: a blank for the ``T``, slashes in a date that starts with its year."""
    if re.match(r"[0-9]{4}/[0-9]{1,2}/", text):
        text = text.replace("/", "-", 2)
    text = re.sub(r"^([0-9]{4})-([0-9])(?=-)", r"\1-0\2", text)
    text = re.sub(r"^([0-9]{4}-[0-9]{2})-([0-9])(?![0-9])", r"\1-0\2", text)
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(re.sub(r" (?=[-+Z])| UTC$", lambda found: "Z" if "UTC" in found[0] else "", text))
        except ValueError:
            continue
    return None


def _from_words(text: str) -> date | None:
    found = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    month = next((n for n, name in enumerate(_MONTHS, 1) if found and name.startswith(found["month"].lower())), None)
    return date(int(found["year"]), month, int(found["day"])) if found and month else None


def _from_mail(text: str) -> datetime:
    if not _MAIL_TIME.fullmatch(text):
        raise ValueError("not an ISO 8601 date or time")
    return parsedate_to_datetime(text)
