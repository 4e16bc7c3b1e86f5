"""The profile for MetricStream against the simulated tenant: its login, what each published status means, ids alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from adapters.http import HttpAdapter
from adapters.httpclient import AuthSettings
from connector.model.errors import (
    AccessDenied,
    AuthError,
    ConfigError,
    IncompleteSnapshot,
    OutcomeUnknown,
    Rejected,
    Unlisted,
    Unreachable,
)
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.metricstream_platform import VARIABLES, MetricStreamPlatform
from tests.simulators.metricstream import MetricStream


@pytest.fixture
def simulator():
    with MetricStream() as running:
        yield running


@pytest.fixture
def platform(simulator, monkeypatch):
    return MetricStreamPlatform(simulator, monkeypatch)


@pytest.fixture
def adapter(platform):
    with platform.adapter() as made:
        yield made


def ids_only(platform, **by_ids):
    section = platform.section()
    for entity, path in (("model", "grc/asset"), ("issue", "ism/issue")):
        section["resources"][entity]["list"] = {
            "path": f"collections/{path}",
            "records": "objects",
            "by_ids": {"at": "ObjectIDs", **by_ids},
        }
    return section


# the login


def test_one_login_serves_every_request_and_sends_both_cookies_and_the_header(platform, adapter, simulator):
    platform.seed({"Purpose": "one"})
    assert len(list(adapter.records(Entity.MODEL))) == 1
    assert adapter.get(Entity.MODEL, "none") is None
    assert simulator.sessions.logins == 1


def test_nothing_is_sent_before_it_is_needed(platform, simulator):
    platform.adapter().close()
    assert simulator.sessions.logins == 0


def test_a_refused_password_is_told_by_the_cookie_that_is_missing(platform):
    with platform.stranger() as stranger, pytest.raises(AuthError) as told:
        list(stranger.records(Entity.MODEL))
    assert "without the cookie Csrf-Token: it set JSESSION_ID" in told.value.message
    assert "not the password" not in str(told.value)


@pytest.mark.parametrize("how", ["401", "redirect"])
def test_a_session_that_ended_is_begun_anew_once(platform, adapter, simulator, how):
    record = platform.seed({"Purpose": "one"})
    assert adapter.get(Entity.MODEL, record) is not None
    simulator.sessions.end()
    simulator.sessions.expired = how
    assert adapter.get(Entity.MODEL, record) is not None
    simulator.sessions.end()
    assert adapter.update(Write(Entity.MODEL, record, {"Purpose": "two"})).values["Purpose"] == "two"
    assert simulator.sessions.logins == 3


def test_no_cookie_or_token_stands_in_an_error(platform, adapter, simulator):
    list(adapter.records(Entity.MODEL))
    (session, token), *_ = simulator.sessions._tokens.items()
    simulator.faults.add("status", method="get", path="models*", status=422, count=None)
    with pytest.raises(Rejected) as told:
        adapter.get(Entity.MODEL, f"{session}-{token}")
    assert session not in str(told.value)
    assert token not in str(told.value)


# each published status


def test_200_is_a_creation(platform, adapter, simulator):
    made = adapter.create(Write(Entity.MODEL, None, {"Purpose": "one", "CorrelationKey": "k"}, key="k"))
    row = simulator.mock.store.row(made.id)
    assert (row["purpose"], made.values["CorrelationKey"]) == ("one", "k")
    assert [str(each.verb) for each in simulator.calls].count("create") == 1


def test_a_patch_names_the_record_in_its_body(platform, adapter, simulator):
    record = platform.seed({"Purpose": "one", "Description": "stays"})
    adapter.update(Write(Entity.MODEL, record, {"Purpose": "two"}))
    (call,) = [each for each in simulator.calls if each.verb == "update"]
    assert (call.id, call.values) == (record, {"purpose": "two"})
    assert simulator.mock.store.row(record)["description"] == "stays"


@pytest.mark.parametrize("status", [400, 422])
def test_400_and_422_refuse_the_value_for_good(platform, adapter, simulator, status):
    record = platform.seed({"Purpose": "one"})
    simulator.faults.add("status", method="update", path="models*", status=status, count=None)
    with pytest.raises(Rejected):
        adapter.update(Write(Entity.MODEL, record, {"Purpose": "two"}))
    assert len([each for each in simulator.calls if each.verb == "update"]) == 1


def test_403_is_a_missing_activity_and_is_not_tried_again(platform, adapter, simulator):
    record = platform.seed({"Purpose": "one"})
    list(adapter.records(Entity.MODEL))
    simulator.api.forbidden.add("grc/asset")
    simulator.calls.clear()
    with pytest.raises(AccessDenied) as told:
        adapter.get(Entity.MODEL, record)
    with pytest.raises(AccessDenied):
        adapter.update(Write(Entity.MODEL, record, {"Purpose": "two"}))
    assert [str(each.verb) for each in simulator.calls] == ["get", "update"]
    assert "The activity for models is missing" in told.value.message
    assert "permission" in told.value.remedy


def test_403_for_a_listing_ends_the_run(platform, adapter, simulator):
    simulator.faults.add("status", method="list", path="models", status=403, count=None)
    with pytest.raises(AuthError):
        list(adapter.records(Entity.MODEL))
    assert len([each for each in simulator.calls if each.verb == "list"]) == 1


def test_404_is_a_record_that_is_gone(adapter):
    assert adapter.get(Entity.MODEL, "MDL-404") is None


def test_what_is_not_published_is_not_trusted(platform, adapter, simulator):
    """A server error after a write may have been after the fact; 429 was before it."""
    record = platform.seed({"Purpose": "one"})
    simulator.faults.add("status", method="update", path="models*", status=429)
    assert adapter.update(Write(Entity.MODEL, record, {"Purpose": "two"})).values["Purpose"] == "two"
    simulator.faults.add("status", method="update", path="models*", status=503, count=None)
    with pytest.raises(OutcomeUnknown):
        adapter.update(Write(Entity.MODEL, record, {"Purpose": "three"}))


# configuration


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_is_required(platform, monkeypatch, name):
    monkeypatch.delitem(VARIABLES, name)
    with pytest.raises(ConfigError, match=rf"\$\{{{name}\}} has no value"):
        platform.adapter()


def test_the_page_shows_every_variable_and_a_login_that_is_valid():
    page = (Path(__file__).parents[2] / "docs" / "platforms" / "metricstream.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])["connections"]["metricstream"]
    assert shown["variables"] == VARIABLES
    assert TypeAdapter(AuthSettings).validate_python(shown["auth"]).cookies == ("JSESSION_ID", "Csrf-Token")
    assert all(f"`{name}`" in page for name in VARIABLES)


def test_check_is_content_but_for_what_cannot_be_told(platform, adapter, simulator):
    platform.seed({"Purpose": "one"})
    simulator.mock.as_user("risk.officer@bank.example").raise_issue("One")
    assert [each.what for each in adapter.check() if each.fatal] == []


def test_check_names_the_list_route_that_is_wrong(platform, monkeypatch):
    monkeypatch.setitem(VARIABLES, "MODEL_LIST", "reports/nothing")
    with platform.adapter() as adapter:
        (problem,) = [each for each in adapter.check() if each.fatal]
    assert problem.where == "http.resources.model"
    assert "reports/nothing" in problem.what


# ids alone


def known_of(adapter):
    """The ids that are read before it is said that there is no listing, and how that is said."""
    read: list[str] = []
    records = adapter.records(Entity.MODEL)
    while True:
        try:
            read.append(next(records).id)
        except Unlisted as error:
            return read, error.message


def test_the_known_records_are_read_in_few_requests_and_nothing_else_is(platform, simulator):
    known = [platform.seed({"Purpose": str(number)}) for number in range(5)]
    platform.seed({"Purpose": "raised there"})
    with platform.adapter(known=lambda _: known, section=ids_only(platform, per_request=2)) as adapter:
        read, words = known_of(adapter)
    assert (read, "5 that the connector knows of" in words) == (sorted(known), True)
    assert len([each for each in simulator.calls if each.verb == "list"]) == 3


def test_a_known_record_that_is_gone_is_left_out(platform):
    known = [platform.seed({"Purpose": "one"}), "MDL-404"]
    with platform.adapter(known=lambda _: known, section=ids_only(platform)) as adapter:
        assert known_of(adapter)[0] == known[:1]
        assert adapter.get(Entity.MODEL, "MDL-404") is None


def test_nothing_known_is_nothing_asked(platform, simulator):
    with platform.adapter(section=ids_only(platform)) as adapter:
        with pytest.raises(Unlisted, match="0 that the connector knows of"):
            list(adapter.records(Entity.ISSUE))
        assert [each for each in simulator.calls if each.verb == "list"] == []


def test_a_lookup_by_key_answers_of_the_known_ones(platform):
    known = [platform.seed({"CorrelationKey": "a"}), platform.seed({"CorrelationKey": "b"})]
    platform.seed({"CorrelationKey": "c"})
    with platform.adapter(known=lambda _: known, section=ids_only(platform)) as adapter:
        assert adapter.find(Entity.MODEL, "b").id == known[1]
        assert adapter.find(Entity.MODEL, "c") is None


@pytest.mark.parametrize("change", [{"at": "Wrong"}, {"item": "ObjectID"}])
def test_ids_that_are_sent_wrongly_are_a_gap_and_not_an_end(platform, change):
    known = [platform.seed({"Purpose": "one"}), platform.seed({"Purpose": "two"})]
    section = ids_only(platform, **change)
    with platform.adapter(known=lambda _: known, section=section) as adapter:
        with pytest.raises(IncompleteSnapshot) as told:
            list(adapter.records(Entity.MODEL))
        assert not isinstance(told.value, Unlisted)
        assert "by_ids" in told.value.remedy


def test_a_path_where_nothing_is_is_a_gap_while_the_records_can_be_read(platform):
    known = [platform.seed({"Purpose": "one"})]
    section = ids_only(platform)
    section["resources"]["model"]["list"]["path"] = "collections/grc/risk"
    with platform.adapter(known=lambda _: known, section=section) as adapter:
        with pytest.raises(IncompleteSnapshot, match=f"{known[0]} can be read by id") as told:
            list(adapter.records(Entity.MODEL))
        assert not isinstance(told.value, Unlisted)


def test_one_record_that_is_gone_does_not_hide_the_others_from_a_strict_server(platform, simulator):
    simulator.api.strict = True
    there = [platform.seed({"Purpose": str(number)}) for number in range(5)]
    with platform.adapter(known=lambda _: [*there, "MDL-404"], section=ids_only(platform)) as adapter:
        assert known_of(adapter)[0] == sorted(there)


def test_reading_many_is_no_write_and_is_sent_again(platform, simulator):
    known = [platform.seed({"Purpose": "one"})]
    simulator.faults.add("status", method="list", path="models", status=503)
    with platform.adapter(known=lambda _: known, section=ids_only(platform), before_write=_refuse) as adapter:
        assert known_of(adapter)[0] == known


def _refuse() -> None:
    raise AssertionError("nothing is written")


def test_a_server_that_ignores_the_ids_is_noticed(platform, simulator):
    known = [platform.seed({"Purpose": "one"})]
    platform.seed({"Purpose": "two"})
    simulator.api.deaf = True
    with platform.adapter(known=lambda _: known, section=ids_only(platform)) as adapter:
        with pytest.raises(IncompleteSnapshot, match="which was not asked for") as told:
            list(adapter.records(Entity.MODEL))
        assert not isinstance(told.value, Unlisted)


def test_check_says_what_a_mapping_without_listing_cannot_do(platform):
    known = [platform.seed({"Purpose": "one"})]
    with platform.adapter(known=lambda _: known, section=ids_only(platform)) as adapter:
        found = {each.where: each for each in adapter.check()}
    note = found["http.resources.model.list"]
    assert not note.fatal
    assert "what people add in the GRC is not found" in note.what
    assert "mlflow-grc link" in note.remedy
    assert [each for each in found.values() if each.fatal] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"total": "count"}, "no effect beside by_ids"),
        ({"by_ids": {"static": {"a": 1}}}, "static needs"),
        ({"pagination": {"type": "offset"}}, "no effect beside by_ids"),
    ],
)
def test_what_contradicts_reading_by_ids_is_refused(platform, change, words):
    section = ids_only(platform)
    section["resources"]["model"]["list"] |= change
    with pytest.raises(ValueError, match=words):
        HttpAdapter.Options.model_validate(section)


def test_the_tenants_words_are_not_the_mappings(simulator, platform, adapter):
    record = platform.seed({"RiskTier": "2 - High"})
    assert adapter.get(Entity.MODEL, record).values["RiskTier"] == "High"
    assert json.dumps(simulator.mock.store.row(record)["tier"]) == '"2 - High"'
    with pytest.raises(Rejected):
        adapter.update(Write(Entity.MODEL, record, {"RiskTier": "Extreme"}))


def test_no_server_at_all(platform, simulator):
    with platform.adapter() as adapter:
        simulator.stop()
        with pytest.raises((Unreachable, AuthError, IncompleteSnapshot)):
            list(adapter.records(Entity.MODEL))
