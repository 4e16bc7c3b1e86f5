"""What a plug-in tells the suite about its platform: how to get an adapter, and how to act behind its back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pytest

from adapters.base import Adapter
from connector.model.fields import Entity
from connector.model.grc import Json


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A value that the platform stores differently from how it was sent."""

    field: str
    sent: Json
    stored: Json


class Platform(ABC):
    """A platform (a simulator, usually) that holds no record of ``entity`` at first.

    The adapter's settings have to name ``key_field`` as the key field of ``entity``, and ``text_field`` and
    ``other_field`` among its fields: two free texts that are stored as sent.
    """

    entity: Entity = Entity.MODEL
    key_field: str
    text_field: str
    other_field: str
    page_size: int
    """Records a page; small, since the suite seeds several pages."""
    required: Mapping[str, Json] = MappingProxyType({})
    """Values without which the platform takes no new record, such as the parent's id. ``seed`` adds them itself."""
    undeclared: Entity | None = None
    """An entity that the adapter's options do not declare."""
    unique_keys: bool = False
    """The platform itself refuses a second record with the same key."""

    @abstractmethod
    def adapter(self) -> Adapter:
        """A new adapter with good credentials and no waiting between retries. The suite closes it."""

    @abstractmethod
    def seed(self, values: Mapping[str, Json]) -> str:
        """Make a record without the adapter; its id."""

    @abstractmethod
    def edit(self, record_id: str, values: Mapping[str, Json]) -> None:
        """Change a record without the adapter."""

    @abstractmethod
    def delete(self, record_id: str) -> None:
        """Make a record vanish without the adapter."""

    @abstractmethod
    def stored(self) -> Mapping[str, Mapping[str, Json]]:
        """Every record as the platform itself holds it: its values by id."""

    def stranger(self) -> Adapter | None:
        """An adapter whose credentials are refused; None where there is none."""
        return None

    def break_listing(self) -> bool:
        """Let the next listing fail, for good, after its first page. Whether the platform can."""
        return False

    def lose_answer(self) -> bool:
        """Let the next write land and its answer be lost. Whether the platform can."""
        return False

    def rewrite(self) -> Rewrite | None:
        """A value that the platform stores differently."""
        return None

    def refused(self) -> Mapping[str, Json] | None:
        """Values that the platform refuses."""
        return None

    def seed_issue(self) -> str | None:
        """Make an issue without the adapter; its id."""
        return None

    def seed_comment(self, issue_id: str, text: str) -> bool:  # noqa: ARG002 - for those that can
        """Comment as a person would. Whether the platform can."""
        return False


class Contract:
    """What all parts of the suite share."""

    @pytest.fixture
    def platform(self) -> Platform:
        """The platform under test."""
        raise NotImplementedError("give a fixture named platform that returns an adapters.conformance.Platform")

    @pytest.fixture
    def adapter(self, platform: Platform) -> Iterator[Adapter]:
        """An adapter with good credentials."""
        with platform.adapter() as adapter:
            yield adapter
