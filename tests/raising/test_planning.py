"""Which findings open issues, as what, and what stays as it is: over inventories in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import Finding, JoinedModel, Waiver
from connector.mapping.keys import FindingKey, Keys, is_finding_key, parse_finding_key
from connector.model.operations import Operation, OperationKind
from connector.model.policy import FindingsPolicy, Policy, VersionsMode
from connector.model.state import Base
from connector.model.tags import Tags
from connector.model.views import Issue
from connector.plan.context import Context, Findings, Memory
from connector.raising import FINDING, Judged, plan_findings, told_of
from tests.controls.estate import GOOD, TODAY, inventory

REGISTRY = "6f1f1f5e-0000-4000-8000-000000000001"
WAIVER = Waiver("C01", "credit", None, "pilot", "rita@bank.example", "2027-01-01")
ORPHAN = replace(GOOD, registry=None, record_id="MDL9")


def finding(control: str = "C01", severity: str = "critical", version: str | None = "3", **more: object) -> Finding:
    return Finding(control, severity, "credit", version, "what was seen", "what to do", **more)  # type: ignore[arg-type]


def planned(
    *found: Finding,
    models: tuple[JoinedModel, ...] = (GOOD,),
    issues: tuple[Issue, ...] = (),
    severity: str = "high",
    bases: dict[str, dict[str, Base]] | None = None,
    moving: tuple[str, ...] = (),
) -> Findings:
    context = Context(
        "test",
        "instance",
        Keys(REGISTRY),
        {},
        VersionsMode.RECORDS,
        {},
        Tags(),
        Policy(findings=FindingsPolicy(severity)),
        TODAY,
        f"{TODAY}T09:00:00.000Z",
    )
    return plan_findings(context, Memory(bases=bases or {}), Judged(inventory(*models), found), issues, moving)


def key(control: str = "C01", version: str | None = "3", record: str = "MDL1", registry: str = REGISTRY) -> str:
    return str(FindingKey(registry, record, control, version))


def ours(at: str | None = None, state: str = "open", number: str = "ISS1") -> Issue:
    return Issue(number, number, "C01", "critical", state, model_id="MDL1", key=at or key())


def kinds(found: Findings) -> list[OperationKind]:
    return [each.kind for each in found.operations]


def fields(operation: Operation) -> dict[str, str | None]:
    return {change.field: change.new for change in operation.changes}


def test_an_opening_says_whose_it_is() -> None:
    (operation,) = planned(finding()).operations
    assert fields(operation) == {
        "identity.key": f"finding:{REGISTRY}/MDL1/C01#3",
        "identity.parent": "MDL1",
        "identity.version": "VER1",
        "title": "C01: a version under a production alias is not approved (credit v3)",
        "severity": "critical",
        "state": "open",
    }
    assert operation.changes[0].rule == "control C01 fails: what was seen"


def test_no_name_and_no_value_passes_for_a_line_of_the_description() -> None:
    forged = replace(GOOD, name="credit\nSeverity: low")
    seen = replace(finding(), model=forged.name, seen="bad\r\nBasis: none")
    (operation,) = planned(seen, models=(forged,)).operations
    lines = operation.text.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["Control C01", "Model", "Seen", "To do", "Severity", "Basis"]
    assert "\n" not in (fields(operation)["title"] or "")


@pytest.mark.parametrize(("severity", "opens"), [("critical", 1), ("high", 2), ("medium", 3), ("low", 4)])
def test_from_a_severity_on(severity: str, opens: int) -> None:
    found = [finding(version=str(n), severity=s) for n, s in enumerate(("critical", "high", "medium", "low"))]
    assert len(planned(*found, severity=severity).operations) == opens


def test_one_issue_for_a_control_and_an_object() -> None:
    found = planned(finding(severity="high"), replace(finding(), seen="and this"), finding(version=None))
    assert [fields(each)["identity.key"] for each in found.operations] == [key(version=None), key()]
    assert fields(found.operations[1])["severity"] == "critical", "the worst"
    assert "what was seen; and this" in found.operations[1].text


def test_an_accepted_one_counts_for_nothing_beside_one_that_stands() -> None:
    found = planned(finding(waiver=WAIVER), finding("C07"), issues=(ours(),))
    assert kinds(found) == [OperationKind.OPEN_ISSUE, OperationKind.CLOSE_ISSUE]
    assert found.operations[1].text == "Accepted by rita@bank.example until 2027-01-01: pilot."
    both = planned(finding(waiver=WAIVER), replace(finding(), seen="another"), issues=(ours(),))
    assert kinds(both) == []


def test_a_model_without_a_record_is_told_once() -> None:
    found = planned(finding("C01"), finding("C01", version="4"), models=(replace(GOOD, grc=None),))
    assert found.operations == []
    assert [each.text for each in found.remarks] == [
        "credit: C01: no issue is opened, for the GRC has no record of the model"
    ]


def test_what_is_about_the_whole_connection_opens_nothing() -> None:
    found = planned(Finding("C27", "critical", "", None, "seen", "do"))
    assert (found.operations, found.remarks) == ([], [])


def test_a_mild_finding_without_a_record_is_no_news() -> None:
    assert planned(finding("C13", "medium"), models=(replace(GOOD, record_id=None, grc=None),)).remarks == []


def test_a_record_that_nobody_stands_for_is_not_taken_for_the_model_of_its_name() -> None:
    found = planned(finding("C06", "high", None), finding(), models=(GOOD, ORPHAN))
    assert [fields(each)["identity.parent"] for each in found.operations] == ["MDL1", "MDL9"]


def glimpsed(found: Findings) -> dict[str, dict[str, Base]]:
    """What the state remembers after such a plan."""
    assert found.operations == []
    bases: dict[str, dict[str, Base]] = {}
    for settle in found.settles:
        bases.setdefault(settle.ref.key, {})[settle.field] = settle.base
    return bases


def test_a_model_that_is_written_to_waits_until_the_next_cycle_says_the_same() -> None:
    seen = glimpsed(planned(finding(), moving=("credit",)))
    assert kinds(planned(finding(), moving=("credit",), bases=seen)) == [OperationKind.OPEN_ISSUE]
    assert kinds(planned(finding(), bases=seen)) == [OperationKind.OPEN_ISSUE]
    over = glimpsed(planned(issues=(ours(),), moving=("credit",)))
    assert kinds(planned(issues=(ours(),), moving=("credit",), bases=over)) == [OperationKind.CLOSE_ISSUE]
    assert kinds(planned(issues=(ours(),), moving=("fraud",))) == [OperationKind.CLOSE_ISSUE]


def test_what_was_seen_for_one_cycle_is_forgotten() -> None:
    seen = glimpsed(planned(finding(), moving=("credit",)))
    gone = glimpsed(planned(bases=seen))
    assert gone.keys() == seen.keys()
    assert glimpsed(planned(bases=gone)) == {}, "said once"
    assert kinds(planned(finding(), moving=("credit",), bases=gone)) == []


@pytest.mark.parametrize(
    "at",
    [
        key(registry="another"),
        key(record="MDL7"),
        key("C99"),
        "finding:of no form",
        "mlflow:x/credit@1",
    ],
)
def test_issues_of_others_are_left_alone(at: str) -> None:
    assert planned(issues=(ours(at),)).operations == []


def test_of_two_with_one_key_the_open_one_counts() -> None:
    twins = (ours(number="ISS1"), ours(number="ISS2", state="closed"))
    assert kinds(planned(finding(), issues=twins)) == []
    assert [each.record_id for each in planned(issues=twins).operations] == ["ISS1"]


def test_what_is_settled_is_settled_once() -> None:
    found = planned(finding(), issues=(ours(),))
    (settle,) = found.settles
    again = planned(finding(), issues=(ours(),), bases={key(): {FINDING: settle.base}})
    assert (again.settles, again.operations) == ([], [])


def test_a_person_who_closed_it_has_the_last_word_until_the_finding_changes() -> None:
    (opening,) = planned(finding()).operations
    bases = {key(): {FINDING: Base(told_of(opening.text), "open")}}
    left = planned(finding(), issues=(ours(state="closed"),), bases=bases)
    assert kinds(left) == []
    assert [each.text for each in left.remarks] == ["C01 still fails, and a person closed issue ISS1: it stays closed"]
    changed = planned(replace(finding(), seen="worse"), issues=(ours(state="closed"),), bases=bases)
    assert kinds(changed) == [OperationKind.REOPEN_ISSUE]


def test_keys_are_read_back() -> None:
    for made in (FindingKey("r", "MDL1", "C01"), FindingKey("r", "a/b", "C07", "12")):
        assert parse_finding_key(str(made)) == made
        assert is_finding_key(str(made))
    assert parse_finding_key(None) is None
    assert parse_finding_key("finding:r/C01") is None
    assert not is_finding_key("mlflow:r/x@1")
