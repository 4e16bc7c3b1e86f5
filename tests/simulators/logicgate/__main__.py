"""``python -m tests.simulators.logicgate [--build] [--port N]``: an environment with a few models."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.simulators.logicgate.schema import Permission
from tests.simulators.logicgate.seed import seed
from tests.simulators.logicgate.server import LogicGate


def main() -> int:
    """Serve until SIGINT or SIGTERM; prints where and how to sign in."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.logicgate", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default: the system chooses")
    parser.add_argument("--build", action="store_true", help="the connector's account may read the application too")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator = LogicGate(port=options.port)
    if options.build:
        simulator.permit(Permission.READ, Permission.WRITE, Permission.BUILD)
    seed(simulator)
    with simulator:
        lines = [
            f"url            {simulator.url}",
            f"client_id      {simulator.client_id}",
            f"client_secret  {simulator.client_secret}",
            f"token          {simulator.token}",
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
