"""Records of the simulated Archer: made, changed, read, refused, hidden."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulators.archer.client import NOT_FOUND, content, entry, refusal
from tests.simulators.archer.incidents import (
    ACTION,
    ACTION_NAME,
    HANDLERS,
    INCIDENT,
    INCIDENTS,
    LOSS,
    READER,
    RELATED_TO,
    STATUS,
    TITLE,
    TITLED,
)
from tests.simulators.archer.schema import Type


def test_a_new_record_answers_with_its_id(client):
    answer = client.create(INCIDENT, TITLED)
    record_id = answer.json()["RequestedObject"]["Id"]
    assert answer.status_code == 200
    assert answer.json() == {
        "Links": [],
        "RequestedObject": {"Id": record_id},
        "IsSuccessful": True,
        "ValidationMessages": [],
    }


def test_a_read_tells_the_whole_record(client, archer, clock):
    record_id = client.made(INCIDENT, TITLED)
    clock.move(seconds=1.5)
    client.update(INCIDENT, record_id, entry(LOSS, Type.NUMERIC, 3))
    read = client.read(record_id)
    fields = read.pop("FieldContents")
    assert read == {
        "Id": record_id,
        "LevelId": INCIDENT,
        "SequentialId": 1001,
        "Version": 2,
        "LastUpdated": "2026-03-02T12:00:01.5",
        "UpdateInformation": {
            "CreateDate": "2026-03-02T12:00:00",
            "UpdateDate": "2026-03-02T12:00:01.5",
            "CreateLogin": READER,
            "UpdateLogin": READER,
        },
    }
    level = archer.tenant.level(INCIDENT)
    assert set(fields) == {str(one.id) for one in level.fields}
    assert all(one["FieldId"] == int(number) for number, one in fields.items())
    assert fields[str(TITLE)] == {"Type": 1, "Value": "Laptop lost", "FieldId": TITLE}


def test_an_update_changes_the_fields_that_it_names(client):
    record_id = client.made(INCIDENT, TITLED, entry(LOSS, Type.NUMERIC, 3))
    client.update(INCIDENT, record_id, entry(LOSS, Type.NUMERIC, 4))
    fields = client.read(record_id)["FieldContents"]
    assert (fields[str(TITLE)]["Value"], fields[str(LOSS)]["Value"]) == ("Laptop lost", 4.0)


def test_saving_the_same_moves_version_and_time_stamp(client, clock):
    record_id = client.made(INCIDENT, TITLED)
    clock.move(minutes=1)
    client.update(INCIDENT, record_id, TITLED)
    read = client.read(record_id)
    assert (read["Version"], read["LastUpdated"]) == (2, "2026-03-02T12:01:00")


def test_an_update_with_an_old_version_wins_all_the_same(client):
    record_id = client.made(INCIDENT, TITLED)
    client.update(INCIDENT, record_id, entry(LOSS, Type.NUMERIC, 1))
    body = content(INCIDENT, entry(LOSS, Type.NUMERIC, 2), record_id=record_id)
    body["Content"]["Version"] = 1
    assert client.call("PUT", "core/content", body).json()["IsSuccessful"] is True
    assert client.read(record_id)["FieldContents"][str(LOSS)]["Value"] == 2.0


def test_an_unknown_record_is_a_200_that_failed(client):
    answer = client.get("core/content/4711")
    assert (answer.status_code, refusal(answer)) == (200, NOT_FOUND)


def test_a_record_that_permissions_hide_looks_like_none(client, archer):
    seen, hidden = client.made(INCIDENT, TITLED), client.made(INCIDENT, TITLED)
    client.update(INCIDENT, seen, entry(RELATED_TO, Type.REFERENCE, [{"ContentID": hidden}]))
    archer.content.denied.add((READER, hidden))
    assert refusal(client.get(f"core/content/{hidden}")) == NOT_FOUND
    assert refusal(client.update(INCIDENT, hidden, entry(LOSS, Type.NUMERIC, 1))) == NOT_FOUND
    assert client.read(seen)["FieldContents"][str(RELATED_TO)]["Value"] is None
    archer.content.denied.clear()
    assert client.read(hidden)["FieldContents"][str(LOSS)]["Value"] is None


def test_a_new_record_without_a_required_field_is_refused_with_400(client, archer):
    answer = client.create(INCIDENT, entry(LOSS, Type.NUMERIC, 1))
    assert (answer.status_code, refusal(answer)) == (400, "The Title field is a required field.")
    assert archer.content.of(INCIDENT) == []


def test_a_required_field_that_is_emptied_is_refused_with_200(client):
    record_id = client.made(INCIDENT, TITLED)
    answer = client.update(INCIDENT, record_id, entry(TITLE, Type.TEXT, ""), entry(LOSS, Type.NUMERIC, 1))
    assert (answer.status_code, refusal(answer)) == (200, "The Title field is a required field.")
    assert client.read(record_id)["FieldContents"][str(LOSS)]["Value"] is None


def test_every_missing_field_has_its_message(client, archer):
    archer.tenant.change_field(LOSS, required=True)
    archer.tenant.change_field(STATUS, required=True)
    messages = client.create(INCIDENT).json()["ValidationMessages"]
    names = ("Title", "Status", "Loss")
    assert [one["ResourcedMessage"] for one in messages] == [f"The {name} field is a required field." for name in names]


def test_a_required_reference_to_nothing_is_missing(client, archer):
    archer.tenant.change_field(RELATED_TO, required=True)
    answer = client.create(INCIDENT, TITLED, entry(RELATED_TO, Type.REFERENCE, [{"ContentID": 4711}]))
    assert refusal(answer) == "The Related Incidents field is a required field."


def test_a_post_of_an_existing_id_and_a_put_of_a_new_one_are_forbidden(client):
    record_id = client.made(INCIDENT, TITLED)
    again = client.call("POST", "core/content", content(INCIDENT, TITLED, record_id=record_id))
    unknown = client.update(INCIDENT, 4711, TITLED)
    without = client.call("PUT", "core/content", content(INCIDENT, TITLED))
    assert [one.status_code for one in (again, unknown, without)] == [403, 403, 403]
    assert all(set(one.json()) == {"Message"} for one in (again, unknown, without))


@pytest.mark.parametrize("body", [None, [], {"Id": 1}, {"Content": []}, {"Content": None}])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_no_content_is_a_framework_error(client, method, body):
    answer = client.call(method, "core/content", body)
    assert (answer.status_code, answer.json()) == (400, {"Message": "The request is invalid."})


def test_a_record_belongs_to_a_level_that_exists(client):
    assert refusal(client.create(9999, TITLED)) == NOT_FOUND
    action = client.made(ACTION, entry(ACTION_NAME, Type.TEXT, "Call"))
    assert client.read(action)["LevelId"] == ACTION


def test_writers_at_once_are_served_one_after_the_other(client, archer):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda at: client.made(INCIDENT, entry(TITLE, Type.TEXT, str(at))), range(40)))
        list(pool.map(lambda number: client.update(INCIDENT, made[0], entry(LOSS, Type.NUMERIC, number)), range(40)))
    assert len(set(made)) == 40
    assert sorted(one.sequential for one in archer.content.of(INCIDENT)) == list(range(1001, 1041))
    assert client.read(made[0])["Version"] == 41


def test_records_are_not_deleted_here(client):
    record_id = client.made(INCIDENT, TITLED)
    assert client.call("DELETE", f"core/content/{record_id}").status_code == 405
    assert client.read(record_id)["Id"] == record_id


def test_an_account_without_the_right_neither_reads_nor_writes(client, archer):
    record_id = client.made(INCIDENT, TITLED)
    archer.tenant.change(READER, reads_only=frozenset({INCIDENTS}))
    assert client.create(INCIDENT, TITLED).status_code == 403
    assert client.update(INCIDENT, record_id, TITLED).status_code == 403
    assert client.read(record_id)["Id"] == record_id
    archer.tenant.change(READER, modules=frozenset())
    assert refusal(client.get(f"core/content/{record_id}")) == NOT_FOUND
    assert refusal(client.create(INCIDENT, TITLED)) == NOT_FOUND
    assert client.get("core/system/application").json()[0]["IsSuccessful"] is False


def test_a_private_field_is_nowhere_to_be_seen(client, archer):
    record_id = client.made(INCIDENT, TITLED)
    archer.tenant.change_field(LOSS, private=True)
    assert str(LOSS) not in client.read(record_id)["FieldContents"]
    listed = client.get(f"core/system/fielddefinition/level/{INCIDENT}").json()
    assert LOSS not in [one["RequestedObject"]["Id"] for one in listed]
    assert refusal(client.get(f"core/system/fielddefinition/{LOSS}")) == NOT_FOUND
    archer.tenant.change(READER, private=True)
    assert str(LOSS) in client.read(record_id)["FieldContents"]


def test_handlers_of_a_field_that_nobody_asked_for_stay(client):
    people = {"UserList": [{"ID": READER}], "GroupList": []}
    record_id = client.made(INCIDENT, TITLED, entry(HANDLERS, Type.USERS, people))
    client.update(INCIDENT, record_id, entry(LOSS, Type.NUMERIC, 1))
    assert client.read(record_id)["FieldContents"][str(HANDLERS)]["Value"]["UserList"][0]["Id"] == READER
