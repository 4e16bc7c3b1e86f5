"""The in-process adapter passes the contract that every adapter passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from adapters.base import Adapter, AdapterSettings, EntityFields
from adapters.conformance import AdapterContract, Platform
from connector.mock import MockGrc
from connector.mock.catalog import ISSUES, MODELS
from connector.mock.users import ADMIN, CONNECTOR
from connector.model.errors import OutcomeUnknown
from connector.model.fields import Entity
from connector.model.grc import Json
from tests.fakes.adapter import GrcCall, InProcessAdapter


class InProcessPlatform(Platform):
    key_field = "external_key"
    text_field = "purpose"
    other_field = "description"
    page_size = 100
    undeclared = Entity.USER

    def __init__(self) -> None:
        self.grc = MockGrc(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)).grc
        self.made: list[InProcessAdapter] = []

    def adapter(self) -> Adapter:
        fields = {
            Entity.MODEL: EntityFields(("external_key", "purpose", "description"), "external_key"),
            Entity.ISSUE: EntityFields(("number", "title")),
        }
        adapter = InProcessAdapter(AdapterSettings("test", "", None, None, None, fields), self.grc)
        self.made.append(adapter)
        return adapter

    def seed(self, values: Mapping[str, Json]) -> str:
        return str(self.grc.create(MODELS, values, CONNECTOR)["id"])

    def edit(self, record_id: str, values: Mapping[str, Json]) -> None:
        self.grc.patch(record_id, values, CONNECTOR)

    def delete(self, record_id: str) -> None:
        self.grc.delete(record_id, ADMIN)

    def stored(self) -> Mapping[str, Mapping[str, Json]]:
        return {row["id"]: row for row in self.grc.store.rows(MODELS)}

    def lose_answer(self) -> bool:
        def lose(call: GrcCall) -> None:
            if call.is_write:
                raise OutcomeUnknown("the answer was lost")

        for adapter in self.made:
            adapter.after.append(lose)
        return True

    def refused(self) -> Mapping[str, Json] | None:
        return {"purpose": "x" * 5_000}

    def seed_issue(self) -> str | None:
        return str(self.grc.create(ISSUES, {"title": "t", "severity": "High"}, CONNECTOR)["id"])

    def seed_comment(self, issue_id: str, text: str) -> bool:
        self.grc.comment(issue_id, text, ADMIN)
        return True


class TestInProcessAdapter(AdapterContract):
    @pytest.fixture
    def platform(self) -> Platform:
        return InProcessPlatform()
