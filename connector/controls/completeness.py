"""How complete a model's metadata is: which parts of what a regulated model has to state are there, and what to add.

The parts are those that the governance process asks of each regulated model. They are looked for in what was
observed: a field of the inventory, or, where the platform's mapping leaves the field out, its tag in MLflow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.controls.inventory import Inventory, JoinedModel, JoinedVersion
from connector.model.fields import Entity, Field, Location, LocationKind, Owner


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that has to be stated: under which title it counts, the canonical field, whose it is and where it
    stands unless the inventory says otherwise.
    """

    item: str
    field: str
    level: Entity
    owner: Owner = Owner.MLFLOW
    tag: str = ""


_MODEL, _VERSION = Entity.MODEL, Entity.VERSION
PARTS: Sequence[Part] = (
    Part("training data lineage", "data_sources", _VERSION),
    Part("training data lineage", "data_version", _VERSION),
    Part("training data lineage", "data_schema_hash", _VERSION),
    Part("feature pipeline", "code_commit", _VERSION),
    Part("architecture", "technique", _VERSION),
    Part("architecture", "framework", _VERSION),
    Part("validation results", "validation_status", _VERSION),
    Part("validation results", "metrics", _VERSION),
    Part("validation results", "fairness_metrics", _VERSION),
    Part("intended use", "purpose", _MODEL, Owner.SHARED),
    Part("known limitations", "limitations", _MODEL, Owner.SHARED),
    Part("approval chain", "approval_chain", _VERSION, Owner.GRC),
    Part("approval chain", "approved_by", _VERSION, Owner.GRC),
    Part("approval chain", "approval_date", _VERSION, Owner.GRC),
    Part("risk classification", "risk_classification", _MODEL, Owner.SHARED),
    Part("regulatory scope", "regulatory_scope", _MODEL, Owner.GRC, "regulatory_scope"),
    Part("data retention", "retention", _MODEL, Owner.GRC),
)
"""In the order in which they are told."""
ITEMS: Sequence[str] = tuple(dict.fromkeys(part.item for part in PARTS))
"""The titles."""
_LOGGED = {
    "data_sources": "or log the data set with mlflow.log_input in the training run",
    "metrics": "log the validation's metrics in the training run of {}",
    "fairness_metrics": "log metrics whose names start with fairness in the training run of {}",
}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is not stated: under which title, on which version (None: on the model), and what to do."""

    item: str
    version: str | None
    remedy: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Completeness:
    """``score`` is the share of ``asked`` that is there, in percent, rounded down; ``lacks`` is the rest."""

    score: int
    asked: int
    lacks: tuple[Lack, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """The titles under which something lacks."""
        return tuple(dict.fromkeys(lack.item for lack in self.lacks))


def completeness(
    inventory: Inventory, model: JoinedModel, versions: Sequence[JoinedVersion] | None = None
) -> Completeness:
    """How complete the metadata of a registered model is: of the model, and of ``versions``; None: those in production,
    or the newest one where there is none. What stands in the GRC alone has nothing to add in MLflow.
    """
    if model.registry is None or model.placeholder:
        return Completeness(100, 0)
    versions = looked_at(model) if versions is None else versions
    asked: list[tuple[Part, JoinedVersion | None]] = [(part, None) for part in PARTS if part.level is _MODEL]
    asked += [(part, version) for version in versions for part in PARTS if part.level is _VERSION]
    lacks = tuple(lack for part, version in asked for lack in _lack(inventory, model, version, part))
    return Completeness(100 * (len(asked) - len(lacks)) // len(asked), len(asked), lacks)


def looked_at(model: JoinedModel) -> tuple[JoinedVersion, ...]:
    """The versions whose metadata count: those in production, else the newest."""
    return model.in_production or model.versions[-1:]


def _lack(inventory: Inventory, model: JoinedModel, version: JoinedVersion | None, part: Part) -> Iterator[Lack]:
    held: JoinedModel | JoinedVersion = version if version is not None else model
    tags = _tags(inventory, part)
    if held.field(part.field) is None and all(held.tag(tag) is None for tag in tags):
        number = version.version if version is not None else None
        yield Lack(part.item, number, _remedy(inventory, part, version, tags), part.field)


def _tags(inventory: Inventory, part: Part) -> tuple[str, ...]:
    """The tags at which MLflow may hold the field."""
    mapped = _mapped(inventory, part)
    places = mapped.locations if mapped is not None else ()
    keys = [place.key for place in places if place.kind is LocationKind.TAG]
    usual = part.tag or (inventory.tags.field(part.field) if part.owner is Owner.GRC else part.field)
    return tuple(keys) or (usual,)


def _mapped(inventory: Inventory, part: Part) -> Field | None:
    return next((one for one in inventory.fields.get(part.level, ()) if one.name == part.field), None)


def _remedy(inventory: Inventory, part: Part, version: JoinedVersion | None, tags: Sequence[str]) -> str:
    mapped = _mapped(inventory, part)
    owner = mapped.owner if mapped is not None else part.owner
    bearer = f"version {version.version}" if version is not None else "the model"
    if owner is Owner.GRC:
        what = "fill it in the GRC" if mapped is not None else "add the field to the platform's mapping, and fill it"
        return f"{what}: {part.field} (it comes back as the tag {tags[0]} of {bearer})"
    if owner is Owner.COMPUTED:
        return f"{part.field} of {bearer} is worked out by the connector: see `mlflow-grc status`"
    logged = _LOGGED.get(part.field, "").format(bearer) if version is None or _has_run(version) else ""
    if not _has_tag(mapped):
        return logged or f"register a version from a run that tells its {part.field}: {bearer} has no run"
    return f"set the tag {tags[0]} on {bearer}" + (f", {logged}" if logged else "")


def _has_run(version: JoinedVersion) -> bool:
    return version.field("source_run") is not None or bool((version.registry or {}).get("identity.run"))


def _has_tag(mapped: Field | None) -> bool:
    places: Sequence[Location] = mapped.locations if mapped is not None else (Location(LocationKind.TAG),)
    return any(place.kind is LocationKind.TAG for place in places)
