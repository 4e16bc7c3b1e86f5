"""Where traces go, from the configuration."""

from __future__ import annotations

from connector.config.config import Config
from connector.logs import get_logger
from connector.model.errors import ConfigError
from connector.tracing import Redact, Tracing

log = get_logger(__name__)


def tracing_of(config: Config, redact: Redact) -> Tracing | None:
    """The tracing that a configuration asks for; None where it asks for none. Raises ConfigError where the extra is not
    installed or a header's secret is missing.
    """
    settings = config.settings.tracing
    if settings is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    except ImportError as error:
        what = "Traces are asked for, and the extra that sends them is not installed."
        raise ConfigError(
            what, key="tracing", remedy="pip install 'mlflow-grc[tracing]', or remove the key."
        ) from error
    headers = {name: secret.resolve().get_secret_value() for name, secret in settings.headers.items()}
    log.info("tracing", endpoint=settings.endpoint, ratio=settings.ratio)
    exporter = OTLPSpanExporter(endpoint=settings.endpoint, headers=headers)
    return Tracing(exporter, redact, service=settings.service, ratio=settings.ratio)
