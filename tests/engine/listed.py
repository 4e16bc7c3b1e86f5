"""A platform with nothing but a clock and issues, for what is remembered of listings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.engine.listings import Listing, Listings
from connector.mapping.grc_side import Gathering
from connector.mapping.keys import Keys
from connector.model.errors import MlflowGrcError
from connector.model.fields import Entity
from connector.model.grc import Record
from tests.engine.world import REGISTRY_ID

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Platform:
    """Stands in for an adapter. ``clock`` counts seconds; a listing by time reaches ``overlap`` of them back.
    ``shape`` makes the text of a time.
    """

    clock: int = 1_000
    overlap: int = 5
    tells: bool = True
    shape: Any = str
    rows: dict[str, Record] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fails: MlflowGrcError | None = None
    """Raised by the next listing by time, after its first record."""

    def put(self, record_id: str, title: str, at: int | None = None) -> None:
        """Make or change an issue."""
        time = self.shape(self.clock if at is None else at)
        self.rows[record_id] = Record(Entity.ISSUE, record_id, {"title": title}, updated_at=time)

    def rename(self, record_id: str, title: str) -> None:
        """Change an issue and leave its time as it was."""
        self.rows[record_id] = replace(self.rows[record_id], values={"title": title})

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        """Every issue, or those changed since."""
        del entity
        self.asked.append("all" if since is None else "since")
        for record in list(self.rows.values()):
            if since is None or int(record.updated_at or 0) >= int(since) - self.overlap:
                yield record
                if since is not None and self.fails is not None:
                    error, self.fails = self.fails, None
                    raise error

    def get(self, entity: Entity, record_id: str) -> Record | None:
        """One issue."""
        del entity
        self.asked.append(f"get {record_id}")
        return self.rows.get(record_id)

    def tells_changes(self, entity: Entity) -> bool:
        """As an adapter says."""
        del entity
        return self.tells


@dataclass
class Reader:
    """Lists the issues of a platform, cycle after cycle, a minute apart."""

    platform: Platform
    mapping: Any
    listings: Listings = field(default_factory=lambda: Listings(full_sweep=3_600.0))
    now: datetime = START

    def look(self, minutes: int = 1, *, ends: bool = True) -> dict[str, str]:
        """What a cycle sees: titles by id. ``ends``: it comes to its end."""
        self.now += timedelta(minutes=minutes)
        self.platform.asked.clear()
        listing: Listing = self.listings.begin(self.now)
        gathered = Gathering(self.mapping, Keys(REGISTRY_ID))
        listing.read(self.platform, Entity.ISSUE, gathered, lambda: False)  # type: ignore[arg-type]
        if ends:
            self.listings.keep()
        return {issue.id: issue.title for issue in gathered.observation({}, {}).issues}

    @property
    def held(self) -> dict[str, str]:
        """What the platform holds."""
        return {record_id: record.values["title"] for record_id, record in self.platform.rows.items()}
