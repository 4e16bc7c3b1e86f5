"""One command in this process: prints a line of JSON with the seconds and the most memory it took.

``python -m benchmarks.reports.child ARGUMENT ...``, as for ``mlflow-grc``.
"""

from __future__ import annotations

import gc
import json
import sys
import time

from benchmarks.child import peak_mb


def measured(arguments: list[str]) -> dict[str, float]:
    """Run the command. Start-up is in both figures: it is what a person waits for."""
    start, cpu = time.perf_counter(), time.process_time()
    from connector.cli.main import COLLECT_AFTER, run  # noqa: PLC0415 - loading it is part of what is measured

    gc.set_threshold(COLLECT_AFTER)  # as the command does
    code = run(arguments)
    return {
        "exit_code": code,
        "seconds": round(time.perf_counter() - start, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    result = measured(sys.argv[1:])
    sys.stdout.write(json.dumps(result))
