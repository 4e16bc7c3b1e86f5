"""The bank's instance: the AI Governance use case with the fields that the canonical inventory needs.

Names, aliases and values diverge from each other and from the mock GRC's, as those of a tenant do after some years.
The first column of each field is the mock GRC's name for it, the second the name on the platform, then the alias
where it is not the name with underscores.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from connector.mock.users import CONNECTOR, STAFF, Role, User
from tests.simulators.archer.drafting import (
    Numbers,
    area,
    choice,
    date,
    joined,
    moment,
    number,
    other,
    people,
    reference,
    related,
    system,
    text,
)
from tests.simulators.archer.schema import (
    Account,
    Application,
    Field,
    Group,
    Level,
    Node,
    Tenant,
    Transition,
    Type,
    Workflow,
)

INSTANCE = "BankGRC"
MODEL_MODULE, VERSION_MODULE, CERTIFICATION_MODULE, FINDING_MODULE, COMMENT_MODULE = 412, 415, 421, 157, 163
MODEL_LEVEL, VERSION_LEVEL, CERTIFICATION_LEVEL = 298, 301, 307
FINDING_LEVEL, TASK_LEVEL, COMMENT_LEVEL = 109, 110, 116
SERVICE_ACCOUNT_ID = 204
_LONG = 4_000
_FIRST_ACCOUNT = 205
_CONNECTOR_GROUP, _RISK_GROUP = 31, 32


def bank(*, users: Sequence[User] = (), workflow: bool = False) -> Tenant:
    """The instance with the usual staff and ``users`` beside them. ``workflow``: the approval status of a version
    moves through an Advanced Workflow alone.
    """
    numbers = Numbers()
    levels = {level.id: level for level in joined(_levels(numbers))}
    applications = (
        Application(MODEL_MODULE, "AI Model Inventory", "AI_Model_Inventory", (levels[MODEL_LEVEL],)),
        Application(VERSION_MODULE, "AI Model Versions", "AI_Model_Versions", (levels[VERSION_LEVEL],)),
        Application(CERTIFICATION_MODULE, "Model Certification", "Model_Certification", (levels[CERTIFICATION_LEVEL],)),
        Application(FINDING_MODULE, "Findings", "Issues", (levels[FINDING_LEVEL], levels[TASK_LEVEL])),
        Application(COMMENT_MODULE, "Finding Comments", "Finding_Comments", (levels[COMMENT_LEVEL],), subform=True),
    )
    groups = {
        _CONNECTOR_GROUP: Group(_CONNECTOR_GROUP, "API Accounts"),
        _RISK_GROUP: Group(_RISK_GROUP, "Model Risk Management"),
    }
    made = Tenant(INSTANCE, applications, numbers.lists, _accounts(users), groups)
    if workflow:
        _govern(made)
    return made


def account_for(user: User, number: int) -> Account:
    """The account of a person or of the connector."""
    first, _, last = user.name.partition(" ")
    service = user.role is Role.CONNECTOR
    return Account(
        number,
        "svc_mlflow_grc" if service else user.email.partition("@")[0],
        user.email,
        first,
        last or first,
        secrets.token_urlsafe(18),
        role=str(user.role),
        groups=(_CONNECTOR_GROUP,) if service else (_RISK_GROUP,) if user.role is Role.RISK_OFFICER else (),
    )


def _accounts(users: Sequence[User]) -> dict[int, Account]:
    made = {SERVICE_ACCOUNT_ID: account_for(CONNECTOR, SERVICE_ACCOUNT_ID)}
    everybody = [user for user in (*STAFF, *users) if user != CONNECTOR]
    for account_id, user in enumerate(everybody, _FIRST_ACCOUNT):
        made[account_id] = account_for(user, account_id)
    return made


def _levels(numbers: Numbers) -> list[Level]:
    lists = _Lists(numbers)
    return [
        numbers.level(MODEL_LEVEL, MODEL_MODULE, "AI Model", _model(lists), kind="models"),
        numbers.level(VERSION_LEVEL, VERSION_MODULE, "AI Model Version", _version(lists), kind="versions"),
        numbers.level(CERTIFICATION_LEVEL, CERTIFICATION_MODULE, "Certification", _step(lists), kind="approvals"),
        numbers.level(FINDING_LEVEL, FINDING_MODULE, "Finding", _finding(lists), kind="issues"),
        numbers.level(TASK_LEVEL, FINDING_MODULE, "Remediation Task", _task(), parent=FINDING_LEVEL),
        numbers.level(COMMENT_LEVEL, COMMENT_MODULE, "Finding Comments", _comment()),
    ]


class _Lists:
    """The values lists: name on the platform (and alias where it is another), then the mock GRC's word."""

    def __init__(self, numbers: Numbers) -> None:
        make = numbers.values_list
        tiers = [
            ("Tier 1 (Critical)|Critical", "1 - Critical"),
            ("Tier 2 (High)|High", "2 - High"),
            ("Tier 3 (Medium)|Medium", "3 - Medium"),
            ("Tier 4 (Low)|Low", "4 - Low"),
        ]
        self.tiers = make("Model Tiers", tiers, "Risk_Rating")
        lifecycle = [
            ("Proposed", "Proposed"),
            ("Under Development|In_Development", "In Development"),
            ("In Review", "In Review"),
            ("Approved for Use|Approved", "Approved"),
            ("In Production|In_Use", "In Use"),
            ("Restricted", "Restricted"),
            ("Suspended", "Suspended"),
            ("Retired|Decommissioned", "Decommissioned"),
        ]
        self.lifecycle = make("Model Lifecycle", lifecycle)
        approval = [
            ("Not Submitted", "Not Submitted"),
            ("Awaiting Certification|Pending_Approval", "Pending Approval"),
            ("Certified|Approved", "Approved"),
            ("Certified with Conditions|Approved_with_Conditions", "Approved with Conditions"),
            ("Provisional Use", "Provisional Use"),
            ("Rejected", "Rejected"),
            ("Expired", "Expired"),
            ("Withdrawn", "Withdrawn"),
        ]
        self.approval = make("Certification Status", approval)
        numbers.add_value(self.approval, "Escalated", active=False)
        self.classification = make(
            "Model Type",
            [
                ("Model", "Model"),
                ("Non-Model Tool|Non_Model", "Non-Model"),
                ("End-User Computing|EUC", "EUC"),
                ("Generative AI", "Generative AI"),
            ],
        )
        regimes = ("SR 11-7", "SR 26-2", "SS1/23", "E-23", "EU AI Act", "FDA", "HIPAA")
        words = ("sr-11-7", "sr-26-2", "ss1-23", "e-23", "eu-ai-act", "fda", "hipaa")
        self.regimes = make("Regulations", list(zip(regimes, words, strict=True)))
        numbers.add_value(self.regimes, "Prudential", selectable=False)
        self.scale = make("High Medium Low", [(one, one) for one in ("High", "Medium", "Low")])
        self.techniques = make(
            "Modelling Technique",
            [
                ("Statistical", "Statistical"),
                ("Machine Learning", "Machine Learning"),
                ("Rule Based|Rules", "Rules-Based"),
                ("Expert Judgement", "Expert Judgement"),
                ("Vendor Model|Vendor", "Vendor"),
                ("Large Language Model|LLM", "LLM"),
            ],
        )
        self.gates = make("Pass Fail", [("Pending", "Pending"), ("Pass", "Passed"), ("Fail", "Failed")])
        self.reviews = make("Review Result", [(one, one) for one in ("Pending", "Approved", "Rejected")])
        stages = [("Development", "DEV"), ("Staging", "STG"), ("Production", "PROD")]
        self.stages = make("Deployment Stage", stages)
        monitoring = [("Red", "Red"), ("Amber", "Amber"), ("Green", "Green"), ("Not Monitored", "Not Monitored")]
        self.monitoring = make("RAG Status", monitoring)
        severities = [("Critical", "Critical"), ("High", "High"), ("Medium", "Moderate"), ("Low", "Low")]
        self.severities = make("Finding Severity", severities)
        states = [
            ("Open", "Open"),
            ("Remediation in Progress|In_Remediation", "In Remediation"),
            ("Awaiting Verification|Pending_Validation", "Pending Validation"),
            ("Closed", "Closed"),
            ("Risk Accepted", "Risk Accepted"),
        ]
        self.states = make("Finding Status", states)


def _identity() -> list[Field]:
    return [
        text("external_key", "MLflow Key", "External_Key", max_length=1_000),
        text("connector_instance", "Connector Instance"),
        text("registry", "Registry", "Source_Registry", max_length=1_000),
        text("registry_name", "Registered Name", "Name_in_Registry", max_length=500),
        number("registry_created", "Registry Created", "Registry_Created_ms"),
    ]


def _approval(lists: _Lists) -> list[Field]:
    return [
        choice("approval_status", "Certification Status", lists.approval, "Approval_Status"),
        people("approved_by", "Certified By", "Approver"),
        date("approval_date", "Certification Date"),
        date("approval_expiry", "Certification Expires", "Approval_Expiry"),
        area("conditions", "Conditions of Use"),
        text("approval_chain", "Certification Trail", "Approval_Chain", max_length=0, calculated=True),
    ]


def _stated(lists: _Lists) -> list[Field]:
    return [
        area("description", "Description"),
        area("assumptions", "Key Assumptions", "Assumptions"),
        text("limitations", "Known Limitations", "Limitations", max_length=0),
        choice("lifecycle_status", "Lifecycle Stage", lists.lifecycle, "Status"),
    ]


def _model(lists: _Lists) -> list[Field]:
    return [
        *system("Model ID", "AIM-"),
        *_identity(),
        *_stated(lists),
        area("purpose", "Intended Use", "Purpose"),
        choice("classification", "Model Type", lists.classification, "Classification"),
        choice("regulatory_scope", "Applicable Regulations", lists.regimes, "Regulatory_Scope", multiple=True),
        text("products", "Products", max_length=0),
        text("approved_uses", "Approved Uses", max_length=0),
        reference("dependencies", "Upstream Models", MODEL_LEVEL, "Dependencies", multiple=True),
        people("model_owner", "Model Owner"),
        people("reviewer", "Reviewer"),
        people("developer", "Lead Developer", "Developer"),
        people("developer_proposed", "Developer Proposed by MLflow"),
        choice("tier", "Model Tier", lists.tiers, "Risk_Rating"),
        date("tier_confirmed_on", "Tier Confirmed On"),
        area("tier_override_reason", "Tier Override Reason"),
        choice("materiality", "Materiality", lists.scale),
        choice("complexity", "Complexity", lists.scale),
        date("last_validated", "Last Validated"),
        date("next_review_due", "Next Review Due", "Next_Review"),
        number("review_frequency", "Review Frequency (Months)", "Review_Frequency"),
        text("exceptions", "Policy Exceptions", max_length=0),
        area("allowed_changes", "Predetermined Changes"),
        number("retention", "Retention (Months)", "Retention"),
        date("decommissioned_at", "Retired On"),
        text("replacement", "Replaced By"),
        text("governed_version", "Governed Version", max_length=50),
        *_approval(lists),
        related("Versions", VERSION_LEVEL),
        related("Findings", FINDING_LEVEL, "Model_Findings"),
        related("Certifications", CERTIFICATION_LEVEL),
        text("", "Model Risk Notes", max_length=_LONG, private=True),
        text("", "Legacy Score", active=False),
    ]


def _version(lists: _Lists) -> list[Field]:
    return [
        *system("Version ID", "AIV-"),
        reference("model", "Model", MODEL_LEVEL, "Parent_Model", required=True),
        text("version", "Version", "Version_Number", max_length=50, required=True),
        *_identity(),
        *_stated(lists),
        text("use_restrictions", "Use Restrictions", max_length=0),
        area("operating_boundaries", "Operating Boundaries"),
        choice("technique", "Technique", lists.techniques),
        text("data_sources", "Training Data Sources", "Data_Sources", max_length=0),
        text("data_version", "Data Version", max_length=_LONG),
        text("data_schema_hash", "Data Schema Hash"),
        text("source_run", "Source Run", "MLflow_Run"),
        text("code_commit", "Code Commit"),
        text("framework", "Framework"),
        text("schema", "Input and Output Schema", "Schema", max_length=0),
        text("metrics", "Metrics", max_length=0),
        text("fairness_metrics", "Fairness Metrics", max_length=0),
        *_approval(lists),
        choice("validation_status", "Automated Gates", lists.gates, "Validation_Status"),
        choice("independent_validation", "Independent Validation", lists.gates),
        people("validator", "Validator"),
        choice("compliance_review", "Compliance Review", lists.reviews),
        choice("business_approval", "Business Sign-off", lists.reviews, "Business_Approval"),
        choice("security_scan", "Security Scan", lists.gates),
        choice("deployment_tier", "Deployment Stage", lists.stages, "Deployment_Tier"),
        text("production_aliases", "Production Aliases", max_length=0),
        moment("deployed_at", "Deployed At"),
        moment("last_updated", "Last Updated in MLflow", "MLflow_Last_Updated"),
        text("approved_digest", "Approved Digest", max_length=_LONG),
        text("monitoring_evidence", "Monitoring Evidence", max_length=0),
        choice("monitoring_status", "Monitoring Status", lists.monitoring),
        related("Findings", FINDING_LEVEL, "Version_Findings"),
        related("Certifications", CERTIFICATION_LEVEL),
    ]


def _step(lists: _Lists) -> list[Field]:
    return [
        *system("Certification ID", "CER-"),
        reference("model", "Model", MODEL_LEVEL),
        reference("version", "Model Version", VERSION_LEVEL),
        number("step", "Step", required=True),
        text("name", "Decided By", "Approver_Name"),
        text("role", "Role"),
        moment("time", "Decided At"),
        choice("decision", "Decision", lists.approval, required=True),
        area("comment", "Rationale", "Comment"),
        other(Type.LINKS, "link", "Evidence"),
    ]


def _finding(lists: _Lists) -> list[Field]:
    return [
        *system("Finding ID", "FND-", "number"),
        text("title", "Finding Name", "Title", max_length=500, required=True),
        choice("severity", "Severity", lists.severities, "Criticality", required=True),
        choice("state", "Overall Status", lists.states, "Status", required=True),
        date("due_date", "Due Date"),
        people("assignee", "Remediation Owner", "Assignee"),
        reference("model", "AI Model", MODEL_LEVEL, "Model"),
        reference("version", "AI Model Version", VERSION_LEVEL, "Model_Version"),
        area("remediation_plan", "Remediation Plan"),
        moment("opened", "Opened On"),
        moment("closed", "Closed On"),
        area("description", "Finding", "Description"),
        other(Type.SUBFORM, "", "Comments", "Comments", to_level=COMMENT_LEVEL, multiple=True),
        other(Type.ATTACHMENT, "", "Supporting Documents", multiple=True),
        text("external_key", "MLflow Key", "External_Key", max_length=1_000),
        area("resolution", "Resolution", "Resolution"),
    ]


def _task() -> list[Field]:
    return [*system("Task ID", "TSK-"), text("", "Task Name", required=True), date("", "Task Due")]


def _comment() -> list[Field]:
    return [*system("Comment ID", ""), area("", "Comment", required=True)]


def _govern(tenant: Tenant) -> None:
    """Let the approval status of versions follow a workflow."""
    status = tenant.named("versions", "approval_status")
    tenant.change_field(status.id, read_only=True)
    assert status.values_list is not None
    by_word = {one.common: one.id for one in tenant.lists[status.values_list].values}
    submit = Transition("3101:CUST", "Submit", 1, "9002:CUST")
    decide = [
        Transition("3102:CUST", "Approve", 1, "9003:CUST"),
        Transition("3103:CUST", "Reject", 2, "9004:CUST"),
        Transition("3104:CUST", "Withdraw", 3, "9001:CUST"),
    ]
    nodes = (
        Node("9001:CUST", "Draft", by_word["Not Submitted"], (submit,)),
        Node("9002:CUST", "Certification", by_word["Pending Approval"], tuple(decide)),
        Node("9003:CUST", "Certified", by_word["Approved"], ()),
        Node("9004:CUST", "Rejected", by_word["Rejected"], (replace(submit, id="3105:CUST", name="Resubmit"),)),
    )
    tenant.workflows = (Workflow(VERSION_LEVEL, status.id, nodes),)
