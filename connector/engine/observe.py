"""Reads both sides whole, and asks again, one by one, for what a listing lacked.

A listing that did not reach its end leaves a gap, and nothing is concluded from absence then. An object that a
complete listing lacks is believed to be gone only when a read by name or id says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapters.base import Adapter
from connector.mapping.connection import ConnectionMapping
from connector.model.errors import AccessDenied, IncompleteSnapshot, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.grc import Record
from connector.model.policy import VersionsMode
from connector.model.state import Link, LinkState
from connector.model.views import GrcObservation, GrcView, RegistryObservation
from connector.plan import Absences
from connector.registry.base import Registry

MAX_POINT_READS = 200
"""Missing objects confirmed per side and cycle; the others stay unknown until a later one."""
