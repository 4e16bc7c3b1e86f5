"""The list of all issues, and the page of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.mock.catalog import CLOSED, ISSUE_STATES, ISSUES, MODELS, SEVERITIES, VERSIONS
from connector.mock.errors import Invalid
from connector.mock.store import Row
from connector.mock.users import Right
from connector.mock.web.addresses import ISSUE_LIST, record_page
from connector.mock.web.history import history_of
from connector.mock.web.inputs import Input, told, with_our_line_ends
from connector.mock.web.lists import Address, Column, Order, cut, matches, order_of, ordered
from connector.mock.web.records import RECENT
from connector.mock.web.standing import is_open, is_overdue, name_of, severity_rank
from connector.mock.web.visit import Answer, Page, Redirect, Visit
from connector.mock.web.words import groups

_COMMENT = Input("text", "The comment")
OPEN_ONES, ALL = "open", "all"


@dataclass(frozen=True, slots=True)
class IssueLine:
    """An issue on one line."""

    row: Row
    model: str
    version: str
    overdue: bool


COLUMNS: tuple[Column[IssueLine], ...] = (
    Column("number", "Issue", lambda line: _number(line.row)),
    Column("title", "Title", lambda line: line.row["title"].casefold()),
    Column("severity", "Severity", lambda line: severity_rank(line.row["severity"]), falling=True),
    Column("state", "State", lambda line: ISSUE_STATES.index(line.row["state"])),
    Column("due", "Due", lambda line: line.row["due_date"]),
    Column("model", "Model", lambda line: line.model.casefold() or None),
    Column("assignee", "Assigned to", lambda line: line.row["assignee"]),
)
_WORDS = frozenset({"q", "sort", "page", "state", "severity", "assignee", "overdue"})


def issue_list(visit: Visit) -> Page:
    """The issues that the address asks for; those that are open unless it says otherwise."""
    everything = _lines(visit)
    words = {name: text.strip() for name, text in visit.query.items() if name in _WORDS and text.strip()}
    chosen = [line for line in everything if _holds(line, words)]
    order = order_of(COLUMNS, words.get("sort", ""), Order("due", falling=False))
    values = {
        "address": Address(ISSUE_LIST, words),
        "columns": COLUMNS,
        "order": order,
        "cut": cut(ordered(chosen, COLUMNS, order), words.get("page", "")),
        "total": len(everything),
        "open_total": sum(is_open(line.row) for line in everything),
        "overdue_total": sum(line.overdue for line in everything),
        "states": ISSUE_STATES,
        "severities": SEVERITIES,
        "assignees": sorted({line.row["assignee"] for line in everything} - {None}),
        "words": words,
        "filtered": bool(words.keys() - {"sort", "page"}),
    }
    return Page("issues.html", "Issues", values)


def issue(visit: Visit) -> Page:
    """One issue with its comments and its history."""
    return issue_page(visit, visit.row(ISSUES))


def issue_page(visit: Visit, row: Row, errors: Mapping[str, str] | None = None, comment: str = "") -> Page:
    """The page, with what was wrong with a comment that was sent."""
    history = history_of(visit.grc.store, row, ISSUES)
    values = {
        "row": row,
        "kind": ISSUES,
        "groups": groups(ISSUES),
        "model": visit.find(row["model"]),
        "version": visit.find(row["version"]),
        "overdue": is_overdue(row, visit.today),
        "closed": row["state"] == CLOSED,
        "open": is_open(row),
        "comments": visit.grc.comments(row["id"]),
        "may_edit": visit.user.may(Right.ISSUES),
        "may_comment": visit.user.may(Right.COMMENTS),
        "history": history[:RECENT],
        "history_total": len(history),
        "errors": errors or {},
        "comment": comment,
    }
    status = 422 if errors else 200
    return Page("issue.html", f"{row['number']} {row['title']}", values, status, wrong=bool(errors))


def add_comment(visit: Visit) -> Answer:
    """Add a comment to an issue."""
    row, text = visit.row(ISSUES), with_our_line_ends((visit.form or {}).get("text", "")).strip()
    if not text:
        return issue_page(visit, row, {"text": "Write the comment first."})
    try:
        visit.grc.comment(row["id"], text, visit.user)
    except Invalid as error:
        return issue_page(visit, row, told((_COMMENT,), error.errors), text)
    return Redirect(record_page(ISSUES, row["id"]), "Your comment was added.")


def _lines(visit: Visit) -> list[IssueLine]:
    store = visit.grc.store
    with store.lock:
        names = {row["id"]: name_of(row) for row in store.rows(MODELS)}
        versions = {row["id"]: str(row["version"]) for row in store.rows(VERSIONS)}
        return [
            IssueLine(row, names.get(row["model"], ""), versions.get(row["version"], ""), is_overdue(row, visit.today))
            for row in store.rows(ISSUES)
        ]


def _holds(line: IssueLine, words: Mapping[str, str]) -> bool:
    row, state = line.row, words.get("state", OPEN_ONES)
    return (
        (state == ALL or (is_open(row) if state == OPEN_ONES else row["state"] == state))
        and words.get("severity", row["severity"]) == row["severity"]
        and words.get("assignee", row["assignee"]) == row["assignee"]
        and (line.overdue or "overdue" not in words)
        and matches(words.get("q", ""), row["number"], row["title"], row["description"], line.model)
    )


def _number(row: Row) -> tuple[int, str]:
    digits = "".join(filter(str.isdigit, row["number"] or ""))
    return (int(digits or 0), row["id"])
