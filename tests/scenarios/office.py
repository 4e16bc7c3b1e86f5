"""One platform's simulator for a whole session, and what every scene on it shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from tests.scenarios.grc import GrcSide, Mapped
from tests.scenarios.platforms import side_class
from tests.scenarios.scene import Clock
from tests.scenarios.sending import Sending


@dataclass
class Office:
    """A platform at work, and how it was before anybody used it."""

    side: GrcSide
    clock: Clock
    sending: Sending
    blank: str
    directories: pytest.TempPathFactory
    _mappings: dict[Mapped, Path] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def opened(cls, platform: str, directories: pytest.TempPathFactory) -> Iterator[Self]:
        """Start the platform's simulator for the block."""
        clock = Clock()
        side = side_class(platform)(clock)
        with side.simulator:
            yield cls(side, clock, Sending(side.simulator), side.dump(), directories)

    def empty(self) -> GrcSide:
        """The platform as if nobody had ever used it."""
        self.clock.now = Clock().now
        self.side.load(self.blank)
        self.side.calm()
        self.sending.seen = None
        self.sending.unannounced.clear()
        return self.side

    def mapping(self, wanted: Mapped) -> Path:
        """The file of a mapping, one for each way to map: it is read once for all scenes that share it."""
        if wanted not in self._mappings:
            self._mappings[wanted] = self.side.write_mapping(self.directories.mktemp("mapping"), wanted)
        return self._mappings[wanted]

    def reason_against(self, test: Any) -> str | None:
        """Why the platform cannot express what a test is about; None: it can."""
        name, callspec = test.originalname, test.callspec
        telling = "-".join(callspec.params[part] for part in ("platform", "way") if part in callspec.params)
        case = f"-{callspec.id}-".replace(f"-{telling}-", "-").strip("-")
        return self.side.inexpressible.get(name) or self.side.inexpressible.get(f"{name}[{case}]")
