"""Several lanes ask and write together: what each needs of the GRC goes to the adapter in one call, once all have come
so far.

A lane is a thread that applies one registered model's operations. At a read or a write of the GRC it waits for the
other lanes, so that a platform with a batch API gets one request for many records. Everything else of an operation
stays the lane's own: by the time its write waits, its intent is committed and its object was read afresh, and it
records what comes back. A lane that waits gives its turn to another one, so that no more of them work at once than the
connection allows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from adapters.base import Adapter
from connector.model.errors import MlflowGrcError, RunAborted
from connector.model.grc import Found, Lookup, Outcome, Write

_PATIENCE = 0.5
"""Seconds after which a lane that waits looks whether the run goes on at all."""
Asked = TypeVar("Asked", Lookup, Write)
Answer = TypeVar("Answer", Found, Outcome)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A lane at its read or write; in the end it has an answer or an error."""

    asked: Lookup | Write
    answer: Found | Outcome | None = None
    error: BaseException | None = None

    @property
    def settled(self) -> bool:
        return self.answer is not None or self.error is not None


class Batches:
    """Gathers what lanes ask of an adapter. There are ``lanes`` of them in all, ``threads`` at a time, of which
    ``turns`` work at once; once ``halted``, none is begun any more.
    """

    def __init__(
        self, adapter: Adapter, *, lanes: int, threads: int, turns: int, halted: Callable[[], bool] = lambda: False
    ) -> None:
        self._adapter, self._halted = adapter, halted
        self._turns = threading.Semaphore(turns)
        self._changed = threading.Condition()
        self._left, self._threads = lanes, threads
        self._waiting: list[_Waiting] = []
        self._failure: BaseException | None = None

    @contextmanager
    def lane(self) -> Iterator[None]:
        """For the block, this thread is one of the lanes. When it fails, nothing more is sent."""
        try:
            with self._turns:
                yield
        except BaseException as error:
            self._failure = self._failure or error
            raise
        finally:
            with self._changed:
                self._left -= 1
                self._changed.notify_all()

    def look_up(self, lookup: Lookup) -> Found:
        """Ask for a record along with the other lanes; see :meth:`write` for what it raises."""
        found = self._together(lookup)
        assert isinstance(found, Found)
        return found

    def write(self, write: Write) -> Outcome:
        """Send a write along with those of the other lanes; its outcome. Raises RunAborted, also where another lane
        failed before it was sent, and whatever unforeseen the adapter raises.
        """
        outcome = self._together(write)
        assert isinstance(outcome, Outcome)
        return outcome

    def _together(self, asked: Lookup | Write) -> Found | Outcome:
        mine = _Waiting(asked)
        self._turns.release()
        try:
            self._wait(mine)
        finally:
            self._turns.acquire()
        if mine.error is not None:
            raise mine.error
        assert mine.answer is not None
        return mine.answer

    def _wait(self, mine: _Waiting) -> None:
        with self._changed:
            self._waiting.append(mine)
            while not mine.settled:
                if mine in self._waiting and (self._failure is not None or self._halted()):
                    self._waiting.remove(mine)
                    mine.error = self._why()
                elif len(self._waiting) >= min(self._left, self._threads):
                    batch, self._waiting = self._waiting, []
                    break
                else:
                    self._changed.wait(_PATIENCE)
            else:
                return
        self._carry(batch, mine)

    def _why(self) -> BaseException:
        """Why nothing more is sent: what failed, where it is one of our errors."""
        if isinstance(self._failure, MlflowGrcError):
            return self._failure
        return RunAborted("Not sent: the run ended while this waited for others.")

    def _carry(self, batch: Sequence[_Waiting], mine: _Waiting) -> None:
        """Send what has gathered, on behalf of all: what is asked first, for it changes nothing."""
        lookups = [each for each in batch if isinstance(each.asked, Lookup)]
        writes = [each for each in batch if isinstance(each.asked, Write)]
        error = _deliver(lookups, self._adapter.look_up, Found) or _deliver(writes, self._adapter.write, Outcome)
        with self._changed:
            for each in batch:
                if not each.settled:
                    own = isinstance(error, Exception) or each is mine
                    each.error = error if own else RunAborted("The run ended while this was sent.")
            self._changed.notify_all()


def _deliver(
    waiting: Sequence[_Waiting], send: Callable[[Sequence[Asked]], Iterator[Answer]], nothing: Callable[[Asked], Answer]
) -> BaseException | None:
    """Give each its answer; what was answered before a failure stays so. The failure, if any."""
    if not waiting:
        return None
    left = iter(waiting)
    try:
        for answer in send([each.asked for each in waiting]):  # type: ignore[misc]
            next(left).answer = answer
    except BaseException as error:  # noqa: BLE001 - each lane raises it in its own thread
        return error
    for each in left:
        each.answer = nothing(each.asked)  # type: ignore[arg-type]
    return None
