"""``python -m tests.simulators.servicenow [--tls] [--port N]``: an instance with a few models, until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from tests.simulators.servicenow.certificate import Authority
from tests.simulators.servicenow.seed import seed
from tests.simulators.servicenow.server import ServiceNow
from tests.simulators.servicenow.staff import CONNECTOR


def main() -> int:
    """Serve until SIGINT or SIGTERM; prints where and how to sign in."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.servicenow", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default: the system chooses")
    parser.add_argument("--tls", action="store_true", help="serve https with a throw-away certificate")
    parser.add_argument("--basic", action="store_true", help="take user names and passwords too")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with tempfile.TemporaryDirectory() as kept:
        authority = Authority(Path(kept)) if options.tls else None
        simulator = ServiceNow(port=options.port, tls=str(authority.server()) if authority else None)
        simulator.doors.basic = options.basic
        seed(simulator)
        with simulator:
            _announce(simulator, authority)
            ended.wait()
    return 0


def _announce(simulator: ServiceNow, authority: Authority | None) -> None:
    lines = [
        f"url            {simulator.url}",
        f"client_id      {simulator.client_id}",
        f"client_secret  {simulator.client_secret}",
        f"api key        {simulator.api_key}",
        f"user           {CONNECTOR} (the connector), admin, or anybody of the bank",
        f"password       {simulator.password}",
        *([f"ca bundle      {authority.file}"] if authority else []),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
