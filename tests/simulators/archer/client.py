"""A bare client of the instance, for its tests: no retries, no reading between the lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, SubElement, tostring

import requests
from defusedxml.ElementTree import fromstring

from tests.simulators.archer.schema import Account, Type
from tests.simulators.archer.server import ArcherSimulator
from tests.simulators.archer.soap import ACTION, ENVELOPE, NAMESPACE

Json: TypeAlias = Any
NOT_FOUND = "No resource found."
SINCE = "DateComparisonFilterCondition"
UTC_ZONE = {"TimeZoneId": "UTC Standard Time", "IsTimeIncluded": "TRUE"}
_TIMEOUT = 10


@dataclass
class Clock:
    """Stands still unless it is moved."""

    now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def entry(field_id: int, kind: Type, value: Json) -> dict[str, Json]:
    """One of ``FieldContents``."""
    return {str(field_id): {"Type": int(kind), "Value": value, "FieldId": field_id}}


def content(level: int | None, *entries: dict[str, Json], record_id: int | None = None) -> dict[str, Json]:
    """The body of a write."""
    body: dict[str, Json] = {
        "LevelId": level,
        "FieldContents": {name: one for each in entries for name, one in each.items()},
    }
    return {"Content": {"Id": record_id, **body} if record_id is not None else body}


@dataclass
class Found:
    """The answer of a search, taken apart."""

    root: Element
    text: str

    @property
    def count(self) -> int:
        return int(self.root.attrib["count"])

    @property
    def records(self) -> list[Element]:
        return self.root.findall("Record")

    @property
    def ids(self) -> list[int]:
        return [int(one.attrib["contentId"]) for one in self.records]

    def field(self, field_id: int, at: int = 0) -> Element | None:
        return self.records[at].find(f"Field[@id='{field_id}']")


@dataclass
class Client:
    """Speaks to the instance as one account."""

    simulator: ArcherSimulator
    account: Account
    prefix: str = "platformapi"
    quoted: bool = True
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def login(self, password: str | None = None, **other: str) -> requests.Response:
        body = {
            "InstanceName": self.simulator.tenant.instance,
            "Username": self.account.username,
            "UserDomain": "",
            "Password": self.account.password if password is None else password,
            **other,
        }
        answer = requests.post(self.address("core/security/login"), json=body, timeout=_TIMEOUT)
        found = answer.json().get("RequestedObject") if answer.ok else None
        self.token = found["SessionToken"] if found else self.token
        return answer

    def address(self, path: str) -> str:
        return f"{self.simulator.site_url}/{self.prefix}/{path}"

    def call(self, method: str, path: str, body: Json = None, **headers: str) -> requests.Response:
        quote = '"' if self.quoted else ""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Archer session-id={quote}{self.token}{quote}", **self.headers, **named}
        return requests.request(method, self.address(path), json=body, headers=sent, timeout=_TIMEOUT)

    def get(self, path: str) -> requests.Response:
        """A read as it is documented."""
        return self.call("POST", path, X_Http_Method_Override="GET")

    def read(self, record_id: int) -> Json:
        """The record, read back."""
        return self.get(f"core/content/{record_id}").json()["RequestedObject"]

    def create(self, level: int, *entries: dict[str, Json]) -> requests.Response:
        return self.call("POST", "core/content", content(level, *entries))

    def made(self, level: int, *entries: dict[str, Json]) -> int:
        """The id of a new record."""
        answer = self.create(level, *entries).json()
        assert answer["IsSuccessful"], answer
        return int(answer["RequestedObject"]["Id"])

    def update(self, level: int, record_id: int, *entries: dict[str, Json]) -> requests.Response:
        return self.call("PUT", "core/content", content(level, *entries, record_id=record_id))

    def soap(self, options: str, page: int = 1, token: str | None = None, **headers: str) -> requests.Response:
        root = Element(f"{{{ENVELOPE}}}Envelope")
        called = SubElement(SubElement(root, f"{{{ENVELOPE}}}Body"), f"{{{NAMESPACE}}}ExecuteSearch")
        for name, value in (("sessionToken", token or self.token), ("searchOptions", options), ("pageNumber", page)):
            SubElement(called, f"{{{NAMESPACE}}}{name}").text = str(value)
        sent = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": ACTION, **headers}
        address = f"{self.simulator.site_url}/ws/search.asmx"
        return requests.post(address, tostring(root, encoding="utf-8"), headers=sent, timeout=_TIMEOUT)

    def search(self, options: str, page: int = 1) -> Found:
        answer = self.soap(options, page)
        assert answer.status_code == 200, answer.text
        text = result_of(answer)
        return Found(fromstring(text.partition("?>")[2]), text)


def result_of(answer: requests.Response) -> str:
    """The text of ``ExecuteSearchResult``."""
    found = fromstring(answer.content).find(f".//{{{NAMESPACE}}}ExecuteSearchResult")
    assert found is not None, answer.text
    return found.text or ""


def fault_of(answer: requests.Response) -> str:
    """The text of a SOAP fault."""
    return str(fromstring(answer.content).findtext(f".//{{{ENVELOPE}}}Fault/faultstring"))


def report(
    module: int,
    display: Sequence[int],
    *,
    size: int = 100,
    sort: Sequence[tuple[int, str]] = (),
    conditions: Sequence[Element] = (),
    logic: str = "",
) -> str:
    """Search options."""
    root = Element("SearchReport")
    SubElement(root, "PageSize").text = str(size)
    SubElement(root, "MaxRecordCount").text = "100000"
    fields = SubElement(root, "DisplayFields")
    for one in display:
        SubElement(fields, "DisplayField").text = str(one)
    criteria = SubElement(root, "Criteria")
    modules = SubElement(criteria, "ModuleCriteria")
    SubElement(modules, "Module").text = str(module)
    SubElement(modules, "IsKeywordModule").text = "False"
    if sort:
        sorting = SubElement(modules, "SortFields")
        for number, direction in sort:
            ordered = SubElement(sorting, "SortField")
            SubElement(ordered, "Field").text = str(number)
            SubElement(ordered, "SortType").text = direction
    if conditions:
        filtered = SubElement(criteria, "Filter")
        if logic:
            SubElement(filtered, "OperatorLogic").text = logic
        SubElement(filtered, "Conditions").extend(conditions)
    return tostring(root, encoding="unicode")


def condition(kind: str, field_id: int, operator: str, value: object, **more: str) -> Element:
    """A condition of a filter."""
    made = Element(kind)
    SubElement(made, "Operator").text = operator
    SubElement(made, "Field").text = str(field_id)
    SubElement(made, "Value").text = str(value)
    for name, text in more.items():
        SubElement(made, name).text = text
    return made


def signed_in(archer: ArcherSimulator) -> Client:
    """A client of the connector's account."""
    made = Client(archer, archer.service)
    made.login()
    return made


def refusal(answer: requests.Response) -> str:
    """The text of a failing envelope."""
    body = answer.json()
    assert (body["IsSuccessful"], body["RequestedObject"], body["Links"]) == (False, None, [])
    (message,) = body["ValidationMessages"]
    return str(message["ResourcedMessage"] or message["Description"] or message["MessageKey"])
