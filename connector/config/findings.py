"""The part of the policy about findings that open issues in the GRC, and what it must be to the mapping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from connector.mapping.complaints import KeyPath, nearest
from connector.mapping.connection import ConnectionMapping
from connector.mapping.thresholds import CONTROL_IDS, Severity
from connector.mapping.validation import Strict
from connector.model.policy import FindingsPolicy

if TYPE_CHECKING:
    from connector.config.settings import Settings

HOMELESS = frozenset({"C05", "C27", "C28"})
"""Controls whose findings no issue can be opened for: they are about a model that has no record in the GRC, or about
the connection as a whole.
"""


class FindingsSettings(Strict):
    """Which findings of the controls open issues in the GRC, one for each control and model, or version."""

    severity: Severity = Field(default="high", description="The least severe findings that open an issue.")
    controls: tuple[str, ...] = Field(
        default=(), description="Controls whose findings open issues, by id; empty: all in force."
    )

    @field_validator("controls")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for control in value:
            if control not in CONTROL_IDS:
                raise ValueError(f"'{control}' is no control Remedy: {nearest(control, CONTROL_IDS)}")
            if control in HOMELESS:
                raise ValueError(f"{control} is about no record of the GRC, and opens no issue Remedy: Remove it.")
        return value

    def policy(self) -> FindingsPolicy:
        """Return it as planning uses it."""
        return FindingsPolicy(self.severity, self.controls)


def finding_problems(
    connection: str, settings: Settings, mapping: ConnectionMapping
) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield why no finding could open an issue on the connection's platform: the key, the problem, the remedy."""
    own = settings.connections[connection].policy
    if own.over(settings.policy).findings_to_grc is None or mapping.opening is not None:
        return
    path: KeyPath = ("connections", connection, "policy") if own.findings_to_grc is not None else ("policy",)
    what = f"the mapping '{settings.connections[connection].mapping}' does not say how issues are opened"
    remedy = (
        "Remove it; or make a copy of the mapping and give entities.issue there `opening`, identity.key (a text field "
        "of issues that is free for it) and identity.parent, and let the adapter's section create and update issues."
    )
    yield (*path, "findings_to_grc"), what, remedy
