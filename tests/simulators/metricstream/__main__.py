"""``python -m tests.simulators.metricstream [--port N]``: a tenant with a model, until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.simulators.metricstream import BASE, CONNECTOR, LOGIN, MetricStream


def main() -> int:
    """Serve until SIGINT or SIGTERM; prints where and how to sign in."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.metricstream", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default: the system chooses")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with MetricStream(port=options.port) as simulator:
        officer = simulator.mock.as_user("risk.officer@bank.example")
        model = officer.create("models", registry_name="credit", purpose="Consumer loans", tier="2 - High")
        officer.raise_issue("Documentation is missing", model=model["id"])
        lines = (f"url       {simulator.url}{BASE}", f"login     {simulator.url}{LOGIN}", f"user      {CONNECTOR}")
        sys.stdout.write("\n".join((*lines, f"password  {simulator.sessions.password}")) + "\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
