"""Loading a connection's mapping: the files, the checks, and the connection's own settings over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path

from pydantic import BaseModel

from connector.mapping.check import check_mapping
from connector.mapping.complaints import complain, nearest
from connector.mapping.connection import ConnectionMapping
from connector.mapping.inventory import TAKEN_REMEDY, Inventory, load_inventory, taken_place
from connector.mapping.platform import PlatformMapping
from connector.mapping.validation import examine
from connector.mapping.yamlfile import Document, read_yaml
from connector.model.errors import ConfigError
from connector.model.fields import Owner
from connector.model.grc import Json
from connector.model.tags import DEFAULT_PREFIX, Tags

_NOT_MAPPINGS = ("inventory",)


def packaged_mappings() -> tuple[str, ...]:
    """The names of the platform mappings that come with mlflow-grc."""
    names = (Path(entry.name) for entry in resources.files("mappings").iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".yaml" and name.stem not in _NOT_MAPPINGS))


def mapping_path(name_or_path: str, *, relative_to: Path | None = None) -> Path:
    """The file of a mapping: a packaged one by its name, else a path. Raises ConfigError for an unknown name."""
    if name_or_path in packaged_mappings():
        with resources.as_file(resources.files("mappings") / f"{name_or_path}.yaml") as path:
            return path
    if "/" not in name_or_path and not name_or_path.endswith((".yaml", ".yml")):
        remedy = f"{nearest(name_or_path, packaged_mappings())} A file of your own ends in .yaml."
        raise ConfigError(f"There is no mapping '{name_or_path}'.", key="mapping", remedy=remedy)
    return (relative_to or Path()) / Path(name_or_path).expanduser()


def load_mapping(
    name_or_path: str | Path,
    *,
    owners: Mapping[str, Owner] | None = None,
    computed: Collection[str] = (),
    tag_prefix: str = DEFAULT_PREFIX,
    adapter_options_model: type[BaseModel] | None = None,
    inventory: Path | None = None,
    run_fields: bool = True,
    relative_to: Path | None = None,
) -> ConnectionMapping:
    """Load a mapping for one connection.

    ``owners`` override the inventory's, the connector owns the fields in ``computed``, ``adapter_options_model``
    validates the adapter's section (left raw without), ``inventory`` replaces the default one, ``run_fields`` false
    leaves out whatever stands in runs. Raises ConfigError with every problem of the mapping's file; one of ``owners``
    has the key ``owners.<field>`` and no file, a field that the prefix puts among the connector's own tags the key
    ``fields.<field>``.
    """
    document = read_yaml(mapping_path(str(name_or_path), relative_to=relative_to), remedy="Correct `mapping`.")
    fields = load_inventory(inventory)
    platform, options = _examine(document, fields, adapter_options_model)
    chosen = dict(owners or {})
    _check_owners(fields, chosen, tag_prefix)
    chosen |= dict.fromkeys(computed, Owner.COMPUTED)
    _check_places(fields, chosen, tag_prefix)
    return ConnectionMapping(
        file=document.file,
        platform=platform,
        inventory=fields,
        tags=Tags(tag_prefix),
        options=options,
        owners=chosen,
        run_fields=run_fields,
    )


def _examine(
    document: Document, inventory: Inventory, options_model: type[BaseModel] | None
) -> tuple[PlatformMapping, Json]:
    adapter = str(document.data.get("adapter"))
    without_options = {key: value for key, value in document.data.items() if key != adapter}
    platform, complaints = examine(PlatformMapping, document, data=without_options)
    options: Json = document.data.get(adapter) or {}
    if options_model is not None:
        options, more = examine(options_model, document, at=(adapter,), data=options)
        complaints += more
    if platform is not None:
        complaints += check_mapping(platform, inventory, document)
    complain(document.file, complaints)
    assert platform is not None
    return platform, options


def _check_owners(inventory: Inventory, owners: Mapping[str, Owner], prefix: str) -> None:
    """Raise ConfigError for the first owner that cannot be set."""
    for name, owner in owners.items():
        what, remedy = _owner_problem(inventory, name, owner, prefix)
        if what:
            raise ConfigError(what, key=f"owners.{name}", remedy=remedy)


def _owner_problem(inventory: Inventory, name: str, owner: Owner, prefix: str) -> tuple[str, str]:
    field = inventory.fields.get(name)
    if field is None:
        return "The inventory has no such field.", nearest(name, inventory.fields)
    if field.derived or Owner.COMPUTED in (owner, field.owner):
        return "What the connector works out has no other owner.", "Remove it."
    places = field.locations(name, owner, prefix)
    if owner is not Owner.MLFLOW and not (places and places[0].writable):
        return f"It stands at {places[0]} in MLflow, which cannot be written.", "Leave it to mlflow."
    if owner is not Owner.GRC and any(place.key.startswith(prefix) for place in places):
        return f"It stands at {places[0]}, which only the connector writes.", "Give it another place in an inventory."
    return "", ""


def _check_places(inventory: Inventory, owners: Mapping[str, Owner], prefix: str) -> None:
    """Raise ConfigError for the first field that this prefix, or these owners, put among the connector's own tags."""
    for name, field in inventory.fields.items():
        place = taken_place(name, field, owners.get(name, field.owner), prefix)
        if place is not None:
            what = f"The field stands at {place}, which is among the connector's own tags with this tag prefix."
            raise ConfigError(what, key=f"fields.{name}", remedy=TAKEN_REMEDY)
