"""Single values between the platform's texts and plain JSON: ServiceNow tells everything as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.servicenow.options import FieldKind
from adapters.servicenow.people import People
from connector.model.errors import Rejected
from connector.model.grc import Json

TIME = "%Y-%m-%d %H:%M:%S"
_WORDS = {"true": True, "1": True, "false": False, "0": False}


def raw(value: Json) -> Json:
    """The raw value of a cell, however the answer wraps it; None where it is empty."""
    found = value.get("value") if isinstance(value, dict) else value
    return None if found == "" else found


def plain(value: Json, kind: FieldKind, people: People) -> Json:
    """The value of a cell as the mapping takes it; Unreadable where it cannot be told."""
    found = raw(value)
    if found is None:
        return None
    match kind:
        case "user":
            return people.mail(found)
        case "boolean":
            return _WORDS.get(str(found).lower(), found)
        case "list":
            return [part for part in str(found).split(",") if part.strip()]
        case "datetime":
            return iso(str(found)) or found
        case "text":
            return found


def written(name: str, value: Json, kind: FieldKind, people: People) -> str:
    """What to send for a value; empty text clears the cell. Raises Rejected for a person whom the platform does not
    know.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and kind == "list":
        members = [str(member) for member in value]
        if any("," in member for member in members):
            remedy = "take the comma out, or map the field to a text column with `write_as: text`."
            raise Rejected(f"A member of {name} holds a comma, which parts members there.", remedy=remedy, field=name)
        return ",".join(members)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    if kind == "user" and text:
        return _person(name, text, people)
    return (utc(text) or text) if kind == "datetime" else text


def _person(name: str, mail: str, people: People) -> str:
    try:
        return people.sys_id(mail)
    except Rejected as error:
        failed = Rejected(f"{name}: {error.message}", remedy=error.remedy, field=name)
    raise failed


def iso(text: str) -> str | None:
    """ISO 8601 of a raw time, which is UTC; None for any other text."""
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None


def utc(text: str) -> str | None:
    """The raw form of an ISO 8601 time, to the second; None for any other text."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (time if time.tzinfo is None else time.astimezone(UTC)).strftime(TIME)


def in_zone(text: str, zone: str) -> str | None:
    """A raw time as a query of an account in ``zone`` has to say it; None for any other text."""
    try:
        time = datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return time.astimezone(ZoneInfo(zone)).strftime(TIME)
