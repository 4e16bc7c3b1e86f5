"""Runs the demo with a connector that says so and then halts in its first sync. Started by test_run."""

from __future__ import annotations

import sys
import threading
from contextlib import nullcontext

from connector.demo.run import DemoOptions, Parts, run_demo


class Halting:
    def __init__(self, config):
        self.config = config

    def sync(self):
        sys.stderr.write(f"halted {self.config}\n")
        sys.stderr.flush()
        threading.Event().wait()


def no_report(config):
    raise AssertionError("the story never ends")


if __name__ == "__main__":
    parts = Parts(open_cycle=lambda config: nullcontext(Halting(config)), make_report=no_report)
    sys.exit(run_demo(DemoOptions(machine=True), parts))
