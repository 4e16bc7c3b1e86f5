"""The XML of Archer's search: requests built as trees, so that every value is escaped, and answers read with entities,
document types and external references off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from connector.model.errors import Rejected

ACTION = "http://archer-tech.com/webservices/ExecuteSearch"
CONTENT_TYPE = "text/xml; charset=utf-8"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ARCHER = "http://archer-tech.com/webservices/"
SESSION_LOST = ("invalid session token", "unable to validate session")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotXml(Exception):
    """A text is no XML, or XML with what is not allowed in it; the message says which."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a filter. ``kind`` is Archer's element, such as ``TextFilterCondition``; ``parts`` its
    children in order, a nested one as a list.
    """

    kind: str
    parts: tuple[tuple[str, str | Sequence[tuple[str, str]]], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for in one module. ``logic`` joins the conditions by their numbers, from 1: ``1 OR 2``."""

    module: int
    display: tuple[int, ...]
    sort: int | None
    page_size: int
    max_records: int
    conditions: tuple[Condition, ...] = ()
    logic: str = ""


def carried(text: str, field: str) -> str:
    """The text, which XML can carry. Raises Rejected where it holds a character that XML has no way to write."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return text
    raise Rejected(
        f"The value of {field} holds the character U+{ord(found[0]):04X}, which Archer's search cannot carry.",
        remedy="remove the character in MLflow; no text field of a record can hold it.",
        field=field,
    )


def envelope(token: str, search: Search, page: int) -> bytes:
    """The request for one page, from 1."""
    root = Element(f"{{{ENVELOPE}}}Envelope")
    call = SubElement(SubElement(root, f"{{{ENVELOPE}}}Body"), f"{{{ARCHER}}}ExecuteSearch")
    _child(call, f"{{{ARCHER}}}sessionToken", token)
    _child(call, f"{{{ARCHER}}}searchOptions", options(search))
    _child(call, f"{{{ARCHER}}}pageNumber", str(page))
    return b'<?xml version="1.0" encoding="utf-8"?>' + _written(root).encode()


def options(search: Search) -> str:
    """The search options, an XML document of its own."""
    report = Element("SearchReport")
    _child(report, "PageSize", str(search.page_size))
    _child(report, "MaxRecordCount", str(search.max_records))
    display = SubElement(report, "DisplayFields")
    for field in search.display:
        _child(display, "DisplayField", str(field))
    criteria = SubElement(report, "Criteria")
    module = SubElement(criteria, "ModuleCriteria")
    _child(module, "Module", str(search.module))
    _child(module, "IsKeywordModule", "False")
    if search.sort is not None:
        sort = SubElement(SubElement(module, "SortFields"), "SortField")
        _child(sort, "Field", str(search.sort))
        _child(sort, "SortType", "Ascending")
    if search.conditions:
        wanted = SubElement(criteria, "Filter")
        if search.logic:
            _child(wanted, "OperatorLogic", search.logic)
        conditions = SubElement(wanted, "Conditions")
        for condition in search.conditions:
            _condition(conditions, condition)
    return _written(report)


def _condition(parent: Element, condition: Condition) -> None:
    element = SubElement(parent, condition.kind)
    for name, value in condition.parts:
        if isinstance(value, str):
            _child(element, name, value)
        else:
            inner = SubElement(element, name)
            for inner_name, text in value:
                _child(inner, inner_name, text)


def _child(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _written(root: Element) -> str:
    # A reader would turn a bare carriage return into a line feed; written as a reference it stays.
    return tostring(root, encoding="unicode").replace("\r", "&#13;")


def parsed(text: str) -> Element:
    """The tree of a document given as text: a declared encoding, which Archer has as utf-16, is then of no matter.
    Raises NotXml.
    """
    try:
        root: Element = fromstring(text)
    except ParseError as error:
        raise NotXml(f"no well-formed XML ({error})") from None
    except DefusedXmlException as error:
        raise NotXml(f"XML with {type(error).__name__}, which is not read") from None
    return root


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def named(parent: Element, name: str) -> Iterator[Element]:
    """The children of a name, whatever their namespace."""
    return (child for child in parent if local(child) == name)


def first(parent: Element, name: str) -> Element | None:
    """The first descendant of a name, whatever its namespace."""
    return next((one for one in parent.iter() if local(one) == name), None)


def fault_of(root: Element) -> str | None:
    """The words of a SOAP fault; None where the answer is none."""
    fault = first(root, "Fault")
    if fault is None:
        return None
    words = first(fault, "faultstring")
    whole = words if words is not None else fault
    return " ".join(" ".join(whole.itertext()).split()) or "a fault without words"


def tells_lost_session(text: str) -> bool:
    """Whether a text, of a fault or of any answer, says that the session is gone."""
    lowered = text.lower()
    return any(words in lowered for words in SESSION_LOST)
