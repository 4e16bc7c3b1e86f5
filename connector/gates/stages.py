"""The tiered workflow: which stages a version needs by its model's tier, which it has passed, which is next.

::

    stage        field                    passed      failed
    automated    validation_status        passed      failed
    validation   independent_validation   passed      failed
    compliance   compliance_review        approved    rejected
    business     business_approval        approved    rejected
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.model.fields import Value
from connector.model.gates import ALL_STAGES, DEFAULT_NEEDS, Stage

STAGE_FIELDS: Mapping[Stage, str] = {
    Stage.AUTOMATED: "validation_status",
    Stage.VALIDATION: "independent_validation",
    Stage.COMPLIANCE: "compliance_review",
    Stage.BUSINESS: "business_approval",
}
"""The field that says how a stage ended."""
STAGE_TITLES: Mapping[str, str] = {
    Stage.AUTOMATED: "automated gates",
    Stage.VALIDATION: "independent validation",
    Stage.COMPLIANCE: "compliance review",
    Stage.BUSINESS: "business sign-off",
}
"""What people call a stage."""
_REVIEWED, _TESTED = ("approved", "rejected"), ("passed", "failed")
_ENDS: Mapping[Stage, tuple[str, str]] = {
    Stage.AUTOMATED: _TESTED,
    Stage.VALIDATION: _TESTED,
    Stage.COMPLIANCE: _REVIEWED,
    Stage.BUSINESS: _REVIEWED,
}
"""The values of a stage that was passed, and of one that was failed."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of one version, each tuple in the order of the workflow. ``next`` is the first that is needed and not
    passed, a failed one included; None: nothing is left.
    """

    needed: tuple[str, ...]
    passed: tuple[str, ...]
    failed: tuple[str, ...]
    next: str | None


def stages(tier: Value, held: Mapping[str, Value], needs: Mapping[str, tuple[Stage, ...]] = DEFAULT_NEEDS) -> Stages:
    """Work out the stages of a version. ``held`` has the values of the fields in :data:`STAGE_FIELDS`, a missing one
    being empty; ``needs`` the stages by tier. An unknown tier needs all stages: that it was left out lets nobody pass.
    ``passed`` and ``failed`` tell of the needed stages alone.
    """
    asked = needs.get(tier or "", ALL_STAGES)
    needed = tuple(stage for stage in ALL_STAGES if stage in asked)
    ends = {stage: held.get(STAGE_FIELDS[stage]) for stage in needed}
    passed = tuple(stage for stage in needed if ends[stage] == _ENDS[stage][0])
    failed = tuple(stage for stage in needed if ends[stage] == _ENDS[stage][1])
    return Stages(needed, passed, failed, next((stage for stage in needed if stage not in passed), None))
