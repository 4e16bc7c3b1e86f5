"""One lease for all runs of a connection in this process: who begins while another holds it joins that one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from connector.apply.ledger import LeaseKeeper

Take = Callable[[ExitStack], LeaseKeeper]
"""Takes the lease; what gives it back is left on the stack."""


@dataclass(slots=True)
class Tenure:
    """The lease as it is held just now, if it is, and by how many."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _holders: int = 0
    _keeper: LeaseKeeper | None = None
    _given_back: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def held(self, take: Take) -> Iterator[LeaseKeeper]:
        """Hold the lease for the block: the one that is held already, else what ``take`` takes. Whoever ends last gives
        it back.
        """
        keeper = self._join(take)
        try:
            yield keeper
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    self._keeper = None
                    self._given_back.close()

    def _join(self, take: Take) -> LeaseKeeper:
        with self._lock:
            if self._keeper is None:
                with ExitStack() as stack:
                    self._keeper = take(stack)
                    self._given_back = stack.pop_all()
            self._holders += 1
            return self._keeper
