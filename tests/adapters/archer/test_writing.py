"""Writes: what is sent, what is kept beside it, what is refused before it is sent, and what others added meanwhile."""

import json

import pytest

from connector.model.errors import OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.archer.platform import ArcherPlatform, test_options
from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.tenant import bank

FIELDS = (
    *("Products", "Purpose", "Registry_Created_ms", "Last_Validated", "Risk_Rating", "Regulatory_Scope", "Model_Owner"),
    *("Dependencies", "Retention", "Model_ID", "Approval_Chain"),
)


@pytest.fixture
def adapter(platform):
    with platform.adapter(model=FIELDS) as adapter:
        yield adapter


@pytest.fixture
def record_id(platform):
    return platform.seed({"External_Key": "k"})


def update(adapter, record_id, **values):
    return adapter.update(Write(Entity.MODEL, record_id, values)).values


def test_each_kind_of_value_is_written_and_read_back(simulator, platform, adapter, record_id):
    email = simulator.tenant.accounts[205].email
    upstream = platform.seed({"External_Key": "u"})
    written = {
        "Products": '["Cards"]',
        "Purpose": "Scores <b>\n\n  & more",
        "Registry_Created_ms": 1764000000123,
        "Last_Validated": "2026-03-02",
        "Risk_Rating": "Tier 1 (Critical)",
        "Regulatory_Scope": ["SR 11-7", "E-23"],
        "Model_Owner": email,
        "Dependencies": [upstream],
        "Retention": 84.5,
    }
    kept = update(adapter, record_id, **written)
    assert {name: kept[name] for name in written} == {**written, "Last_Validated": "2026-03-02T00:00:00Z"}
    emptied = update(adapter, record_id, **dict.fromkeys(written))
    assert {emptied[name] for name in written} == {None}


def test_one_field_that_is_written_leaves_the_others(simulator, platform, adapter, record_id):
    update(adapter, record_id, Products="a", Retention=1)
    before = dict(platform.stored()[record_id])
    update(adapter, record_id, Retention=2)
    after = platform.stored()[record_id]
    different = {name for name in before if before[name] != after[name]}
    assert different == {"Retention"}


def test_a_time_is_written_in_utc_to_the_minute(platform, versions):
    parent = platform.seed({"External_Key": "m"})
    values = {
        "External_Key": "v",
        "Version_Number": "1",
        "Parent_Model": parent,
        "Deployed_At": "2026-03-02T15:07:59+01:00",
    }
    with platform.adapter(version=("Version_Number", "Parent_Model", "Deployed_At")) as adapter:
        record = adapter.create(Write(Entity.VERSION, None, values, key="v"))
    assert record.values["Deployed_At"] == "2026-03-02T14:07:00Z"


@pytest.mark.parametrize("name", ["Model_ID", "Approval_Chain"])
def test_what_archer_sets_itself_is_refused_before_anything_is_sent(simulator, adapter, record_id, name):
    adapter.get(Entity.MODEL, record_id)
    simulator.calls.clear()
    with pytest.raises(Rejected, match=r"(calculated by|read-only in) Archer") as caught:
        update(adapter, record_id, Products="new", **{name: "1"})
    assert caught.value.field == name
    assert simulator.calls == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("Risk_Rating", "Tier 9", "no value 'Tier 9' that can be selected"),
        ("Regulatory_Scope", ["Prudential"], "that can be selected"),
        ("Model_Owner", "nobody@bank.example", "No active user has the e-mail address 'nobody@bank.example'"),
        ("Dependencies", ["MDL0001"], "no id of a record"),
        ("Registry_Created_ms", "soon", "no number"),
        ("Registry_Created_ms", True, "no number"),
        ("Last_Validated", "04/05/2026", "no date"),
        ("Products", "bad \x0b character", r"U\+000B"),
        ("Purpose", "half \ud83d surrogate", r"U\+D83D"),
    ],
)
def test_a_value_that_archer_would_pass_over_in_silence_is_refused(simulator, adapter, record_id, name, value, why):
    adapter.get(Entity.MODEL, record_id)
    simulator.calls.clear()
    with pytest.raises(Rejected, match=why) as caught:
        update(adapter, record_id, **{name: value})
    assert caught.value.field == name
    assert not any(call.verb in ("update", "create") for call in simulator.calls)


def test_a_text_that_is_too_long_is_refused_by_archer_with_its_field(platform, record_id):
    with platform.adapter(model=("Name_in_Registry",)) as adapter:
        assert len(update(adapter, record_id, Name_in_Registry="x" * 500)["Name_in_Registry"]) == 500
        with pytest.raises(Rejected, match="maximum length of 500") as caught:
            update(adapter, record_id, Name_in_Registry="x" * 501)
    assert caught.value.field == "Name_in_Registry"


# Lists are replaced whole by Archer, and merged here.


def test_what_others_added_to_a_list_stays(simulator, platform, adapter, record_id):
    update(adapter, record_id, Regulatory_Scope=["SR 11-7", "E-23"])
    assert adapter.get(Entity.MODEL, record_id).values["Regulatory_Scope"] == ["SR 11-7", "E-23"]
    listed = simulator.tenant.lists[platform.field("Regulatory_Scope").values_list].values
    ids = [next(one.id for one in listed if one.name == name) for name in ("SR 11-7", "E-23", "HIPAA")]
    platform.edit(record_id, {"Regulatory_Scope": {"ids": ids, "other": None}})
    kept = update(adapter, record_id, Regulatory_Scope=["SR 11-7", "FDA"])
    assert sorted(kept["Regulatory_Scope"]) == ["FDA", "HIPAA", "SR 11-7"], "theirs kept, ours added, E-23 removed"


def test_what_others_removed_from_a_list_does_not_come_back(platform, adapter, record_id):
    models = [platform.seed({"External_Key": f"u{n}"}) for n in range(4)]
    update(adapter, record_id, Dependencies=models[:2])
    platform.edit(record_id, {"Dependencies": [int(models[1]), int(models[3])]})
    kept = update(adapter, record_id, Dependencies=[*models[:2], models[2]])
    assert kept["Dependencies"] == [models[1], models[3], models[2]]


def test_a_list_that_was_never_read_is_written_as_it_is(platform, adapter, record_id):
    models = [platform.seed({"External_Key": f"u{n}"}) for n in range(2)]
    platform.edit(record_id, {"Dependencies": [int(models[0])]})
    assert update(adapter, record_id, Dependencies=[models[1]])["Dependencies"] == [models[1]]


def test_groups_beside_a_person_stay(simulator, platform, adapter, record_id):
    platform.edit(record_id, {"Model_Owner": {"users": [205], "groups": [32]}})
    email = simulator.tenant.accounts[206].email
    assert update(adapter, record_id, Model_Owner=email)["Model_Owner"] == email
    assert platform.stored()[record_id]["Model_Owner"] == {"users": [206], "groups": [32]}


def test_a_field_of_one_value_takes_the_new_one_whatever_others_set(simulator, platform, adapter, record_id):
    update(adapter, record_id, Risk_Rating="Tier 4 (Low)")
    adapter.get(Entity.MODEL, record_id)
    platform.edit(record_id, {"Risk_Rating": "Tier 1 (Critical)"})
    assert update(adapter, record_id, Risk_Rating="Tier 2 (High)")["Risk_Rating"] == "Tier 2 (High)"


def test_words_beside_a_value_stay_while_it_stays(simulator, platform, adapter, record_id):
    listed = simulator.tenant.lists[platform.field("Regulatory_Scope").values_list].values
    platform.edit(record_id, {"Regulatory_Scope": {"ids": [listed[0].id], "other": "and the PRA"}})
    adapter.get(Entity.MODEL, record_id)
    update(adapter, record_id, Regulatory_Scope=[listed[0].name, listed[1].name])
    assert platform.stored()[record_id]["Regulatory_Scope"]["other"] == "and the PRA"
    update(adapter, record_id, Regulatory_Scope=[listed[1].name])
    assert platform.stored()[record_id]["Regulatory_Scope"]["other"] is None


# Workflow: opt-in.


@pytest.fixture
def governed(monkeypatch):
    with ArcherSimulator(tenant=bank(workflow=True)) as simulator:
        section = test_options()
        actions = {"Awaiting Certification": "Submit", "Not Submitted": "Withdraw"}
        section["levels"]["version"]["workflow"] = {"field": "Approval_Status", "actions": actions}
        yield ArcherPlatform(simulator, monkeypatch, section)


@pytest.fixture
def version(governed):
    parent = governed.seed({"External_Key": "m"})
    with governed.adapter() as adapter:
        values = {
            "External_Key": "v",
            "Version_Number": "1",
            "Parent_Model": parent,
            "Approval_Status": "Not Submitted",
        }
        return adapter.create(Write(Entity.VERSION, None, values, key="v")).id


def test_a_state_is_reached_by_its_action_and_back(governed, version):
    with governed.adapter() as adapter:
        for status in ("Awaiting Certification", "Not Submitted"):
            record = adapter.update(Write(Entity.VERSION, version, {"Approval_Status": status, "Version_Number": "2"}))
            assert (record.values["Approval_Status"], record.values["Version_Number"]) == (status, "2")


def test_a_state_that_is_reached_takes_no_action(governed, version):
    with governed.adapter() as adapter:
        before = len(governed.simulator.content.history)
        adapter.update(Write(Entity.VERSION, version, {"Approval_Status": "Not Submitted"}))
    assert len(governed.simulator.content.history) == before


def test_a_state_without_an_action_is_refused_before_anything_is_sent(governed, version):
    with governed.adapter() as adapter:
        adapter.get(Entity.VERSION, version)
        with pytest.raises(Rejected, match="No workflow action is declared") as caught:
            adapter.update(Write(Entity.VERSION, version, {"Approval_Status": "Certified", "Version_Number": "9"}))
        assert adapter.get(Entity.VERSION, version).values["Version_Number"] == "1"
    assert caught.value.field == "Approval_Status"


def test_an_action_that_the_workflow_does_not_offer_is_told_with_those_it_does(governed, version):
    section = json.loads(json.dumps(governed.section))
    section["levels"]["version"]["workflow"]["actions"]["Awaiting Certification"] = "Send"
    told = "offers no action 'Send' to this account, only: Submit"
    with governed.adapter(section=section) as adapter:
        with pytest.raises(Rejected, match=told):
            adapter.update(Write(Entity.VERSION, version, {"Approval_Status": "Awaiting Certification"}))
        values = {"Approval_Status": "Awaiting Certification", "Version_Number": "5"}
        with pytest.raises(OutcomeUnknown, match=told):
            adapter.update(Write(Entity.VERSION, version, values))
        assert adapter.get(Entity.VERSION, version).values["Version_Number"] == "5"


def test_without_the_option_the_workflow_is_never_touched(governed, version):
    section = json.loads(json.dumps(governed.section))
    section["levels"]["version"].pop("workflow")
    with governed.adapter(section=section) as adapter, pytest.raises(Rejected, match="read-only in Archer"):
        adapter.update(Write(Entity.VERSION, version, {"Approval_Status": "Awaiting Certification"}))
