"""Whether this process may still write, asked by what sends the requests.

An operation is cleared once before it is written, but a write may then wait for the rate limit, or for a server that
asks for patience, longer than the lease holds. So it is asked again right before each request goes out.
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

    def __call__(self) -> None:
        if self._prove is not None:
            self._prove()

    @contextmanager
    def resting_on(self, prove: Callable[[], None]) -> Iterator[None]:
        """For the block, rest on ``prove``."""
        self._prove = prove
        try:
            yield
        finally:
            self._prove = None
