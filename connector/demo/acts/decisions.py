"""Acts 2 and 3: the model risk officer decides in the GRC, and the decisions come back as tags."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from connector.demo.cast import OFFICER, VALIDATOR
from connector.demo.events import Change, Person
from connector.demo.portfolio import DemoModel
from connector.demo.stage import Stage
from connector.model.tags import Tags

_YEAR = 365


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on one version. ``days`` until it expires (0: it does not); ``words`` are conditions or reason."""

    name: str
    version: str
    status: str
    days: int = _YEAR
    words: str = ""


@dataclass(frozen=True, slots=True)
class NewTier:
    """A risk class that the GRC sets otherwise than proposed."""

    name: str
    tier: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue; ``due`` in days from today, negative when overdue. ``key`` names it in the story."""

    key: str
    who: Person
    name: str
    severity: str
    due: int
    title: str
    version: str | None = None


REJECTED = Decision(
    "retail-credit-scoring",
    "4",
    "rejected",
    0,
    "Disparate impact ratio by age is 0.74; the floor is 0.80.",
)
CONDITIONAL = Decision(
    "mortgage-lgd", "3", "conditional", 180, "Recalibrate the downturn add-on before the year-end capital run."
)
DECISIONS = (
    Decision("retail-credit-scoring", "3", "approved"),
    REJECTED,
    Decision("sme-pd", "2", "approved"),
    CONDITIONAL,
    Decision("ifrs9-ecl", "3", "approved"),
    Decision("card-fraud-detection", "3", "approved"),
    Decision("aml-transaction-monitoring", "3", "approved"),
    Decision("marketing-propensity", "3", "approved", 2 * _YEAR),
    Decision("collections-treatment", "2", "approved", 2 * _YEAR),
    Decision("deposit-behaviour", "3", "provisional", 90, "May be used while its documentation is completed."),
    Decision("oprisk-event-classifier", "3", "approved", 2 * _YEAR),
    Decision("branch-staffing", "3", "approved", 3 * _YEAR),
)
TIERS = (
    NewTier("complaint-summariser", "high", "Replies to complaints are regulated correspondence."),
    NewTier("oprisk-event-classifier", "low", "An analyst confirms every proposal."),
    NewTier("deposit-behaviour", "high", "Drives the interest rate risk of the banking book."),
)
OVERDUE, ANSWERED = "overdue", "answered"
ISSUES = (
    NewIssue(
        "unapproved", OFFICER, "card-fraud-detection", "critical", 5, "Version 4 is in production without an approval"
    ),
    NewIssue(
        "fairness",
        VALIDATOR,
        "retail-credit-scoring",
        "high",
        45,
        "Applicants under 25 are approved too rarely",
        version="4",
    ),
    NewIssue(OVERDUE, VALIDATOR, "mortgage-lgd", "medium", -21, "Downturn add-on not recalibrated for two years"),
    NewIssue(
        ANSWERED,
        VALIDATOR,
        "aml-transaction-monitoring",
        "medium",
        60,
        "Below-the-line test of the cash segment missing",
    ),
    NewIssue("papers", OFFICER, "deposit-behaviour", "medium", 90, "Purpose, data sources and limitations not stated"),
)


def decide(stage: Stage) -> None:
    """Play act 2, in the GRC alone."""
    _approve(stage)
    _set_tiers(stage)
    _raise_issues(stage)
    for model in stage.portfolio:
        stage.office.edit(OFFICER, model.name, _record(stage.today, model))
    stage.did(
        OFFICER,
        "In the GRC",
        "completes each record: owner, products, validator, state, review dates; confirms the tiers.",
    )
    stage.check("MLflow knows nothing of it yet", _of(stage, REJECTED.name, REJECTED.version), "not_submitted")


def decisions_return(stage: Stage) -> None:
    """Play act 3: the sync, and what then stands in MLflow."""
    stage.sync(show=_worth_reading)
    stage.gap(
        f"each of the {len(DECISIONS)} decisions stands on its version in MLflow (tag grc_approval_status)",
        [f"{d.name} v{d.version}" for d in DECISIONS if _of(stage, d.name, d.version) != d.status],
    )
    tags = stage.eyes.tags(CONDITIONAL.name, CONDITIONAL.version)
    stage.check(
        "the conditional approval came with its condition and its expiry",
        (CONDITIONAL.words in tags.get("grc_conditions", ""), tags.get("grc_approval_expiry")),
        (True, _expiry(stage.today, CONDITIONAL)),
    )
    stage.gap(
        "risk classes set in the GRC stand in MLflow, the lowered one too",
        [t.name for t in TIERS if stage.eyes.tags(t.name).get("risk_classification") != t.tier],
    )
    stage.gap(
        f"each of the {len(ISSUES)} open issues is a tag on its model, with severity and due date",
        [issue.name for issue in ISSUES if not _shows(stage, issue)],
    )
    overdue = next(issue for issue in ISSUES if issue.key == OVERDUE)
    stage.check(
        f"{overdue.name} shows one issue overdue (tag grc_issues_overdue)",
        stage.eyes.tags(overdue.name).get("grc_issues_overdue"),
        "1",
    )


def _approve(stage: Stage) -> None:
    for decision in DECISIONS:
        values = {"comment": decision.words} if decision is REJECTED else {"conditions": decision.words}
        if decision.days:
            values["approval_expiry"] = _expiry(stage.today, decision)
        kept = {key: value for key, value in values.items() if value}
        stage.office.decide(OFFICER, decision.name, decision.version, decision.status, **kept)
    rows = [
        (f"{d.name} v{d.version}", d.status, _expiry(stage.today, d) if d.days else "-", d.words or "-")
        for d in DECISIONS
    ]
    columns = ("version", "decision", "until", "condition or reason")
    stage.did(OFFICER, "In the GRC", f"decides on {len(DECISIONS)} versions.", columns, rows)


def _set_tiers(stage: Stage) -> None:
    proposed = {model.name: model.risk_classification for model in stage.portfolio}
    for tier in TIERS:
        values = {"risk_classification": tier.tier, "tier_override_reason": tier.reason}
        stage.office.edit(OFFICER, tier.name, values)
    rows = [(tier.name, proposed.get(tier.name, ""), tier.tier, tier.reason) for tier in TIERS]
    columns = ("model", "proposed", "set to", "reason")
    stage.did(OFFICER, "In the GRC", "puts three models into another risk class.", columns, rows)


def _raise_issues(stage: Stage) -> None:
    rows = []
    for issue in ISSUES:
        due = (stage.today + timedelta(days=issue.due)).isoformat()
        more = {"version": issue.version} if issue.version else {}
        number = stage.office.raise_issue(
            issue.who, issue.name, title=issue.title, severity=issue.severity, due=due, **more
        )
        stage.issues[issue.key] = number
        where = f"{issue.name} v{issue.version}" if issue.version else issue.name
        rows.append((number, issue.severity, due + (" overdue" if issue.due < 0 else ""), where, issue.title))
    columns = ("issue", "severity", "due", "on", "title")
    stage.did(VALIDATOR, "In the GRC", f"and the model risk officer raise {len(ISSUES)} issues.", columns, rows)


def _record(today: date, model: DemoModel) -> dict[str, object]:
    validated = today - timedelta(days=60)
    return {
        "model_owner": model.owner,
        "products": list(model.products) or None,
        "reviewer": VALIDATOR.email,
        "developer": model.developer or None,
        "lifecycle_status": "in_use" if model.in_production else "in_review",
        "tier_confirmed_on": today.isoformat(),
        "last_validated": validated.isoformat(),
        "next_review_due": (validated + timedelta(days=_YEAR)).isoformat(),
    }


def _worth_reading(change: Change) -> bool:
    wanted = {
        f"{REJECTED.name} v{REJECTED.version}": ("approval_status",),
        f"{CONDITIONAL.name} v{CONDITIONAL.version}": ("approval_status", "approval_expiry", "conditions"),
        "complaint-summariser": ("risk_classification", "tier_state"),
        "mortgage-lgd": ("open_issues", "issues_overdue", "issue_"),
    }
    return change.target == "MLflow" and any(part in change.field for part in wanted.get(change.subject, ()))


def _of(stage: Stage, name: str, version: str) -> str:
    return stage.eyes.tags(name, version).get("grc_approval_status", "")


def _expiry(today: date, decision: Decision) -> str:
    return (today + timedelta(days=decision.days)).isoformat()


def _shows(stage: Stage, issue: NewIssue) -> bool:
    shown = stage.eyes.tags(issue.name, issue.version).get(Tags().issue(stage.issues[issue.key]), "{}")
    body = json.loads(shown)
    due = (stage.today + timedelta(days=issue.due)).isoformat()
    return (body.get("severity"), body.get("due")) == (issue.severity, due)
