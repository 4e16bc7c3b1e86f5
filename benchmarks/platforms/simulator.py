"""A platform's simulator in a process of its own: takes one request a line on its standard input, answers each by a
line of JSON, and ends when its input does. ``python -m benchmarks.platforms.simulator PLATFORM DIRECTORY``.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.platforms import known
from benchmarks.platforms.copies import Original
from benchmarks.platforms.platform import Asked, Platform
from tests.scenarios.grc import GrcSide
from tests.simulators.base import wall_clock

OFFICER = "risk.officer@bank.example"


@dataclass
class Clock:
    """The time now, and ``ahead``."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return wall_clock() + self.ahead


class Served:
    """What can be asked of the process."""

    def __init__(self, platform: Platform, side: GrcSide, directory: Path, clock: Clock) -> None:
        self._platform, self._side, self._directory, self._clock = platform, side, directory, clock

    def later(self, seconds: int) -> None:
        """Let time pass on the platform, and open an issue then."""
        self._clock.ahead += timedelta(seconds=seconds)
        officer = self._side.as_user(OFFICER)
        officer.raise_issue("Inputs drifted", severity="Low", model=officer.records("models")[0]["id"])

    def access(self) -> dict[str, Any]:
        """How the connector reaches it."""
        return asdict(self._side.access(self._directory))

    def clear(self) -> None:
        """Forget what was asked so far."""
        self._side.calm()

    def asked(self) -> dict[str, Any]:
        """What was asked since."""
        calls = Counter(f"{call.verb} {call.kind}".strip() for call in self._side.calls)
        paths = {f"{method} {path}": count for (method, path), count in self._side.requests.by_path().items()}
        return {"paths": paths, "calls": dict(calls)}

    def raise_issues(self, share: int) -> int:
        """Open an issue on one model in so many; how many."""
        officer = self._side.as_user(OFFICER)
        about = officer.records("models")[::share]
        for row in about:
            officer.raise_issue("Back-test outside its tolerance", severity="High", model=row["id"])
        return len(about)

    def multiply(self, times: int, original: str, words: str) -> None:
        """Hold ``times`` as much. ``original`` is the file that tells what of; the words of copies go into another."""
        described: Original = pickle.loads(Path(original).read_bytes())  # noqa: S301 - ours
        dump = json.loads(self._side.dump())
        told = {number: self._platform.words(dump, described, number) for number in range(1, times)}
        Path(words).write_bytes(pickle.dumps(told))
        self._side.load(json.dumps(self._platform.multiplied(dump, described, times)))


class Simulator(ABC):
    """A simulator that is up."""

    @abstractmethod
    def ask(self, what: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        """One of what :class:`Served` can be asked."""

    def asked(self) -> Asked:
        """What was asked of it since it was cleared."""
        return Asked(**self.ask("asked"))


class Apart(Simulator):
    """One in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, what: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON
        """One request; raises RuntimeError when the process has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, *arguments]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the simulator died of {what}")
        return json.loads(answer)


@contextmanager
def simulator(platform: str, directory: Path) -> Iterator[Simulator]:
    """The platform's simulator, up."""
    command = [sys.executable, "-m", "benchmarks.platforms.simulator", platform, str(directory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield Apart(process)
        finally:
            process.communicate()


@contextmanager
def serving(name: str, directory: Path) -> Iterator[Served]:
    """The platform's simulator in this process."""
    platform = known.platform(name)
    clock = Clock()
    side = platform.side()(clock)
    platform.prepare(side)
    with side.simulator:
        yield Served(platform, side, directory, clock)


def main(name: str, directory: str) -> None:
    """Serve until the standard input ends."""
    with serving(name, Path(directory)) as served:
        for line in sys.stdin:
            what, *arguments = json.loads(line)
            sys.stdout.write(json.dumps(getattr(served, what)(*arguments)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
