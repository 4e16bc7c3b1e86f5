"""Traces: which spans a cycle leaves, what they say, what they never say, and that off is off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from adapters.httpclient import HttpClient, HttpSettings, Traffic
from connector.mock import MockGrc
from connector.model.errors import MlflowGrcError
from connector.model.fields import Side
from connector.tracing import NOTHING, Tracing, request_spans, span, traced
from tests.adapters.raw_server import JSON_OK, raw_server
from tests.engine.world import World
from tests.fakes.registry import InProcessRegistry

ROOT = Path(__file__).parents[1]
SECRET = "canary-secret-value"


class Kept(InMemorySpanExporter):
    """Keeps what was exported after the end, too."""

    def named(self, name: str) -> list[ReadableSpan]:
        return [one for one in self.get_finished_spans() if one.name == name]


@pytest.fixture
def kept() -> Iterator[Kept]:
    exporter = Kept()
    with traced(Tracing(exporter, lambda text: text.replace(SECRET, "***"), service="test")):
        yield exporter


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    registry = InProcessRegistry()
    with MockGrc() as grc:
        made = World(tmp_path, grc, registry, registry.author)
        yield made
        made.close()


def flushed(kept: Kept) -> Kept:
    from connector.tracing import _Current

    assert _Current.tracing is not None
    _Current.tracing._provider.force_flush()
    return kept


def parent_of(one: ReadableSpan) -> int | None:
    return one.parent.span_id if one.parent is not None else None


def test_a_cycle_leaves_a_span_for_each_step_and_operation(world: World, kept: Kept) -> None:
    world.author.create_model("credit", tags={"purpose": "Scores.", "risk_classification": "high"})
    world.sync()
    spans = flushed(kept)
    (cycle,) = spans.named("cycle")
    assert cycle.attributes is not None
    assert set(cycle.attributes) == {"mlflow_grc.connection", "mlflow_grc.run_id"}
    steps = {name: spans.named(name) for name in ("recover", "observe", "plan", "record", "apply")}
    assert all(steps.values())
    assert {parent_of(one) for found in steps.values() for one in found} == {cycle.context.span_id}
    operations = spans.named("operation")
    assert {one.attributes["mlflow_grc.kind"] for one in operations} == {"create_record", "update_registry"}
    assert {parent_of(one) for one in operations} == {steps["apply"][0].context.span_id}
    assert len({one.context.trace_id for one in spans.get_finished_spans()}) == 1
    assert "Scores." not in " ".join(one.to_json() for one in spans.get_finished_spans())


def test_a_request_tells_where_it_went_and_how_it_ended_and_no_secret(kept: Kept) -> None:
    with raw_server(JSON_OK, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as server:
        traffic = Traffic(request_spans("bank", Side.GRC))
        http = HttpSettings(retry={"max_attempts": 1, "max_wait_seconds": 0}, headers={"X-Key": SECRET})
        client = HttpClient(server.url, http=http, traffic=traffic)
        with span("observe"):
            client.request("GET", f"/records/{SECRET}", params={"q": SECRET})
            with pytest.raises(MlflowGrcError):
                client.request("GET", "/records")
        client.close()
    first, second = flushed(kept).named("HTTP GET")
    assert first.attributes == {
        "mlflow_grc.connection": "bank",
        "mlflow_grc.side": "grc",
        "http.request.method": "GET",
        "server.address": "127.0.0.1",
        "url.path": "/records/***",
        "http.response.status_code": 200,
    }
    assert (second.status.status_code, second.attributes["error.type"]) == (StatusCode.ERROR, "500")
    assert SECRET not in "".join(one.to_json() for one in kept.get_finished_spans())
    counted = traffic.counted()
    assert (sum(counted.outcomes.values()), counted.retries) == (2, 0)


def test_what_is_raised_marks_the_span_by_its_type_alone(kept: Kept) -> None:
    with pytest.raises(ValueError), span("apply", object=f"about {SECRET}"):
        raise ValueError(SECRET)
    (one,) = flushed(kept).named("apply")
    assert (one.status.status_code, one.attributes["error.type"]) == (StatusCode.ERROR, "ValueError")
    assert one.attributes["mlflow_grc.object"] == "about ***"
    assert SECRET not in one.to_json()


def test_what_is_raised_in_a_request_marks_its_span_by_its_type_alone(kept: Kept) -> None:
    watch = request_spans("bank", Side.GRC)
    with pytest.raises(ValueError), watch("GET", "http://grc.example/x"):
        raise ValueError(SECRET)
    (one,) = flushed(kept).named("HTTP GET")
    assert (one.status.status_code, one.attributes["error.type"]) == (StatusCode.ERROR, "ValueError")
    assert SECRET not in one.to_json()


def test_off_is_one_empty_context_and_imports_nothing() -> None:
    assert span("cycle", connection="bank") is NOTHING
    assert request_spans("bank", Side.GRC)("GET", "http://x/") is request_spans("other", Side.GRC)("GET", "http://y/")
    code = "import sys, connector.tracing as t; t.span('x'); print([m for m in sys.modules if 'opentelemetry' in m])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_retries_and_waits_are_counted() -> None:
    busy = b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    with raw_server(busy, JSON_OK) as server:
        traffic = Traffic()
        http = HttpSettings(retry={"max_attempts": 2, "max_wait_seconds": 0.05})
        client = HttpClient(server.url, http=http, traffic=traffic)
        client.request("GET", "/x")
        client.close()
    counted = traffic.counted()
    assert {str(name): number for name, number in counted.outcomes.items()} == {"throttled": 1, "ok": 1}
    assert counted.retries == 1
    assert sum(counted.waits.values()) == 1
    assert 0.02 < sum(counted.waited.values()) < 5
