"""ExecuteSearch of the simulated Archer: what is asked for, found, paged, sorted and told."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

import pytest
import requests

from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.client import Client, Clock, condition, entry, fault_of, report, result_of
from tests.simulators.archer.incidents import (
    ACTION,
    ACTION_NAME,
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
    incidents,
)
from tests.simulators.archer.schema import Type

BY_ID = [(TRACKING, "Ascending")]
SINCE = "DateComparisonFilterCondition"
UTC_ZONE = {"TimeZoneId": "UTC Standard Time", "IsTimeIncluded": "TRUE"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def archer(clock: Clock) -> Iterator[ArcherSimulator]:
    with ArcherSimulator(tenant=incidents(), clock=clock) as simulator:
        yield simulator


@pytest.fixture
def client(archer: ArcherSimulator) -> Client:
    made = Client(archer, archer.tenant.accounts[READER])
    made.login()
    return made


def add(archer: ArcherSimulator, title: str = "t", **values) -> int:
    names = {name: number for name, number in globals().items() if isinstance(number, int)}
    kept = {names[name.upper()]: value for name, value in values.items()}
    return archer.content.add(INCIDENT, {TITLE: title, **kept}, READER).id


def several(archer: ArcherSimulator, clock: Clock, number: int) -> list[int]:
    made = []
    for at in range(number):
        made.append(add(archer, f"title {at}"))
        clock.move(seconds=1)
    return made


def find(client: Client, *conditions: Element, logic: str = "", **more) -> list[int]:
    return client.search(report(INCIDENTS, [], sort=BY_ID, conditions=conditions, logic=logic, **more)).ids


# the shape of the answer


def test_the_result_is_escaped_xml_that_calls_itself_utf_16(client, archer):
    add(archer, 'a & b < c ]]> "q" 🧪')
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
    record_id = add(archer)
    attributes = client.search(report(INCIDENTS, [])).records[0].attrib
    assert attributes == {
        "contentId": str(record_id),
        "levelId": str(INCIDENT),
        "levelGuid": archer.tenant.level(INCIDENT).guid,
        "moduleId": str(INCIDENTS),
        "parentId": "0",
    }


def test_only_display_fields_are_shown_and_blank_ones_may_be_absent(client, archer):
    add(archer)
    found = client.search(report(INCIDENTS, [LOSS, STATUS, NOTES, RELATED_TO, HANDLERS, OCCURRED]))
    assert [one.attrib["id"] for one in found.records[0]] == [str(STATUS)]
    assert list(found.field(STATUS)) == []


@pytest.mark.parametrize(
    ("locale", "zone", "text"),
    [
        ("en-US", "UTC", "3/26/2018 10:03:32 AM"),
        ("en-GB", "America/New_York", "26/03/2018 06:03:32"),
        ("de-DE", "Europe/Berlin", "26.03.2018 12:03:32"),
    ],
)
def test_the_text_of_a_date_is_local_and_its_attribute_utc(client, archer, locale, zone, text):
    archer.tenant.change(READER, locale=locale, zone=zone)
    add(archer, occurred="2018-03-26T10:03:32.243")
    element = client.search(report(INCIDENTS, [OCCURRED])).field(OCCURRED)
    assert (element.attrib["xmlConvertedValue"], element.text) == ("2018-03-26T10:03:32.243Z", text)


def test_dates_of_the_platform_are_dates_too(client, archer, clock):
    record_id = add(archer, day="2018-03-26T00:00:00.000")
    clock.move(minutes=5)
    archer.content.touch(record_id, READER)
    found = client.search(report(INCIDENTS, [PUBLISHED, UPDATED, DAY]))
    told = {number: found.field(number) for number in (PUBLISHED, UPDATED, DAY)}
    assert told[PUBLISHED].attrib["xmlConvertedValue"] == "2026-03-02T12:00:00Z"
    assert (told[UPDATED].attrib["type"], told[UPDATED].attrib["xmlConvertedValue"]) == ("22", "2026-03-02T12:05:00Z")
    assert told[DAY].text == "3/26/2018"


def test_values_people_references_and_the_tracking_id(client, archer):
    first = add(archer)
    add(
        archer,
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
    parent, other = add(archer), add(archer)
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
        made.append(add(archer, title, loss=loss))
        clock.move(seconds=1)
    archer.content.touch(made[0], READER)
    assert client.search(report(INCIDENTS, [], sort=[(field_id, direction)])).ids == [made[at] for at in order]


# conditions


@pytest.mark.parametrize(
    ("operator", "expected"), [("Equals", [1]), ("GreaterThan", [2]), ("LessThan", [0]), ("DoesNotEqual", [0, 2])]
)
@pytest.mark.parametrize("field_id", [UPDATED, PUBLISHED, OCCURRED])
def test_dates_compare(client, archer, clock, operator, expected, field_id):
    made = []
    for _ in range(3):
        made.append(add(archer, occurred=archer.content.now()))
        clock.move(seconds=1)
    one = condition(SINCE, field_id, operator, "2026-03-02T12:00:01.000000Z", **UTC_ZONE)
    assert find(client, one) == [made[at] for at in expected]


def test_milliseconds_count(client, archer, clock):
    clock.move(seconds=0.243)
    record_id = add(archer)
    for value, expected in (("12:00:00.242", [record_id]), ("12:00:00.243", [])):
        one = condition(SINCE, UPDATED, "GreaterThan", f"2026-03-02T{value}000Z", **UTC_ZONE)
        assert find(client, one) == expected


def test_without_the_time_only_days_count(client, archer):
    record_id = add(archer)
    for operator, expected in (("GreaterThan", []), ("Equals", [record_id])):
        assert find(client, condition(SINCE, UPDATED, operator, "2026-03-02T01:00:00Z")) == expected


def test_a_time_without_a_zone_is_in_the_zone_that_is_named_or_the_accounts(client, archer):
    record_id = add(archer)
    archer.tenant.change(READER, zone="America/New_York")
    timed = {"IsTimeIncluded": "TRUE"}
    assert find(client, condition(SINCE, UPDATED, "Equals", "2026-03-02T07:00:00", **timed)) == [record_id]
    assert find(client, condition(SINCE, UPDATED, "Equals", "2026-03-02T12:00:00", **UTC_ZONE)) == [record_id]
    assert find(client, condition(SINCE, UPDATED, "Equals", "2026-03-02T12:00:00", **timed)) == []


def test_an_empty_date_compares_with_nothing(client, archer):
    add(archer)
    assert find(client, condition(SINCE, OCCURRED, "DoesNotEqual", "2026-03-02T12:00:00Z", **UTC_ZONE)) == []


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("Equals", "credit", [0, 1]),
        ("Equals", "CREDIT", [0, 1]),
        ("Equals", "redi", []),
        ("Contains", "redi", [0, 1, 2]),
        ("Equals", "a' OR '1'='1", []),
        ("Equals", "</Value></TextFilterCondition>", []),
    ],
)
def test_texts_compare_without_regard_to_case(client, archer, operator, value, expected):
    made = [add(archer, title) for title in ("credit", "Credit ", "credit card")]
    one = condition("TextFilterCondition", TITLE, operator, value)
    assert find(client, one) == [made[at] for at in expected]


def test_a_text_with_markup_in_it_is_found_by_itself(client, archer):
    awkward = "<a> & 'b' \"c\" 🧪"
    record_id = add(archer, awkward)
    assert find(client, condition("TextFilterCondition", TITLE, "Equals", awkward)) == [record_id]


def test_numbers_and_content_ids_compare(client, archer):
    made = [add(archer, loss=loss) for loss in (1.0, 2.0, None)]
    assert find(client, condition("NumericFilterCondition", LOSS, "GreaterThan", "1.5")) == [made[1]]
    assert find(client, condition("NumericFilterCondition", TRACKING, "Equals", "1003")) == [made[2]]
    by_id = Element("ContentFilterCondition")
    values = SubElement(by_id, "Values")
    for number in (made[0], made[2], 4711):
        SubElement(values, "Value").text = str(number)
    assert find(client, by_id) == [made[0], made[2]]


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("", []),
        ("1 AND 2", []),
        ("1 OR 2", [0, 1]),
        ("1 or 2 or 3", [0, 1, 2]),
        ("(1 OR 2) AND 4", [0, 1]),
        ("1 OR 2 AND 3", [0]),
        ("4 AND (2 OR (3))", [1, 2]),
    ],
)
def test_conditions_are_joined_by_their_logic(client, archer, logic, expected):
    made = [add(archer, title) for title in ("one", "two", "three")]
    wanted = [condition("TextFilterCondition", TITLE, "Equals", text) for text in ("one", "two", "three")]
    anything = condition("NumericFilterCondition", TRACKING, "GreaterThan", "0")
    assert find(client, *wanted, anything, logic=logic) == [made[at] for at in expected]


@pytest.mark.parametrize("logic", ["1 OR", "5", "1 2", "(1", "1)", "1 XOR 2", "0", "OR"])
def test_a_logic_that_cannot_be_read_is_a_fault(client, logic):
    one = condition("TextFilterCondition", TITLE, "Equals", "x")
    answer = client.soap(report(INCIDENTS, [], conditions=[one, one], logic=logic))
    assert answer.status_code == 500
    assert "OperatorLogic" in fault_of(answer)


@pytest.mark.parametrize(
    "one",
    [
        condition("TextFilterCondition", TITLE, "StartsWith", "x"),
        condition("TextFilterCondition", LOSS, "Equals", "x"),
        condition("TextFilterCondition", 9999, "Equals", "x"),
        condition("NumericFilterCondition", LOSS, "Equals", "x"),
        condition("NumericFilterCondition", TITLE, "Equals", "1"),
        condition(SINCE, UPDATED, "GreaterThanOrEqual", "2026-03-02T12:00:00Z"),
        condition(SINCE, UPDATED, "Equals", "yesterday"),
        condition(SINCE, TITLE, "Equals", "2026-03-02T12:00:00Z"),
        condition("SqlFilterCondition", TITLE, "Equals", "x"),
    ],
    ids=lambda one: f"{one.tag} {one.findtext('Operator')} {one.findtext('Field')}",
)
def test_a_condition_that_makes_no_sense_is_a_fault(client, one):
    answer = client.soap(report(INCIDENTS, [], conditions=[one]))
    assert answer.status_code == 500
    assert answer.text.count("Fault>") == 2


# what is refused or hidden


@pytest.mark.parametrize(
    "options",
    [
        "",
        "<SearchReport>",
        "<Other/>",
        "<SearchReport/>",
        report(9999, []),
        report(INCIDENTS, []).replace("<PageSize>100", "<PageSize>many"),
    ],
)
def test_options_that_cannot_be_read_are_a_fault(client, options):
    answer = client.soap(options)
    assert answer.status_code == 500
    assert "Server was unable to process request" in fault_of(answer)


def test_entities_are_off(client):
    bomb = '<!DOCTYPE SearchReport [<!ENTITY a "75">]>' + report(INCIDENTS, []).replace(">75<", ">&a;<")
    answer = client.soap(bomb)
    assert answer.status_code == 500
    assert "not valid XML" in fault_of(answer)


def test_the_envelope_has_to_be_one(client, archer):
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"http://archer-tech.com/webservices/ExecuteSearch"',
    }
    address = f"{archer.site_url}/ws/search.asmx"
    answers = [requests.post(address, body, headers=headers, timeout=10) for body in (b"", b"<a/>", b"{}")]
    assert [one.status_code for one in answers] == [400, 400, 400]
    assert client.soap(report(INCIDENTS, []), SOAPAction="x").status_code == 500
    assert client.soap(report(INCIDENTS, []), **{"Content-Type": "application/json"}).status_code == 415


def test_a_search_shows_what_the_account_may_see(client, archer):
    seen, hidden, unlisted = (add(archer, loss=1.0) for _ in range(3))
    archer.content.denied.add((READER, hidden))
    archer.content.unlisted.add(unlisted)
    found = client.search(report(INCIDENTS, [LOSS]))
    assert (found.ids, found.count) == ([seen], 1)
    assert client.read(unlisted)["Id"] == unlisted
    archer.tenant.change_field(LOSS, private=True)
    assert client.search(report(INCIDENTS, [LOSS])).field(LOSS) is None
    refused = client.soap(report(INCIDENTS, [], conditions=[condition("NumericFilterCondition", LOSS, "Equals", "1")]))
    assert refused.status_code == 500
    archer.tenant.change(READER, modules=frozenset())
    assert client.soap(report(INCIDENTS, [])).status_code == 500


def test_what_is_written_through_rest_is_found_at_once(client):
    record_id = client.made(INCIDENT, entry(TITLE, Type.TEXT, "new"))
    assert find(client, condition("TextFilterCondition", TITLE, "Equals", "new")) == [record_id]
