"""The declarative adapter keeps the whole contract in each dialect that real servers were seen to speak."""

import pytest

from adapters.conformance import AdapterContract
from connector.mock import MockGrc
from tests.adapters.dialect_cases import CASES, VERSIONS_ACROSS, VERSIONS_BELOW
from tests.adapters.dialect_platform import DialectPlatform, VersionsBelow


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def served(request):
    with MockGrc(dialect=request.param.dialect) as mock:
        yield mock, request.param


class TestDialects(AdapterContract):
    @pytest.fixture
    def platform(self, served, monkeypatch):
        return DialectPlatform(*served[:1], monkeypatch, served[1])


@pytest.fixture(scope="module", params=[VERSIONS_BELOW, VERSIONS_ACROSS], ids=lambda case: case.name)
def below(request):
    with MockGrc(dialect=request.param.dialect) as mock:
        yield mock, request.param


class TestVersionsBelowTheirModel(AdapterContract):
    @pytest.fixture
    def platform(self, below, monkeypatch):
        return VersionsBelow(below[0], monkeypatch, below[1])
