"""The mock GRC as the conformance suite sees it, reached by the mapping that ships."""

from pathlib import Path

import yaml

import mappings
from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Platform, Rewrite
from adapters.http import HttpAdapter
from connector.mock.users import ADMIN
from connector.model.fields import Entity
from tests.adapters.fake_platform import FAST

PAGING = {
    "offset": {"type": "offset", "page_size": 4},
    "page": {"type": "page", "page_size": 4},
    "cursor": {"type": "cursor", "cursor": "next_cursor", "page_size": 4},
    "next": {"type": "link_body", "next": "next", "page_size": 4},
    "link": {"type": "link_header", "page_size": 4},
}


FIELDS = ("purpose", "assumptions", "description", "tier")


def shipped_options():
    """The ``http`` section of the mapping for the mock."""
    file = Path(mappings.__file__).with_name("mock.yaml")
    return yaml.safe_load(file.read_text(encoding="utf-8"))["http"]


def options(style):
    """The shipped options with another style of paging for models."""
    section = shipped_options()
    listing = section["resources"]["model"]["list"]
    listing |= {"params": {"paging": style}, "pagination": PAGING[style]}
    return section


class MockPlatform(Platform):
    key_field, text_field, other_field = "external_key", "purpose", "assumptions"
    page_size = 4
    adapter_class = HttpAdapter

    def __init__(self, mock, monkeypatch, section):
        self.mock, self._monkeypatch, self._section = mock, monkeypatch, section
        mock.faults.clear()
        for kind in ("approvals", "issues", "versions", "models"):
            for row in mock.store.rows(kind):
                mock.grc.delete(row["id"], ADMIN)

    def adapter(self, token=None, fields=FIELDS):
        variable = "MOCK_TOKEN" if token is None else "MOCK_WRONG_TOKEN"
        self._monkeypatch.setenv(variable, token or self.mock.token)
        return self.adapter_class(
            AdapterSettings(
                connection="test",
                url=self.mock.url,
                auth={"type": "bearer", "token": {"env": variable}},
                http=FAST,
                options=HttpAdapter.Options.model_validate(self._section),
                entities={Entity.MODEL: EntityFields(fields, "external_key"), Entity.ISSUE: EntityFields(("title",))},
            )
        )

    def stranger(self):
        return self.adapter(token="no-such-token")

    def seed(self, values):
        return self.mock.grc.create("models", values, ADMIN)["id"]

    def edit(self, record_id, values):
        self.mock.grc.patch(record_id, values, ADMIN)

    def delete(self, record_id):
        self.mock.grc.delete(record_id, ADMIN)

    def stored(self):
        return {row["id"]: dict(row) for row in self.mock.store.rows("models")}

    def break_listing(self):
        self.mock.faults.add("status", method="GET", path="/api/v1/models", status=500, skip=1, count=None)
        return True

    def lose_answer(self):
        self.mock.faults.add("cut", method="P*", when="after", length=0)
        return True

    def rewrite(self):
        self.mock.faults.add("normalise", field="description", how="upper")
        return Rewrite("description", "Scores loans", "SCORES LOANS")

    def refused(self):
        return {"tier": "9 - Imaginary"}

    def seed_issue(self):
        return self.mock.grc.create("issues", {"title": "Drift", "severity": "High"}, ADMIN)["id"]

    def seed_comment(self, issue_id, text):
        self.mock.grc.comment(issue_id, text, ADMIN)
        return True
