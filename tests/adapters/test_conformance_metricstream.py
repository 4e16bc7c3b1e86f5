"""The declarative adapter with the mapping for MetricStream passes the suite against the simulated tenant."""

import pytest

from adapters.conformance import AdapterContract
from tests.adapters.metricstream_platform import MetricStreamPlatform
from tests.simulators.metricstream import MetricStream


@pytest.fixture(scope="module")
def simulator():
    with MetricStream() as running:
        yield running


class TestMetricStream(AdapterContract):
    @pytest.fixture
    def platform(self, simulator, monkeypatch):
        simulator.faults.clear()
        for kind in ("approvals", "issues", "versions", "models"):
            for row in simulator.mock.store.rows(kind):
                simulator.mock.grc.delete(row["id"], simulator.mock.as_user("admin@bank.example").user)
        return MetricStreamPlatform(simulator, monkeypatch)
