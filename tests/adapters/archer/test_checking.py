"""What ``check`` and ``discover`` tell of an instance, and that the mapping which ships fits the documented one."""

from dataclasses import replace

import pytest

from adapters.archer import ArcherAdapter
from connector.engine.fit import misfits
from connector.engine.sampling import strange_values
from connector.mapping.load import load_mapping
from connector.mock.users import Role
from connector.model.errors import Rejected
from connector.model.fields import Entity
from tests.adapters.archer.platform import TOKEN, test_options


@pytest.fixture
def mapping():
    return load_mapping("archer", adapter_options_model=ArcherAdapter.Options)


@pytest.fixture
def whole(platform, mapping):
    """An adapter that reads all that the mapping names."""
    fields = {str(entity): of.fields for entity, of in mapping.entities.items()}
    with platform.adapter(**fields) as adapter:
        yield adapter


@pytest.fixture
def someone(simulator):
    """A model, a version and a finding, made by people."""
    from tests.simulators.archer.person import ArcherPerson

    accounts = simulator.tenant.accounts.values()
    officer = next(one for one in accounts if one.role == Role.RISK_OFFICER)
    person = ArcherPerson(simulator.tenant, simulator.content, officer)
    model = person.create("models", external_key="m", registry_name="credit", tier="2 - High", purpose="Scores")
    version = person.create("versions", external_key="v", model=model["id"], version="1", lifecycle_status="In Use")
    return person.raise_issue("Drift", version=version["id"], due_date="2026-05-01")


def told(adapter):
    return {problem.where: problem for problem in adapter.check()}


def fatal(problems):
    return [problem for problem in problems if problem.fatal]


def test_the_shipped_mapping_fits_the_documented_instance(mapping, whole, someone):
    assert fatal(whole.check()) == []
    assert fatal(misfits(mapping, whole.discover())) == []
    assert list(strange_values(mapping, whole)) == []


def test_every_value_that_can_be_selected_has_a_word(mapping, whole):
    notes = [problem.what for problem in misfits(mapping, whole.discover())]
    assert [what for what in notes if "has no word" in what] == []


def test_check_says_that_it_ended_other_sessions_and_what_to_set(simulator, platform):
    with platform.adapter(section=test_options(sees_all=False)) as adapter:
        problems = told(adapter)
    assert "svc_mlflow_grc one session" in problems["account"].what
    assert "one_off_auth" in problems["account"].remedy
    assert problems["archer.prefix"].remedy.startswith("set prefix: platformapi")
    assert "Archer 2024.06" in problems["archer.prefix"].what
    assert "sees_all: true" in problems["archer.sees_all"].remedy
    assert fatal(problems.values()) == []


def test_check_with_a_token_ends_no_session(simulator, platform):
    with platform.token_adapter(section=test_options(prefix="platformapi")) as adapter:
        assert list(adapter.check()) == []
    assert simulator.sessions.logins == 0


def test_a_token_that_is_refused_is_one_problem(platform, monkeypatch):
    with platform.token_adapter() as adapter:
        monkeypatch.setenv(TOKEN, "revoked")
        (problem,) = fatal(adapter.check())
    assert problem.where == "credentials"
    assert "issue a new one" in problem.remedy


def test_a_prefix_that_is_wrong_is_told_with_the_key_to_correct(platform):
    with platform.adapter(section=test_options(prefix="rest")) as adapter:
        problems = fatal(adapter.check())
    assert problems
    assert all("prefix" in problem.remedy for problem in problems)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"zone": "America/New_York"}, "time zone of svc_mlflow_grc"),
        ({"locale": "en-GB"}, "locale of svc_mlflow_grc is en-GB"),
    ],
)
def test_an_account_of_another_region_is_told(simulator, platform, adapter, change, words):
    simulator.tenant.change(simulator.service.id, **change)
    assert any(words in problem.what for problem in fatal(adapter.check()))


def test_with_a_token_the_region_is_told_by_the_times_that_are_shown(simulator, platform):
    platform.seed({"External_Key": "k"})
    simulator.tenant.change(simulator.service.id, zone="Asia/Tokyo")
    with platform.token_adapter() as adapter:
        (problem,) = fatal(adapter.check())
    assert problem.where == "account"
    assert "UTC" in problem.remedy


def test_every_field_that_is_missing_is_told_at_once(platform):
    with platform.adapter(model=("Purpos", "Product"), version=("Versio_Number",)) as adapter:
        problems = told(adapter)
    wheres = {where for where, problem in problems.items() if problem.fatal}
    assert wheres == {
        "archer.levels.model.fields.Purpos",
        "archer.levels.model.fields.Product",
        "archer.levels.version.fields.Versio_Number",
    }
    assert "'Purpose'" in problems["archer.levels.model.fields.Purpos"].remedy


def test_a_field_that_archer_sets_itself_is_told_to_the_mapping(simulator, platform, mapping, whole):
    field = platform.field("Purpose")
    simulator.tenant.change_field(field.id, calculated=True)
    (problem,) = fatal(misfits(mapping, whole.discover()))
    assert "'Purpose' cannot be written" in problem.what


def test_a_state_that_actions_reach_counts_as_writable(simulator, platform, mapping, versions):
    status = platform.field("Approval_Status", versions)
    simulator.tenant.change_field(status.id, read_only=True)
    fields = {str(entity): of.fields for entity, of in mapping.entities.items()}
    section = test_options()
    with platform.adapter(section=section, **fields) as adapter:
        assert len(fatal(misfits(mapping, adapter.discover()))) == 1
    section["levels"]["version"]["workflow"] = {"field": "Approval_Status", "actions": {}}
    with platform.adapter(section=section, **fields) as adapter:
        assert fatal(misfits(mapping, adapter.discover())) == []


def test_a_value_that_no_map_names_is_told(simulator, platform, mapping, whole):
    listed = simulator.tenant.lists[platform.field("Risk_Rating").values_list]
    values = [replace(listed.values[0], name="Tier 0"), *listed.values[1:]]
    simulator.tenant.lists[listed.id] = replace(listed, values=tuple(values))
    problems = list(misfits(mapping, whole.discover()))
    assert any("'Tier 0'" in problem.what and not problem.fatal for problem in problems)
    assert any("no choice 'Tier 1 (Critical)'" in problem.what for problem in fatal(problems))


def test_a_required_field_that_the_mapping_does_not_set_is_told(simulator, platform, adapter):
    notes = next(one for one in platform.level.fields if one.name == "Replaced By")
    simulator.tenant.change_field(notes.id, required=True)
    (problem,) = fatal(adapter.check())
    assert "'Replaced By' is required" in problem.what


def test_a_key_field_that_is_no_plain_text_is_told(simulator, platform):
    section = test_options()
    section["levels"]["model"]["fields"]["External_Key"] = {"field": "Purpose", "rich": True}
    with platform.adapter(section=section) as adapter:
        (problem,) = fatal(adapter.check())
    assert "a key needs a plain text field" in problem.what


def test_formatted_text_that_is_taken_for_plain_is_told(platform):
    platform.seed({"External_Key": "k", "Purpose": "<p>so</p>"})
    section = test_options()
    section["levels"]["model"]["fields"].pop("Purpose")
    with platform.adapter(section=section) as adapter:
        problem = told(adapter)["archer.levels.model.fields.Purpose"]
    assert "Purpose: {rich: true}" in problem.remedy


def test_records_that_are_found_and_cannot_be_read_are_told(simulator, platform, adapter, monkeypatch):
    from tests.simulators.archer import rest

    platform.seed({"External_Key": "k"})
    monkeypatch.setattr(rest.Rest, "_sees", lambda *_: False)
    (problem,) = fatal(adapter.check())
    assert problem.where == "archer.levels.model"
    assert "a search shows 1 records" in problem.what


def test_an_account_without_the_application_is_told(simulator, platform, adapter):
    simulator.tenant.change(simulator.service.id, modules=frozenset({157}))
    problems = {problem.where for problem in fatal(adapter.check())}
    assert {"archer.levels.model.application", "archer.levels.version.application"} <= problems


def test_users_that_cannot_be_read_are_told(simulator, platform, adapter):
    simulator.faults.add("status", method="list", path="users", status=403, count=None)
    assert any("users of Archer cannot be read" in problem.what for problem in fatal(adapter.check()))


def test_check_writes_nothing(simulator, platform, adapter):
    platform.seed({"External_Key": "k"})
    before = len(simulator.content.history)
    adapter.check()
    adapter.discover(["Findings"])
    assert len(simulator.content.history) == before


# discover


def test_fields_are_described_with_their_values(adapter):
    fields = {field.name: field for field in adapter.discover().entities[Entity.MODEL]}
    tier = fields["Risk_Rating"]
    assert (tier.type, tier.label, tier.writable) == ("values_list", "Model Tier", True)
    assert tier.choices[0] == "Tier 1 (Critical)"
    assert not fields["Model_ID"].writable
    assert fields["Regulatory_Scope"].choices == ("SR 11-7", "SR 26-2", "SS1/23", "E-23", "EU AI Act", "FDA", "HIPAA")


def test_values_by_alias_are_described_with_what_people_see(platform):
    with platform.adapter(section=test_options(values="alias")) as adapter:
        fields = {field.name: field for field in adapter.discover().entities[Entity.MODEL]}
    assert fields["Risk_Rating"].choices[:2] == ("Critical", "High")
    assert fields["Risk_Rating"].choice_labels[:2] == ("Tier 1 (Critical)", "Tier 2 (High)")


def test_applications_are_listed_and_those_asked_for_described(simulator, adapter):
    containers = {one.name: one for one in adapter.discover(["Findings"]).containers}
    assert {"AI_Model_Inventory", "AI_Model_Versions", "Model_Certification"} <= set(containers)
    assert containers["AI_Model_Inventory"].fields == ()
    names = {field.name for field in containers["Issues/Finding"].fields}
    assert {"Title", "Criticality", "Comments"} <= names
    assert {field.name for field in containers["Issues/Remediation Task"].fields} >= {"Task_Name"}


def test_an_application_that_is_not_there_is_refused_with_near_names(adapter):
    with pytest.raises(Rejected, match="no application 'Finding'") as caught:
        adapter.discover(["Finding"])
    assert "'Findings'" in caught.value.remedy
