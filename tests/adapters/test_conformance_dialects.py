"""The declarative adapter keeps the whole contract in each dialect that real servers were seen to speak."""

import pytest

from adapters.conformance import AdapterContract
from connector.mock import MockGrc
from tests.adapters.dialect_cases import CASES, VERSIONS_BELOW
from tests.adapters.dialect_platform import DialectPlatform, VersionsBelow


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def served(request):
    with MockGrc(dialect=request.param.dialect) as mock:
        yield mock, request.param


class TestDialects(AdapterContract):
    @pytest.fixture
    def platform(self, served, monkeypatch):
        return DialectPlatform(*served[:1], monkeypatch, served[1])


class TestVersionsBelowTheirModel(AdapterContract):
    @pytest.fixture(scope="class")
    def mock(self):
        with MockGrc(dialect=VERSIONS_BELOW.dialect) as mock:
            yield mock

    @pytest.fixture
    def platform(self, mock, monkeypatch):
        return VersionsBelow(mock, monkeypatch)
