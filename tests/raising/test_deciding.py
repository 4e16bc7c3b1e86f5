"""Every state of an issue against every state of its finding, and what is remembered of both."""

from __future__ import annotations

import pytest

from connector.mapping.keys import FindingKey
from connector.model.fields import Side
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import Base
from connector.model.views import Issue
from connector.raising import Verdict, decide, decide_of, remembered, told_of
from connector.raising.cases import ref_of
from connector.raising.deciding import agreed

SAID, OTHER = told_of("seen: this"), told_of("seen: that")
WAS_OPEN, WAS_OTHER, WE_CLOSED = Base(SAID, "open"), Base(OTHER, "open"), Base(None, "closed")
OPEN, CLOSE, REOPEN, LEAVE, NOTHING = Verdict.OPEN, Verdict.CLOSE, Verdict.REOPEN, Verdict.LEAVE, Verdict.NOTHING


def issue(state: str | None) -> Issue:
    return Issue("ISS1", "ISS1", "C01", "high", state)


@pytest.mark.parametrize(
    ("state", "told", "known", "verdict"),
    [
        ("absent", SAID, None, OPEN),
        ("absent", SAID, WAS_OPEN, OPEN),
        ("absent", None, None, NOTHING),
        ("absent", None, WAS_OPEN, NOTHING),
        ("open", SAID, WAS_OPEN, NOTHING),
        ("open", SAID, None, NOTHING),
        ("open", SAID, WAS_OTHER, NOTHING),
        ("open", None, WAS_OPEN, CLOSE),
        ("open", None, None, CLOSE),
        ("open", None, WE_CLOSED, LEAVE),
        ("in_remediation", SAID, WAS_OPEN, NOTHING),
        ("in_remediation", None, WAS_OPEN, CLOSE),
        ("pending_validation", None, WAS_OPEN, CLOSE),
        ("closed", SAID, WAS_OPEN, LEAVE),
        ("closed", SAID, WAS_OTHER, REOPEN),
        ("closed", SAID, WE_CLOSED, REOPEN),
        ("closed", SAID, None, REOPEN),
        ("closed", None, WAS_OPEN, NOTHING),
        ("closed", None, WE_CLOSED, NOTHING),
        ("accepted", SAID, WAS_OTHER, NOTHING),
        ("accepted", None, WAS_OPEN, NOTHING),
        (None, SAID, WAS_OPEN, NOTHING),
        (None, None, WAS_OPEN, NOTHING),
    ],
)
def test_what_becomes_of_an_issue(state: str | None, told: str | None, known: Base | None, verdict: Verdict) -> None:
    found = None if state == "absent" else issue(state)
    assert decide(told, found, known) is verdict


@pytest.mark.parametrize(
    ("state", "told", "known", "base"),
    [
        ("open", SAID, None, WAS_OPEN),
        ("open", SAID, WAS_OTHER, WAS_OPEN),
        ("open", SAID, WAS_OPEN, None),
        ("open", SAID, WE_CLOSED, WAS_OPEN),
        ("closed", None, WAS_OPEN, WE_CLOSED),
        ("closed", None, WE_CLOSED, None),
        ("closed", None, None, None),
        ("closed", SAID, WAS_OPEN, None),
        ("accepted", SAID, None, None),
        (None, SAID, None, None),
    ],
)
def test_what_is_remembered_without_a_write(
    state: str | None, told: str | None, known: Base | None, base: Base | None
) -> None:
    assert agreed(told, issue(state), known) == base


def test_what_is_remembered_after_one() -> None:
    ref = ref_of(FindingKey("r", "MDL1", "C01"), "credit")
    change = (FieldChange("state", "open", "closed", "holds"),)
    closing = Operation(OperationKind.CLOSE_ISSUE, Side.GRC, ref, change, "ISS1", text="holds again")
    opening = Operation(OperationKind.OPEN_ISSUE, Side.GRC, ref, text="seen: this")
    assert remembered(closing) == WE_CLOSED
    assert remembered(opening) == WAS_OPEN
    assert decide_of(opening, None, None) is OPEN
    assert decide_of(closing, issue("open"), WAS_OPEN) is CLOSE
    assert decide_of(closing, issue("closed"), WAS_OPEN) is NOTHING, "a person was faster"


def test_what_is_fused_does_not_change_with_the_words() -> None:
    """An approval names digests: it has to hold though what is seen reads otherwise an hour later."""
    ref = ref_of(FindingKey("r", "MDL1", "C01"), "credit")
    change = FieldChange("state", None, "open", "control C01 fails: seen then")
    first = Operation(OperationKind.OPEN_ISSUE, Side.GRC, ref, (change,), text="seen then")
    second = Operation(
        OperationKind.OPEN_ISSUE, Side.GRC, ref, (FieldChange("state", None, "open", "fails: now"),), text="seen now"
    )
    assert first.digest == second.digest


def test_other_words_for_the_same_finding_are_no_news() -> None:
    text = "Control C01: title.\nModel: credit v1\nSeen: this\nTo do: that\nSeverity: high\nBasis: SR 26-2 V"
    assert told_of(text) == told_of(text.replace("title", "another").replace("To do: that", "To do: more"))
    assert told_of(text) != told_of(text.replace("Seen: this", "Seen: more"))
    assert told_of(text) != told_of(text.replace("Severity: high", "Severity: critical"))
