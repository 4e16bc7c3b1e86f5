"""The tenant that the simulator serves: one application, as docs/platforms/logicgate.md has an admin build it.

No workflow, step or field name of LogicGate's own templates is public, so these are this tenant's.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.mock.users import CONNECTOR as CONNECTOR_USER
from connector.mock.users import STAFF, Role
from tests.simulators.logicgate.schema import (
    OPTIONS,
    Account,
    Application,
    FieldSpec,
    FieldType,
    Option,
    Permission,
    Routing,
    Step,
    Workflow,
    short_id,
)

TIERS = ("Tier 1 (Critical)", "Tier 2 (High)", "Tier 3 (Medium)", "Tier 4 (Low)")
LIFECYCLE = (
    "Proposed",
    "Under Development",
    "Under Review",
    "Approved for Use",
    "In Production",
    "Restricted",
    "Suspended",
    "Retired",
)
DECISIONS = (
    "Not Yet Submitted",
    "Awaiting Decision",
    "Approved",
    "Approved Subject to Conditions",
    "Provisionally Approved",
    "Declined",
    "Lapsed",
    "Withdrawn",
)
GATES = ("Open", "Passed", "Failed")
REVIEWS = ("Open", "Approved", "Rejected")
LEVELS = ("Low", "Medium", "High")
SEVERITIES = ("Critical", "Major", "Moderate", "Minor")
ISSUE_STATES = ("New", "Being Remediated", "Awaiting Validation", "Closed", "Risk Accepted")
PROFILES = ("SR 11-7", "SR 26-2", "SS1/23", "E-23", "EU AI Act", "FDA", "HIPAA")
TECHNIQUES = ("Statistical", "Machine Learning", "Rule Based", "Expert Judgement", "Vendor Model", "Language Model")

_TEXT, _AREA, _NUMBER = FieldType.TEXT, FieldType.TEXT_AREA, FieldType.NUMBER
_DATE, _USER, _SELECT, _RADIO = FieldType.DATE, FieldType.USER, FieldType.SELECT, FieldType.RADIO

_IDENTITY = {
    "MLflow Key": _TEXT,
    "MLflow Connector": _TEXT,
    "Registry": _TEXT,
    "Name in Registry": _TEXT,
    "Registered At (ms)": _NUMBER,
}
_APPROVAL = {
    "Approval Decision": (_SELECT, DECISIONS),
    "Approved By": _USER,
    "Decision Date": _DATE,
    "Approval Expires": _DATE,
    "Approval Conditions": _AREA,
    "Approval Chain": _AREA,
}
_STATED = {
    "Description": _AREA,
    "Assumptions": _AREA,
    "Limitations": _AREA,
    "Lifecycle": (_SELECT, LIFECYCLE),
}
_MODEL = {
    **_IDENTITY,
    **_STATED,
    "Intended Purpose": _AREA,
    "Classification": (_RADIO, ("Model", "Non-Model Tool", "End-User Computing", "Generative AI")),
    "Regulations": (FieldType.MULTI_SELECT, PROFILES),
    "Products": _AREA,
    "Approved Uses": _AREA,
    "Dependencies": _AREA,
    "Model Owner": _USER,
    "Reviewer": _USER,
    "Developer": _USER,
    "Developer (proposed)": _USER,
    "Risk Tier": (_SELECT, TIERS),
    "Tier Confirmed On": _DATE,
    "Tier Override Reason": _AREA,
    "Materiality": (_RADIO, LEVELS),
    "Complexity": (_RADIO, LEVELS),
    "Last Validated": _DATE,
    "Next Review": _DATE,
    "Review Every (months)": _NUMBER,
    "Policy Exceptions": _AREA,
    "Predetermined Changes": _AREA,
    "Retention (months)": _NUMBER,
    "Retired On": _DATE,
    "Replaced By": _TEXT,
    "Governed Version": _TEXT,
    **_APPROVAL,
    "Annual Exposure": _NUMBER,
    "Tier Score": FieldType.CALCULATION,
    "Summary": FieldType.LATER,
}
_VERSION = {
    "Model Record": _TEXT,
    "Version": _TEXT,
    **_IDENTITY,
    **_STATED,
    "Use Restrictions": _AREA,
    "Operating Boundaries": _AREA,
    "Technique": (_SELECT, TECHNIQUES),
    "Data Sources": _AREA,
    "Data Version": _AREA,
    "Data Schema Hash": _TEXT,
    "MLflow Run": _TEXT,
    "Code Commit": _TEXT,
    "Framework": _TEXT,
    "Schema": _AREA,
    "Metrics": _AREA,
    "Fairness Metrics": _AREA,
    **_APPROVAL,
    "Validation": (_RADIO, GATES),
    "Independent Validation": (_RADIO, GATES),
    "Validator": _USER,
    "Compliance Review": (_RADIO, REVIEWS),
    "Business Approval": (_RADIO, REVIEWS),
    "Security Scan": (_RADIO, GATES),
    "Deployment Tier": (_SELECT, ("Development", "Staging", "Production")),
    "Production Aliases": _AREA,
    "Deployed At": _TEXT,
    "Last Updated": _TEXT,
    "Approved Digest": _AREA,
    "Monitoring Evidence": _AREA,
    "Monitoring Light": (_RADIO, ("Red", "Amber", "Green", "None")),
}
_ISSUE = {
    "Issue Number": _TEXT,
    "Issue Title": _TEXT,
    "Severity": (_SELECT, SEVERITIES),
    "Issue Status": (_SELECT, ISSUE_STATES),
    "Due": _DATE,
    "Owner": _USER,
    "Model Record": _TEXT,
    "Version Record": _TEXT,
    "Remediation Plan": _AREA,
    "Opened": _TEXT,
    "Closed At": _TEXT,
    "Description": _AREA,
    "Discussion": _AREA,
    "MLflow Key": _TEXT,
    "Resolution": _AREA,
}
_APPROVAL_STEP = {
    "Model Record": _TEXT,
    "Version Record": _TEXT,
    "Step Number": _NUMBER,
    "Decided By": _TEXT,
    "Role": _TEXT,
    "Decided At": _TEXT,
    "Decision": (_SELECT, DECISIONS),
    "Comment": _AREA,
    "Evidence": _TEXT,
}
_REQUIRED = {("models", "Name in Registry"), ("versions", "Version"), ("issues", "Issue Title")}
_DEFAULTS = {("versions", "Approval Decision"): "Not Yet Submitted", ("issues", "Issue Status"): "New"}
_CURRENCY = {("models", "Annual Exposure"): "$"}
_LABELS = {("models", "Tier Score"): "Risk Tier"}
"""A form may call one field what another one is named."""


def _fields(kind: str, declared: Mapping[str, object]) -> dict[str, FieldSpec]:
    return {name: _field(kind, name, what) for name, what in declared.items()}


def _field(kind: str, name: str, what: object) -> FieldSpec:
    field_type, texts = what if isinstance(what, tuple) else (what, ())
    numbered = enumerate(texts if field_type in OPTIONS else (), 1)
    return FieldSpec(
        short_id(kind, name),
        name,
        FieldType(field_type),
        tuple(Option(short_id(kind, name, text), text, float(number)) for number, text in numbered),
        required=(kind, name) in _REQUIRED,
        currency=_CURRENCY.get((kind, name), ""),
        default=_DEFAULTS.get((kind, name), ""),
        label=_LABELS.get((kind, name), ""),
    )


def _steps(kind: str, *names: str) -> tuple[Step, ...]:
    kinds = ["ORIGIN", *["CHAIN"] * (len(names) - 2), "END"]
    return tuple(Step(short_id(kind, "step", name), name, what) for name, what in zip(names, kinds, strict=True))


MODELS = Workflow(
    short_id("workflow", "models"),
    "Model Inventory",
    "Model",
    "models",
    _steps("models", "Intake", "In Service", "Out of Service"),
    _fields("models", _MODEL),
    Routing("Lifecycle", {"In Production": "In Service", "Retired": "Out of Service"}),
)
VERSIONS = Workflow(
    short_id("workflow", "versions"),
    "Model Versions",
    "Version",
    "versions",
    _steps("versions", "Registered", "Under Review", "Done"),
    _fields("versions", _VERSION),
)
ISSUES = Workflow(
    short_id("workflow", "issues"),
    "Model Issues",
    "Issue",
    "issues",
    _steps("issues", "Raised", "Remediation", "Closed"),
    _fields("issues", _ISSUE),
    Routing("Issue Status", {"New": "Raised", "Being Remediated": "Remediation", "Closed": "Closed"}),
)
APPROVALS = Workflow(
    short_id("workflow", "approvals"),
    "Approval Steps",
    "Approval",
    "approvals",
    _steps("approvals", "Recorded", "Filed"),
    _fields("approvals", _APPROVAL_STEP),
)
APPLICATION = Application(
    short_id("application"),
    "Model Risk Management",
    "CONTROLS_COMPLIANCE",
    (MODELS, VERSIONS, ISSUES, APPROVALS),
)
MAPS = ((MODELS, VERSIONS), (MODELS, ISSUES), (VERSIONS, ISSUES))
"""Which workflows are linked: parent and child."""

_PERMISSIONS = {
    Role.CONNECTOR: frozenset({Permission.READ, Permission.WRITE}),
    Role.ADMIN: frozenset(Permission),
}
_LOCALES = {CONNECTOR_USER.email: "en-GB"}
"""The connector's account reads 31/03/2026 where most read 3/31/2026."""


def accounts() -> dict[str, Account]:
    """Everybody, by e-mail."""
    usual = frozenset({Permission.READ, Permission.WRITE})
    return {
        user.email: Account(
            short_id("user", user.email),
            user.email,
            user.name,
            _PERMISSIONS.get(user.role, usual),
            _LOCALES.get(user.email, "en-US"),
        )
        for user in STAFF
    }
