"""The measurements. Ratios are taken within one run, what is compared alternating, each in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from benchmarks import mistakes, traffic
from benchmarks.content import model_name
from benchmarks.prepare import EMPTY, PLAIN, RUNS, prepared
from benchmarks.site import Site, site
from connector.mlflow_server import RegistryAuthor

Result = dict[str, Any]
Say = Callable[[str], None]
CHANGED_SHARE = 100
"""One model in so many is edited: half of them in MLflow, half in the GRC."""
_ROOT = Path(__file__).parents[1]


class Bench:
    """Runs measurements; ``cache`` holds the prepared registries, ``rounds`` how often each pair is measured."""

    def __init__(self, cache: Path, say: Say, *, rounds: int, concurrency: int) -> None:
        self._cache, self._say, self._rounds, self._concurrency = cache, say, rounds, concurrency

    def idle(self, models: int, *, run_fields: bool) -> Result:
        """A cycle with nothing to do, against a loop that downloads the same pages."""
        with self._site(models, RUNS if run_fields else PLAIN) as at:
            at.configure(run_fields=run_fields, concurrency=self._concurrency)
            recording = at.directory / "pages.jsonl"
            _warm_up(at)
            cycle = _working(at, "cycle", at.directory, recording)
            sent = traffic.load(recording)
            rounds = [self._idle_round(at, recording, cycle)]
            while len(rounds) < self._rounds:
                rounds.append(self._idle_round(at, recording, _working(at, "cycle", at.directory)))
        cycles = [cycle for cycle, _, _ in rounds]
        return {
            "models": models,
            "run_fields": run_fields,
            "requests": cycles[0]["mlflow_requests"] + cycles[0]["grc_requests"],
            "pages": len({(one.method, one.url, one.body) for one in sent}),
            "point_reads": sum(one.is_point_read for one in sent),
            "operations": max(cycle["operations"] for cycle in cycles),
            "status": sorted({cycle["status"] for cycle in cycles}),
            "cycle_seconds": _seconds(cycles),
            "download_seconds": _seconds([one for _, one, _ in rounds]),
            "download_at_once_seconds": _seconds([two for _, _, two in rounds]),
            "ratio": _ratio([(cycle, one) for cycle, one, _ in rounds]),
            "ratio_at_once": _ratio([(cycle, two) for cycle, _, two in rounds]),
            "own_cpu_seconds": [cycle["cpu_seconds"] for cycle in cycles],
            "work_seconds": [cycle["work_seconds"] for cycle in cycles],
            "download_work_seconds": [one["work_seconds"] for _, one, _ in rounds],
            "work_ratio": _ratio([(cycle, one) for cycle, one, _ in rounds], "work_seconds"),
            "peak_mb": max(cycle["peak_mb"] for cycle in cycles),
            "imports_mb": cycles[0]["imports_mb"],
            "download_mb": max(one["peak_mb"] for _, one, _ in rounds),
            "megabytes": round(rounds[0][1]["bytes"] / 1e6, 1),
            **sealed(),
        }

    def _idle_round(self, at: Site, recording: Path, cycle: Result) -> tuple[Result, Result, Result]:
        one = _working(at, "download", recording, "one")
        self._say(f"  cycle {cycle['seconds']:.1f} s, download {one['seconds']:.1f} s")
        return cycle, one, _child("download", recording, "two")

    def changed(self, models: int) -> Result:
        """A cycle after 1 % of the models were edited, against an idle one on the same servers."""
        with self._site(models, RUNS) as at:
            at.configure(run_fields=True, concurrency=self._concurrency)
            idle = _child("cycle", at.directory)
            edited = _edit(at, models)
            recording = at.directory / "changed.jsonl"
            cycle = _child("cycle", at.directory, recording)
            writes = sum(one.is_write for one in traffic.load(recording))
            after = _child("cycle", at.directory)
        return {
            "models": models,
            "edited": edited,
            "operations": cycle["operations"],
            "failed": cycle["failed"],
            "writes": writes,
            "requests": cycle["mlflow_requests"] + cycle["grc_requests"],
            "idle_requests": idle["mlflow_requests"] + idle["grc_requests"],
            "cycle_seconds": round(cycle["seconds"], 2),
            "idle_seconds": [round(idle["seconds"], 2), round(after["seconds"], 2)],
            "peak_mb": cycle["peak_mb"],
            **sealed(),
        }

    def first(self, models: int) -> Result:
        """A first load of everything, against a loop that sends the same writes with as many threads."""
        with self._site(models, EMPTY) as at:
            at.configure(run_fields=True, concurrency=self._concurrency)
            recording = at.directory / "load.jsonl"
            load = _child("cycle", at.directory, recording)
            idle = _child("cycle", at.directory)
            sent = traffic.load(recording)
            with self._site(models, EMPTY) as other:
                moved = at.directory / "moved.jsonl"
                _redirect(recording, moved, {at.mlflow: other.mlflow, at.grc: other.grc})
                loop = _child("writes", moved, self._concurrency)
        return {
            "models": models,
            "threads": self._concurrency,
            "operations": load["operations"],
            "failed": load["failed"],
            "requests": len(sent),
            "writes": loop["writes"],
            "load_seconds": round(load["seconds"], 1),
            "loop_seconds": round(loop["seconds"], 1),
            "writes_a_second": round(loop["writes"] / load["seconds"], 1),
            "loop_writes_a_second": round(loop["writes"] / loop["seconds"], 1),
            "ratio": round(load["seconds"] / loop["seconds"], 2),
            "operations_of_the_next_cycle": idle["operations"],
            "peak_mb": load["peak_mb"],
            **sealed(),
        }

    def naive(self, models: int) -> Result:
        """The naive script where nothing is to be done, against an idle cycle."""
        with self._site(models, PLAIN) as at:
            at.configure(run_fields=False, concurrency=self._concurrency)
            cycle = _child("cycle", at.directory)
            recording = at.directory / "naive.jsonl"
            script = _child("naive", at.directory, recording)
            sent = traffic.load(recording)
        return {
            "models": models,
            "naive_seconds": round(script["seconds"], 1),
            "naive_requests": len(sent),
            "naive_writes": sum(one.is_write for one in sent),
            "cycle_seconds": round(cycle["seconds"], 1),
            "cycle_requests": cycle["mlflow_requests"] + cycle["grc_requests"],
            "cycle_operations": cycle["operations"],
            **sealed(),
        }

    def mistakes(self) -> list[dict[str, str]]:
        """What the naive script does wrong."""
        with tempfile.TemporaryDirectory() as directory:
            return mistakes.tell(Path(directory))

    @contextmanager
    def _site(self, models: int, kind: str) -> Iterator[Site]:
        source = prepared(self._cache, models, kind, self._say)
        self._say(f"{models} models, {kind}")
        with tempfile.TemporaryDirectory() as directory, site(source, Path(directory) / "site") as at:
            yield at


def sealed() -> Result:
    """When this was measured, and how busy the machine was."""
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": round(os.getloadavg()[1], 1)}


def machine() -> Result:
    """What this was measured on."""
    import mlflow.version  # noqa: PLC0415 - only here

    return {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "mlflow": mlflow.version.VERSION,
    }


def _child(*arguments: object) -> Result:
    command = [sys.executable, "-m", "benchmarks.child", *map(str, arguments)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{done.stderr[-3000:]}")
    result: Result = json.loads(done.stdout)
    return result


def _warm_up(at: Site) -> None:
    """Let both servers import what they import at the first request."""
    headers = {"Authorization": f"Bearer {at.officer}"}
    with requests.Session() as session:
        session.trust_env = False
        for kind in ("registered-models", "model-versions"):
            session.get(f"{at.mlflow}/api/2.0/mlflow/{kind}/search", params={"max_results": 1}, timeout=120)
        session.get(f"{at.grc}/api/v1/models", params={"limit": 1}, headers=headers, timeout=60)


def _working(at: Site, *arguments: object) -> Result:
    """A child's result with the processor time that it and both servers took."""
    before = at.server_cpu_seconds()
    result = _child(*arguments)
    return {**result, "work_seconds": round(at.server_cpu_seconds() - before + result["cpu_seconds"], 2)}


def _edit(at: Site, models: int) -> int:
    """Edit 1 % of the models, every other one in the GRC; how many."""
    numbers = range(0, models, CHANGED_SHARE)
    headers = {"Authorization": f"Bearer {at.officer}"}
    with RegistryAuthor(at.mlflow) as author, requests.Session() as session:
        session.trust_env = False
        for number in numbers:
            name = model_name(number)
            if number // CHANGED_SHARE % 2:
                query = {"registry_name": name}
                found = session.get(f"{at.grc}/api/v1/models", params=query, headers=headers, timeout=60).json()
                address = f"{at.grc}/api/v1/models/{found['items'][0]['id']}"
                session.patch(address, json={"allowed_changes": "Recalibration."}, headers=headers, timeout=60)
            else:
                author.set_tag(name, "purpose", "Reworded by its developer.")
    return len(numbers)


def _redirect(source: Path, target: Path, addresses: dict[str, str]) -> None:
    text = source.read_text(encoding="utf-8")
    for old, new in addresses.items():
        text = text.replace(old, new)
    target.write_text(text, encoding="utf-8")


def _seconds(results: list[Result]) -> list[float]:
    return [round(one["seconds"], 2) for one in results]


def _ratio(pairs: list[tuple[Result, Result]], of: str = "seconds") -> float:
    """The median of the ratios of neighbours: what disturbs the machine for a while disturbs both."""
    ratios: list[float] = [first[of] / second[of] for first, second in pairs]
    return round(statistics.median(ratios), 2)
