"""The connector with a clock that a file puts wrong, while it runs too: ``python -m tests.chaos.skewed FILE run``.

The file holds the seconds by which this process is ahead. What is wrong is every look at the date that the daemon takes
for a lease, an operation, an event, a page or a job; the engines below (PostgreSQL, uvicorn, asyncio) keep theirs.
"""

from __future__ import annotations

import faulthandler
import signal
import sys
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any

PLACES = (
    "adapters.httpclient.judge",
    "connector.engine.connection",
    "connector.events.routes",
    "connector.server.service",
    "connector.workers.jobs",
)
"""The modules of a daemon that ask what time it is."""


def skewed(file: Path) -> type[datetime]:
    """A ``datetime`` whose ``now`` is wrong by what the file holds at that moment."""

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=float(file.read_text() or 0))

    return Skewed


def main() -> None:
    file, *arguments = sys.argv[1:]
    wrong = skewed(Path(file))
    for place in PLACES:
        module: Any = import_module(place)
        assert module.datetime is datetime, f"{place} takes the time from elsewhere now"
        module.datetime = wrong
    sys.argv[1:] = arguments
    faulthandler.register(signal.SIGUSR1)
    import_module("connector.cli").main()


if __name__ == "__main__":
    main()
