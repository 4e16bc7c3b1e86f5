"""Records as they are listed, read and looked up: the same values whichever way they came."""

from datetime import UTC, datetime, timedelta

import pytest

from connector.model.errors import ConfigError, IncompleteSnapshot
from connector.model.fields import Entity
from connector.model.grc import Unreadable, Write
from tests.adapters.archer.platform import test_options
from tests.simulators.archer.schema import Type

EVERY_MODEL_FIELD = (
    *("Products", "Purpose", "Registry_Created_ms", "Last_Validated", "Risk_Rating", "Regulatory_Scope", "Model_Owner"),
    *("Dependencies", "Model_ID", "First_Published", "Last_Updated", "Retention", "Name_in_Registry"),
)


def value_ids(simulator, platform, field, *names):
    values = simulator.tenant.lists[platform.field(field).values_list].values
    return [next(one.id for one in values if one.name == name) for name in names]


@pytest.fixture
def whole(simulator, platform):
    """A model with a value of every kind, and the one that it depends on."""
    upstream = platform.seed({"External_Key": "upstream"})
    record_id = platform.seed(
        {
            "External_Key": "k",
            "Products": '["Cards & <loans>", "ünï ✓ 模型 🏦"]\r\nsecond\tline',
            "Purpose": f"<p>Scores &lt;b&gt; &amp; more</p><p>{chr(160)}</p><p>third  line</p>",
            "Registry_Created_ms": 1764000000123.0,
            "Last_Validated": "2026-03-02T00:00:00.000",
            "Risk_Rating": "Tier 2 (High)",
            "Regulatory_Scope": {"ids": value_ids(simulator, platform, "Regulatory_Scope", "SR 11-7"), "other": None},
            "Model_Owner": {"users": [205], "groups": [32]},
            "Dependencies": [int(upstream)],
            "Retention": 84.5,
        }
    )
    return record_id, upstream


def test_a_listed_record_is_the_one_that_is_read_by_id(platform, whole):
    platform.edit(whole[0], {"Products": '["Cards & <loans>", "ünï ✓ 模型 🏦"]\nsecond\tline'})
    with platform.adapter(model=EVERY_MODEL_FIELD) as adapter:
        list(adapter.records(Entity.MODEL))
        platform.simulator.calls.clear()
        listed = {record.id: record for record in adapter.records(Entity.MODEL)}
        assert not any(call.verb == "get" for call in platform.simulator.calls)
        for record_id in whole:
            assert listed[record_id] == adapter.get(Entity.MODEL, record_id)


def test_values_are_told_in_plain_json(simulator, platform, whole):
    record_id, upstream = whole
    with platform.adapter(model=EVERY_MODEL_FIELD) as adapter:
        values = adapter.get(Entity.MODEL, record_id).values
    email = simulator.tenant.accounts[205].email
    assert values["Products"] == '["Cards & <loans>", "ünï ✓ 模型 🏦"]\r\nsecond\tline'
    assert values["Purpose"] == "Scores <b> & more\n\nthird  line"
    assert values["Registry_Created_ms"] == 1764000000123
    assert values["Last_Validated"] == "2026-03-02T00:00:00Z"
    assert values["Risk_Rating"] == "Tier 2 (High)"
    assert values["Regulatory_Scope"] == ["SR 11-7"]
    assert values["Model_Owner"] == email
    assert values["Dependencies"] == [upstream]
    assert values["Retention"] == 84.5
    assert values["Model_ID"] == "1002"
    assert values["Name_in_Registry"] is None


def test_values_can_be_known_by_alias_or_id(simulator, platform, whole):
    (number,) = value_ids(simulator, platform, "Risk_Rating", "Tier 2 (High)")
    for by, word in (("alias", "High"), ("id", str(number))):
        with platform.adapter(section=test_options(values=by), model=("Risk_Rating",)) as adapter:
            assert adapter.get(Entity.MODEL, whole[0]).values["Risk_Rating"] == word
            record = adapter.update(Write(Entity.MODEL, whole[1], {"Risk_Rating": word}))
            assert record.values["Risk_Rating"] == word
            adapter.update(Write(Entity.MODEL, whole[1], {"Risk_Rating": None}))


def test_people_can_be_known_by_user_name(simulator, platform, whole):
    with platform.adapter(section=test_options(people="user_name"), model=("Model_Owner",)) as adapter:
        assert adapter.get(Entity.MODEL, whole[0]).values["Model_Owner"] == simulator.tenant.accounts[205].username


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_times_do_not_follow_the_zone_of_the_account(simulator, platform, whole, zone):
    with platform.adapter(model=("Last_Validated",)) as adapter:
        before = list(adapter.records(Entity.MODEL))
        simulator.tenant.change(simulator.service.id, zone=zone, locale="en-GB")
        assert list(adapter.records(Entity.MODEL)) == before


def test_a_value_that_was_retired_is_still_read_and_a_new_one_is_learned(simulator, platform, adapter, whole):
    from dataclasses import replace

    from tests.simulators.archer.schema import Value

    list(adapter.records(Entity.MODEL))
    listed = simulator.tenant.lists[platform.field("Risk_Rating").values_list]
    old = [replace(one, active=False) for one in listed.values]
    simulator.tenant.lists[listed.id] = replace(listed, values=(*old, Value(99_123, "Tier 0", "Tier_0")))
    platform.edit(whole[1], {"Risk_Rating": "Tier 0"})
    values = {record.id: record.values["Risk_Rating"] for record in adapter.records(Entity.MODEL)}
    assert values == {whole[0]: "Tier 2 (High)", whole[1]: "Tier 0"}


def test_what_nobody_can_tell_is_unreadable(simulator, platform, whole):
    platform.edit(whole[0], {"Model_Owner": {"users": [], "groups": [32]}})
    simulator.tenant.change(205, email="")
    platform.edit(whole[1], {"Model_Owner": {"users": [205], "groups": []}})
    with platform.adapter(model=("Model_Owner",)) as adapter:
        read = {record.id: record.values["Model_Owner"] for record in adapter.records(Entity.MODEL)}
    assert isinstance(read[whole[0]], Unreadable)
    assert "a group is selected" in read[whole[0]].reason
    assert "no e-mail address" in read[whole[1]].reason


def test_a_field_that_is_not_shown_is_missing_and_never_empty(simulator, platform, whole):
    with platform.adapter(model=("Products", "Purpose")) as adapter:
        list(adapter.records(Entity.MODEL))
        simulator.tenant.change_field(platform.field("Purpose").id, private=True)
        platform.level = simulator.tenant.level_of("models")
        (first, *_) = adapter.records(Entity.MODEL)
        for record in (first, adapter.get(Entity.MODEL, first.id)):
            assert "Purpose" not in record.values
            assert "Products" in record.values


def test_versions_know_their_model_without_being_read_one_by_one(simulator, platform, adapter, versions):
    models = [platform.seed({"External_Key": f"m{n}"}) for n in range(5)]
    for n in range(20):
        values = {"External_Key": f"v{n}", "Version_Number": "1", "Parent_Model": [int(models[n % 5])]}
        platform.seed(values, versions)
    list(adapter.records(Entity.MODEL))
    listed = list(adapter.records(Entity.VERSION))
    assert [record.values["Parent_Model"] for record in listed] == [models[n % 5] for n in range(20)]
    assert [call for call in simulator.calls if call.verb == "get"] == []
    simulator.calls.clear()
    assert list(adapter.records(Entity.VERSION)) == listed


def test_a_version_whose_model_was_not_listed_is_read_once_by_id(simulator, platform, adapter, versions):
    model = platform.seed({"External_Key": "m"})
    values = {"External_Key": "v", "Version_Number": "1", "Parent_Model": [int(model)]}
    version = platform.seed(values, versions)
    for expected in (1, 1):
        (record,) = adapter.records(Entity.VERSION)
        assert (record.id, record.values["Parent_Model"]) == (version, model)
        assert len([call for call in simulator.calls if call.verb == "get"]) == expected
    platform.edit(version, {"Version_Number": "2"}, versions)
    (record,) = adapter.records(Entity.VERSION)
    assert record.values["Version_Number"] == "2"


def test_what_was_read_by_id_is_told_in_the_words_of_today(simulator, platform, versions):
    model = platform.seed({"External_Key": "m"})
    values = {"External_Key": "v", "Version_Number": "1", "Parent_Model": [int(model)], "Validation_Status": "Pass"}
    platform.seed(values, versions)
    from dataclasses import replace

    with platform.adapter(
        version=("Parent_Model", "Validation_Status"), section=test_options(metadata_seconds=1e-9)
    ) as adapter:
        (before,) = adapter.records(Entity.VERSION)
        listed = simulator.tenant.lists[platform.field("Validation_Status", versions).values_list]
        renamed = tuple(replace(one, name="Went well") if one.name == "Pass" else one for one in listed.values)
        simulator.tenant.lists[listed.id] = replace(listed, values=renamed)
        (after,) = adapter.records(Entity.VERSION)
    assert (before.values["Validation_Status"], after.values["Validation_Status"]) == ("Pass", "Went well")


def test_without_a_tracking_id_as_key_each_record_is_still_read_once(simulator, platform, versions):
    for level in (platform.level, versions):
        tracking = next(one for one in level.fields if one.type is Type.TRACKING)
        simulator.tenant.change_field(tracking.id, key=False)
        simulator.tenant.change_field(platform.field("External_Key", level).id, key=True)
    model = platform.seed({"External_Key": "m"})
    platform.seed({"External_Key": "v", "Version_Number": "1", "Parent_Model": [int(model)]}, versions)
    with platform.adapter() as adapter:
        for _ in range(3):
            list(adapter.records(Entity.MODEL))
            (record,) = adapter.records(Entity.VERSION)
            assert record.values["Parent_Model"] == model
    assert len([call for call in simulator.calls if call.verb == "get"]) == 1


def test_what_other_records_say_is_asked_for_each_time(simulator, platform, versions):
    model = platform.seed({"External_Key": "m"})
    with platform.adapter(model=("Versions",)) as adapter:
        assert [record.values["Versions"] for record in adapter.records(Entity.MODEL)] == [None]
        values = {"External_Key": "v", "Version_Number": "1", "Parent_Model": [int(model)]}
        made = [platform.seed(values, versions) for _ in range(2)]
        assert [record.values["Versions"] for record in adapter.records(Entity.MODEL)] == [made]
        platform.delete(made[1])
        assert [record.values["Versions"] for record in adapter.records(Entity.MODEL)] == [made[0]]


def test_a_listed_record_that_cannot_be_read_where_it_must_be_is_incomplete(simulator, platform, adapter, versions):
    model = platform.seed({"External_Key": "m"})
    platform.seed({"External_Key": "v", "Version_Number": "1", "Parent_Model": [int(model)]}, versions)
    simulator.faults.add("status", method="get", status=403, count=None)
    with pytest.raises(IncompleteSnapshot, match="is listed, but cannot be read by id"):
        list(adapter.records(Entity.VERSION))


def test_records_of_the_level_below_are_not_taken_for_ours(simulator, platform, adapter, issues):
    issue = platform.seed({"Title": "Drift"}, issues)
    task = next(one for one in simulator.tenant.application(issues.module).levels if one.parent == issues.id)
    for _ in range(3):
        simulator.content.add(task.id, {}, 205, parent=int(issue))
    assert [record.id for record in adapter.records(Entity.ISSUE)] == [issue]


def test_the_level_below_can_be_listed_itself(simulator, platform, issues):
    first, second = (platform.seed({"Title": title}, issues) for title in ("a", "b"))
    task = next(one for one in simulator.tenant.application(issues.module).levels if one.parent == issues.id)
    made = [str(simulator.content.add(task.id, {}, 205, parent=int(of)).id) for of in (first, second, first)]
    section = test_options()
    section["levels"]["issue"] = {"application": "Findings", "level": "Remediation_Task"}
    with platform.adapter(section=section, issue=("Task_Name",)) as adapter:
        assert sorted(record.id for record in adapter.records(Entity.ISSUE)) == sorted(made)


def test_issues_go_by_the_number_that_people_see(platform, adapter, issues):
    issue = platform.seed({"Title": "Drift"}, issues)
    (record,) = adapter.records(Entity.ISSUE)
    assert record.values["Finding_ID"] == adapter.get(Entity.ISSUE, issue).values["Finding_ID"] == "FND-1001"
    assert record.url.endswith(f"/apps/ArcherApp/Home.aspx#record/157/109/{issue}")


def test_users_are_records_too(simulator, adapter):
    users = {record.id: record.values for record in adapter.records(Entity.USER)}
    account = simulator.tenant.accounts[205]
    assert users["205"] == {"email": account.email, "name": f"{account.first} {account.last}", "active": True}
    assert set(users) == {str(number) for number in simulator.tenant.accounts}


# Increments.


class Ticking:
    """A clock of which no two looks are alike."""

    def __init__(self):
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def __call__(self):
        self.now += timedelta(milliseconds=250)
        return self.now


def test_an_increment_has_what_changed(simulator, platform, adapter):
    simulator.clock = Ticking()
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(6)]
    watermark = max(record.updated_at for record in adapter.records(Entity.MODEL))
    assert {record.id for record in adapter.records(Entity.MODEL, since=watermark)} <= set(seeded)
    platform.edit(seeded[2], {"Products": "new"})
    changed = list(adapter.records(Entity.MODEL, since=watermark))
    newer = [record.id for record in changed if record.updated_at > watermark]
    assert newer == [seeded[2]]


def test_an_increment_reaches_back_whatever_was_listed_before(platform, adapter):
    """Another caller may have taken it: the adapter cannot know whose the last listing was."""
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(3)]
    for _ in range(2):
        watermark = max(record.updated_at for record in adapter.records(Entity.MODEL))
        assert [record.id for record in adapter.records(Entity.MODEL, since=watermark)] == seeded


def test_without_a_last_updated_field_changes_cannot_be_told(simulator, platform):
    updated = next(one for one in platform.level.fields if one.type is Type.LAST_UPDATED)
    simulator.tenant.change_field(updated.id, private=True)
    with platform.adapter() as adapter, pytest.raises(ConfigError, match="no Last Updated field"):
        list(adapter.records(Entity.MODEL, since="2026-01-01T00:00:00Z"))


# Keys.


def test_a_key_that_differs_in_case_is_another_key(platform, adapter):
    upper = platform.seed({"External_Key": "MLFLOW:A"})
    lower = platform.seed({"External_Key": "mlflow:a"})
    assert adapter.find(Entity.MODEL, "MLFLOW:A").id == upper
    assert adapter.find(Entity.MODEL, "mlflow:a").id == lower
    assert adapter.find(Entity.MODEL, "Mlflow:a") is None


def test_keys_that_a_search_shows_alike_are_told_apart_by_id(platform, adapter):
    ids = {key: platform.seed({"External_Key": key}) for key in ("a\rb", "a\nb")}
    assert {key: adapter.find(Entity.MODEL, key).id for key in ids} == ids


# Names.


@pytest.mark.parametrize("way", ["guid", "alias", "name"])
def test_applications_and_fields_go_by_guid_alias_or_name(simulator, platform, way):
    platform.seed({"External_Key": "k", "Purpose": "<p>so</p>"})
    purpose, application = platform.field("Purpose"), simulator.tenant.application(platform.level.module)
    section = test_options()
    section["levels"]["model"]["application"] = getattr(application, way)
    section["levels"]["model"]["fields"] = {"intent": {"field": getattr(purpose, way), "rich": True}}
    with platform.adapter(section=section, model=("intent",)) as adapter:
        (record,) = adapter.records(Entity.MODEL)
    assert record.values["intent"] == "so"


def test_a_name_that_is_not_there_is_told_with_near_ones_before_anything_is_read(platform):
    with platform.adapter(model=("Purpos", "Product")) as adapter:
        with pytest.raises(ConfigError, match="Did you mean 'Purpose'") as caught:
            list(adapter.records(Entity.MODEL))
        assert "'Product'" in str(caught.value)


def test_an_application_that_is_not_there_is_told_with_near_ones(platform):
    section = test_options()
    section["levels"]["model"]["application"] = "Model Inventory"
    with platform.adapter(section=section) as adapter, pytest.raises(ConfigError, match="no application") as caught:
        list(adapter.records(Entity.MODEL))
    assert "AI Model Inventory" in caught.value.remedy


def test_an_application_with_levels_needs_to_know_which(platform):
    section = test_options()
    section["levels"]["issue"].pop("level")
    with platform.adapter(section=section) as adapter, pytest.raises(ConfigError, match="has 2 levels") as caught:
        list(adapter.records(Entity.ISSUE))
    assert "Remediation Task" in caught.value.remedy


def test_an_alias_wins_over_another_fields_name(simulator, platform):
    simulator.tenant.change_field(platform.field("Approved_Uses").id, name="Name_in_Registry")
    record_id = platform.seed({"External_Key": "k", "Approved_Uses": "by its name", "Name_in_Registry": "by its alias"})
    with platform.adapter(model=("Name_in_Registry",)) as adapter:
        assert adapter.get(Entity.MODEL, record_id).values["Name_in_Registry"] == "by its alias"


def test_two_of_a_name_are_refused_with_their_ids(simulator, platform):
    for alias in ("Products", "Approved_Uses"):
        simulator.tenant.change_field(platform.field(alias).id, alias="", name="Twins")
        platform.level = simulator.tenant.level_of("models")
    with platform.adapter(model=("Twins",)) as adapter, pytest.raises(ConfigError, match="several fields are called"):
        adapter.get(Entity.MODEL, "1")
