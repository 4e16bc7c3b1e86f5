"""What single habits of servers do to the declarative adapter, over HTTP: beyond what the contract asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.base import AdapterSettings, EntityFields
from adapters.http import HttpAdapter
from connector.mock.dialects import HABITS, dialect_of
from connector.mock.users import ADMIN, CONNECTOR
from connector.model.errors import (
    AccessDenied,
    AuthError,
    IncompleteSnapshot,
    OutcomeUnknown,
    Rejected,
    Unreachable,
)
from connector.model.fields import Entity
from connector.model.grc import Unreadable, Write
from tests.adapters.dialect_cases import CASES, VERSIONS_ACROSS, VERSIONS_BELOW, merged
from tests.adapters.fake_platform import FAST
from tests.adapters.mock_platform import shipped_options

ELSEWHERE = {"ignored-paging", "single-pages"}


def test_every_habit_has_its_case():
    covered = {name for case in (*CASES, VERSIONS_BELOW, VERSIONS_ACROSS) for name in case.dialect.split(",")}
    assert set(HABITS) == covered | ELSEWHERE


def test_habits_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="'token-header' and 'session' contradict"):
        dialect_of("session,token-header")
    with pytest.raises(ValueError, match="no dialect 'tocken'"):
        dialect_of(["tocken"])


class TestWhoWeAre:
    """A server that serves a wrong key as a guest shows nothing, and nothing is concluded from it."""

    CASE = "guests, and 403 for what is missing"

    def test_an_empty_listing_is_not_believed(self, platform, adapter_of):
        served = platform(self.CASE)
        record_id = served.seed({"external_key": "k"})
        stranger = adapter_of(served, token="nobody-knows-this-token")
        with pytest.raises(AuthError, match="guest"):
            list(stranger.records(Entity.MODEL))
        with pytest.raises(AuthError, match="guest"):
            stranger.get(Entity.MODEL, record_id)
        (problem, *_) = [found for found in stranger.check() if found.fatal]
        assert problem.where == "credentials"
        assert "guest" in problem.what

    def test_nobody_is_asked_while_there_is_something(self, platform, adapter_of):
        served = platform(self.CASE)
        served.seed({"external_key": "k"})
        assert len(list(adapter_of(served).records(Entity.MODEL))) == 1
        assert served.mock.requests.count("GET", "*/me") == 0

    def test_a_guest_who_may_not_write_is_told_apart_from_an_account_that_may_not(self, platform, adapter_of):
        served = platform(dialect="guests")
        record_id = served.seed({"external_key": "k"})
        with pytest.raises(AuthError, match="guest"):
            adapter_of(served, token="nobody-knows-this-token").update(Write(Entity.MODEL, record_id, {"purpose": "x"}))

    def test_a_refusal_to_us_stays_one(self, platform, adapter_of):
        served = platform(self.CASE)
        record_id = served.seed({"external_key": "k"})
        served.mock.faults.add("status", method="PUT", status=403)
        with pytest.raises(AccessDenied):
            adapter_of(served).update(Write(Entity.MODEL, record_id, {"purpose": "x"}))


class TestSigningIn:
    @pytest.mark.parametrize(
        ("case", "path"), [("a session, wrappers and whole records", "*/login"), (CASES[4].name, "/oauth/token")]
    )
    def test_a_token_that_ran_out_is_renewed_once(self, platform, adapter_of, case, path):
        served = platform(case)
        adapter = adapter_of(served)
        served.seed({"external_key": "k"})
        list(adapter.records(Entity.MODEL))
        status = 406 if "406" in served.case.dialect else 401
        served.mock.faults.add("status", method="GET", path="*/models", status=status)
        assert len(list(adapter.records(Entity.MODEL))) == 1
        assert served.mock.requests.count("POST", path) == 2

    def test_the_wrong_word_before_the_token_is_told(self, platform, adapter_of):
        served = platform("plain", dialect="token-header")
        (problem, *_) = adapter_of(served).check()
        assert "the server asks for Token" in problem.what
        assert "the word before the token" in problem.remedy

    def test_half_a_pair_is_refused_when_it_is_declared(self):
        pair = {"type": "api_key", "template": "{key}.{token}", "key": {"env": "K"}}
        with pytest.raises(ValueError, match="go together"):
            HttpAdapter(AdapterSettings("test", "http://x", pair, {}, {"resources": {}}, {}))


class TestPaging:
    def test_paging_that_never_ends_is_an_error(self, platform, adapter_of):
        served = platform(dialect="ignored-paging", options="{resources: {model: {list: {total: null}}}}")
        for number in range(3):
            served.seed({"external_key": f"k{number}"})
        adapter = adapter_of(served)
        with pytest.raises(IncompleteSnapshot, match="ignore the paging parameters"):
            list(adapter.records(Entity.MODEL))
        problems = {problem.where: problem for problem in adapter.check() if problem.fatal}
        assert set(problems) == {"http.resources.model.list.pagination"}
        assert "type none" in problems["http.resources.model.list.pagination"].remedy

    @pytest.mark.parametrize("style", ["next-links", "link-header", "cursors"])
    def test_links_that_never_end_are_an_error(self, platform, adapter_of, style):
        paging = {
            "next-links": "{type: link_body, next: next}",
            "link-header": "{type: link_header}",
            "cursors": "{type: cursor, cursor: next_cursor}",
        }[style]
        options = f"{{resources: {{model: {{list: {{total: null, pagination: {paging}}}}}}}}}"
        served = platform(dialect=f"ignored-paging,{style}", options=options)
        for number in range(3):
            served.seed({"external_key": f"k{number}"})
        with pytest.raises(IncompleteSnapshot, match=r"repeats|read before"):
            list(adapter_of(served).records(Entity.MODEL))

    @pytest.mark.parametrize("total", ["null", "total"])
    def test_a_limit_that_is_silently_capped_loses_nothing(self, platform, adapter_of, total):
        paging = "{type: offset, page_size: 500}"
        options = f"{{resources: {{model: {{list: {{total: {total}, pagination: {paging}}}}}}}}}"
        dialect = "capped,null-total" if total == "null" else "capped"
        served = platform(dialect=dialect, options=options, page_size=500)
        for number in range(205):
            served.seed({"external_key": f"k{number}"})
        assert len(list(adapter_of(served).records(Entity.MODEL))) == 205

    @pytest.mark.parametrize("dialect", ["", "next-links", "cursors", "link-header"])
    def test_one_page_is_not_passed_off_as_the_whole(self, platform, adapter_of, dialect):
        options = "{resources: {model: {list: {total: null, pagination: {type: none, page_size: 1}}}}}"
        served = platform(dialect=",".join(filter(None, ("tiny-pages", dialect))), options=options)
        for number in range(5):
            served.seed({"external_key": f"k{number}"})
        with pytest.raises(IncompleteSnapshot, match="shows that there are more") as caught:
            list(adapter_of(served).records(Entity.MODEL))
        assert "declare pagination" in caught.value.remedy


class TestFilters:
    def test_ignored_filters_are_noticed_by_check_and_harm_no_look_up(self, platform, adapter_of):
        served = platform(dialect="ignored-filters")
        for number in range(9):
            served.seed({"external_key": f"k{number}"})
        adapter = adapter_of(served)
        assert adapter.find(Entity.MODEL, "k7").values["external_key"] == "k7"
        assert adapter.find(Entity.MODEL, "k") is None
        notes = {problem.where: problem for problem in adapter.check()}
        assert "ignores the filter by key" in notes["http.resources.model.find"].what
        assert "find.params" in notes["http.resources.model.find"].remedy
        assert "ignores updated_since" in notes["http.resources.model.list.incremental"].what
        assert "list.incremental" in notes["http.resources.model.list.incremental"].remedy

    def test_a_record_beyond_the_page_that_an_ignored_filter_shows_is_found(self, platform, adapter_of):
        served = platform(dialect="ignored-filters,tiny-pages")
        for number in range(9):
            served.seed({"external_key": f"k{number}"})
        assert adapter_of(served).find(Entity.MODEL, "k7").values["external_key"] == "k7"

    def test_a_filter_that_never_finds_anything_is_a_problem(self, platform, adapter_of):
        find = '{path: /api/v1/models, params: {registry_name: "{key}", external_key: null}, records: items}'
        served = platform(options=f"{{resources: {{model: {{find: {find}}}}}}}")
        served.seed({"external_key": "k", "registry_name": "credit"})
        (problem,) = [found for found in adapter_of(served).check() if found.fatal]
        assert problem.where == "http.resources.model.find"
        assert "'k'" in problem.what

    def test_closed_issues_are_asked_for(self, platform, adapter_of):
        served = platform("filters ignored and missing records changed")
        served.mock.grc.create("issues", {"title": "Old", "severity": "Low", "state": "Closed"}, ADMIN)
        assert len(list(adapter_of(served).records(Entity.ISSUE))) == 1
        plain = platform(dialect="hides-closed")
        plain.mock.grc.create("issues", {"title": "Old", "severity": "Low", "state": "Closed"}, ADMIN)
        assert list(adapter_of(plain).records(Entity.ISSUE)) == []

    def test_a_filter_that_hides_everything_is_told_from_an_empty_grc(self, platform, adapter_of):
        served = platform(options="{resources: {model: {list: {params: {lifecycle_status: Aproved}}}}}")
        empty = {problem.where: problem for problem in adapter_of(served).check()}
        assert "no record to look at" in empty["http.resources.model"].what
        served.seed({"external_key": "k", "lifecycle_status": "Approved"})
        hidden = {problem.where: problem for problem in adapter_of(served).check()}
        assert "lifecycle_status=Aproved" in hidden["http.resources.model.list.params"].what


class TestWriting:
    def test_a_redirect_is_not_followed_on_a_write(self, platform, adapter_of):
        served = platform(CASES[0].name, options=CASES[0].options.replace("{id}/", "{id}"))
        record_id = served.seed({"external_key": "k"})
        adapter = adapter_of(served)
        assert adapter.get(Entity.MODEL, record_id) is not None
        with pytest.raises(Unreachable, match=r"redirect .* not followed because it is a write") as caught:
            adapter.update(Write(Entity.MODEL, record_id, {"purpose": "new"}))
        assert "trailing slash" in caught.value.remedy
        assert served.stored()[record_id]["purpose"] is None

    def test_an_update_of_a_missing_record_that_is_answered_204_has_not_landed(self, platform, adapter_of):
        served = platform("filters ignored and missing records changed")
        with pytest.raises(OutcomeUnknown, match="cannot be read"):
            adapter_of(served).update(Write(Entity.MODEL, "MDL0009999", {"purpose": "x"}))

    def test_a_whole_put_keeps_what_the_mapping_does_not_name(self, platform, adapter_of):
        served = platform("a session, wrappers and whole records")
        record_id = served.seed({"external_key": "k", "materiality": "High", "purpose": "old"})
        adapter_of(served).update(Write(Entity.MODEL, record_id, {"purpose": "new"}))
        stored = served.stored()[record_id]
        assert (stored["purpose"], stored["materiality"]) == ("new", "High")

    def test_500_for_a_bad_value_is_a_refusal_where_it_is_declared(self, platform, adapter_of):
        write = Write(Entity.MODEL, None, {"external_key": "k", "tier": "9 - Imaginary"}, key="k")
        with pytest.raises(Rejected, match="must be one of"):
            adapter_of(platform(CASES[4].name)).create(write)
        with pytest.raises(OutcomeUnknown):
            adapter_of(platform(dialect="choice-500")).create(write)

    def test_an_error_that_comes_with_200_is_one_where_it_is_declared(self, platform, adapter_of):
        options = """
        errors: [{status: [200], when: "role && role != 'Administrator'", action: fail, kind: permission}]
        """
        served = platform(options=options)
        (problem, *_) = adapter_of(served).check()
        assert problem.where == "connection"
        assert "200" in problem.what

    @pytest.mark.parametrize("shape", ["detail", "fields", "list", "text", "html"])
    def test_every_shape_of_error_is_told_in_the_servers_words(self, platform, adapter_of, shape):
        served = platform(dialect=f"errors-{shape}")
        with pytest.raises(Rejected) as caught:
            adapter_of(served).create(Write(Entity.MODEL, None, {"tier": "9 - Imaginary"}))
        expected = "HTML page ('Error 422')" if shape == "html" else "must be one of 1 - Critical"
        assert expected in caught.value.message

    def test_too_many_requests_in_plain_text_are_waited_for(self, platform, adapter_of):
        served = platform(dialect="errors-text")
        served.mock.faults.add("status", status=429, retry_after=0)
        assert list(adapter_of(served).records(Entity.MODEL)) == []


def adapter_settings(served):
    return AdapterSettings(
        "test",
        served.mock.url,
        {"type": "bearer", "token": {"env": "MOCK_TOKEN"}},
        FAST,
        served._section,
        {Entity.VERSION: EntityFields(("model", "validator", "status", "version"))},
    )


class TestShapes:
    """Fields that look different when they are read and when they are written."""

    OPTIONS = """
    lookups:
      people: {path: /api/v1/users, records: items, total: total, value: email}
      models: {path: /api/v1/models, records: items, total: total, id: number, value: id}
    resources:
      version:
        list: {path: /api/v1/versions, records: items, total: total, pagination: {type: offset}}
        get: {path: "/api/v1/versions/{id}"}
        create: {path: /api/v1/versions}
        update: {path: "/api/v1/versions/{id}"}
        fields:
          model: {lookup: models}
          approved_by: {lookup: people}
          validator: {lookup: people}
          status:
            read: >-
              is_submitted && 'pending' || is_approved && 'approved' || is_withdrawn && 'withdrawn' || 'none'
            sets:
              none: {is_submitted: false, is_withdrawn: false}
              pending: {is_submitted: true, is_withdrawn: false}
              withdrawn: {is_submitted: false, is_withdrawn: true}
    """
    DIALECT = "people-by-id,models-by-number,approval-flags"

    @pytest.fixture
    def served(self, platform):
        return platform(dialect=self.DIALECT, options=self.OPTIONS)

    @pytest.fixture
    def adapter(self, served, monkeypatch):
        monkeypatch.setenv("MOCK_TOKEN", served.mock.token)
        with HttpAdapter(adapter_settings(served)) as adapter:
            yield adapter

    def test_references_and_flags_go_both_ways(self, served, adapter):
        model = served.seed({"external_key": "k"})
        values = {"model": model, "version": "1", "validator": "VALIDATOR@bank.example", "status": "pending"}
        record = adapter.create(Write(Entity.VERSION, None, values))
        (stored,) = served.mock.store.rows("versions")
        assert (stored["model"], stored["validator"]) == (model, "validator@bank.example")
        assert stored["approval_status"] == "Pending Approval"
        assert record.values == {**values, "validator": "validator@bank.example"}
        changed = adapter.update(Write(Entity.VERSION, record.id, {"status": "none"}))
        assert changed.values["status"] == "none"
        served.mock.as_user("risk.officer@bank.example").decide(record.id, "approved")
        assert adapter.get(Entity.VERSION, record.id).values["status"] == "approved"

    def test_a_value_without_an_id_is_refused_by_name(self, served, adapter):
        model = served.seed({})
        write = Write(Entity.VERSION, None, {"model": model, "version": "1", "validator": "nobody@bank.example"})
        with pytest.raises(Rejected, match=r"None of the GRC's people have 'nobody@bank.example'") as caught:
            adapter.create(write)
        assert caught.value.field == "validator"
        assert served.mock.store.rows("versions") == []

    def test_a_state_without_words_is_refused_by_name(self, served, adapter):
        write = Write(Entity.VERSION, None, {"model": served.seed({}), "version": "1", "status": "approved"})
        with pytest.raises(Rejected, match="sets has words for 'none', 'pending', 'withdrawn'") as caught:
            adapter.create(write)
        assert caught.value.field == "status"

    def test_an_id_that_the_table_lacks_is_shown_and_taken_for_no_value(self, served, adapter):
        user = {"email": "new@bank.example", "name": "New", "role": "Developer"}
        user_id = served.mock.grc.create("users", user, ADMIN)["id"]
        model = served.seed({})
        version = {"model": model, "version": "1", "validator": "new@bank.example"}
        served.mock.grc.create("versions", version, ADMIN)
        served.mock.faults.add("short_page", method="GET", path="*/users", amount=1, count=None)
        served.mock.faults.add("lying_total", method="GET", path="*/users", amount=-1, count=None)
        (record,) = adapter.records(Entity.VERSION)
        assert record.values["validator"] == Unreadable(f"none of the GRC's people has the id {user_id}")

    def test_a_whole_write_is_refused_where_it_would_clear_what_cannot_be_read(self, served, adapter):
        version = {"model": served.seed({}), "version": "1", "validator": CONNECTOR.email}
        record_id = served.mock.grc.create("versions", version, ADMIN)["id"]
        served.mock.faults.add("short_page", method="GET", path="*/users", amount=99, count=None)
        served.mock.faults.add("lying_total", method="GET", path="*/users", amount=-11, count=None)
        whole = merged(served._section, {"resources": {"version": {"update": {"send": "all"}}}})
        settings = replace(adapter_settings(served), options=whole)
        with HttpAdapter(settings) as writer, pytest.raises(Rejected, match="none of the GRC's people") as caught:
            writer.update(Write(Entity.VERSION, record_id, {"status": "pending"}))
        assert caught.value.field == "validator"
        assert served.mock.store.row(record_id)["validator"] == CONNECTOR.email

    def test_somebody_who_came_later_is_found(self, served, adapter):
        model = served.seed({})
        served.mock.grc.create("versions", {"model": model, "version": "1", "validator": CONNECTOR.email}, ADMIN)
        list(adapter.records(Entity.VERSION))
        served.mock.grc.create("users", {"email": "late@bank.example", "name": "Late", "role": "Developer"}, ADMIN)
        values = {"model": model, "version": "2", "validator": "late@bank.example"}
        assert adapter.create(Write(Entity.VERSION, None, values)).values["validator"] == "late@bank.example"

    def test_a_table_that_cannot_be_read_makes_the_listing_incomplete(self, served, adapter):
        model = served.seed({})
        served.mock.grc.create("versions", {"model": model, "version": "1", "validator": CONNECTOR.email}, ADMIN)
        served.mock.faults.add("status", method="GET", path="*/users", status=500, count=None)
        with pytest.raises(IncompleteSnapshot):
            list(adapter.records(Entity.VERSION))


class TestKeysApart:
    CASE = "keys in a resource of their own"

    def test_a_half_of_a_broken_run_is_taken_up(self, platform, adapter_of):
        served = platform(self.CASE)
        adapter = adapter_of(served)
        theirs = served.seed({"purpose": "Prices bonds"})
        write = Write(Entity.MODEL, None, {"external_key": "k", "purpose": "Scores loans"}, key="k")
        served.mock.faults.add("status", method="POST", path="*/external-ids", status=503)
        with pytest.raises(OutcomeUnknown, match=r"not all of its fields|may have been done"):
            adapter.create(write)
        assert adapter.find(Entity.MODEL, "k") is None
        list(adapter.records(Entity.MODEL))
        record = adapter.create(write)
        assert list(served.stored()) == [theirs, record.id]
        assert record.values["external_key"] == "k"

    def test_somebody_elses_record_is_not_taken_up(self, platform, adapter_of):
        served = platform(self.CASE)
        adapter = adapter_of(served)
        theirs = served.seed({"purpose": "Prices bonds"})
        list(adapter.records(Entity.MODEL))
        record = adapter.create(Write(Entity.MODEL, None, {"external_key": "k", "purpose": "Scores loans"}, key="k"))
        assert record.id != theirs
        bare = adapter.create(Write(Entity.MODEL, None, {"external_key": "k2"}, key="k2"))
        assert bare.id not in (theirs, record.id)

    def test_a_record_that_got_a_key_meanwhile_is_no_half(self, platform, adapter_of):
        served = platform(self.CASE)
        adapter = adapter_of(served)
        taken = served.seed({"purpose": "Scores loans"})
        list(adapter.records(Entity.MODEL))
        served.edit(taken, {"external_key": "another"})
        record = adapter.create(Write(Entity.MODEL, None, {"external_key": "k", "purpose": "Scores loans"}, key="k"))
        assert record.id != taken
        assert served.stored()[taken]["external_key"] == "another"

    def test_a_refused_key_leaves_the_outcome_open(self, platform, adapter_of):
        served = platform(self.CASE)
        served.mock.faults.add("status", method="POST", path="*/external-ids", status=422)
        with pytest.raises(OutcomeUnknown, match="not all of its fields"):
            adapter_of(served).create(Write(Entity.MODEL, None, {"external_key": "k"}, key="k"))


class TestElsewhere:
    def test_the_token_of_one_server_never_reaches_the_other(self, platform, adapter_of):
        served = platform("issues on another server")
        served.seed_issue()
        adapter = adapter_of(served)
        assert len(list(adapter.records(Entity.ISSUE))) == 1
        served.mock.issues_token = "wrong"
        with pytest.raises(AuthError):
            list(adapter_of(served).records(Entity.ISSUE))

    def test_a_server_of_another_origin_gets_no_credentials_and_headers(self, platform, adapter_of):
        served = platform("issues on another server")
        served._section["servers"]["tracker"].pop("auth")
        with pytest.raises(AuthError):
            list(adapter_of(served).records(Entity.ISSUE))

    def test_a_server_of_the_same_origin_gets_the_connections_credentials(self, platform, adapter_of):
        served = platform(options='{servers: {same: {url: "${TRACKER}"}}, resources: {issue: {server: same}}}')
        served._section["servers"]["same"]["url"] = served.mock.url
        served.seed_issue()
        assert len(list(adapter_of(served).records(Entity.ISSUE))) == 1

    def test_check_tells_what_is_wrong_with_one_server_and_goes_on_with_the_other(
        self, platform, adapter_of, monkeypatch
    ):
        served = platform("issues on another server")
        served.seed({"external_key": "k", "registry_name": "credit"})
        adapter = adapter_of(served, fields=("purpose", "imaginary"))
        monkeypatch.delenv("MOCK_ISSUES_TOKEN")
        problems = {problem.where: problem for problem in adapter.check() if problem.fatal}
        assert set(problems) == {"http.servers.tracker", "http.resources.model.fields.imaginary"}
        assert "MOCK_ISSUES_TOKEN" in problems["http.servers.tracker"].what

    def test_names_that_are_not_declared_are_refused(self):
        for change, named in (
            ({"resources": {"issue": {"server": "trackr"}}}, "trackr"),
            ({"resources": {"issue": {"fields": {"assignee": {"lookup": "peple"}}}}}, "peple"),
        ):
            with pytest.raises(ValueError, match=f"names '{named}', which is not among"):
                HttpAdapter.Options.model_validate(merged(shipped_options(), change))


class TestUnknownFields:
    def test_a_field_that_is_taken_and_forgotten_is_not_believed(self, platform, adapter_of):
        served = platform(dialect="unknown-fields")
        record_id = served.seed({"external_key": "k"})
        adapter = adapter_of(served, fields=("purpose", "imaginary"))
        before = adapter.get(Entity.MODEL, record_id)
        after = adapter.update(Write(Entity.MODEL, record_id, {"imaginary": "x"}))
        assert "imaginary" not in after.values
        assert after.revision != before.revision
        (problem,) = [found for found in adapter.check() if found.fatal]
        assert problem.where == "http.resources.model.fields.imaginary"
