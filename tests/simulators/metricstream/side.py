"""MetricStream as the stories see it: the simulated tenant with its reports, spoken to by the mapping that ships."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

import mappings
from adapters.base import Adapter
from adapters.http import HttpAdapter
from connector.mock.catalog import MODELS, VERSIONS
from tests.scenarios.grc import Access, Mapped
from tests.scenarios.mock_side import MockSide
from tests.scenarios.pruning import APPROVAL, ISSUE, MODEL, VERSION
from tests.simulators.metricstream import CONNECTOR, LOGIN, MetricStream, tenant

_SECTIONS = {
    "DETAILS": "Details",
    "OWNERSHIP": "OwnershipAndSecurity",
    "ADDITIONAL": "AdditionalDetails",
    "DATES": "Dates",
    "APPROVERS": "Approvers",
    "CLASSIFICATION": "Classification",
    "RELATIONSHIPS": "Relationships",
}
_LISTS = {
    "MODEL_LIST": "reports/aiModels",
    "VERSION_LIST": "reports/aiModelVersions",
    "ISSUE_LIST": "reports/aiModelIssues",
    "LIST_RECORDS": "rows",
}
_NO_COMMENTS = "No operation that adds a comment to an issue is published, so the mapping has none."


class MetricStreamSide(MockSide):
    """The tenant keeps its records as the mock does, so that people and history are the mock's; requests are not."""

    name: ClassVar[str] = "metricstream"
    adapter: ClassVar[type[Adapter]] = HttpAdapter
    has_pages: ClassVar[bool] = False
    inexpressible: ClassVar[Mapping[str, str]] = {
        "test_an_answer_is_posted_once": _NO_COMMENTS,
        "test_an_answer_whose_posting_is_not_answered": _NO_COMMENTS,
        "test_40_the_record_changes_right_before_the_write": (
            "No revision of a record and no precondition of a write is published: an edit between the fresh read and "
            "the write is overwritten, and the audit trail of the platform alone tells of it."
        ),
        "test_31_a_record_changes_page_during_the_read": (
            "No total of a listing is published, so a page that shifted under the reader is not noticed; a linked "
            "record that it passed over is asked for by its id."
        ),
    }

    simulator: MetricStream  # type: ignore[assignment]

    def __init__(self, clock: Callable[[], Any]) -> None:
        self.simulator = MetricStream(clock=clock)
        self._mock = self.simulator.mock

    def access(self, directory: Path) -> Access:
        password = directory / "password"
        password.write_text(self.simulator.sessions.password, encoding="utf-8")
        login = {
            "type": "session",
            "login_path": f"{self.url}{LOGIN}",
            "encoding": "form",
            "body": {"username": CONNECTOR, "password": {"file": str(password)}},
            "cookies": ["JSESSION_ID", "Csrf-Token"],
            "cookie_headers": {"X-Csrf-Token": "Csrf-Token"},
        }
        variables = {**_SECTIONS, **_LISTS, "VERSION_ENTITY": "cus/modelVersion", "MODEL_CLASS": tenant.ASSET_CLASS}
        return Access(self.simulator.base, login, variables=variables)

    def write_mapping(self, directory: Path, wanted: Mapped) -> Path:
        shipped = Path(mappings.__file__).with_name("metricstream.yaml")
        mapping = yaml.safe_load(shipped.read_text(encoding="utf-8"))
        mapping["versions"] = wanted.mode
        mapping["retire"] = {"model": {"lifecycle_status": "decommissioned"}}
        entities, resources = mapping["entities"], mapping["http"]["resources"]
        approval = _picked(entities["version"]["fields"], APPROVAL)
        model = entities["model"]
        model["fields"] = _picked(model["fields"], [*MODEL, *([wanted.more] if wanted.more else [])])
        for name in wanted.without:
            del model["fields"][name]
        for name, column in wanted.moved:
            model["fields"][name]["field"] = tenant.PLACES[MODELS][column].partition(".")[2]
        entities["issue"]["fields"] = _picked(entities["issue"]["fields"], ISSUE)
        if wanted.mode == "records":
            version = entities["version"]
            version["fields"] = _picked(version["fields"], [*APPROVAL, *VERSION])
        else:
            del entities["version"], resources["version"]
            model["version_fields"] = approval
            _add(resources["model"]["fields"], APPROVAL)
        if wanted.mode == "governed":
            model["identity"]["governed_version"] = "GovernedVersion"
            _add(resources["model"]["fields"], ["governed_version"])
        for resource in resources.values():
            resource["list"]["pagination"]["page_size"] = wanted.page_size
        file = directory / f"metricstream-{wanted.mode}.yaml"
        file.write_text(yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return file


def _picked(fields: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: {"field": fields[name]} if isinstance(fields[name], str) else dict(fields[name]) for name in names}


def _add(fields: dict[str, Any], names: list[str]) -> None:
    """Say where a model's record has fields of its version."""
    variable = {section: name for name, section in _SECTIONS.items()}
    for name in names:
        section, field = tenant.PLACES[MODELS][name].split(".")
        assert tenant.PLACES[VERSIONS].get(name, f"{section}.{field}") == f"{section}.{field}"
        fields[field] = {"read": f'"${{{variable[section]}}}".{field}', "write": f"${{{variable[section]}}}.{field}"}
