"""What the automated gates decide: a table by hand, and what holds whatever the run says."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.gates.automated import Decision, Facts, decide, holds
from connector.model.gates import AutomatedGates, GatePolicy, MetricRule, Operator
from connector.model.registry import RunData

AUC = MetricRule("auc", Operator.AT_LEAST, 0.8)
FAIR = MetricRule("fairness_*", Operator.WITHIN, 0.1)
GATES = AutomatedGates((AUC,), (FAIR,), ("purpose",), security_scan=True)
GOOD = Facts(
    tier="high",
    run_id="r1",
    run=RunData("r1", "FINISHED", metrics={"auc": 0.9, "fairness_age": -0.05, "fairness_sex": 0.1}),
    metadata={"purpose": "Scores."},
    security_scan="passed",
)


def metrics(**values: float) -> Facts:
    assert GOOD.run is not None
    return replace(GOOD, run=replace(GOOD.run, metrics=values))


def of(facts: Facts, gates: AutomatedGates = GATES) -> tuple[str, list[str]]:
    found = decide(gates, facts)
    return found.status, list(found.reasons)


def test_all_that_is_asked_holds() -> None:
    assert decide(GATES, GOOD) == Decision(
        "passed",
        (),
        "automated gates of tier high: passed: auc 0.9 >= 0.8; "
        "fairness_* (2 metrics, from -0.05 to 0.1) within +/-0.1; purpose is given; security_scan passed",
    )


@pytest.mark.parametrize(
    ("facts", "status", "reasons"),
    [
        (metrics(auc=0.79, fairness_age=0.0), "failed", ["auc 0.79, needs >= 0.8"]),
        (
            metrics(auc=0.7999999999, fairness_age=0.2),
            "failed",
            ["auc 0.7999999999, needs >= 0.8", "fairness_age 0.2, needs within +/-0.1"],
        ),
        (metrics(fairness_age=0.0), "failed", ["auc is missing from run r1, needs >= 0.8"]),
        (metrics(auc=0.9), "failed", ["fairness_* is missing from run r1, needs within +/-0.1"]),
        (metrics(auc=math.nan, fairness_age=0.0), "failed", ["auc nan, needs >= 0.8"]),
        (metrics(auc=math.inf, fairness_age=0.0), "failed", ["auc inf, needs >= 0.8"]),
        (metrics(auc=0.8, fairness_age=0.0, fairness_sex=-0.3), "failed", ["fairness_sex -0.3, needs within +/-0.1"]),
        (replace(GOOD, metadata={}), "failed", ["purpose is missing: set the tag purpose"]),
        (
            replace(GOOD, metadata={"purpose": ""}, places={"purpose": "it in the GRC"}),
            "failed",
            ["purpose is missing: set it in the GRC"],
        ),
        (replace(GOOD, security_scan="failed"), "failed", ["security_scan failed"]),
        (replace(GOOD, security_scan=None), "pending", ["security_scan has not reported yet"]),
        (replace(GOOD, security_scan="pending"), "pending", ["security_scan is pending"]),
        (replace(GOOD, security_scan=None, metadata={}), "failed", None),
        (replace(GOOD, run=None), "pending", ["run r1 could not be read yet"]),
        (replace(GOOD, run=None, metadata={}), "pending", None),
        (
            replace(GOOD, run=None, run_id=""),
            "failed",
            ["no run tells auc, fairness_*: register the version from its run"],
        ),
        (replace(GOOD, run=RunData("r1", "RUNNING", metrics={"auc": 0.1})), "pending", ["run r1 is still running"]),
    ],
)
def test_what_keeps_a_version_from_passing(facts: Facts, status: str, reasons: list[str] | None) -> None:
    found = of(facts)
    assert found[0] == status
    assert reasons is None or found[1] == reasons


def test_only_a_run_that_was_not_read_leaves_the_gates_blind() -> None:
    running = RunData("r1", "RUNNING")
    blind = [replace(GOOD, run=None), replace(GOOD, run=None, run_id=""), replace(GOOD, run=running), GOOD]
    assert [decide(GATES, facts).blind for facts in blind] == [True, False, False, False]


def test_a_run_is_waited_for_only_where_something_is_asked_of_it() -> None:
    asked = AutomatedGates(metadata=("purpose",))
    assert of(replace(GOOD, run=None), asked) == ("passed", [])
    assert of(replace(GOOD, run=RunData("r1", "RUNNING")), asked) == ("passed", [])


def test_gates_that_ask_nothing_say_so() -> None:
    assert decide(AutomatedGates(), GOOD).rule == "automated gates of tier high: passed: nothing is asked"


def test_many_broken_metrics_of_one_glob_are_counted() -> None:
    facts = metrics(auc=0.9, **{f"fairness_{number}": 0.5 for number in range(8)})
    assert of(facts)[1][0].endswith("fairness_4 0.5 and 3 more, needs within +/-0.1")


@pytest.mark.parametrize(
    ("operator", "held", "broken"),
    [
        (Operator.AT_LEAST, [0.5, 0.6], [0.4999]),
        (Operator.ABOVE, [0.5001], [0.5]),
        (Operator.AT_MOST, [0.5, -9.0], [0.5001]),
        (Operator.BELOW, [0.4999], [0.5]),
        (Operator.WITHIN, [0.5, -0.5, 0.0], [0.5001, -0.5001]),
    ],
)
def test_operators(operator: Operator, held: list[float], broken: list[float]) -> None:
    rule = MetricRule("m", operator, 0.5)
    assert all(holds(rule, value) for value in held)
    assert not any(holds(rule, value) for value in broken)


def test_a_tier_that_is_not_written_is_held_to_the_first_that_is() -> None:
    strict, loose = AutomatedGates((AUC,)), AutomatedGates()
    policy = GatePolicy(automated={"high": strict, "low": loose})
    assert [policy.gates_of(tier) for tier in ("high", "low", "critical", "medium", None)] == [
        strict,
        loose,
        strict,
        strict,
        strict,
    ]
    assert GatePolicy().gates_of("high") == AutomatedGates()


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
RULES = st.builds(
    MetricRule,
    st.sampled_from(["a", "b", "a*", "*"]),
    st.sampled_from(Operator),
    st.floats(0, 10, allow_nan=False),
)
RUNS = st.builds(
    RunData,
    st.just("r"),
    st.sampled_from(["FINISHED", "RUNNING", "SCHEDULED", "FAILED", "KILLED"]),
    metrics=st.dictionaries(st.sampled_from(["a", "a2", "b"]), NUMBERS),
)


@given(NUMBERS, RULES)
def test_no_number_that_is_none_keeps_a_bound(value: float, rule: MetricRule) -> None:
    assert not holds(rule, value) or math.isfinite(value)


@given(st.lists(RULES, min_size=1, max_size=3), st.none() | RUNS)
def test_passed_only_where_every_metric_that_is_asked_for_holds(rules: list[MetricRule], run: RunData | None) -> None:
    facts = Facts("high", "r", run)
    found = decide(AutomatedGates(tuple(rules)), facts)
    if run is None or run.status in ("RUNNING", "SCHEDULED"):
        assert found.status == "pending"
        return
    asked = [
        [run.metrics[name] for name in run.metrics if rule.metric in (name, "*", name[:1] + "*")] for rule in rules
    ]
    good = all(
        values and all(holds(rule, value) for value in values) for rule, values in zip(rules, asked, strict=True)
    )
    assert found.status == ("passed" if good else "failed")
    assert (found.reasons == ()) is good
    assert all(reason in found.rule for reason in found.reasons)


@given(st.lists(RULES, max_size=3), RUNS, RULES)
def test_asking_for_more_never_lets_more_pass(rules: list[MetricRule], run: RunData, more: MetricRule) -> None:
    facts = Facts("high", "r", run)
    before = decide(AutomatedGates(tuple(rules)), facts).status
    after = decide(AutomatedGates((*rules, more)), facts).status
    assert not (after == "passed" and before != "passed")
