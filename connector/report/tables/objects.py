"""A row for each model and for each version: the headlines first, then every field, group by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connector.controls import JoinedIssue, JoinedVersion
from connector.mapping.inventory import InventoryField
from connector.model.fields import Entity, Field, FieldType
from connector.report.inventory import InventoryReport, earliest_of, is_in_force, worst_of
from connector.report.tables.numbering import ID, MODEL_ID, Numbered, numbered
from connector.report.tables.regimes import field_columns
from connector.report.tables.table import Cell, Column, Table

HEADLINES = "At a glance"
OWN_KEY = "field_"
"""Before the name of a bank's own field whose name another column bears already."""
_DATE, _NUMBER, _TEXT, _USER = FieldType.DATE, FieldType.INTEGER, FieldType.TEXT, FieldType.USER


def _head(key: str, title: str, type: FieldType = FieldType.STRING, width: int = 16) -> Column:  # noqa: A002
    return Column(key, title, HEADLINES, type, width)


_COMMON = (_head("connection", "Connection"), _head("registry_label", "Registry"), _head("model", "Model", width=30))
_RECORD = (
    _head("record_id", "GRC record"),
    _head("record_url", "Record address", width=30),
    _head("in_mlflow", "In MLflow", width=10),
)
_WAITING = (
    _head("open_issues", "Open issues", _NUMBER, 12),
    _head("max_issue_severity", "Most severe issue", width=12),
    _head("next_remediation_due", "Next remediation due", _DATE, 12),
    _head("findings", "Findings", _NUMBER, 10),
)
MODEL_HEAD = (
    *_COMMON,
    *_RECORD,
    _head("lifecycle_status", "Lifecycle status"),
    _head("risk_classification", "Tier", width=10),
    _head("model_owner", "Model owner", _USER, 26),
    _head("production_versions", "Versions in production", width=26),
    _head("production_approval", "Their approval", width=26),
    _head("next_review_due", "Next review due", _DATE, 12),
    *_WAITING,
)
VERSION_HEAD = (
    *_COMMON,
    _head("version", "Version", width=8),
    *_RECORD,
    _head("created", "Registered at", FieldType.TIME, 24),
    _head("production_aliases", "Production aliases", width=20),
    _head("approval_in_force", "Approval in force", width=10),
    _head("approval_status", "Approval", width=14),
    _head("approved_by", "Approved by", _USER, 26),
    _head("approval_date", "Approved on", _DATE, 12),
    _head("approval_expiry", "Approval ends", _DATE, 12),
    _head("conditions", "Conditions", _TEXT, 30),
    _head("tier", "Tier of the model", width=10),
    _head("owner", "Owner of the model", _USER, 26),
    _head("next_review", "Next review of the model", _DATE, 12),
    *_WAITING,
)


@dataclass(frozen=True, slots=True)
class Level:
    """The columns of one kind of object, and the names of the fields that fill those behind the headlines."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]


def level_of(reports: Sequence[InventoryReport], entity: Entity) -> Level:
    """The columns of models, or of versions, over all connections."""
    keys, head = ((ID,), MODEL_HEAD) if entity is Entity.MODEL else ((ID, MODEL_ID), VERSION_HEAD)
    fields: dict[str, Field] = {}
    declared: dict[str, InventoryField] = {}
    for report in reports:
        fields |= {one.name: one for one in report.inventory.fields.get(entity, ()) if one.name not in fields}
        declared |= report.declared
    columns = field_columns(list(fields.values()), declared, _SHOWN[entity])
    taken = {column.key for column in (ID, MODEL_ID, *MODEL_HEAD, *VERSION_HEAD)} - set().union(*_SHOWN.values())
    renamed = (replace(one, key=OWN_KEY + one.key) if one.key in taken else one for one in columns)
    return Level((*keys, *head, *renamed), tuple(column.key for column in columns))


_SHOWN = {
    Entity.MODEL: {"lifecycle_status", "risk_classification", "model_owner", "next_review_due"},
    Entity.VERSION: {
        "production_aliases", "approval_status", "approved_by", "approval_date", "approval_expiry", "conditions",
    },
}  # fmt: skip
"""The fields that stand among the headlines."""


def models_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each model."""
    level = level_of(reports, Entity.MODEL)

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in numbered(reports):
            yield (each.number, *_model_head(each), *map(each.model.field, level.names))

    return Table("models", "Models", level.columns, rows())


def versions_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each version."""
    level = level_of(reports, Entity.VERSION)

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in numbered(reports):
            for number, version in each.versions:
                yield (number, each.number, *_version_head(each, version), *map(version.field, level.names))

    return Table("versions", "Versions", level.columns, rows())


def objects_table(reports: Sequence[InventoryReport]) -> Table:
    """A row for each model and, behind it, for each of its versions: for a file that holds one table."""
    models, versions = (level_of(reports, entity) for entity in (Entity.MODEL, Entity.VERSION))
    columns = [column for column in VERSION_HEAD if column.key not in ("tier", "owner", "next_review")]
    known = {column.key for column in columns}
    for column in (*models.columns, *versions.columns):
        if not column.internal and column.key not in known | {"tier", "owner", "next_review"}:
            columns.append(column)
            known.add(column.key)
    return Table("inventory", "Inventory", (_LEVEL, *columns), _both(reports, models, versions, columns))


_LEVEL = Column("level", "Level", HEADLINES, width=10)


def _both(
    reports: Sequence[InventoryReport], models: Level, versions: Level, columns: Sequence[Column]
) -> Iterator[tuple[Cell, ...]]:
    model_keys, version_keys = ([one.key for one in level.columns if not one.internal] for level in (models, versions))
    for each in numbered(reports):
        cells = (*_model_head(each), *map(each.model.field, models.names))
        told = dict(zip(model_keys, cells, strict=True))
        yield ("model", *(told.get(column.key) for column in columns))
        for _, version in each.versions:
            cells = (*_version_head(each, version), *map(version.field, versions.names))
            of_version = dict(zip(version_keys, cells, strict=True))
            # Of the model's own columns those are repeated that one sorts and filters its versions by.
            of_version |= {name: told[name] for name in ("risk_classification", "model_owner", "next_review_due")}
            yield ("version", *(of_version.get(column.key) for column in columns))


def _model_head(each: Numbered) -> tuple[Cell, ...]:
    report, model = each.report, each.model
    production = model.in_production
    return (
        report.connection,
        report.registry,
        model.name,
        model.record_id,
        (model.grc or {}).get("url"),
        "yes" if model.registry is not None else "no",
        model.field("lifecycle_status"),
        model.field("risk_classification"),
        model.field("model_owner"),
        ", ".join(f"{version.version} ({', '.join(version.aliases)})" for version in production) or None,
        ", ".join(_approval_words(version, report.today) for version in production) or None,
        model.field("next_review_due"),
        *_waiting(report, model.issues),
        sum(each.found.values()),
    )


def _version_head(each: Numbered, version: JoinedVersion) -> tuple[Cell, ...]:
    report, model = each.report, each.model
    decided = version.grc or {}
    return (
        report.connection,
        report.registry,
        model.name,
        version.version,
        version.record_id,
        decided.get("url"),
        "yes" if version.registry is not None else "no",
        version.created,
        ", ".join(version.aliases) or None,
        "yes" if is_in_force(version, report.today) else "no",
        *(decided.get(name) for name in ("approval_status", "approved_by", "approval_date", "approval_expiry")),
        decided.get("conditions"),
        model.field("risk_classification"),
        model.field("model_owner"),
        model.field("next_review_due"),
        *_waiting(report, tuple(issue for issue in model.issues if issue.version == version.version)),
        each.found.get(version.version, 0),
    )


def _approval_words(version: JoinedVersion, today: str) -> str:
    status = (version.grc or {}).get("approval_status") or "not recorded"
    return f"{version.version}: {status}" + ("" if is_in_force(version, today) else ", not in force")


def _waiting(report: InventoryReport, issues: tuple[JoinedIssue, ...]) -> tuple[Cell, ...]:
    if not report.with_issues:
        return None, None, None
    waiting = tuple(issue for issue in issues if issue.is_open)
    return len(waiting), worst_of(waiting), earliest_of(waiting)
