"""The envelope in which Archer's REST API wraps what it says, and the failures that it tells with HTTP 200.

A single object comes as ``{RequestedObject, IsSuccessful, ValidationMessages}``, a collection as an array of such
envelopes, an empty collection as an array of one that failed. An error of the framework is ``{"Message": ..}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.httpclient import Response, redact
from connector.model.errors import Unreachable
from connector.model.grc import Json

NOTHING_FOUND = ("no resource found", "resourcenotfound")
_REQUIRED = re.compile(r"\bthe (?P<field>.+?) field is a required field", re.IGNORECASE)
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the server says went wrong: its messages, never empty, the code that they came with, and the messages' keys,
    which are the same in every language.
    """

    messages: tuple[str, ...]
    status: int = 200
    keys: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it in one line."""
        return redact(" ".join(self.messages))[:_LONGEST]

    @property
    def is_nothing_found(self) -> bool:
        """Whether there is no such object, or none that this account may see: Archer does not tell which."""
        texts = (*self.messages, *self.keys)
        return any(word in text.lower() for text in texts for word in NOTHING_FOUND)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of fields that are required and were not given."""
        found = (_REQUIRED.search(message) for message in self.messages)
        return tuple(match["field"].strip() for match in found if match)


def at(data: Json, name: str) -> Json:
    """The value under a key, whatever its case; None where there is none."""
    if not isinstance(data, Mapping):
        return None
    if name in data:
        return data[name]
    wanted = name.casefold()
    return next((value for key, value in data.items() if str(key).casefold() == wanted), None)


def opened(response: Response) -> Json | Refusal:
    """The requested object of a single envelope, or why there is none. Raises Unreachable for what is no envelope."""
    if (forbidden := _forbidden(response)) is not None:
        return forbidden
    data = response.json()
    if isinstance(data, list):
        data = data[0] if len(data) == 1 else None
    return _opened(data, response)


def opened_all(response: Response) -> Sequence[Json] | Refusal:
    """The requested objects of a collection: none where it is empty, a refusal where that is not why."""
    if (forbidden := _forbidden(response)) is not None:
        return forbidden
    data = response.json()
    envelopes = data if isinstance(data, list) else [data]
    found: list[Json] = []
    for envelope in envelopes:
        one = _opened(envelope, response)
        if isinstance(one, Refusal):
            if one.is_nothing_found:
                continue
            return one
        found.append(one)
    return found


def _forbidden(response: Response) -> Refusal | None:
    """A 403 that says nothing in JSON: the web server's own."""
    if response.status != 403 or response.json_or_none() is not None:
        return None
    return Refusal((f"forbidden, with {response.describe_body()}",), 403)


def _opened(envelope: Json, response: Response) -> Json | Refusal:
    successful = at(envelope, "IsSuccessful")
    if successful is True and response.status < 400:
        return at(envelope, "RequestedObject")
    if successful is False or response.status >= 400:
        return _refusal(envelope, response)
    raise Unreachable(
        f"{response.where} was answered {response.status} with something that is no answer of Archer: "
        f"{response.describe_body()}.",
        remedy="check that url is the address of Archer, and prefix in the mapping's archer section.",
    )


def _refusal(envelope: Json, response: Response) -> Refusal:
    told = at(envelope, "ValidationMessages") or ()
    messages = [text for one in told if (text := message_of(one))]
    keys = tuple(key for one in told if isinstance(key := at(one, "MessageKey"), str))
    framework = at(envelope, "Message")
    if not messages and isinstance(framework, str) and framework.strip():
        messages = [framework.strip()]
    return Refusal(tuple(messages) or (f"answered {response.status} without a reason",), response.status, keys)


def message_of(message: Json) -> str:
    """A validation message as text: the first that is not empty of its words, its description and its key."""
    texts = (at(message, name) for name in ("ResourcedMessage", "Description", "MessageKey"))
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), "")
