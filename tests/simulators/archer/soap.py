"""``search.asmx``: ExecuteSearch in SOAP 1.1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from starlette.responses import Response

from connector.mock.bending import bend_page
from connector.mock.faults import Fault, FaultKind, Faults
from tests.simulators.archer.content import Content, Record
from tests.simulators.archer.options import BadSearch, Search, parsed
from tests.simulators.archer.results import Result
from tests.simulators.archer.schema import Account, Tenant
from tests.simulators.archer.searching import Searcher
from tests.simulators.archer.sessions import Sessions
from tests.simulators.base import Request

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "http://archer-tech.com/webservices/"
ACTION = f'"{NAMESPACE}ExecuteSearch"'
_UNKNOWN = "Invalid session token."
_OVER = "Server was unable to process request. ---> Unable to validate session."
_TOO_BIG = "Server was unable to process request. ---> Exception of type 'System.OutOfMemoryException' was thrown."
register_namespace("soap", ENVELOPE)


@dataclass(frozen=True, slots=True)
class Called:
    """A call of ExecuteSearch as it came in."""

    token: str
    options: str
    page: int


def called(body: bytes) -> Called | None:
    """The call in a SOAP envelope; None where there is none."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    call = root.find(f"{{{ENVELOPE}}}Body/{{{NAMESPACE}}}ExecuteSearch")
    if call is None:
        return None

    def text(name: str) -> str:
        return call.findtext(f"{{{NAMESPACE}}}{name}", "") or ""

    number = text("pageNumber").strip()
    return Called(text("sessionToken").strip(), text("searchOptions"), int(number) if number.isdigit() else 0)


@dataclass(slots=True)
class Soap:
    """Answers searches. ``capacity``: a page of more records makes the server fail. ``session_fault``: the status of
    the fault about a session, 500 or 200, which both are seen. The caller holds the content's lock.
    """

    tenant: Tenant
    content: Content
    sessions: Sessions
    faults: Faults
    capacity: int = 1_000
    session_fault: int = 500

    def answer(self, request: Request, fired: Sequence[Fault]) -> Response:
        """The answer to a POST to ``search.asmx``."""
        if not request.headers.get("content-type", "").startswith("text/xml"):
            return Response(status_code=415)
        if request.headers.get("soapaction", "") != ACTION:
            return fault(500, "Server did not recognize the value of HTTP Header SOAPAction.", "Client")
        call = called(request.body)
        if call is None:
            return fault(400, "The request is not a valid SOAP envelope.", "Client")
        before = self.sessions.peek(call.token)
        account = self.sessions.account(call.token)
        if account is None:
            return fault(self.session_fault, _OVER if before or len(call.token) == 32 else _UNKNOWN)
        try:
            return self._search(parsed(call.options), call.page, account, fired)
        except BadSearch as error:
            return fault(500, f"Server was unable to process request. ---> {error}")

    def _search(self, search: Search, page: int, account: Account, fired: Sequence[Fault]) -> Response:
        searcher = Searcher(self.tenant, self.content, account)
        level = searcher.level(search)
        found = self._lagging(searcher.found(search), fired)
        if page < 1 or search.page_size < 1:
            raise BadSearch("Pages are counted from 1, and hold a record at least.")
        bend = bend_page(fired)
        start = (page - 1) * search.page_size
        first = 0 if bend.repeat else max(0, start - bend.overlap)
        end = search.page_size if bend.repeat else start + search.page_size
        rows = found[first:end]
        if len(rows) > self.capacity:
            return fault(500, _TOO_BIG)
        rows = rows[: max(0, len(rows) - bend.drop)]
        application = self.tenant.application(level.module)
        assert application is not None
        result = Result(searcher, application.levels, frozenset(search.display))
        return _answered(result.text(rows, len(found) + bend.lie))

    def _lagging(self, rows: list[Record], fired: Sequence[Fault]) -> list[Record]:
        for each in fired:
            if each.kind is FaultKind.LAG:
                young = [str(row.id) for row in rows if self.content.birth(row.id) > each.since]
                hidden = self.faults.hidden(each, young)
                rows = [row for row in rows if str(row.id) not in hidden]
        return rows


def fault(status: int, text: str, blame: str = "Server") -> Response:
    """A SOAP fault."""
    root, body = _envelope()
    element = SubElement(body, f"{{{ENVELOPE}}}Fault")
    SubElement(element, "faultcode").text = f"soap:{blame}"
    SubElement(element, "faultstring").text = text
    SubElement(element, "detail")
    return _sent(root, status)


def _answered(result: str) -> Response:
    root, body = _envelope()
    answer = SubElement(body, "ExecuteSearchResponse", xmlns=NAMESPACE)
    SubElement(answer, "ExecuteSearchResult").text = result
    return _sent(root, 200)


def _envelope() -> tuple[Element, Element]:
    root = Element(f"{{{ENVELOPE}}}Envelope")
    return root, SubElement(root, f"{{{ENVELOPE}}}Body")


def _sent(root: Element, status: int) -> Response:
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, status, media_type="text/xml; charset=utf-8")
