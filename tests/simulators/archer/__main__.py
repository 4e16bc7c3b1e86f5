"""``python -m tests.simulators.archer``: an instance with a few records, until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.simulators.archer.seed import seed
from tests.simulators.archer.server import PREFIXES, ArcherSimulator
from tests.simulators.archer.tenant import bank


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> None:
    """Serve until SIGINT, SIGTERM or ``stop``."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.archer", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, lets the system choose")
    parser.add_argument("--site", default="/RSAArcher", help="the virtual directory")
    parser.add_argument("--prefix", action="append", help="a base path of REST; both known ones unless given")
    parser.add_argument("--workflow", action="store_true", help="the approval of versions follows a workflow")
    given = parser.parse_args(arguments)
    tenant = bank(workflow=given.workflow)
    ended = stop or threading.Event()
    simulator = ArcherSimulator(tenant=tenant, site=given.site, prefixes=given.prefix or PREFIXES, port=given.port)
    seed(simulator)
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
    with simulator:
        sys.stdout.write(_welcome(simulator))
        sys.stdout.flush()
        ended.wait()


def _welcome(simulator: ArcherSimulator) -> str:
    service = simulator.service
    lines = [
        "A simulated Archer instance.",
        f"  site      {simulator.site_url}",
        *(f"  REST      {simulator.site_url}/{prefix}/" for prefix in simulator.prefixes),
        f"  search    {simulator.site_url}/ws/search.asmx",
        f"  instance  {simulator.tenant.instance}",
        f"  account   {service.username}",
        f"  password  {service.password}",
        f"  token     {simulator.sessions.personal_token(service.id)}",
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
