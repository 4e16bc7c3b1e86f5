"""Keeps secrets out of everything that people or files get to see.

Every secret is registered when it is resolved or received; whatever the client raises or logs, and whatever the
logging layer prints, passes :func:`redact`. A secret is recognised in the forms in which it travels: as it is,
URL-encoded, escaped in JSON, and in Base64. What holds only for a while (tokens, and what stands in a file that is
renewed) is kept in bounded lists, so that a daemon that renews tokens for months does not slow down.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

MASK = "***"
SHORTEST = 4
"""Texts shorter than this are not masked: they would make every message unreadable, and protect nothing."""
MAX_PASSING = 64
MAX_OF_A_PLACE = 4
"""Of one file, its present secret and some that it held before: they may still be valid."""

_USERINFO = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")


class _Registry:
    """The known secrets and one pattern that finds them all, longest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lasting: set[str] = set()
        self._passing: OrderedDict[str, None] = OrderedDict()
        self._placed: dict[str, list[str]] = {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: str, *, passing: bool, place: str) -> None:
        with self._lock:
            held = self._placed.setdefault(place, []) if place else []
            if secret in self._lasting or secret in self._passing or secret in held:
                return
            if place:
                held.append(secret)
                del held[:-MAX_OF_A_PLACE]
            elif passing:
                self._passing[secret] = None
                if len(self._passing) > MAX_PASSING:
                    self._passing.popitem(last=False)
            else:
                self._lasting.add(secret)
            placed = (each for held in self._placed.values() for each in held)
            forms = {form for known in (*self._lasting, *self._passing, *placed) for form in _forms(known)}
            self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))

    def mask(self, text: str) -> str:
        pattern = self._pattern
        return pattern.sub(MASK, text) if pattern else text


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield base64.b64encode(raw).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")


_registry = _Registry()


def register(secret: str | SecretStr, *, passing: bool = False, place: str = "") -> None:
    """Mask ``secret`` from now on, in this process. ``passing``: a token that will be replaced by another. ``place``
    names what it was read from, of which the last few are masked.
    """
    text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    if len(text) >= SHORTEST:
        _registry.add(text, passing=passing, place=place)


def redact(text: str) -> str:
    """``text`` with every registered secret, and every ``user:password@`` of a URL, masked."""
    return _USERINFO.sub(MASK, _registry.mask(text))
