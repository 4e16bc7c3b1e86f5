"""What ``check`` says of a declarative mapping with one mistake: one cause, one finding, and the key to correct."""

from __future__ import annotations

import pytest

from adapters.base import AdapterSettings, EntityFields
from adapters.http import HttpAdapter
from adapters.httpclient import NotFound
from connector.mock.users import ADMIN
from connector.model.errors import IncompleteSnapshot, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.dialect_cases import CASES
from tests.adapters.fake_platform import FAST
from tests.adapters.raw_server import raw_server

DJANGO = CASES[0].name
BELOW = "issues below their model"


def fatal(adapter):
    return [problem for problem in adapter.check() if problem.fatal]


def notes(adapter):
    return {problem.where: problem for problem in adapter.check() if not problem.fatal}


class TestAddress:
    """A wrong address is not the fault of each of the mapping's paths."""

    @pytest.mark.parametrize("case", ["plain", BELOW, "codes, ids and nested fields", DJANGO])
    def test_nothing_there_is_one_finding_about_the_address(self, platform, adapter_of, case):
        served = platform(case)
        adapter = adapter_of(served, url=f"{served.mock.url}/grc")
        (problem,) = fatal(adapter)
        assert problem.where == "connection"
        assert "paths of the mapping that were asked for is there, the first: GET" in problem.what
        assert f"correct url, which is {served.mock.url}/grc" in problem.remedy

    def test_another_server_is_told_by_its_key(self, platform, adapter_of):
        served = platform("issues on another server")
        served.seed({"external_key": "k"})
        served._section["servers"]["tracker"]["url"] = "${TRACKER}/grc"
        (problem,) = fatal(adapter_of(served))
        assert problem.where == "http.servers.tracker"
        assert "correct http.servers.tracker.url, which is http" in problem.remedy

    def test_a_single_path_may_be_wrong_itself(self, platform, adapter_of):
        served = platform()
        served._section.pop("whoami", None)
        served._section["resources"].pop("issue")
        served.entities = lambda fields: {Entity.MODEL: EntityFields(fields, "external_key")}
        (problem,) = fatal(adapter_of(served, url=f"{served.mock.url}/grc"))
        assert problem.where == "http.resources.model"
        assert "correct list.path in the mapping's http section, or url, which is" in problem.remedy

    def test_one_wrong_path_among_right_ones_is_no_matter_of_the_address(self, platform, adapter_of):
        served = platform()
        served.seed({"external_key": "k"})
        served._section["resources"]["model"]["list"]["path"] = "/api/v1/modells"
        (problem,) = fatal(adapter_of(served))
        assert problem.where == "http.resources.model"
        assert problem.remedy == "correct list.path in the mapping's http section."

    def test_a_wrong_look_up_of_the_only_entity_is_no_matter_of_the_address(self, platform, adapter_of):
        served = platform()
        served.seed({"external_key": "k"})
        served._section.pop("whoami", None)
        served._section["resources"].pop("issue")
        served._section["resources"]["model"]["find"]["path"] = "/api/v1/modells"
        served.entities = lambda fields: {Entity.MODEL: EntityFields(fields, "external_key")}
        (problem,) = fatal(adapter_of(served))
        assert problem.where == "http.resources.model.find"
        assert "url" not in problem.remedy

    def test_paths_that_are_all_wrong_are_told_one_by_one_where_who_we_are_is_known(self, platform, adapter_of):
        served = platform()
        for name in ("model", "issue"):
            served._section["resources"][name]["list"]["path"] = "/api/v1/wrong"
        served._section["whoami"] = {"path": "/api/v1/me", "who": "email"}
        assert [problem.where for problem in fatal(adapter_of(served))] == [
            "http.resources.model",
            "http.resources.issue",
        ]

    def test_a_server_that_breaks_off_is_one_finding(self, platform, adapter_of):
        served = platform()
        served.mock.faults.add("status", status=503, count=None)
        (problem,) = fatal(adapter_of(served))
        assert problem.where == "connection"
        assert "requests was answered, the first: GET" in problem.what

    def test_a_site_for_people_is_not_the_api(self, platform, adapter_of):
        page = b"<!doctype html><title>Bank</title>"
        reply = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)
        served = platform()
        with raw_server(*[reply] * 9) as raw:
            (problem,) = fatal(adapter_of(served, url=raw.url))
        assert "an HTML page ('Bank')" in problem.what
        assert "url is the address of the API itself" in problem.remedy


class TestBelow:
    def test_what_stands_below_records_that_cannot_be_listed_is_not_told_again(self, platform, adapter_of):
        served = platform(BELOW)
        served.seed_issue()
        served._section["resources"]["model"]["list"]["records"] = "itemz"
        (problem,) = fatal(adapter_of(served))
        assert problem.where == "http.resources.model"

    @pytest.mark.parametrize(("dialect", "count"), [("nested-issues", ", 2 now"), ("nested-issues,null-total", "")])
    def test_the_requests_of_a_listing_per_parent_are_told(self, platform, adapter_of, dialect, count):
        served = platform(BELOW, dialect=dialect)
        served.seed_issue()
        served.seed_issue()
        note = notes(adapter_of(served))["http.resources.issue.list"]
        assert f"once for each model{count}, whether anything changed or not" in note.what
        assert "parent.id" in note.remedy

    def test_a_listing_over_all_costs_nothing_beside_its_pages(self, platform, adapter_of):
        served = platform()
        served.seed_issue()
        assert "http.resources.issue.list" not in notes(adapter_of(served))

    def test_paging_that_is_ignored_is_noticed_below_a_parent_too(self, platform, adapter_of):
        served = platform(BELOW, dialect="nested-issues,ignored-paging")
        issue = served.seed_issue()
        model = issue.partition("/")[0]
        served.mock.grc.create("issues", {"title": "More", "severity": "Low", "model": model}, ADMIN)
        served._section["resources"]["issue"]["list"]["total"] = None
        assert "http.resources.issue.list.pagination" in {problem.where for problem in fatal(adapter_of(served))}

    def test_a_parent_that_vanished_meanwhile_is_no_finding(self, platform, adapter_of):
        served = platform(BELOW)
        gone, _ = served.seed_issue().partition("/")[0], served.seed_issue()
        # What a listing that was made just before the record went away still shows.
        served.mock.faults.add("status", path=f"*/{gone}/issues", status=404, count=None)
        served.mock.faults.add("status", path=f"*/models/{gone}", status=404, count=None)
        adapter = adapter_of(served)
        assert len(adapter._plant.records[Entity.ISSUE].reader.listing.sample(5)) == 1


class TestRedirects:
    def write_path(self, served, verb, path):
        served._section["resources"]["model"][verb]["path"] = path
        served.seed({"external_key": "k"})

    @pytest.mark.parametrize(("verb", "path"), [("create", "/api/v1/models"), ("update", "/api/v1/models/{id}")])
    def test_a_write_that_would_be_redirected_is_a_problem_before_there_is_one(self, platform, adapter_of, verb, path):
        served = platform(DJANGO)
        self.write_path(served, verb, path)
        (problem,) = fatal(adapter_of(served))
        assert problem.where == f"http.resources.model.{verb}"
        assert "a write is not sent after a redirect" in problem.what
        assert problem.remedy == f"write {verb}.path as the server has it."

    @pytest.mark.parametrize(("verb", "path"), [("list", "/api/v1/models"), ("get", "/api/v1/models/{id}")])
    def test_a_read_that_is_redirected_works_and_is_told(self, platform, adapter_of, verb, path):
        served = platform(DJANGO)
        self.write_path(served, verb, path)
        adapter = adapter_of(served)
        assert fatal(adapter) == []
        assert "each request is two" in notes(adapter)[f"http.resources.model.{verb}"].what

    def test_paths_that_are_only_written_are_not_asked_for(self, platform, adapter_of):
        served = platform()
        served._section["resources"]["model"]["update"]["path"] = "/api/v1/models/{id}/change"
        served.seed({"external_key": "k"})
        adapter_of(served).check()
        assert served.mock.requests.count("GET", "*/change") == 0


class TestRemedies:
    """Each names the key that is wrong."""

    def test_of_a_wrong_whoami(self, platform, adapter_of):
        served = platform()
        served._section["whoami"] = {"path": "/api/v1/wrong", "who": "email"}
        (problem,) = fatal(adapter_of(served))
        assert problem.remedy == "correct whoami.path in the mapping's http section."
        with pytest.raises(NotFound) as caught:
            list(adapter_of(served).records(Entity.MODEL))
        assert caught.value.remedy == problem.remedy

    def test_of_a_wrong_place_of_the_account(self, platform, adapter_of):
        served = platform()
        served._section["whoami"] = {"path": "/api/v1/me", "who": "user.name"}
        (problem,) = fatal(adapter_of(served))
        assert "or that is the wrong place: its keys are email, name, role" in problem.what
        assert problem.remedy.startswith("correct whoami.who")

    def test_of_a_look_up_that_is_refused(self, platform, adapter_of):
        served = platform()
        served._section["resources"]["model"]["find"]["params"] = {"key": "{key}"}
        served.seed({"external_key": "k"})
        adapter = adapter_of(served)
        (problem,) = fatal(adapter)
        with pytest.raises(Rejected, match="key: is not a field") as caught:
            adapter.find(Entity.MODEL, "k")
        assert problem.remedy == caught.value.remedy
        assert "path and params of the look-up" in problem.remedy

    def test_of_a_wrong_path_of_a_write(self, platform, adapter_of):
        served = platform()
        record_id = served.seed({"external_key": "k"})
        served._section["resources"]["model"]["update"]["path"] = "/api/v1/modells/{id}"
        served._section["resources"]["model"]["create"]["path"] = "/api/v1/modells"
        adapter = adapter_of(served)
        with pytest.raises(NotFound) as caught:
            adapter.update(Write(Entity.MODEL, record_id, {"purpose": "x"}))
        assert "correct update.path" in caught.value.remedy
        with pytest.raises((NotFound, OutcomeUnknown)) as caught:
            adapter.create(Write(Entity.MODEL, None, {"external_key": "k2"}, key="k2"))
        assert "correct create.path" in caught.value.remedy
        with pytest.raises(NotFound) as caught:
            adapter.update(Write(Entity.MODEL, "MDL0009999", {"purpose": "x"}))
        assert "update.path" not in caught.value.remedy

    def test_of_a_wrong_verb(self, platform, adapter_of):
        served = platform(dialect="put")
        record_id = served.seed({"external_key": "k"})
        with pytest.raises(Rejected, match=r"405: .* \(it takes GET, PUT\)") as caught:
            adapter_of(served).update(Write(Entity.MODEL, record_id, {"purpose": "x"}))
        assert "the method or the path" in caught.value.remedy

    def test_of_a_missing_wrapper(self, platform, adapter_of):
        served = platform(dialect="wrapped", options="{resources: {model: {get: {record: model}}}}")
        record_id = served.seed({"external_key": "k"})
        with pytest.raises(Rejected, match="below 'model'") as caught:
            adapter_of(served).update(Write(Entity.MODEL, record_id, {"purpose": "x"}))
        assert "wrapper" in caught.value.remedy

    def test_of_a_refused_value_stays_that_of_the_value(self, platform, adapter_of):
        served = platform(dialect="errors-fields")
        with pytest.raises(Rejected) as caught:
            adapter_of(served).create(Write(Entity.MODEL, None, {"tier": "9 - Imaginary"}))
        assert caught.value.remedy == "correct the value, or the mapping of its field."

    @pytest.mark.parametrize(
        ("dialect", "paging"),
        [("cursors", "{type: cursor, cursor: next}"), ("next-links", "{type: link_body, next: links.next}")],
    )
    def test_of_a_next_page_that_is_looked_for_in_the_wrong_place(self, platform, adapter_of, dialect, paging):
        options = f"{{resources: {{model: {{list: {{total: null, pagination: {paging}}}}}}}}}"
        served = platform(dialect=dialect, options=options)
        served.seed({"external_key": "k"})
        assert fatal(adapter_of(served)) == []
        served.seed({"external_key": "k2"})
        (problem,) = fatal(adapter_of(served))
        assert problem.where == "http.resources.model.list.pagination"
        assert "there are more records" in problem.what

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"get": {"path": "/models/{model_id}"}}, r"get.path has {model_id}, and only {id} can stand there"),
            ({"get": {"path": "/models"}}, "get does not say which record"),
            ({"update": {"path": "/models"}}, "update does not say which record"),
            ({"list": {"path": "/models/{parent}"}}, "say by `parent`"),
        ],
    )
    def test_of_a_wrong_placeholder(self, platform, change, told):
        resource = {"list": {"path": "/models"}, **change}
        with pytest.raises(ValueError, match=told):
            HttpAdapter.Options.model_validate({"resources": {"model": resource}})

    def test_a_variable_is_no_placeholder_and_an_id_may_be_in_the_body_or_the_query(self):
        resource = {
            "list": {"path": "/${TENANT}/models"},
            "get": {"path": "/${TENANT}/model", "params": {"id": "{id}"}},
            "update": {"path": "/${TENANT}/model", "id_as": "id"},
        }
        entities = {Entity.MODEL: EntityFields(("text",))}
        options = {"resources": {"model": resource}}
        HttpAdapter(AdapterSettings("test", "http://x", None, FAST, options, entities, {"TENANT": "bank"}))


class TestLookups:
    CASE = "codes, ids and nested fields"

    def test_a_table_that_is_not_there_is_told_once_with_its_key(self, platform, adapter_of):
        served = platform(self.CASE, dialect="people-by-id,models-by-number")
        served.seed({"external_key": "k", "model_owner": "validator@bank.example"})
        served._section["lookups"]["people"]["path"] = "/api/v1/people"
        served._section["resources"]["model"]["fields"] = {"model_owner": {"lookup": "people"}}
        (problem,) = fatal(adapter_of(served, fields=("purpose", "model_owner")))
        assert problem.where == "http.lookups.people"
        assert problem.remedy == "correct lookups.people.path in the mapping's http section."

    @pytest.mark.parametrize(("id_path", "told"), [("id", []), ("email", ["http.resources.model.fields.model_owner"])])
    def test_ids_that_a_table_does_not_know_are_told(self, platform, adapter_of, id_path, told):
        served = platform(self.CASE, dialect="people-by-id,models-by-number")
        served.seed({"external_key": "k", "model_owner": "validator@bank.example"})
        served.seed({"external_key": "k2"})
        served._section["lookups"]["people"]["id"] = id_path
        served._section["resources"]["model"]["fields"] = {"model_owner": {"lookup": "people"}}
        problems = fatal(adapter_of(served, fields=("purpose", "model_owner")))
        assert [problem.where for problem in problems] == told
        assert all("1 of 1 values of model_owner cannot be looked up" in problem.what for problem in problems)


class TestRelated:
    CASE = "keys in a resource of their own"

    def test_records_of_people_without_related_ones_are_a_good_platform(self, platform, adapter_of):
        served = platform(self.CASE)
        served.seed({"purpose": "theirs"})
        adapter = adapter_of(served)
        assert fatal(adapter) == []
        assert "external_key" in {field.name for field in adapter.discover().entities[Entity.MODEL]}

    def test_nothing_is_known_of_an_entity_without_any_record(self, platform, adapter_of):
        assert Entity.MODEL not in adapter_of(platform(self.CASE)).discover().entities


def test_an_answer_that_does_not_hold_the_record_is_told_where_it_is_declared(platform, adapter_of):
    served = platform()
    served.seed({"external_key": "k"})
    served._section["resources"]["model"]["get"]["record"] = "modl"
    (problem,) = fatal(adapter_of(served))
    assert problem.where == "http.resources.model.get"
    assert "get.record" in problem.remedy


def test_a_listing_over_all_that_fails_says_which_key_is_wrong(platform, adapter_of):
    served = platform()
    served._section["resources"]["model"]["id"] = "uid"
    served.seed({"external_key": "k"})
    with pytest.raises(IncompleteSnapshot) as caught:
        list(adapter_of(served).records(Entity.MODEL))
    assert caught.value.remedy == "correct id in the mapping's http section."
