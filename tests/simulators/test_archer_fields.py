"""Every field type of the simulated Archer: how it is written, kept, read back, and what is ignored in silence."""

import pytest

from tests.simulators.archer.client import Client, content, entry
from tests.simulators.archer.incidents import (
    ACTION,
    ADDRESS,
    CLOSED,
    DAY,
    FILES,
    GONE,
    HANDLERS,
    HEADING,
    INCIDENT,
    LINKED_FROM,
    LINKS,
    LOSS,
    NEW,
    NOTES,
    OCCURRED,
    PICTURE,
    PUBLISHED,
    READER,
    RECORD_STATUS,
    RELATED_TO,
    SEVERAL,
    STATUS,
    TITLE,
    TITLED,
    TRACKING,
    UPDATED,
)
from tests.simulators.archer.schema import Type


@pytest.fixture
def record(client: Client) -> int:
    return client.made(INCIDENT, TITLED)


def value(client: Client, record_id: int, field_id: int):
    return client.read(record_id)["FieldContents"][str(field_id)]["Value"]


def write(client: Client, record_id: int, field_id: int, kind: Type, written):
    """Write one field; the answer is a success in any case. What the field holds then."""
    answer = client.update(INCIDENT, record_id, entry(field_id, kind, written))
    assert (answer.status_code, answer.json()["IsSuccessful"], answer.json()["ValidationMessages"]) == (200, True, [])
    return value(client, record_id, field_id)


def values(*ids: int, other: str | None = None):
    return {"ValuesListIds": list(ids), "OtherText": other}


@pytest.mark.parametrize(
    "text",
    ["Laptop lost", "<b>not markup</b>", "a & b < c", "quotes \" and ' and ]]>", "line\nbreak", "🧪 ünïcode", "x" * 80],
)
def test_text_comes_back_as_it_was_written(client, record, text):
    assert write(client, record, TITLE, Type.TEXT, text) == text


def test_a_text_that_is_too_long_is_refused_with_a_message(client, record):
    answer = client.update(INCIDENT, record, entry(TITLE, Type.TEXT, "x" * 81)).json()
    assert answer["IsSuccessful"] is False
    assert "Title" in answer["ValidationMessages"][0]["ResourcedMessage"]
    assert value(client, record, TITLE) == "Laptop lost"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("plain", "<p>plain</p>"),
        ("<p>kept</p>", "<p>kept</p>"),
        ("two  blanks", "<p>two \u00a0blanks</p>"),
        ("a & b", "<p>a &amp; b</p>"),
        ("vector<int> v", "<p>vector v</p>"),
        ("<script>alert(1)</script>left", "<p>left</p>"),
        ('<p style="margin:0">styled</p>', "<p>styled</p>"),
        ("<p> </p>", None),
        (None, None),
    ],
)
def test_rich_text_is_markup_and_comes_back_in_paragraphs(client, record, written, read):
    write(client, record, NOTES, Type.TEXT, "before")
    assert write(client, record, NOTES, Type.TEXT, written) == read


def test_characters_that_xml_cannot_carry_are_lost(client, record):
    assert write(client, record, TITLE, Type.TEXT, "a\x00b\x0bc\td") == "abc\td"


@pytest.mark.parametrize(("written", "read"), [(805, "805.0"), (0.25, "0.25"), (-3, "-3.0"), (None, "null")])
def test_a_number_comes_back_as_a_decimal(client, record, written, read):
    write(client, record, LOSS, Type.NUMERIC, written)
    assert f'"{LOSS}":{{"Type":2,"Value":{read},' in client.get(f"core/content/{record}").text


@pytest.mark.parametrize("written", ["805", True, [805], {"Value": 1}])
def test_what_is_no_number_is_ignored(client, record, written):
    write(client, record, LOSS, Type.NUMERIC, 7)
    assert write(client, record, LOSS, Type.NUMERIC, written) == 7.0


@pytest.mark.parametrize(
    ("locale", "zone", "written", "read"),
    [
        ("en-US", "UTC", "12/27/2016", "2016-12-27T00:00:00"),
        ("en-US", "UTC", "10/21/1956 11:59AM", "1956-10-21T11:59:00"),
        ("en-US", "UTC", "10/21/1956 12:05 am", "1956-10-21T00:05:00"),
        ("en-US", "America/Los_Angeles", "3/23/2018", "2018-03-23T07:00:00"),
        ("en-US", "America/New_York", "1/5/2026 11:30PM", "2026-01-06T04:30:00"),
        ("en-GB", "UTC", "2/3/2026", "2026-03-02T00:00:00"),
        ("en-GB", "Europe/London", "2/7/2026 13:15", "2026-07-02T12:15:00"),
        ("de-DE", "Europe/Berlin", "02.03.2026", "2026-03-01T23:00:00"),
    ],
)
def test_dates_are_written_in_the_accounts_zone_and_locale_and_read_in_utc(
    client, archer, record, locale, zone, written, read
):
    archer.tenant.change(READER, zone=zone, locale=locale)
    assert write(client, record, OCCURRED, Type.DATE, written) == read


@pytest.mark.parametrize(
    "written",
    ["27/12/2016", "2016-12-27", "2016-12-27T00:00:00Z", "13:00", "2/30/2026", "1/1/2026 13:00", "", None, 1, "now"],
)
def test_what_is_no_date_in_that_locale_is_ignored(client, record, written):
    write(client, record, OCCURRED, Type.DATE, "12/24/2016")
    assert write(client, record, OCCURRED, Type.DATE, written) == "2016-12-24T00:00:00"


def test_zero_empties_a_date(client, record):
    write(client, record, OCCURRED, Type.DATE, "12/24/2016")
    assert write(client, record, OCCURRED, Type.DATE, "0") is None


def test_a_date_without_a_time_is_midnight_where_it_was_written(client, archer, record):
    assert write(client, record, DAY, Type.DATE, "12/24/2016 3:00PM") == "2016-12-24T00:00:00"
    archer.tenant.change(READER, zone="Europe/Berlin")
    assert write(client, record, DAY, Type.DATE, "12/24/2016") == "2016-12-23T23:00:00"


def test_milliseconds_are_there_only_where_there_are_any(archer, client, record):
    archer.content.change(record, {OCCURRED: "2018-03-26T10:03:32.240"}, READER)
    assert value(client, record, OCCURRED) == "2018-03-26T10:03:32.24"
    archer.content.change(record, {OCCURRED: "2018-03-26T10:03:30.000"}, READER)
    assert value(client, record, OCCURRED) == "2018-03-26T10:03:30"


def test_a_value_of_a_list_is_written_and_read_by_its_id(client, record):
    assert write(client, record, STATUS, Type.VALUES, values(NEW)) == values(NEW)
    assert write(client, record, STATUS, Type.VALUES, values(CLOSED, other="since May")) == values(
        CLOSED, other="since May"
    )
    assert write(client, record, STATUS, Type.VALUES, values()) is None


@pytest.mark.parametrize(
    "ids",
    [(HEADING,), (GONE,), (1,), (NEW, CLOSED), ("466",)],
    ids=["not selectable", "inactive", "of no list", "two for one", "text"],
)
def test_a_value_that_cannot_be_chosen_is_ignored(client, record, ids):
    write(client, record, STATUS, Type.VALUES, values(NEW))
    assert write(client, record, STATUS, Type.VALUES, values(*ids)) == values(NEW)


def test_a_list_is_replaced_whole_and_loses_what_does_not_exist(client, record):
    assert write(client, record, SEVERAL, Type.VALUES, values(NEW, CLOSED)) == values(NEW, CLOSED)
    assert write(client, record, SEVERAL, Type.VALUES, values(CLOSED)) == values(CLOSED)
    assert write(client, record, SEVERAL, Type.VALUES, values(NEW, 99)) == values(NEW)


def test_the_keys_of_people_differ_between_writing_and_reading(client, record):
    read = write(client, record, HANDLERS, Type.USERS, {"UserList": [{"ID": READER}], "GroupList": [{"ID": 1}]})
    rights = {"HasRead": True, "HasUpdate": False, "HasDelete": False}
    assert read == {"UserList": [{"Id": READER, **rights}], "GroupList": [{"Id": 1, **rights}]}
    assert write(client, record, HANDLERS, Type.USERS, {"UserList": [], "GroupList": []}) is None


@pytest.mark.parametrize("user", [{"ID": 4711}, {"ID": 20}, {"ID": "19"}, {}])
def test_people_who_do_not_exist_or_left_are_ignored(client, record, user):
    before = write(client, record, HANDLERS, Type.USERS, {"UserList": [{"ID": READER}]})
    assert write(client, record, HANDLERS, Type.USERS, {"UserList": [user]}) == before


def test_the_keys_of_references_differ_too_and_a_list_is_replaced_whole(client, record):
    one, other = client.made(INCIDENT, TITLED), client.made(INCIDENT, TITLED)
    read = write(client, record, RELATED_TO, Type.REFERENCE, [{"ContentID": one}, {"ContentID": other}])
    assert read == [{"ContentId": one, "LevelId": INCIDENT}, {"ContentId": other, "LevelId": INCIDENT}]
    assert write(client, record, RELATED_TO, Type.REFERENCE, [{"ContentID": other}]) == [
        {"ContentId": other, "LevelId": INCIDENT}
    ]
    assert write(client, record, RELATED_TO, Type.REFERENCE, []) is None


@pytest.mark.parametrize("written", [[{"ContentID": 4711}], [{"ContentID": "x"}], "x", [7]])
def test_a_reference_to_nothing_is_ignored_and_called_a_success(client, record, written):
    one = client.made(INCIDENT, TITLED)
    before = write(client, record, RELATED_TO, Type.REFERENCE, [{"ContentID": one}])
    assert write(client, record, RELATED_TO, Type.REFERENCE, written) == before


def test_a_reference_to_another_level_or_to_a_hidden_record_is_ignored(client, archer, record):
    one, hidden = client.made(INCIDENT, TITLED), client.made(INCIDENT, TITLED)
    below = archer.content.add(ACTION, {}, READER, one).id
    archer.content.denied.add((READER, hidden))
    before = write(client, record, RELATED_TO, Type.REFERENCE, [{"ContentID": one}])
    for other in (below, hidden):
        assert write(client, record, RELATED_TO, Type.REFERENCE, [{"ContentID": other}]) == before
    archer.content.denied.clear()
    assert value(client, record, RELATED_TO) == before


def test_related_records_are_the_other_end_of_references(client, record):
    one, other = client.made(INCIDENT, TITLED), client.made(INCIDENT, TITLED)
    write(client, one, RELATED_TO, Type.REFERENCE, [{"ContentID": record}])
    assert value(client, record, LINKED_FROM) == [one]
    read = write(client, record, LINKED_FROM, Type.RELATED, [one, other])
    assert read == [{"ContentId": one, "LevelId": INCIDENT}, {"ContentId": other, "LevelId": INCIDENT}]
    assert value(client, other, RELATED_TO) == [{"ContentId": record, "LevelId": INCIDENT}]
    write(client, record, LINKED_FROM, Type.RELATED, [other])
    assert value(client, one, RELATED_TO) is None


def test_other_references_of_a_related_record_stay(client, record):
    one, other = client.made(INCIDENT, TITLED), client.made(INCIDENT, TITLED)
    write(client, one, RELATED_TO, Type.REFERENCE, [{"ContentID": other}])
    for wanted, ids in (([one], [other, record]), ([], [other])):
        write(client, record, LINKED_FROM, Type.RELATED, wanted)
        assert [each["ContentId"] for each in value(client, one, RELATED_TO)] == ids


def test_links(client, record):
    link = [{"Name": "Report", "URL": "https://bank.example/r?a=1&b=2"}]
    assert write(client, record, LINKS, Type.LINKS, link) == link
    assert write(client, record, LINKS, Type.LINKS, [{"Name": "no address"}]) == link


@pytest.mark.parametrize(("field_id", "kind"), [(FILES, Type.ATTACHMENT), (PICTURE, Type.IMAGE)])
def test_attachments_are_uploaded_then_named(client, record, field_id, kind):
    body = {"AttachmentName": "a.txt", "AttachmentBytes": "aGVsbG8="}
    ids = [client.call("POST", "core/content/attachment", body).json()["RequestedObject"]["Id"] for _ in range(2)]
    assert write(client, record, field_id, kind, ids) == ids
    assert write(client, record, field_id, kind, [ids[1]]) == [ids[1]]
    assert write(client, record, field_id, kind, [4711]) == [ids[1]]
    assert client.get(f"core/content/attachment/{ids[0]}").json()["RequestedObject"] == body


def address(text: str, **more):
    return {str(ADDRESS): {"Type": 19, "IpAddressBytes": text, "FieldId": ADDRESS, **more}}


def test_an_address_stands_in_its_own_key(client, record):
    assert client.update(INCIDENT, record, address("10.1.2.3")).json()["IsSuccessful"]
    assert client.read(record)["FieldContents"][str(ADDRESS)] == {
        "Type": 19,
        "IpAddressBytes": "10.1.2.3",
        "FieldId": ADDRESS,
    }


@pytest.mark.parametrize("wrong", [address("10.1.2"), address("10.1.2.4", Value="10.1.2.4"), address("host")], ids=str)
def test_an_invalid_address_is_ignored_and_called_a_success(client, record, wrong):
    client.update(INCIDENT, record, address("10.1.2.3"))
    answer = client.update(INCIDENT, record, wrong).json()
    assert (answer["IsSuccessful"], answer["ValidationMessages"]) == (True, [])
    assert client.read(record)["FieldContents"][str(ADDRESS)]["IpAddressBytes"] == "10.1.2.3"


@pytest.mark.parametrize(
    ("field_id", "kind", "written"),
    [
        (TRACKING, Type.TRACKING, 1),
        (RECORD_STATUS, Type.STATUS, "Archived"),
        (PUBLISHED, Type.FIRST_PUBLISHED, "1/1/2020"),
        (UPDATED, Type.LAST_UPDATED, "1/1/2020"),
    ],
)
def test_what_the_platform_sets_is_not_written(client, record, field_id, kind, written):
    before = value(client, record, field_id)
    after = write(client, record, field_id, kind, written)
    assert after == ("Updated" if kind is Type.STATUS else before)


def test_the_tracking_id_is_a_number_without_the_prefix_of_the_pages(client, record):
    assert value(client, record, TRACKING) == 1001 == client.read(record)["SequentialId"]


@pytest.mark.parametrize("settings", [{"calculated": True}, {"read_only": True}, {"active": False}, {"private": True}])
def test_fields_that_are_not_for_writing_are_ignored(client, archer, record, settings):
    write(client, record, LOSS, Type.NUMERIC, 7)
    archer.tenant.change_field(LOSS, **settings)
    answer = client.update(INCIDENT, record, entry(LOSS, Type.NUMERIC, 8))
    assert answer.json()["IsSuccessful"] is True
    archer.tenant.change_field(
        LOSS, **dict.fromkeys(settings, False) | ({"active": True} if "active" in settings else {})
    )
    assert value(client, record, LOSS) == 7.0


@pytest.mark.parametrize(
    "wrong",
    [
        entry(LOSS, Type.TEXT, 8),
        {str(LOSS): {"Type": 2, "Value": 8, "FieldId": TITLE}},
        {str(LOSS): {"Type": 2, "FieldId": LOSS}},
        {str(LOSS): 8},
        {"Loss": {"Type": 2, "Value": 8, "FieldId": LOSS}},
        entry(9999, Type.TEXT, "x"),
    ],
    ids=["type", "other field", "no value", "bare", "by name", "unknown"],
)
def test_an_entry_that_does_not_fit_its_field_is_ignored(client, record, wrong):
    write(client, record, LOSS, Type.NUMERIC, 7)
    assert client.update(INCIDENT, record, wrong).json()["IsSuccessful"] is True
    assert value(client, record, LOSS) == 7.0


def test_names_in_a_request_are_read_in_any_case(client, record):
    body = content(INCIDENT, {str(LOSS): {"type": 2, "VALUE": 9, "fieldid": LOSS}}, record_id=record)
    answer = client.call(
        "PUT", "core/content", {"content": {name.upper(): one for name, one in body["Content"].items()}}
    )
    assert answer.json()["IsSuccessful"] is True
    assert value(client, record, LOSS) == 9.0
