"""The reconciliation report as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from connector.cli.output import BAD, BOLD, DIM, GOOD, WARN, Cell, Output
from connector.cli.words import counted, listed, listed_whole, moment, short
from connector.controls import BASIS, TITLES, Finding, Waiver
from connector.model.fields import Entity
from connector.report.rows import FieldRow, ObjectRow, Report, Status
from connector.state.times import parse

_STYLES: Mapping[Status, str] = {
    Status.AGREE: GOOD,
    Status.RETIRED: DIM,
    Status.CONFLICT: BAD,
    Status.QUARANTINED: BAD,
}
_SEVERITIES = {"critical": BAD, "high": BAD, "medium": WARN, "low": DIM}
_VALUE = 44


def show_report(out: Output, report: Report, now: datetime, *, all_fields: bool = False) -> None:
    """Print the report: its age first, then the objects with what does not agree (or all fields), then the counts."""
    out.heading(f"Reconciliation of connection {report.connection}")
    out.line(f"As seen {moment(report.taken_at)} ({age(report.taken_at, now)} ago).", DIM)
    if report.swept_at is not None:
        out.line(listed_whole(report.swept_at), DIM)
    show_doubts(out, report)
    rows = [row for each in report.objects for row in _rows(each, all_fields=all_fields)]
    if rows:
        out.line()
        out.table(("object and field", "record", "MLflow", "GRC", "status", "note"), rows, brief=True)
    _show_findings(out, report)
    out.line()
    for line in summary(report):
        out.line(line)


def show_doubts(out: Output, report: Report) -> None:
    """Print why the report proves nothing; nothing where it does."""
    if report.gaps:
        gaps = listed(report.gaps)
        out.line(f"INCONCLUSIVE: not read to the end: {gaps}. What is missing below may still exist.", BAD)
    if report.held_back:
        withheld = counted(report.held_back, "operation")
        out.line(f"INCONCLUSIVE: a fuse holds back {withheld}; `mlflow-grc plan` shows them.", BAD)


def _show_findings(out: Output, report: Report) -> None:
    if not report.findings:
        return
    out.heading(f"Findings under the profile {report.profile}")
    rows = [
        ((each.severity, _SEVERITIES[each.severity]), each.control, _of(each), each.seen, (each.remedy, DIM))
        for each in report.standing
    ]
    if rows:
        out.table(("severity", "control", "object", "seen", "what to do"), rows)
    _show_waived(out, [each for each in report.findings if each.waiver is not None])
    out.line()
    for control in sorted({each.control for each in report.findings}):
        out.line(f"{control}: {TITLES[control]}. Rests on: {BASIS[control]}.", DIM)


def _show_waived(out: Output, findings: Sequence[Finding]) -> None:
    if not findings:
        return
    out.heading("Accepted by a waiver, and counted for nothing")
    rows = [
        (
            (each.severity, DIM),
            each.control,
            _of(each),
            each.seen,
            each.waiver.by,
            each.waiver.reason,
            each.waiver.expires,
        )
        for each in findings
        if each.waiver is not None
    ]
    out.table(("severity", "control", "object", "seen", "by", "reason", "until"), rows)


def show_idle_waivers(out: Output, waivers: Sequence[Waiver], now: datetime) -> None:
    """Print the waivers that accept what no control found: they are no longer needed, or name something else."""
    if not waivers:
        return
    out.heading("Waivers that match no finding: remove them, or correct what they name")
    today = now.date().isoformat()
    rows = [
        (each.control, _called(each.model, each.version), each.by, each.reason, (_until(each, today), DIM))
        for each in waivers
    ]
    out.table(("control", "object", "by", "reason", "until"), rows)


def _until(waiver: Waiver, today: str) -> str:
    return waiver.expires if waiver.expires >= today else f"expired on {waiver.expires}"


def _of(finding: Finding) -> str:
    return _called(finding.model, finding.version)


def _called(model: str, version: str | None) -> str:
    return f"{model} v{version}" if version else model or "the connection"


def summary(report: Report) -> list[str]:
    """The report's counts in words."""
    models = sum(row.entity is Entity.MODEL for row in report.objects)
    versions = len(report.objects) - models
    lines = [
        f"{counted(models, 'model')} and {counted(versions, 'version')}: {_told(report.counts['objects'])}.",
        f"{counted(sum(report.counts['fields'].values()), 'field')} compared: {_told(report.counts['fields'])}.",
    ]
    commands = {
        "conflicts": "mlflow-grc conflicts list",
        "quarantined": "the reasons stand above; corrected values are tried again",
        "withheld": "mlflow-grc approve",
    }
    worst = Counter(each.severity for each in report.standing)
    waived = len(report.findings) - len(report.standing)
    accepted = f" {waived:,} more accepted by a waiver." if waived else ""
    if worst:
        told = listed(f"{worst[name]} {name}" for name in _SEVERITIES if worst[name])
        lines.append(f"{counted(len(report.standing), 'finding')}: {told}.{accepted}")
    elif waived:
        lines.append(f"No findings but {'one' if waived == 1 else f'{waived:,}'} accepted by a waiver.")
    else:
        lines.append(f"No findings under the profile {report.profile}." if report.profile else "No findings.")
    lines += [f"{number:,} {name}: {commands[name]}" for name, number in report.waiting.items() if number]
    return lines


def age(taken_at: str | None, now: datetime) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int((now - parse(taken_at)).total_seconds())) if taken_at else 0
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")


def _told(counts: Mapping[str, int]) -> str:
    order = [str(status) for status in Status]
    return listed(f"{counts[name]:,} {name.replace('-', ' ')}" for name in order if counts.get(name)) or "none"


def _rows(row: ObjectRow, *, all_fields: bool) -> Iterator[tuple[Cell, ...]]:
    name = f"{row.name} v{row.version}" if row.version else row.name or f"record {row.record_id}"
    note = row.note or _agreement(row)
    yield (name, BOLD), row.record_id or "", "", "", _status(row.status), (note, DIM)
    for each in row.fields:
        if all_fields or each.status is not Status.AGREE:
            yield _field(each)


def _field(row: FieldRow) -> tuple[Cell, ...]:
    return (
        f"  {row.field}",
        "",
        short(row.registry, _VALUE),
        short(row.grc, _VALUE),
        _status(row.status),
        (row.note, DIM),
    )


def _agreement(row: ObjectRow) -> str:
    agreeing = sum(each.status is Status.AGREE for each in row.fields)
    return f"{agreeing} of {counted(len(row.fields), 'field')} agree" if row.fields else ""


def _status(status: Status) -> Cell:
    return str(status).replace("-", " "), _STYLES.get(status, WARN)
