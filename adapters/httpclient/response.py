"""One answer of a server, whole: nothing of the HTTP library leaks out of the client."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from adapters.httpclient.redaction import redact
from connector.model.errors import Unreachable
from connector.model.grc import Json

Fold: TypeAlias = Callable[[dict[str, Json]], Json]

BODILESS = frozenset({204, 205, 304})
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Response:
    """``where`` is the method and path that were asked, for messages; ``url`` the full address that answered.
    Header names are lower-case; ``body`` is decoded from any transfer encoding; ``cookies`` are those that the answer
    sets, by name, an empty or expired one left out. ``fold`` is applied to each JSON object
    of the body, innermost first, and takes its place: a large answer need not be held as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    where: str
    url: str = ""
    fold: Fold | None = None
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    _parsed: list[Json] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_html(self) -> bool:
        """Whether this is a page for people: a login form, a maintenance notice, a proxy's error.

        A bare word is none, whatever it is declared as: MLflow calls its version number HTML.
        """
        start = self.body[:200].lstrip().lower()
        declared = "html" in self.headers.get("content-type", "").lower()
        return start.startswith((b"<!doctype html", b"<html")) or (declared and (not self.body or b"<" in self.body))

    @property
    def has_lost_body(self) -> bool:
        """Whether the answer was cut within its headers: those that would announce the body are missing."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        return not self.body and not framed and self.status not in BODILESS

    def json(self) -> Json:
        """The body as JSON, parsed once. Raises Unreachable, saying what came instead."""
        try:
            return self._parse()
        except ValueError:
            pass
        # Raised here, outside the handler: the parser's error holds the whole body, of a login the token.
        raise Unreachable(
            f"{self.where} answered {self.status} with {self.describe_body()} where JSON was expected.",
            remedy="check that url is the address of the API itself, that the server is awake, and that no login page, "
            "proxy or maintenance notice stands before it.",
        )

    def json_or_none(self) -> Json:
        """The body as JSON, None when it is not."""
        try:
            return self._parse()
        except ValueError:
            return None

    def _parse(self) -> Json:
        if not self._parsed:
            self._parsed.append(json.loads(self.body, object_hook=self.fold))
        return self._parsed[0]

    def describe_body(self) -> str:
        """What kind of body this is, in words, with its beginning."""
        if not self.body:
            return "an empty body"
        if self.is_html:
            title = _TITLE.search(self.text)
            return f"an HTML page ({redact(' '.join(title[1].split()))[:100]!r})" if title else "an HTML page"
        start = self.body.lstrip()[:1]
        kind = "incomplete JSON" if start in (b"{", b"[") else f"text ({redact(self.text)[:80]!r})"
        return f"{kind} of {len(self.body)} bytes"
