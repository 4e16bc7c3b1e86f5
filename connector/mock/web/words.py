"""What a risk officer calls each field, and in which groups a record is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.mock.catalog import ISSUES, KINDS, MODELS, VERSIONS
from connector.mock.schema import FieldSpec

SINGULAR: Mapping[str, str] = {MODELS: "model", VERSIONS: "version", ISSUES: "issue"}
_LABELS: Mapping[str, str] = {
    "external_key": "Key in the registry",
    "connector_instance": "Kept by connector",
    "registry_name": "Name in the registry",
    "registry_created": "Registered",
    "regulatory_scope": "Regulatory scope",
    "products": "Products and portfolios",
    "developer": "Developer",
    "developer_proposed": "Developer, as the team names them",
    "tier": "Risk tier",
    "tier_confirmed_on": "Tier confirmed on",
    "tier_override_reason": "Reason for the tier",
    "last_validated": "Last validated on",
    "next_review_due": "Next review due",
    "review_frequency": "Months between reviews",
    "exceptions": "Exceptions to policy",
    "allowed_changes": "Changes allowed without a new approval",
    "retention": "Months for which records are kept",
    "decommissioned_at": "Decommissioned on",
    "replacement": "Replaced by",
    "approval_status": "Approval",
    "approval_date": "Decided on",
    "approval_expiry": "Approved until",
    "conditions": "Conditions of the approval",
    "approval_chain": "Decisions so far",
    "data_schema_hash": "Fingerprint of the data schema",
    "source_run": "Training run",
    "schema": "Inputs and outputs",
    "validation_status": "Validation",
    "validator": "Validated by",
    "production_aliases": "In production as",
    "deployment_tier": "Deployed to",
    "deployed_at": "Deployed",
    "last_updated": "Last changed in the registry",
    "approved_digest": "Fingerprint of what was approved",
    "monitoring_evidence": "Monitoring figures",
    "monitoring_status": "Monitoring verdict",
    "due_date": "Due",
    "state": "State",
    "lifecycle_status": "Lifecycle",
}
"""Where the field's own name, with a capital and spaces, is not what people say."""

_GROUPS: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = {
    MODELS: (
        (
            "What it is for",
            (
                "description",
                "purpose",
                "classification",
                "products",
                "approved_uses",
                "regulatory_scope",
            ),
        ),
        (
            "Risk",
            ("tier", "tier_confirmed_on", "tier_override_reason", "materiality", "complexity"),
        ),
        ("People", ("model_owner", "developer", "developer_proposed", "reviewer")),
        ("Limits", ("assumptions", "limitations", "dependencies", "allowed_changes", "exceptions")),
        (
            "Lifecycle and review",
            (
                "lifecycle_status",
                "last_validated",
                "next_review_due",
                "review_frequency",
                "retention",
                "decommissioned_at",
                "replacement",
            ),
        ),
        (
            "Approval on the model itself",
            ("governed_version", "approval_status", "approved_by", "approval_date", "approval_expiry", "conditions"),
        ),
    ),
    VERSIONS: (
        ("Approval", ("approval_status", "approved_by", "approval_date", "approval_expiry", "conditions")),
        (
            "Reviews",
            (
                "validation_status",
                "independent_validation",
                "validator",
                "compliance_review",
                "business_approval",
                "security_scan",
            ),
        ),
        (
            "Use",
            (
                "lifecycle_status",
                "deployment_tier",
                "production_aliases",
                "deployed_at",
                "monitoring_status",
                "monitoring_evidence",
            ),
        ),
        (
            "What it is",
            (
                "description",
                "technique",
                "framework",
                "use_restrictions",
                "operating_boundaries",
                "assumptions",
                "limitations",
            ),
        ),
        (
            "Evidence",
            (
                "metrics",
                "fairness_metrics",
                "data_sources",
                "data_version",
                "data_schema_hash",
                "schema",
                "source_run",
                "code_commit",
                "approved_digest",
            ),
        ),
    ),
    ISSUES: (
        ("Issue", ("severity", "state", "due_date", "assignee", "opened", "closed")),
        ("What is to be done", ("description", "remediation_plan", "resolution")),
    ),
}
_IN_REGISTRY = ("registry", "registry_name", "registry_created", "last_updated", "external_key", "connector_instance")
_SHOWN_ELSEWHERE = frozenset({"approval_chain", "model", "version", "number", "title"})
"""In the heading, in a table of their own, or as a link."""
MILLISECONDS = frozenset({"registry_created"})
"""Integers that are moments, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are shown under one heading."""

    title: str
    specs: tuple[FieldSpec, ...]


def label(field: str) -> str:
    """What people call a field."""
    return _LABELS.get(field, field.replace("_", " ").capitalize())


def groups(kind: str) -> list[Group]:
    """The fields of a kind in the order in which people read them. One that no group names stands in the last."""
    specs = KINDS[kind].fields
    named = [*_GROUPS[kind], ("In the registry", tuple(name for name in _IN_REGISTRY if name in specs))]
    placed = _SHOWN_ELSEWHERE.union(*(names for _, names in named))
    left = tuple(name for name in specs if name not in placed)
    return [
        Group(title, tuple(specs[name] for name in names))
        for title, names in (*named, ("Further fields", left))
        if names
    ]
