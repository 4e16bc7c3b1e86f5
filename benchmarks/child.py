"""What is measured, each in a process of its own: prints one line of JSON with seconds and peak memory.

``python -m benchmarks.child cycle DIRECTORY [RECORDING]``, ``naive DIRECTORY [RECORDING]``, ``download RECORDING
one|two``, ``writes RECORDING THREADS``.
"""

from __future__ import annotations

import gc
import itertools
import json
import re
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import loops, traffic
from benchmarks.site import CONNECTION, config_of

Result = dict[str, Any]


def cycle(directory: str, recording: str | None = None) -> Result:
    """One cycle on the configuration there."""
    from adapters.httpclient.redaction import redact  # noqa: PLC0415 - a bare loop imports none of it
    from connector import logs  # noqa: PLC0415
    from connector.cli.main import COLLECT_AFTER  # noqa: PLC0415
    from connector.engine import Cycle  # noqa: PLC0415
    from connector.engine.opening import open_connection  # noqa: PLC0415
    from connector.state import open_store  # noqa: PLC0415

    gc.set_threshold(COLLECT_AFTER)  # as the command does
    config = config_of(Path(directory))
    marks: list[float] = []
    logs.configure(redact=redact, level="warning", file=config.log_path)

    def step(name: str) -> None:
        if len(marks) < len(_STEPS) and name == _STEPS[len(marks)]:
            marks.append(time.perf_counter())

    with (
        closing(open_store(config.state_path, redact)) as store,
        closing(open_connection(config, CONNECTION, store)) as connection,
        traffic.recording(Path(recording) if recording else None),
    ):
        before, cpu = peak_mb(), time.process_time()
        seconds, result = _timed(lambda: Cycle(connection, step=step).run())
        return {
            "seconds": seconds,
            "cpu_seconds": round(time.process_time() - cpu, 2),
            "peak_mb": peak_mb(),
            "imports_mb": before,
            "mlflow_requests": connection.registry.requests_sent,
            "grc_requests": connection.adapter.requests_sent,
            "status": str(result.run.status),
            "operations": len(result.applied.operations),
            "failed": len(result.applied.failures),
            "steps": [round(later - earlier, 3) for earlier, later in itertools.pairwise(marks)],
        }


_STEPS = ("recover", "observe", "plan")


def download(recording: str, how: str) -> Result:
    """The pages of a recorded cycle."""
    pages = [sent for sent in traffic.load(Path(recording)) if not sent.is_write]
    cpu = time.process_time()
    seconds, size = _timed(lambda: loops.download(pages, at_once=how == "two"))
    return {
        "seconds": seconds,
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "bytes": size,
        "requests": len(pages),
        "peak_mb": peak_mb(),
    }


def writes(recording: str, threads: str) -> Result:
    """The writes of a recorded cycle."""
    sent = [one for one in traffic.load(Path(recording)) if one.is_write]
    seconds, count = _timed(lambda: loops.write(sent, int(threads)))
    return {"seconds": seconds, "writes": count}


def naive(directory: str, recording: str | None = None) -> Result:
    """The naive script on the same servers."""
    from benchmarks.naive import Naive  # noqa: PLC0415 - imports MLflow's client

    config = config_of(Path(directory))
    script = Naive.of(config)
    with traffic.recording(Path(recording) if recording else None):
        seconds, _ = _timed(script.run)
    return {"seconds": seconds, "peak_mb": peak_mb()}


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def peak_mb() -> float:
    """The most memory that this process ever had, as Linux tells."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return round(int(found[1]) / 1024, 1) if found else 0.0


_COMMANDS: dict[str, Callable[..., Result]] = {"cycle": cycle, "download": download, "writes": writes, "naive": naive}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(_COMMANDS[name](*arguments)))
