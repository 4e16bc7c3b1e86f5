"""The alert rules and the dashboard: what they name is exported, and each alert has its run book and fires."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from adapters.httpclient.traffic import Traffic
from connector.health import AuditState, Cause, Rules
from connector.metrics import Collector, Readings
from connector.metrics.collector import Line
from connector.model.fields import Side
from connector.server import service
from connector.state import SqliteStore
from tests.docs.pages import ROOT, page
from tests.server.bank import Clock, fill

RULES = ROOT / "deploy" / "prometheus" / "mlflow-grc.rules.yml"
TESTS = ROOT / "deploy" / "prometheus" / "mlflow-grc.test.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "mlflow-grc.json"
ALERTS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
_METRIC = re.compile(r"\bmlflow_grc_\w+")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a process with everything in it answers."""
    clock = Clock()
    store = SqliteStore(tmp_path_factory.mktemp("alerts") / "state.db", str)
    fill(store)
    store.acquire_lease("bank", "host:1::", clock.now, 60)
    readings = Readings(store, ("bank",), Rules(), clock=clock, audit=lambda: AuditState(clock.now, 1))
    lines = [Line("bank", side, "http", Traffic()) for side in Side]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(readings, lambda: lines, lambda: {"bank": 0}))
    text = generate_latest(registry).decode()
    store.close()
    return text


def names_in(text: str) -> set[str]:
    return {found for found in _METRIC.findall(text) if not found.startswith("mlflow_grc_server_")}


def test_every_metric_of_rules_and_dashboard_is_exported(exported: str) -> None:
    samples = {line.partition("{")[0].split()[0] for line in exported.splitlines() if not line.startswith("#")}
    wanted = names_in(RULES.read_text(encoding="utf-8")) | names_in(DASHBOARD.read_text(encoding="utf-8"))
    assert wanted - samples == set()
    assert len(wanted) > 20


_SELECTOR = re.compile(r"\b(mlflow_grc_\w+)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)(=~?)"([^"]*)"')
_MATCHER_OF_SAMPLE = re.compile(r'(\w+)="([^"]*)"')
_GROUPED = re.compile(r"by \(([^)]*)\)")


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [alert["expr"] for alert in ALERTS] + [each["expr"] for one in panels for each in one.get("targets", ())]


def test_every_label_of_rules_and_dashboard_is_exported_with_its_value(exported: str) -> None:
    """A selector that chooses nothing makes an alert that never fires."""
    samples = [(name, dict(_MATCHER_OF_SAMPLE.findall(labels))) for name, labels in _SELECTOR.findall(exported)]
    lacking = []
    for name, selector in (found for text in expressions() for found in _SELECTOR.findall(text)):
        for label, how, wanted in _MATCHER.findall(selector.replace("$connection", "bank")):
            values = {labels[label] for sample, labels in samples if sample == name and label in labels}
            chosen = wanted in values if how == "=" else any(re.fullmatch(wanted, value) for value in values)
            lacking += [] if chosen else [(name, label, wanted)]
    assert lacking == []


def test_what_is_summed_by_a_label_has_it(exported: str) -> None:
    have: dict[str, set[str]] = {}
    for name, labels in _SELECTOR.findall(exported):
        have.setdefault(name, set()).update(key for key, _ in _MATCHER_OF_SAMPLE.findall(labels))
    for text in expressions():
        wanted = {label.strip() for group in _GROUPED.findall(text) for label in group.split(",")}
        known = {label for name in names_in(text) for label in have.get(name, ())}
        assert wanted <= known or not names_in(text), text


def test_the_document_names_every_metric_and_no_other(exported: str) -> None:
    samples = {line.partition("{")[0].split()[0] for line in exported.splitlines() if not line.startswith("#")}
    told = set(_METRIC.findall((ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")))
    assert told == samples | {"mlflow_grc_server_answers_total"}
    assert '"mlflow_grc_server_answers"' in (ROOT / "connector/server/service.py").read_text(encoding="utf-8"), service


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_has_its_run_book(alert: dict) -> None:
    file, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert anchor == alert["alert"].lower()
    assert anchor in page(ROOT / file).anchors
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"]


def test_nothing_that_is_not_green_is_without_an_alert() -> None:
    expressions = " ".join(alert["expr"] for alert in ALERTS)
    own = {Cause.AUDIT: "mlflow_grc_audit_ok", Cause.STATE: "mlflow_grc_state_available"}
    own |= {Cause.CONFLICT: "mlflow_grc_conflicts", Cause.QUARANTINE: "mlflow_grc_quarantined"}
    assert [cause for cause in Cause if own.get(cause, f'reason="{cause}"') not in expressions] == []
    told = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert [cause for cause in Cause if f"`{cause}`" not in told] == []


def test_every_alert_is_tried() -> None:
    tried = [each["name"] for each in yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"]]
    names = [alert["alert"] for alert in ALERTS]
    assert sorted(tried) == sorted([*names, *(f"{name} is quiet" for name in names)])


def test_the_dashboard_can_be_imported() -> None:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert {one["name"] for one in board["templating"]["list"]} == {"datasource", "connection"}
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids) > 10
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: apt-get install prometheus")
@pytest.mark.parametrize(
    "command", [["check", "rules", RULES.name], ["test", "rules", TESTS.name]], ids=["check", "test"]
)
def test_promtool_agrees(command: list[str]) -> None:
    line = ["promtool", *command]
    done = subprocess.run(line, cwd=RULES.parent, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
