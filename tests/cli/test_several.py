"""Two registries and two GRCs in one configuration, under every command; and a registry of several workspaces."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from connector.config.config import load_config
from connector.daemon import run_daemon
from connector.engine import checking, opening
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.mock import FaultKind, MockGrc
from connector.model.errors import Unreachable
from connector.registry.joined import JoinedRegistry
from tests.cli.desk import OFFICER, Desk
from tests.fakes.registry import Call, InProcessRegistry, InProcessServer
from tests.registry.workspaces import RealPlace, WorkspaceServer

LIMIT = 30
SECOND = """\
  cards:
    registry: cards
    adapter: http
    url: {grc}
    auth: {{type: bearer, token: {{env: CARDS_TOKEN}}}}
    mapping: mock
    http: {{timeout_seconds: 5, retry: {{max_attempts: 1}}}}
state:"""
REGISTRY = """\
  cards:
    uri: http://127.0.0.1:7
    id: 9d9d9d9d-0000-4000-8000-000000000009
connections:"""


@dataclass
class Bank:
    """``desk`` has the connection ``bank``; ``cards`` is beside it, with a registry and a GRC of its own."""

    desk: Desk
    cards: InProcessRegistry
    grc: MockGrc

    def __post_init__(self) -> None:
        self.officer = self.grc.as_user(OFFICER)

    def conflict(self) -> None:
        """One field is in conflict in ``cards``."""
        self.cards.author.create_model("limit", tags={"purpose": "before"})
        self.desk.run("--connection", "cards", "sync")
        self.cards.author.set_tag("limit", "purpose", "as MLflow says")
        (record,) = self.officer.records("models")
        self.officer.patch(record["id"], purpose="as the GRC says")
        self.desk.run("sync", expect=3)

    def names(self) -> dict[str, list[str]]:
        """The registered models that each GRC knows."""
        found = {"bank": self.desk.officer, "cards": self.officer}
        return {name: [row["registry_name"] for row in one.records("models")] for name, one in found.items()}


@pytest.fixture
def bank(bare_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    with MockGrc(token="cards-token") as grc:
        monkeypatch.setenv("CARDS_TOKEN", grc.token)
        bank = Bank(bare_desk, InProcessRegistry(), grc)
        registries = {"bank": bare_desk.registry, "cards": bank.cards}
        for module in (opening, checking):
            monkeypatch.setattr(module, "open_registry", lambda _, name, **__: registries[name])
        bare_desk.write(("state:", SECOND.format(grc=grc.url)), ("connections:", REGISTRY))
        yield bank


@pytest.fixture
def filled(bank: Bank) -> Bank:
    """Each registry has a model, nothing is synchronised yet."""
    bank.desk.model("credit")
    bank.cards.author.create_model("limit")
    return bank


def lost(_: Call) -> None:
    raise Unreachable("MLflow is away", remedy="start it")


def test_all_have_their_turn_or_one(filled: Bank) -> None:
    run = filled.desk.run
    run("--connection", "cards", "sync")
    assert filled.names() == {"bank": [], "cards": ["limit"]}
    said = run("sync")
    assert filled.names() == {"bank": ["credit"], "cards": ["limit"]}
    assert said.out.index("Connection bank") < said.out.index("Connection cards") < said.out.index("All connections")
    assert [run["connection"] for run in run("sync", "--json").json["runs"]] == ["bank", "cards"]
    connections = run("status", "--json").json["connections"]
    assert [(each["connection"], each["linked"]["model"]) for each in connections] == [("bank", 1), ("cards", 1)]
    reports = run("report", "reconcile", "--format", "json").json["reports"]
    assert [(each["connection"], each["objects"][0]["name"]) for each in reports] == [
        ("bank", "credit"),
        ("cards", "limit"),
    ]


@pytest.mark.parametrize("command", ["sync", "plan", "report reconcile --live"])
def test_one_that_fails_stops_no_other(filled: Bank, command: str) -> None:
    filled.desk.registry.before.append(lost)
    said = filled.desk.run(*command.split(), expect=1)
    assert "Error: Connection bank: MLflow is away" in said.err
    assert "cards" in said.out
    if command == "sync":
        assert filled.names() == {"bank": [], "cards": ["limit"]}
        assert "failed: MLflow is away" in said.out
    form = ["--format", "json"] if command.startswith("report") else ["--json"]
    document = filled.desk.run(*command.split(), *form, expect=1).json
    (failed,) = document.pop("failed")
    assert (failed["connection"], failed["exit_code"], failed["remedy"]) == ("bank", 1, "start it")
    assert [each["connection"] for each in next(iter(document.values()))] == ["cards"]


def test_the_exit_code_is_the_worst(filled: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.desk.author.set_tag("credit", "developer", "nobody@bank.example")
    filled.desk.run("sync", expect=3)
    filled.cards.before.append(lost)
    filled.desk.run("sync", expect=1)
    monkeypatch.delenv("DESK_TOKEN")
    filled.desk.run("sync", expect=2)


def test_a_report_of_one_that_never_ran_stops_no_other(filled: Bank) -> None:
    filled.desk.run("--connection", "cards", "sync")
    said = filled.desk.run("report", "reconcile", expect=1)
    assert "Connection bank: No cycle" in said.err
    assert "limit" in said.out


def test_check_looks_at_each(filled: Bank) -> None:
    filled.grc.faults.add(FaultKind.STATUS, status=500)
    findings = filled.desk.run("check", "--json", expect=1).json["findings"]
    assert {each["connection"] for each in findings if each["fatal"]} == {"cards"}
    filled.desk.run("--connection", "bank", "check")


def test_a_model_is_looked_for_in_all(filled: Bank) -> None:
    said = filled.desk.run("sync", "--model", "limit")
    assert filled.names() == {"bank": [], "cards": ["limit"]}
    assert "does not know the model" in said.out
    assert "none of the connections bank and cards" in filled.desk.run("sync", "--model", "lmit", expect=2).err
    plans = filled.desk.run("plan", "--model", "credit", "--json").json["plans"]
    assert [plan["connection"] for plan in plans] == ["bank"]


def test_a_saved_plan_is_one_connections(filled: Bank) -> None:
    assert "There are 2 connections" in filled.desk.run("plan", "--out", "plan.json", expect=2).err
    filled.desk.run("--connection", "cards", "plan", "--out", "plan.json")
    filled.desk.run("sync", "--plan", "plan.json")
    assert filled.names() == {"bank": [], "cards": ["limit"]}


def test_a_lease_held_in_one(filled: Bank) -> None:
    with closing(filled.desk.store()) as store:
        store.acquire_lease("bank", "elsewhere:1", datetime.now(UTC), 300)
    said = filled.desk.run("sync", "--if-free")
    assert "synchronised by another process" in said.out
    assert filled.names() == {"bank": [], "cards": ["limit"]}
    assert "Connection bank: " in filled.desk.run("sync", expect=1).err


def test_conflicts(bank: Bank) -> None:
    bank.conflict()
    found = bank.desk.run("conflicts", "list", "--json").json["connections"]
    assert [(each["connection"], len(each["conflicts"])) for each in found] == [("bank", 0), ("cards", 1)]
    bank.desk.run("conflicts", "resolve", "limit", "purpose", "--take", "grc")
    bank.desk.run("sync")
    assert bank.cards.model("limit").tags["purpose"] == "as the GRC says"


def test_a_conflict_in_both_takes_the_connections_name(bank: Bank) -> None:
    bank.desk.author.create_model("limit", tags={"purpose": "before"})
    bank.desk.run("sync")
    bank.desk.author.set_tag("limit", "purpose", "as MLflow says")
    bank.desk.officer.patch(bank.desk.record("limit")["id"], purpose="as the GRC says")
    bank.conflict()
    asked = ("conflicts", "resolve", "limit", "purpose", "--take", "grc")
    assert "--connection: bank, cards" in bank.desk.run(*asked, expect=2).err
    bank.desk.run("--connection", "bank", *asked)


def withhold(bank: Bank, registry: InProcessRegistry) -> None:
    """More deletions than the fuse lets pass."""
    for number in range(8):
        registry.author.create_model(f"old{number}")
    bank.desk.run("sync")
    for number in range(8):
        registry.author.delete_model(f"old{number}")
    bank.desk.run("sync", expect=3)


def test_approve(bank: Bank) -> None:
    withhold(bank, bank.cards)
    listed = bank.desk.run("approve", "--json").json["connections"]
    assert [(each["connection"], len(each["withheld"])) for each in listed] == [("bank", 0), ("cards", 8)]
    digest = listed[1]["withheld"][0]["digest"]
    assert "for cards: 1 operation" in bank.desk.run("approve", "--digest", digest[:8]).out
    assert "for cards: 7 operations" in bank.desk.run("approve", "--all").out
    bank.desk.run("sync")
    assert len(bank.officer.records("models", lifecycle_status="Decommissioned")) == 8


def test_all_is_never_approved_for_several_at_once(bank: Bank) -> None:
    withhold(bank, bank.desk.registry)
    bank.desk.run("--connection", "bank", "approve", "--all")
    bank.desk.run("sync")
    withhold(bank, bank.cards)
    for number in range(8):
        bank.desk.author.create_model(f"new{number}")
    bank.desk.run("sync", expect=3)
    for number in range(8):
        bank.desk.author.delete_model(f"new{number}")
    bank.desk.run("sync", expect=3)
    assert "There are 2 connections" in bank.desk.run("approve", "--all", expect=2).err
    assert "for bank: 8 operations" in bank.desk.run("--connection", "bank", "approve", "--all").out


def test_link_and_audit(filled: Bank) -> None:
    record = filled.officer.create("models", registry_name="Limits")["id"]
    assert "There are 2 connections" in filled.desk.run("link", "limit", record, expect=2).err
    filled.desk.run("--connection", "cards", "link", "limit", record)
    filled.desk.run("sync")
    assert [row["id"] for row in filled.officer.records("models")] == [record]
    entries = filled.desk.run("audit", "list", "--json", "--last", "0").json["entries"]
    assert {each["connection"] for each in entries} == {"bank", "cards"}
    entries = filled.desk.run("--connection", "bank", "audit", "list", "--json", "--last", "0").json["entries"]
    assert {each["connection"] for each in entries} == {"bank"}
    assert filled.desk.run("audit", "verify")
    filled.desk.run("link", "--forget", "limit")
    assert "grc_record_id" not in filled.cards.model("limit").tags


def test_an_overlap_is_refused_by_every_command(bank: Bank) -> None:
    text = bank.desk.config.read_text(encoding="utf-8").replace("    registry: cards\n", "    registry: main\n")
    bank.desk.config.write_text(text, encoding="utf-8")
    for command in ("check", "plan", "sync", "run", "status"):
        said = bank.desk.run(command, expect=2)
        assert "connections.cards" in said.err
        assert "connection 'bank'" in said.err
        assert "tag_prefix" in said.err
    assert bank.desk.registry.calls == []


def test_the_daemon_serves_each_at_its_own_pace(filled: Bank) -> None:
    """One hangs in its first cycle, for as long as it takes; the other runs on, in the same state file."""
    config = filled.desk.config
    own = "    schedule: {interval: 1s, jitter: 0}\n    registry: cards\n"
    text = config.read_text(encoding="utf-8").replace("    registry: cards\n", own)
    config.write_text(text, encoding="utf-8")
    hangs, go_on, stop = threading.Event(), threading.Event(), threading.Event()
    cycles: list[Call] = []
    several = threading.Event()

    def hang(_: Call) -> None:
        hangs.set()
        assert go_on.wait(LIMIT)

    def count(call: Call) -> None:
        cycles.extend([call] if call.action == "list_models" else [])
        if len(cycles) >= 3:
            several.set()

    filled.desk.registry.before.append(hang)
    filled.cards.before.append(count)
    with closing(filled.desk.store()) as store:
        loaded = load_config(config)
        daemon = threading.Thread(target=run_daemon, args=(loaded, loaded.connection_names, store, stop))
        daemon.start()
        try:
            assert hangs.wait(LIMIT)
            assert several.wait(LIMIT)
            assert filled.names()["cards"] == ["limit"]
            go_on.set()
        finally:
            go_on.set()
            stop.set()
            daemon.join(LIMIT)
        assert not daemon.is_alive()
        assert [run.status.value for run in store.runs("cards", 50)][-1] == "applied"
        assert len(store.runs("cards", 50)) >= 3
        assert len(store.runs("bank", 50)) == 1


@pytest.fixture
def places(bare_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, InProcessServer]:
    """A desk whose registry is all workspaces of a server; ``credit`` stands in two of them, ``pd`` in one."""
    server = InProcessServer("retail", "risk")
    for workspace in ("retail", "risk"):
        server.author(workspace).create_model("credit")
        server.author(workspace).create_version("credit")
    server.author("risk").create_model("pd", tags={"purpose": "before"})
    bare_desk.write(("    uri: http://127.0.0.1:9\n", '    uri: http://127.0.0.1:9\n    workspaces: "*"\n'))
    real = opening.open_registry

    def open_registry(config: object, name: str, **how: object) -> JoinedRegistry:
        made = real(config, name, **how)
        assert isinstance(made, JoinedRegistry)
        return JoinedRegistry(server, made._served)

    for module in (opening, checking):
        monkeypatch.setattr(module, "open_registry", open_registry)
    return bare_desk, server


def test_workspaces_on_the_command_line(places: tuple[Desk, InProcessServer]) -> None:
    desk, server = places
    assert desk.run("check")
    said = desk.run("sync", "--model", "credit", expect=2)
    assert "retail/credit, risk/credit" in said.err
    desk.run("sync", "--model", "risk/credit")
    assert [row["registry_name"] for row in desk.officer.records("models")] == ["risk/credit"]
    desk.run("sync", "--model", "pd")
    desk.run("sync")
    objects = desk.run("report", "reconcile", "--format", "json", "--model", "credit").json["reports"][0]["objects"]
    assert [(each["name"], each["version"]) for each in objects] == [
        ("retail/credit", None),
        ("retail/credit", "1"),
        ("risk/credit", None),
        ("risk/credit", "1"),
    ]
    for name, number in (("pd", 1), ("risk/pd", 1), ("credit", 2), ("risk/credit", 1)):
        entries = desk.run("audit", "list", "--object", name, "--action", "link", "--json").json["entries"]
        created = desk.run("audit", "list", "--object", name, "--action", "create_record", "--json").json["entries"]
        keys = {each["key"].partition("#")[0] for each in (*entries, *created)}
        assert len(keys) == number
    server.author("risk").set_tag("pd", "purpose", "as MLflow says")
    desk.officer.patch(desk.record("risk/pd")["id"], purpose="as the GRC says")
    assert "risk/pd" in desk.run("sync", expect=3).out
    desk.run("conflicts", "resolve", "pd", "purpose", "--take", "grc")
    desk.run("sync")
    assert server.registries["risk"].model("pd").tags["purpose"] == "as the GRC says"


def test_links_by_name_over_workspaces(places: tuple[Desk, InProcessServer]) -> None:
    desk, server = places
    records = {name: desk.officer.create("models", registry_name=name)["id"] for name in ("PD", "Credit risk")}
    desk.run("link", "pd", records["PD"])
    assert "retail/credit, risk/credit" in desk.run("link", "credit", records["Credit risk"], expect=1).err
    (desk.directory / "names.csv").write_text("model,record\nrisk/credit,Credit risk\ncredit,\n", encoding="utf-8")
    matches = desk.run("link", "--file", "names.csv", "--apply", "--json", expect=3).json["matches"]
    assert [(each["model"], each["settled"]) for each in matches] == [("risk/credit", True), ("", False)]
    desk.run("sync")
    linked = {row["registry_name"]: row["id"] for row in desk.officer.records("models")}
    assert (linked["risk/pd"], linked["risk/credit"]) == (records["PD"], records["Credit risk"])
    desk.run("link", "--forget", "pd")
    assert "grc_record_id" not in server.registries["risk"].model("pd").tags
    assert "retail/credit, risk/credit" in desk.run("link", "--forget", "credit", expect=1).err


def test_a_lost_workspace_is_told_in_one_row(places: tuple[Desk, InProcessServer]) -> None:
    desk, server = places
    desk.run("sync")
    server.delete("risk")
    out = desk.run("sync", expect=3).out
    assert out.count("is not there, or not shown") == 1
    assert "risk/credit, risk/credit v1, risk/pd" in " ".join(out.split())


@pytest.mark.server
def test_two_real_registries_one_of_workspaces(
    bare_desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    workspace_server: WorkspaceServer,
    mlflow_server: MlflowServer,
    mlflow_author: RegistryAuthor,
) -> None:
    place = RealPlace(workspace_server)
    with MockGrc(token="cards-token") as grc, closing(place):
        monkeypatch.setenv("CARDS_TOKEN", grc.token)
        for workspace in ("risk", "retail"):
            author = place.create(workspace)
            author.create_model("credit", tags={"purpose": f"Lends at {workspace}."})
            author.create_version("credit", run_id=author.log_run(params={"depth": "3"}))
        mlflow_author.create_model("credit", tags={"purpose": "Lends by card."})
        named = f"    uri: {workspace_server.url}\n    workspaces: [{place.name('risk')}, {place.name('retail')}]\n"
        bare_desk.write(
            ("state:", SECOND.format(grc=grc.url)),
            ("connections:", REGISTRY.replace("http://127.0.0.1:7", mlflow_server.url)),
            ("    uri: http://127.0.0.1:9\n", named),
        )
        bare_desk.run("check")
        bare_desk.run("sync")
        full = [f"{place.name(workspace)}/credit" for workspace in ("risk", "retail")]
        found = {name: bare_desk.record(name) for name in full}
        assert [found[name]["purpose"] for name in full] == ["Lends at risk.", "Lends at retail."]
        (card,) = grc.as_user(OFFICER).records("models")
        assert (card["registry_name"], card["purpose"]) == ("credit", "Lends by card.")
        bare_desk.officer.patch(found[full[0]]["id"], tier="1 - Critical")
        runs = bare_desk.run("sync", "--json").json["runs"]
        assert {each["ref"]["name"] for run in runs for each in run["operations"]} == {full[0]}
        opened = opening.open_registry(load_config(bare_desk.config), "bank")
        tiers = [opened.model(name).tags.get("risk_classification") for name in full]
        opened.close()
        assert tiers == ["critical", None]
        runs = bare_desk.run("sync", "--json").json["runs"]
        assert [run["run"]["status"] for run in runs] == ["clean", "clean"]
        place.delete("retail")
        (gap,) = bare_desk.run("--connection", "bank", "plan", "--json", expect=3).json["plans"][0]["gaps"]
        assert place.name("retail") in gap
