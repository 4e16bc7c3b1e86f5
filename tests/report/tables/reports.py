"""An inventory of three models with whatever texts a test wants in every field that people write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from connector.controls import ApprovalStep, Finding, Inventory, JoinedIssue, JoinedModel, JoinedVersion, Waiver
from connector.mapping.inventory import default_inventory
from connector.mapping.profile import load_profile
from connector.model.fields import Entity, Field, FieldType, Owner
from connector.report.inventory import InventoryReport
from connector.report.rows import FieldRow, ObjectRow, Report, Status

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
TAKEN = "2026-04-01T08:30:00.000Z"


def fields_of(level: Entity) -> tuple[Field, ...]:
    """Every canonical field of the packaged inventory, and one of a bank that would be called as a column of ours."""
    found = tuple(
        Field(name, one.type, one.owner, level, values=one.values, asked_by=one.asked_by)
        for name, one in default_inventory().at(level)
        if not one.derived
    )
    return (
        *found,
        Field("id", FieldType.STRING, Owner.GRC, level),
        Field("version", FieldType.STRING, Owner.GRC, level),
    )


def a_report(text: str = "text", connection: str = "bank") -> InventoryReport:
    """One connection: a model in production with two versions, one of the GRC alone, a decommissioned one."""
    texts = {one.name: text for one in fields_of(Entity.MODEL) if one.type in (FieldType.TEXT, FieldType.STRING)}
    grc = {
        **texts,
        "url": text,
        "risk_classification": "high",
        "model_owner": text,
        "lifecycle_status": "in_use",
        "next_review_due": "2026-09-30",
        "review_frequency": "12",
    }
    first = JoinedVersion(
        "1",
        {"description": text, "identity.version": "1"},
        {"approval_status": "approved", "approved_by": text, "approval_expiry": "2026-03-31", "conditions": text},
        "V1",
        created="2026-01-01T00:00:00.000Z",
        approval_chain=(ApprovalStep(text, text, text, "2026-02-01T00:00:00.000Z", text, text, text),),
    )
    second = replace(
        first,
        version="2",
        grc={**(first.grc or {}), "approval_expiry": "2026-12-31", "approval_date": "2026-02-02"},
        record_id="V2",
        production=True,
        aliases=("champion", "production"),
    )
    issues = (
        JoinedIssue(f"F-1 {text}", text, "high", "open", "2026-03-01", text, text, version="2"),
        JoinedIssue("F-2", text, "low", "open", "2026-06-01"),
        JoinedIssue("F-3", text, "critical", "closed", "2026-02-01"),
    )
    model = JoinedModel(text, {**texts, "identity.name": text}, grc, "M1", versions=(first, second), issues=issues)
    alone = JoinedModel("a sheet", None, {"purpose": text}, "M2")
    findings = (
        Finding("C01", "critical", text, "2", text, text),
        Finding("C13", "medium", text, None, text, text, Waiver("C13", text, None, text, text, "2026-12-31")),
    )
    inventory = Inventory(
        (model, alone),
        "2026-04-01",
        required={None: ("purpose",), "high": ("purpose", "developer"), "low": ("purpose",)},
        fields={level: fields_of(level) for level in (Entity.MODEL, Entity.VERSION)},
    )
    profile = load_profile("sr-11-7")
    declared = default_inventory().fields
    return InventoryReport(connection, "main", TAKEN, (), inventory, profile, findings, None, "abc", declared=declared)


def a_reconciliation(text: str = "text") -> Report:
    """One connection with an object that differs, one that agrees, one of the GRC alone, and findings."""
    rows = (FieldRow("purpose", text, text, Status.DIFFER, text, text), FieldRow("tier", "a", "a", Status.AGREE))
    objects = (
        ObjectRow(Entity.MODEL, text, None, text, text, Status.DIFFER, fields=rows),
        ObjectRow(Entity.VERSION, text, "1", text, text, Status.AGREE, fields=rows[1:]),
        ObjectRow(Entity.MODEL, "a sheet", None, "grc:M2", "M2", Status.ONLY_GRC, text),
    )
    counts = {"objects": {"differ": 1, "agree": 1, "only-in-grc": 1}, "fields": {"differ": 1, "agree": 2}}
    report = a_report(text)
    return Report("bank", TAKEN, True, (), objects, counts, {"conflicts": 1, "withheld": 0}, report.findings, text)
