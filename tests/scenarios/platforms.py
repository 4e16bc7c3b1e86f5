"""Every platform that the stories run on: where its side is. One that is not there yet is passed over."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping

from tests.scenarios.grc import GrcSide

MOCK = "mock"
SIDES: Mapping[str, str] = {
    MOCK: "tests.scenarios.mock_side:MockSide",
    "dialect": "tests.scenarios.dialect_side:DialectSide",
    "servicenow": "tests.simulators.servicenow.side:ServiceNowSide",
    "archer": "tests.simulators.archer.side:ArcherSide",
    "logicgate": "tests.simulators.logicgate.side:LogicGateSide",
    "metricstream": "tests.simulators.metricstream.side:MetricStreamSide",
}
"""``module:class`` by the platform's name."""
NOT_IN_EVERY_RUN = frozenset({"dialect"})
"""It shows that no story knows the mock; that is worth the full run's time, for each real platform shows it too."""


def available() -> tuple[str, ...]:
    """The platforms whose side is there, the mock first."""
    return tuple(name for name, where in SIDES.items() if _is_there(where.partition(":")[0]))


def in_every_run() -> tuple[str, ...]:
    """Those of them that no run leaves out."""
    return tuple(name for name in available() if name not in NOT_IN_EVERY_RUN)


def side_class(name: str) -> type[GrcSide]:
    """A platform's side; imports it."""
    module, _, found = SIDES[name].partition(":")
    side: type[GrcSide] = getattr(importlib.import_module(module), found)
    return side


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
