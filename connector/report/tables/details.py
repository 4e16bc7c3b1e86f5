"""What belongs to models and versions: issues, findings, steps of approvals, and the fields on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.controls import BASIS, TITLES, Finding
from connector.model.fields import Entity, Field, FieldType
from connector.report.inventory import InventoryReport
from connector.report.tables.numbering import ID, MODEL_ID, VERSION_ID, numbered
from connector.report.tables.regimes import asked_for, title_of
from connector.report.tables.table import Cell, Column, Table

_DATE, _TEXT, _USER, _NUMBER = FieldType.DATE, FieldType.TEXT, FieldType.USER, FieldType.INTEGER
_WHERE = (
    Column("connection", "Connection"),
    Column("model", "Model", width=30),
    Column("version", "Version", width=8),
)
_TIES = (ID, MODEL_ID, VERSION_ID)
ISSUES = (
    *_TIES,
    *_WHERE,
    Column("number", "Number"),
    Column("title", "Title", width=40),
    Column("severity", "Severity", width=10),
    Column("state", "State"),
    Column("is_open", "Open", width=8),
    Column("due", "Due", type=_DATE, width=12),
    Column("overdue", "Overdue", width=8),
    Column("assignee", "Assignee", type=_USER, width=26),
    Column("url", "Address", width=30),
)
FINDINGS = (
    *_TIES,
    Column("connection", "Connection"),
    Column("severity", "Severity", width=10),
    Column("control", "Control", width=8),
    Column("title", "What the control looks for", type=_TEXT, width=40),
    Column("model", "Model", width=30),
    Column("version", "Version", width=8),
    Column("seen", "Seen", type=_TEXT, width=50),
    Column("remedy", "What to do", type=_TEXT, width=50),
    Column("rests_on", "Rests on", type=_TEXT, width=30),
    Column("waived", "Accepted", width=10),
    Column("waiver_reason", "Why accepted", type=_TEXT, width=30),
    Column("waiver_by", "Accepted by", width=20),
    Column("waiver_expires", "Accepted until", type=_DATE, width=12),
)
APPROVALS = (
    *_TIES,
    *_WHERE,
    Column("position", "Step no.", type=_NUMBER, width=8),
    Column("step", "Step", width=20),
    Column("name", "Name", width=26),
    Column("role", "Role", width=20),
    Column("time", "Time", type=FieldType.TIME, width=24),
    Column("decision", "Decision"),
    Column("comment", "Comment", type=_TEXT, width=40),
    Column("link", "Evidence", width=30),
)
FIELDS = (
    ID,
    Column("connection", "Connection"),
    Column("level", "Level", width=10),
    Column("field", "Field", width=24),
    Column("title", "Title", width=24),
    Column("description", "Description", type=_TEXT, width=50),
    Column("asked_by", "Asked for by", width=30),
    Column("required", "Required by the profile", width=24),
    Column("owner", "Owner", width=10),
    Column("type", "Type", width=10),
    Column("allowed", "Values", type=_TEXT, width=40),
    Column("in_mlflow", "In MLflow", width=30),
)
VALUES = (
    *_TIES,
    Column("field", "Field"),
    Column("in_mlflow", "In MLflow", type=_TEXT),
    Column("in_grc", "In the GRC", type=_TEXT),
)


def issues_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each issue."""
    return Table("issues", "Issues", ISSUES, _numbered(_issues(reports)))


def _issues(reports: Sequence[InventoryReport]) -> Iterator[tuple[Cell, ...]]:
    for each in numbered(reports):
        for issue in each.model.issues:
            late = issue.is_open and issue.due is not None and issue.due < each.report.today
            where = each.report.connection, each.model.name, issue.version
            told = issue.number, issue.title, issue.severity, issue.state, _yes(issue.is_open), issue.due, _yes(late)
            yield (each.number, each.row_of(issue.version), *where, *told, issue.assignee, issue.url)


def findings_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each finding, the most severe of each connection first."""
    return Table("findings", "Findings", FINDINGS, _numbered(_findings(reports)))


def _findings(reports: Sequence[InventoryReport]) -> Iterator[tuple[Cell, ...]]:
    rows: dict[tuple[int, str], int] = {}
    versions: dict[tuple[int, str, str], int] = {}
    for each in numbered(reports):
        rows[id(each.report), each.model.name] = each.number
        versions |= {(id(each.report), each.model.name, one.version): row for row, one in each.versions}
    for report in reports:
        for finding in report.findings:
            model_id = rows.get((id(report), finding.model))
            version_id = versions.get((id(report), finding.model, finding.version or ""))
            yield (model_id, version_id, report.connection, *finding_cells(finding))


def finding_cells(finding: Finding) -> tuple[Cell, ...]:
    """What a finding's row says from its severity on."""
    waiver = finding.waiver
    accepted = (waiver.reason, waiver.by, waiver.expires) if waiver else (None, None, None)
    title = TITLES.get(finding.control, "")
    told = finding.severity, finding.control, title, finding.model, finding.version, finding.seen, finding.remedy
    return (*told, BASIS.get(finding.control), _yes(waiver is not None), *accepted)


def approvals_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each step of each version's approval."""
    return Table("approvals", "Approvals", APPROVALS, _numbered(_approvals(reports)))


def _approvals(reports: Sequence[InventoryReport]) -> Iterator[tuple[Cell, ...]]:
    for each in numbered(reports):
        for row, version in each.versions:
            for position, step in enumerate(version.approval_chain, 1):
                where = each.report.connection, each.model.name, version.version
                told = step.step, step.name, step.role, step.time, step.decision, step.comment, step.link
                yield (each.number, row, *where, position, *told)


def fields_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each field: what it means, whose it is, who asks for it."""
    return Table("fields", "Fields", FIELDS, _numbered(_fields(reports)))


def _fields(reports: Sequence[InventoryReport]) -> Iterator[tuple[Cell, ...]]:
    for report in reports:
        for level in (Entity.MODEL, Entity.VERSION):
            for field in report.inventory.fields.get(level, ()):
                declared = report.declared.get(field.name)
                yield (
                    report.connection,
                    str(level),
                    field.name,
                    title_of(field.name),
                    declared.description if declared else None,
                    asked_for(field.asked_by) or None,
                    _required(report, field),
                    str(field.owner),
                    str(field.type),
                    ", ".join(field.values) or None,
                    ", ".join(map(str, field.locations)) or None,
                )


def _required(report: InventoryReport, field: Field) -> str | None:
    tiers = {tier: names for tier, names in report.inventory.required.items() if tier is not None}
    asking = [str(tier) for tier, names in tiers.items() if field.name in names]
    return "every tier" if asking and len(asking) == len(tiers) else ", ".join(asking) or None


def values_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each field of each model and version that either side holds a value of."""
    return Table("field_values", "Values of the fields", VALUES, _numbered(_values(reports)))


def _values(reports: Sequence[InventoryReport]) -> Iterator[tuple[Cell, ...]]:
    for each in numbered(reports):
        fields = each.report.inventory.fields
        sides = each.model.registry or {}, each.model.grc or {}
        for field in fields.get(Entity.MODEL, ()):
            held = tuple(side.get(field.name) for side in sides)
            if held != (None, None):
                yield (each.number, None, field.name, *held)
        for row, version in each.versions:
            sides = version.registry or {}, version.grc or {}
            for field in fields.get(Entity.VERSION, ()):
                held = tuple(side.get(field.name) for side in sides)
                if held != (None, None):
                    yield (each.number, row, field.name, *held)


def _numbered(rows: Iterator[tuple[Cell, ...]]) -> Iterator[tuple[Cell, ...]]:
    return ((number, *row) for number, row in enumerate(rows, 1))


def _yes(holds: bool) -> str:  # noqa: FBT001 - a cell's text
    return "yes" if holds else "no"
