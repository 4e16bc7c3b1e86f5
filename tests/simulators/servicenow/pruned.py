"""The mapping that ships for the bank's own tables, cut down to the fields that a story asks for."""

from __future__ import annotations

import itertools
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

import mappings
from tests.scenarios.grc import Mapped
from tests.simulators.servicenow.tenant import MODELS
from tests.simulators.servicenow.words import column_of

SHIPPED = Path(mappings.__file__).parent / "servicenow.yaml"
_MODEL = (
    "description",
    "purpose",
    "limitations",
    "risk_classification",
    "tier_confirmed_on",
    "tier_override_reason",
    "allowed_changes",
    "model_owner",
    "lifecycle_status",
)
_VERSION = ("description", "assumptions", "validation_status", "compliance_review")
_APPROVAL = ("approval_status", "approved_by", "approval_expiry", "conditions")
_ISSUE = ("number", "title", "severity", "state", "due", "assignee")
_numbers = itertools.count()


def write_pruned(directory: Path, wanted: Mapped) -> Path:
    """Write the mapping into a new file in ``directory`` and return its path."""
    mapping = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    mapping["versions"] = wanted.mode
    mapping["retire"] = {"model": {"lifecycle_status": "decommissioned"}}
    entities = mapping["entities"]
    approvals = _kept(entities["version"]["fields"], _APPROVAL)
    _cut_model(entities["model"], wanted)
    if wanted.mode == "records":
        entities["version"]["fields"] = _kept(entities["version"]["fields"], _VERSION) | approvals
    else:
        del entities["version"]
        entities["issue"]["identity"].pop("version", None)
        entities["model"]["version_fields"] = approvals
        _move_types(mapping["servicenow"]["tables"], approvals)
    if wanted.mode == "governed":
        entities["model"]["identity"]["governed_version"] = "u_governed_version"
    else:
        entities["model"]["identity"].pop("governed_version", None)
    entities["issue"]["fields"] = _kept(entities["issue"]["fields"], _ISSUE)
    mapping["entities"] = {name: entities[name] for name in ("model", "version", "issue") if name in entities}
    mapping["servicenow"]["page_size"] = wanted.page_size
    file = directory / f"mapping-{next(_numbers)}.yaml"
    file.write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
    return file


def _cut_model(model: dict[str, Any], wanted: Mapped) -> None:
    names = [name for name in _MODEL if name not in wanted.without] + ([wanted.more] if wanted.more else [])
    fields = _kept(model["fields"], names)
    for name, field in wanted.moved:
        fields[name] = {**_long(fields[name]), "field": column_of(MODELS, field)}
    model["fields"] = fields


def _move_types(tables: dict[str, Any], approvals: dict[str, Any]) -> None:
    """The columns of an approval have the same names in both tables; their types stand with the table."""
    types = tables.pop("version")["fields"]
    columns = {_long(mapped)["field"] for mapped in approvals.values()}
    tables["model"]["fields"] |= {column: types[column] for column in columns if column in types}


def _kept(fields: dict[str, Any], names: Any) -> dict[str, Any]:
    """Copies: the dumper would write one object in two places as an alias."""
    return {name: deepcopy(fields[name]) for name in names}


def _long(mapped: Any) -> dict[str, Any]:
    return {"field": mapped} if isinstance(mapped, str) else dict(mapped)
