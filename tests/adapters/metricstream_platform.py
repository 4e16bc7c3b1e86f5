"""The simulated MetricStream as the conformance suite sees it, reached by the mapping that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

import mappings
from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Platform, Rewrite
from adapters.http import HttpAdapter
from connector.mock.users import ADMIN
from connector.model.fields import Entity
from tests.adapters.fake_platform import FAST
from tests.simulators.metricstream import CONNECTOR, LOGIN, MetricStream, tenant

VARIABLES = {
    "MODEL_LIST": "reports/aiModels",
    "VERSION_LIST": "reports/aiModelVersions",
    "ISSUE_LIST": "reports/aiModelIssues",
    "LIST_RECORDS": "rows",
    "VERSION_ENTITY": "cus/modelVersion",
    "MODEL_CLASS": tenant.ASSET_CLASS,
    "DETAILS": "Details",
    "OWNERSHIP": "OwnershipAndSecurity",
    "ADDITIONAL": "AdditionalDetails",
    "DATES": "Dates",
    "APPROVERS": "Approvers",
    "CLASSIFICATION": "Classification",
    "RELATIONSHIPS": "Relationships",
}
"""What the administrator of the simulated tenant enters."""
FIELDS = ("CorrelationKey", "Purpose", "Description", "RiskTier")
PAGE = 4
_NAMES = {"CorrelationKey": "external_key", "Purpose": "purpose", "Description": "description", "RiskTier": "tier"}


def shipped() -> dict[str, Any]:
    """The ``http`` section of the mapping that ships."""
    file = Path(mappings.__file__).with_name("metricstream.yaml")
    section: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["http"]
    return section


def session(simulator: MetricStream, password: dict[str, str]) -> dict[str, Any]:
    """How a connection signs in, as docs/platforms/metricstream.md shows it."""
    return {
        "type": "session",
        "login_path": f"{simulator.url}{LOGIN}",
        "encoding": "form",
        "body": {"username": CONNECTOR, "password": password},
        "cookies": ["JSESSION_ID", "Csrf-Token"],
        "cookie_headers": {"X-Csrf-Token": "Csrf-Token"},
        "lifetime_seconds": 1500,
    }


class MetricStreamPlatform(Platform):
    key_field, text_field, other_field = "CorrelationKey", "Purpose", "Description"
    page_size = PAGE
    undeclared = Entity.USER

    def __init__(self, simulator: MetricStream, monkeypatch: Any) -> None:
        self.simulator, self._monkeypatch = simulator, monkeypatch
        self._grc = simulator.mock.grc

    def section(self) -> dict[str, Any]:
        """The shipped section with small pages."""
        section = shipped()
        for resource in section["resources"].values():
            resource["list"]["pagination"]["page_size"] = PAGE
        return section

    def adapter(
        self, password: str | None = None, known: Any = None, section: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        name = "METRIC_PASSWORD" if password is None else "METRIC_WRONG_PASSWORD"
        self._monkeypatch.setenv(name, password or self.simulator.sessions.password)
        return HttpAdapter(
            AdapterSettings(
                connection="test",
                url=self.simulator.base,
                auth=session(self.simulator, {"env": name}),
                http=FAST,
                options=HttpAdapter.Options.model_validate(section or self.section()),
                entities={
                    Entity.MODEL: EntityFields(FIELDS, "CorrelationKey"),
                    Entity.ISSUE: EntityFields(("IssueName", "Status")),
                },
                variables=VARIABLES,
                known=known,
                **more,
            )
        )

    def stranger(self) -> Any:
        return self.adapter(password="not the password")

    def seed(self, values: Any) -> str:
        return str(self._grc.create("models", _ours(values), ADMIN)["id"])

    def edit(self, record_id: str, values: Any) -> None:
        self._grc.patch(record_id, _ours(values), ADMIN)

    def delete(self, record_id: str) -> None:
        self._grc.delete(record_id, ADMIN)

    def stored(self) -> dict[str, dict[str, Any]]:
        return {
            row["id"]: {theirs: row[ours] for theirs, ours in _NAMES.items()}
            for row in self.simulator.mock.store.rows("models")
        }

    def break_listing(self) -> bool:
        self.simulator.faults.add("status", method="list", path="models", status=500, skip=1, count=None)
        return True

    def lose_answer(self) -> bool:
        self.simulator.faults.add("cut", method="[cu]*te", path="models*", when="after", length=0)
        return True

    def rewrite(self) -> Rewrite:
        self.simulator.faults.add("normalise", path="models*", field="purpose", how="upper")
        return Rewrite("Purpose", "as sent", "AS SENT")

    def refused(self) -> dict[str, Any]:
        return {"RiskTier": "Extreme"}


def _ours(values: Any) -> dict[str, Any]:
    return {_NAMES[name]: value for name, value in values.items()}
