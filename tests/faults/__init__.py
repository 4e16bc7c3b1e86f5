"""Faults of the network: a TCP proxy on loopback that does to a connection what networks do."""

from tests.faults.proxy import FaultProxy

__all__ = ["FaultProxy"]
