"""Portfolios of any size for the page: both sides as observed, compared and checked by the code that the command uses.

``python -m tests.report.html.bank 10000 FILE`` writes the page of a portfolio, to look at.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from adapters.http import Options
from connector.controls import Finding, findings
from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import Keys
from connector.mapping.load import load_mapping
from connector.mapping.profile import load_profile
from connector.mapping.sources import RegistrySettings
from connector.model.fields import Entity, Side, Value
from connector.model.state import Link
from connector.model.views import ObjectRef
from connector.report.html import History, Source, write_page
from connector.report.html.history import Event
from connector.report.joined import Question, join
from connector.report.material import Material, Seen
from connector.report.reconcile import reconcile
from connector.report.rows import Report, Tally
from connector.state.times import stamp

INSTANCE = "1a2b3c4d-0000-4000-8000-00000000000a"
KEYS = Keys("6f1f1f5e-0000-4000-8000-000000000001")
NOW = datetime(2026, 11, 26, 20, 50, tzinfo=UTC)
TODAY = NOW.date()
TAKEN = "2026-11-26T18:45:12.000Z"
_LINES = (
    "Retail lending", "Cards", "Mortgages", "SME lending", "Corporate credit", "Markets risk", "Treasury",
    "Anti-money laundering", "Fraud", "Insurance pricing", "Marketing", "Collections",
)  # fmt: skip
_KINDS = ("scorecard", "pd", "lgd", "ead", "fraud", "pricing", "churn", "stress", "ifrs9", "segmentation")
_SURNAMES = ("costa", "okafor", "mercier", "novak", "silva", "lindqvist", "tanaka", "ferrari", "haddad", "brandt")
_APPROVALS = ("approved", "approved", "approved", "approved", "conditional", "pending", "not_submitted", "expired")


class Portfolio:
    """``size`` models with ``versions`` versions each, always the same for the same seed."""

    def __init__(self, size: int, versions: int = 2, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._versions = versions
        self.registry: dict[Entity, dict[str, Seen]] = {Entity.MODEL: {}, Entity.VERSION: {}}
        self.grc: dict[Entity, dict[str, Seen]] = {Entity.MODEL: {}, Entity.VERSION: {}, Entity.ISSUE: {}}
        self.links: dict[str, Link] = {}
        for number in range(size):
            self._model(number)

    def material(self, **changed: object) -> Material:
        whole = Material("bank", TAKEN, (), self.registry, self.grc, self.links)
        return replace(whole, **changed)

    def add(self, name: str, fields: dict[str, Value], versions: Sequence[dict[str, Value]] = (), **here: Value) -> str:
        """Add a model with these values on both sides, but ``here`` in MLflow; returns its record's id."""
        created = str(1_700_000_000_000 + len(self.links))
        key, record = KEYS.model(name, int(created)), f"MDL-{1001 + len(self.grc[Entity.MODEL])}"
        self.registry[Entity.MODEL][key] = Seen(name, _held({**fields, **here, "identity.created": created}))
        url = f"https://grc.bank.example/records/{record}"
        self.grc[Entity.MODEL][record] = Seen(name, _held({**fields, "url": url, "identity.key": key}))
        self.links[key] = Link(ObjectRef(Entity.MODEL, key, name), record)
        for number, version in enumerate(versions, 1):
            self._version(name, created, record, str(number), version)
        return record

    def _version(self, name: str, created: str, parent: str, number: str, fields: dict[str, Value]) -> None:
        key, record = KEYS.version(name, int(created), number), f"{parent}-{number}"
        identity = {
            "identity.name": name,
            "identity.version": number,
            "identity.created": str(int(created) + 86_400_000),
        }
        told = {name: value for name, value in fields.items() if not name.startswith("mlflow:")}
        here = {name.removeprefix("mlflow:"): value for name, value in fields.items() if name.startswith("mlflow:")}
        self.registry[Entity.VERSION][key] = Seen(f"{name} v{number}", _held({**told, **identity, **here}))
        record_fields = {
            **told,
            **identity,
            "identity.parent": parent,
            "url": f"https://grc.bank.example/records/{record}",
        }
        self.grc[Entity.VERSION][record] = Seen(f"{name} v{number}", _held(record_fields))
        self.links[key] = Link(ObjectRef(Entity.VERSION, key, name, number), record)

    def issue(self, record: str, **fields: Value) -> None:
        number = f"FND-{1001 + len(self.grc[Entity.ISSUE])}"
        url = f"https://grc.bank.example/issues/{number}"
        body = {"number": number, "model": record, "severity": "high", "state": "open", "url": url, **fields}
        self.grc[Entity.ISSUE][number] = Seen(number, _held(body))

    def _model(self, number: int) -> None:
        pick = self._random.choice
        line, kind = pick(_LINES), pick(_KINDS)
        name = f"{line.lower().replace(' ', '-')}-{kind}-{number + 1:03d}"
        owner, developer = (f"{pick('abcdehjlmprst')}.{pick(_SURNAMES)}@bank.example" for _ in range(2))
        tier = pick(("critical", "high", "high", "medium", "medium", "medium", "low", "low"))
        fields: dict[str, Value] = {
            "registry": "bank",
            "description": f"{line}: {kind} model number {number + 1}, rebuilt in {2019 + number % 7}.",
            "purpose": f"Supports decisions of {line.lower()} through its {kind} estimates, portfolio {number % 97}.",
            "products": json.dumps([line]) if self._random.random() < 0.85 else None,
            "model_owner": owner,
            "reviewer": f"validation.{pick(_SURNAMES)}@bank.example",
            "developer": developer,
            "developer_proposed": developer,
            "risk_classification": tier if self._random.random() < 0.97 else None,
            "materiality": pick(("high", "medium", "low")),
            "complexity": pick(("high", "medium", "low")),
            "lifecycle_status": pick(("in_use", "in_use", "in_use", "in_review", "approved", "in_development")),
            "assumptions": "The long-run average covers one full economic cycle.",
            "limitations": json.dumps(["EU only", f"Not for portfolio {number % 13}"]),
            "last_validated": str(TODAY - timedelta(days=self._random.randrange(600))),
            "next_review_due": str(TODAY + timedelta(days=self._random.randrange(-60, 500))),
            "review_frequency": "12",
            "regulatory_scope": '["sr-26-2"]',
        }
        here = {"purpose": fields["purpose"] + " Retail only."} if self._random.random() < 0.06 else {}
        numbers = range(1, self._versions + 1)
        versions = [self._fields_of_version(name, one, last=one == self._versions) for one in numbers]
        record = self.add(name, fields, versions, **here)
        for _ in range(self._random.choice((0, 0, 0, 0, 0, 0, 1, 2))):
            due = str(TODAY + timedelta(days=self._random.randrange(-40, 120)))
            severity = pick(("critical", "high", "medium", "medium", "low"))
            state = pick(("open", "in_remediation", "closed"))
            self.issue(record, title="Backtest is late", severity=severity, state=state, due=due, assignee=owner)

    def _fields_of_version(self, name: str, number: int, *, last: bool) -> dict[str, Value]:
        rnd, pick = self._random, self._random.choice
        live = last and rnd.random() < 0.6
        status = (pick(_APPROVALS) if rnd.random() < 0.4 else "approved") if live or not last else pick(_APPROVALS)
        decided = status in ("approved", "conditional", "expired")
        chain = [
            _step("Independent validation", "val.brandt@bank.example", "Validator", "passed", 40),
            _step("Compliance review", "c.haddad@bank.example", "Compliance officer", "approved", 20),
            _step("Business sign-off", "h.costa@bank.example", "Business owner", "approved", 12),
        ]
        run = f"{rnd.getrandbits(128):032x}"
        return {
            "description": f"Version {number}, trained on data of 2026-{1 + number % 9:02d}.",
            "technique": pick(("statistical", "ml")),
            "data_sources": json.dumps(["core-banking.applications", "credit-bureau.consumer", "dwh.customer_month"]),
            "data_version": f"2026-{1 + rnd.randrange(9):02d}",
            "data_schema_hash": f"{rnd.getrandbits(64):016x}",
            "source_run": run,
            "mlflow:identity.source": f"models:/m-{run}",
            "code_commit": f"{rnd.getrandbits(160):040x}",
            "framework": pick(("scikit-learn 1.5.2", "lightgbm 4.5.0", "xgboost 2.1.1")),
            "metrics": json.dumps({"auc": round(0.7 + rnd.random() / 5, 3), "ks": round(0.3 + rnd.random() / 5, 3)}),
            "fairness_metrics": json.dumps({"fairness_di_ratio_sex": round(0.8 + rnd.random() / 6, 3)}),
            "approval_status": status,
            "approval_chain": json.dumps(chain) if decided else None,
            "approved_by": "risk.officer@bank.example" if decided else None,
            "approval_date": str(TODAY - timedelta(days=10)) if decided else None,
            "approval_expiry": str(TODAY + timedelta(days=rnd.randrange(-30, 700))) if decided else None,
            "conditions": '["Monthly monitoring of the population stability"]' if status == "conditional" else None,
            "validation_status": pick(("passed", "passed", "pending", "failed")),
            "independent_validation": "passed" if decided else "pending",
            "compliance_review": "approved" if decided else "pending",
            "business_approval": "approved" if decided else None,
            "deployment_tier": "production" if live else "dev",
            "production_aliases": '["champion"]' if live else None,
            "mlflow:aliases": '["champion"]' if live else '["challenger"]' if last else None,
        }


def _step(step: str, name: str, role: str, decision: str, days: int) -> dict[str, str]:
    time = f"{TODAY - timedelta(days=days)}T10:30:00.000Z"
    link = f"https://grc.bank.example/evidence/{days}"
    told = {"step": step, "name": name, "role": role, "time": time, "decision": decision, "link": link}
    return {**told, "comment": f"No objection; {sum(map(ord, name)) % 97} cases of {days} looked at."}


def _held(fields: dict[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in fields.items() if value is not None}


def mapping() -> ConnectionMapping:
    """The mock's mapping."""
    return load_mapping("mock", adapter_options_model=Options)


def report_of(material: Material, *, today: date = TODAY, profile: str = "baseline") -> Report:
    """What the command makes of the material."""
    maps, settings = mapping(), RegistrySettings(KEYS)
    report = reconcile(material, maps, settings, instance=INSTANCE)
    regime = load_profile(profile, inventory=maps.inventory)
    joined = join(material, maps, settings, INSTANCE, Question(regime, str(today)))
    found, models = findings(joined), len(joined.models)
    return replace(report, findings=found, profile=regime.id, inventory=joined, trend=tuple(_trend(found, models)))


def _trend(found: Sequence[Finding], models: int) -> Iterator[Tally]:
    """Fourteen weeks that end with what was found."""
    now = Counter(each.severity for each in found)
    for week in range(14):
        part = 1.0 + (13 - week) * 0.06 * (1 + 0.3 * (week % 3))
        at = NOW - timedelta(weeks=13 - week)
        yield Tally(stamp(at), models, {name: round(count * part) for name, count in now.items()})


def histories_of(report: Report) -> dict[str, History]:
    """A history as a year of cycles leaves it: first seen on both sides, and a few changes."""
    rnd = random.Random(3)
    found: dict[str, History] = {}
    for model in report.inventory.models:
        events = [Event("2026-01-05T08:00:00.000Z", None, side, "", "", None, "seen") for side in Side]
        for version in model.versions:
            at = "2026-03-02T08:00:00.000Z"
            events += [
                Event(at, "2026-03-02T07:55:00.000Z", side, f"version {version.version}", "", None, "seen")
                for side in Side
            ]
        for _ in range(rnd.randrange(4)):
            at = NOW - timedelta(days=rnd.randrange(200), minutes=rnd.randrange(600))
            day, before = (f"{one:%Y-%m-%dT%H:%M}:00.000Z" for one in (at, at - timedelta(minutes=5)))
            events.append(Event(day, before, Side.GRC, "version 1", "approval_status", "pending", "approved"))
            events.append(Event(day, before, Side.GRC, "", "lifecycle_status", "in_review", "in_use"))
        events.sort(key=lambda event: event.at, reverse=True)
        found[model.key or model.record_id or ""] = History(tuple(events))
    return found


def write(path: Path, material: Material) -> Report:
    """Write the page of what was observed."""
    report = report_of(material)
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_page([Source(report, histories_of(report))], stream, NOW)
    return report


if __name__ == "__main__":
    write(Path(sys.argv[2]), Portfolio(int(sys.argv[1])).material())
