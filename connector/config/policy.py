"""The policy part of the configuration: what a connection is allowed to do, and when its fuses trip."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from connector.config.enforcement import EnforcementSettings
from connector.config.findings import FindingsSettings
from connector.config.gates import GateSettings
from connector.mapping.validation import Strict
from connector.model.fields import Side
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit, Policy


class RemovalFuse(Strict):
    """A limit on removals: both numbers must be exceeded for the fuse to trip."""

    percent: float = Field(default=10, ge=0, le=100, description="Share of the linked objects, in percent.")
    floor: int = Field(default=5, ge=0, description="Number of objects that never trips the fuse.")


class UpdateFuse(Strict):
    """A limit on updates: both numbers must be exceeded for the fuse to trip."""

    percent: float = Field(default=50, ge=0, le=100, description="Share of the linked objects, in percent.")
    floor: int = Field(default=20, ge=0, description="Number of objects that never trips the fuse.")


class AliasFuse(Strict):
    """A limit on aliases given or taken off: both numbers must be exceeded for the fuse to trip."""

    percent: float = Field(default=10, ge=0, le=100, description="Share of the linked objects, in percent.")
    floor: int = Field(default=5, ge=0, description="Number of versions that never trips the fuse.")


class IssueFuse(Strict):
    """A limit on issues opened: both numbers must be exceeded for the fuse to trip."""

    percent: float = Field(default=0, ge=0, le=100, description="Share of the linked objects, in percent.")
    floor: int = Field(default=20, ge=0, description="Number of issues that never trips the fuse.")


class FuseSettings(Strict):
    """When a mass change is withheld until a person approves it."""

    retire: RemovalFuse = Field(default=RemovalFuse(), description="Records retired in the GRC.")
    tag_removal: RemovalFuse = Field(default=RemovalFuse(), description="Tags removed in MLflow.")
    emptying: RemovalFuse = Field(default=RemovalFuse(), description="Fields of records set to empty in the GRC.")
    update: UpdateFuse = Field(default=UpdateFuse(), description="Linked objects updated, on either side.")
    promote: AliasFuse = Field(default=AliasFuse(), description="Versions given the alias of promotion.")
    take_off: AliasFuse = Field(default=AliasFuse(), description="Versions that lose a production alias.")
    open_issue: IssueFuse = Field(default=IssueFuse(), description="Issues opened, or reopened, for findings.")


class PolicySettings(Strict):
    """What a connection is allowed to do. A connection's own policy replaces single keys of the common one."""

    drift: Literal["undo", "report"] = Field(
        default="undo", description="What happens to an edit on the side that does not own the field."
    )
    grc_only: Literal["report", "placeholder"] = Field(
        default="report", description="A model known to the GRC alone is reported, or gets a placeholder in MLflow."
    )
    retire: bool = Field(default=True, description="Whether a model deleted in MLflow retires its GRC record.")
    versions: Literal["all", "aliased"] = Field(
        default="all",
        description="Which versions are synchronised: all, or those with an alias, a stage or an approval request.",
    )
    read_only: tuple[Side, ...] = Field(default=(), description="Sides never written: registry, grc.")
    fuse: FuseSettings = Field(default=FuseSettings(), description="Limits of the fuse, by class.")
    gates: GateSettings | None = Field(
        default=None, description="Stages and automated gates of versions by tier, and promotion; off unless written."
    )
    enforcement: EnforcementSettings | None = Field(
        default=None,
        description="What is done when an approval ends or a severe issue opens; nothing but the tags unless written.",
    )
    findings_to_grc: FindingsSettings | None = Field(
        default=None, description="Which findings of the controls open issues in the GRC; off unless written."
    )

    def over(self, common: PolicySettings) -> PolicySettings:
        """Return ``common`` with the keys that were set here put in the place of its own."""
        merged = _merged(common.model_dump(exclude_unset=True), self.model_dump(exclude_unset=True))
        return PolicySettings.model_validate(merged)

    def policy(self, production_aliases: tuple[str, ...] = ()) -> Policy:
        """Return the policy as planning uses it; the aliases are those of the registry that mean production."""
        limits = {one: getattr(self.fuse, one.value) for one in FuseClass}
        return Policy(
            undo_drift=self.drift == "undo",
            retire=self.retire,
            placeholders=self.grc_only == "placeholder",
            read_only=frozenset(self.read_only),
            fuses={one: FuseLimit(limit.percent, limit.floor) for one, limit in limits.items()},
            gates=self.gates.policy() if self.gates is not None else None,
            findings=self.findings_to_grc.policy() if self.findings_to_grc is not None else None,
            enforcement=self.enforcement.policy(production_aliases) if self.enforcement is not None else None,
        )


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
