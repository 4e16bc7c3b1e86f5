"""The search options of ``ExecuteSearch``, read from XML with entities off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


class BadSearch(Exception):
    """Search options that the server cannot work with; the message stands in the fault."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: the name of its element, the operator, and its other children by name."""

    kind: str
    operator: str
    field: int
    value: str
    values: tuple[int, ...] = ()
    zone: str | None = None
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for. ``sort`` as (field, descending)."""

    module: int
    page_size: int
    max_records: int
    display: tuple[int, ...]
    sort: tuple[tuple[int, bool], ...] = ()
    conditions: tuple[Condition, ...] = ()
    logic: str = ""
    spelt: Mapping[str, str] = field(default_factory=dict)


_DEFAULT_PAGE, _DEFAULT_MAX = 50, 100_000


def parsed(text: str) -> Search:
    """The search that a ``SearchReport`` describes; raises BadSearch."""
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadSearch(f"The search options are not valid XML. ({type(error).__name__})") from error
    if root.tag != "SearchReport":
        raise BadSearch("The root element must be SearchReport.")
    criteria = root.find("Criteria/ModuleCriteria")
    if criteria is None:
        raise BadSearch("ModuleCriteria is missing.")
    return Search(
        module=_int(criteria, "Module"),
        page_size=_int(root, "PageSize", _DEFAULT_PAGE),
        max_records=_int(root, "MaxRecordCount", _DEFAULT_MAX),
        display=tuple(_number(one.text) for one in root.findall("DisplayFields/DisplayField")),
        sort=tuple(
            (_int(one, "Field"), one.findtext("SortType", "Ascending") == "Descending")
            for one in criteria.findall("SortFields/SortField")
        ),
        conditions=tuple(map(_condition, root.find("Criteria/Filter/Conditions") or ())),
        logic=root.findtext("Criteria/Filter/OperatorLogic", ""),
    )


def _condition(element: Element) -> Condition:
    return Condition(
        kind=element.tag,
        operator=element.findtext("Operator", ""),
        field=_int(element, "Field", 0),
        value=element.findtext("Value", ""),
        values=tuple(_number(one.text) for one in element.findall("Values/Value")),
        zone=element.findtext("TimeZoneId"),
        timed=element.findtext("IsTimeIncluded", "FALSE").strip().upper() == "TRUE",
    )


def _int(element: Element, name: str, default: int | None = None) -> int:
    text = element.findtext(name)
    if text is None and default is not None:
        return default
    return _number(text)


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise BadSearch(f"{text!r} is not a number.") from None
