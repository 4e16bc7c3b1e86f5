"""The reconciliation report as a Markdown document: for a merge request, a wiki page, a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connector.controls import BASIS, TITLES, Finding, Waiver
from connector.controls.inventory import SEVERITIES
from connector.report.rows import FieldRow, ObjectRow, Report, Status
from connector.report.tables.about import observed
from connector.report.tables.markdown import heading, inline, table

_QUIET = (Status.AGREE, Status.RETIRED)


def markdown(reports: Sequence[Report], now: datetime, idle: Sequence[Waiver] = (), *, all_fields: bool = False) -> str:
    """The document: of each connection its findings, then what does not agree, or ``all_fields``; at the end the
    waivers that match no finding.
    """
    parts = [part for report in reports for part in _report(report, now, all_fields=all_fields) if part]
    if idle:
        rows = [(each.control, _named(each.model, each.version), each.by, each.reason, each.expires) for each in idle]
        parts += [
            heading("Waivers that match no finding: remove them, or correct what they name", 2),
            table(("control", "object", "by", "why", "until"), rows),
        ]
    return "\n\n".join(parts) + "\n"


def _report(report: Report, now: datetime, *, all_fields: bool) -> Iterator[str]:
    yield heading(f"Reconciliation of connection {report.connection}", 1)
    told = dict(observed(report.taken_at, report.gaps, now))
    yield inline(
        f"Observed at {told.get('observed at', 'no time')}, {told.get('age', '-')} ago, under {report.profile}."
    )
    if report.swept_at is not None:
        yield f"The GRC was last listed whole at {report.swept_at}; since then only what was changed was asked for."
    if not report.complete:
        yield f"**Inconclusive**: {inline('; '.join(report.doubts))}."
    yield table(("", "count"), _counts(report))
    yield from _findings(report.findings)
    rows = [row for each in report.objects for row in _rows(each, all_fields=all_fields)]
    if rows:
        yield heading("All fields" if all_fields else "What does not agree", 2)
        yield table(("object", "record", "field", "in MLflow", "in the GRC", "status", "note"), rows)


def _counts(report: Report) -> Iterator[tuple[str, str]]:
    open_findings = [each for each in report.findings if each.waiver is None]
    for severity in SEVERITIES:
        number = sum(each.severity == severity for each in open_findings)
        if number:
            yield f"findings: {severity}", f"{number:,}"
    yield from _counted("objects", report.counts["objects"])
    yield from _counted("fields", report.counts["fields"])
    yield from _counted("waiting for a person", report.waiting)


def _counted(what: str, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    return ((f"{what}: {name}", f"{number:,}") for name, number in counts.items() if number)


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    waived = [each for each in findings if each.waiver is not None]
    standing = [each for each in findings if each.waiver is None]
    if standing:
        yield heading("Findings", 2)
        heads = ("severity", "control", "object", "seen", "what to do", "rests on")
        yield table(heads, map(_standing, standing))
    if waived:
        yield heading("Accepted findings", 2)
        yield table(("control", "object", "seen", "why", "by", "until"), _waived(waived))


def _standing(finding: Finding) -> tuple[str, ...]:
    told = finding.severity, _control(finding), _object(finding), finding.seen, finding.remedy
    return (*told, BASIS.get(finding.control, ""))


def _waived(findings: Iterable[Finding]) -> Iterator[tuple[str, ...]]:
    for each in findings:
        if each.waiver is not None:
            accepted = each.waiver.reason, each.waiver.by, each.waiver.expires
            yield (_control(each), _object(each), each.seen, *accepted)


def _control(finding: Finding) -> str:
    return f"{finding.control}: {TITLES.get(finding.control, '')}"


def _object(finding: Finding) -> str:
    return _named(finding.model, finding.version)


def _named(model: str, version: str | None) -> str:
    return f"{model} v{version}" if version else model or "the connection"


def _rows(row: ObjectRow, *, all_fields: bool) -> Iterator[tuple[str, ...]]:
    name = f"{row.name} v{row.version}" if row.version else row.name or f"record {row.record_id}"
    told = [each for each in row.fields if all_fields or each.status is not Status.AGREE]
    if not told and row.status not in _QUIET:
        told = [FieldRow("", None, None, row.status, note=row.note)]
    for each in told:
        sides = each.registry or "", each.grc or ""
        yield (name, row.record_id or "", each.field, *sides, str(each.status), each.note)
