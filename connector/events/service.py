"""The events of a daemon: a worker for each connection, and where its receivers leave what they were told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from connector.config.config import Config
from connector.config.events import EventSettings
from connector.engine.connection import Connection, utc_now
from connector.events.intake import Intake
from connector.events.pace import Pace, Sparing
from connector.events.worker import Worker
from connector.model.hints import Hint
from connector.state.base import Store


@dataclass(slots=True)
class Bells:
    """Leaves hints in the state, and rings where a worker of this process waits for them."""

    store: Store
    bells: dict[str, threading.Event] = field(default_factory=dict)

    def leave(self, connection: str, hint: Hint) -> None:
        """Leave a hint; another process may serve the connection."""
        self.store.leave_hint(connection, hint, utc_now())
        bell = self.bells.get(connection)
        if bell is not None:
            bell.set()

    def intake(self, config: Config) -> Intake:
        """What the receiver's routes hand deliveries to."""
        return Intake(config, self.leave)


def worker_of(
    connection: Connection, settings: EventSettings, pool: ThreadPoolExecutor, ask: Callable[[], bool]
) -> Worker:
    """The worker of a connection, as the configuration says."""
    pace = Pace(settings.quiet, settings.at_most, settings.most_objects)
    return Worker(connection, pace, Sparing(settings.full_cycle_every), pool, ask)


@contextmanager
def working(
    connections: Mapping[str, Connection], settings: EventSettings, ask: Callable[[str], bool], bells: Bells
) -> Iterator[None]:
    """For the block, hints of these connections are acted on. ``ask`` brings a connection's full cycle forward."""
    stop = threading.Event()
    with ExitStack() as stack:
        for name, connection in connections.items():
            pool = stack.enter_context(ThreadPoolExecutor(settings.workers, thread_name_prefix=f"events-{name}"))
            worker = worker_of(connection, settings, pool, lambda name=name: ask(name))  # type: ignore[misc]
            bells.bells[name] = worker.bell
            thread = threading.Thread(target=worker.run, args=(stop,), name=f"events-{name}", daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(worker.bell.set)
        try:
            yield
        finally:
            stop.set()
