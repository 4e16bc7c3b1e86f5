"""Both sides of the inventory joined, as controls and reports look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.controls.facts import Approved, Edit, FormerName, Running, Unreadable
from connector.controls.rules import Rules
from connector.model.fields import Entity, Field, Owner, Side, Value
from connector.model.gates import DEFAULT_NEEDS, Stage
from connector.model.state import LinkState
from connector.model.tags import Tags

SEVERITIES = ("critical", "high", "medium", "low")
"""From the most severe to the least."""
TAG = "tag:"
"""Before the key of a tag among the fields of a registry object as observed."""


@dataclass(frozen=True, slots=True)
class ApprovalStep:
    """One step of a version's approval, as the GRC tells it; ``time`` is ISO 8601."""

    step: Value = None
    name: Value = None
    role: Value = None
    time: Value = None
    decision: Value = None
    comment: Value = None
    link: Value = None


@dataclass(frozen=True, slots=True)
class JoinedIssue:
    """A ticket of the GRC, by its number; ``due`` is an ISO date. ``version`` is the number of the version that it is
    about, None where it is about the model. ``since`` (ISO 8601 UTC) is when its state was last seen to change.
    ``of_finding``: the connector opened it for a finding of a control.
    """

    number: str
    title: str
    severity: Value
    state: Value
    due: Value = None
    assignee: Value = None
    url: Value = None
    version: str | None = None
    since: str | None = None
    of_finding: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still asks for work."""
        return self.state not in ("closed", "accepted")


@dataclass(frozen=True, slots=True)
class JoinedVersion:
    """A version on both sides; a side that has none of it is None. ``production``: a production alias points at it.
    ``aliases`` are those that mean production, ``created`` is ISO 8601 UTC, ``key`` the correlation key.
    ``measured_at`` (ISO 8601 UTC) is when what monitoring measured, or the verdict on it, was last seen to change.
    """

    version: str
    registry: Mapping[str, Value] | None
    grc: Mapping[str, Value] | None
    record_id: str | None = None
    production: bool = False
    aliases: tuple[str, ...] = ()
    key: str = ""
    created: str | None = None
    approval_chain: tuple[ApprovalStep, ...] = ()
    approved: Approved | None = None
    edits: tuple[Edit, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    measured_at: str | None = None
    differs: frozenset[str] = frozenset()
    """The fields in which both sides differ and did not settle on it."""

    @property
    def in_use(self) -> bool:
        """Whether it is under a production alias, or said to be deployed in production."""
        return self.production or self.field("deployment_tier") == "production"

    def field(self, name: str) -> Value:
        """A field's value: the GRC's where it holds one, else MLflow's."""
        return _held(name, self.grc, self.registry)

    def tag(self, key: str) -> Value:
        """The text of a tag in MLflow."""
        return (self.registry or {}).get(TAG + key)


@dataclass(frozen=True, slots=True)
class JoinedModel:
    """A model on both sides. ``name`` is the registered name, or the record's where MLflow has none.

    ``claims`` are the ids of all records that claim it, or that it claims; ``provisional_since`` (ISO date) is set
    while its tier awaits the GRC's confirmation.
    """

    name: str
    registry: Mapping[str, Value] | None
    grc: Mapping[str, Value] | None
    record_id: str | None = None
    link: LinkState | None = None
    versions: tuple[JoinedVersion, ...] = ()
    issues: tuple[JoinedIssue, ...] = ()
    placeholder: bool = False
    key: str = ""
    created: str | None = None
    claims: tuple[str, ...] = ()
    provisional_since: str | None = None
    former: tuple[FormerName, ...] = ()
    edits: tuple[Edit, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def raised(self) -> tuple[JoinedIssue, ...]:
        """The issues that people raised. Those opened for findings say nothing that the controls did not say before:
        judged like others, each would open the next.
        """
        return tuple(issue for issue in self.issues if not issue.of_finding)

    @property
    def in_production(self) -> tuple[JoinedVersion, ...]:
        """The versions under a production alias."""
        return tuple(version for version in self.versions if version.production)

    def field(self, name: str) -> Value:
        """A field's value: the GRC's where it holds one, else MLflow's."""
        return _held(name, self.grc, self.registry)

    def tag(self, key: str) -> Value:
        """The text of a tag in MLflow."""
        return (self.registry or {}).get(TAG + key)


def _held(name: str, *sides: Mapping[str, Value] | None) -> Value:
    return next((side[name] for side in sides if side is not None and side.get(name) is not None), None)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All models of a connection as last observed. ``today`` is an ISO date; ``required`` are the fields that the
    chosen profile asks of a model of a tier (None: unclassified), as a lookup handed in.
    """

    models: tuple[JoinedModel, ...]
    today: str
    required: Mapping[Value, tuple[str, ...]] = field(default_factory=dict)
    model_fields: frozenset[str] = frozenset()
    version_fields: frozenset[str] = frozenset()
    owners: Mapping[str, Owner] = field(default_factory=dict)
    """Whose each field is."""
    fields: Mapping[Entity, tuple[Field, ...]] = field(default_factory=dict)
    """The mapped fields of models and of versions, in the inventory's order."""
    tags: Tags = field(default_factory=Tags)
    """The names of the connector's tags."""
    rules: Rules = field(default_factory=Rules)
    """Which controls are in force, and what is set about them."""
    taken_at: str | None = None
    """When both sides were observed (ISO 8601 UTC): the older of both times."""
    gaps: tuple[str, ...] = ()
    """The listings that did not reach their end, in words."""
    incomplete: frozenset[tuple[Side, Entity]] = frozenset()
    """The same: nothing is concluded from absence there."""
    withheld: int = 0
    """How many operations a fuse holds back."""
    registration: Mapping[Value, tuple[str, ...]] = field(default_factory=dict)
    """The fields that the EU AI Act has registered of a high-risk system, by tier (None: unclassified)."""
    running: Running = field(default_factory=Running)
    """How the connector itself ran."""
    needs: Mapping[str, tuple[Stage, ...]] = field(default_factory=lambda: DEFAULT_NEEDS)
    """The stages of the workflow that a version needs, by tier."""
    unreadable: tuple[Unreadable, ...] = ()
    """Issues of which nobody can tell whose they are."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that a person accepted: ``by`` whom, why, until when (ISO date, the last day on which it holds). It
    covers one control of one model, of all its versions where ``version`` is None.
    """

    control: str
    model: str
    version: str | None
    reason: str
    by: str
    expires: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a control saw on one object, how bad it is, and what to do. ``waiver``: who accepted it, if anybody did."""

    control: str
    severity: str
    model: str
    version: str | None
    seen: str
    remedy: str
    waiver: Waiver | None = None
