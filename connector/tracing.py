"""OpenTelemetry traces: a span for each cycle, step, operation and request, where an exporter was configured.

Without one, :func:`span` hands out one and the same empty context, and nothing of OpenTelemetry is imported. Spans
nest across the threads of a crew, which carry the context that they were started in. Attributes hold names, kinds and
status codes, never a value of a record, a header, a body or a query; texts are masked as in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from connector.model.fields import Side

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, SpanKind, Tracer

Redact: TypeAlias = Callable[[str], str]
Told: TypeAlias = Callable[[int | None], None]
Attribute: TypeAlias = str | int | float | bool
NOTHING: AbstractContextManager[None] = nullcontext()
"""What stands in for a span while nothing is traced."""
_FAILED_FROM = 400


class Tracing:
    """One exporter, with the provider that feeds it. It is the process's own: MLflow's provider is left alone."""

    def __init__(self, exporter: SpanExporter, redact: Redact, *, service: str, ratio: float = 1.0) -> None:
        """``ratio``: the share of cycles that are traced, each of them whole."""
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

        self.redact = redact
        sampler = ParentBased(TraceIdRatioBased(ratio))
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service}), sampler=sampler, shutdown_on_exit=False
        )
        self._provider.add_span_processor(_processor(exporter))
        self.tracer: Tracer = self._provider.get_tracer("mlflow_grc")

    def close(self) -> None:
        """Send what is left, and end."""
        self._provider.shutdown()


def _processor(exporter: SpanExporter) -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra

    return BatchSpanProcessor(exporter)


class _Current:
    """The tracing of this process."""

    tracing: Tracing | None = None


@contextmanager
def traced(tracing: Tracing | None) -> Iterator[None]:
    """Trace what happens inside the block; nothing for None."""
    before, _Current.tracing = _Current.tracing, tracing
    try:
        yield
    finally:
        _Current.tracing = before
        if tracing is not None:
            tracing.close()


def span(name: str, **attributes: Attribute) -> AbstractContextManager[object]:
    """A span around a ``with`` block; what is raised inside marks it as failed, by the error's type alone.
    ``attributes`` are put under ``mlflow_grc.``.
    """
    tracing = _Current.tracing
    if tracing is None:
        return NOTHING
    return _span(tracing, name, {f"mlflow_grc.{key}": value for key, value in attributes.items()})


@contextmanager
def _span(tracing: Tracing, name: str, attributes: dict[str, Attribute]) -> Iterator[object]:
    clean = {key: tracing.redact(value) if isinstance(value, str) else value for key, value in attributes.items()}
    with _opened(tracing, name, clean) as opened:
        yield opened


@contextmanager
def _opened(
    tracing: Tracing, name: str, attributes: Mapping[str, Attribute], kind: SpanKind | None = None
) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - an extra

    # The message of an error may quote what a server said: the log has it, masked.
    with tracing.tracer.start_as_current_span(
        name,
        kind=kind or SpanKind.INTERNAL,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(StatusCode.ERROR)
            raise


def request_spans(connection: str, side: Side) -> Callable[[str, str], AbstractContextManager[Told]]:
    """What a side's :class:`adapters.httpclient.traffic.Traffic` puts around each request."""

    def watch(method: str, address: str) -> AbstractContextManager[Told]:
        tracing = _Current.tracing
        if tracing is None:
            return _UNTOLD
        return _request(tracing, method, address, {"mlflow_grc.connection": connection, "mlflow_grc.side": str(side)})

    return watch


@contextmanager
def _request(tracing: Tracing, method: str, address: str, attributes: dict[str, Attribute]) -> Iterator[Told]:
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - an extra

    parts = urlsplit(tracing.redact(address))
    # Semantic conventions for HTTP clients; the path may name a record, as the log does, and is never the span's name.
    told: dict[str, Attribute] = {
        "http.request.method": method,
        "server.address": parts.hostname or "",
        "url.path": parts.path,
    }
    with _opened(tracing, f"HTTP {method}", attributes | told, SpanKind.CLIENT) as opened:

        def tell(status: int | None) -> None:
            if status is not None:
                opened.set_attribute("http.response.status_code", status)
            if status is None or status >= _FAILED_FROM:
                opened.set_attribute("error.type", str(status or "no answer"))
                opened.set_status(StatusCode.ERROR)

        yield tell


def _silent(status: int | None) -> None:
    del status


_UNTOLD: AbstractContextManager[Told] = nullcontext(_silent)
