"""Which controls are in force, and what is set about each: the profile's choice, and the installation's over it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from connector.mapping.profile import Profile
from connector.mapping.thresholds import CONTROL_IDS, Thresholds


@dataclass(frozen=True, slots=True)
class Rules:
    """The controls in force, by id, and the settings of all."""

    in_force: tuple[str, ...] = CONTROL_IDS
    settings: Thresholds = field(default_factory=Thresholds)

    def only(self, controls: Collection[str]) -> Rules:
        """These controls alone, as far as they are in force; all for none."""
        return replace(self, in_force=tuple(each for each in self.in_force if each in controls)) if controls else self


def rules_of(profile: Profile, installation: Thresholds) -> Rules:
    """What the profile lists runs, but for what ``enabled`` says; settings of the installation win."""
    settings = installation.over(profile.settings.over(Thresholds()))
    chosen = {control: settings.of(control).enabled for control in CONTROL_IDS}
    in_force = (one for one, enabled in chosen.items() if (one in profile.controls if enabled is None else enabled))
    return Rules(tuple(in_force), settings)
