"""The automated gates of one version: what its run, its metadata and its security scan come to.

::

    a bound on the run, and the run is unread or running      pending, whatever else
    a condition is broken                                     failed
    a condition is not known yet (a scan under way)           pending
    every condition holds                                     passed

What is missing never passes: no metric, no run, not a number, an infinite one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from fnmatch import fnmatchcase

from connector.model.fields import Value
from connector.model.gates import AutomatedGates, MetricRule, Operator
from connector.model.registry import RunData

PENDING, PASSED, FAILED = "pending", "passed", "failed"
_SIGNS = {
    Operator.AT_LEAST: ">=",
    Operator.ABOVE: ">",
    Operator.AT_MOST: "<=",
    Operator.BELOW: "<",
    Operator.WITHIN: "within +/-",
}
_SHOWN = 5
"""Broken metrics of one glob that are named before the rest is counted."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a version. ``run`` None with a ``run_id``: it could not be read. ``metadata`` has the value of
    each field that may be asked for, ``places`` where a person sets it (``the tag purpose``).
    """

    tier: Value = None
    run_id: str = ""
    run: RunData | None = None
    metadata: Mapping[str, Value] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    security_scan: Value = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gates decided. ``reasons`` say what keeps the version from passing, each in words of its own; ``rule``
    tells the tier, the status and every condition with its bound and the value that it met. ``blind``: the run could
    not be read, so that nothing new is known.
    """

    status: str
    reasons: tuple[str, ...]
    rule: str
    blind: bool = False


class _Outcome(Enum):
    HELD = auto()
    BROKEN = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class _Condition:
    text: str
    outcome: _Outcome


def decide(gates: AutomatedGates, facts: Facts) -> Decision:
    """Hold a version to the gates of its tier."""
    waiting = _waiting(facts) if gates.bounds else ""
    of_run = [_Condition(waiting, _Outcome.UNKNOWN)] if waiting else list(_of_run(gates, facts))
    conditions = [*of_run, *_of_metadata(gates, facts), *_of_scan(gates, facts)]
    status = PENDING if waiting else _status(conditions)
    reasons = tuple(each.text for each in conditions if each.outcome is not _Outcome.HELD)
    told = "; ".join(each.text for each in conditions) or "nothing is asked"
    rule = f"automated gates of tier {facts.tier or 'unknown'}: {status}: {told}"
    return Decision(status, reasons, rule, blind=bool(waiting) and facts.run is None)


def holds(rule: MetricRule, value: float) -> bool:
    """Whether a metric's value keeps the bound. One that is no finite number never does."""
    if not math.isfinite(value):
        return False
    match rule.operator:
        case Operator.AT_LEAST:
            return value >= rule.bound
        case Operator.ABOVE:
            return value > rule.bound
        case Operator.AT_MOST:
            return value <= rule.bound
        case Operator.BELOW:
            return value < rule.bound
        case Operator.WITHIN:
            return abs(value) <= rule.bound


def _status(conditions: Sequence[_Condition]) -> str:
    outcomes = {each.outcome for each in conditions}
    if _Outcome.BROKEN in outcomes:
        return FAILED
    return PENDING if _Outcome.UNKNOWN in outcomes else PASSED


def _waiting(facts: Facts) -> str:
    """Why the run's metrics are not known yet; empty where they are, or never will be."""
    if facts.run is None:
        return f"run {facts.run_id} could not be read yet" if facts.run_id else ""
    return "" if facts.run.finished else f"run {facts.run.run_id} is still {facts.run.status.lower()}"


def _of_run(gates: AutomatedGates, facts: Facts) -> Iterator[_Condition]:
    if facts.run is None:
        if gates.bounds:
            names = ", ".join(rule.metric for rule in gates.bounds)
            yield _Condition(f"no run tells {names}: register the version from its run", _Outcome.BROKEN)
        return
    for rule in gates.bounds:
        yield _of_metrics(rule, facts.run)


def _of_metrics(rule: MetricRule, run: RunData) -> _Condition:
    met = {name: value for name, value in sorted(run.metrics.items()) if fnmatchcase(name, rule.metric)}
    needs = _needs(rule)
    if not met:
        return _Condition(f"{rule.metric} is missing from run {run.run_id}, needs {needs}", _Outcome.BROKEN)
    broken = {name: value for name, value in met.items() if not holds(rule, value)}
    if broken:
        named = [f"{name} {value!r}" for name, value in broken.items()]
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        return _Condition(f"{', '.join(named[:_SHOWN])}{more}, needs {needs}", _Outcome.BROKEN)
    if len(met) == 1:
        ((name, value),) = met.items()
        return _Condition(f"{name} {value!r} {needs}", _Outcome.HELD)
    values = met.values()
    span = f"from {min(values)!r} to {max(values)!r}"
    return _Condition(f"{rule.metric} ({len(met)} metrics, {span}) {needs}", _Outcome.HELD)


def _needs(rule: MetricRule) -> str:
    separator = "" if rule.operator is Operator.WITHIN else " "
    return f"{_SIGNS[rule.operator]}{separator}{rule.bound:g}"


def _of_metadata(gates: AutomatedGates, facts: Facts) -> Iterator[_Condition]:
    for name in gates.metadata:
        if facts.metadata.get(name):
            yield _Condition(f"{name} is given", _Outcome.HELD)
        else:
            place = facts.places.get(name, f"the tag {name}")
            yield _Condition(f"{name} is missing: set {place}", _Outcome.BROKEN)


def _of_scan(gates: AutomatedGates, facts: Facts) -> Iterator[_Condition]:
    if not gates.security_scan:
        return
    match facts.security_scan:
        case "passed":
            yield _Condition("security_scan passed", _Outcome.HELD)
        case "failed":
            yield _Condition("security_scan failed", _Outcome.BROKEN)
        case None:
            yield _Condition("security_scan has not reported yet", _Outcome.UNKNOWN)
        case other:
            yield _Condition(f"security_scan is {other}", _Outcome.UNKNOWN)
