"""Logging: text for people or JSON for machines, on stderr or to a file, one line an event, no secret in it.

Modules log with :func:`get_logger` (an event in a few words, the rest as keywords) or with plain :mod:`logging`; what
libraries log goes the same way. ``run_id`` and ``connection``, bound once by :func:`bound`, stand on every line.
structlog is imported when logging is configured, for the command's help must not wait for it.
"""

from __future__ import annotations

import contextvars
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TextIO, TypeVar

from connector.model.errors import ConfigError

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger
    from structlog.typing import Processor

P = ParamSpec("P")
T = TypeVar("T")
Redact = Callable[[str], str]
EventDict = MutableMapping[str, Any]

OURS = ("connector", "adapters")
"""Loggers that follow the level asked for; others are heard from WARNING on, unless that level is DEBUG."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TRACEBACK = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class LogFormat(StrEnum):
    """How a line looks."""

    TEXT = "text"
    JSON = "json"


def configure(
    *,
    redact: Redact,
    format: LogFormat = LogFormat.TEXT,  # noqa: A002 - the option's name
    level: str = "INFO",
    stream: TextIO | None = None,
    file: Path | None = None,
) -> None:
    """Send all logging of the process through one handler; called again, it replaces the earlier one.

    ``redact`` masks secrets in a text. ``file`` (made readable by its owner alone, opened anew when rotated) wins
    over ``stream``; stderr without either. Raises ConfigError for an unknown level or a file that cannot be written.
    """
    import structlog  # noqa: PLC0415 - slow to import

    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ConfigError(
            f"There is no log level {level!r}.", key="log.level", remedy="use DEBUG, INFO, WARNING or ERROR."
        )
    handler = _handler(stream, file, redact)
    handler.setFormatter(_formatter(format, redact, colours=file is None and _is_terminal(stream or sys.stderr)))
    _install(handler, number)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def get_logger(name: str) -> BoundLogger:
    """The logger of a module, e.g. ``get_logger(__name__).info("written", object=.., field=..)``."""
    import structlog  # noqa: PLC0415 - slow to import

    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Put ``values`` (``run_id``, ``connection``) on every line logged inside; see :func:`carrying` for threads."""
    import structlog  # noqa: PLC0415 - slow to import

    with structlog.contextvars.bound_contextvars(**values):
        yield


def carrying(function: Callable[P, T]) -> Callable[P, T]:
    """``function`` for a thread pool, with what is bound here on the lines it logs there."""
    context = contextvars.copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.copy().run(function, *args, **kwargs)

    return carried


class _Redacting(logging.Formatter):
    """Masks once more in the finished line: a secret may span what was masked piece by piece."""

    def __init__(self, inner: logging.Formatter, redact: Redact) -> None:
        super().__init__()
        self._inner, self._redact_text = inner, redact

    def format(self, record: logging.LogRecord) -> str:
        return self._redact_text(self._inner.format(record))


class _StreamHandler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line was lost; logging's own report would print its arguments, unmasked."""
        _report_lost(record)


class _FileHandler(WatchedFileHandler):
    def _open(self) -> Any:  # noqa: ANN401 - as in logging
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_WRONLY, 0o600))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """As for a stream."""
        _report_lost(record)


def _report_lost(record: logging.LogRecord) -> None:
    kind = sys.exc_info()[0]
    if sys.stderr is not None and kind not in (BrokenPipeError, None):
        sys.stderr.write(f"a log line of {record.name} was lost ({kind.__name__ if kind else ''})\n")


def _handler(stream: TextIO | None, file: Path | None, redact: Redact) -> logging.Handler:
    if file is None:
        return _StreamHandler(stream or sys.stderr)
    try:
        return _FileHandler(file, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            redact(f"The log file {file} cannot be written ({error.strerror})."),
            key="log.file",
            remedy="name a file in a directory that this user may write to.",
        ) from error


def _install(handler: logging.Handler, level: int) -> None:
    # MLflow would put handlers of its own, which mask nothing, on its loggers when it is imported.
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _StreamHandler | _FileHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level if level <= logging.DEBUG else max(level, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)


def _formatter(form: LogFormat, redact: Redact, *, colours: bool) -> logging.Formatter:
    import structlog  # noqa: PLC0415 - slow to import

    renderer: list[Processor]
    if form is LogFormat.JSON:
        renderer = [structlog.processors.JSONRenderer()]
    else:
        renderer = [_one_line, structlog.dev.ConsoleRenderer(colors=colours, sort_keys=False, pad_event_to=0)]
    inner = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # the plain traceback: no local variables
            _cleaner(redact),
            *renderer,
        ],
    )
    return _Redacting(inner, redact)


def _common() -> list[Processor]:
    import structlog  # noqa: PLC0415 - slow to import

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _cleaner(redact: Redact) -> Callable[[object, str, EventDict], EventDict]:
    """Mask before rendering: what a renderer escapes, or makes of an object, could hide a secret from ``redact``."""

    def mask(value: Any) -> Any:  # noqa: ANN401 - whatever was logged
        if isinstance(value, str):
            return redact(value)
        if isinstance(value, bytes):
            return redact(value.decode(errors="backslashreplace"))
        if isinstance(value, dict):
            return {mask(key): mask(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [mask(item) for item in value]
        return value if value is None or isinstance(value, bool | int | float) else redact(str(value))

    def clean(_: object, __: str, event: EventDict) -> EventDict:
        return {key: mask(value) for key, value in event.items()}

    return clean


def _one_line(_: object, __: str, event: EventDict) -> EventDict:
    """Escape control characters, so that no value of a model or record can forge a line or colour a terminal."""

    def escape(key: str, value: Any) -> Any:  # noqa: ANN401 - whatever was logged
        pattern = _CONTROL_IN_TRACEBACK if key in ("exception", "stack") else _CONTROL
        return pattern.sub(lambda found: repr(found[0])[1:-1], value) if isinstance(value, str) else value

    return {key: escape(key, value) for key, value in event.items()}


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ
