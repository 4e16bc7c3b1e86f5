"""Several lanes write together: what each is about to write goes to the adapter in one call, once all have come so far.

A lane is a thread that applies one registered model's operations. At its write it waits for the other lanes, so that a
platform with a batch API gets one request for many records. Everything else of an operation stays the lane's own: by
the time it waits its intent is committed, its object was read afresh, and it records what comes back. A lane that
waits gives its turn to another one, so that no more of them work at once than the connection allows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from connector.model.errors import RunAborted
from connector.model.grc import Outcome, Write


@dataclass(slots=True, eq=False)
class _Waiting:
    """A lane at its write; in the end it has an outcome or an error."""

    write: Write
    outcome: Outcome | None = None
    error: BaseException | None = None

    @property
    def settled(self) -> bool:
        return self.outcome is not None or self.error is not None


class Batches:
    """Gathers the writes of lanes. ``send`` is the adapter's ``write``. There are ``lanes`` of them in all, ``threads``
    at a time, of which ``turns`` work at once.
    """

    def __init__(
        self, send: Callable[[Sequence[Write]], Iterator[Outcome]], *, lanes: int, threads: int, turns: int
    ) -> None:
        self._send = send
        self._turns = threading.Semaphore(turns)
        self._changed = threading.Condition()
        self._left, self._threads = lanes, threads
        self._waiting: list[_Waiting] = []
        self._broken = False

    @contextmanager
    def lane(self) -> Iterator[None]:
        """For the block, this thread is one of the lanes. When it fails, nothing more is sent."""
        try:
            with self._turns:
                yield
        except BaseException:
            self._broken = True
            raise
        finally:
            with self._changed:
                self._left -= 1
                self._changed.notify_all()

    def write(self, write: Write) -> Outcome:
        """Send a write along with those of the other lanes; its outcome. Raises RunAborted, also where another lane
        failed before it was sent, and whatever unforeseen the adapter raises.
        """
        mine = _Waiting(write)
        self._turns.release()
        try:
            self._wait(mine)
        finally:
            self._turns.acquire()
        if mine.outcome is not None:
            return mine.outcome
        assert mine.error is not None
        raise mine.error

    def _wait(self, mine: _Waiting) -> None:
        with self._changed:
            self._waiting.append(mine)
            while not mine.settled:
                if self._broken and mine in self._waiting:
                    self._waiting.remove(mine)
                    mine.error = RunAborted("Not sent: the run ended while this write waited for others.")
                elif len(self._waiting) >= min(self._left, self._threads):
                    batch, self._waiting = self._waiting, []
                    break
                else:
                    self._changed.wait()
            else:
                return
        self._carry(batch, mine)

    def _carry(self, batch: Sequence[_Waiting], mine: _Waiting) -> None:
        """Send what has gathered, on behalf of all. What was done before a failure has its outcome."""
        error: BaseException | None = None
        done: list[Outcome] = []
        try:
            for outcome in self._send([each.write for each in batch]):
                done.append(outcome)  # noqa: PERF402 - those before a failure count
        except BaseException as caught:  # noqa: BLE001 - each lane raises it, this one as it is
            error = caught
        with self._changed:
            for number, each in enumerate(batch):
                if number < len(done):
                    each.outcome = done[number]
                elif error is None:
                    each.outcome = Outcome(each.write)
                elif isinstance(error, Exception) or each is mine:
                    each.error = error
                else:
                    each.error = RunAborted("The run ended while this write was sent.")
            self._changed.notify_all()
