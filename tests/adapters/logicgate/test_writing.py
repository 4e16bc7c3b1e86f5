"""Writes by the older API: what is sent, what is not, and what came of it."""

import pytest

from adapters.logicgate import LogicGateAdapter, Options
from adapters.logicgate.catalogue import Catalogue
from connector.model.errors import AccessDenied, ConfigError, Conflict, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.logicgate.platform import KEY, PURPOSE, LogicGatePlatform, settings, shipped, with_ids
from tests.simulators.base import Call, Verb
from tests.simulators.logicgate.schema import Permission


def create(adapter, **values):
    return adapter.create(Write(Entity.MODEL, None, {KEY: "k", "Name in Registry": "pd", **values}, key="k"))


def update(adapter, record_id, values, revision=None):
    return adapter.update(Write(Entity.MODEL, record_id, values, revision=revision))


@pytest.fixture
def record_id(platform):
    return platform.seed({KEY: "k", PURPOSE: "old"})


VALUES = {
    "Risk Tier": "Tier 2 (High)",
    "Tier Confirmed On": "2026-04-05",
    "Model Owner": "head.retail@bank.example",
    "Regulations": ["FDA", "SS1/23"],
    "Registered At (ms)": 1_700_000_000_123,
}


@pytest.mark.parametrize("answer", ["content", "plain"])
@pytest.mark.parametrize("dates", ["date", "milliseconds", "seconds"])
def test_every_type_is_kept_as_it_was_sent(simulator, platform, answer, dates):
    simulator.manners.created_answer = answer
    simulator.manners.date_writes = {"milliseconds": "ms", "seconds": "s"}.get(dates, "date")
    platform.section["date_write_format"] = dates
    with platform.adapter() as adapter:
        record = create(adapter, **VALUES)
        assert {name: record.values[name] for name in VALUES} == VALUES
        changed = {"Tier Confirmed On": "2027-01-01", "Regulations": ["HIPAA"]}
        record = update(adapter, record.id, changed)
    assert {name: record.values[name] for name in VALUES} == {**VALUES, **changed}


def test_a_create_whose_answer_names_no_record_is_looked_up(simulator, platform, adapter):
    simulator.manners.created_answer = "empty"
    with pytest.raises(OutcomeUnknown, match="without the id of the new record"):
        create(adapter)
    assert [adapter.find(Entity.MODEL, "k").id] == list(platform.stored())


def test_a_new_record_may_be_assigned(simulator, platform, client):
    platform.section["workflows"]["model"]["assignee"] = "risk.officer@bank.example"
    with platform.adapter() as adapter:
        record = create(adapter)
    assert client.record(record.id)["assignee"]["email"] == "risk.officer@bank.example"


def test_the_opening_read_is_never_made(simulator, platform, client):
    """Records that are the connector's own are the ones that it would put in progress."""
    platform.section["workflows"]["model"]["assignee"] = "mlflow-grc@bank.example"
    with platform.adapter() as adapter:
        record = create(adapter, **VALUES)
        update(adapter, record.id, {PURPOSE: "new"}, record.revision)
        list(adapter.records(Entity.MODEL))
        adapter.find(Entity.MODEL, "k")
        adapter.get(Entity.MODEL, record.id)
        adapter.check()
        adapter.discover()
    assert client.record(record.id)["status"] == "ASSIGNED"
    assert simulator.requests.count("GET", "/api/v1/records/*") == 0
    assert not [one for one in simulator.store.history() if one.action == "open"]


def test_a_record_that_moved_since_it_was_read_is_a_conflict(simulator, platform, adapter, record_id):
    read = adapter.get(Entity.MODEL, record_id)
    simulator.clock.now = simulator.clock.now.replace(second=1)
    platform.edit(record_id, {"Assumptions": "theirs"})
    with pytest.raises(Conflict, match="was changed at"):
        update(adapter, record_id, {PURPOSE: "new"}, read.revision)
    assert platform.stored()[record_id][PURPOSE] == "old"
    fresh = adapter.get(Entity.MODEL, record_id)
    update(adapter, record_id, {PURPOSE: "new"}, fresh.revision)
    assert platform.stored()[record_id] == {**platform.stored()[record_id], PURPOSE: "new", "Assumptions": "theirs"}


def test_a_record_that_is_gone_before_the_write_is_not_found(platform, adapter, record_id):
    read = adapter.get(Entity.MODEL, record_id)
    platform.delete(record_id)
    with pytest.raises(Rejected, match="does not exist"):
        update(adapter, record_id, {PURPOSE: "new"}, read.revision)


@pytest.mark.parametrize(("option", "clears"), [("empty_list", "[]"), ("empty_text", '[""]'), ("null", "[null]")])
def test_a_field_is_emptied_as_the_tenant_does(simulator, platform, record_id, option, clears):
    simulator.manners.clearing = frozenset({clears})
    platform.section["clear_with"] = option
    with platform.adapter() as adapter:
        assert update(adapter, record_id, {PURPOSE: None}).values[PURPOSE] is None


def test_a_field_that_was_not_emptied_is_told_as_it_is(simulator, platform, adapter, record_id):
    simulator.manners.clearing = frozenset()
    assert update(adapter, record_id, {PURPOSE: None}).values[PURPOSE] == "old"


def test_a_field_may_be_left_alone_rather_than_emptied(platform, record_id):
    platform.section["clear_with"] = "refuse"
    with platform.adapter() as adapter, pytest.raises(Rejected, match="clear_with is refuse") as caught:
        update(adapter, record_id, {PURPOSE: None})
    assert caught.value.field == PURPOSE


def test_a_date_that_another_came_of_names_the_setting(simulator, platform, record_id):
    """A tenant that takes milliseconds would read seconds as a day in January 1970."""
    simulator.manners.date_writes = "ms"
    platform.section["date_write_format"] = "seconds"
    with platform.adapter() as adapter, pytest.raises(Rejected, match="is kept as 1970-01-") as caught:
        update(adapter, record_id, {"Tier Confirmed On": "2026-04-05"})
    assert "date_write_format" in caught.value.remedy
    assert caught.value.field == "Tier Confirmed On"


@pytest.mark.parametrize("field", ["Risk Tier", "Model Owner"])
def test_a_refused_value_names_the_field_as_the_mapping_does(adapter, record_id, field):
    with pytest.raises(Rejected, match="was answered 400") as caught:
        update(adapter, record_id, {field: "unheard of"})
    assert caught.value.field == field


def test_a_value_that_a_tenant_drops_is_told_as_it_is(simulator, adapter, record_id):
    simulator.manners.unknown_option = "dropped"
    assert update(adapter, record_id, {"Risk Tier": "unheard of"}).values["Risk Tier"] is None


@pytest.mark.parametrize("body", ["empty", "html"])
def test_a_refusal_without_words_is_one_all_the_same(simulator, adapter, record_id, body):
    simulator.manners.refused = body
    with pytest.raises(Rejected, match="was answered 400: an"):
        update(adapter, record_id, {"Risk Tier": "unheard of"})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({PURPOSE: ["a", "b"]}, "takes one text"),
        ({PURPOSE: {"a": 1}}, "takes one text"),
        ({"Tier Confirmed On": "soon"}, "is no date"),
        ({"No Such Field": "x"}, "No field 'No Such Field' is known"),
        ({"record.status": "COMPLETE"}, "is LogicGate's own"),
        ({"record.step": "Out of Service"}, "is LogicGate's own"),
        ({"linked.issue": "x"}, "is LogicGate's own"),
        ({"record.assignee": None}, "is LogicGate's own"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(simulator, adapter, record_id, values, why):
    simulator.calls.clear()
    with pytest.raises(Rejected, match=why) as caught:
        update(adapter, record_id, {**values, "Assumptions": "fine"})
    assert caught.value.field in values
    assert caught.value.remedy
    assert [call for call in simulator.calls if call.verb is Verb.UPDATE] == []


def test_a_calculated_field_is_not_written(platform, record_id):
    with platform.adapter(fields=("Tier Score",)) as adapter, pytest.raises(Rejected, match="is calculated"):
        update(adapter, record_id, {"Tier Score": 2})


def test_without_ids_and_without_the_permission_it_says_what_to_set(simulator, tmp_path, platform, record_id):
    section = with_ids(shipped(), simulator)
    del section["workflows"]["model"]["fields"]["Risk Tier"], section["workflows"]["model"]["step_id"]
    del section["workflows"]["version"]["id"]
    with LogicGatePlatform(simulator, tmp_path, section).adapter() as adapter:
        with pytest.raises(Rejected, match="No field 'Risk Tier' is known") as caught:
            update(adapter, record_id, {"Risk Tier": "Tier 2 (High)"})
        assert "logicgate.workflows.model.fields" in caught.value.remedy
        with pytest.raises(ConfigError, match="build permission"):
            list(adapter.records(Entity.VERSION))
        # The step was seen on the record that was read back, by then.
        adapter.get(Entity.MODEL, record_id)
        assert create(adapter).values[KEY] == "k"


def test_without_a_record_the_first_step_is_not_known(simulator, tmp_path):
    section = with_ids(shipped(), simulator)
    del section["workflows"]["model"]["step_id"]
    with LogicGatePlatform(simulator, tmp_path, section).adapter() as adapter:
        with pytest.raises(ConfigError, match="The step in which records of 'Model Inventory' start") as caught:
            create(adapter)
        assert caught.value.key == "logicgate.workflows.model.step_id"


# Steps and links, where they were allowed


@pytest.fixture
def mover(simulator, platform):
    simulator.permit(*Permission)
    platform.section["workflows"]["model"]["moves"] = {"Out of Service": None, "In Service": None}
    with platform.adapter(fields=(PURPOSE, "record.step")) as adapter:
        yield adapter


def test_a_step_is_moved_where_that_is_allowed(simulator, mover, client, record_id):
    record = update(mover, record_id, {"record.step": "Out of Service", PURPOSE: "new"})
    assert (record.values["record.step"], record.values[PURPOSE]) == ("Out of Service", "new")
    assert client.record(record_id)["status"] == "COMPLETE"
    simulator.calls.clear()
    update(mover, record_id, {"record.step": "Out of Service"})
    assert {call.verb for call in simulator.calls} <= {Verb.GET}


def test_a_step_that_was_not_allowed_is_not_moved_to(mover, record_id):
    with pytest.raises(Rejected, match=r"record\.step"):
        update(mover, record_id, {"record.step": "Intake"})


def test_moving_takes_an_admin(simulator, mover, record_id):
    simulator.permit(Permission.READ, Permission.WRITE, Permission.BUILD)
    with pytest.raises(AccessDenied) as caught:
        update(mover, record_id, {"record.step": "Out of Service"})
    assert "admin" in caught.value.remedy


def test_records_are_linked_where_the_layout_is_given(simulator, platform, officer, record_id):
    platform.section["workflows"]["version"]["links"] = {"model": {"layout": "default"}}
    with platform.adapter() as adapter:
        values = {KEY: "v", "Version": "1", "linked.model": record_id}
        record = adapter.create(Write(Entity.VERSION, None, values, key="v"))
        assert record.values["linked.model"] == record_id
        assert simulator.store.links == [(record_id, record.id)]
        other = platform.seed({KEY: "k2"})
        adapter.update(Write(Entity.VERSION, record.id, {"linked.model": other}))
        assert simulator.store.links[1] == (other, record.id)


def test_every_write_is_announced(simulator, platform, tmp_path, record_id):
    simulator.permit(*Permission)
    announced = []
    platform.section["workflows"]["model"]["moves"] = {"Out of Service": None}
    platform.section["workflows"]["version"]["links"] = {"model": {"layout": "default"}}
    given = settings(simulator, platform.section, tmp_path, before_write=lambda: announced.append(len(simulator.calls)))
    with LogicGateAdapter(given) as adapter:
        create(adapter)
        update(adapter, record_id, {PURPOSE: "new", "record.step": "Out of Service"})
        adapter.create(Write(Entity.VERSION, None, {KEY: "v", "Version": "1", "linked.model": record_id}, key="v"))
        issue = platform.seed_issue()
        adapter.comment(issue, "text", "t1")
    writes = [at for at, call in enumerate(simulator.calls) if call.verb in ("create", "update", "comment")]
    # And the read that opens a record, which only a move makes.
    assert set(writes) <= set(announced)
    assert len(announced) == len(writes) + 1
    assert Call(Verb.COMMENT, "issues", issue, {"text": "text"}) in simulator.calls


# Comments


def test_comments_of_both_stand_in_one_field(platform, adapter, officer):
    issue = platform.seed_issue()
    officer.comment(issue, "Please explain.")
    adapter.comment(issue, "--- mlflow-grc\nExplained.", "r1")
    officer.comment(issue, "Thanks.")
    ours = adapter.comments(issue)[1]
    assert (ours.text, ours.token) == ("--- mlflow-grc\nExplained.", "r1")
    assert len(officer.comments(issue)) == 3
    assert adapter.comment(issue, "again", "r1") == ours
    assert len(adapter.comments(issue)) == 3


def test_a_comment_that_quotes_another_is_one_comment(platform, adapter):
    issue = platform.seed_issue()
    text = "They wrote:\n--- mlflow-grc 2026-01-01T00:00:00Z r9\nNot so.\n--- end r1\n\\--- and so on"
    adapter.comment(issue, text, "r1")
    (found,) = adapter.comments(issue)
    assert (found.text, found.token) == (text, "r1")


def test_a_comment_beside_an_edit_is_a_conflict(simulator, platform, adapter, officer):
    issue = platform.seed_issue()
    gets = []

    def hook(call):
        if call == Call(Verb.GET, "issues", issue):
            gets.append(call)
            if len(gets) == 2:
                simulator.clock.now = simulator.clock.now.replace(second=7)
                officer.comment(issue, "Wait.")

    simulator.hooks.append(hook)
    with pytest.raises(Conflict):
        adapter.comment(issue, "text", "r1")
    assert [one["text"] for one in officer.comments(issue)] == ["Wait."]


def test_without_a_field_there_are_no_comments(simulator, platform):
    del platform.section["workflows"]["issue"]["comments"]
    with platform.adapter() as adapter:
        assert "comments" not in adapter.capabilities
        with pytest.raises(Rejected, match="LogicGate has no comments"):
            adapter.comment("x", "text", "r1")


def test_records_that_start_in_several_steps_do_not_choose_where_new_ones_do():
    class Wire:
        steps = ()

        def described(self, what, params):
            if not self.steps:
                raise AccessDenied("Access is denied")
            return iter(self.steps)

    wire = Wire()
    options = Options.model_validate({"workflows": {"model": {"workflow": "M", "id": "w"}}})
    catalogues = [Catalogue(wire, options), Catalogue(wire, options)]
    for catalogue in catalogues:
        catalogue.learn(Entity.MODEL, {"originStep": {"id": "s1", "type": "ORIGIN"}})
        assert catalogue.origin_step(Entity.MODEL) == "s1"
        catalogue.learn(Entity.MODEL, {"originStep": {"id": "s2", "type": "ORIGIN"}})
    with pytest.raises(ConfigError, match="it has 2 origin steps: s1, s2"):
        catalogues[0].origin_step(Entity.MODEL)
    wire.steps = ({"id": "s1", "name": "New", "type": "CHAIN"}, {"id": "s2", "name": "Intake", "type": "ORIGIN"})
    assert catalogues[1].origin_step(Entity.MODEL) == "s2"
