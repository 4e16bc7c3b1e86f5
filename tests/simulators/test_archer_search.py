"""ExecuteSearch of the simulated Archer: the shape of its answers, its pages and their order."""

import pytest

from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.client import Clock, fault_of, report, result_of
from tests.simulators.archer.incidents import (
    ACTION,
    ACTION_NAME,
    BY_ID,
    CLOSED,
    DAY,
    HANDLERS,
    INCIDENT,
    INCIDENTS,
    LINKED_FROM,
    LOSS,
    NEW,
    NOTES,
    OCCURRED,
    PUBLISHED,
    READER,
    RELATED_TO,
    SEVERAL,
    STATUS,
    TITLE,
    TRACKING,
    UPDATED,
    add,
)


def several(archer: ArcherSimulator, clock: Clock, number: int) -> list[int]:
    made = []
    for at in range(number):
        made.append(add(archer.content, f"title {at}"))
        clock.move(seconds=1)
    return made


# the shape of the answer


def test_the_result_is_escaped_xml_that_calls_itself_utf_16(client, archer):
    add(archer.content, 'a & b < c ]]> "q" 🧪')
    answer = client.soap(report(INCIDENTS, [TITLE]))
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert result_of(answer).startswith('<?xml version="1.0" encoding="utf-16"?><Records ')
    assert client.search(report(INCIDENTS, [TITLE])).field(TITLE).text == 'a & b < c ]]> "q" 🧪'


def test_the_result_defines_the_fields_that_it_shows(client, archer):
    found = client.search(report(INCIDENTS, [TITLE, ACTION_NAME]))
    definitions = found.root.findall("Metadata/FieldDefinitions/FieldDefinition")
    assert [one.attrib for one in definitions] == [
        {"id": str(one.id), "guid": one.guid, "name": one.name, "alias": one.alias}
        for one in (archer.tenant.field(TITLE), archer.tenant.field(ACTION_NAME))
    ]
    assert found.root.find("LevelCounts/LevelCount").attrib == {"id": str(INCIDENT), "count": "0"}


def test_a_record_tells_where_it_belongs(client, archer):
    record_id = add(archer.content)
    attributes = client.search(report(INCIDENTS, [])).records[0].attrib
    assert attributes == {
        "contentId": str(record_id),
        "levelId": str(INCIDENT),
        "levelGuid": archer.tenant.level(INCIDENT).guid,
        "moduleId": str(INCIDENTS),
        "parentId": "0",
    }


def test_only_display_fields_are_shown_and_blank_ones_may_be_absent(client, archer):
    add(archer.content)
    found = client.search(report(INCIDENTS, [LOSS, STATUS, NOTES, RELATED_TO, HANDLERS, OCCURRED]))
    assert [one.attrib["id"] for one in found.records[0]] == [str(STATUS)]
    assert list(found.field(STATUS)) == []


@pytest.mark.parametrize(
    ("locale", "zone", "text"),
    [
        ("en-US", "UTC", "3/26/2018 10:03:32 AM"),
        ("en-US", "America/New_York", "3/26/2018 6:03:32 AM"),
        ("en-GB", "America/New_York", "26/03/2018 06:03:32"),
        ("de-DE", "Europe/Berlin", "26.03.2018 12:03:32"),
    ],
)
def test_the_text_of_a_date_is_local_and_its_attribute_utc(client, archer, locale, zone, text):
    archer.tenant.change(READER, locale=locale, zone=zone)
    add(archer.content, occurred="2018-03-26T10:03:32.243")
    element = client.search(report(INCIDENTS, [OCCURRED])).field(OCCURRED)
    assert (element.attrib["xmlConvertedValue"], element.text) == ("2018-03-26T10:03:32.243Z", text)


def test_dates_of_the_platform_are_dates_too(client, archer, clock):
    record_id = add(archer.content, day="2018-03-26T00:00:00.000")
    clock.move(minutes=5)
    archer.content.touch(record_id, READER)
    found = client.search(report(INCIDENTS, [PUBLISHED, UPDATED, DAY]))
    told = {number: found.field(number) for number in (PUBLISHED, UPDATED, DAY)}
    assert told[PUBLISHED].attrib["xmlConvertedValue"] == "2026-03-02T12:00:00Z"
    assert (told[UPDATED].attrib["type"], told[UPDATED].attrib["xmlConvertedValue"]) == ("22", "2026-03-02T12:05:00Z")
    assert told[DAY].text == "3/26/2018"


def test_values_people_references_and_the_tracking_id(client, archer):
    first = add(archer.content)
    add(
        archer.content,
        several={"ids": [NEW, CLOSED], "other": None},
        handlers={"users": [READER], "groups": [1]},
        related_to=[first],
        loss=805.0,
        notes="<p>a &amp; b</p>",
    )
    fields = [TRACKING, SEVERAL, HANDLERS, RELATED_TO, LINKED_FROM, LOSS, NOTES]
    found = client.search(report(INCIDENTS, fields, sort=BY_ID))
    values = found.field(SEVERAL, 1).findall("ListValues/ListValue")
    assert [(one.attrib, one.text) for one in values] == [
        ({"id": str(NEW), "displayName": "New"}, "New"),
        ({"id": str(CLOSED), "displayName": "Closed"}, "Closed"),
    ]
    users = found.field(HANDLERS, 1).findall("Users/User")
    assert [one.attrib for one in users] == [{"id": "19", "firstName": "Api", "lastName": "User"}]
    assert found.field(HANDLERS, 1).find("Groups/Group").attrib == {"id": "1"}
    reference = found.field(RELATED_TO, 1).find("Reference")
    assert (reference.text, reference.attrib) == ("INC-1001", {})
    assert found.field(LINKED_FROM, 0).find("Reference").text == "INC-1002"
    assert found.field(TRACKING, 1).text == "INC-1002"
    assert (found.field(LOSS, 1).text, found.field(NOTES, 1).text) == ("805", "<p>a &amp; b</p>")


def test_records_of_a_lower_level_stand_within_theirs(client, archer):
    parent, other = add(archer.content), add(archer.content)
    actions = [archer.content.add(ACTION, {ACTION_NAME: text}, READER, parent) for text in ("call", "write")]
    found = client.search(report(INCIDENTS, [ACTION_NAME], sort=BY_ID))
    assert (found.count, found.ids) == (2, [parent, other])
    nested = found.records[0].findall("Record")
    assert [one.attrib["contentId"] for one in nested] == [str(one.id) for one in actions]
    assert {one.attrib["parentId"] for one in nested} == {str(parent)}
    assert {one.attrib["levelId"] for one in nested} == {str(ACTION)}
    assert [one.find("Field").text for one in nested] == ["call", "write"]


# pages


def test_pages_are_counted_from_one_and_end_with_an_empty_one(client, archer, clock):
    made = several(archer, clock, 5)
    pages = [client.search(report(INCIDENTS, [], size=2, sort=BY_ID), page) for page in (1, 2, 3, 4)]
    assert [one.ids for one in pages] == [made[:2], made[2:4], made[4:], []]
    assert {one.count for one in pages} == {5}


@pytest.mark.parametrize("page", [0, -1, "x"])
def test_there_is_no_page_zero(client, page):
    answer = client.soap(report(INCIDENTS, []), page)
    assert answer.status_code == 500
    assert "Pages are counted from 1" in fault_of(answer)


def test_every_page_runs_the_search_again(client, archer, clock):
    made = several(archer, clock, 4)
    options = report(INCIDENTS, [], size=2, sort=BY_ID)
    assert client.search(options, 1).ids == made[:2]
    archer.content.delete(made[0], READER)
    second = client.search(options, 2)
    assert (second.ids, second.count) == ([made[3]], 3)


def test_an_order_that_moves_shows_a_record_twice(client, archer, clock):
    made = several(archer, clock, 4)
    options = report(INCIDENTS, [], size=2)
    first = client.search(options, 1).ids
    assert first == [made[3], made[2]]
    archer.content.touch(made[0], READER)
    assert client.search(options, 2).ids == [made[2], made[1]]


def test_a_page_that_is_too_big_makes_the_server_fail(client, archer, clock):
    archer.soap.capacity = 3
    several(archer, clock, 4)
    answer = client.soap(report(INCIDENTS, [], size=4))
    assert answer.status_code == 500
    assert "OutOfMemory" in fault_of(answer)
    assert client.soap(report(INCIDENTS, [], size=3)).status_code == 200


def test_no_more_than_the_most_records_are_found(client, archer, clock):
    made = several(archer, clock, 4)
    options = report(INCIDENTS, [], sort=BY_ID).replace("100000", "3")
    found = client.search(options)
    assert (found.ids, found.count) == (made[:3], 3)


@pytest.mark.parametrize(
    ("field_id", "direction", "order"),
    [
        (TRACKING, "Ascending", [0, 1, 2]),
        (TRACKING, "Descending", [2, 1, 0]),
        (TITLE, "Ascending", [1, 2, 0]),
        (LOSS, "Ascending", [2, 0, 1]),
        (LOSS, "Descending", [1, 0, 2]),
        (UPDATED, "Descending", [0, 2, 1]),
        (PUBLISHED, "Ascending", [0, 1, 2]),
    ],
)
def test_sorting(client, archer, clock, field_id, direction, order):
    made = []
    for title, loss in (("c", 1.0), ("a", 2.0), ("b", None)):
        made.append(add(archer.content, title, loss=loss))
        clock.move(seconds=1)
    archer.content.touch(made[0], READER)
    assert client.search(report(INCIDENTS, [], sort=[(field_id, direction)])).ids == [made[at] for at in order]
