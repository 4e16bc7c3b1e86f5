"""Many connections over several workers, in simulated time: nothing is sent and nothing is measured here.

What a cycle costs is taken from what was measured (docs/performance.md): requests and processor time per model. A cycle
first waits for the platforms, then computes, and then writes what changed as fast as the platform's rate limit and its
latency allow. Cycles of one process share one core, for Python computes in one thread at a time. A worker takes the
connection that is due longest, as the job engine does, one look a second.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

PAGES_PER_MODEL = 172 / 10_000 / 2
"""Requests of an idle cycle to the busier side: half of all, both sides being read at once."""
CPU_PER_MODEL = 15.2 / 10_000
"""Seconds of the connector's own processor time in an idle cycle."""
REQUESTS_PER_CHANGE = (422 - 172) / 100
"""A fresh read, the write and what is read back, most of it on one side."""
CPU_PER_CHANGE = 0.02
TAKEN_OVER = 30 + 10 + 300
"""Seconds until another machine goes on where one died: no heartbeat, the next upkeep, the end of the lease."""
_STEP = 0.5
_LOOK = 1.0


@dataclass(frozen=True, slots=True)
class Deployment:
    """``rate`` is what each GRC allows (requests a second), ``latency`` what it takes to answer (seconds),
    ``changed`` the part of the models that changes between two cycles. From ``dies_at`` (seconds) on a worker dies for
    good as soon as it is in mid-cycle.
    """

    workers: int = 4
    cycles: int = 4
    connections: int = 20
    models: int = 100_000
    interval: float = 300.0
    jitter: float = 10.0
    rate: float = 10.0
    latency: float = 0.3
    threads: int = 4
    changed: float = 0.01
    dies_at: float | None = None
    hours: float = 4.0

    @property
    def reading(self) -> float:
        """Seconds that the listings take: page after page."""
        return self.each * PAGES_PER_MODEL * max(self.latency, 1 / self.rate)

    @property
    def computing(self) -> float:
        """Seconds of a core to itself."""
        return self.each * (CPU_PER_MODEL + self.changed * CPU_PER_CHANGE)

    @property
    def writing(self) -> float:
        """Seconds that the changes take."""
        requests = self.each * self.changed * REQUESTS_PER_CHANGE
        return requests / min(self.rate, self.threads / self.latency)

    @property
    def each(self) -> float:
        """Models of one connection."""
        return self.models / self.connections


@dataclass(slots=True)
class _Cycle:
    connection: int
    due: float
    begun: float
    waiting: float
    computing: float


@dataclass(slots=True)
class _Worker:
    running: list[_Cycle] = field(default_factory=list)
    computed: float = 0.0
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds of each finished cycle: from its start, and from the moment it was due to its start and to its end.
    ``busiest`` is the part of a core that the busiest worker used; ``ages`` how old each connection's last complete
    cycle was at its oldest.
    """

    durations: Sequence[float]
    starts: Sequence[float]
    lags: Sequence[float]
    busiest: float
    ages: Sequence[float]


def simulate(deployment: Deployment, seed: int = 1) -> Outcome:
    """Play some hours; the same seed gives the same outcome."""
    return _Play(deployment, random.Random(seed)).outcome()  # noqa: S311 - a simulation


class _Play:
    def __init__(self, deployment: Deployment, chance: random.Random) -> None:
        self._of = deployment
        self._chance = chance
        self._workers = [_Worker() for _ in range(deployment.workers)]
        self._due = dict.fromkeys(range(deployment.connections), 0.0)
        self._ended = dict.fromkeys(self._due, 0.0)
        self._oldest = dict.fromkeys(self._due, 0.0)
        self._done: list[tuple[_Cycle, float]] = []

    def outcome(self) -> Outcome:
        end = self._of.hours * 3600
        now, look = 0.0, 0.0
        while now < end:
            if self._of.dies_at is not None and now >= self._of.dies_at and self._workers[0].running:
                self._die(now)
            if now >= look:
                self._take(now)
                look = now + _LOOK
            now += _STEP
            for worker in self._workers:
                self._go_on(worker, now)
        steady = [(cycle, ended) for cycle, ended in self._done if cycle.due > 0]
        return Outcome(
            durations=[ended - cycle.begun for cycle, ended in steady],
            starts=[cycle.begun - cycle.due for cycle, _ in steady],
            lags=[ended - cycle.due for cycle, ended in steady],
            busiest=max(worker.computed for worker in self._workers) / end,
            ages=list(self._oldest.values()),
        )

    def _take(self, now: float) -> None:
        alive = [worker for worker in self._workers if not worker.dead]
        self._chance.shuffle(alive)
        waiting = iter(sorted((due, number) for number, due in self._due.items() if due <= now))
        for worker in self._slots(alive):
            taken = next(waiting, None)
            if taken is None:
                return
            due, number = taken
            del self._due[number]
            waits = self._of.reading + self._of.writing
            worker.running.append(_Cycle(number, due, now, waits, self._of.computing))

    def _slots(self, workers: Sequence[_Worker]) -> Iterator[_Worker]:
        """A free place in each worker, then the next one in each."""
        for _ in range(self._of.cycles):
            yield from [worker for worker in workers if len(worker.running) < self._of.cycles]

    def _go_on(self, worker: _Worker, now: float) -> None:
        computing = [cycle for cycle in worker.running if cycle.waiting <= 0]
        for cycle in worker.running:
            if cycle.waiting > 0:
                cycle.waiting -= _STEP
            else:
                share = _STEP / len(computing)
                worker.computed += min(share, cycle.computing)
                cycle.computing -= share
        ended = [cycle for cycle in worker.running if cycle.waiting <= 0 and cycle.computing <= 0]
        for cycle in ended:
            worker.running.remove(cycle)
            self._done.append((cycle, now))
            number = cycle.connection
            self._oldest[number] = max(self._oldest[number], now - self._ended[number])
            self._ended[number] = now
            jitter = self._chance.uniform(0, self._of.jitter)
            self._due[number] = max(now, cycle.begun + self._of.interval + jitter)

    def _die(self, now: float) -> None:
        worker = self._workers[0]
        worker.dead = True
        for cycle in worker.running:
            self._due[cycle.connection] = now + TAKEN_OVER
        worker.running.clear()
