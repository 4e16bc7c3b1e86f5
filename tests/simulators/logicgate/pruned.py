"""The mapping that ships, cut down to the fields that a story asks for, with ids for a token of least privilege."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import yaml

import mappings
from tests.scenarios.grc import Mapped
from tests.scenarios.pruning import APPROVAL, ISSUE, VERSION, kept, model_fields
from tests.simulators.logicgate.schema import Application
from tests.simulators.logicgate.words import column_of

SHIPPED = Path(mappings.__file__).with_name("logicgate.yaml")
_KINDS = {"model": "models", "version": "versions", "issue": "issues"}
_numbers = itertools.count()


def write_pruned(directory: Path, wanted: Mapped, application: Application) -> Path:
    """Write the mapping into a new file in ``directory`` and return its path."""
    mapping = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    mapping["versions"] = wanted.mode
    mapping["retire"] = {"model": {"lifecycle_status": "decommissioned"}}
    entities = mapping["entities"]
    approvals = kept(entities["version"]["fields"], APPROVAL)
    entities["model"]["fields"] = model_fields(entities["model"]["fields"], wanted, partial(column_of, "models"))
    if wanted.mode == "records":
        entities["version"]["fields"] = kept(entities["version"]["fields"], VERSION) | approvals
    else:
        del entities["version"]
        del entities["issue"]["identity"]["version"]
        entities["model"]["version_fields"] = approvals
    if wanted.mode == "governed":
        entities["model"]["identity"]["governed_version"] = "Governed Version"
    entities["issue"]["fields"] = kept(entities["issue"]["fields"], ISSUE)
    mapping["entities"] = {name: entities[name] for name in _KINDS if name in entities}
    mapping["logicgate"] = _section(mapping["logicgate"], wanted, application, set(mapping["entities"]))
    file = directory / f"mapping-{next(_numbers)}.yaml"
    file.write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
    return file


def _section(section: dict[str, Any], wanted: Mapped, application: Application, entities: set[str]) -> dict[str, Any]:
    """Every id and type: the token may not look one up."""
    workflows = {name: one for name, one in section["workflows"].items() if name in entities}
    for name, one in workflows.items():
        workflow = application.by_kind(_KINDS[name])
        one["id"], one["step_id"] = workflow.id, workflow.origin.id
        one["url"] = "{site}/records/{id}"
        one["fields"] = {spec.name: {"id": spec.id, "type": str(spec.type)} for spec in workflow.fields.values()}
    return {**section, "sees_all": True, "page_size": wanted.page_size, "workflows": workflows}
