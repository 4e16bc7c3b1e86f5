"""Refused credentials, the check, and what every plug-in class has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from adapters.base import Adapter
from adapters.conformance.platform import Contract, Platform
from connector.model.errors import AuthError
from connector.model.grc import Write


class FailureContract(Contract):
    """``check``, credentials and the class itself"""

    @pytest.fixture
    def stranger(self, platform: Platform) -> Iterator[Adapter]:
        """An adapter whose credentials are refused."""
        adapter = platform.stranger()
        if adapter is None:
            pytest.skip("the platform lets everyone in")
        with adapter:
            yield adapter

    def test_making_an_adapter_sends_nothing(self, adapter: Adapter) -> None:
        assert adapter.requests_sent == 0

    def test_refused_credentials_end_the_run(self, stranger: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k"})
        with pytest.raises(AuthError):
            list(stranger.records(platform.entity))
        with pytest.raises(AuthError):
            stranger.get(platform.entity, record_id)
        with pytest.raises(AuthError):
            list(stranger.write([Write(platform.entity, record_id, {platform.text_field: "new"})]))

    def test_check_reports_refused_credentials(self, stranger: Adapter) -> None:
        problems = stranger.check()
        assert any(problem.fatal for problem in problems)
        assert all(problem.where and problem.what and problem.remedy for problem in problems)

    def test_check_has_nothing_fatal_to_say_of_a_good_platform(self, adapter: Adapter, platform: Platform) -> None:
        platform.seed({platform.key_field: "k", platform.text_field: "a", platform.other_field: "b"})
        before = platform.stored()
        assert [problem for problem in adapter.check() if problem.fatal] == []
        assert platform.stored() == before

    def test_discovered_fields_include_the_mapped_ones(self, adapter: Adapter, platform: Platform) -> None:
        platform.seed({platform.key_field: "k", platform.text_field: "a", platform.other_field: "b"})
        schema = adapter.discover()
        if platform.entity not in schema.entities:
            pytest.skip("the platform does not describe itself")
        names = {field.name for field in schema.entities[platform.entity]}
        assert {platform.key_field, platform.text_field, platform.other_field} <= names

    def test_the_class_has_a_name_and_strict_options(self, adapter: Adapter) -> None:
        assert adapter.name
        assert issubclass(adapter.Options, BaseModel)
        with pytest.raises(ValidationError):
            adapter.Options.model_validate({"no such option": 1})
