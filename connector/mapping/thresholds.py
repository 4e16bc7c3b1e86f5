"""What may be set about each control: how severe its findings are, whether it runs, and its thresholds. A profile sets
them, and an installation over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, TypeAlias

from pydantic import Field, NonNegativeInt, PositiveInt

from connector.mapping.validation import Strict

Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Tier: TypeAlias = Literal["critical", "high", "medium", "low"]
Level: TypeAlias = Literal["high", "medium", "low"]


class Setting(Strict):
    """What may be set about every control."""

    enabled: bool | None = Field(default=None, description="Whether it runs; none: where the profile lists it.")
    severity: Severity | None = Field(
        default=None, description="How severe all its findings are; none: as the control says."
    )


class EditSetting(Setting):
    """Edits on the side that does not own the field."""

    days: NonNegativeInt = Field(default=30, description="For how many days an edit that was put back is reported.")


class ReviewSetting(Setting):
    """Reviews, where the GRC states neither the next one nor how often they are due."""

    months: dict[Tier, PositiveInt | None] = Field(
        default={"critical": 12, "high": 12, "medium": 24, "low": 36},
        description="Months from one validation to the next, by tier; null: no limit.",
    )

    def limit(self, tier: str | None) -> int | None:
        """The months that a tier allows; None for a tier without a limit, and for none."""
        return next((months for each, months in self.months.items() if each == tier), None)


class TierSetting(Setting):
    """Which tier materiality and complexity ask for."""

    matrix: dict[Level, dict[Level, Tier | None]] = Field(
        default={
            "high": {"high": "critical", "medium": "high", "low": "high"},
            "medium": {"high": "high", "medium": "medium", "low": "medium"},
            "low": {"high": "medium", "medium": "low", "low": "low"},
        },
        description="The tier by materiality, then by complexity; null: any tier will do.",
    )

    @property
    def by_level(self) -> Mapping[str, Mapping[str, str | None]]:
        """The matrix, for values of which nobody knows yet whether they are levels."""
        return {str(high): {str(level): tier for level, tier in row.items()} for high, row in self.matrix.items()}


class ProvisionalSetting(Setting):
    """Tiers that await the GRC's confirmation."""

    days: NonNegativeInt = Field(default=30, description="For how many days a tier may stay provisional.")


class IdentitySetting(Setting):
    """Names that were reused or changed."""

    days: NonNegativeInt = Field(default=90, description="For how many days the change is reported.")


class MonitoringSetting(Setting):
    """Monitoring of versions in use."""

    days: PositiveInt = Field(default=90, description="For how many days what monitoring measured may stay the same.")


class RegistrationSetting(Setting):
    """Registration under the EU AI Act."""

    high_from: date = Field(default=date(2027, 12, 2), description="The day from which a finding is high, not medium.")


class LagSetting(Setting):
    """Issues as MLflow shows them."""

    hours: NonNegativeInt = Field(default=24, description="For how many hours MLflow may lag behind the GRC.")


class RunningSetting(Setting):
    """The trail, and the runs."""

    days: PositiveInt = Field(default=7, description="For how many days a missed run is reported.")
    missed_runs: PositiveInt = Field(default=3, description="How many runs in a row have to be missed for a finding.")
    entries: NonNegativeInt = Field(
        default=10_000, description="How many of the audit trail's last entries each report proves; 0: all of them."
    )


class Thresholds(Strict):
    """What is set about the controls, by their ids."""

    C01: Setting = Setting()
    C02: Setting = Setting()
    C03: Setting = Setting()
    C04: Setting = Setting()
    C05: Setting = Setting()
    C06: Setting = Setting()
    C07: Setting = Setting()
    C08: ReviewSetting = ReviewSetting()
    C09: Setting = Setting()
    C10: EditSetting = EditSetting()
    C11: EditSetting = EditSetting()
    C12: Setting = Setting()
    C13: Setting = Setting()
    C14: TierSetting = TierSetting()
    C15: ProvisionalSetting = ProvisionalSetting()
    C16: Setting = Setting()
    C17: Setting = Setting()
    C18: IdentitySetting = IdentitySetting()
    C19: Setting = Setting()
    C20: MonitoringSetting = MonitoringSetting()
    C21: Setting = Setting()
    C22: Setting = Setting()
    C23: Setting = Setting()
    C24: RegistrationSetting = RegistrationSetting()
    C25: LagSetting = LagSetting()
    C26: Setting = Setting()
    C27: Setting = Setting()
    C28: RunningSetting = RunningSetting()

    def over(self, common: Thresholds) -> Thresholds:
        """Return ``common`` with what was set here put in the place of its own; a map is replaced key by key."""
        return Thresholds.model_validate(_merged(common.model_dump(), self.model_dump(exclude_unset=True)))

    def of(self, control: str) -> Setting:
        """What is set about one control, by its id."""
        found: Setting = getattr(self, control)
        return found


CONTROL_IDS: tuple[str, ...] = tuple(Thresholds.model_fields)
"""Every control there is."""


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _merged(under[key], over[key]) for key in under.keys() & over.keys() if isinstance(over[key], dict)}
    return {**under, **over, **both}
