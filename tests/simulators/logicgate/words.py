"""The tenant's fields and values in the mock GRC's vocabulary, both ways.

Written from the tenant alone: it shares nothing with ``mappings/logicgate.yaml``, so that a mistake in one shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from connector.mock.catalog import APPROVAL_STATES, ISSUE_STATES, TIERS
from connector.mock.catalog import GATES as MOCK_GATES
from connector.mock.catalog import LEVELS as MOCK_LEVELS
from connector.mock.catalog import LIFECYCLE as MOCK_LIFECYCLE
from connector.mock.catalog import REVIEWS as MOCK_REVIEWS
from connector.mock.catalog import SEVERITIES as MOCK_SEVERITIES
from connector.mock.catalog import TECHNIQUES as MOCK_TECHNIQUES
from tests.simulators.logicgate import tenant
from tests.simulators.logicgate.schema import OPTIONS, Account, FieldSpec, FieldType, Workflow
from tests.simulators.logicgate.store import Record, Store, Stored


@dataclass(frozen=True, slots=True)
class Word:
    """Where one of the mock's fields stands. ``options`` are the mock's values by option text; ``holds`` is ``list``
    or ``map`` for JSON in a text.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    holds: str = ""

    @property
    def empty(self) -> Any:
        """What the mock shows of an empty field."""
        return {"list": [], "map": {}}.get(self.holds)


def _choice(name: str, texts: tuple[str, ...], mock: tuple[str, ...]) -> Word:
    return Word(name, dict(zip(texts, mock, strict=True)))


def _list(name: str) -> Word:
    return Word(name, holds="list")


_SHARED = {
    "external_key": Word("MLflow Key"),
    "connector_instance": Word("MLflow Connector"),
    "registry": Word("Registry"),
    "registry_name": Word("Name in Registry"),
    "registry_created": Word("Registered At (ms)"),
    "description": Word("Description"),
    "assumptions": Word("Assumptions"),
    "limitations": _list("Limitations"),
    "lifecycle_status": _choice("Lifecycle", tenant.LIFECYCLE, MOCK_LIFECYCLE),
    "approval_status": _choice("Approval Decision", tenant.DECISIONS, APPROVAL_STATES),
    "approved_by": Word("Approved By"),
    "approval_date": Word("Decision Date"),
    "approval_expiry": Word("Approval Expires"),
    "conditions": Word("Approval Conditions"),
    "approval_chain": _list("Approval Chain"),
}
_MODEL = {
    **_SHARED,
    "purpose": Word("Intended Purpose"),
    "classification": _choice(
        "Classification",
        ("Model", "Non-Model Tool", "End-User Computing", "Generative AI"),
        ("Model", "Non-Model", "EUC", "Generative AI"),
    ),
    "regulatory_scope": Word("Regulations", {text: text for text in tenant.PROFILES}, holds="list"),
    "products": _list("Products"),
    "approved_uses": _list("Approved Uses"),
    "dependencies": _list("Dependencies"),
    "model_owner": Word("Model Owner"),
    "reviewer": Word("Reviewer"),
    "developer": Word("Developer"),
    "developer_proposed": Word("Developer (proposed)"),
    "tier": _choice("Risk Tier", tenant.TIERS, TIERS),
    "tier_confirmed_on": Word("Tier Confirmed On"),
    "tier_override_reason": Word("Tier Override Reason"),
    "materiality": _choice("Materiality", tenant.LEVELS, MOCK_LEVELS),
    "complexity": _choice("Complexity", tenant.LEVELS, MOCK_LEVELS),
    "last_validated": Word("Last Validated"),
    "next_review_due": Word("Next Review"),
    "review_frequency": Word("Review Every (months)"),
    "exceptions": _list("Policy Exceptions"),
    "allowed_changes": Word("Predetermined Changes"),
    "retention": Word("Retention (months)"),
    "decommissioned_at": Word("Retired On"),
    "replacement": Word("Replaced By"),
    "governed_version": Word("Governed Version"),
}
_VERSION = {
    "model": Word("Model Record"),
    "version": Word("Version"),
    **_SHARED,
    "use_restrictions": _list("Use Restrictions"),
    "operating_boundaries": Word("Operating Boundaries"),
    "technique": _choice("Technique", tenant.TECHNIQUES, MOCK_TECHNIQUES),
    "data_sources": _list("Data Sources"),
    "data_version": Word("Data Version"),
    "data_schema_hash": Word("Data Schema Hash"),
    "source_run": Word("MLflow Run"),
    "code_commit": Word("Code Commit"),
    "framework": Word("Framework"),
    "schema": Word("Schema"),
    "metrics": Word("Metrics", holds="map"),
    "fairness_metrics": Word("Fairness Metrics", holds="map"),
    "validation_status": _choice("Validation", tenant.GATES, MOCK_GATES),
    "independent_validation": _choice("Independent Validation", tenant.GATES, MOCK_GATES),
    "validator": Word("Validator"),
    "compliance_review": _choice("Compliance Review", tenant.REVIEWS, MOCK_REVIEWS),
    "business_approval": _choice("Business Approval", tenant.REVIEWS, MOCK_REVIEWS),
    "security_scan": _choice("Security Scan", tenant.GATES, MOCK_GATES),
    "deployment_tier": _choice("Deployment Tier", ("Development", "Staging", "Production"), ("DEV", "STG", "PROD")),
    "production_aliases": _list("Production Aliases"),
    "deployed_at": Word("Deployed At"),
    "last_updated": Word("Last Updated"),
    "approved_digest": Word("Approved Digest"),
    "monitoring_evidence": Word("Monitoring Evidence", holds="map"),
    "monitoring_status": _choice(
        "Monitoring Light", ("Green", "Amber", "Red", "None"), ("Green", "Amber", "Red", "Not Monitored")
    ),
}
_ISSUE = {
    "number": Word("Issue Number"),
    "title": Word("Issue Title"),
    "severity": _choice("Severity", tenant.SEVERITIES, MOCK_SEVERITIES),
    "state": _choice("Issue Status", tenant.ISSUE_STATES, ISSUE_STATES),
    "due_date": Word("Due"),
    "assignee": Word("Owner"),
    "model": Word("Model Record"),
    "version": Word("Version Record"),
    "remediation_plan": Word("Remediation Plan"),
    "opened": Word("Opened"),
    "closed": Word("Closed At"),
    "description": Word("Description"),
    "external_key": Word("MLflow Key"),
    "resolution": Word("Resolution"),
}
_STEP = {
    "model": Word("Model Record"),
    "version": Word("Version Record"),
    "step": Word("Step Number"),
    "name": Word("Decided By"),
    "role": Word("Role"),
    "time": Word("Decided At"),
    "decision": _choice("Decision", tenant.DECISIONS, APPROVAL_STATES),
    "comment": Word("Comment"),
    "link": Word("Evidence"),
}
WORDS: Mapping[str, Mapping[str, Word]] = {
    "models": _MODEL,
    "versions": _VERSION,
    "issues": _ISSUE,
    "approvals": _STEP,
}
DISCUSSION = "Discussion"
"""Where the comments of an issue stand."""


def column_of(kind: str, name: str) -> str:
    """The name of the field that holds the mock's field; the name itself where it has none."""
    word = WORDS.get(kind, {}).get(name)
    return word.name if word else name


class Translator:
    """Stored values in the mock's words, and back."""

    def __init__(self, store: Store, accounts: Mapping[str, Account]) -> None:
        self._store, self._accounts = store, accounts
        self._emails = {account.id: account.email for account in accounts.values()}

    def row(self, record: Record) -> dict[str, Any]:
        """A record in the mock's words."""
        workflow = self._store.workflow(record)
        return {
            "id": record.id,
            "updated_at": iso(record.updated),
            **{
                name: self.told(word, workflow.fields[word.name], record.values.get(workflow.fields[word.name].id))
                for name, word in WORDS[workflow.kind].items()
            },
        }

    def told(self, word: Word, spec: FieldSpec, stored: Stored) -> Any:
        """A stored value in the mock's words."""
        if stored is None:
            return word.empty
        if spec.type in OPTIONS:
            texts = {option.id: option.text for option in self._store.options(spec)}
            named = [
                word.options.get(texts[one], texts[one]) for one in (stored if isinstance(stored, list) else [stored])
            ]
            return named if isinstance(stored, list) else named[0]
        if spec.type is FieldType.USER:
            return self._emails.get(stored, stored)
        if spec.type is FieldType.DATE:
            return iso(stored)[:10]
        if spec.type is FieldType.NUMBER:
            return int(stored) if float(stored).is_integer() else stored
        return _parsed(word, stored)

    def native(self, workflow: Workflow, values: Mapping[str, Any]) -> dict[str, Stored]:
        """Stored values by field id for the mock's words. KeyError or ValueError for what has none."""
        found: dict[str, Stored] = {}
        for name, value in values.items():
            word = WORDS[workflow.kind][name]
            spec = workflow.fields[word.name]
            found[spec.id] = None if value in (None, "", [], {}) else self._native(word, spec, value)
        return found

    def _native(self, word: Word, spec: FieldSpec, value: Any) -> Stored:
        if spec.type in OPTIONS:
            ids = [self._option(word, spec, one) for one in (value if isinstance(value, list) else [value])]
            return ids if spec.type is FieldType.MULTI_SELECT else ids[0]
        if spec.type is FieldType.USER:
            return self._accounts[value].id
        if spec.type is FieldType.DATE:
            day = date.fromisoformat(value)
            return round(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        if spec.type is FieldType.NUMBER:
            return float(value)
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if word.holds else str(value)

    def _option(self, word: Word, spec: FieldSpec, value: str) -> str:
        texts = {mock: text for text, mock in word.options.items()}
        wanted = texts.get(value, value)
        found = next((option.id for option in self._store.options(spec) if option.text == wanted), None)
        if found is None:
            raise ValueError(f"{value!r} is no option of {spec.name}")
        return found


def _parsed(word: Word, text: str) -> Any:
    if not word.holds:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def iso(milliseconds: int) -> str:
    """A time as the mock tells it."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")
