"""A run that fails ends as failed in the state, whatever it failed of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from connector.engine.connection import Connection
from connector.logs import get_logger
from connector.model.errors import Defect, MlflowGrcError
from connector.model.state import Run, RunStatus
from connector.state.times import stamp

log = get_logger(__name__)
T = TypeVar("T")


def recorded(connection: Connection, run: Run, work: Callable[[], T]) -> T:
    """Do the work of ``run``, which ends the run itself where it comes to its end. Raises RunAborted, or Defect for
    what nobody foresaw, after the run was recorded as failed.
    """
    try:
        return work()
    except MlflowGrcError as error:
        _fail(connection, run, error)
        raise
    except Exception as error:
        defect = Defect(f"connection {connection.name}", error)
        _fail(connection, run, defect)
        raise defect from error


def _fail(connection: Connection, run: Run, error: MlflowGrcError) -> None:
    ended = stamp(connection.clock())
    failed = replace(run, ended=ended, status=RunStatus.FAILED, message=str(error))
    try:
        head = str(connection.store.end_run(failed))
    except ValueError:
        head = "ended by the process that took over"
    # What went wrong is raised, and told once by whoever runs the cycle.
    log.warning("run ended", status=str(RunStatus.FAILED), audit_head=head)
