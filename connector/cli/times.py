"""Moments as people name them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import click


def moment_option(value: str) -> datetime:
    """A time in ISO 8601, in UTC where it names no zone; a date is its beginning."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        message = f"{value!r} is no time; write it as in 2026-03-01 or 2026-03-01T08:00:00Z"
        raise click.BadParameter(message) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
