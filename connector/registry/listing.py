"""Reads one search of MLflow to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from connector.model.errors import AccessDenied, AuthError, Rejected, Retriable

PAGE_LIMIT = 100_000
"""Pages after which a listing is taken for endless."""

Ask = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Sends one page's request, given its ``page_token`` (or nothing), and returns the answer."""


class Gaps(Protocol):
    """Takes what could not be read, in words."""

    def append(self, gap: str, /) -> None: ...


def pages(what: str, ask: Ask, gaps: Gaps) -> Iterator[dict[str, Any]]:
    """Yield the answers of a search; a page that fails ends it and leaves a gap.

    Only the token says that there is more: under permissions a page may be empty and not the last. Raises AuthError
    when this account may not list at all.
    """
    token: str | None = None
    for number in range(1, PAGE_LIMIT + 1):
        try:
            answer = ask({"page_token": token} if token else {})
        except AccessDenied as error:
            raise AuthError(f"This account may not list {what}: {error.message}", remedy=error.remedy) from error
        except (Retriable, Rejected) as error:
            gaps.append(f"{what}: page {number} could not be read: {error.message}")
            return
        yield answer
        previous, token = token, answer.get("next_page_token")
        if not token:
            return
        if token == previous:
            break
    gaps.append(f"{what}: the listing goes round in circles")
