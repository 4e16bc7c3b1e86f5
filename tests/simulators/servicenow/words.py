"""The tenant's columns and values in the mock GRC's vocabulary, both ways.

Written from the tenant alone: it shares nothing with ``mappings/servicenow.yaml``, so that a mistake in one shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.mock.catalog import APPROVALS as APPROVALS_KIND
from connector.mock.catalog import ISSUES as ISSUES_KIND
from connector.mock.catalog import MODELS as MODELS_KIND
from connector.mock.catalog import VERSIONS as VERSIONS_KIND
from connector.mock.schema import USERS as USERS_KIND
from tests.simulators.servicenow.codecs import Word, choice, day, flag, integer, json, read, text, time, user
from tests.simulators.servicenow.store import Row, Store
from tests.simulators.servicenow.tenant import APPROVERS, ISSUES, MODELS, USERS, VERSIONS
from tests.simulators.servicenow.vendor import AI_GOVERNANCE, AI_MODEL

TABLES: Mapping[str, str] = {
    MODELS_KIND: MODELS,
    VERSIONS_KIND: VERSIONS,
    ISSUES_KIND: ISSUES,
    APPROVALS_KIND: APPROVERS,
    USERS_KIND: USERS,
}
KINDS: Mapping[str, str] = {
    **{table: kind for kind, table in TABLES.items()},
    AI_MODEL.name: MODELS_KIND,
    AI_GOVERNANCE.name: MODELS_KIND,
}
"""The kind of a table's rows; other tables hold nothing that the mock has a word for."""

_LIFECYCLE = {
    "proposed": "Proposed",
    "in_development": "In Development",
    "in_review": "In Review",
    "approved": "Approved",
    "in_use": "In Use",
    "restricted": "Restricted",
    "suspended": "Suspended",
    "decommissioned": "Decommissioned",
}
DECISIONS = {
    "not_submitted": "Not Submitted",
    "pending": "Pending Approval",
    "approved": "Approved",
    "conditional": "Approved with Conditions",
    "provisional": "Provisional Use",
    "rejected": "Rejected",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
}
_TIERS = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Medium", "4": "4 - Low"}
_LEVELS = {"1": "High", "2": "Medium", "3": "Low"}
_TECHNIQUES = {
    "statistical": "Statistical",
    "ml": "Machine Learning",
    "rules": "Rules-Based",
    "expert": "Expert Judgement",
    "vendor": "Vendor",
    "llm": "LLM",
}
_GATES = {"pending": "Pending", "passed": "Passed", "failed": "Failed"}
_REVIEWS = {"pending": "Pending", "approved": "Approved", "rejected": "Rejected"}
_PLACES = {"dev": "DEV", "staging": "STG", "production": "PROD"}
_LIGHTS = {"green": "Green", "yellow": "Amber", "red": "Red", "none": "Not Monitored"}
_STATES = {
    "1": "Open",
    "2": "Open",
    "5": "In Remediation",
    "0": "Pending Validation",
    "3": "Closed",
    "4": "Risk Accepted",
}
_SEVERITIES = {"1": "Critical", "2": "High", "3": "Moderate", "4": "Low"}

_SHARED: dict[str, Word] = {
    **{
        name: text(f"u_{name}")
        for name in ("external_key", "connector_instance", "registry", "registry_name", "description", "assumptions")
    },
    "registry_created": integer("u_registry_created"),
    "limitations": json("u_limitations", list),
    "lifecycle_status": choice("u_lifecycle_status", _LIFECYCLE),
    "approval_status": choice("u_approval_status", DECISIONS),
    "approved_by": user("u_approved_by"),
    "approval_date": text("u_approval_date"),
    "approval_expiry": text("u_approval_expiry"),
    "conditions": text("u_conditions"),
    "approval_chain": json("u_approval_chain", list),
}
_MODEL: dict[str, Word] = {
    **_SHARED,
    **{
        name: text(f"u_{name}")
        for name in (
            "purpose",
            "tier_confirmed_on",
            "tier_override_reason",
            "last_validated",
            "next_review_due",
            "allowed_changes",
            "decommissioned_at",
            "replacement",
            "governed_version",
        )
    },
    **{name: json(f"u_{name}", list) for name in ("regulatory_scope", "products", "approved_uses", "dependencies")},
    **{name: user(f"u_{name}") for name in ("model_owner", "reviewer", "developer", "developer_proposed")},
    "classification": choice(
        "u_classification", {"model": "Model", "non_model": "Non-Model", "euc": "EUC", "genai": "Generative AI"}
    ),
    "tier": choice("u_risk_classification", _TIERS),
    "materiality": choice("u_materiality", _LEVELS),
    "complexity": choice("u_complexity", _LEVELS),
    "review_frequency": integer("u_review_frequency"),
    "exceptions": json("u_exceptions", list),
    "retention": integer("u_retention"),
}
_VERSION: dict[str, Word] = {
    "model": text("u_model"),
    "version": text("u_version"),
    **_SHARED,
    **{
        name: text(f"u_{name}")
        for name in (
            "operating_boundaries",
            "data_version",
            "data_schema_hash",
            "source_run",
            "code_commit",
            "framework",
            "schema",
            "approved_digest",
        )
    },
    **{name: json(f"u_{name}", list) for name in ("use_restrictions", "data_sources", "production_aliases")},
    **{name: json(f"u_{name}", dict) for name in ("metrics", "fairness_metrics", "monitoring_evidence")},
    **{name: choice(f"u_{name}", _GATES) for name in ("validation_status", "independent_validation", "security_scan")},
    **{name: choice(f"u_{name}", _REVIEWS) for name in ("compliance_review", "business_approval")},
    "technique": choice("u_technique", _TECHNIQUES),
    "validator": user("u_validator"),
    "deployment_tier": choice("u_deployment_tier", _PLACES),
    "deployed_at": time("u_deployed_at"),
    "last_updated": time("u_last_updated"),
    "monitoring_status": choice("u_monitoring_status", _LIGHTS),
}
_ISSUE: dict[str, Word] = {
    "number": text("number"),
    "title": text("short_description"),
    "severity": choice("priority", _SEVERITIES),
    "state": choice("state", _STATES),
    "due_date": day("due_date"),
    "assignee": user("assigned_to"),
    "model": text("u_model"),
    "version": text("u_model_version"),
    "remediation_plan": text("u_remediation_plan"),
    "opened": time("opened_at"),
    "closed": time("closed_at"),
    "description": text("description"),
    "external_key": text("u_external_key"),
    "resolution": text("close_notes"),
}
_STEP: dict[str, Word] = {
    "step": integer("u_step"),
    "role": text("u_role"),
    "time": time("u_decided_on"),
    "decision": choice("u_decision", DECISIONS),
    "comment": text("u_comment"),
    "link": text("u_link"),
}
_PERSON: dict[str, Word] = {
    "email": text("email"),
    "name": text("name"),
    "role": text("title"),
    "active": flag("active"),
}
_AI_MODEL: dict[str, Word] = {
    "registry_name": text("display_name"),
    "external_key": text("external_ref_id"),
    "model_owner": user("managed_by"),
}
WORDS: Mapping[str, Mapping[str, Word]] = {
    MODELS: _MODEL,
    VERSIONS: _VERSION,
    ISSUES: _ISSUE,
    APPROVERS: _STEP,
    USERS: _PERSON,
    AI_MODEL.name: _AI_MODEL,
}
"""By table: each of the mock's fields with its column."""


def column_of(table: str, name: str) -> str | None:
    """The column that holds the mock's field, or None."""
    word = WORDS.get(table, {}).get(name)
    return word.column if word else None


def told_row(store: Store, table: str, row: Row) -> dict[str, Any]:
    """Every field of a whole row."""
    return {name: read(store, word, row[word.column]) for name, word in WORDS[table].items()}


def told_values(store: Store, table: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the body of a write sets; a column without a word goes by its own name."""
    fields = {word.column: (name, word) for name, word in WORDS.get(table, {}).items()}
    told: dict[str, Any] = {}
    for column, raw in body.items():
        name, word = fields.get(column, (column, None))
        text = "" if raw is None else raw
        told[name] = read(store, word, text) if word and isinstance(text, str | int | float) else raw
    return told


def native(store: Store, table: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The columns that hold these values. KeyError for a field that has none."""
    words = WORDS[table]
    return {
        words[name].column: "" if value is None or value == "" else words[name].write(store, value)
        for name, value in values.items()
    }
