"""Texts that are as hard on a page as texts can be, in every field of both sides."""

from __future__ import annotations

import json
from dataclasses import replace

from connector.controls import Finding, Waiver
from connector.report.rows import Report
from tests.report.html.bank import Portfolio, report_of

CLOSING = "</script><script>window.hit = 1</script>"
BREAKING = '"><img src=x onerror="window.hit = 1">'
COMMENT = "<!--<script>"
RTL = "نموذج الائتمان"
LONG = "x" * 250
EMOJI = "🏦 model 👩🏽‍💼"
LINES = "two\u2028lines\u2029and\nmore"
NAMES = (
    CLOSING,
    BREAKING,
    COMMENT,
    RTL,
    LONG,
    EMOJI,
    LINES,
    "__proto__",
    "constructor",
    "a/b?c#d&e=f%20",
    "it's!(so)*",
)
LINK = "javascript:window.hit=1"


def portfolio() -> Portfolio:
    """A model of each name; every text of a model and of its version is the name."""
    made = Portfolio(0)
    for name in NAMES:
        step = dict.fromkeys(("step", "name", "role", "time", "decision", "comment"), name) | {"link": LINK}
        texts = {"description": name, "purpose": name, "model_owner": name, "products": json.dumps([name, RTL])}
        version = {
            "description": name,
            "data_sources": json.dumps([name]),
            "framework": name,
            "source_run": name,
            "metrics": json.dumps({name: 0.5}),
            "approval_status": name,
            "approval_chain": json.dumps([step]),
            "conditions": json.dumps([name]),
            "mlflow:identity.source": name,
            "production_aliases": json.dumps([name]),
            "mlflow:aliases": json.dumps([name]),
        }
        record = made.add(name, {**texts, "risk_classification": name}, [version], purpose=f"{name} here")
        made.issue(record, title=name, assignee=name, state=name, severity=name, due="2020-01-01", url=LINK)
    return made


def report() -> Report:
    """Its report, with a finding about the connection and one that somebody accepted."""
    made = report_of(portfolio().material(gaps=(CLOSING,)), profile="sr-11-7")
    waiver = Waiver("C01", CLOSING, None, BREAKING, CLOSING, "2027-01-31")
    first, *rest = made.findings
    general = Finding("C27", "critical", "", None, CLOSING, BREAKING)
    return replace(made, findings=(general, replace(first, waiver=waiver), *rest), profile=BREAKING, connection=CLOSING)
