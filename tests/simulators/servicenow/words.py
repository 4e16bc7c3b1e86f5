"""The tenant's columns and values in the mock GRC's vocabulary, both ways.

Written from the tenant alone: it shares nothing with ``mappings/servicenow.yaml``, so that a mistake in one shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from connector.mock.catalog import APPROVALS as APPROVALS_KIND
from connector.mock.catalog import ISSUES as ISSUES_KIND
from connector.mock.catalog import MODELS as MODELS_KIND
from connector.mock.catalog import VERSIONS as VERSIONS_KIND
from connector.mock.schema import USERS as USERS_KIND
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

Read: TypeAlias = Callable[[Store, str], Any]
Write: TypeAlias = Callable[[Store, Any], str]


@dataclass(frozen=True)
class Word:
    """A column, and how its text is read as the mock's value and written from it."""

    column: str
    read: Read
    write: Write
    empty: Callable[[], Any] | None = None


def _text(column: str) -> Word:
    return Word(column, lambda _, text: text, lambda _, value: str(value))


def _integer(column: str) -> Word:
    return Word(column, lambda _, text: int(text), lambda _, value: str(value))


def _flag(column: str) -> Word:
    return Word(column, lambda _, text: text == "true", lambda _, value: str(bool(value)).lower())


def _json(column: str, empty: Callable[[], Any]) -> Word:
    def read(_: Store, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            return text

    return Word(column, read, lambda _, value: json.dumps(value, ensure_ascii=False) if value else "", empty)


def _choice(column: str, labels: Mapping[str, str]) -> Word:
    """``labels``: the column's value to the mock's. A value that neither names stands for itself."""
    values = {label: value for value, label in labels.items()}
    return Word(column, lambda _, text: labels.get(text, text), lambda _, value: values.get(value, str(value)))


def _user(column: str) -> Word:
    return Word(column, lambda store, text: _email(store, text), lambda store, value: user_id(store, value))


def _time(column: str) -> Word:
    return Word(
        column, lambda _, text: f"{text.replace(' ', 'T')}Z", lambda _, value: str(value)[:19].replace("T", " ")
    )


def _day(column: str) -> Word:
    """A date that the platform keeps as a time."""
    return Word(column, lambda _, text: text[:10], lambda _, value: f"{value} 00:00:00")


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
        name: _text(f"u_{name}")
        for name in ("external_key", "connector_instance", "registry", "registry_name", "description", "assumptions")
    },
    "registry_created": _integer("u_registry_created"),
    "limitations": _json("u_limitations", list),
    "lifecycle_status": _choice("u_lifecycle_status", _LIFECYCLE),
    "approval_status": _choice("u_approval_status", DECISIONS),
    "approved_by": _user("u_approved_by"),
    "approval_date": _text("u_approval_date"),
    "approval_expiry": _text("u_approval_expiry"),
    "conditions": _text("u_conditions"),
    "approval_chain": _json("u_approval_chain", list),
}
_MODEL: dict[str, Word] = {
    **_SHARED,
    **{
        name: _text(f"u_{name}")
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
    **{name: _json(f"u_{name}", list) for name in ("regulatory_scope", "products", "approved_uses", "dependencies")},
    **{name: _user(f"u_{name}") for name in ("model_owner", "reviewer", "developer", "developer_proposed")},
    "classification": _choice(
        "u_classification", {"model": "Model", "non_model": "Non-Model", "euc": "EUC", "genai": "Generative AI"}
    ),
    "tier": _choice("u_risk_classification", _TIERS),
    "materiality": _choice("u_materiality", _LEVELS),
    "complexity": _choice("u_complexity", _LEVELS),
    "review_frequency": _integer("u_review_frequency"),
    "exceptions": _json("u_exceptions", list),
    "retention": _integer("u_retention"),
}
_VERSION: dict[str, Word] = {
    "model": _text("u_model"),
    "version": _text("u_version"),
    **_SHARED,
    **{
        name: _text(f"u_{name}")
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
    **{name: _json(f"u_{name}", list) for name in ("use_restrictions", "data_sources", "production_aliases")},
    **{name: _json(f"u_{name}", dict) for name in ("metrics", "fairness_metrics", "monitoring_evidence")},
    **{name: _choice(f"u_{name}", _GATES) for name in ("validation_status", "independent_validation", "security_scan")},
    **{name: _choice(f"u_{name}", _REVIEWS) for name in ("compliance_review", "business_approval")},
    "technique": _choice("u_technique", _TECHNIQUES),
    "validator": _user("u_validator"),
    "deployment_tier": _choice("u_deployment_tier", _PLACES),
    "deployed_at": _time("u_deployed_at"),
    "last_updated": _time("u_last_updated"),
    "monitoring_status": _choice("u_monitoring_status", _LIGHTS),
}
_ISSUE: dict[str, Word] = {
    "number": _text("number"),
    "title": _text("short_description"),
    "severity": _choice("priority", _SEVERITIES),
    "state": _choice("state", _STATES),
    "due_date": _day("due_date"),
    "assignee": _user("assigned_to"),
    "model": _text("u_model"),
    "version": _text("u_model_version"),
    "remediation_plan": _text("u_remediation_plan"),
    "opened": _time("opened_at"),
    "closed": _time("closed_at"),
    "description": _text("description"),
}
_STEP: dict[str, Word] = {
    "step": _integer("u_step"),
    "role": _text("u_role"),
    "time": _time("u_decided_on"),
    "decision": _choice("u_decision", DECISIONS),
    "comment": _text("u_comment"),
    "link": _text("u_link"),
}
_PERSON: dict[str, Word] = {
    "email": _text("email"),
    "name": _text("name"),
    "role": _text("title"),
    "active": _flag("active"),
}
_AI_MODEL: dict[str, Word] = {
    "registry_name": _text("display_name"),
    "external_key": _text("external_ref_id"),
    "model_owner": _user("managed_by"),
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
    return {name: _read(store, word, row[word.column]) for name, word in WORDS[table].items()}


def told_values(store: Store, table: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the body of a write sets; a column without a word goes by its own name."""
    fields = {word.column: (name, word) for name, word in WORDS.get(table, {}).items()}
    told: dict[str, Any] = {}
    for column, raw in body.items():
        name, word = fields.get(column, (column, None))
        text = "" if raw is None else raw
        told[name] = _read(store, word, text) if word and isinstance(text, str | int | float) else raw
    return told


def native(store: Store, table: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The columns that hold these values. KeyError for a field that has none."""
    words = WORDS[table]
    return {
        words[name].column: "" if value is None or value == "" else words[name].write(store, value)
        for name, value in values.items()
    }


def user_id(store: Store, email: str) -> str:
    """The sys_id of the user with an e-mail; KeyError where there is none."""
    wanted = str(email).casefold()
    found = next((row["sys_id"] for row in store.rows(USERS) if row["email"].casefold() == wanted), None)
    if found is None:
        raise KeyError(f"{email} is not a user's e-mail")
    return found


def _read(store: Store, word: Word, text: Any) -> Any:
    if text == "":
        return word.empty() if word.empty else None
    try:
        return word.read(store, str(text))
    except ValueError:
        return text


def _email(store: Store, text: str) -> str:
    row = store.row(USERS, text)
    return row["email"] if row else text
