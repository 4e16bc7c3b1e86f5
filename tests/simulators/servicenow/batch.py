"""``POST /api/now/v1/batch``: several calls in one request, each with an answer of its own; none undoes another."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from connector.mock.faults import Fault, FaultKind, When
from connector.mock.spoil import replacement
from tests.simulators.base import Request
from tests.simulators.gate import replaces
from tests.simulators.servicenow import errors
from tests.simulators.servicenow.answer import Answer, told
from tests.simulators.servicenow.manners import BatchLimits

PATH = re.compile(r"/api/now(?:/v1)?/batch/?")
_ENDS_ALL = frozenset({FaultKind.CUT, FaultKind.HANG})
Serve: TypeAlias = Callable[[Request, Sequence[Fault]], Answer]
"""Carries out one item."""


class Broken(Exception):
    """The connection has to break here: the client hears nothing of what was done."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault.kind))
        self.fault = fault


@dataclass(frozen=True)
class Item:
    """One call in a batch."""

    id: str
    request: Request
    tells_headers: bool


def items(body: Any) -> list[Item]:
    """The calls in a batch; ValueError, KeyError, TypeError or AttributeError for a body that is none."""
    return [_item(one) for one in body["rest_requests"]]


def serve(body: Any, limits: BatchLimits, each: Serve, faults: Sequence[Sequence[Fault]]) -> Answer:
    """Carry out a batch, whose items' faults stand in the same order. Raises Refused, Broken."""
    try:
        listed = items(body)
        number = str(body["batch_request_id"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise errors.not_parsed() from None
    spent, served, left_out = 0, [], []
    unserviced, limits.unserviced = set(limits.unserviced), set()
    for place, item in enumerate(listed):
        cost = limits.read_milliseconds if item.request.method == "GET" else limits.write_milliseconds
        if place in unserviced or spent + cost > limits.seconds * 1000:
            left_out.append(item.id)
            continue
        spent += cost
        answer = spoilt(each, item.request, faults[place] if place < len(faults) else ())
        if len(answer.body) > limits.bytes_out:
            answer = told(500, errors.failure("Response is too large", None))
        served.append(_served(item, answer, cost))
    return told(200, {"batch_request_id": number, "serviced_requests": served, "unserviced_requests": left_out})


def spoilt(each: Serve, request: Request, fired: Sequence[Fault]) -> Answer:
    """The answer to one item, or to a request for several records, with the faults that replace an answer. Raises
    Broken where one ends the connection.
    """
    spoiler = replaces(fired)
    if spoiler is None:
        answer = each(request, fired)
        cutter = next((fault for fault in fired if fault.kind is FaultKind.CUT_JSON), None)
        if cutter is not None:
            answer.body = answer.body[: len(answer.body) // 2 if cutter.length is None else cutter.length]
        return answer
    if spoiler.when is When.AFTER:
        each(request, fired)
    if spoiler.kind in _ENDS_ALL:
        raise Broken(spoiler)
    answered = replacement(spoiler)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answered.headers]
    return Answer(answered.status, answered.body, headers)


def _item(one: Any) -> Item:
    path, _, query = str(one["url"]).partition("?")
    if not path.startswith("/"):
        path = f"/{path}"
    # The vendor's own client sends items without Accept, so an item need not say what the batch says.
    told = {str(header["name"]).lower(): str(header["value"]) for header in one.get("headers", ())}
    headers = {"accept": "application/json", **told}
    body = base64.b64decode(one.get("body") or "", validate=True)
    request = Request(str(one["method"]).upper(), path, query, headers, body)
    return Item(str(one["id"]), request, not one.get("exclude_response_headers", False))


def _served(item: Item, answer: Answer, milliseconds: int) -> dict[str, Any]:
    return {
        "id": item.id,
        "body": base64.b64encode(answer.body).decode(),
        "status_code": answer.status,
        "status_text": HTTPStatus(answer.status).phrase,
        "headers": [{"name": name, "value": value} for name, value in answer.headers] if item.tells_headers else [],
        "execution_time": milliseconds,
    }


def parsed(body: bytes) -> Any:
    """The body as JSON; raises Refused."""
    try:
        return json.loads(body)
    except ValueError:
        raise errors.not_parsed() from None
