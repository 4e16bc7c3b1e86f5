"""What the declarations do: shapes of requests, look-ups that servers answer wrongly, the check, the options."""

import threading

import pytest
from pydantic import ValidationError

from adapters.base import Capability
from adapters.http import HttpAdapter
from connector.model.errors import (
    AccessDenied,
    ConfigError,
    DuplicateKey,
    OutcomeUnknown,
    Rejected,
    RunAborted,
    Unreachable,
)
from connector.model.fields import Entity
from connector.model.grc import SchemaField, Write
from tests.adapters.fake_grc import FakeGrc
from tests.adapters.fake_platform import MODEL, make_adapter, options


@pytest.fixture
def grc():
    server = FakeGrc()
    yield server
    server.close()


@pytest.fixture
def make(grc, monkeypatch):
    made = []

    def make_one(section=None, **kwargs):
        made.append(make_adapter(grc.url, monkeypatch, section or options(), **kwargs))
        return made[-1]

    yield make_one
    for adapter in made:
        adapter.close()


def sent(grc, method):
    return [(path, body, headers) for verb, path, _, body, headers in grc.log if verb == method]


def test_a_record_carries_all_that_the_options_name(grc, make):
    thing_id = grc.add({"key": "k", "text": "t", "titled": "Big"})
    record = make(options(actor="text")).get(Entity.MODEL, thing_id)
    assert record.values == {"text": "t", "other": None, "titled": "Big", "key": "k"}
    assert record.revision == str(grc.things[thing_id]["rev"])
    assert record.updated_at == grc.things[thing_id]["changed"]
    assert record.actor == "t"
    assert record.url == "https://grc.example/things/T/1"


def test_an_id_with_a_slash_stays_one_segment(grc, make):
    thing_id = grc.add({"key": "k"})
    assert make().get(Entity.MODEL, thing_id).id == "T/1"
    assert grc.log[-1][1] == "/api/things/T%2F1"


def test_paths_wrappers_and_static_values_shape_the_body(grc, make):
    fields = {"text": {"write": "details.summary.text"}, "other": {"read": "titled"}}
    create = {"path": "/things", "wrapper": "thing.data", "static": {"kind": "ai", "details.lang": "en"}}
    adapter = make(options(create=create, fields=fields, find=None))
    adapter.create(Write(Entity.MODEL, None, {"key": "k", "text": "t", "other": ["x", {"y": None}]}, key="k"))
    ((_, body, _),) = sent(grc, "POST")
    details = {"summary": {"text": "t"}, "lang": "en"}
    assert body == {"thing": {"data": {"kind": "ai", "details": details, "key": "k", "other": ["x", {"y": None}]}}}


def test_a_field_is_read_by_its_path(grc, make):
    grc.add({"key": "k", "titled": "Big", "other": {"name": "Ann", "tags": [{"v": 1}, {"v": 2}]}})
    fields = {"text": {"read": "other.name"}, "other": {"read": "other.tags[].v"}}
    (record,) = make(options(fields=fields)).records(Entity.MODEL)
    assert record.values == {"text": "Ann", "other": [1, 2], "titled": "Big", "key": "k"}


def test_a_field_that_is_never_written_is_rejected_by_name(grc, make):
    adapter = make(options(fields={"text": {"write": False}}))
    with pytest.raises(Rejected) as caught:
        adapter.create(Write(Entity.MODEL, None, {"key": "k", "text": "t"}, key="k"))
    assert caught.value.field == "text"
    assert grc.things == {}


def test_an_update_sends_what_changed_and_its_condition(grc, make):
    thing_id = grc.add({"key": "k", "text": "old", "other": "o"})
    update = {"path": "/things/{id}", "id_as": "meta.id", "if_match": '"{revision}"'}
    make(options(update=update)).update(Write(Entity.MODEL, thing_id, {"text": "new"}, revision="2"))
    ((_, body, headers),) = sent(grc, "PATCH")
    assert body == {"text": "new", "meta": {"id": "T/1"}}
    assert headers["If-Match"] == '"2"'


def test_a_whole_update_sends_every_field_as_it_stands(grc, make):
    thing_id = grc.add({"key": "k", "text": "old", "other": "o"})
    update = {"path": "/things/{id}", "method": "PUT", "send": "all"}
    make(options(update=update)).update(Write(Entity.MODEL, thing_id, {"text": "new"}))
    ((_, body, _),) = sent(grc, "PUT")
    assert body == {"text": "new", "other": "o", "titled": None, "key": "k"}


def test_every_write_is_read_back_unless_the_answer_is_declared_whole(grc, make):
    write = Write(Entity.MODEL, None, {"key": "k"}, key="k")
    make().create(write)
    assert [entry[0] for entry in grc.log] == ["POST", "GET"]
    grc.log.clear()
    record = make(options(create={"path": "/things", "read_back": False})).create(write)
    assert [entry[0] for entry in grc.log] == ["POST"]
    assert record.values["key"] == "k"


def test_a_write_whose_effect_cannot_be_read_is_unknown(grc, make):
    thing_id = grc.add({"key": "k"})
    adapter = make(options(get={"path": "/nowhere/{id}"}))
    with pytest.raises(OutcomeUnknown, match="cannot be read"):
        adapter.update(Write(Entity.MODEL, thing_id, {"text": "new"}))


def test_find_does_not_trust_a_filter_that_is_ignored(grc, make):
    for number in range(9):
        grc.add({"key": f"k{number}"})
    grc.ignore_filters = True
    adapter = make()
    assert adapter.find(Entity.MODEL, "k8").id == "T/17"
    assert adapter.find(Entity.MODEL, "absent") is None
    grc.add({"key": "k0"})
    with pytest.raises(DuplicateKey):
        adapter.find(Entity.MODEL, "k0")


def test_find_asks_once_where_the_filter_works(grc, make):
    for number in range(9):
        grc.add({"key": f"k{number}"})
    adapter = make()
    assert adapter.find(Entity.MODEL, "k8") is not None
    assert adapter.find(Entity.MODEL, "absent") is None
    assert adapter.requests_sent == 2


def test_find_may_get_a_single_record(grc, make):
    grc.add({"key": "k"})
    adapter = make(options(find={"path": "/things/T%2F1", "params": {"key": "{key}"}, "record": "@"}))
    assert adapter.find(Entity.MODEL, "k").id == "T/1"
    grc.things.clear()
    assert adapter.find(Entity.MODEL, "k") is None


@pytest.mark.parametrize(("missing", "error"), [((404,), Unreachable), ((404, "empty"), None)])
def test_what_counts_as_missing_is_declared(grc, make, missing, error):
    thing_id = grc.add({"key": "k"})
    adapter = make(options(get={"path": "/things/{id}", "record": "nothing", "missing": missing}))
    if error is None:
        assert adapter.get(Entity.MODEL, thing_id) is None
    else:
        with pytest.raises(error):
            adapter.get(Entity.MODEL, thing_id)


def test_a_record_that_is_there_is_not_missing(grc, make):
    thing_id = grc.add({"key": "k"})
    adapter = make(options(get={"path": "/things/{id}", "missing": (404, "empty")}))
    assert adapter.get(Entity.MODEL, thing_id).id == thing_id


def test_forbidden_is_not_missing_unless_declared(grc, make):
    section = options()
    section["errors"] = [{"status": [404], "action": "fail", "kind": "permission"}]
    with pytest.raises(AccessDenied):
        make({**section, **_with_get(section, missing=())}).get(Entity.MODEL, "absent")
    assert make(section).get(Entity.MODEL, "absent") is None


def _with_get(section, **changes):
    model = {**section["resources"]["model"]}
    model["get"] = {**model["get"], **changes}
    return {"resources": {**section["resources"], "model": model}}


def test_the_watermark_is_moved_back_by_the_overlap(grc, make):
    adapter = make()
    list(adapter.records(Entity.MODEL, since="2026-03-01T00:00:01Z"))
    assert grc.log[-1][2]["since"] == "2026-02-28T23:59:59Z"
    list(adapter.records(Entity.MODEL, since="2026-03-01T00:00:01.500+02:00"))
    assert grc.log[-1][2]["since"] == "2026-02-28T23:59:59.500000+02:00"
    with pytest.raises(ConfigError, match="yesterday"):
        list(adapter.records(Entity.MODEL, since="yesterday"))
    epoch = {"param": "since", "format": "epoch_milliseconds", "overlap_seconds": 2}
    list(make(options(list={**MODEL["list"], "incremental": epoch})).records(Entity.MODEL, since="5000"))
    assert grc.log[-1][2]["since"] == "3000"


def test_nothing_is_sent_once_the_process_was_asked_to_end(grc, make):
    stop = threading.Event()
    adapter = make(stop=stop)
    stop.set()
    with pytest.raises(RunAborted, match="Stopped"):
        adapter.create(Write(Entity.MODEL, None, {"key": "k"}, key="k"))
    assert grc.log == []


def test_capabilities_follow_from_the_declarations(make):
    assert make().capabilities == {
        Capability.INCREMENTAL,
        Capability.CONDITIONAL_WRITE,
        Capability.QUERY_BY_KEY,
        Capability.COMMENTS,
    }
    bare = options(find=None, update={"path": "/x/{id}"}, list={"path": "/x"}, actor="who")
    del bare["resources"]["issue"]["comments"]
    assert make(bare).capabilities == {Capability.ACTOR}


def test_each_entity_is_asked_by_key_as_far_as_it_declares_that(make):
    section = options(find=None)
    section["resources"]["version"] = options()["resources"]["model"]
    adapter = make(section)
    assert [entity for entity in Entity if adapter.queries(entity)] == [Entity.VERSION]
    assert Capability.QUERY_BY_KEY not in adapter.capabilities


def test_an_entity_without_declaration_is_a_matter_of_configuration(make):
    with pytest.raises(ConfigError, match=r"http\.resources\.user"):
        make().get(Entity.USER, "1")


def test_a_variable_without_value_is_named(make):
    with pytest.raises(ConfigError, match=r"http\.resources\.model\.url.*TENANT"):
        make(options(url="https://${TENANT}.example/{id}"))


def test_check_is_content_with_a_good_server(grc, make):
    grc.add({"key": "k", "text": "t", "titled": "T"})
    section = options()
    section["whoami"] = {"path": "/me", "who": "user", "expect": "svc"}
    assert make(section).check() == []


def problems_of(adapter):
    return {problem.where: problem for problem in adapter.check()}


def test_check_names_every_problem_at_once(grc, make):
    grc.add({"key": "k"})
    grc.ignore_filters = True
    section = options(get={"path": "/nowhere/{id}"}, fields={"other": {"read": "deep.down"}})
    section["whoami"] = {"path": "/me", "who": "user", "expect": "root"}
    section["resources"]["issue"]["list"]["records"] = "nothing"
    problems = problems_of(make(section))
    fatal = {where: problem.fatal for where, problem in problems.items()}
    assert fatal == {
        "credentials": True,
        "http.resources.model.get": True,
        "http.resources.model.fields.titled": True,
        "http.resources.model.fields.other": True,
        "http.resources.model.find": False,
        "http.resources.model.list.incremental": False,
        "http.resources.issue": True,
    }
    assert all(problem.remedy for problem in problems.values())


def test_check_says_what_it_cannot_tell(grc, make):
    problems = problems_of(make())
    assert {where: problem.fatal for where, problem in problems.items()} == {
        "credentials": False,
        "http.resources.model": False,
    }


def test_check_reports_a_missing_secret_and_a_dead_server(grc, make, monkeypatch):
    adapter = make()
    monkeypatch.delenv("FAKE_GRC_TOKEN")
    (problem, *_) = [found for found in adapter.check() if found.fatal]
    assert "FAKE_GRC_TOKEN" in problem.what
    grc.close()
    (problem, *_) = [found for found in make().check() if found.fatal]
    assert "refuses connections" in problem.what


def test_discover_tells_names_and_json_types(grc, make):
    grc.add({"key": "k", "text": None})
    grc.add({"text": "t", "flag": True, "score": 1.5, "tags": [], "owner": {}})
    grc.cap = 20
    fields = make().discover().entities[Entity.MODEL]
    assert SchemaField("text", "string") in fields
    kinds = {field.name: field.type for field in fields}
    assert kinds == {
        "id": "string",
        "text": "string",
        "other": "null",
        "key": "string",
        "rev": "integer",
        "changed": "string",
        "flag": "boolean",
        "score": "number",
        "tags": "array",
        "owner": "object",
    }


@pytest.mark.parametrize(
    "model",
    [
        {"list": {"path": "/x"}, "lists": 1},
        {"list": {"path": "/x", "records": "items["}},
        {"list": {"path": "/x", "pagination": {"type": "scroll"}}},
        {"list": {"path": "/x"}, "find": {"path": "/x", "params": {"key": "k"}}},
        {"list": {"path": "/x"}, "update": {"path": "/x", "if_match": "{revision}"}},
        {"get": {"path": "/x"}},
    ],
)
def test_options_that_cannot_be_are_refused(model):
    with pytest.raises(ValidationError):
        HttpAdapter.Options.model_validate({"resources": {"model": model}})


@pytest.mark.parametrize(
    "rule",
    [
        {"status": [404], "action": "fail"},
        {"status": [404], "action": "retry", "kind": "validation"},
        {"status": ["9xx"], "action": "retry"},
        {"status": [], "action": "retry"},
        {"status": [400], "action": "conflict", "when": "a ="},
    ],
)
def test_error_rules_that_cannot_be_are_refused(rule):
    with pytest.raises(ValidationError):
        HttpAdapter.Options.model_validate({"resources": {}, "errors": [rule]})


def test_what_the_server_did_not_send_is_not_taken_for_empty(grc, make):
    thing_id = grc.add({"key": "k", "text": "t", "details": {"set": None}, "bag": None})
    paths = {"text": "details.set", "other": "details.nowhere", "titled": "bag.inner.name"}
    section = options(fields={name: {"read": path} for name, path in paths.items()})
    assert make(section).get(Entity.MODEL, thing_id).values == {"text": None, "titled": None, "key": "k"}
    section["resources"]["model"]["omits_empty"] = True
    assert make(section).get(Entity.MODEL, thing_id).values["other"] is None


def test_of_an_expression_it_cannot_be_said_whether_it_was_sent(grc, make):
    thing_id = grc.add({"key": "k", "text": "t"})
    record = make(options(fields={"other": {"read": "nowhere || deep.down"}})).get(Entity.MODEL, thing_id)
    assert record.values["other"] is None
