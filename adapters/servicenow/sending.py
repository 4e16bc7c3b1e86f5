"""Sends writes: one alone, or several in one request of the batch API. Each is sent once."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlencode

from adapters.httpclient import Again, HttpClient, Response
from adapters.servicenow.answers import LOOK_UP, examine
from adapters.servicenow.api import Row, record_of
from connector.model.errors import (
    AuthError,
    MlflowGrcError,
    OutcomeUnknown,
    Rejected,
    Retriable,
    RunAborted,
    Unreachable,
)
from connector.model.grc import Json

log = logging.getLogger("mlflow_grc.servicenow")

BATCH = "/api/now/v1/batch"
MOST_BYTES = 3_000_000
"""Of the bodies of a batch; the instance takes 5 MB of text in all."""
ROUNDS = 6
"""Times that what an instance left unserviced is sent again."""
_HEADERS = [{"name": "Content-Type", "value": "application/json"}, {"name": "Accept", "value": "application/json"}]


@dataclass(frozen=True, slots=True)
class Request:
    """A write as it goes out."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Mapping[str, str]

    def item(self, number: int) -> dict[str, Json]:
        """Its form in a batch."""
        text = json.dumps(self.body, ensure_ascii=False).encode()
        return {
            "id": str(number),
            "method": self.method,
            "url": f"{self.path}?{urlencode(self.params)}",
            "headers": _HEADERS,
            "body": base64.b64encode(text).decode(),
            "exclude_response_headers": True,
        }


Answer: TypeAlias = Row | MlflowGrcError
"""The row as the instance has it after the write, or what went wrong."""


class Sender:
    """Sends writes of one instance. Safe for threads."""

    def __init__(self, client: HttpClient, batch_size: int) -> None:
        self._client, self._batch_size = client, batch_size
        self._refused_batches = False

    def send(self, requests: Sequence[Request]) -> Sequence[Answer]:
        """One answer each, in their order. Raises RunAborted."""
        if len(requests) == 1 or self._batch_size == 1 or self._refused_batches:
            return [self._alone(request) for request in requests]
        answers: dict[int, Answer] = {}
        for part in self._parts(requests):
            answers |= self._together(part)
        return [answers[number] for number in range(len(requests))]

    def _alone(self, request: Request) -> Answer:
        try:
            response = self._client.request(
                request.method, request.path, params=request.params, json=request.body, safe=False, examine=examine
            )
            return written_row(response)
        except RunAborted:
            raise
        except MlflowGrcError as error:
            return error

    def _parts(self, requests: Sequence[Request]) -> Iterator[dict[int, Request]]:
        part: dict[int, Request] = {}
        size = 0
        for number, request in enumerate(requests):
            length = sum(4 * len(value) for value in request.body.values())
            if part and (len(part) == self._batch_size or size + length > MOST_BYTES):
                yield part
                part, size = {}, 0
            part[number] = request
            size += length
        yield part

    def _together(self, part: Mapping[int, Request]) -> dict[int, Answer]:
        answers: dict[int, Answer] = {}
        waiting = dict(part)
        for _ in range(ROUNDS):
            answers |= self._round(waiting)
            waiting = {number: part[number] for number in waiting if isinstance(answers[number], NotSent)}
            if not waiting:
                break
        return {number: answer.error if isinstance(answer, NotSent) else answer for number, answer in answers.items()}

    def _round(self, requests: Mapping[int, Request]) -> dict[int, Answer]:
        body = {"batch_request_id": "1", "rest_requests": [request.item(n) for n, request in requests.items()]}
        try:
            response = self._client.request("POST", BATCH, json=body, safe=False, examine=examine)
            return dict(_answers(response, requests))
        except RunAborted:
            raise
        except Rejected as error:
            log.warning("the batch API is refused, writes are sent one by one from here: %s", error.message)
            self._refused_batches = True
            return {number: self._alone(request) for number, request in requests.items()}
        except MlflowGrcError as error:
            return dict.fromkeys(requests, error)


class NotSent(MlflowGrcError):
    """The instance did not begin with it, so it may be sent again; ``error`` is what it comes to in the end."""

    def __init__(self, error: MlflowGrcError) -> None:
        super().__init__(error.message)
        self.error = error


def _answers(response: Response, requests: Mapping[int, Request]) -> Iterator[tuple[int, Answer]]:
    """What a batch says of each of its requests. What it does not mention may have been done."""
    data = response.json()
    data = data if isinstance(data, dict) else {}
    serviced = {str(item.get("id")): item for item in _objects(data.get("serviced_requests"))}
    left = {str(one.get("id") if isinstance(one, dict) else one) for one in data.get("unserviced_requests") or ()}
    for number, request in requests.items():
        where = f"{request.method} {request.path}"
        if str(number) in serviced:
            yield number, _answer(serviced[str(number)], where)
        elif str(number) in left:
            what = f"{where} was left unserviced by the batch, again and again."
            yield number, NotSent(Retriable(what, remedy="lower batch_size in the mapping's servicenow section."))
        else:
            what = f"{where} is not mentioned in the answer of its batch. The write may have been done."
            yield number, OutcomeUnknown(what, remedy=LOOK_UP)


def _answer(item: Mapping[str, Json], where: str) -> Answer:
    status = item.get("status_code")
    if not isinstance(status, int):
        return OutcomeUnknown(f"{where} has no status in the answer of its batch.", remedy=LOOK_UP)
    try:
        body = base64.b64decode(item.get("body") or "", validate=False)
    except ValueError:
        body = b""
    headers = {"content-length": str(len(body)), **_headers(item.get("headers"))}
    response = Response(status, headers, body, f"{where} (in a batch)")
    if status == 401:
        return NotSent(AuthError(f"{response.where} was answered 401.", remedy="check the connection's credentials."))
    found = examine(response, False)  # noqa: FBT003 - the client's protocol
    if isinstance(found, Again):
        return NotSent(found.error)
    if isinstance(found, MlflowGrcError):
        return found
    if not 200 <= status < 300:
        return OutcomeUnknown(f"{response.where} was answered {status}. The write may have been done.", remedy=LOOK_UP)
    try:
        return written_row(response)
    except MlflowGrcError as error:
        return error


def _headers(found: Json) -> dict[str, str]:
    return {str(one.get("name", "")).lower(): str(one.get("value", "")) for one in _objects(found)}


def _objects(found: Json) -> Iterable[dict[str, Json]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def written_row(response: Response) -> Row:
    """The record in the answer to a write. Raises OutcomeUnknown where there is none: it may stand nevertheless."""
    try:
        row = record_of(response)
    except Unreachable:
        row = {}
    if not row.get("sys_id"):
        raise OutcomeUnknown(
            f"{response.where} was answered {response.status} without the record.",
            remedy="it is looked up in the next run; let the account read what it writes.",
        )
    return row
