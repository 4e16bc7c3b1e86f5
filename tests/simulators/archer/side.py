"""The simulated instance as the stories see it, with the adapter and the mapping that ship."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

import yaml

import mappings
from adapters.archer import ArcherAdapter
from adapters.base import Adapter
from tests.scenarios.grc import Access, GrcSide, Mapped
from tests.scenarios.pruning import APPROVAL, ISSUE, MODEL, VERSION
from tests.simulators.archer.office import ArcherOffice
from tests.simulators.archer.tenant import INSTANCE


class ArcherSide(ArcherOffice, GrcSide):
    """Spoken to by the Archer adapter, by the shipped mapping cut down to what stories map."""

    name: ClassVar[str] = "archer"
    adapter: ClassVar[type[Adapter]] = ArcherAdapter
    splits_writes: ClassVar[bool] = True
    inexpressible: ClassVar[Mapping[str, str]] = {
        "test_40_the_record_changes_right_before_the_write": "a write has no precondition: the Version in a PUT is not "
        "known to be checked, and what changes after the last read is written over",
    }

    @property
    def url(self) -> str:
        return self.simulator.site_url

    def access(self, directory: Path) -> Access:
        password = directory / "password"
        password.write_text(self.simulator.service.password, encoding="utf-8")
        login = {"type": "basic", "username": self.simulator.service.username, "password": {"file": str(password)}}
        return Access(self.url, login, variables={"ARCHER_INSTANCE": INSTANCE})

    def write_mapping(self, directory: Path, wanted: Mapped) -> Path:
        shipped = yaml.safe_load(Path(mappings.__file__).with_name("archer.yaml").read_text(encoding="utf-8"))
        mapping = {**shipped, "versions": wanted.mode, "retire": {"model": {"lifecycle_status": "decommissioned"}}}
        mapping["entities"] = _entities(shipped["entities"], wanted)
        archer = mapping["archer"]
        levels = {entity: archer["levels"][entity] for entity in mapping["entities"]}
        archer |= {
            "prefix": "platformapi",
            "sees_all": True,
            "levels": levels,
            "search": {"page_size": wanted.page_size, "least_page_size": 1, "overlap_seconds": 0, "attempts": 1},
            # Stories open one connection beside another, time after time, and look at listings that were disturbed.
            "session": {"relogin_seconds": 0, "max_evictions": 10_000},
        }
        if wanted.mode != "records":
            archer["levels"]["model"]["fields"]["Conditions_of_Use"] = {"rich": True}
            archer["levels"]["issue"]["fields"].pop("Model_Version")
            mapping["entities"]["issue"]["identity"].pop("version")
        file = directory / f"archer-{wanted.mode}.yaml"
        file.write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
        return file


def _entities(shipped: dict[str, Any], wanted: Mapped) -> dict[str, Any]:
    shipped = deepcopy(shipped)
    model, version, issue = (shipped[name] for name in ("model", "version", "issue"))
    named = [*(name for name in MODEL if name not in wanted.without), *([wanted.more] if wanted.more else [])]
    fields = {name: model["fields"][name] for name in named}
    for name, column in wanted.moved:
        fields[name] = model["fields"][column]
    entities: dict[str, Any] = {"model": {"identity": model["identity"], "fields": fields}}
    approval = {name: version["fields"][name] for name in APPROVAL}
    if wanted.mode == "records":
        own = {name: version["fields"][name] for name in VERSION}
        entities["version"] = {"identity": version["identity"], "fields": approval | own}
    else:
        entities["model"]["version_fields"] = approval
    if wanted.mode == "governed":
        entities["model"]["identity"]["governed_version"] = "Governed_Version"
    entities["issue"] = {"identity": issue["identity"], "fields": {name: issue["fields"][name] for name in ISSUE}}
    return entities
