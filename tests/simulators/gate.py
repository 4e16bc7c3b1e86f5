"""What every request to a simulator passes: it is counted, told, shown to the hooks, and spoilt by faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.mock.faults import REPLACES_ANSWER, Fault
from connector.mock.gate import Exchange, delayed, replayed, whole_body
from connector.mock.gate import Gate as MockGate
from tests.simulators.base import Call, Request

if TYPE_CHECKING:
    from tests.simulators.base import Simulator


@dataclass(frozen=True, slots=True)
class Fired:
    """The calls of one request, and the faults that fire for each, in the same order. Faults that replace an answer
    are dealt with before the application where there is one call; a batch deals with those of its calls.
    """

    calls: Sequence[Call] = ()
    faults: Sequence[Sequence[Fault]] = field(default_factory=list)

    @property
    def only(self) -> Sequence[Fault]:
        """The faults of a request with one call."""
        return self.faults[0] if self.faults else ()


class Gate(MockGate):
    """ASGI middleware around a simulator's application. What fired stands in ``request.state.fired``."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        super().__init__(app, simulator.faults, simulator.requests, (), simulator.wire)
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        simulator = self._simulator
        self.log.add(scope["method"], scope["path"])
        body = await whole_body(receive)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        request = Request(scope["method"], scope["path"], query, headers, body)
        calls = simulator.tell(request)
        for call in calls:
            for hook in list(simulator.hooks):
                await run_in_threadpool(hook, call)
        simulator.calls.extend(calls)
        fired = Fired(calls, [simulator.take(call) for call in calls])
        scope.setdefault("state", {})["fired"] = fired
        alone = fired.only if len(calls) == 1 and not simulator.deals_itself(request) else ()
        for faults in fired.faults:
            await delayed(faults)
        await self._answer(alone, Exchange(scope, replayed(body, receive), send))


def replaces(faults: Sequence[Fault]) -> Fault | None:
    """The fault, of those that fired for one call of a batch, that replaces its answer."""
    return next((fault for fault in faults if fault.kind in REPLACES_ANSWER), None)
