"""The tenant: a bank's instance as ``docs/platforms/servicenow.md`` has its admin set it up.

Two tables of the bank's own, ``u_model_inventory`` (a row per model) and ``u_model_version`` (a row per version), and a
few columns on three of the vendor's, ``sn_grc_issue``, ``sysapproval_approver`` and ``alm_ai_model_digital_asset``.
A column is named ``u_`` and the canonical field (mappings/inventory.yaml), unless the platform has one of its own.

=====================  ==========================================================================================
canonical type         column
=====================  ==========================================================================================
string                 String, 255 unless stated below
text                   String, 4000
choice                 Choice; tier, materiality and complexity hold the usual figures (``1`` is the most severe),
                       every other choice the canonical word; labels are for people
user                   Reference to ``sys_user``; its value is a sys_id
date, time             Date; Date/Time, in UTC
integer                Integer
list, map              String, 8000, that holds a JSON array or object
=====================  ==========================================================================================

Not Integer but String: ``u_registry_created`` (epoch milliseconds do not fit 32 bits). ``u_external_key`` has 255
characters, the most that a unique index takes. What is longer than its column is cut without a word [memory].

An issue names what it is about in ``u_model`` and ``u_model_version``; severity is ``priority`` (1 to 4), an accepted
risk is ``state`` 4. Its due date is a Date/Time, as of every task [memory]; the plan stands in ``u_remediation_plan``.

A decision leaves a row in ``sysapproval_approver``: ``document_id`` is the version's sys_id (the model's where one
version is governed), ``source_table`` its table, ``state`` what the vendor's workflow knows (approved, rejected,
cancelled), ``u_decision`` the canonical word. Its comment can be read in ``u_comment``: ``comments`` is a journal.
"""

from __future__ import annotations

from dataclasses import replace

from tests.simulators.servicenow import vendor
from tests.simulators.servicenow.dictionary import (
    Column,
    Table,
    choice,
    date,
    reference,
    text,
    time,
    user,
    whole,
)

MODELS, VERSIONS = "u_model_inventory", "u_model_version"
ISSUES, APPROVERS, USERS = "sn_grc_issue", "sysapproval_approver", "sys_user"
JSON_LENGTH = 8000

TIERS = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Medium", "4": "4 - Low"}
LEVELS = {"1": "High", "2": "Medium", "3": "Low"}
CLASSIFICATION = {"model": "Model", "non_model": "Non-model", "euc": "End-user computing", "genai": "Generative AI"}
LIFECYCLE = {
    "proposed": "Proposed",
    "in_development": "In development",
    "in_review": "In review",
    "approved": "Approved",
    "in_use": "In use",
    "restricted": "Restricted",
    "suspended": "Suspended",
    "decommissioned": "Decommissioned",
}
DECISIONS = {
    "not_submitted": "Not submitted",
    "pending": "Pending approval",
    "approved": "Approved",
    "conditional": "Approved with conditions",
    "provisional": "Provisional use",
    "rejected": "Rejected",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
}
TECHNIQUES = {
    "statistical": "Statistical",
    "ml": "Machine learning",
    "rules": "Rules-based",
    "expert": "Expert judgement",
    "vendor": "Vendor",
    "llm": "Large language model",
}
GATES = {"pending": "Pending", "passed": "Passed", "failed": "Failed"}
REVIEWS = {"pending": "Pending", "approved": "Approved", "rejected": "Rejected"}
DEPLOYMENT = {"dev": "Development", "staging": "Staging", "production": "Production"}
MONITORING = {"red": "Red", "yellow": "Amber", "green": "Green", "none": "Not monitored"}


def _json(name: str, label: str) -> Column:
    return text(name, label, JSON_LENGTH)


_IDENTITY = (
    text("u_external_key", "External key", 255),
    text("u_connector_instance", "Connector instance", 100),
    text("u_registry", "Registry", 1000),
    text("u_registry_name", "Registry name", 500),
    text("u_registry_created", "Registry created (ms)", 20),
)
_APPROVAL = (
    user("u_approved_by", "Approved by"),
    date("u_approval_date", "Approval date"),
    date("u_approval_expiry", "Approval expiry"),
    text("u_conditions", "Conditions"),
    _json("u_approval_chain", "Approval chain"),
)
_STATED = (
    text("u_description", "Description"),
    text("u_assumptions", "Assumptions"),
    _json("u_limitations", "Limitations"),
    choice("u_lifecycle_status", "Lifecycle status", LIFECYCLE),
)

MODEL_TABLE = Table(
    MODELS,
    "Model inventory",
    (
        *_IDENTITY,
        *_STATED,
        text("u_purpose", "Purpose"),
        choice("u_classification", "Classification", CLASSIFICATION),
        _json("u_regulatory_scope", "Regulatory scope"),
        _json("u_products", "Products"),
        _json("u_approved_uses", "Approved uses"),
        _json("u_dependencies", "Dependencies"),
        user("u_model_owner", "Model owner"),
        user("u_reviewer", "Reviewer"),
        user("u_developer", "Developer"),
        user("u_developer_proposed", "Developer (proposed)"),
        choice("u_risk_classification", "Risk classification", TIERS),
        date("u_tier_confirmed_on", "Tier confirmed on"),
        text("u_tier_override_reason", "Tier override reason"),
        choice("u_materiality", "Materiality", LEVELS),
        choice("u_complexity", "Complexity", LEVELS),
        date("u_last_validated", "Last validated"),
        date("u_next_review_due", "Next review due"),
        whole("u_review_frequency", "Review frequency (months)"),
        _json("u_exceptions", "Exceptions"),
        text("u_allowed_changes", "Allowed changes"),
        whole("u_retention", "Retention (months)"),
        date("u_decommissioned_at", "Decommissioned at"),
        text("u_replacement", "Replacement", 255),
        text("u_governed_version", "Governed version", 50),
        choice("u_approval_status", "Approval status", DECISIONS),
        *_APPROVAL,
    ),
    display="u_registry_name",
)
VERSION_TABLE = Table(
    VERSIONS,
    "Model version",
    (
        reference("u_model", "Model", MODELS),
        text("u_version", "Version", 50),
        *_IDENTITY,
        *_STATED,
        _json("u_use_restrictions", "Use restrictions"),
        text("u_operating_boundaries", "Operating boundaries"),
        choice("u_technique", "Technique", TECHNIQUES),
        _json("u_data_sources", "Data sources"),
        text("u_data_version", "Data version"),
        text("u_data_schema_hash", "Data schema hash", 255),
        text("u_source_run", "Source run", 255),
        text("u_code_commit", "Code commit", 255),
        text("u_framework", "Framework", 255),
        text("u_schema", "Schema"),
        _json("u_metrics", "Metrics"),
        _json("u_fairness_metrics", "Fairness metrics"),
        choice("u_approval_status", "Approval status", DECISIONS, "not_submitted"),
        *_APPROVAL,
        choice("u_validation_status", "Validation status", GATES),
        choice("u_independent_validation", "Independent validation", GATES),
        user("u_validator", "Validator"),
        choice("u_compliance_review", "Compliance review", REVIEWS),
        choice("u_business_approval", "Business approval", REVIEWS),
        choice("u_security_scan", "Security scan", GATES),
        choice("u_deployment_tier", "Deployment tier", DEPLOYMENT),
        _json("u_production_aliases", "Production aliases"),
        time("u_deployed_at", "Deployed at"),
        time("u_last_updated", "Last updated"),
        text("u_approved_digest", "Approved digest", 255),
        _json("u_monitoring_evidence", "Monitoring evidence"),
        choice("u_monitoring_status", "Monitoring status", MONITORING),
    ),
    display="u_version",
)
ISSUE_TABLE = Table(
    ISSUES,
    "Issue",
    (
        choice("state", "State", vendor.ISSUE_STATES, "1"),
        reference("issue_rating", "Issue rating", "sn_grc_issue_rating"),
        reference("item", "Item", "sn_grc_item"),
        reference("u_model", "Model", MODELS),
        reference("u_model_version", "Model version", VERSIONS),
        reference("u_ai_model", "AI model", vendor.AI_MODEL.name),
        text("u_remediation_plan", "Remediation plan"),
        text("u_external_key", "External key", 255),
    ),
    vendor.TASK,
    "number",
    "ISS",
)
APPROVER_TABLE = Table(
    APPROVERS,
    "Approval",
    (
        *vendor.APPROVER_COLUMNS,
        whole("u_step", "Step"),
        text("u_role", "Role", 100),
        choice("u_decision", "Decision", DECISIONS),
        time("u_decided_on", "Decided on"),
        text("u_comment", "Comment"),
        text("u_link", "Link", 1000),
    ),
)
ASSET_TABLE = replace(
    vendor.AI_MODEL,
    own=(
        *vendor.AI_MODEL.own,
        *(column for column in _IDENTITY if column.name != "u_external_key"),
        text("u_governed_version", "Governed version", 50),
        text("u_description", "Description"),
        text("u_purpose", "Purpose"),
        text("u_conditions", "Conditions"),
        _json("u_regulatory_scope", "Regulatory scope"),
        _json("u_limitations", "Limitations"),
        date("u_next_review_due", "Next review due"),
    ),
)
"""The vendor's AI model inventory, its key a column of its own: ``external_ref_id``."""
OWN = (MODEL_TABLE, VERSION_TABLE, ISSUE_TABLE, APPROVER_TABLE, ASSET_TABLE)
TABLES = {table.name: table for table in (*vendor.SHIPPED, *OWN)}
"""Every table of the instance by name."""
