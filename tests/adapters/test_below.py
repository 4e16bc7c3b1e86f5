"""Records that stand below others: listed per parent, or over all parents with the parent in the record."""

from __future__ import annotations

import re

import pytest

from adapters.http import HttpAdapter
from connector.mock import MockGrc
from connector.mock.users import ADMIN
from connector.model.errors import IncompleteSnapshot, Rejected
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.dialect_cases import BY_NAME, VERSIONS_ACROSS, VERSIONS_BELOW, merged
from tests.adapters.dialect_platform import VersionsBelow


class TestBelow:
    CASE = "issues below their model"

    def test_the_parent_is_read_from_the_path(self, platform, adapter_of):
        served = platform(self.CASE)
        issue_id = served.seed_issue()
        (record,) = adapter_of(served).records(Entity.ISSUE)
        assert record.id == issue_id
        assert record.values["model"] == issue_id.partition("/")[0]

    def test_an_issue_is_opened_below_its_model_and_found_again_by_its_key(self, platform, adapter_of):
        served = platform(self.CASE)
        model = served.seed_issue().partition("/")[0]
        adapter = adapter_of(served)
        assert adapter.find(Entity.ISSUE, "finding:1") is None
        values = {"title": "C01", "severity": "High", "state": "Open", "model": model, "external_key": "finding:1"}
        made = adapter.create(Write(Entity.ISSUE, None, values, key="finding:1"))
        assert (made.id.partition("/")[0], made.values["model"]) == (model, model)
        assert adapter.find(Entity.ISSUE, "finding:1").id == made.id
        closed = adapter.update(Write(Entity.ISSUE, made.id, {"state": "Closed"}, key="finding:1"))
        assert closed.values["state"] == "Closed"
        assert served.mock.store.row(made.id.rpartition("/")[2])["state"] == "Closed"

    def test_a_record_is_not_moved_to_another_parent(self, platform, adapter_of, monkeypatch):
        with MockGrc(dialect=VERSIONS_BELOW.dialect) as mock:
            served = VersionsBelow(mock, monkeypatch)
            record_id = served.seed({"external_key": "k"})
            with served.adapter() as adapter, pytest.raises(Rejected, match="cannot be moved") as caught:
                adapter.update(Write(Entity.VERSION, record_id, {"model": "MDL0009999"}))
            assert caught.value.field == "model"

    @pytest.mark.parametrize("status", [500, 403, 404])
    def test_what_is_wrong_with_one_parent_keeps_nobody_from_the_others_and_leaves_the_whole_open(
        self, platform, adapter_of, status
    ):
        served = platform(self.CASE)
        issues = [served.seed_issue() for _ in range(3)]
        bad = issues[1].partition("/")[0]
        served.mock.faults.add("status", path=f"*/{bad}/issues", status=status, count=None)
        read, error = until_incomplete(adapter_of(served).records(Entity.ISSUE))
        assert read == [issues[0], issues[2]]
        assert f"/models/{bad}/issues" in error.message
        assert ("permission" in error.remedy) == (status == 403)

    def test_the_rows_of_a_parent_that_came_before_the_fault_count(self, platform, adapter_of):
        served = platform(self.CASE, dialect="nested-issues,single-pages")
        issue = served.seed_issue()
        model = issue.partition("/")[0]
        served.mock.grc.create("issues", {"title": "More", "severity": "Low", "model": model}, ADMIN)
        served.mock.faults.add("status", path="*/issues", status=500, skip=1, count=None)
        read, _ = until_incomplete(adapter_of(served).records(Entity.ISSUE))
        assert read == [issue]

    def test_a_parent_that_vanished_has_no_rows_and_is_nobodys_error(self, platform, adapter_of):
        served = platform(self.CASE)
        issues = [served.seed_issue() for _ in range(3)]
        rows = adapter_of(served).records(Entity.ISSUE)
        first = next(rows).id
        served.mock.grc.delete(issues[1].partition("/")[0], ADMIN)
        assert [first, *(record.id for record in rows)] == [issues[0], issues[2]]

    def test_an_issue_of_a_parent_that_vanished_does_not_exist(self, platform, adapter_of):
        served = platform(self.CASE)
        served._section["resources"]["issue"].pop("get")
        issue = served.seed_issue()
        adapter = adapter_of(served)
        assert adapter.get(Entity.ISSUE, issue).id == issue
        served.mock.grc.delete(issue.partition("/")[0], ADMIN)
        assert adapter.get(Entity.ISSUE, issue) is None

    @pytest.mark.parametrize("get", ["/api/v1/wrong/{id}", "/api/v1/models/{id}/wrong"])
    def test_a_wrong_path_is_not_taken_for_parents_that_vanished(self, platform, adapter_of, get):
        served = platform(self.CASE)
        served.seed_issue()
        served._section["resources"]["issue"]["list"]["path"] = "/api/v1/models/{parent}/findings"
        served._section["resources"]["model"]["get"]["path"] = get
        adapter = adapter_of(served)
        with pytest.raises(IncompleteSnapshot, match="findings") as caught:
            list(adapter.records(Entity.ISSUE))
        assert "list.path" in caught.value.remedy

    def test_a_fault_of_all_parents_is_not_asked_of_each(self, platform, adapter_of):
        served = platform(self.CASE)
        for _ in range(9):
            served.seed_issue()
        served.mock.faults.add("status", path="*/issues", status=404, count=None)
        with pytest.raises(IncompleteSnapshot, match=r"below 3 records and no further ones were asked"):
            list(adapter_of(served).records(Entity.ISSUE))
        assert served.mock.requests.count("GET", "*/issues") == 3

    def test_one_request_for_each_parent_and_page(self, platform, adapter_of):
        served = platform(self.CASE, dialect="nested-issues,single-pages")
        issues = [served.seed_issue() for _ in range(3)]
        model = issues[0].partition("/")[0]
        served.mock.grc.create("issues", {"title": "More", "severity": "Low", "model": model}, ADMIN)
        assert len(list(adapter_of(served).records(Entity.ISSUE))) == 4
        assert served.mock.requests.count("GET", "*/issues") == 4
        assert served.mock.requests.count("GET", "*/models") == 3

    def test_a_listing_over_all_parents_takes_the_parent_from_the_record(self, platform, adapter_of, monkeypatch):
        with MockGrc(dialect=VERSIONS_ACROSS.dialect) as mock:
            served = VersionsBelow(mock, monkeypatch, VERSIONS_ACROSS)
            issue, version = served.seed_issue(), served.seed({"external_key": "k"})
            with served.adapter() as adapter:
                assert [record.id for record in adapter.records(Entity.ISSUE)] == [issue]
                (record,) = adapter.records(Entity.VERSION)
                assert (record.id, record.values["model"]) == (version, version.partition("/")[0])
                assert adapter.find(Entity.VERSION, "k").id == version
            assert mock.requests.count("GET", "*/models") == 0
            assert mock.requests.count("GET", "*/models/*/issues") == 0

    def test_a_record_that_does_not_tell_its_parent_makes_the_listing_incomplete(self, platform, monkeypatch):
        with MockGrc(dialect=VERSIONS_ACROSS.dialect) as mock:
            served = VersionsBelow(mock, monkeypatch, VERSIONS_ACROSS)
            served.seed({"external_key": "k"})
            served._section["resources"]["version"]["parent"]["id"] = "of_model"
            with served.adapter() as adapter, pytest.raises(IncompleteSnapshot, match="without") as caught:
                list(adapter.records(Entity.VERSION))
            assert "parent.id" in caught.value.remedy

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"parent": None}, "say by `parent`"),
            ({"list": {"path": "/issues"}}, "parent.id"),
            ({"find": {"path": "/issues", "params": {"key": "{key}"}}}, "find gives records of any parent"),
            ({"create": {"path": "/issues"}}, "create.path needs {parent}"),
        ],
    )
    def test_a_parent_that_cannot_be_known_is_refused(self, change, told):
        section = merged(BY_NAME[self.CASE].section(), {"resources": {"issue": change}})
        with pytest.raises(ValueError, match=re.escape(told)):
            HttpAdapter.Options.model_validate(section)


def until_incomplete(records):
    """The ids that were read before the listing was said to be incomplete, and the error that said so."""
    read = []
    with pytest.raises(IncompleteSnapshot) as caught:
        read.extend(record.id for record in records)
    return read, caught.value
