"""Text made comparable: one Unicode form, one line end, nothing that a database refuses."""

from __future__ import annotations

import json
import math
import re
import unicodedata

from connector.model.grc import Json

_REFUSED = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """NFC, without NUL and half surrogates, which PostgreSQL and UTF-8 refuse."""
    text = storable(text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def storable(text: str) -> str:
    """The text as it stands, but for NUL and half surrogates."""
    if "\0" in text or (not text.isascii() and _REFUSED.search(text)):
        return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def alike(one: str, other: str) -> bool:
    """Whether two texts differ in their Unicode form and in the blanks around them alone."""
    return one == other or clean(one).strip() == clean(other).strip()


def paragraphs(text: str) -> str:
    """Clean text, its lines ended by a line feed alone, without trailing blanks."""
    text = clean(text)
    if "\n" not in text and "\r" not in text:
        return text.rstrip()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).rstrip()


def compact(value: Json) -> str:
    """The one JSON text of a value: sorted keys, no blanks, no ASCII escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def tidy(value: Json) -> Json:
    """A JSON value with clean text, whole floats as integers, and without empty members of objects."""
    if isinstance(value, str):
        return clean(value).strip()
    if isinstance(value, float):
        return str(value) if not math.isfinite(value) else int(value) if value.is_integer() else value
    if isinstance(value, list | tuple):
        return [tidy(one) for one in value]
    if isinstance(value, dict):
        members = {clean(str(key)).strip(): tidy(one) for key, one in value.items()}
        return {key: one for key, one in members.items() if one not in (None, "", [], {})}
    return value
