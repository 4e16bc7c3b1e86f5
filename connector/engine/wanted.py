"""What a report is asked for, on the command line or by a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is about: one model by name, or all; the regime whose fields are asked for (None: that of the
    configuration); the day (ISO); these controls alone, where some are named. Until ``now`` runs are expected; without
    it nobody asks whether the last one is late.
    """

    today: str
    model: str | None = None
    profile: str | None = None
    controls: tuple[str, ...] = ()
    now: datetime | None = None

    @property
    def is_usual(self) -> bool:
        """Whether it is about everything, as the configuration has it."""
        return self.model is None and self.profile is None and not self.controls
