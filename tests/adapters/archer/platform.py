"""The shipped mapping's adapter on the simulated instance, and the hands that act there behind its back."""

from __future__ import annotations

from pathlib import Path

import yaml

import mappings
from adapters.archer import ArcherAdapter
from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Platform, Rewrite
from connector.model.fields import Entity
from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.schema import Type

FAST = {"retry": {"max_attempts": 3, "max_wait_seconds": 0}, "timeout_seconds": 10}
MODEL_FIELDS = ("Products", "Approved_Uses", "Name_in_Registry", "Risk_Rating", "Purpose")
PASSWORD, TOKEN = "ARCHER_TEST_PASSWORD", "ARCHER_TEST_TOKEN"


def shipped_options():
    """The ``archer`` section of the mapping that ships."""
    file = Path(mappings.__file__).with_name("archer.yaml")
    return yaml.safe_load(file.read_text(encoding="utf-8"))["archer"]


def test_options(**changes):
    """The shipped options with small pages and an account that sees all."""
    section = shipped_options()
    section |= {"sees_all": True, "search": {"page_size": 4, "least_page_size": 2}, **changes}
    return section


test_options.__test__ = False


def entities(**fields):
    """What a mapping asks for; ``fields`` by entity replace the usual ones."""
    usual = {
        "model": MODEL_FIELDS,
        "version": ("Version_Number", "Parent_Model", "Approval_Status"),
        "issue": ("Title", "Model", "Finding_ID"),
    }
    keyed = {"model": "External_Key", "version": "External_Key"}
    return {Entity(name): EntityFields(tuple(of), keyed.get(name)) for name, of in {**usual, **fields}.items()}


class ArcherPlatform(Platform):
    key_field, text_field, other_field = "External_Key", "Products", "Approved_Uses"
    page_size = 4
    undeclared = None

    def __init__(self, simulator: ArcherSimulator, monkeypatch, section=None):
        self.simulator, self._monkeypatch = simulator, monkeypatch
        self.section = section or test_options()
        self.level = simulator.tenant.level_of("models")

    def adapter(self, *, password=None, auth=None, http=None, section=None, **fields):
        variable = PASSWORD if password is None else f"{PASSWORD}_WRONG"
        self._monkeypatch.setenv(variable, password or self.simulator.service.password)
        usual = {"type": "basic", "username": self.simulator.service.username, "password": {"env": variable}}
        return ArcherAdapter(
            AdapterSettings(
                connection="test",
                url=self.simulator.site_url,
                auth=auth or usual,
                http={**FAST, **(http or {})},
                options=ArcherAdapter.Options.model_validate(section or self.section),
                entities=entities(**fields),
                variables={"ARCHER_INSTANCE": "BankGRC"},
            )
        )

    def token_adapter(self, **how):
        """Signed in with a personal access token."""
        token = self.simulator.sessions.personal_token(self.simulator.service.id)
        self._monkeypatch.setenv(TOKEN, token)
        return self.adapter(auth={"type": "bearer", "token": {"env": TOKEN}}, **how)

    def stranger(self):
        return self.adapter(password="not-the-password")

    def field(self, name, level=None):
        """A field of a level by its alias."""
        return next(one for one in (level or self.level).fields if one.alias == name)

    def kept(self, values, level=None):
        """Values by alias as the instance keeps them, by field id."""
        found = {}
        for name, value in values.items():
            one = self.field(name, level)
            if one.type is Type.VALUES and isinstance(value, str):
                listed = self.simulator.tenant.lists[one.values_list].values
                found[one.id] = {"ids": [next(each.id for each in listed if each.name == value)], "other": None}
            else:
                found[one.id] = value
        return found

    def seed(self, values, level=None):
        made = self.simulator.content.add((level or self.level).id, self.kept(values, level), 205)
        return str(made.id)

    def edit(self, record_id, values, level=None):
        self.simulator.content.change(int(record_id), self.kept(values, level), 205)

    def delete(self, record_id):
        self.simulator.content.delete(int(record_id), 205)

    def stored(self):
        return {
            str(record.id): {one.alias: record.value(one) for one in self.level.fields}
            for record in self.simulator.content.of(self.level.id)
        }

    def break_listing(self):
        self.simulator.faults.add("status", method="list", path="models", status=500, skip=1, count=None)
        return True

    def lose_answer(self):
        any_write = "[cu]*[et]"  # create, update, comment
        self.simulator.faults.add("cut", method=any_write, when="after", length=0)
        return True

    def rewrite(self):
        self.simulator.faults.add("normalise", field="registry_name", how="upper", count=None)
        return Rewrite("Name_in_Registry", "Scores loans", "SCORES LOANS")

    def refused(self):
        return {"Risk_Rating": "Tier 9 (Imaginary)"}

    def seed_issue(self):
        level = self.simulator.tenant.level_of("issues")
        values = {"Title": "Drift", "Criticality": "High", "Status": "Open"}
        return self.seed(values, level)

    def seed_comment(self, issue_id, text):
        from tests.simulators.archer.person import ArcherPerson

        account = self.simulator.tenant.accounts[205]
        ArcherPerson(self.simulator.tenant, self.simulator.content, account).comment(issue_id, text)
        return True
