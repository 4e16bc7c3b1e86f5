"""What planning rests on, beside the two observations: the connection's rules and what was remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.attest import Attestations
from connector.mapping.keys import Keys
from connector.mapping.sources import Scope
from connector.model.fields import Entity, Field, Value
from connector.model.operations import FieldChange, LinkChange, Operation, Remark, Settle
from connector.model.policy import Policy, VersionsMode
from connector.model.state import Agreement, Base, ConflictCase, Link, QuarantineCase, Resolution
from connector.model.tags import Tags
from connector.model.views import GrcView, Issue, ObjectRef, RegistryView

ASSIGNED = "(assigned by the GRC)"
"""Stands in a plan for what only the GRC can tell: the id and address of a record still to be created."""

APPROVAL_STATUS = "approval_status"
RISK_CLASS = "risk_classification"
TIER_CONFIRMED_ON = "tier_confirmed_on"
EXISTENCE = "existence"
"""Pseudo-field of a conflict about whether an object should exist at all."""


class Identity:
    """Pseudo-fields that tie a record to its registry object; the mapping names their platform fields."""

    KEY = "identity.key"
    INSTANCE = "identity.instance"
    NAME = "identity.name"
    VERSION = "identity.version"
    CREATED = "identity.created"
    PARENT = "identity.parent"
    GOVERNED_VERSION = "identity.governed_version"


@dataclass(frozen=True, slots=True)
class Context:
    """A connection's rules. ``today`` is an ISO date, ``now`` an ISO time: planning itself has no clock."""

    connection: str
    instance: str
    keys: Keys
    fields: Mapping[Entity, tuple[Field, ...]]
    versions: VersionsMode
    retire: Mapping[Entity, Mapping[str, Value]]
    tags: Tags
    policy: Policy
    today: str
    now: str
    identity: Mapping[Entity, frozenset[str]] = field(default_factory=dict)
    """The identity pseudo-fields that the mapping gives a place, per entity."""
    placeholder_workspace: str | None = None
    """Where placeholders are made, where names tell the workspace."""
    scope: Scope = field(default_factory=Scope)
    """Which registered models are the connection's."""
    attestations: Attestations | None = None
    """How approvals are signed; None: they are not."""
    _named: Mapping[tuple[Entity, str], Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {(entity, each.name): each for entity, fields in self.fields.items() for each in fields}
        object.__setattr__(self, "_named", named)

    def field(self, entity: Entity, name: str) -> Field | None:
        """A field in use by its name; None where the connection does not use it."""
        return self._named.get((entity, name))


@dataclass(frozen=True, slots=True)
class Memory:
    """What the state database remembers of the connection. Keys are correlation keys."""

    links: Mapping[str, Link] = field(default_factory=dict)
    bases: Mapping[str, Mapping[str, Base]] = field(default_factory=dict)
    resolutions: Mapping[tuple[str, str], Resolution] = field(default_factory=dict)
    quarantines: Mapping[tuple[str, str], QuarantineCase] = field(default_factory=dict)
    conflicts: frozenset[ConflictCase] = frozenset()
    """What is parked already, without its since-date."""
    approved: frozenset[str] = frozenset()
    """Digests of withheld operations that a person approved, still valid."""
    withheld: frozenset[str] = frozenset()
    """Digests of the operations that the last run withheld."""
    retiring: frozenset[str] = frozenset()
    """Keys of the objects whose records the last run would have retired, had a fuse not withheld it."""
    responses: frozenset[str] = frozenset()
    """Tokens of the responses already posted."""
    former_prefixes: tuple[str, ...] = ()
    """What the connector's tags started with under earlier mappings."""
    undeletable: frozenset[str] = frozenset()
    """Names of models that would not let this account delete a version's tag in this run."""
    issues: Mapping[str, Issue] = field(default_factory=dict)
    """The issues as last read, by id."""


@dataclass(frozen=True, slots=True)
class Absences:
    """What point reads found out about objects that a listing lacked."""

    registry_gone: frozenset[str] = frozenset()
    registry_unknown: Mapping[str, str] = field(default_factory=dict)
    records_gone: frozenset[tuple[Entity, str]] = frozenset()
    records_unknown: Mapping[tuple[Entity, str], str] = field(default_factory=dict)
    registry_left_out: Mapping[str, str] = field(default_factory=dict)
    """Objects of a workspace that the configuration leaves out by now."""
    registry_unasked: frozenset[str] = frozenset()
    """Of the unknown: those that were not asked for in this cycle."""
    records_unasked: frozenset[tuple[Entity, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Pair:
    """One object as both sides hold it. ``registry`` is always there; ``grc`` None means "to be created".

    ``retained`` marks a version that a ``governed`` record no longer names: its ``grc`` holds the last decision
    recorded and nothing is written to the GRC but a new submission. ``inherited``: its connector tags were copied
    from another version. ``parent`` is the model's record (for a version); ``issues`` None when the listing of issues
    was incomplete. ``may_submit``: no other submission of the model is under way. ``governed`` is what the model's
    record says of whichever version it governs.
    """

    ref: ObjectRef
    registry: RegistryView
    grc: GrcView | None
    link: Link | None
    bases: Mapping[str, Base] = field(default_factory=dict)
    parent: GrcView | None = None
    issues: tuple[Issue, ...] | None = ()
    retained: bool = False
    inherited: bool = False
    may_submit: bool = True
    governed: GrcView | None = None
    versioned: bool = False
    """Whether versions of the registered model were seen."""
    moved_from: str | None = None
    """The key before a rename."""
    model: RegistryView | None = None
    """Of a version: its registered model."""
    model_issues: tuple[Issue, ...] | None = ()
    """Of a version: the issues of its model that are about no version; None when the listing was incomplete."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Of a registered model: the numbers of its versions, by what issues name them by."""
    tier: Value = None
    """Of a version: its model's risk class, as it stands once the model's plan is carried out."""

    @property
    def first_contact(self) -> bool:
        """Whether nothing was ever agreed for this object: its differences are no mass change."""
        return not self.bases


def is_placeholder(context: Context, bases: Mapping[str, Base]) -> bool | None:
    """Whether a registered model with these bases was agreed to stand for what the GRC alone knows; None where nothing
    was agreed. The tag itself may be anybody's; one written under an earlier prefix counts as long as it is moved.
    """
    key = context.tags.placeholder
    former = (base for base in bases.values() if base.agreement is Agreement.FORMER and base.grc == key)
    base = bases.get(key) or next(former, None)
    return base.registry is not None if base is not None else None


@dataclass(slots=True)
class Findings:
    """Collects what planning finds, in order."""

    operations: list[Operation] = field(default_factory=list)
    settles: list[Settle] = field(default_factory=list)
    links: list[LinkChange] = field(default_factory=list)
    conflicts: list[ConflictCase] = field(default_factory=list)
    quarantines: list[QuarantineCase] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def add(self, more: Findings) -> None:
        """Append all that another collection found."""
        self.operations += more.operations
        self.settles += more.settles
        self.links += more.links
        self.conflicts += more.conflicts
        self.quarantines += more.quarantines
        self.remarks += more.remarks


@dataclass(slots=True)
class Changes:
    """The field changes of one object, per side."""

    registry: list[FieldChange] = field(default_factory=list)
    grc: list[FieldChange] = field(default_factory=list)
