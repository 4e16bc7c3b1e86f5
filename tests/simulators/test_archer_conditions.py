"""What a search of the simulated Archer finds by its conditions, and what it refuses or hides."""

from xml.etree.ElementTree import Element, SubElement

import pytest
import requests

from tests.simulators.archer.client import SINCE, UTC_ZONE, Client, condition, entry, fault_of, report
from tests.simulators.archer.incidents import (
    BY_ID,
    INCIDENT,
    INCIDENTS,
    LOSS,
    OCCURRED,
    PUBLISHED,
    READER,
    TITLE,
    TRACKING,
    UPDATED,
    add,
)
from tests.simulators.archer.schema import Type


def find(client: Client, *conditions: Element, logic: str = "", **more) -> list[int]:
    return client.search(report(INCIDENTS, [], sort=BY_ID, conditions=conditions, logic=logic, **more)).ids


# conditions


@pytest.mark.parametrize(
    ("operator", "expected"), [("Equals", [1]), ("GreaterThan", [2]), ("LessThan", [0]), ("DoesNotEqual", [0, 2])]
)
@pytest.mark.parametrize("field_id", [UPDATED, PUBLISHED, OCCURRED])
def test_dates_compare(client, archer, clock, operator, expected, field_id):
    made = []
    for _ in range(3):
        made.append(add(archer.content, occurred=archer.content.now()))
        clock.move(seconds=1)
    one = condition(SINCE, field_id, operator, "2026-03-02T12:00:01.000000Z", **UTC_ZONE)
    assert find(client, one) == [made[at] for at in expected]


def test_milliseconds_count(client, archer, clock):
    clock.move(seconds=0.243)
    record_id = add(archer.content)
    for value, expected in (("12:00:00.242", [record_id]), ("12:00:00.243", [])):
        one = condition(SINCE, UPDATED, "GreaterThan", f"2026-03-02T{value}000Z", **UTC_ZONE)
        assert find(client, one) == expected


def test_without_the_time_only_days_count(client, archer):
    record_id = add(archer.content)
    for operator, expected in (("GreaterThan", []), ("Equals", [record_id])):
        assert find(client, condition(SINCE, UPDATED, operator, "2026-03-02T01:00:00Z")) == expected


def test_a_time_without_a_zone_is_in_the_zone_that_is_named_or_the_accounts(client, archer):
    record_id = add(archer.content)
    archer.tenant.change(READER, zone="America/New_York")
    timed = {"IsTimeIncluded": "TRUE"}
    assert find(client, condition(SINCE, UPDATED, "Equals", "2026-03-02T07:00:00", **timed)) == [record_id]
    assert find(client, condition(SINCE, UPDATED, "Equals", "2026-03-02T12:00:00", **UTC_ZONE)) == [record_id]
    assert find(client, condition(SINCE, UPDATED, "Equals", "2026-03-02T12:00:00", **timed)) == []


def test_an_empty_date_compares_with_nothing(client, archer):
    add(archer.content)
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
    made = [add(archer.content, title) for title in ("credit", "Credit ", "credit card")]
    one = condition("TextFilterCondition", TITLE, operator, value)
    assert find(client, one) == [made[at] for at in expected]


def test_a_text_with_markup_in_it_is_found_by_itself(client, archer):
    awkward = "<a> & 'b' \"c\" 🧪"
    record_id = add(archer.content, awkward)
    assert find(client, condition("TextFilterCondition", TITLE, "Equals", awkward)) == [record_id]


def test_numbers_and_content_ids_compare(client, archer):
    made = [add(archer.content, loss=loss) for loss in (1.0, 2.0, None)]
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
    made = [add(archer.content, title) for title in ("one", "two", "three")]
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
    seen, hidden, unlisted = (add(archer.content, loss=1.0) for _ in range(3))
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
