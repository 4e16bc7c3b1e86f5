"""The contract, kept against the simulated instance whichever way it is paged, written and signed in to."""

import pytest

from adapters.conformance import AdapterContract
from tests.adapters.servicenow.platform import ServiceNowPlatform, options


class TestServiceNow(AdapterContract):
    @pytest.fixture(params=["as shipped", "by offset", "one write at a time", "ids by the platform"])
    def platform(self, request, simulator, monkeypatch):
        section = {
            "as shipped": options(),
            "by offset": options(paging="offset"),
            "one write at a time": options(batch_size=1),
            "ids by the platform": options(chosen_ids=False),
        }[request.param]
        return ServiceNowPlatform(simulator, monkeypatch, section)
