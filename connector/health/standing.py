"""How one connection stands, as the state database tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from connector.model.state import Approval, ConflictCase, QuarantineCase, Resolution, Run, RunStatus
from connector.state.base import StateReader
from connector.state.types import Lease, Withheld

RUNS = 5
"""How many of the last runs are told."""
_LOOKED_THROUGH = (RUNS, 300, 20_000)
"""How many runs are read, step by step, to find the last complete one."""
_ENDED_WELL = frozenset({RunStatus.CLEAN, RunStatus.APPLIED, RunStatus.ATTENTION})


@dataclass(frozen=True, slots=True)
class Standing:
    """``runs`` are the last ones, newest first, ``complete`` the last that saw and applied everything, if any did.
    ``lease``: who synchronises the connection right now.
    """

    connection: str
    runs: tuple[Run, ...] = ()
    complete: Run | None = None
    conflicts: tuple[ConflictCase, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    quarantines: tuple[QuarantineCase, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    approvals: tuple[Approval, ...] = ()
    lease: Lease | None = None

    @property
    def last(self) -> Run | None:
        """The last run that came to an end."""
        return next((run for run in self.runs if run.ended), None)

    @property
    def unanswered(self) -> list[ConflictCase]:
        """The conflicts that wait for a person."""
        return open_cases(self.conflicts, self.resolutions)

    @property
    def unapproved(self) -> list[Withheld]:
        """What the fuses hold back and nobody approved."""
        approved = released(self.approvals)
        return [one for one in self.withheld if one.digest not in approved]


def standing(store: StateReader, name: str, now: datetime) -> Standing:
    """Read how a connection stands. Raises StateCorrupt and StateUnavailable."""
    lease = store.lease(name)
    return Standing(
        connection=name,
        runs=tuple(store.runs(name, RUNS)),
        complete=last_complete(store, name),
        conflicts=tuple(store.conflicts(name)),
        resolutions=tuple(store.resolutions(name)),
        quarantines=tuple(store.quarantines(name)),
        withheld=tuple(store.withheld(name)),
        approvals=tuple(store.approvals(name, now)),
        lease=lease if lease is not None and lease.expires > now else None,
    )


def last_complete(store: StateReader, name: str) -> Run | None:
    """The last complete run of a connection, as far as anybody would look back."""
    for limit in _LOOKED_THROUGH:
        runs = store.runs(name, limit)
        found = next((run for run in runs if is_complete(run)), None)
        if found is not None or len(runs) < limit:
            return found
    return None


def is_complete(run: Run) -> bool:
    """Whether a run read both sides to the end and was about all that it found, whatever it left to a person."""
    return run.status in _ENDED_WELL and not run.counts.get("gaps", 0) and not run.counts.get("left_out", 0)


def open_cases(cases: Iterable[ConflictCase], answers: Iterable[Resolution]) -> list[ConflictCase]:
    """The conflicts that nobody answered, or whose values have moved since: such an answer holds no more."""
    given = {(answer.ref.key, answer.field, answer.registry, answer.grc) for answer in answers}
    return [case for case in cases if (case.ref.key, case.field, case.registry, case.grc) not in given]


def released(approvals: Iterable[Approval]) -> dict[str, Approval]:
    """The approval of each approved operation by digest: the first one, which is the one that lets it through."""
    found: dict[str, Approval] = {}
    for approval in approvals:
        for digest in approval.digests:
            found.setdefault(digest, approval)
    return found
