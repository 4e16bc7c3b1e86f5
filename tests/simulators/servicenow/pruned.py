"""The mapping that ships for the bank's own tables, cut down to the fields that a story asks for."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import yaml

import mappings
from tests.scenarios.grc import Mapped
from tests.scenarios.pruning import APPROVAL, ISSUE, VERSION, kept, long_form, model_fields
from tests.simulators.servicenow.tenant import MODELS
from tests.simulators.servicenow.words import column_of

SHIPPED = Path(mappings.__file__).parent / "servicenow.yaml"
_numbers = itertools.count()


def write_pruned(directory: Path, wanted: Mapped) -> Path:
    """Write the mapping into a new file in ``directory`` and return its path."""
    mapping = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    mapping["versions"] = wanted.mode
    mapping["retire"] = {"model": {"lifecycle_status": "decommissioned"}}
    entities = mapping["entities"]
    approvals = kept(entities["version"]["fields"], APPROVAL)
    entities["model"]["fields"] = model_fields(entities["model"]["fields"], wanted, partial(column_of, MODELS))
    if wanted.mode == "records":
        entities["version"]["fields"] = kept(entities["version"]["fields"], VERSION) | approvals
    else:
        del entities["version"]
        entities["issue"]["identity"].pop("version", None)
        entities["model"]["version_fields"] = approvals
        _move_types(mapping["servicenow"]["tables"], approvals)
    if wanted.mode == "governed":
        entities["model"]["identity"]["governed_version"] = "u_governed_version"
    else:
        entities["model"]["identity"].pop("governed_version", None)
    entities["issue"]["fields"] = kept(entities["issue"]["fields"], ISSUE)
    mapping["entities"] = {name: entities[name] for name in ("model", "version", "issue") if name in entities}
    mapping["servicenow"]["page_size"] = wanted.page_size
    file = directory / f"mapping-{next(_numbers)}.yaml"
    file.write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
    return file


def _move_types(tables: dict[str, Any], approvals: dict[str, Any]) -> None:
    """The columns of an approval have the same names in both tables; their types stand with the table."""
    types = tables.pop("version")["fields"]
    columns = {long_form(mapped)["field"] for mapped in approvals.values()}
    tables["model"]["fields"] |= {column: types[column] for column in columns if column in types}
