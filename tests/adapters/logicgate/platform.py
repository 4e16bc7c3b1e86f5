"""The simulated environment as the conformance suite sees it, reached by the mapping that ships."""

from pathlib import Path
from typing import ClassVar

import yaml

import mappings
from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Platform, Rewrite
from adapters.logicgate import LogicGateAdapter, Options
from connector.model.fields import Entity
from tests.adapters.fake_platform import FAST
from tests.simulators.logicgate.fixtures import OFFICER
from tests.simulators.logicgate.tokens import OLDER

KEY, PURPOSE = "MLflow Key", "Intended Purpose"
FIELDS = (
    *("Name in Registry", PURPOSE, "Assumptions", "Risk Tier", "Tier Confirmed On", "Model Owner", "Regulations"),
    *("Registered At (ms)", "Lifecycle"),
)
ISSUE_FIELDS = ("Issue Title", "Issue Status", "Due", "Owner")
KINDS = {"model": "models", "version": "versions", "issue": "issues", "approval_step": "approvals"}
WORDS = {KEY: "external_key", PURPOSE: "purpose", "Assumptions": "assumptions", "Name in Registry": "registry_name"}


def shipped():
    """The ``logicgate`` section of the mapping that ships, for a user who may see every record."""
    file = Path(mappings.__file__).with_name("logicgate.yaml")
    return {**yaml.safe_load(file.read_text(encoding="utf-8"))["logicgate"], "sees_all": True}


def with_ids(section, simulator):
    """The section with every id and type that a token without the build permission needs."""
    for entity, kind in KINDS.items():
        workflow = simulator.store.application.by_kind(kind)
        section["workflows"][entity] |= {
            "id": workflow.id,
            "step_id": workflow.origin.id,
            "fields": {spec.name: {"id": spec.id, "type": str(spec.type)} for spec in workflow.fields.values()},
        }
    return section


def settings(simulator, section, directory, *, auth=None, http=FAST, fields=FIELDS, issue_fields=ISSUE_FIELDS, **more):
    """Settings with the client's credentials, at no rate limit."""
    return AdapterSettings(
        connection="test",
        url=simulator.url,
        auth=auth or client_credentials(directory, simulator),
        http={"rate_limit": None, "max_concurrency": 8, **http},
        options=Options.model_validate(section),
        entities={
            Entity.MODEL: EntityFields(fields, KEY),
            Entity.VERSION: EntityFields(("Version", "Model Record", "linked.model"), KEY),
            Entity.ISSUE: EntityFields(issue_fields),
        },
        **more,
    )


def client_credentials(directory, simulator, secret=None):
    """``auth`` as the documentation has it."""
    file = directory / f"secret-{'given' if secret else 'right'}"
    file.write_text(secret or simulator.client_secret, encoding="utf-8")
    return {
        "type": "oauth2_client_credentials",
        "send": "header",
        "token_url": OLDER,
        "client_id": simulator.client_id,
        "client_secret": {"file": str(file)},
    }


class LogicGatePlatform(Platform):
    key_field, text_field, other_field = KEY, PURPOSE, "Assumptions"
    page_size = 4
    required: ClassVar[dict[str, str]] = {"Name in Registry": "pd"}
    undeclared = Entity.USER

    def __init__(self, simulator, directory, section=None):
        self.simulator, self._directory = simulator, directory
        self.section = section or with_ids(shipped(), simulator)
        self.section["page_size"] = self.page_size
        self._officer = simulator.as_user(OFFICER)

    def adapter(self, auth=None, **changes):
        return LogicGateAdapter(settings(self.simulator, self.section, self._directory, auth=auth, **changes))

    def stranger(self):
        return self.adapter(client_credentials(self._directory, self.simulator, "no-such-secret"))

    def seed(self, values):
        named = {WORDS[name]: value for name, value in {**self.required, **values}.items()}
        return self._officer.create("models", **named)["id"]

    def edit(self, record_id, values):
        self._officer.patch(record_id, **{WORDS[name]: value for name, value in values.items()})

    def delete(self, record_id):
        self._officer.delete(record_id)

    def stored(self):
        rows = self._officer.records("models")
        return {row["id"]: {name: row[word] for name, word in WORDS.items()} for row in rows}

    def break_listing(self):
        self.simulator.faults.add("status", method="list", path="models", status=500, skip=1, count=None)
        return True

    def lose_answer(self):
        for verb in ("create", "update", "comment"):
            self.simulator.faults.add("cut", method=verb, when="after", length=0)
        return True

    def rewrite(self):
        self.simulator.faults.add("normalise", path="models*", field="assumptions", how="upper")
        return Rewrite("Assumptions", "Scores loans", "SCORES LOANS")

    def refused(self):
        return {"Risk Tier": "Tier 9 (Imaginary)"}

    def seed_issue(self):
        return self._officer.raise_issue("Drift")["id"]

    def seed_comment(self, issue_id, text):
        workflow = self.simulator.store.application.by_kind("issues")
        self.simulator.store.update(issue_id, {workflow.fields["Discussion"].id: text}, "someone")
        return True
