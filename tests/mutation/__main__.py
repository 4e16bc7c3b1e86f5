"""Put every fault of the list into a copy of the code and see the tests fail: ``python -m tests.mutation``.

Options: names of mutants (all), ``--jobs N`` (one per core). Exit code 1 when one survives that is not excused.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mutation.mutant import Mutant
from tests.mutation.mutants import MUTANTS


def main() -> int:
    """Run the list and print a line for each mutant as it ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Run the hand-made mutants.")
    parser.add_argument("names", nargs="*", help="Only these.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="How many at a time.")
    chosen = parser.parse_args()
    wanted = [each for each in MUTANTS if not chosen.names or each.name in chosen.names]
    started = time.monotonic()
    with ThreadPoolExecutor(chosen.jobs) as pool:
        survivors = [name for name in pool.map(_tried, wanted) if name is not None]
    print(f"{len(survivors)} of {len(wanted)} survived without an excuse, in {time.monotonic() - started:.0f} s")  # noqa: T201 - a command
    return 1 if survivors else 0


def _tried(mutant: Mutant) -> str | None:
    tests = mutant.killed_by()
    fate = "killed" if tests else "excused" if mutant.excuse else "SURVIVED"
    print(f"{fate:9} {mutant.name}  ({tests or mutant.excuse or mutant.file})", flush=True)  # noqa: T201 - a command
    return None if tests or mutant.excuse else mutant.name


if __name__ == "__main__":
    sys.exit(main())
