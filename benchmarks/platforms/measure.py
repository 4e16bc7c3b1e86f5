"""The measurements: each cycle in a process of its own, each simulator too, one cycle at a time."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from benchmarks.content import VERSIONS, fill
from benchmarks.platforms import cycle
from benchmarks.platforms.copies import Original, copied_registry
from benchmarks.platforms.platform import Asked, Platform, Size, Variant
from benchmarks.platforms.simulator import Simulator, simulator
from benchmarks.site import REGISTRY_ID
from connector.mapping.keys import Keys
from connector.mapping.load import mapping_path
from tests.fakes.mlflow_store import Store, ticking

Result = dict[str, Any]
Say = Callable[[str], None]
BLOCK = 200
"""Models that are loaded one by one; a registry of a multiple of it is made of so many."""
ISSUE_SHARE = 20
"""One model in so many has an open issue."""
CONCURRENCY = 4
"""As the configuration has it unless it is set."""
_MIDNIGHT, _MINUTE = 1_700_006_400_000, 60_000
_HOUR = 3_600
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Place:
    """A simulator that is up, and the directory of a connection to it."""

    platform: Platform
    directory: Path
    simulator: Simulator
    options: Mapping[str, Any]

    def sync(self) -> tuple[Result, Asked]:
        """One cycle; what it cost and what it asked for. Raises RuntimeError for one that did not come through."""
        self.simulator.ask("clear")
        result = run_cycle(self.directory)
        if result["failed"] or result["waiting"]:
            raise RuntimeError(f"a cycle against {self.platform.name} left something undone: {result}")
        return result, self.simulator.asked()

    def multiply(self, store: Store, times: int) -> Store:
        """Hold ``times`` as much on both sides; without a state that knows of it."""
        hashed = self._mapping["entities"]["model"]["identity"].get("hash", False)
        original, words = self.directory / "original.pickle", self.directory / "words.pickle"
        original.write_bytes(pickle.dumps(Original.of(store, Keys(REGISTRY_ID, hashed=hashed))))
        self.simulator.ask("multiply", times, str(original), str(words))
        for path in self.directory.glob(f"{cycle.STATE}*"):
            path.unlink()
        told = pickle.loads(words.read_bytes())  # noqa: S301 - ours
        return copied_registry(store, times, told.__getitem__)

    @property
    def _mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.directory / cycle.MAPPING).read_text(encoding="utf-8"))
        return found


def run_cycle(directory: Path, *, again: bool = False) -> Result:
    """One cycle in a process of its own, see :func:`benchmarks.platforms.cycle.run`. Raises RuntimeError with what it
    said when it failed.
    """
    command = [sys.executable, "-m", "benchmarks.platforms.cycle", str(directory), *(["again"] if again else [])]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise RuntimeError(f"a cycle failed:\n{done.stderr[-3000:]}")
    result: Result = json.loads(done.stdout)
    return result


def idle(platform: Platform, models: int, say: Say) -> Result:
    """A cycle that finds nothing to do."""
    times = models // BLOCK if models > BLOCK and models % BLOCK == 0 else 1
    with _place(platform, Variant()) as at:
        store = _registry(models // times)
        cycle.keep_registry(store, at.directory)
        at.sync()
        issues = at.simulator.ask("raise_issues", ISSUE_SHARE)
        at.sync()
        store = cycle.load_registry(at.directory)
        cycle.keep_registry(at.multiply(store, times), at.directory)
        say(f"{platform.name}: {models} models on both sides")
        _must_be_idle(at.sync()[0])
        result, asked = at.sync()
        _must_be_idle(result)
        at.simulator.ask("later", _HOUR)
        later = run_cycle(at.directory, again=True)
        _must_be_idle(later)
    page, sent = platform.page_size(at.options), platform.sent(asked)
    counts = {"models": models, "versions": models * VERSIONS, "issues": issues * times}
    least = sum(platform.least_pages(count, page) for count in counts.values())
    say(f"{platform.name}: the next cycle of the same process, {later['requests']} requests of {asked.requests}")
    say(f"{platform.name}: idle, {sent['page']} pages of {least}, {asked.per_record} reads of single records")
    if asked.per_record or sent["write"]:
        raise RuntimeError(f"an idle cycle reads single records, or writes: {asked.calls}")
    return {
        **_told(result, asked, sent),
        "again": {name: later[name] for name in ("requests", "cpu_seconds", "seconds", "peak_mb", "before_mb")},
        "models": models,
        "records": counts,
        "page_size": page,
        "per_record": asked.per_record,
        "least_pages": least,
        "least_why": platform.ending,
        "real_seconds": round(platform.pace.real(sent), 1),
        "pace": platform.pace.source,
    }


def first(platform: Platform, models: int, variant: Variant, say: Say) -> Result:
    """A first load of everything, and the cycle after it."""
    with _place(platform, variant) as at:
        cycle.keep_registry(_registry(models), at.directory)
        result, asked = at.sync()
        after, asked_after = at.sync()
    least = platform.least_load(Size(models, models * VERSIONS, 0), at.options)
    sent, items = platform.sent(asked), platform.batched(asked)
    say(f"{platform.name}: first load {variant.name}, {asked.requests} requests of {least.requests}")
    return {
        **_told(result, asked, sent),
        "models": models,
        "variant": variant.name,
        "created": asked.of("create"),
        "batched": items,
        "least": least.requests,
        "least_why": least.why,
        "real_seconds": round(platform.pace.real(sent, items=items, at_once=1 if items else platform.at_once)),
        "pace": platform.pace.source,
        "operations_of_the_next_cycle": after["operations"],
        "per_record_of_the_next_cycle": asked_after.per_record,
    }


def _registry(models: int) -> Store:
    """Its times are whole minutes, which is what Archer keeps: without a state that tells what both sides agreed on,
    a time that one of them holds in seconds would be written once more.
    """
    return fill(models, ticking(_MIDNIGHT, _MINUTE))


def _told(result: Result, asked: Asked, sent: Mapping[str, int]) -> Result:
    if sum(sent.values()) != asked.requests or min(sent.values()) < 0:
        raise RuntimeError(f"{asked.requests} requests were told as {sent}: {asked}")
    return {
        "requests": asked.requests,
        "sent": dict(sent),
        "calls": dict(asked.calls),
        "operations": result["operations"],
        "status": result["status"],
        "seconds": result["seconds"],
        "cpu_seconds": result["cpu_seconds"],
        "peak_mb": result["peak_mb"],
        "registry_mb": result["before_mb"],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[1], 1),
    }


def _must_be_idle(result: Result) -> None:
    if result["operations"] or result["registry_writes"]:
        raise RuntimeError(f"there was something to do: {result}")


@contextmanager
def _place(platform: Platform, variant: Variant) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as temporary, simulator(platform.name, Path(temporary)) as server:
        directory = Path(temporary)
        mapping = yaml.safe_load(mapping_path(platform.mapping).read_text(encoding="utf-8"))
        options = mapping[mapping["adapter"]] = {**mapping[mapping["adapter"]], **variant.options}
        (directory / cycle.MAPPING).write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
        described = {"adapter": mapping["adapter"], "access": server.ask("access"), "concurrency": CONCURRENCY}
        (directory / cycle.DESCRIBED).write_text(json.dumps(described), encoding="utf-8")
        yield Place(platform, directory, server, options)
