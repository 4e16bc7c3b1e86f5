"""The simulated instance as the conformance suite sees it, reached by the mapping that ships."""

from pathlib import Path

import yaml

import mappings
from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Platform, Rewrite
from adapters.servicenow import ServiceNowAdapter
from connector.model.fields import Entity
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import ISSUES, MODELS

FAST = {"retry": {"max_attempts": 2, "max_wait_seconds": 0}, "timeout_seconds": 20}
PAGE_SIZE = 4
FIELDS = ("u_purpose", "u_assumptions", "u_description", "u_approval_status", "u_model_owner", "u_developer_proposed")
ISSUE_FIELDS = ("number", "short_description", "state", "u_model", "assigned_to")


def shipped(name="servicenow"):
    """The options in a mapping that ships."""
    file = Path(mappings.__file__).with_name(f"{name}.yaml")
    return yaml.safe_load(file.read_text(encoding="utf-8"))["servicenow"]


def options(name="servicenow", **more):
    return {**shipped(name), "page_size": PAGE_SIZE, **more}


def make_adapter(
    simulator,
    monkeypatch,
    section=None,
    *,
    secret=None,
    fields=FIELDS,
    auth=None,
    http=FAST,
    key="u_external_key",
    **settings,
):
    """An adapter that signs in by OAuth client credentials, unless ``auth`` says otherwise."""
    monkeypatch.setenv("SN_CLIENT_ID", simulator.client_id)
    monkeypatch.setenv("SN_CLIENT_SECRET", secret or simulator.client_secret)
    return ServiceNowAdapter(
        AdapterSettings(
            connection="test",
            url=simulator.url,
            auth=auth
            or {
                "type": "oauth2_client_credentials",
                "token_url": "/oauth_token.do",
                "client_id": {"env": "SN_CLIENT_ID"},
                "client_secret": {"env": "SN_CLIENT_SECRET"},
            },
            http=http,
            options=ServiceNowAdapter.Options.model_validate(section or options()),
            entities={
                Entity.MODEL: EntityFields(fields, key),
                Entity.VERSION: EntityFields(("u_model", "u_version"), "u_external_key"),
                Entity.ISSUE: EntityFields(ISSUE_FIELDS),
            },
            **settings,
        )
    )


class ServiceNowPlatform(Platform):
    key_field, text_field, other_field = "u_external_key", "u_purpose", "u_assumptions"
    page_size = PAGE_SIZE

    def __init__(self, simulator, monkeypatch, section=None):
        self.simulator, self._monkeypatch, self._section = simulator, monkeypatch, section
        if section is None or Entity.APPROVAL_STEP not in section["tables"]:
            self.undeclared = None

    def adapter(self, secret=None, **settings):
        return make_adapter(self.simulator, self._monkeypatch, self._section, secret=secret, **settings)

    def stranger(self):
        return self.adapter(secret="no-such-secret")

    def seed(self, values):
        return self.simulator.store.create(MODELS, values, ADMIN)["sys_id"]

    def edit(self, record_id, values):
        self.simulator.store.update(MODELS, record_id, values, ADMIN)

    def delete(self, record_id):
        self.simulator.store.delete(MODELS, record_id, ADMIN)

    def stored(self):
        return {row["sys_id"]: dict(row) for row in self.simulator.store.rows(MODELS)}

    def break_listing(self):
        self.simulator.faults.add("status", method="list", path="models", status=500, skip=1, count=None)
        return True

    def lose_answer(self):
        for method in ("create", "update", "comment"):
            self.simulator.faults.add("cut", method=method, when="after", length=0)
        return True

    def rewrite(self):
        self.simulator.faults.add("normalise", field="description", how="upper")
        return Rewrite("u_description", "Scores loans", "SCORES LOANS")

    def refused(self):
        return {"u_approval_status": "approved"}

    def seed_issue(self):
        return self.simulator.store.create(ISSUES, {"short_description": "Drift"}, ADMIN)["sys_id"]

    def seed_comment(self, issue_id, text):
        self.simulator.store.update(ISSUES, issue_id, {"work_notes": text}, CONNECTOR)
        return True
