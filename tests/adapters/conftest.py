from dataclasses import replace

import pytest

from connector.mock import MockGrc

pytest.register_assert_rewrite("adapters.conformance")


@pytest.fixture
def platform(request, monkeypatch):
    """Makes the platform of a case, by its name, its habits and options changed."""
    # Not at the top: the contract's asserts are rewritten first.
    from tests.adapters.dialect_cases import BY_NAME, Case
    from tests.adapters.dialect_platform import DialectPlatform

    mocks = []

    def make(case="plain", **changes):
        found = replace(BY_NAME.get(case, Case(case, "", "{}")), **changes)
        mocks.append(MockGrc(dialect=found.dialect).start())
        return DialectPlatform(mocks[-1], monkeypatch, found)

    yield make
    for mock in mocks:
        mock.stop()


@pytest.fixture
def adapter_of():
    made = []

    def make(platform, **how):
        made.append(platform.adapter(**how))
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()
