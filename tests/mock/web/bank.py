"""A small bank in the mock GRC, and one whose texts are as hard on a page as texts can be."""

from __future__ import annotations

from dataclasses import dataclass

from connector.mock import MockGrc
from connector.mock.store import Row

OFFICER = "risk.officer@bank.example"
AUDITOR = "auditor@bank.example"
SERVICE = "mlflow-grc@bank.example"
OWNER = "head.retail@bank.example"

SCRIPT = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
RTL = "نموذج الائتمان"
UNBROKEN = "x" * 200
LONG = ("A long text about assumptions, data, limits. " * 100)[:4_000]


@dataclass(frozen=True)
class Bank:
    """The records that tests speak of."""

    model: Row
    version: Row
    older: Row
    issue: Row


def fill(mock: MockGrc) -> Bank:
    """Four models, among them ``sme-pd`` with two versions and an overdue issue."""
    service, officer = mock.as_user(SERVICE), mock.as_user(OFFICER)
    model = service.create(
        "models",
        registry_name="sme-pd",
        registry="bank",
        tier="2 - High",
        purpose="Probability of default of small firms",
        model_owner=OWNER,
        lifecycle_status="In Use",
        limitations=["no start-ups", "EU only"],
        registry_created=1_767_225_600_000,
    )
    older = service.create("versions", model=model["id"], registry_name="sme-pd", version="9")
    metrics = {"auc": 0.81, "ks": 0.44}
    version = service.create("versions", model=model["id"], registry_name="sme-pd", version="10", metrics=metrics)
    issue = officer.raise_issue(
        "Backtest is late", severity="Critical", model=model["id"], due_date="2026-03-01", assignee=OWNER
    )
    other = service.create("models", registry_name="card-fraud", tier="1 - Critical", lifecycle_status="In Review")
    production = service.create(
        "versions", model=other["id"], registry_name="card-fraud", version="4", production_aliases=["production"]
    )
    officer.decide(production["id"], "approved", expiry="2026-03-30")
    officer.create("models", registry_name="ifrs9-lgd", tier="3 - Medium", model_owner=OWNER)
    officer.create("models", registry_name="chat-helper")
    return Bank(model, version, older, issue)


def fill_nastily(mock: MockGrc) -> Bank:
    """One model whose name, texts, version, issue and comments are hostile, foreign, unbroken or endless."""
    service, officer = mock.as_user(SERVICE), mock.as_user(OFFICER)
    for name in (RTL, UNBROKEN):
        service.create("models", registry_name=name, tier="1 - Critical", purpose=LONG)
    model = service.create(
        "models",
        registry_name=SCRIPT,
        registry=SCRIPT,
        purpose=LONG,
        description=RTL,
        products=[SCRIPT, UNBROKEN],
        replacement=UNBROKEN,
        exceptions=[{"type": SCRIPT, "approver": RTL}],
    )
    version = service.create(
        "versions",
        model=model["id"],
        registry_name=SCRIPT,
        version="<b>1</b>",
        metrics={SCRIPT: 1, UNBROKEN: 0.5},
        production_aliases=[SCRIPT],
        description=LONG,
    )
    officer.decide(version["id"], "conditional", conditions=LONG, comment=SCRIPT)
    issue = officer.raise_issue(
        UNBROKEN + SCRIPT, severity="Critical", version=version["id"], description=LONG, due_date="2020-01-01"
    )
    for text in (SCRIPT, LONG, UNBROKEN, RTL):
        service.comment(issue["id"], text)
    return Bank(model, version, version, issue)
