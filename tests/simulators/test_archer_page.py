"""The exchanges that the platform's documentation specifies and its clients recorded, replayed with their ids.

Bodies are written out, not made, so that a mistake in the client of the other tests would show.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
import requests
from defusedxml.ElementTree import fromstring

from tests.simulators.archer import ArcherSimulator
from tests.simulators.archer.client import Clock
from tests.simulators.archer.incidents import (
    INCIDENT,
    NEW,
    OCCURRED,
    READER,
    STATUS,
    TITLE,
    incidents,
)

RECORD = 227_602
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<ExecuteSearch xmlns="http://archer-tech.com/webservices/"><sessionToken>{token}</sessionToken>'
    "<searchOptions>{options}</searchOptions><pageNumber>1</pageNumber></ExecuteSearch></soap:Body></soap:Envelope>"
)
OPTIONS = """\
<SearchReport><PageSize>100</PageSize><MaxRecordCount>100000</MaxRecordCount>
<DisplayFields><DisplayField>302</DisplayField><DisplayField>305</DisplayField></DisplayFields>
<Criteria><ModuleCriteria><Module>75</Module><IsKeywordModule>False</IsKeywordModule>
 <SortFields><SortField><Field>296</Field><SortType>Ascending</SortType></SortField></SortFields></ModuleCriteria>
<Filter><OperatorLogic>1 OR 2</OperatorLogic><Conditions>
 <DateComparisonFilterCondition><Operator>GreaterThan</Operator><Field>298</Field>
  <Value>2018-06-23T07:00:00.000000Z</Value><TimeZoneId>UTC Standard Time</TimeZoneId>
  <IsTimeIncluded>TRUE</IsTimeIncluded></DateComparisonFilterCondition>
 <DateComparisonFilterCondition><Operator>Equals</Operator><Field>298</Field>
  <Value>2018-06-23T07:00:00.000000Z</Value><TimeZoneId>UTC Standard Time</TimeZoneId>
  <IsTimeIncluded>TRUE</IsTimeIncluded></DateComparisonFilterCondition>
</Conditions></Filter></Criteria></SearchReport>"""
RESULT = """\
<Records count="1"><Metadata><FieldDefinitions>\
<FieldDefinition id="302" guid="G" name="Status" alias="Incident_Status" />\
<FieldDefinition id="305" guid="G" name="Date Occurred" alias="Date_Occurred" /></FieldDefinitions></Metadata>\
<LevelCounts><LevelCount id="67" count="1" /></LevelCounts>\
<Record contentId="227602" levelId="67" levelGuid="G" moduleId="75" parentId="0">\
<Field id="302" guid="G" type="4">\
<ListValues><ListValue id="466" displayName="New">New</ListValue></ListValues></Field>\
<Field id="305" guid="G" type="3" xmlConvertedValue="2018-03-26T10:03:32.243Z">26/03/2018 06:03:32</Field>\
</Record></Records>"""


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2018, 6, 23, 7, 0, tzinfo=UTC))


@pytest.fixture
def archer(clock: Clock) -> Iterator[ArcherSimulator]:
    tenant = incidents()
    tenant.change(READER, zone="America/New_York", locale="en-GB")
    with ArcherSimulator(tenant=tenant, clock=clock) as simulator:
        kept = {STATUS: {"ids": [NEW], "other": None}, OCCURRED: "2018-03-26T10:03:32.243", TITLE: "Old"}
        simulator.content._next["record"] = RECORD
        simulator.content.add(INCIDENT, kept, READER)
        yield simulator


@pytest.fixture
def token(archer: ArcherSimulator) -> str:
    body = '{"InstanceName":"Archer","Username":"apiuser","UserDomain":"","Password":"Passw0rd!"}'
    headers = {"Content-Type": "application/json", "Accept": "application/json,text/html"}
    answer = requests.post(f"{archer.site_url}/api/core/security/login", body, headers=headers, timeout=10)
    return str(answer.json()["RequestedObject"]["SessionToken"])


def headers(token: str, **more: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": f'Archer session-id="{token}"', **more}


def search(archer: ArcherSimulator, token: str, options: str = OPTIONS) -> requests.Response:
    sent = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"http://archer-tech.com/webservices/ExecuteSearch"',
    }
    body = ENVELOPE.format(token=token, options=options).encode()
    return requests.post(f"{archer.site_url}/ws/search.asmx", body, headers=sent, timeout=10)


def text_of(answer: requests.Response) -> str:
    path = (
        "{http://schemas.xmlsoap.org/soap/envelope/}Body"
        "/{http://archer-tech.com/webservices/}ExecuteSearchResponse"
        "/{http://archer-tech.com/webservices/}ExecuteSearchResult"
    )
    return str(fromstring(answer.content).findtext(path))


def without_guids(text: str) -> str:
    root = fromstring(text.removeprefix('<?xml version="1.0" encoding="utf-16"?>'))
    parts = text
    for element in root.iter():
        for name in ("guid", "levelGuid"):
            if name in element.attrib:
                parts = parts.replace(f'{name}="{element.attrib[name]}"', f'{name}="G"')
    return parts.removeprefix('<?xml version="1.0" encoding="utf-16"?>')


@pytest.mark.parametrize("wrapped", [escape(OPTIONS), f"<![CDATA[{OPTIONS}]]>"], ids=["escaped", "cdata"])
def test_the_recorded_search(archer, token, wrapped):
    answer = search(archer, token, wrapped)
    assert answer.status_code == 200
    text = text_of(answer)
    assert text.startswith('<?xml version="1.0" encoding="utf-16"?>')
    assert without_guids(text) == RESULT


def test_the_watermark_takes_equal_and_later_but_not_earlier(archer, token, clock):
    later = OPTIONS.replace("2018-06-23T07:00:00.000000Z", "2018-06-23T07:00:00.001000Z")
    assert "<Record " not in text_of(search(archer, token, escape(later)))
    clock.move(seconds=1)
    archer.content.touch(RECORD, READER)
    assert "<Record " in text_of(search(archer, token, escape(later)))


def test_a_recorded_update_and_its_read(archer, token):
    body = (
        '{"Content": {"Id": 227602, "LevelId": 67, "FieldContents": {"302": {"Type": 4, "Value": '
        '{"ValuesListIds": [467], "OtherText": null}, "FieldId": 302}}}}'
    )
    address = f"{archer.site_url}/platformapi/core/content"
    written = requests.put(address, body, headers=headers(token), timeout=10)
    assert written.json() == {
        "Links": [],
        "RequestedObject": {"Id": 227602},
        "IsSuccessful": True,
        "ValidationMessages": [],
    }
    read = requests.post(
        f"{address}/227602", headers=headers(token, **{"X-Http-Method-Override": "GET"}), timeout=10
    ).json()["RequestedObject"]
    assert read["FieldContents"]["302"] == {
        "Type": 4,
        "Value": {"ValuesListIds": [467], "OtherText": None},
        "FieldId": 302,
    }
    assert read["FieldContents"]["305"]["Value"] == "2018-03-26T10:03:32.243"
    assert read["UpdateInformation"]["CreateDate"] == "2018-06-23T07:00:00"


def test_a_recorded_create(archer, token):
    archer.content._next["record"] = 239_643
    body = '{"Content": {"LevelId": 67, "FieldContents": {"300": {"Type": 1, "Value": "New one", "FieldId": 300}}}}'
    answer = requests.post(f"{archer.site_url}/api/core/content", body, headers=headers(token), timeout=10)
    assert answer.json()["RequestedObject"] == {"Id": 239643}


def test_the_recorded_failure_of_a_login(archer):
    body = {"InstanceName": "Archer", "Username": "apiuser", "UserDomain": "", "Password": "guess"}
    answer = requests.post(f"{archer.site_url}/api/core/security/login", json=body, timeout=10)
    (message,) = answer.json()["ValidationMessages"]
    assert answer.json() == {
        "Links": [],
        "RequestedObject": None,
        "IsSuccessful": False,
        "ValidationMessages": [message],
    }
    wanted = ("MessageKey", "Description", "ResourcedMessage")
    assert [message[name] for name in wanted] == ["ValidationMessageTemplates:LoginNotValid", "", None]


def test_the_recorded_answer_about_a_session_that_is_over(archer):
    answer = search(archer, "FA1E88ACD0E5D1C0E0C80A1DD13FCFB5", escape(OPTIONS))
    assert answer.status_code == 500
    assert "Unable to validate session" in answer.text
    assert answer.headers["content-type"].startswith("text/xml")


def test_the_recorded_answers_of_metadata(archer, token):
    base = f"{archer.site_url}/platformapi/core/system"
    contact = requests.get(f"{base}/usercontact", headers=headers(token), timeout=10).json()[0]
    assert contact == {
        "Links": [],
        "RequestedObject": {
            "UserId": 19,
            "Contacts": [
                {
                    "ContactType": 7,
                    "ContactSubType": 2,
                    "IsDefault": True,
                    "Value": "api.user@bank.example",
                    "Id": 19,
                }
            ],
        },
        "IsSuccessful": True,
        "ValidationMessages": [],
    }
    (nothing,) = requests.get(f"{base}/user/group/0", headers=headers(token), timeout=10).json()
    (message,) = nothing.pop("ValidationMessages")
    assert nothing == {"Links": [], "RequestedObject": {}, "IsSuccessful": False}
    expected = {
        "Reason": "WebApi:WebApiResourceNotFoundQueryReason",
        "Severity": 3,
        "MessageKey": "WebApi:WebApiResourceNotFoundQuery",
        "Description": "The resource cannot be found.",
        "Location": -1,
        "ErroredValue": None,
        "XmlData": None,
        "ResourcedMessage": "No resource found.",
    }
    assert {name: message[name] for name in expected} == expected
