"""The tenant: where its administrator put each field of the three kinds of record, as docs/platforms/metricstream.md
says.

Which sections and field groups a body has is published; how a deployment's form names the fields in them is its own
affair. This table was written for the tenant alone and shares nothing with ``mappings/metricstream.yaml``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connector.mock.catalog import ISSUES, KINDS, MODELS, VERSIONS
from connector.mock.errors import Invalid
from connector.mock.schema import Type

ROUTES: Mapping[str, str] = {"grc/asset": MODELS, "cus/modelVersion": VERSIONS, "ism/issue": ISSUES}
"""The entities that hold the records. Versions are an object of the customer's own; no published entity fits them."""
REPORTS: Mapping[str, str] = {"aiModels": MODELS, "aiModelVersions": VERSIONS, "aiModelIssues": ISSUES}
"""Reports that the tenant publishes, in the place of the listing that the API does not document."""
ASSET_CLASS = "AI Model"

_IDENTITY = {
    "external_key": "Details.CorrelationKey",
    "connector_instance": "Details.ConnectorInstance",
    "registry": "Details.Registry",
    "registry_name": "Details.RegistryName",
    "registry_created": "Details.RegistryCreated",
}
_STATED = {
    "description": "Details.Description",
    "assumptions": "AdditionalDetails.Assumptions",
    "limitations": "AdditionalDetails.Limitations",
    "lifecycle_status": "Classification.LifecycleStatus",
}
_APPROVAL = {
    "approval_status": "Approvers.ApprovalStatus",
    "approved_by": "Approvers.ApprovedBy",
    "approval_date": "Dates.ApprovalDate",
    "approval_expiry": "Dates.ApprovalExpiry",
    "conditions": "Approvers.Conditions",
    "approval_chain": "Approvers.ApprovalChain",
}
PLACES: Mapping[str, Mapping[str, str]] = {
    MODELS: {
        **_IDENTITY,
        **_STATED,
        **_APPROVAL,
        "governed_version": "Details.GovernedVersion",
        "purpose": "Details.Purpose",
        "classification": "Classification.ModelClassification",
        "regulatory_scope": "Classification.RegulatoryScope",
        "tier": "Classification.RiskTier",
        "materiality": "Classification.Materiality",
        "complexity": "Classification.Complexity",
        "tier_confirmed_on": "Dates.TierConfirmedOn",
        "tier_override_reason": "AdditionalDetails.TierOverrideReason",
        "products": "AdditionalDetails.Products",
        "approved_uses": "AdditionalDetails.ApprovedUses",
        "dependencies": "Relationships.Dependencies",
        "replacement": "Relationships.Replacement",
        "model_owner": "OwnershipAndSecurity.ModelOwner",
        "reviewer": "OwnershipAndSecurity.Reviewer",
        "developer": "OwnershipAndSecurity.Developer",
        "developer_proposed": "OwnershipAndSecurity.DeveloperProposed",
        "last_validated": "Dates.LastValidated",
        "next_review_due": "Dates.NextReviewDue",
        "decommissioned_at": "Dates.DecommissionedAt",
        "review_frequency": "AdditionalDetails.ReviewFrequency",
        "exceptions": "AdditionalDetails.Exceptions",
        "allowed_changes": "AdditionalDetails.AllowedChanges",
        "retention": "AdditionalDetails.Retention",
    },
    VERSIONS: {
        **_IDENTITY,
        **_STATED,
        **_APPROVAL,
        "model": "Relationships.Model",
        "version": "Details.Version",
        "use_restrictions": "AdditionalDetails.UseRestrictions",
        "operating_boundaries": "AdditionalDetails.OperatingBoundaries",
        "technique": "Classification.Technique",
        "data_sources": "AdditionalDetails.DataSources",
        "data_version": "AdditionalDetails.DataVersion",
        "data_schema_hash": "AdditionalDetails.DataSchemaHash",
        "source_run": "AdditionalDetails.SourceRun",
        "code_commit": "AdditionalDetails.CodeCommit",
        "framework": "AdditionalDetails.Framework",
        "schema": "AdditionalDetails.Schema",
        "metrics": "AdditionalDetails.Metrics",
        "fairness_metrics": "AdditionalDetails.FairnessMetrics",
        "validation_status": "Classification.ValidationStatus",
        "independent_validation": "Classification.IndependentValidation",
        "validator": "OwnershipAndSecurity.Validator",
        "compliance_review": "Approvers.ComplianceReview",
        "business_approval": "Approvers.BusinessApproval",
        "security_scan": "Classification.SecurityScan",
        "deployment_tier": "Classification.DeploymentTier",
        "production_aliases": "AdditionalDetails.ProductionAliases",
        "deployed_at": "Dates.DeployedAt",
        "last_updated": "Dates.LastUpdated",
        "monitoring_evidence": "AdditionalDetails.MonitoringEvidence",
        "monitoring_status": "Classification.MonitoringStatus",
    },
    ISSUES: {
        "number": "Details.IssueNumber",
        "title": "Details.IssueName",
        "external_key": "Details.CorrelationKey",
        "description": "Details.Description",
        "resolution": "AdditionalDetails.Resolution",
        "severity": "Classification.Priority",
        "state": "Classification.Status",
        "due_date": "Dates.DueDate",
        "opened": "Dates.OpenedOn",
        "closed": "Dates.ClosedOn",
        "assignee": "OwnershipAndSecurity.IssueOwner",
        "remediation_plan": "AdditionalDetails.RemediationPlan",
        "model": "Relationships.Model",
        "version": "Relationships.ModelVersion",
    },
}
_PICKLISTS: Mapping[tuple[str, str], Mapping[str, str]] = {
    (MODELS, "tier"): {"1 - Critical": "Critical", "2 - High": "High", "3 - Medium": "Medium", "4 - Low": "Low"},
}
"""What the tenant's picklists say where it is not the mock's word."""
_AS_TEXT = (Type.LIST, Type.MAP, Type.OBJECTS)


def body_of(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A record as the platform tells it: every section of its form, an empty field null."""
    body: dict[str, Any] = {"ObjectID": row["id"]}
    for name, place in PLACES[kind].items():
        section, field = place.split(".")
        body.setdefault(section, {})[field] = _shown(kind, name, row[name])
    if kind == MODELS:
        body["Classification"]["AssetClass"] = ASSET_CLASS
    return body


def values_of(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a body sets, in the mock's words. Raises Invalid for what the form does not have."""
    names = {place: name for name, place in PLACES[kind].items()}
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for section, fields in body.items():
        if section == "ObjectID":
            continue
        for field, value in fields.items() if isinstance(fields, Mapping) else [("", None)]:
            place = f"{section}.{field}"
            if kind == MODELS and place == "Classification.AssetClass":
                continue
            if place not in names:
                wrong[place] = "is not part of the form"
                continue
            try:
                found[names[place]] = _taken(kind, names[place], value)
            except ValueError:
                wrong[place] = "does not fit"
    if wrong:
        raise Invalid(wrong)
    return found


def _shown(kind: str, name: str, value: Any) -> Any:
    if KINDS[kind].fields[name].type in _AS_TEXT:
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else None
    return _PICKLISTS.get((kind, name), {}).get(value, value) if isinstance(value, str) else value


def _taken(kind: str, name: str, value: Any) -> Any:
    if value in (None, ""):
        return [] if KINDS[kind].fields[name].type is Type.LIST else None
    if KINDS[kind].fields[name].type in _AS_TEXT:
        return json.loads(value) if isinstance(value, str) else _refuse()
    words = {theirs: ours for ours, theirs in _PICKLISTS.get((kind, name), {}).items()}
    return words.get(value, value) if isinstance(value, str) else value


def _refuse() -> Any:
    raise ValueError("these fields take text")
