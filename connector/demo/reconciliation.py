"""The report that ends the demo: a table of models, and every field of every object in a file for a spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from adapters.httpclient.redaction import redact
from connector.config.config import load_config
from connector.controls import Finding
from connector.demo.bank import CONNECTION_NAME
from connector.demo.events import Reported
from connector.engine.reporting import Wanted, report_of_state
from connector.model.fields import Entity
from connector.report.rows import ObjectRow, Report, Status
from connector.report.tables.csvfile import write_csv
from connector.report.tables.reconcile import fields_table
from connector.state import open_store

FILE = "reconciliation.csv"
COLUMNS = ("model", "record", "fields that agree", "versions", "status")


def make_report(path: Path) -> Reported:
    """Report on the last sync of the demo's configuration file; the file stands beside it."""
    config = load_config(path)
    with closing(open_store(config.state_path, redact)) as store:
        report = report_of_state(config, CONNECTION_NAME, store, Wanted(datetime.now(UTC).date().isoformat()))
    file = path.parent / FILE
    with file.open("w", encoding="utf-8", newline="") as stream:
        write_csv(fields_table([report]), stream)
    findings = tuple(_finding(each) for each in report.findings)
    return Reported(_summary(report), COLUMNS, tuple(_rows(report)), str(file), findings)


def _finding(finding: Finding) -> tuple[str, ...]:
    subject = f"{finding.model} v{finding.version}" if finding.version else finding.model
    return finding.severity, finding.control, subject, finding.seen


def _summary(report: Report) -> str:
    fields, objects = report.counts["fields"], report.counts["objects"]
    agree, number = fields.get(Status.AGREE, 0), sum(fields.values())
    rest = "; ".join(f"{count} objects {status}" for status, count in objects.items() if status != Status.AGREE)
    words = f"{agree:,} of {number:,} fields of {len(report.objects)} objects agree on both sides"
    return f"{words}; {rest}." if rest else f"{words}."


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    versions: dict[str, Counter[str]] = {}
    for row in report.objects:
        if row.entity is Entity.VERSION:
            versions.setdefault(row.name, Counter())[str(row.status)] += 1
    for row in report.objects:
        if row.entity is Entity.MODEL:
            told = ", ".join(f"{number} {status}" for status, number in versions.get(row.name, Counter()).items())
            yield row.name, row.record_id or "", _agreeing(row), told, str(row.status)


def _agreeing(row: ObjectRow) -> str:
    agreeing = sum(each.status is Status.AGREE for each in row.fields)
    return f"{agreeing} of {len(row.fields)}" if row.fields else ""
