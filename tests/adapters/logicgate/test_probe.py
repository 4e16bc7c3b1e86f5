"""What ``check`` finds and tells to set, and what ``discover`` shows, for tokens of more and of less right."""

import re

import pytest
import yaml

from adapters.logicgate import Options
from connector.model.errors import Rejected
from connector.model.fields import Entity
from tests.adapters.logicgate.platform import FIELDS, KEY, PURPOSE, LogicGatePlatform, shipped, with_ids
from tests.simulators.base import WRITES
from tests.simulators.logicgate.schema import Permission

BUILDER = (Permission.READ, Permission.WRITE, Permission.BUILD)
MODEL = "logicgate.workflows.model"


def problems(platform, **changes):
    with platform.adapter(**changes) as adapter:
        return adapter.check()


def about(found, where):
    return [problem for problem in found if problem.where == where]


@pytest.fixture
def builder(simulator, tmp_path):
    """Names alone in the options, and a token that may look them up."""
    simulator.permit(*BUILDER)
    return LogicGatePlatform(simulator, tmp_path, shipped())


def test_nothing_is_wrong_and_nothing_is_written(simulator, platform):
    platform.seed({KEY: "k"})
    changes = simulator.store.changes
    assert {problem.what for problem in problems(platform) if problem.fatal} == set()
    assert simulator.store.changes == changes
    assert not {call.verb for call in simulator.calls} & WRITES


def test_check_prints_the_ids_that_a_lesser_token_needs(simulator, builder, tmp_path):
    """What it says to set is pasted as it stands, keeps what was set, and works without the build permission."""
    builder.seed({KEY: "k"})
    section = shipped()
    told = [one.remedy for one in problems(builder) if "by name" in one.what]
    lines = [remedy.removeprefix("in place of its line under logicgate.workflows put `")[:-2] for remedy in told]
    assert all(remedy.endswith("`.") for remedy in told)
    section["workflows"] = yaml.safe_load("\n".join(lines))
    assert section["workflows"]["issue"]["comments"] == {"field": "Discussion"}
    assert "Discussion" in section["workflows"]["issue"]["fields"]
    assert set(section["workflows"]) == set(shipped()["workflows"])
    Options.model_validate(section)
    simulator.permit(Permission.READ, Permission.WRITE)
    lesser = LogicGatePlatform(simulator, tmp_path, section)
    assert [problem for problem in problems(lesser) if problem.fatal] == []
    with lesser.adapter() as adapter:
        assert len(list(adapter.records(Entity.MODEL))) == 1
        assert set(adapter.find(Entity.MODEL, "k").values) == {*FIELDS, KEY}


def test_a_workflow_that_is_not_there(builder):
    builder.section["workflows"]["model"]["workflow"] = "Model Inventroy"
    (problem,) = about(problems(builder), f"{MODEL}.id")
    assert problem.fatal
    assert "near names: Model Inventory" in problem.remedy


def test_a_field_that_is_not_there(builder):
    (problem,) = about(problems(builder, fields=("Intended Purpos",)), f"{MODEL}.fields.Intended Purpos")
    assert problem.fatal
    assert "Intended Purpose" in problem.remedy


def test_an_id_that_is_not_there(simulator, builder):
    builder.section["workflows"]["model"]["fields"] = {PURPOSE: {"id": "00000000", "type": "TEXT_AREA"}}
    (problem,) = about(problems(builder, fields=(PURPOSE,)), f"{MODEL}.fields.{PURPOSE}")
    assert problem.fatal
    assert "no field of the id '00000000'" in problem.what
    right = simulator.store.application.by_kind("models").fields[PURPOSE].id
    assert problem.remedy == f"the id of '{PURPOSE}' is '{right}'."


def test_an_id_of_no_workflow(simulator, builder):
    builder.section["workflows"]["model"]["id"] = "00000000"
    (problem,) = about(problems(builder), f"{MODEL}.id")
    right = simulator.store.application.by_kind("models").id
    assert (problem.fatal, problem.remedy) == (True, f"the id of 'Model Inventory' is '{right}'.")


def test_an_id_of_another_workflow(simulator, builder):
    builder.section["workflows"]["model"]["id"] = simulator.store.application.by_kind("versions").id
    (problem,) = about(problems(builder), f"{MODEL}.id")
    assert problem.fatal
    assert "'Model Versions', and `workflow` says 'Model Inventory'" in problem.what


def test_steps_that_are_not_there_or_not_the_first(simulator, builder):
    steps = simulator.store.application.by_kind("models").steps
    builder.section["workflows"]["model"] |= {
        "step_id": steps[1].id,
        "moves": {"Out of Servce": None, "Out of Service": None, "In Service": "00000000"},
    }
    found = {problem.where: problem for problem in problems(builder) if problem.fatal}
    assert set(found) == {f"{MODEL}.step_id", f"{MODEL}.moves.Out of Servce", f"{MODEL}.moves.In Service"}
    assert found[f"{MODEL}.step_id"].remedy == f"there are: Intake ({steps[0].id})."
    assert "near names: Out of Service" in found[f"{MODEL}.moves.Out of Servce"].remedy
    assert "no step of the id '00000000'" in found[f"{MODEL}.moves.In Service"].what


def test_options_of_a_field_that_the_mapping_does_not_name_or_of_another_type(simulator, builder):
    tier = simulator.store.application.by_kind("models").fields["Risk Tier"].id
    builder.section["workflows"]["model"]["fields"] = {
        "Risk Tier": {"id": tier, "type": "TEXT"},
        "Intended Purpos": {"id": "00000000"},
    }
    found = {problem.where: problem for problem in problems(builder)}
    assert found[f"{MODEL}.fields.Risk Tier"].fatal
    assert "is a SELECT in LogicGate, and is given as TEXT" in found[f"{MODEL}.fields.Risk Tier"].what
    assert "near names: Intended Purpose" in found[f"{MODEL}.fields.Intended Purpos"].remedy


@pytest.mark.parametrize(
    ("field", "told"), [("Discusion", "no field 'Discusion'"), ("Severity", "'Severity' is a SELECT")]
)
def test_comments_have_a_field_that_holds_text(builder, field, told):
    builder.section["workflows"]["issue"]["comments"]["field"] = field
    (problem,) = about(problems(builder), "logicgate.workflows.issue.comments.field")
    assert problem.fatal
    assert told in problem.what


def test_what_is_wrong_for_all_workflows_is_told_once(builder):
    builder.section["application"] = "Third Parties"
    assert len(about(problems(builder), "logicgate.application")) == 1


def test_a_field_that_a_lesser_token_cannot_know(simulator, platform):
    del platform.section["workflows"]["model"]["fields"]["Risk Tier"]
    (problem,) = about(problems(platform), f"{MODEL}.fields.Risk Tier")
    assert problem.fatal
    assert "give its id" in problem.remedy


def test_a_calculated_field(builder):
    (problem,) = about(problems(builder, fields=("Tier Score",)), f"{MODEL}.fields.Tier Score")
    assert not problem.fatal
    assert "writable: false" in problem.remedy


def test_a_required_field_that_is_not_mapped(builder):
    found = about(problems(builder, fields=(PURPOSE,)), f"{MODEL}.fields")
    assert [problem.what.partition(" ")[0] for problem in found] == ["'Name"]


def test_records_that_are_hidden_or_deleted_show_by_their_numbers(simulator, platform):
    hidden = platform.seed({KEY: "k1"})
    platform.seed({KEY: "k2"})
    simulator.manners.hidden.add(hidden)
    texts = [problem.what for problem in about(problems(platform), MODEL)]
    assert any("1 records are listed, and one is numbered 2" in text for text in texts)


def test_a_workflow_without_records_may_be_a_matter_of_right(platform):
    assert any("no record is listed" in problem.what for problem in about(problems(platform), MODEL))


def test_a_record_that_is_listed_and_not_read(simulator, platform, monkeypatch):
    from tests.simulators.logicgate.answers import Refusal
    from tests.simulators.logicgate.reading import Reading

    def refused(*_):
        raise Refusal(404, "Record not found")

    platform.seed({KEY: "k"})
    monkeypatch.setattr(Reading, "visible", refused)
    assert any("not found by its id" in problem.what and problem.fatal for problem in problems(platform))


def test_dates_that_are_kept_at_another_midnight(simulator, platform, officer):
    officer.create("models", registry_name="pd", tier_confirmed_on="2026-03-31")
    assert not [problem for problem in problems(platform) if "time_zone" in problem.remedy]
    platform.section["time_zone"] = "Asia/Tokyo"
    (problem,) = [problem for problem in problems(platform) if "time_zone" in problem.remedy]
    assert "is kept at 09:00 of Asia/Tokyo" in problem.what


def test_a_user_who_does_not_see_all_is_told_what_that_means(platform):
    assert about(problems(platform), "logicgate.sees_all") == []
    platform.section["sees_all"] = False
    (problem,) = about(problems(platform), "logicgate.sees_all")
    assert not problem.fatal


def test_a_static_token_is_told_of(simulator, platform, tmp_path):
    (tmp_path / "token").write_text(simulator.token)
    auth = {"type": "bearer", "token": {"file": str(tmp_path / "token")}}
    (problem,) = about(problems(platform, auth=auth), "credentials")
    assert "send: header" in problem.remedy


def test_nothing_more_is_asked_once_the_credentials_are_refused(platform):
    with platform.stranger() as adapter:
        (problem,) = adapter.check()
    assert (problem.where, problem.fatal) == ("credentials", True)


def test_a_server_that_is_not_there(simulator, platform):
    adapter = platform.adapter()
    simulator.stop()
    try:
        (problem,) = adapter.check()
    finally:
        adapter.close()
        simulator.start()
    assert (problem.where, problem.fatal) == ("connection", True)


# Discover


def test_discover_shows_workflows_fields_options_and_steps(simulator, builder):
    with builder.adapter() as adapter:
        schema = adapter.discover(("Model Issues",))
    fields = {field.name: field for field in schema.entities[Entity.MODEL]}
    assert fields["Risk Tier"].choices[0] == "Tier 1 (Critical)"
    assert fields["Risk Tier"].type == "SELECT"
    assert re.fullmatch(r"Risk Tier \(id [0-9a-f]{8}\)", fields["Risk Tier"].label)
    assert fields["Tier Score"].writable is False
    assert fields["Name in Registry"].required
    assert fields["record.step"].choices == ("Intake", "In Service", "Out of Service")
    assert fields["record.status"].choices[-1] == "COMPLETE"
    names = [container.name for container in schema.containers]
    assert names == ["Model Inventory", "Model Versions", "Model Issues", "Approval Steps"]
    (issues,) = [container for container in schema.containers if container.fields]
    assert (issues.name, issues.kind) == ("Model Issues", "workflow")
    listed = {field.name: field for field in issues.fields}
    assert listed["Issue Status"].choices[0] == "New"
    assert listed["step Closed"].type == "END"


def test_steps_and_links_are_fields_and_written_where_the_options_allow_it(builder):
    """A mapping that names them fits what the platform tells: `check` compares the two."""

    def told():
        with builder.adapter() as adapter:
            fields = {field.name: field for field in adapter.discover().entities[Entity.VERSION]}
        return {
            name: fields[name].writable for name in ("record.step", "record.status", "linked.model", "linked.issue")
        }

    assert told() == {"record.step": False, "record.status": False, "linked.model": False, "linked.issue": False}
    builder.section["workflows"]["version"] |= {"moves": {"Done": None}, "links": {"model": {"layout": "default"}}}
    assert told() == {"record.step": True, "record.status": False, "linked.model": True, "linked.issue": False}


def test_discover_helps_who_has_mapped_nothing_right_yet(builder):
    builder.section["workflows"] = {"model": {"workflow": "Not There"}}
    with builder.adapter() as adapter:
        schema = adapter.discover()
    assert schema.entities == {}
    assert "Model Inventory" in [container.name for container in schema.containers]


def test_discover_names_near_workflows(builder):
    with builder.adapter() as adapter, pytest.raises(Rejected) as caught:
        adapter.discover(("Model Isues",))
    assert "Model Issues" in caught.value.remedy


def test_discover_without_the_permission_shows_what_is_known(platform, officer):
    platform.seed({KEY: "k", PURPOSE: "Leasing"})
    officer.create("models", registry_name="pd", tier="2 - High")
    with platform.adapter() as adapter:
        schema = adapter.discover()
        assert {KEY, PURPOSE} <= {field.name for field in schema.entities[Entity.MODEL]}
        # One value that a record holds is not the list of options.
        assert {field.choices for field in schema.entities[Entity.MODEL] if field.name == "Risk Tier"} == {()}
        assert schema.containers == ()
        with pytest.raises(Rejected, match="build permission"):
            adapter.discover(("Model Issues",))


@pytest.mark.parametrize("key", ["options", "values", "currentValues", ""])
def test_options_are_looked_for_where_they_may_stand(simulator, builder, key):
    simulator.manners.option_key = key
    with builder.adapter() as adapter:
        fields = {field.name: field for field in adapter.discover().entities[Entity.MODEL]}
    assert len(fields["Risk Tier"].choices) == (4 if key else 0)


def test_an_application_is_named_where_there_are_several(simulator, builder):
    builder.section["application"] = "Model Risk Management"
    with builder.adapter() as adapter:
        assert list(adapter.records(Entity.MODEL)) == []
    builder.section["application"] = "Third Parties"
    assert any("no application 'Third Parties'" in problem.what for problem in problems(builder))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
        ({"workflows": {"user": {"workflow": "x"}}}, "lists no users"),
        ({"workflows": {"model": {"workflow": "x", "comments": {"field": "y"}}}}, "comments stand on issues"),
        ({"workflows": {"model": {"workflow": "x", "links": {"issue": {"layout": "y"}}}}}, "has no workflow"),
    ],
)
def test_options_that_make_no_sense_are_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        Options.model_validate({**shipped(), **changes})


def test_variables_fill_the_options(simulator, tmp_path):
    section = with_ids(shipped(), simulator)
    workflow_id = section["workflows"]["model"]["id"]
    section["workflows"]["model"]["id"] = "${MODELS}"
    platform = LogicGatePlatform(simulator, tmp_path, section)
    with platform.adapter(variables={"MODELS": workflow_id}) as adapter:
        assert list(adapter.records(Entity.MODEL)) == []
    with pytest.raises(Exception, match=r"variable \$\{MODELS\} has no value"):
        platform.adapter()
