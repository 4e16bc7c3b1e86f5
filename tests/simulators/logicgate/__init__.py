"""A simulated LogicGate Risk Cloud environment; what it rests on is said in README.md."""

from tests.simulators.logicgate.server import LogicGate

__all__ = ["LogicGate"]
