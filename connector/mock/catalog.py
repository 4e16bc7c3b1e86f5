"""The kinds of record this GRC keeps, field by field, with the labels a risk function would use."""

from __future__ import annotations

from collections.abc import Iterable

from connector.mock.schema import USERS, FieldSpec, Kind, Type
from connector.mock.users import Role

MODELS = "models"
VERSIONS = "versions"
ISSUES = "issues"
APPROVALS = "approvals"
TEXT = 4_000
"""Longest text, in characters."""

TIERS = ("1 - Critical", "2 - High", "3 - Medium", "4 - Low")
LIFECYCLE = (
    "Proposed",
    "In Development",
    "In Review",
    "Approved",
    "In Use",
    "Restricted",
    "Suspended",
    "Decommissioned",
)
NOT_SUBMITTED, PENDING = "Not Submitted", "Pending Approval"
APPROVAL_STATES = (
    NOT_SUBMITTED,
    PENDING,
    "Approved",
    "Approved with Conditions",
    "Provisional Use",
    "Rejected",
    "Expired",
    "Withdrawn",
)
CLOSED, OPEN = "Closed", "Open"
ISSUE_STATES = (OPEN, "In Remediation", "Pending Validation", CLOSED, "Risk Accepted")
SEVERITIES = ("Critical", "High", "Moderate", "Low")
TECHNIQUES = ("Statistical", "Machine Learning", "Rules-Based", "Expert Judgement", "Vendor", "LLM")
LEVELS = ("Low", "Medium", "High")
GATES = ("Pending", "Passed", "Failed")
REVIEWS = ("Pending", "Approved", "Rejected")


def _text(name: str, *, required: bool = False) -> FieldSpec:
    return FieldSpec(name, max_length=TEXT, required=required)


def _choice(name: str, choices: Iterable[str], *, required: bool = False) -> FieldSpec:
    return FieldSpec(name, Type.CHOICE, choices=tuple(choices), required=required)


def _user(name: str) -> FieldSpec:
    return FieldSpec(name, Type.USER)


def _date(name: str) -> FieldSpec:
    return FieldSpec(name, Type.DATE)


def _list(name: str) -> FieldSpec:
    return FieldSpec(name, Type.LIST, max_length=TEXT)


def _map(name: str) -> FieldSpec:
    return FieldSpec(name, Type.MAP)


def _reference(name: str, kind: str, *, required: bool = False) -> FieldSpec:
    return FieldSpec(name, Type.REFERENCE, refers_to=kind, required=required)


_IDENTITY = (
    FieldSpec("external_key", max_length=1_000),
    FieldSpec("connector_instance"),
    FieldSpec("registry", max_length=1_000),
    FieldSpec("registry_name", max_length=500),
    FieldSpec("registry_created", Type.INTEGER),
)
_APPROVAL = (
    _choice("approval_status", APPROVAL_STATES),
    _user("approved_by"),
    _date("approval_date"),
    _date("approval_expiry"),
    _text("conditions"),
    FieldSpec("approval_chain", Type.OBJECTS, read_only=True),
)
_STATED = (_text("description"), _text("assumptions"), _list("limitations"), _choice("lifecycle_status", LIFECYCLE))

_MODEL = (
    *_IDENTITY,
    *_STATED,
    _text("purpose"),
    _choice("classification", ("Model", "Non-Model", "EUC", "Generative AI")),
    _list("regulatory_scope"),
    _list("products"),
    _list("approved_uses"),
    _list("dependencies"),
    _user("model_owner"),
    _user("reviewer"),
    _user("developer"),
    _user("developer_proposed"),
    _choice("tier", TIERS),
    _date("tier_confirmed_on"),
    _text("tier_override_reason"),
    _choice("materiality", LEVELS),
    _choice("complexity", LEVELS),
    _date("last_validated"),
    _date("next_review_due"),
    FieldSpec("review_frequency", Type.INTEGER),
    FieldSpec("exceptions", Type.OBJECTS),
    _text("allowed_changes"),
    FieldSpec("retention", Type.INTEGER),
    _date("decommissioned_at"),
    FieldSpec("replacement"),
    FieldSpec("governed_version", max_length=50),
    *_APPROVAL,
)
_VERSION = (
    _reference("model", MODELS, required=True),
    FieldSpec("version", max_length=50, required=True),
    *_IDENTITY,
    *_STATED,
    _list("use_restrictions"),
    _text("operating_boundaries"),
    _choice("technique", TECHNIQUES),
    _list("data_sources"),
    _text("data_version"),
    FieldSpec("data_schema_hash"),
    FieldSpec("source_run"),
    FieldSpec("code_commit"),
    FieldSpec("framework"),
    _text("schema"),
    _map("metrics"),
    _map("fairness_metrics"),
    *_APPROVAL,
    _choice("validation_status", GATES),
    _choice("independent_validation", GATES),
    _user("validator"),
    _choice("compliance_review", REVIEWS),
    _choice("business_approval", REVIEWS),
    _choice("security_scan", GATES),
    _choice("deployment_tier", ("DEV", "STG", "PROD")),
    _list("production_aliases"),
    FieldSpec("deployed_at", Type.TIME),
    FieldSpec("last_updated", Type.TIME),
    _text("approved_digest"),
    _map("monitoring_evidence"),
    _choice("monitoring_status", ("Green", "Amber", "Red", "Not Monitored")),
)
_ISSUE = (
    FieldSpec("number", read_only=True),
    FieldSpec("title", max_length=500, required=True),
    _choice("severity", SEVERITIES, required=True),
    _choice("state", ISSUE_STATES, required=True),
    _date("due_date"),
    _user("assignee"),
    _reference("model", MODELS),
    _reference("version", VERSIONS),
    _text("remediation_plan"),
    FieldSpec("opened", Type.TIME),
    FieldSpec("closed", Type.TIME),
    _text("description"),
    _text("resolution"),
    FieldSpec("external_key", max_length=1_000),
)
_STEP = (
    _reference("model", MODELS),
    _reference("version", VERSIONS),
    FieldSpec("step", Type.INTEGER, required=True),
    FieldSpec("name"),
    FieldSpec("role"),
    FieldSpec("time", Type.TIME),
    _choice("decision", APPROVAL_STATES, required=True),
    _text("comment"),
    FieldSpec("link", max_length=1_000),
)
_USER = (
    FieldSpec("email", required=True),
    FieldSpec("name", required=True),
    _choice("role", tuple(Role), required=True),
    FieldSpec("active", Type.BOOLEAN),
)


def _kind(name: str, prefix: str, specs: Iterable[FieldSpec]) -> Kind:
    return Kind(name, prefix, {spec.name: spec for spec in specs})


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(MODELS, "MDL", _MODEL),
        _kind(VERSIONS, "VER", _VERSION),
        _kind(ISSUES, "ISS", _ISSUE),
        _kind(APPROVALS, "APR", _STEP),
        _kind(USERS, "USR", _USER),
    )
}
