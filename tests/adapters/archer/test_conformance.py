"""The Archer adapter and the mapping that ships keep the contract against the simulated instance."""

import pytest

from adapters.conformance import AdapterContract
from tests.adapters.archer.platform import ArcherPlatform, test_options


class TestArcher(AdapterContract):
    @pytest.fixture
    def platform(self, simulator, monkeypatch):
        return ArcherPlatform(simulator, monkeypatch)


class TestArcherWithToken(AdapterContract):
    """A personal access token, reads as the vendor documents them, comments in a text field."""

    @pytest.fixture
    def platform(self, simulator, monkeypatch):
        section = test_options(reads="override")
        section["levels"]["issue"]["comments"] = {"text": "Internal_Notes"}
        return TokenPlatform(simulator, monkeypatch, section)


class TokenPlatform(ArcherPlatform):
    def __init__(self, simulator, monkeypatch, section):
        super().__init__(simulator, monkeypatch, section)
        _add_notes(simulator)

    def adapter(self, **how):
        return super().adapter(**how) if how else self.token_adapter()

    def seed_comment(self, issue_id, text):
        level = self.simulator.tenant.level_of("issues")
        self.edit(issue_id, {"Internal_Notes": text}, level)
        return True


def _add_notes(simulator):
    """A plain text field on findings, as an administrator adds one."""
    from dataclasses import replace

    tenant = simulator.tenant
    level = tenant.level_of("issues")
    title = tenant.named("issues", "title")
    notes = replace(
        title, id=99_001, name="Internal Notes", alias="Internal_Notes", common="", max_length=0, required=False
    )
    widened = replace(level, fields=(*level.fields, notes))
    tenant.applications = tuple(
        replace(one, levels=tuple(widened if each.id == level.id else each for each in one.levels))
        for one in tenant.applications
    )
