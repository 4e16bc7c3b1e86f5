"""The part of the policy about approvals that end and severe issues, and what it must be to the mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from connector.config.gates import Alias
from connector.config.gates import Severity as IssueSeverity
from connector.mapping.complaints import KeyPath
from connector.mapping.connection import ConnectionMapping
from connector.mapping.validation import Strict
from connector.model.enforcement import Action, EnforcementPolicy, Trigger
from connector.model.fields import Entity
from connector.model.policy import VersionsMode

if TYPE_CHECKING:
    from connector.config.settings import Settings

_ACTIONS = "report, block (sets the tag `grc_blocked`), or take_off (blocks, and takes the production aliases off)"
_STAGE = "stage:"


class EnforcementSettings(Strict):
    """What happens to a version whose approval ended, or that a severe issue speaks against."""

    withdrawn: Action | None = Field(
        default=None, description=f"When the approval is withdrawn or the version rejected: {_ACTIONS}."
    )
    expired: Action | None = Field(default=None, description="When the approval is over; the same three.")
    issue: Action | None = Field(default=None, description="When a severe issue is open; the same three.")
    severities: tuple[IssueSeverity, ...] = Field(
        default=("critical",), min_length=1, description="Severities of the issues that count as severe."
    )
    aliases: tuple[Alias, ...] | None = Field(
        default=None, description="Aliases that mean production; the registry's `production_aliases` unless written."
    )
    give_back: bool = Field(
        default=False,
        description="Whether an alias that was taken off returns by itself, once an approval is in force, nothing "
        "speaks against the version and no other one has the alias.",
    )

    @property
    def actions(self) -> Mapping[Trigger, Action]:
        """What each trigger does; those that do nothing are left out."""
        chosen = {each: getattr(self, each.value) for each in Trigger}
        return {trigger: action for trigger, action in chosen.items() if action is not None}

    def policy(self, production: tuple[str, ...]) -> EnforcementPolicy:
        """Return it as planning uses it; ``production`` are the registry's production aliases."""
        aliases = tuple(each for each in production if not each.startswith(_STAGE))
        chosen = self.aliases if self.aliases is not None else aliases
        return EnforcementPolicy(self.actions, self.severities, chosen, self.give_back)


def enforcement_problems(
    connection: str, settings: Settings, mapping: ConnectionMapping
) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield what of the enforcement could never happen: the key, the problem, the remedy."""
    chosen = settings.connections[connection]
    policy = chosen.policy.over(settings.policy)
    wanted = policy.enforcement
    if wanted is None:
        return
    own = chosen.policy.enforcement is not None
    path: KeyPath = (*(("connections", connection) if own else ()), "policy", "enforcement")
    if not wanted.actions:
        yield path, "nothing is enforced", "Write withdrawn, expired or issue; or remove the section."
    approvals = mapping.versions is not VersionsMode.NONE and mapping.mapped(Entity.VERSION, "approval_status")
    if not approvals and (wanted.withdrawn or wanted.expired):
        what = "the mapping holds no approval of versions, so none is ever withdrawn or over"
        yield path, what, "Remove withdrawn and expired, or map the approval."
    if wanted.issue and Entity.ISSUE not in mapping.entities:
        yield (*path, "issue"), "the mapping has no issues", "Remove it, or map them."
    if Action.TAKE_OFF not in wanted.actions.values():
        return
    if not wanted.policy(settings.registries[chosen.registry].production_aliases).aliases:
        what = f"no alias means production: registry '{chosen.registry}' names none"
        yield (*path, "aliases"), what, "Write them here, or as production_aliases of the registry."
    if policy.versions == "aliased":
        what = "a version whose alias was taken off would be left out, and never be looked at again"
        yield path, what, "Set policy.versions: all for this connection."
