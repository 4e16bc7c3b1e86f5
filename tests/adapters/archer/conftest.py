import pytest

from tests.adapters.archer.platform import ArcherPlatform
from tests.simulators.archer import ArcherSimulator


@pytest.fixture
def simulator():
    with ArcherSimulator() as server:
        yield server


@pytest.fixture
def platform(simulator, monkeypatch):
    return ArcherPlatform(simulator, monkeypatch)


@pytest.fixture
def adapter(platform):
    with platform.adapter() as adapter:
        yield adapter


@pytest.fixture
def versions(simulator):
    """The level of versions."""
    return simulator.tenant.level_of("versions")


@pytest.fixture
def issues(simulator):
    """The level of findings."""
    return simulator.tenant.level_of("issues")
