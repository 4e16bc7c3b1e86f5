import pytest

from tests.adapters.logicgate.platform import LogicGatePlatform
from tests.simulators.logicgate.fixtures import client, officer, server, simulator

__all__ = ["client", "officer", "server", "simulator"]


@pytest.fixture
def platform(simulator, tmp_path):
    return LogicGatePlatform(simulator, tmp_path)


@pytest.fixture
def adapter(platform):
    with platform.adapter() as adapter:
        yield adapter
