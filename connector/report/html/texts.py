"""How fields, values and moments are told to people on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

from connector.model.fields import Value
from connector.report.rows import Status
from connector.state.times import parse

_ACRONYMS = {"id": "ID", "grc": "GRC", "url": "URL"}


def label(name: str) -> str:
    """A field's, status's or choice's name in words: ``approval_status`` is ``Approval status``."""
    words = [_ACRONYMS.get(word, word) for word in name.replace("-", "_").split("_") if word]
    return capital(" ".join(words))


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def day(text: Value) -> str:
    """``31 Mar 2026`` for an ISO date or time; the text itself where it is neither."""
    return _written(text, "%b %Y")


def minute(text: Value) -> str:
    """``31 Mar 2026, 08:05 UTC`` for an ISO time; the text itself where it is none."""
    return _written(text, "%b %Y, %H:%M UTC")


def second(text: Value) -> str:
    """``31 Mar 2026, 08:05:09 UTC`` for an ISO time; the text itself where it is none."""
    return _written(text, "%b %Y, %H:%M:%S UTC")


def _written(text: Value, form: str) -> str:
    """The day of the month, which no form writes without a nought before it, and the rest as ``form`` has it."""
    try:
        moment = parse(text or "")
    except ValueError:
        return text or ""
    return f"{moment.day} {moment.strftime(form)}"


def age(taken_at: Value, now: datetime) -> str:
    """How old an observation is at ``now``, in the largest unit that fits."""
    seconds = max(0, int((now - parse(taken_at)).total_seconds())) if taken_at else 0
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def counted(number: int, one: str, many: str = "") -> str:
    """``1 model``, ``3 models``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def link(url: Value) -> str:
    """The address where it is one of the web, else nothing: no other scheme may be followed from a report."""
    try:
        return url if url and urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def fragment(anchor: str) -> str:
    """The address of a model's page inside the file."""
    return "#m=" + quote(anchor, safe="", errors="replace")


ALONE = "alone"
"""Of a field that is not compared: only one side has it, and it has no status of its own."""
STANDING: Mapping[str, tuple[str, str, str]] = {
    Status.AGREE: ("good", "good", "Agrees"),
    Status.DIFFER: ("high", "warn", "Differs"),
    Status.CONFLICT: ("bad", "bad", "In conflict"),
    Status.QUARANTINED: ("bad", "bad", "Quarantined"),
    Status.ONLY_MLFLOW: ("none", "warn", "Only in MLflow"),
    Status.ONLY_GRC: ("none", "plain", "Only in the GRC"),
    Status.ORPHAN: ("bad", "bad", "Its model is gone"),
    Status.RETIRED: ("none", "plain", "Retired"),
    ALONE: ("none", "plain", "One side only"),
}
"""How each status is shown: its glyph, its tone, its words."""
