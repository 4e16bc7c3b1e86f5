"""The platforms that can be measured: those whose simulator is there."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from benchmarks.platforms.platform import Platform
from tests.scenarios.platforms import available

_PLATFORMS: Mapping[str, str] = {
    "servicenow": "benchmarks.platforms.servicenow:ServiceNow",
    "archer": "benchmarks.platforms.archer:Archer",
    "logicgate": "benchmarks.platforms.logicgate:LogicGate",
    "metricstream": "benchmarks.platforms.metricstream:MetricStream",
}
"""``module:class`` by the platform's name."""


def names() -> tuple[str, ...]:
    """Those that can be measured."""
    return tuple(name for name in _PLATFORMS if name in available())


def platform(name: str) -> Platform:
    """One of them."""
    module, _, found = _PLATFORMS[name].partition(":")
    made: Platform = getattr(importlib.import_module(module), found)()
    return made
