"""The requests that are sent: reads by the newer API, writes by the older one, and what their errors mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from adapters.base import AdapterSettings
from adapters.httpclient import AuthSettings, ErrorRule, HttpClient, HttpSettings, NotFound, Response
from adapters.httpclient.settings import RateLimit
from connector.model.errors import AccessDenied, IncompleteSnapshot, OutcomeUnknown, Retriable
from connector.model.grc import Json

T = TypeVar("T")
PER_SECOND = 5
"""Requests, unless the connection says otherwise: no limit is documented, and ten a second was seen written."""
PLACES = 100
"""Descriptions (fields, steps) a page."""
_FIELD = "value.fieldId || property"
"""Where an error names a field: by its id, or, of one that the workflow has not, with the part of the body."""
_RULES = (
    ErrorRule(status=(400, 405, 406, 413, 415, 422), action="fail", kind="validation", field=_FIELD),
    # A page for people says nothing about a record: a proxy or a login may stand before the API.
    ErrorRule(status=(404,), action="fail", kind="permission", when="starts_with(@, '<')"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing as it came: its number counts from zero."""

    rows: list[dict[str, Json]]
    number: int
    total: int
    pages: int


class Wire:
    """One environment and one token; safe from several threads."""

    def __init__(self, settings: AdapterSettings, auth: AuthSettings, http: HttpSettings) -> None:
        self.site = settings.url.rstrip("/")
        self.auth = auth
        self._client = HttpClient(
            settings.url,
            auth,
            _careful(http),
            stop=settings.stop,
            before_write=settings.before_write,
            traffic=settings.traffic,
        )

    @property
    def requests_sent(self) -> int:
        """Requests sent so far."""
        return self._client.requests_sent

    @property
    def token_seconds_left(self) -> float | None:
        """How long the token at hand still holds, as far as the server said."""
        return self._client.credential_seconds_left

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def page(self, path: str, params: Mapping[str, Json], *, listing: bool = True) -> Page:
        """One page below ``/api/v2``; ``listing``: without the permission to read it the run ends. Raises
        IncompleteSnapshot for what is no page.
        """
        answer = self._client.request("GET", f"/api/v2/{path}", params=params, listing=listing, error_rules=_RULES)
        return _page(path, answer.json())

    def described(self, path: str, params: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
        """Everything of a kind that an admin builds, each once. Raises AccessDenied without the build permission."""
        seen: set[str] = set()
        number = 0
        while True:
            page = self.page(path, {**params, "page": number, "size": PLACES}, listing=False)
            fresh = [row for row in page.rows if str(row.get("id")) not in seen]
            seen |= {str(row.get("id")) for row in fresh}
            yield from fresh
            number += 1
            if number >= page.pages or not fresh:
                return

    def record(self, record_id: str) -> dict[str, Json] | None:
        """A record; None where LogicGate says that there is none."""
        try:
            answer = self._client.request("GET", f"/api/v2/records/{_part(record_id)}", error_rules=_RULES)
        except NotFound:
            return None
        data = answer.json()
        if not isinstance(data, dict) or str(data.get("id")) != record_id:
            raise AccessDenied(
                f"{answer.where} was answered {answer.status} without the record.",
                remedy="it is read again in the next run; check that url is LogicGate's own address.",
            )
        return data

    def older_record(self, record_id: str) -> Json:
        """A record by the older API, which opens it: sent once, and announced as the write that it is."""
        answer = self.write("GET", f"records/{_part(record_id)}")
        data = answer.json_or_none()
        if not isinstance(data, dict):
            raise Retriable(
                f"{answer.where} was answered {answer.status} without the record.", remedy="try again later."
            )
        return data

    def write(self, method: str, path: str, body: Json = None, params: Mapping[str, Json] | None = None) -> Response:
        """A request below ``/api/v1`` that changes something: never repeated where it may have landed."""
        return self._client.request(
            method, f"/api/v1/{path}", json=body, params=params, safe=False, expect="any", error_rules=_RULES
        )


def new_id(answer: Response) -> str:
    """The id that the answer to a create holds, as ``id`` or ``content.id``. Raises OutcomeUnknown without one."""
    data = answer.json_or_none()
    content = data.get("content") if isinstance(data, dict) else None
    for place in (data, content):
        found = place.get("id") if isinstance(place, dict) else None
        if isinstance(found, str) and found:
            return found
    raise OutcomeUnknown(
        f"{answer.where} was answered {answer.status} without the id of the new record.",
        remedy="nothing to do: it is looked up by its key before anything is sent again.",
    )


def read_back(read: Callable[[], T]) -> T:
    """What ``read`` gives. After a write that landed, a read that fails leaves its outcome unknown."""
    try:
        return read()
    except OutcomeUnknown:
        raise
    except Retriable as error:
        failed = OutcomeUnknown(f"Written, but the read-back failed: {error.message}", remedy=error.remedy)
    raise failed


def _page(path: str, data: Json) -> Page:
    told = data.get("page") if isinstance(data, dict) else None
    rows = data.get("content") if isinstance(data, dict) else None
    numbers = [told.get(name) for name in ("number", "totalElements", "totalPages")] if isinstance(told, dict) else []
    whole = [one for one in numbers if isinstance(one, int) and not isinstance(one, bool)]
    if not isinstance(rows, list) or len(whole) < 3 or not all(isinstance(row, dict) for row in rows):
        raise IncompleteSnapshot(
            f"The list {path} was answered with no page of LogicGate's newer API.",
            remedy="check that url is the address of the environment, https://NAME.logicgate.com.",
        )
    return Page(rows, whole[0], whole[1], whole[2])


def _part(record_id: str) -> str:
    return quote(record_id, safe="")


def _careful(http: HttpSettings) -> HttpSettings:
    """One request at a time, a few in a second, unless the connection says otherwise."""
    usual: dict[str, Any] = {"rate_limit": RateLimit(requests=PER_SECOND), "max_concurrency": 1}
    return http.model_copy(update={name: value for name, value in usual.items() if name not in http.model_fields_set})
