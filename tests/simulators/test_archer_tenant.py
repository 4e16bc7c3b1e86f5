"""What the simulated Archer tells of its configuration; workflow; the instance of the bank."""

import pytest

from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.client import NOT_FOUND, Client, entry, refusal, signed_in
from tests.simulators.archer.incidents import (
    ACTION,
    INCIDENT,
    INCIDENTS,
    LOSS,
    NEW,
    READER,
    STATUS,
    TITLED,
)
from tests.simulators.archer.schema import SYSTEM_TYPES, Type
from tests.simulators.archer.tenant import FINDING_MODULE, MODEL_LEVEL, VERSION_LEVEL, VERSION_MODULE, bank

# metadata


def test_a_collection_is_a_bare_array_of_envelopes(client):
    body = client.get("core/system/application").json()
    assert [set(one) for one in body] == [{"Links", "RequestedObject", "IsSuccessful", "ValidationMessages"}]
    assert body[0]["RequestedObject"]["Name"] == "Incidents"


@pytest.mark.parametrize(
    "path",
    [
        "core/system/level/module/9999",
        "core/system/fielddefinition/level/9999",
        "core/system/valueslistvalue/flat/valueslist/9999",
        "core/system/usercontact/9999",
        "core/system/user/group/9999",
    ],
)
def test_an_empty_collection_is_one_envelope_that_failed(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    (only,) = answer.json()
    assert (only["IsSuccessful"], only["RequestedObject"]) == (False, {})
    assert only["ValidationMessages"][0]["ResourcedMessage"] == NOT_FOUND


@pytest.mark.parametrize("path", ["application", "fielddefinition", "valueslist", "user", "group"])
def test_one_thing_that_there_is_not_is_an_envelope_that_failed(client, path):
    assert refusal(client.get(f"core/system/{path}/9999")) == NOT_FOUND


def test_the_version_and_an_application(client, archer):
    version = client.get("core/system/applicationinfo/version").json()["RequestedObject"]
    assert version == {"Version": archer.tenant.version}
    found = client.get(f"core/system/application/{INCIDENTS}").json()["RequestedObject"]
    assert (found["Id"], found["Name"], found["Alias"]) == (INCIDENTS, "Incidents", "Incidents")
    assert found["Guid"] == archer.tenant.application(INCIDENTS).guid


def test_an_application_has_levels(client):
    levels = [one["RequestedObject"] for one in client.get(f"core/system/level/module/{INCIDENTS}").json()]
    assert [(one["Id"], one["ModuleId"], one["ParentLevelId"]) for one in levels] == [
        (INCIDENT, INCIDENTS, None),
        (ACTION, INCIDENTS, INCIDENT),
    ]


def test_a_field_is_defined_by_these_keys(client):
    found = client.get(f"core/system/fielddefinition/{STATUS}").json()["RequestedObject"]
    expected = {
        "Id": STATUS,
        "LevelId": INCIDENT,
        "Type": 4,
        "Name": "Status",
        "Alias": "Incident_Status",
        "IsActive": True,
        "IsRequired": False,
        "IsKey": False,
        "IsCalculated": False,
        "IsContentReadOnly": False,
        "RelatedValuesListId": 121,
    }
    assert {name: found[name] for name in expected} == expected


def test_what_the_platform_sets_is_defined_as_read_only(client, archer):
    archer.tenant.change_field(LOSS, calculated=True)
    listed = [one["RequestedObject"] for one in client.get(f"core/system/fielddefinition/level/{INCIDENT}").json()]
    read_only = {one["Id"] for one in listed if one["IsContentReadOnly"]}
    system = {one.id for one in archer.tenant.level(INCIDENT).fields if one.type in SYSTEM_TYPES}
    assert read_only == system | {LOSS}
    assert [one["Id"] for one in listed if one["IsCalculated"]] == [LOSS]


def test_a_values_list_tells_what_can_be_selected(client):
    assert client.get("core/system/valueslist/121").json()["RequestedObject"]["Name"] == "Incident Status"
    values = [one["RequestedObject"] for one in client.get("core/system/valueslistvalue/flat/valueslist/121").json()]
    assert [(one["Id"], one["Name"], one["NumericValue"], one["IsActive"], one["IsSelectable"]) for one in values] == [
        (NEW, "New", 1, True, True),
        (467, "Closed", 2, True, True),
        (468, "All states", None, True, False),
        (469, "Migrated", None, False, True),
    ]


def test_accounts_their_contacts_and_their_groups(client):
    users = [one["RequestedObject"] for one in client.get("core/system/user").json()]
    assert [(one["Id"], one["UserName"], one["AccountStatus"]) for one in users] == [
        (19, "apiuser", 1),
        (20, "gone", 2),
    ]
    assert "api.user@bank.example" not in str(users)
    everybody = [one["RequestedObject"] for one in client.get("core/system/usercontact").json()]
    assert everybody[0]["UserId"] == READER
    (contact,) = everybody[0]["Contacts"]
    assert (contact["ContactType"], contact["Value"]) == (7, "api.user@bank.example")
    assert client.get(f"core/system/usercontact/{READER}").json()[0]["RequestedObject"] == contact
    assert client.get("core/system/group/1").json()["RequestedObject"]["Name"] == "Incident Handlers"
    assert client.get("core/system/groupmembership").json()[0]["RequestedObject"]["UserIds"] == [READER]
    assert client.get("core/system/user/group/1").json()[0]["RequestedObject"]["Id"] == READER


def test_an_account_tells_its_zone_and_locale(client, archer):
    archer.tenant.change(READER, zone="America/New_York", locale="en-GB")
    found = client.get(f"core/system/user/{READER}").json()["RequestedObject"]
    assert (found["TimeZoneId"], found["Locale"]) == ("Eastern Standard Time", "en-GB")


# workflow


def act(client: Client, record_id: int, node: str, code: int):
    body = {"ContentId": record_id, "CompletionCode": code, "WorkflowNodeId": node}
    return client.call("POST", "core/system/WorkflowAction", body)


def version_of(client: Client, archer: ArcherSimulator) -> int:
    tenant = archer.tenant
    model = client.made(MODEL_LEVEL)
    parent, number = tenant.named("versions", "model"), tenant.named("versions", "version")
    return client.made(
        VERSION_LEVEL,
        entry(parent.id, Type.REFERENCE, [{"ContentID": model}]),
        entry(number.id, Type.TEXT, "1"),
    )


@pytest.mark.parametrize("prefix", ["api", "platformapi"])
def test_a_workflow_moves_by_its_actions_alone(clock, prefix):
    with ArcherSimulator(tenant=bank(workflow=True), clock=clock) as archer:
        client = signed_in(archer)
        client.prefix = prefix
        record_id = version_of(client, archer)
        status = archer.tenant.named("versions", "approval_status")
        first = client.call("GET", f"core/system/WorkflowAction/{record_id}").json()["RequestedObject"]
        assert first == {
            "WorkflowNodeId": "9001:CUST",
            "WorkflowNodeName": "Draft",
            "JobStatus": "Running",
            "Actions": [{"WorkflowTransitionId": "3101:CUST", "WorkflowTransitionName": "Submit", "CompletionCode": 1}],
        }
        approved = archer.tenant.lists[status.values_list].values[2].id
        client.update(VERSION_LEVEL, record_id, entry(status.id, Type.VALUES, {"ValuesListIds": [approved]}))
        still = client.read(record_id)["FieldContents"][str(status.id)]["Value"]["ValuesListIds"]
        assert still != [approved]
        assert act(client, record_id, "9001:CUST", 1).json()["IsSuccessful"] is True
        names = client.get(f"core/system/WorkflowAction/{record_id}").json()["RequestedObject"]["Actions"]
        assert [one["WorkflowTransitionName"] for one in names] == ["Approve", "Reject", "Withdraw"]
        stale = act(client, record_id, "9001:CUST", 1)
        assert "not valid" in refusal(stale)
        assert "not valid" in refusal(act(client, record_id, "9002:CUST", 99))
        assert act(client, record_id, "9002:CUST", 1).json()["IsSuccessful"] is True
        end = client.get(f"core/system/WorkflowAction/{record_id}").json()["RequestedObject"]
        assert (end["JobStatus"], end["Actions"]) == ("Completed", [])
        assert client.read(record_id)["FieldContents"][str(status.id)]["Value"]["ValuesListIds"] == [approved]


def test_a_record_without_a_workflow_has_no_actions(client):
    record_id = client.made(INCIDENT, TITLED)
    assert refusal(client.get(f"core/system/WorkflowAction/{record_id}")) == NOT_FOUND
    assert refusal(act(client, record_id, "9001:CUST", 1)) == NOT_FOUND


# the bank's instance


def test_the_service_account_sees_the_applications_that_it_needs(clock):
    with ArcherSimulator(clock=clock) as archer:
        client = signed_in(archer)
        found = [one["RequestedObject"] for one in client.get("core/system/application").json()]
        assert [one["Name"] for one in found] == [
            "AI Model Inventory",
            "AI Model Versions",
            "Model Certification",
            "Findings",
        ]
        assert {one["Name"]: one["Alias"] for one in found}["Findings"] == "Issues"
        levels = client.get(f"core/system/level/module/{FINDING_MODULE}").json()
        assert [one["RequestedObject"]["Name"] for one in levels] == ["Finding", "Remediation Task"]


def test_names_and_aliases_diverge_and_repeat_between_levels():
    tenant = bank()
    version = tenant.level(VERSION_LEVEL)
    model = tenant.level(MODEL_LEVEL)
    assert any(one.alias != one.name.replace(" ", "_") for one in version.fields)
    assert {one.name for one in model.fields} & {one.name for one in version.fields}
    assert len({one.guid for one in (*model.fields, *version.fields)}) == len(model.fields) + len(version.fields)
    assert tenant.application(VERSION_MODULE).guid != tenant.application(FINDING_MODULE).guid


def test_a_new_version_is_not_submitted(clock):
    with ArcherSimulator(clock=clock) as archer:
        client = signed_in(archer)
        record_id = version_of(client, archer)
        status = archer.tenant.named("versions", "approval_status")
        chosen = client.read(record_id)["FieldContents"][str(status.id)]["Value"]["ValuesListIds"]
        assert [archer.tenant.lists[status.values_list].value(one).name for one in chosen] == ["Not Submitted"]


def test_comments_are_entries_of_a_sub_form_replaced_whole(clock):
    with ArcherSimulator(clock=clock) as archer:
        client = signed_in(archer)
        tenant = archer.tenant
        officer = tenant.account("risk.officer@bank.example")
        comments = next(one for one in tenant.level_of("issues").fields if one.type is Type.SUBFORM)
        said = next(one for one in tenant.level(comments.to_level).fields if one.type is Type.TEXT)
        issue = archer.content.add(tenant.level_of("issues").id, {}, officer.id).id
        entries = [client.made(comments.to_level, entry(said.id, Type.TEXT, text)) for text in ("one", "two")]
        titled = entry(tenant.named("issues", "title").id, Type.TEXT, "t")
        choices = [
            entry(one.id, Type.VALUES, {"ValuesListIds": [tenant.lists[one.values_list].values[0].id]})
            for one in (tenant.named("issues", "severity"), tenant.named("issues", "state"))
        ]
        client.update(1, issue, titled, *choices, entry(comments.id, Type.SUBFORM, entries))
        assert client.read(issue)["FieldContents"][str(comments.id)]["Value"] == entries
        client.update(1, issue, entry(comments.id, Type.SUBFORM, entries[1:]))
        assert client.read(issue)["FieldContents"][str(comments.id)]["Value"] == entries[1:]
        assert client.read(entries[1])["UpdateInformation"]["CreateLogin"] == archer.service.id
        assert client.read(entries[1])["FieldContents"][str(said.id)]["Value"] == "<p>two</p>"
