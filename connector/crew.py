"""Several things at a time, bounded: the threads that read both sides and write many objects.

The results come in the order of what was asked for, whoever was ready first. One failure ends all: what is under way
is finished as far as it looks at ``halted``, nothing new is begun, and the failure is raised when every thread is done.
With one worker there is no thread at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from connector.logs import carrying
from connector.model.errors import MlflowGrcError

T = TypeVar("T")
Item = TypeVar("Item")


class Crew:
    """At most ``workers`` threads, for one piece of work after the other; what a thread logs bears the run's marks."""

    def __init__(self, workers: int) -> None:
        """``workers``: at least 1."""
        self._workers = workers
        self._halt = threading.Event()

    def halted(self) -> bool:
        """Whether something failed, so that nothing else should be begun."""
        return self._halt.is_set()

    def each(self, work: Callable[[Item], T], items: Iterable[Item]) -> list[T]:
        """Do ``work`` on every item; the results in their order.

        Raises what an item raised: an interruption or a programming error before one of ours, and of those the first
        in the items' order. Items that were not begun by then are left out.
        """
        tasks = list(items)
        workers = min(self._workers, len(tasks))
        if workers <= 1:
            return [self._done(work, item) for item in tasks]
        with ThreadPoolExecutor(workers, thread_name_prefix="crew") as pool:
            try:
                futures = [pool.submit(carrying(self._unless_halted), work, item) for item in tasks]
                wait(futures)
            except BaseException:
                self._halt.set()
                raise
        _raise_first(futures)
        return [result for future in futures for result in future.result()]

    def both(self, first: Callable[[], T], second: Callable[[], Item]) -> tuple[T, Item]:
        """Do two things, at once where there are two workers; errors as for :meth:`each`."""
        tasks: Sequence[Callable[[], T | Item]] = (first, second)
        one, other = self.each(lambda task: task(), tasks)
        return one, other  # type: ignore[return-value]

    def _unless_halted(self, work: Callable[[Item], T], item: Item) -> list[T]:
        return [] if self._halt.is_set() else [self._done(work, item)]

    def _done(self, work: Callable[[Item], T], item: Item) -> T:
        try:
            return work(item)
        except BaseException:
            self._halt.set()
            raise


def _raise_first(futures: Iterable[Future[list[T]]]) -> None:
    failures = [error for future in futures if (error := future.exception()) is not None]
    strange = (error for error in failures if not isinstance(error, MlflowGrcError))
    worst = next(strange, failures[0] if failures else None)
    if worst is not None:
        raise worst
