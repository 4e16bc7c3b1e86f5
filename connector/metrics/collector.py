"""The metrics. Their names and labels are a contract: alert rules and dashboards of a bank rest on them.

No label holds a model's name, a record's id or anything else that people write; each has few values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector as Base

from adapters.httpclient.traffic import Outcome, Traffic, Waiting
from connector import __version__
from connector.controls.inventory import SEVERITIES
from connector.health import Cause
from connector.logs import get_logger
from connector.metrics.readings import Reading, Readings, Whole
from connector.metrics.totals import Result
from connector.model.errors import MlflowGrcError
from connector.model.fields import Side
from connector.model.operations import OperationKind
from connector.model.state import RunStatus
from connector.state.times import parse

log = get_logger(__name__)

_ISSUES = ("critical", "high", "medium", "low")
_UNSTATED = "unstated"
_SIDES: Mapping[Side, str] = {Side.REGISTRY: "mlflow", Side.GRC: "grc"}


@dataclass(frozen=True, slots=True)
class Line:
    """The requests of one connection to one side, since this process began; ``platform`` is the adapter's name."""

    connection: str
    side: Side
    platform: str
    traffic: Traffic


class Collector(Base):
    """Reads the state at each scrape, so that the numbers are right after a restart and on every replica. Only
    ``lines``, the requests, are this process's own. ``queued`` tells how many hints wait, by connection.
    """

    def __init__(
        self,
        readings: Readings,
        lines: Callable[[], list[Line]] = list,
        queued: Callable[[], Mapping[str, int]] | None = None,
    ) -> None:
        self._readings, self._lines, self._queued = readings, lines, queued

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not read the state."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """All metrics, as of now."""
        whole = self._readings.take()
        build = GaugeMetricFamily("mlflow_grc_build_info", "The release that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from _health(whole)
        yield from _audit(whole)
        yield from _work(whole.connections)
        yield from _waiting(whole.connections)
        yield from _ages(whole.connections, whole.health.at)
        yield from _requests(self._lines())
        if whole.connections:
            yield from self._hints()

    def _hints(self) -> Iterator[Metric]:
        if self._queued is None:
            return
        try:
            queued = self._queued()
        except MlflowGrcError as error:
            # The database went away a moment after the rest was read: all else is still told.
            log.error("hints not counted", error=str(error))  # noqa: TRY400 - the error tells enough
            return
        hints = _gauge("hints_queued", "Hints of events that wait for their narrowed cycle.", "connection")
        for name, number in queued.items():
            hints.add_metric([name], number)
        yield hints


def _gauge(name: str, help_: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"mlflow_grc_{name}", help_, labels=labels)


def _counter(name: str, help_: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"mlflow_grc_{name}", help_, labels=labels)


def _health(whole: Whole) -> Iterator[Metric]:
    health = whole.health
    yield GaugeMetricFamily("mlflow_grc_ready", "1 where /readyz answers 200.", value=int(health.ready))
    reachable = all(reason.cause is not Cause.STATE for reason in health.reasons)
    yield GaugeMetricFamily("mlflow_grc_state_available", "1 where the state can be read.", value=int(reachable))
    found = {(reason.connection, reason.cause) for reason in health.reasons}
    reasons = _gauge("attention", "1 for each thing that is not well, by reason.", "connection", "reason")
    for name in whole.connections:
        for cause in Cause:
            if cause not in (Cause.AUDIT, Cause.STATE):
                reasons.add_metric([name, str(cause)], int((name, cause) in found))
    yield reasons


def _audit(whole: Whole) -> Iterator[Metric]:
    if whole.audit_entries is not None:
        yield GaugeMetricFamily("mlflow_grc_audit_entries", "Entries of the audit trail.", value=whole.audit_entries)
    if whole.audit is not None:
        holds = int(not whole.audit.broken)
        yield GaugeMetricFamily("mlflow_grc_audit_ok", "1 where the last proof of the trail held.", value=holds)
        proved = whole.audit.at.timestamp()
        yield GaugeMetricFamily("mlflow_grc_audit_checked_timestamp_seconds", "When it was proved last.", value=proved)


def _work(connections: Mapping[str, Reading]) -> Iterator[Metric]:
    runs = _counter("runs", "Runs that ended, by how they ended.", "connection", "status")
    operations = _counter("operations", "Operations of all runs, by kind and result.", "connection", "kind", "result")
    for name, each in connections.items():
        for status in RunStatus:
            if status is not RunStatus.RUNNING:
                runs.add_metric([name, str(status)], each.runs.get(status, 0))
        for kind in OperationKind:
            for result in Result:
                operations.add_metric([name, str(kind), str(result)], each.operations.get((kind, result), 0))
    yield runs
    yield operations


def _waiting(connections: Mapping[str, Reading]) -> Iterator[Metric]:
    conflicts = _gauge("conflicts", "Fields in conflict that nobody answered.", "connection")
    quarantined = _gauge("quarantined", "Objects and fields in quarantine.", "connection")
    withheld = _gauge("withheld_operations", "Operations that a fuse holds back unapproved.", "connection")
    issues = _gauge("open_issues", "Open issues of the GRC, by severity.", "connection", "severity")
    findings = _gauge("findings", "Findings of the last count, by severity.", "connection", "severity")
    counted = _gauge("findings_counted_timestamp_seconds", "When the findings were counted last.", "connection")
    for name, each in connections.items():
        conflicts.add_metric([name], len(each.standing.unanswered))
        quarantined.add_metric([name], len(each.standing.quarantines))
        withheld.add_metric([name], len(each.standing.unapproved))
        known = {severity: each.issues.get(severity, 0) for severity in _ISSUES}
        known[_UNSTATED] = sum(each.issues.values()) - sum(known.values())
        for severity, number in known.items():
            issues.add_metric([name, severity], number)
        if each.tally is not None:
            for severity in SEVERITIES:
                findings.add_metric([name, str(severity)], each.tally.severities.get(severity, 0))
            counted.add_metric([name], parse(each.tally.at).timestamp())
    yield from (conflicts, quarantined, withheld, issues, findings, counted)


def _ages(connections: Mapping[str, Reading], now: datetime) -> Iterator[Metric]:
    lag = _gauge("seconds_since_complete_cycle", "Seconds since the last complete cycle ended.", "connection")
    took = _gauge("last_run_duration_seconds", "How long the last run took that ended.", "connection")
    held = _gauge("lease", "1 for the host that synchronises the connection right now.", "connection", "holder")
    for name, each in connections.items():
        complete, last, lease = each.standing.complete, each.standing.last, each.standing.lease
        if complete is not None and complete.ended:
            lag.add_metric([name], max((now - parse(complete.ended)).total_seconds(), 0))
        if last is not None and last.ended:
            took.add_metric([name], (parse(last.ended) - parse(last.started)).total_seconds())
        if lease is not None:
            held.add_metric([name, lease.owner.partition(":")[0]], 1)
    yield from (lag, took, held)


def _requests(lines: list[Line]) -> Iterator[Metric]:
    labels = ("connection", "side", "platform")
    sent = _counter("requests", "Requests of this process, by how they ended.", *labels, "outcome")
    retries = _counter("request_retries", "Requests of this process that repeated an earlier one.", *labels)
    waits = _counter("request_waits", "Times that a request waited, by what for.", *labels, "reason")
    seconds = _counter("request_wait_seconds", "Seconds that requests waited, by what for.", *labels, "reason")
    for line in lines:
        counted, who = line.traffic.counted(), [line.connection, _SIDES[line.side], line.platform]
        for outcome in Outcome:
            sent.add_metric([*who, str(outcome)], counted.outcomes.get(outcome, 0))
        retries.add_metric(who, counted.retries)
        for reason in Waiting:
            waits.add_metric([*who, str(reason)], counted.waits.get(reason, 0))
            seconds.add_metric([*who, str(reason)], counted.waited.get(reason, 0.0))
    yield from (sent, retries, waits, seconds)
