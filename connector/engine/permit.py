"""Whether this process may still write, asked by what sends the requests, and that it goes on.

An operation is cleared once before it is written, but a write may then wait for the rate limit, or for a server that
asks for patience, longer than the lease holds. So it is asked again right before each request goes out.
Listing both sides can take longer, too: as long as requests go out, the lease is kept; that of a process that hangs
runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Permit:
    """Called before each request that changes something. Raises LeaseLost while a lease is held and lost; without one
    (a check, a single look) it says nothing.
    """

    _prove: Callable[[], None] | None = None
    _keep: Callable[[], None] | None = None

    def __call__(self) -> None:
        if self._prove is not None:
            self._prove()

    def keep(self) -> None:
        """Called before any request: the run goes on, and so does its lease, if one is held. Raises nothing."""
        if self._keep is not None:
            self._keep()

    @contextmanager
    def resting_on(self, prove: Callable[[], None], keep: Callable[[], None]) -> Iterator[None]:
        """For the block, rest on these."""
        self._prove, self._keep = prove, keep
        try:
            yield
        finally:
            self._prove = self._keep = None
