"""An admin with MetricStream: the mapping that ships, its login and variables; and a deployment without a listing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import mappings
from tests.adapters.metricstream_platform import VARIABLES
from tests.cli.desk import OFFICER, Desk
from tests.simulators.metricstream import CONNECTOR, LOGIN, MetricStream


@pytest.fixture
def simulator() -> Iterator[MetricStream]:
    with MetricStream() as running:
        yield running


@pytest.fixture
def bank(desk: Desk, simulator: MetricStream, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose GRC is the simulated MetricStream."""
    monkeypatch.setenv("GRC_PASSWORD", simulator.sessions.password)
    settings = yaml.safe_load(desk.config.read_text(encoding="utf-8"))
    settings["connections"]["bank"] |= {
        "url": simulator.base,
        "mapping": "metricstream",
        "variables": VARIABLES,
        "auth": {
            "type": "session",
            "login_path": f"{simulator.url}{LOGIN}",
            "encoding": "form",
            "body": {"username": CONNECTOR, "password": {"env": "GRC_PASSWORD"}},
            "cookies": ["JSESSION_ID", "Csrf-Token"],
            "cookie_headers": {"X-Csrf-Token": "Csrf-Token"},
        },
    }
    desk.config.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    desk.officer = simulator.mock.as_user(OFFICER)
    return desk


@pytest.fixture
def unlisted(bank: Desk) -> Desk:
    """The same without any listing: records are read by the ids that are known."""
    file = Path(mappings.__file__).with_name("metricstream.yaml")
    mapping = yaml.safe_load(file.read_text(encoding="utf-8"))
    paths = {"model": "grc/asset", "version": "cus/modelVersion", "issue": "ism/issue"}
    for entity, path in paths.items():
        listing = {"path": f"collections/{path}", "records": "objects", "by_ids": {"at": "ObjectIDs"}}
        mapping["http"]["resources"][entity]["list"] = listing
    (bank.directory / "own.yaml").write_text(yaml.safe_dump(mapping, sort_keys=False), encoding="utf-8")
    text = bank.config.read_text(encoding="utf-8")
    assert "mapping: metricstream" in text
    bank.config.write_text(text.replace("mapping: metricstream", "mapping: own.yaml"), encoding="utf-8")
    return bank


def test_the_whole_way_with_a_listing(bank: Desk) -> None:
    bank.model("credit", purpose="Lending", risk_classification="high")
    bank.run("check")
    bank.run("sync")
    record = bank.record("credit")
    assert (record["purpose"], record["tier"]) == ("Lending", "2 - High")
    version = bank.record("credit", "versions")
    bank.officer.decide(version["id"], "conditional", conditions="Monthly monitoring")
    bank.officer.raise_issue("Documentation is missing", severity="Critical", model=record["id"])
    bank.officer.patch(record["id"], tier="1 - Critical")
    bank.run("sync")
    tags = bank.tags("credit")
    assert (tags["risk_classification"], tags["grc_open_issues"], tags["grc_max_issue_severity"]) == (
        "critical",
        "1",
        "critical",
    )
    assert bank.tags("credit", "1")["grc_approval_status"] == "conditional"
    bank.run("plan", "--detailed-exitcode")


def test_without_a_listing_linked_models_flow_and_the_run_is_green(unlisted: Desk, simulator: MetricStream) -> None:
    unlisted.model("credit", versions=0, purpose="Lending")
    record = unlisted.officer.create("models", purpose="", tier="3 - Medium")
    said = unlisted.run("check")
    assert "what people add in the GRC is not found" in said.out
    unlisted.run("link", "credit", record["id"])
    unlisted.run("sync")
    assert unlisted.officer.record(record["id"])["purpose"] == "Lending"
    assert unlisted.tags("credit")["risk_classification"] == "medium"
    simulator.calls.clear()
    unlisted.run("sync")
    reads = [(str(each.verb), each.kind) for each in simulator.calls if str(each.verb) not in ("login", "describe")]
    assert reads == [("list", "models")]


def test_without_a_listing_nothing_is_created_and_nothing_is_concluded(unlisted: Desk) -> None:
    unlisted.model("credit", versions=0, purpose="Lending")
    record = unlisted.officer.create("models", purpose="")
    unlisted.run("link", "credit", record["id"])
    unlisted.run("sync")
    unlisted.model("fraud", versions=0)
    unlisted.officer.create("models", purpose="Raised there")
    unlisted.officer.raise_issue("Raised there", model=record["id"])
    said = unlisted.run("sync", expect=3)
    assert "the GRC cannot be listed" in said.out
    assert len(unlisted.officer.records("models")) == 2
    assert "grc_open_issues" not in unlisted.tags("credit")


def test_without_a_listing_a_record_that_is_gone_is_told_by_a_read_of_its_own(unlisted: Desk) -> None:
    for name in ("credit", "fraud"):
        unlisted.model(name, versions=0, purpose="Lending")
        record = unlisted.officer.create("models", purpose="")
        unlisted.run("link", name, record["id"])
    unlisted.run("sync")
    unlisted.officer.delete(record["id"])
    unlisted.run("sync", expect=3)
    assert "is gone from the GRC" in unlisted.tags("fraud")["grc_blocked"]
    assert "grc_blocked" not in unlisted.tags("credit")


def test_without_a_listing_the_links_are_found_again_when_the_state_is_lost(unlisted: Desk) -> None:
    for name in ("credit", "fraud", "churn"):
        unlisted.model(name, versions=0, purpose="Lending")
        unlisted.run("link", name, unlisted.officer.create("models", purpose="")["id"])
    unlisted.run("sync")
    for path in unlisted.directory.glob("state.db*"):
        path.unlink()
    unlisted.run("sync")
    unlisted.author.set_tag("credit", "purpose", "Mortgages")
    unlisted.run("sync")
    record = unlisted.tags("credit")["grc_record_id"]
    assert unlisted.officer.record(record)["purpose"] == "Mortgages"
