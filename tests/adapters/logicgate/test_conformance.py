"""The adapter keeps the contract against the simulated environment, whichever way it answers what nobody publishes."""

import pytest

from adapters.conformance import AdapterContract
from tests.adapters.logicgate.platform import LogicGatePlatform, shipped
from tests.simulators.logicgate.schema import Permission


class TestLeastPrivilege(AdapterContract):
    """A token that may read and write, and ids in the options."""

    @pytest.fixture
    def platform(self, simulator, tmp_path):
        return LogicGatePlatform(simulator, tmp_path)


class TestByName(AdapterContract):
    """Nothing but names in the options, and a token that may look them up; the other habits of a tenant."""

    @pytest.fixture
    def platform(self, simulator, tmp_path):
        simulator.permit(Permission.READ, Permission.WRITE, Permission.BUILD, locale="de-DE")
        vars(simulator.manners).update(
            dates="iso",
            empty_fields="listed",
            updated_min_is_inclusive=True,
            created_answer="plain",
            patched_answer="empty",
            clearing=frozenset({'[""]'}),
            date_writes="ms",
            hidden_by_id=404,
            unauthorized="html",
            refused="html",
            reuses_token=False,
            option_key="options",
            max_size=3,
        )
        return LogicGatePlatform(
            simulator, tmp_path, {**shipped(), "clear_with": "empty_text", "date_write_format": "milliseconds"}
        )
