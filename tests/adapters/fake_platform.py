"""The fake GRC as the conformance suite sees it."""

import copy

from adapters.base import AdapterSettings, EntityFields
from adapters.conformance import Platform, Rewrite
from adapters.http import HttpAdapter
from connector.model.fields import Entity
from tests.adapters.fake_grc import TOKEN

FAST = {"retry": {"max_attempts": 2, "max_wait_seconds": 0}, "timeout_seconds": 20}
PAGING = {
    "offset": {"type": "offset", "page_size": 4},
    "page": {"type": "page", "page_size": 4},
    "cursor": {"type": "cursor", "cursor": "cursor", "page_size": 4},
    "link_body": {"type": "link_body", "next": "next", "page_size": 4},
    "link_header": {"type": "link_header", "limit_param": None},
}
MODEL = {
    "id": "id",
    "revision": "rev",
    "updated_at": "changed",
    "url": "${WEB}/things/{id}",
    "list": {
        "path": "/things",
        "records": "items",
        "total": "total",
        "pagination": PAGING["offset"],
        "incremental": {"param": "since", "overlap_seconds": 2},
    },
    "get": {"path": "/things/{id}"},
    "find": {"path": "/things", "params": {"key": "{key}"}, "records": "items"},
    "create": {"path": "/things"},
    "update": {"path": "/things/{id}", "if_match": '"{revision}"'},
}
ISSUE = {
    "list": {"path": "/issues", "records": "items"},
    "comments": {
        "list": {"path": "/issues/{id}/comments"},
        "create": {"path": "/issues/{id}/comments"},
    },
}


def options(**model):
    """The options of the fake, with changes to its model resource (None removes)."""
    resource = {**copy.deepcopy(MODEL), **model}
    model = {name: part for name, part in resource.items() if part is not None}
    return {"resources": {"model": model, "issue": copy.deepcopy(ISSUE)}}


def make_adapter(url, monkeypatch, section, *, token=TOKEN, http=FAST, fields=("text", "other", "titled"), stop=None):
    monkeypatch.setenv("FAKE_GRC_TOKEN", token)
    return HttpAdapter(
        AdapterSettings(
            connection="test",
            url=f"{url}/api",
            auth={"type": "bearer", "token": {"env": "FAKE_GRC_TOKEN"}},
            http=http,
            options=HttpAdapter.Options.model_validate(section),
            entities={Entity.MODEL: EntityFields(fields, "key")},
            variables={"WEB": "https://grc.example"},
            stop=stop,
        )
    )


class FakePlatform(Platform):
    key_field, text_field, other_field = "key", "text", "other"
    page_size = 4
    undeclared = Entity.USER

    def __init__(self, grc, monkeypatch, section):
        self.grc, self._monkeypatch, self._section = grc, monkeypatch, section

    def adapter(self):
        return make_adapter(self.grc.url, self._monkeypatch, self._section)

    def stranger(self):
        return make_adapter(self.grc.url, self._monkeypatch, self._section, token="wrong-token")

    def seed(self, values):
        return self.grc.add({"titled": None, **values})

    def edit(self, record_id, values):
        self.grc.edit(record_id, values)

    def delete(self, record_id):
        del self.grc.things[record_id]

    def stored(self):
        return copy.deepcopy(self.grc.things)

    def break_listing(self):
        self.grc.fail_page = 500
        return True

    def lose_answer(self):
        self.grc.lose_next = True
        return True

    def rewrite(self):
        return Rewrite("titled", "credit scoring", "Credit Scoring")

    def refused(self):
        return {"text": "REFUSED"}

    def seed_issue(self):
        self.grc.comments["I 1"] = []
        return "I 1"

    def seed_comment(self, issue_id, text):
        self.grc.comments[issue_id].append({"id": 99, "text": text, "author": "ann", "at": "0"})
        return True
