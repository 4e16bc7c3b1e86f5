"""The mock GRC in a dialect, as the conformance suite sees it."""

import yaml

from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Rewrite
from adapters.http import HttpAdapter
from connector.mock.doors import KEY_ID
from connector.mock.users import ADMIN
from connector.model.fields import Entity
from tests.adapters.dialect_cases import VERSIONS_BELOW
from tests.adapters.fake_platform import FAST
from tests.adapters.mock_platform import FIELDS, MockPlatform


class DialectPlatform(MockPlatform):
    undeclared = None

    def __init__(self, mock, monkeypatch, case):
        section = case.section()
        listing = section["resources"]["model"]["list"]
        if listing["pagination"].get("page_size", 100) > case.page_size:
            listing["pagination"] = {**listing["pagination"], "page_size": case.page_size}
        super().__init__(mock, monkeypatch, section)
        self.case, self.page_size = case, case.page_size

    def adapter(self, token=None, fields=FIELDS, url=None):
        secrets = {
            "TOKEN": "MOCK_TOKEN" if token is None else "MOCK_WRONG_TOKEN",
            "PAIR": "MOCK_PAIR",
            "ISSUES_TOKEN": "MOCK_ISSUES_TOKEN",
        }
        self._monkeypatch.setenv(secrets["TOKEN"], token or self.mock.token)
        self._monkeypatch.setenv("MOCK_PAIR", KEY_ID)
        self._monkeypatch.setenv("MOCK_ISSUES_TOKEN", self.mock.issues_token)
        return HttpAdapter(
            AdapterSettings(
                connection="test",
                url=url or self.mock.url,
                auth=_named(yaml.safe_load(self.case.auth), secrets),
                http=FAST,
                options=HttpAdapter.Options.model_validate(_named(self._section, secrets)),
                entities=self.entities(fields),
                variables={"TRACKER": self.mock.issues_url},
            )
        )

    def entities(self, fields):
        below = EntityFields(("title", "severity", "state", "model"), "external_key")
        issues = below if "parent" in self._section["resources"]["issue"] else EntityFields(("title",))
        return {Entity.MODEL: EntityFields(fields, "external_key"), Entity.ISSUE: issues}

    def rewrite(self):
        return Rewrite(*self.case.rewrite) if self.case.rewrite else super().rewrite()

    def refused(self):
        return self.case.refused

    def seed_issue(self):
        model = self.mock.grc.create("models", {}, ADMIN)["id"]
        issue = self.mock.grc.create("issues", {"title": "Drift", "severity": "High", "model": model}, ADMIN)["id"]
        return f"{model}/{issue}" if "nested" in self.case.dialect else issue

    def seed_comment(self, issue_id, text):
        return super().seed_comment(issue_id.rpartition("/")[2], text)

    def break_listing(self):
        self.mock.faults.add("status", method="GET", path="/api/v1/models*", status=500, skip=1, count=None)
        return True

    def lose_answer(self):
        paths = ("*/external-ids", "*/comments") if "keys-apart" in self.case.dialect else ("/api/v1/[!l]*",)
        for path in paths:
            self.mock.faults.add("cut", method="P*", path=path, when="after", length=0)
        return True


class VersionsBelow(DialectPlatform):
    """Versions below their model: the whole contract for records whose ids have two parts."""

    entity = Entity.VERSION
    key_field, text_field, other_field = "external_key", "operating_boundaries", "assumptions"
    fields = ("model", "version", "operating_boundaries", "assumptions", "description", "validation_status")

    def __init__(self, mock, monkeypatch, case=VERSIONS_BELOW):
        super().__init__(mock, monkeypatch, case)
        self._parent = mock.grc.create("models", {}, ADMIN)["id"]
        self.required = {"model": self._parent, "version": "1"}

    def entities(self, fields):
        return {Entity.MODEL: EntityFields(("description",)), Entity.VERSION: EntityFields(self.fields, "external_key")}

    def seed(self, values):
        row = self.mock.grc.create("versions", {**self.required, **values}, ADMIN)
        return f"{self._parent}/{row['id']}"

    def edit(self, record_id, values):
        super().edit(record_id.rpartition("/")[2], values)

    def delete(self, record_id):
        super().delete(record_id.rpartition("/")[2])

    def stored(self):
        return {f"{row['model']}/{row['id']}": dict(row) for row in self.mock.store.rows("versions")}

    def break_listing(self):
        self.mock.faults.add("status", method="GET", path="*/versions", status=500, skip=1, count=None)
        return True

    def refused(self):
        return {"validation_status": "Perhaps"}


def _named(part, secrets):
    """``part`` with the names of secrets replaced by references to them."""
    if isinstance(part, dict):
        return {key: _named(value, secrets) for key, value in part.items()}
    if isinstance(part, list):
        return [_named(one, secrets) for one in part]
    return {"env": secrets[part]} if isinstance(part, str) and part in secrets else part
