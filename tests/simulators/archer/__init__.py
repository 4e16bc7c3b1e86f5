"""A simulated Archer instance, as unkind as its page says."""

from tests.simulators.archer.server import ArcherSimulator

__all__ = ["ArcherSimulator"]
