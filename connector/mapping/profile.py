"""Profiles: which fields, controls and words a supervisory regime asks for. Data, so that a change of regime is a
change of configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field

from connector.mapping.complaints import Complaint, KeyPath, complain, nearest
from connector.mapping.inventory import FieldName, Inventory, default_inventory
from connector.mapping.thresholds import Thresholds
from connector.mapping.validation import Strict, validate
from connector.mapping.yamlfile import Document, read_yaml
from connector.model.errors import ConfigError
from connector.model.fields import Value

TIER_FIELD = "risk_classification"
ControlId: TypeAlias = Annotated[str, Field(pattern=r"^C(0[1-9]|1[0-9]|2[0-8])$")]


class RequiredFields(Strict):
    """Fields that must not be empty: in every tier, and those that single tiers add."""

    every_tier: tuple[FieldName, ...] = ()
    by_tier: dict[str, tuple[FieldName, ...]] = Field(default_factory=dict)


class Profile(Strict):
    """A regime. ``aliases`` are its own words for canonical values, by field, as in
    ``{risk_classification: {critical: "1"}}``.

    ``controls`` are those in force, ``settings`` what the regime changes about single ones.
    Dates are those on which the regime takes, took or lost effect; ``superseded_by`` is the id of the one after it.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str
    source: str
    effective_from: date | None = None
    effective_until: date | None = None
    superseded_by: str | None = None
    note: str = ""
    required: RequiredFields = RequiredFields()
    aliases: dict[FieldName, dict[str, str]] = Field(default_factory=dict)
    controls: tuple[ControlId, ...] = ()
    settings: Thresholds = Thresholds()

    def in_effect(self, day: date) -> bool:
        """Whether the regime applies on ``day``."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_until is None or day < self.effective_until)

    def word(self, field: str, value: Value) -> Value:
        """The regime's own word for a canonical value; the value itself where it has none."""
        return value if value is None else self.aliases.get(field, {}).get(value, value)

    def canonical(self, field: str, word: Value) -> Value:
        """The canonical value that the regime's word stands for; the word itself where it stands for none."""
        return next((value for value, own in self.aliases.get(field, {}).items() if own == word), word)


def missing_fields(profile: Profile, tier: Value, fields: Mapping[str, Value]) -> tuple[str, ...]:
    """The required fields that are empty or absent, in the profile's order.

    Without a tier every tier's fields are asked for: not being classified must not ask for less.
    """
    lists = profile.required.by_tier
    added = [name for names in lists.values() for name in names] if tier is None else lists.get(tier, ())
    asked = dict.fromkeys([*profile.required.every_tier, *added])
    return tuple(name for name in asked if fields.get(name) is None)


def packaged_profiles() -> tuple[str, ...]:
    """The ids of the profiles that come with mlflow-grc."""
    names = (Path(entry.name) for entry in (resources.files("mappings") / "profiles").iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".yaml"))


def load_profile(id_or_path: str, *, inventory: Inventory | None = None, relative_to: Path | None = None) -> Profile:
    """Load a packaged profile by its id, or one of your own by its path. Raises ConfigError with every problem."""
    document = read_yaml(_path(id_or_path, relative_to), remedy="Check the profile's path.")
    profile = validate(Profile, document)
    complain(document.file, _misfits(profile, inventory or default_inventory(), document))
    return profile


def profile_text(id_or_path: str, *, relative_to: Path | None = None) -> str:
    """The file of a profile, as it is written. Raises ConfigError for one that is not there."""
    path = _path(id_or_path, relative_to)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The profile {path} cannot be read: {error.strerror}.", file=str(path)) from error


def _path(id_or_path: str, relative_to: Path | None) -> Path:
    if id_or_path in packaged_profiles():
        with resources.as_file(resources.files("mappings") / "profiles" / f"{id_or_path}.yaml") as path:
            return path
    if not id_or_path.endswith((".yaml", ".yml")):
        remedy = f"{nearest(id_or_path, packaged_profiles())} A file of your own ends in .yaml."
        raise ConfigError(f"There is no profile '{id_or_path}'.", remedy=remedy)
    return (relative_to or Path()) / Path(id_or_path).expanduser()


def _misfits(profile: Profile, inventory: Inventory, document: Document) -> list[Complaint]:
    tiers = inventory.fields[TIER_FIELD].values
    found: list[tuple[KeyPath, str, str]] = [
        (path, f"the inventory has no field '{name}'", nearest(name, inventory.fields))
        for path, name in _named_fields(profile)
        if name not in inventory.fields
    ]
    found += [
        (("required", "by_tier", tier), f"'{tier}' is no tier", nearest(tier, tiers))
        for tier in profile.required.by_tier
        if tier not in tiers
    ]
    found += [
        (("aliases", name, value), f"'{value}' is no value of the field", nearest(value, inventory.fields[name].values))
        for name, words in profile.aliases.items()
        for value in words
        if name in inventory.fields and value not in inventory.fields[name].values
    ]
    return [Complaint(document.line(path), path, what, remedy) for path, what, remedy in found]


def _named_fields(profile: Profile) -> Iterator[tuple[KeyPath, str]]:
    for position, name in enumerate(profile.required.every_tier):
        yield ("required", "every_tier", position), name
    for tier, names in profile.required.by_tier.items():
        for position, name in enumerate(names):
            yield ("required", "by_tier", tier, position), name
    for name in profile.aliases:
        yield ("aliases", name), name
