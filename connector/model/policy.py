"""What a connection is allowed to do, as the pure core needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.model.enforcement import EnforcementPolicy
from connector.model.fields import Side
from connector.model.gates import GatePolicy
from connector.model.operations import FuseClass


class VersionsMode(StrEnum):
    """How the GRC holds the approval of versions."""

    RECORDS = "records"
    """A record per version."""
    GOVERNED = "governed"
    """The model record names one governed version; its approval is that version's alone."""
    NONE = "none"
    """The GRC knows no versions: approvals are not synchronised."""


@dataclass(frozen=True, slots=True)
class FuseLimit:
    """A class trips when more than ``floor`` objects and more than ``percent`` of the linked ones are concerned."""

    percent: float
    floor: int


DEFAULT_FUSES: Mapping[FuseClass, FuseLimit] = {
    FuseClass.RETIRE: FuseLimit(10, 5),
    FuseClass.TAG_REMOVAL: FuseLimit(10, 5),
    FuseClass.EMPTYING: FuseLimit(10, 5),
    FuseClass.UPDATE: FuseLimit(50, 20),
    FuseClass.PROMOTE: FuseLimit(10, 5),
    FuseClass.TAKE_OFF: FuseLimit(10, 5),
    FuseClass.OPEN_ISSUE: FuseLimit(0, 20),
}


@dataclass(frozen=True, slots=True)
class FindingsPolicy:
    """Which findings open issues in the GRC: those of at least this ``severity``, of these ``controls`` (empty: of all
    in force).
    """

    severity: str
    controls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """``undo_drift`` false: drift is reported, not put back. ``retire``: a deleted registry object retires its
    record. ``placeholders``: a model known to the GRC alone gets a registered model without versions.
    ``read_only`` sides are never written. ``gates`` None: the workflow of versions is none of the connector's business.
    ``findings`` None: no finding opens an issue. ``enforcement`` None: that an approval ended is told,
    and nothing more.
    """

    undo_drift: bool = True
    retire: bool = True
    placeholders: bool = False
    read_only: frozenset[Side] = frozenset()
    fuses: Mapping[FuseClass, FuseLimit] = field(default_factory=lambda: dict(DEFAULT_FUSES))
    gates: GatePolicy | None = None
    findings: FindingsPolicy | None = None
    enforcement: EnforcementPolicy | None = None
