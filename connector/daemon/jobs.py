"""What a daemon does again and again: the cycles of its connections, and the reports by the calendar."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias

from connector.config.config import Config
from connector.config.settings import ScheduleSettings
from connector.engine import Connection, Cycle
from connector.engine.listings import Listings
from connector.engine.opening import open_connection
from connector.interruption import Interruption
from connector.logs import get_logger
from connector.metrics.collector import Line
from connector.model.errors import MlflowGrcError
from connector.model.fields import Side
from connector.scheduled import Reporter
from connector.state import LeaseHeld, StateMoved, Store

log = get_logger(__name__)

GiveUp: TypeAlias = Callable[[MlflowGrcError], None]


def _nobody(error: MlflowGrcError) -> None:
    """Tell nobody."""
    del error


@dataclass
class Job:
    """The cycles of one connection. ``cycle`` runs one; it is a field so that a test can put its own in. ``lines`` are
    its requests, for the metrics. ``give_up`` is told of what no later cycle of this process can get over.
    """

    name: str
    cycle: Callable[[], object]
    schedule: ScheduleSettings
    interruption: Interruption = field(default_factory=Interruption)
    connection: Connection | None = None
    running: threading.Event = field(default_factory=threading.Event)
    lines: tuple[Line, ...] = ()
    give_up: GiveUp = _nobody

    @classmethod
    def open(cls, config: Config, name: str, store: Store, stack: ExitStack, give_up: GiveUp = _nobody) -> Job:
        """Open the connection; ``stack`` closes it. Raises ConfigError."""
        interruption = Interruption()
        stack.callback(interruption.over)
        connection = open_connection(config, name, store, stop=interruption.stop, abort=interruption.abort)
        stack.callback(connection.close)
        connection.listings = Listings(config.schedule(name).full_sweep or 0.0)
        platforms = {Side.REGISTRY: "mlflow", Side.GRC: config.connection(name).adapter}
        lines = tuple(Line(name, side, platforms[side], traffic) for side, traffic in connection.traffic.items())
        return cls(
            name,
            lambda: _cycle(connection, interruption),
            config.schedule(name),
            interruption,
            connection,
            lines=lines,
            give_up=give_up,
        )

    def run(self) -> datetime | None:
        """Run a cycle; whatever goes wrong is logged and nothing is raised. When the lease of another process ends,
        where one kept this from running.
        """
        self.running.set()
        try:
            self.cycle()
        except LeaseHeld as held:
            log.info("skipped: another process synchronises it", connection=self.name, owner=held.owner)
            return held.expires
        except StateMoved as moved:
            log.error("the state is elsewhere: the daemon ends", connection=self.name, error=str(moved))  # noqa: TRY400
            self.give_up(moved)
        except MlflowGrcError as error:
            if not self.interruption.stop.is_set():
                log.error("cycle failed; the next one tries again", connection=self.name, error=str(error))  # noqa: TRY400
        except Exception:
            log.exception("cycle failed unexpectedly; the next one tries again", connection=self.name)
        finally:
            self.running.clear()
        return None

    def request_end(self) -> None:
        """Have a cycle that runs end after the operation in hand."""
        self.interruption.request()


def _cycle(connection: Connection, interruption: Interruption) -> None:
    Cycle(connection, step=interruption.step).run()


@dataclass(frozen=True)
class Timed:
    """A report, called ``name``, and when it is due, by cron in UTC; ``write`` writes it."""

    name: str
    cron: str
    write: Callable[[], object]


def timed_reports(config: Config, names: Sequence[str], ended: threading.Event) -> list[Timed]:
    """The scheduled reports on connections that this daemon serves, or on all of them together; and the
    count of the findings, which the trend is made of.
    """
    settings = config.settings.reports
    file = Path(config.document.file).resolve()
    reporter = Reporter(file, config.directory / settings.folder, settings.keep_days, ended)
    mine = [each for each in settings.schedule if each.connection is None or each.connection in names]
    scheduled = [Timed(f"{each.title} {each.format}", each.cron, partial(reporter.write, each)) for each in mine]
    when = settings.count_findings
    counts = [Timed(f"tally {name}", when, partial(reporter.count, name)) for name in names] if when else []
    return [*scheduled, *counts]
