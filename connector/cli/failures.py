"""The one place that turns whatever went wrong into a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TextIO

import click

from connector.cli.words import sentence
from connector.model.errors import ConfigError, MlflowGrcError

FAILED, USAGE, PERSON, INTERRUPTED = 1, 2, 3, 130


class NotThere(click.ClickException):
    """What the command line names does not exist; the message, or the remedy, says what does."""

    exit_code = USAGE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


def exit_code_of(error: BaseException) -> int:
    """0 clean or applied, 1 failed, 2 usage or configuration, 3 a person is needed, 130 interrupted."""
    match error:
        case click.exceptions.Exit() | click.ClickException():
            return error.exit_code
        case ConfigError():
            return USAGE
        case KeyboardInterrupt() | click.Abort():
            return INTERRUPTED
    return FAILED


def tell(error: BaseException, *, debug: bool = False, stream: TextIO | None = None, about: str = "") -> int:
    """Say on standard error what went wrong (with what, in ``about``) and what helps; returns the exit code. No
    traceback unless ``debug``.
    """
    out = stream or sys.stderr
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.UsageError():
            error.show(out)
            return error.exit_code
        case BrokenPipeError():
            # Whoever read us is gone. What is still buffered must not fail again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILED
    if debug:
        out.write(_redacted("".join(traceback.format_exception(error))))
    message, remedy = _words(error)
    out.write(_redacted(f"Error: {about}{message}\n"))
    if remedy:
        out.write(_redacted(f"Remedy: {remedy}\n"))
    return exit_code_of(error)


def _words(error: BaseException) -> tuple[str, str]:
    match error:
        case ConfigError():
            remedy = error.remedy or ("Correct the file." if error.file else "")
            return str(error).removesuffix(f" Remedy: {error.remedy}"), sentence(remedy)
        case MlflowGrcError():
            return error.message, sentence(error.remedy)
        case NotThere():
            return error.message, error.remedy
        case click.ClickException():
            return error.format_message(), ""
        case KeyboardInterrupt() | click.Abort():
            return "interrupted.", ""
        case ModuleNotFoundError():
            return f"{error}.", "Install mlflow-grc with all that it needs, in a virtual environment of its own."
        case OSError() if error.strerror:
            name = f"{error.filename}: " if error.filename else ""
            return (
                f"{name}{error.strerror}.",
                "See that the directory exists, that you may write there, and that the disk has room.",
            )
    what = f"unexpected {type(error).__name__}: {error}"
    return what, "This is a defect. Run the command again with --debug and report what it prints."


def _redacted(text: str) -> str:
    try:
        from adapters.httpclient.redaction import redact  # noqa: PLC0415 - loads the HTTP client, which --help must not
    except ImportError:
        # Then no secret was read either.
        return text
    return redact(text)
