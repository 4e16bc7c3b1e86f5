"""Deciding on a version."""

from __future__ import annotations

from datetime import date

from connector.mock.catalog import VERSIONS
from connector.mock.rules import DECISIONS
from connector.mock.store import Row
from connector.mock.users import Right
from connector.mock.web.inputs import Input, Texts, Widget
from connector.mock.web.tasks import Task
from connector.mock.web.visit import Visit

_CHOICES = (
    (DECISIONS["approved"], "Approve"),
    (DECISIONS["conditional"], "Approve with conditions"),
    (DECISIONS["provisional"], "Approve for provisional use"),
    (DECISIONS["rejected"], "Reject"),
    (DECISIONS["withdrawn"], "Withdraw the approval"),
)
_REFUSING = {DECISIONS["rejected"], DECISIONS["withdrawn"]}
_INPUTS = (
    Input("decision", "Decision", Widget.RADIO, _CHOICES, required=True),
    Input(
        "conditions",
        "Conditions",
        Widget.AREA,
        hint="What the approval depends on. Needed when you approve with conditions.",
        sometimes=True,
    ),
    Input(
        "expiry",
        "Approved until",
        Widget.DATE,
        hint="The last day on which the approval holds. Needed for provisional use.",
        sometimes=True,
    ),
    Input(
        "comment",
        "Comment",
        Widget.AREA,
        hint="Is kept with the decision. Needed to reject or withdraw.",
        sometimes=True,
    ),
)


def _inputs(_visit: Visit, _row: Row) -> tuple[Input, ...]:
    return _INPUTS


def _check(visit: Visit, _row: Row, texts: Texts) -> dict[str, str]:
    """What a form for people asks for beyond the API, which takes decisions from other systems as they are."""
    decision = texts["decision"]
    refuses = decision in _REFUSING
    conditions, expiry, comment = (texts[name].strip() for name in ("conditions", "expiry", "comment"))
    rules = (
        ("conditions", decision == DECISIONS["conditional"] and not conditions, "Enter the conditions."),
        ("conditions", refuses and conditions, "This decision carries no conditions. Clear them, or decide otherwise."),
        (
            "conditions",
            decision == DECISIONS["approved"] and conditions,
            "Choose “Approve with conditions”, or clear the conditions.",
        ),
        ("expiry", decision == DECISIONS["provisional"] and not expiry, "Enter the last day of the provisional use."),
        ("expiry", refuses and expiry, "This decision carries no last day. Clear it, or decide otherwise."),
        ("expiry", _is_over(expiry, visit.today), "The last day is over already. Enter today or a later day."),
        ("comment", refuses and not comment, "Say why."),
    )
    return {name: text for name, holds, text in reversed(rules) if holds}


def _is_over(expiry: str, today: str) -> bool:
    try:
        return date.fromisoformat(expiry) < date.fromisoformat(today)
    except ValueError:
        return False


def _decide(visit: Visit, row: Row, texts: dict[str, str]) -> str:
    given = {name: texts[name].strip() or None for name in ("comment", "conditions", "expiry")}
    visit.grc.decide(row["id"], texts["decision"], visit.user, revision=visit.revision, **given)
    return f"Version {row['version']} is now: {texts['decision']}."


DECIDE = Task(
    VERSIONS,
    "decide",
    Right.DECIDE,
    "Decide on the version",
    "Save the decision",
    _inputs,
    _decide,
    _check,
    intro="The decision holds for this version and for no other one.",
    names={"approval_expiry": "expiry"},
    preset=("decision",),
    blank=("conditions",),
    shown=("approval_status", "approval_expiry", "conditions", "validation_status", "independent_validation"),
)
