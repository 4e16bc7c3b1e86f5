"""What can go wrong with the state database beside :class:`~connector.model.errors.StateCorrupt`."""

from __future__ import annotations

from datetime import datetime

from connector.model.errors import RunAborted
from connector.state.types import Moved

RESTORE = (
    "restore it from a backup, or move it away and start with a new one: links are found again by their keys, but both "
    "journals start afresh."
)
"""What can be done about a database that cannot be trusted."""


class LeaseHeld(RunAborted):
    """Another living process holds the connection's lease: ``owner`` until ``expires``."""

    def __init__(self, message: str, *, owner: str, expires: datetime, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.owner, self.expires = owner, expires


class StateMoved(RunAborted):
    """The state in the file ``path`` was ``moved`` to a server: what came to the file now would be missing there.
    Reads go on.
    """

    def __init__(self, path: str, moved: Moved) -> None:
        super().__init__(
            f"The state in {path} was moved to {moved.to} by {moved.by} at {moved.at}: this file is not in charge now.",
            remedy="set state.url to that database in the configuration, with account and password, and start again; "
            "to go back to the file on purpose: `mlflow-grc state reopen`.",
        )
        self.path, self.moved = path, moved


class StateUnavailable(RunAborted):
    """The state database is intact as far as known but cannot be used now: disk full, no permission, locked."""
