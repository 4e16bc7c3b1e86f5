"""A registry of several workspaces: one name is as many models; what goes with a workspace is not taken for deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.attest import Attestations, Signer, Trusted
from connector.attest.reading import proved
from connector.mapping.keys import Keys
from connector.mapping.sources import Scope
from connector.mock import MockGrc
from connector.model.operations import OperationKind
from connector.model.policy import Policy
from connector.model.state import LinkState, RunStatus
from connector.model.tags import Tags
from connector.model.workspaces import Workspaces
from connector.registry.joined import JoinedRegistry
from tests.engine.world import REGISTRY_ID, Interrupted, World, dying_at, names
from tests.fakes.registry import InProcessServer

EVERY = Workspaces(every=True)


def keys(served: Workspaces, *, hashed: bool = False) -> Keys:
    return Keys(REGISTRY_ID, served.only, hashed, served if served.several else None)


class Places(World):
    """A world whose registry is joined of the workspaces of ``server``."""

    server: InProcessServer

    def serve(self, served: Workspaces, **settings: object) -> None:
        """A new process whose configuration reads these workspaces."""
        for name, value in settings.items():
            setattr(self, name, value)
        self.keys = keys(served)
        joined = JoinedRegistry(self.server, served)
        self.registry = joined if served.several else self.server.registries[served.only or ""]
        self.reopen()

    def topics(self) -> set[tuple[str, bool]]:
        return {(remark.topic, remark.attention) for remark in self.plan().remarks}

    def retired(self) -> list[str]:
        rows = self.officer.records("models", lifecycle_status="Decommissioned")
        return sorted(row["registry_name"] for row in rows)


@pytest.fixture
def grc() -> Iterator[MockGrc]:
    with MockGrc() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, grc: MockGrc) -> Iterator[Places]:
    """``credit``, with a version, stands in ``retail`` and in ``risk``; all workspaces are read."""
    server = InProcessServer("retail", "risk")
    for workspace in ("retail", "risk"):
        server.author(workspace).create_model("credit", tags={"purpose": f"Lends at {workspace}."})
        server.author(workspace).create_version("credit", description=f"First at {workspace}.")
    world = Places(tmp_path, grc, JoinedRegistry(server, EVERY), None, keys=keys(EVERY))
    world.server = server
    yield world
    world.close()


def writes(world: Places) -> int:
    return sum(len(each.writes) for each in world.server.registries.values())


def test_one_name_in_two_workspaces_is_two_models_with_two_records(world: Places) -> None:
    world.sync()
    found = {}
    for workspace in ("retail", "risk"):
        name = f"{workspace}/credit"
        record, version = world.record(name), world.version_record(name)
        assert record["purpose"] == f"Lends at {workspace}."
        assert version["description"] == f"First at {workspace}."
        assert version["model"] == record["id"]
        created = world.server.registries[workspace].model("credit").created_ms
        assert record["external_key"] == f"mlflow:{REGISTRY_ID}/{workspace}/credit@{created}"
        assert world.tags(name)["grc_record_id"] == record["id"]
        found[workspace] = record["id"]
    assert len(set(found.values())) == 2
    before = writes(world)
    result = world.sync()
    assert (result.run.status, writes(world)) == (RunStatus.CLEAN, before)


def test_a_change_in_one_stays_there(world: Places) -> None:
    world.sync()
    world.officer.patch(world.record("risk/credit")["id"], tier="1 - Critical")
    world.officer.patch(world.version_record("risk/credit")["id"], approval_status="Approved")
    assert {name for _, name, _ in names(world.sync())} == {"risk/credit", "risk/credit v1"}
    assert world.tags("risk/credit")["risk_classification"] == "critical"
    assert world.tags("risk/credit", "1")["grc_approval_status"] == "approved"
    assert "risk_classification" not in world.tags("retail/credit")
    assert world.tags("retail/credit", "1")["grc_approval_status"] == "not_submitted"


def test_one_model_by_its_full_name(world: Places) -> None:
    world.sync(model="risk/credit")
    assert [row["registry_name"] for row in world.officer.records("models")] == ["risk/credit"]


def test_a_deletion_in_one_retires_that_record_alone(world: Places) -> None:
    world.sync()
    world.server.author("risk").delete_model("credit")
    world.sync()
    assert world.retired() == ["risk/credit"]


def test_a_workspace_that_vanishes_is_absence(world: Places) -> None:
    world.sync()
    kept = world.server.registries.pop("retail")
    for _ in range(2):
        result = world.sync()
        assert (result.run.status, names(result)) == (RunStatus.ATTENTION, [])
    assert world.topics() == {("model unknown", True)}
    assert world.retired() == []
    world.server.registries["retail"] = kept
    assert world.sync().run.status is RunStatus.CLEAN


def test_what_is_deleted_elsewhere_meanwhile_is_retired_all_the_same(world: Places) -> None:
    world.sync()
    world.server.delete("retail")
    world.server.author("risk").delete_model("credit")
    world.sync()
    assert world.retired() == ["risk/credit"]


def test_a_workspace_that_is_named_and_vanishes_withholds_every_conclusion_from_absence(world: Places) -> None:
    world.serve(Workspaces(("retail", "risk")))
    world.sync()
    world.server.delete("retail")
    world.server.author("risk").delete_model("credit")
    result = world.sync()
    assert result.plan.gaps
    assert world.retired() == []


def test_many_models_of_a_lost_workspace_cost_no_point_reads(world: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do they use up the questions that the other workspaces' models need."""
    monkeypatch.setattr("connector.engine.asking.MAX_POINT_READS", 2)
    for number in range(3):
        world.server.author("retail").create_model(f"a{number}")
    world.sync()
    world.server.delete("retail")
    world.server.author("risk").delete_model("credit")
    world.sync()
    assert world.retired() == ["risk/credit"]


def test_a_workspace_that_is_no_longer_read_has_left_the_scope(world: Places) -> None:
    world.serve(Workspaces(("retail", "risk")))
    world.sync()
    for served in (Workspaces(("risk", "cards")), Workspaces(("risk",))):
        world.server.registries.setdefault("cards", type(world.server)("cards").registries["cards"])
        world.serve(served)
        assert ("out of scope", False) in world.topics()
        assert not any(attention for _, attention in world.topics())
        world.sync()
    assert world.retired() == []


def test_a_conflict_waits_while_its_workspace_is_not_read(world: Places) -> None:
    both = Workspaces(("retail", "risk", "cards"))
    world.server.create("cards")
    world.serve(both)
    world.sync()
    world.server.author("retail").set_tag("credit", "purpose", "as MLflow says")
    world.officer.patch(world.record("retail/credit")["id"], purpose="as the GRC says")
    world.sync()
    (case,) = world.store.conflicts("test")
    world.serve(Workspaces(("risk", "cards")))
    world.sync()
    assert world.store.conflicts("test") == [case]
    world.serve(both)
    world.sync()
    assert world.store.conflicts("test") == [case]


def test_from_one_workspace_to_several_and_back_no_record_is_made_anew(world: Places) -> None:
    world.serve(Workspaces(("risk",)))
    world.sync()
    before = world.record("credit")
    world.serve(Workspaces(("risk", "retail")))
    world.sync()
    after = world.record("risk/credit")
    assert (after["id"], after["external_key"]) == (before["id"], before["external_key"])
    assert world.record("retail/credit")["id"] != before["id"]
    links = world.store.links("test").values()
    called = {f"{each}/credit{number}" for each in ("risk", "retail") for number in ("", " v1")}
    assert {str(link.ref) for link in links} == called
    assert world.sync().run.status is RunStatus.CLEAN
    world.server.author("risk").delete_version("credit", "1")
    world.sync()
    states = {str(link.ref): link.state for link in world.store.links("test").values()}
    assert states["risk/credit v1"] is LinkState.RETIRED
    world.serve(Workspaces(("risk",)))
    world.sync()
    assert world.record("credit")["id"] == before["id"]


def test_a_server_that_gets_workspaces_keeps_its_records(world: Places) -> None:
    """Its models are those of the default workspace from then on."""
    world.server.create("default").create_model("pd")
    world.server.author("default").create_version("pd")
    world.registry, world.keys = world.server.registries["default"], Keys(REGISTRY_ID)
    world.reopen()
    world.sync()
    before = world.record("pd")
    world.serve(Workspaces(("default", "risk")))
    world.sync()
    after = world.record("default/pd")
    assert after["id"] == before["id"]
    assert "/default/pd@" in after["external_key"]
    assert world.sync().run.status is RunStatus.CLEAN


def test_a_workspace_whose_models_move_to_the_default_one_keeps_its_records(world: Places) -> None:
    """MLflow can keep what a deleted workspace held so."""
    world.server.create("default")
    world.sync()
    before = world.record("retail/credit")
    world.server.registries["default"] = world.server.registries.pop("retail")
    world.sync()
    after = world.record("default/credit")
    assert (after["id"], after["lifecycle_status"]) == (before["id"], before["lifecycle_status"])
    assert world.sync().run.status is RunStatus.CLEAN


def test_state_is_rebuilt_without_duplicates(world: Places) -> None:
    world.sync()
    before = {row["id"] for kind in ("models", "versions") for row in world.officer.records(kind)}
    world.lose_state()
    world.sync()
    assert {row["id"] for kind in ("models", "versions") for row in world.officer.records(kind)} == before
    assert world.sync().run.status is RunStatus.CLEAN


@pytest.mark.parametrize("workspace", ["risk", "elsewhere"])
def test_a_record_of_a_workspace_that_is_not_read_is_no_orphan(world: Places, workspace: str) -> None:
    world.serve(Workspaces(("retail", "risk")))
    world.sync()
    key = f"mlflow:{REGISTRY_ID}/{workspace}/gone@1"
    world.officer.create("models", registry_name="gone", external_key=key, connector_instance=world.instance)
    topics = [remark.topic for remark in world.plan().remarks]
    assert topics == (["orphan record"] if workspace == "risk" else [])


def test_placeholders_are_made_where_the_configuration_says(world: Places) -> None:
    world.serve(EVERY, policy=Policy(placeholders=True), placeholder_workspace="risk")
    record = world.officer.create("models", registry_name="vendor model")["id"]
    result = world.sync()
    made = [operation for operation in result.applied.operations if operation.kind is OperationKind.CREATE_PLACEHOLDER]
    assert [str(operation.ref) for operation in made] == ["risk/vendor model"]
    assert world.tags("risk/vendor model")["grc_record_id"] == record
    assert world.server.registries["retail"].model("vendor model") is None
    assert world.sync().run.status is RunStatus.CLEAN


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (Scope(include=("credit*",)), {"retail/credit", "risk/credit"}),
        (Scope(include=("risk/*",)), {"risk/credit", "risk/pd"}),
        (Scope(exclude=("risk/credit",)), {"retail/credit", "risk/pd"}),
        (Scope(exclude=("credit",), within=Scope(include=("risk/*",))), {"risk/pd"}),
    ],
)
def test_scopes_name_models_in_all_workspaces_or_in_some(world: Places, scope: Scope, held: set[str]) -> None:
    world.server.author("risk").create_model("pd")
    world.serve(EVERY, scope=scope)
    world.sync()
    assert {row["registry_name"] for row in world.officer.records("models")} == held


def test_killed_at_any_step_it_ends_where_it_would_have(world: Places) -> None:
    """Read as one story: the first cycle is killed at each of its steps, and begins again."""
    for number in range(200):
        with dying_at(number) as step:
            try:
                world.sync(step)
            except Interrupted:
                world.reopen()
                continue
        break
    world.sync()
    assert sorted(row["registry_name"] for row in world.officer.records("models")) == ["retail/credit", "risk/credit"]
    assert len(world.officer.records("versions")) == 2
    for name in ("retail/credit", "risk/credit"):
        assert world.tags(name)["grc_record_id"] == world.record(name)["id"]
    assert world.sync().run.status is RunStatus.CLEAN


def test_an_approval_is_signed_for_its_workspace(world: Places) -> None:
    key = Signer.generate()
    world.connection.attestations = lambda: Attestations(key, Trusted.of([key.public]))
    world.sync()
    record = world.record("risk/credit", "versions")["id"]
    world.officer.patch(record, approval_status="Approved")
    world.sync()
    made = proved(Tags(), world.tags("risk/credit", "1"), Trusted.of([key.public]))
    assert made is not None
    bearer = made.claim.bearer
    assert (bearer.workspace, bearer.model, bearer.version) == ("risk", "credit", "1")
    assert proved(Tags(), world.tags("retail/credit", "1"), Trusted.of([key.public])) is None
