"""The vendor's AI model inventory by the mapping that ships: a record in two tables, and approvers' answers."""

import pytest

from connector.logs import configure
from connector.model.errors import Conflict, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Unreadable, Write
from tests.adapters.servicenow.world import ServiceNowWorld
from tests.simulators.servicenow import ServiceNow
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.tenant import APPROVERS, USERS
from tests.simulators.servicenow.vendor import AI_GOVERNANCE, AI_MODEL

ASSETS, DETAILS = AI_MODEL.name, AI_GOVERNANCE.name


@pytest.fixture(autouse=True)
def _quiet(tmp_path_factory):
    configure(redact=lambda text: text, level="ERROR", file=tmp_path_factory.getbasetemp() / "servicenow.log")


@pytest.fixture
def simulator(clock):
    with ServiceNow(clock=clock) as server:
        yield server


@pytest.fixture
def world(tmp_path, simulator, clock, monkeypatch):
    world = ServiceNowWorld(tmp_path, simulator, clock, monkeypatch, name="servicenow-ai-models")
    yield world
    world.close()


@pytest.fixture
def adapter(world):
    return world.adapter


def new(key, **values):
    return Write(Entity.MODEL, None, {"external_ref_id": key, **values}, key=key)


def details(simulator):
    return {row["asset"]: row for row in simulator.store.rows(DETAILS)}


def approve(simulator, asset, state, user=ADMIN):
    approver = next(row for row in simulator.store.rows(USERS) if row["user_name"] == user)
    values = {"document_id": asset, "source_table": ASSETS, "approver": approver["sys_id"], "state": state}
    simulator.store.create(APPROVERS, values, ADMIN)
    return approver["email"]


def test_a_record_is_made_with_its_governance_details(simulator, adapter):
    record = adapter.create(new("k", u_purpose="p", **{"governance.risk_score": "1"}))
    assert (record.values["u_purpose"], record.values["governance.risk_score"]) == ("p", "1")
    assert details(simulator)[record.id]["risk_score"] == "1"
    assert adapter.get(Entity.MODEL, record.id) == record
    (listed,) = adapter.records(Entity.MODEL)
    assert listed == record


def test_many_records_with_their_details_are_two_requests(simulator, adapter):
    outcomes = list(adapter.write([new(f"k{n}", **{"governance.risk_score": "2"}) for n in range(20)]))
    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert simulator.requests.count("POST", "*/batch") == simulator.requests.writes == 2
    assert {row["risk_score"] for row in details(simulator).values()} == {"2"}


def test_details_that_are_there_are_changed_not_doubled(simulator, adapter):
    record = adapter.create(new("k"))
    simulator.store.create(DETAILS, {"asset": record.id, "status": "2", "risk_score": "3"}, ADMIN)
    updated = adapter.update(Write(Entity.MODEL, record.id, {"governance.risk_score": "1"}))
    assert (updated.values["governance.risk_score"], updated.values["governance.status"]) == ("1", "2")
    assert len(simulator.store.rows(DETAILS)) == 1


def test_a_change_of_the_details_is_a_change_of_the_record(simulator, adapter):
    record = adapter.create(new("k", **{"governance.risk_score": "3"}))
    row = details(simulator)[record.id]
    simulator.store.update(DETAILS, row["sys_id"], {"risk_score": "1"}, ADMIN)
    with pytest.raises(Conflict):
        adapter.update(Write(Entity.MODEL, record.id, {"u_purpose": "p"}, "k", record.revision))
    assert adapter.get(Entity.MODEL, record.id).revision != record.revision


def test_two_rows_of_details_are_unreadable_not_a_guess(simulator, adapter):
    record = adapter.create(new("k"))
    for score in ("1", "3"):
        simulator.store.create(DETAILS, {"asset": record.id, "risk_score": score}, ADMIN)
    found = adapter.get(Entity.MODEL, record.id).values["governance.risk_score"]
    assert isinstance(found, Unreadable)


def test_a_record_whose_details_are_refused_was_written_in_part(simulator, adapter):
    simulator.access[CONNECTOR].no_inserts.add(DETAILS)
    with pytest.raises(OutcomeUnknown, match="not all of its fields"):
        adapter.create(new("k", **{"governance.risk_score": "1"}))
    assert len(simulator.store.rows(ASSETS)) == 1
    record = adapter.find(Entity.MODEL, "k")
    with pytest.raises(Rejected):
        adapter.update(Write(Entity.MODEL, record.id, {"governance.risk_score": "1"}))


@pytest.mark.parametrize(
    ("states", "state"),
    [
        ([], None),
        (["requested"], "requested"),
        (["approved", "requested"], "requested"),
        (["approved", "not_required"], "approved"),
        (["approved", "rejected", "not_required"], "rejected"),
        (["cancelled"], "cancelled"),
    ],
)
def test_the_answers_of_approvers_come_to_one_state(simulator, adapter, states, state):
    from adapters.servicenow.people import People
    from adapters.servicenow.sidetables import approval_table

    record = adapter.create(new("k"))
    for each in states:
        approve(simulator, record.id, each)
    reader = adapter._declared(Entity.MODEL)
    table = approval_table(reader.api, reader.shape.spec.approvals, ASSETS, People(reader.api, adapter._options.users))
    assert table.values(table.of([record.id]).get(record.id, []))["approvals.state"] == state


def test_who_approved_and_when_is_told_with_each_step(simulator, adapter):
    record = adapter.create(new("k"))
    mail = approve(simulator, record.id, "approved")
    values = adapter.get(Entity.MODEL, record.id).values
    assert values["approvals.by"] == mail
    assert values["approvals.at"] == "2026-03-02T09:00:00Z"
    (step,) = values["approvals.chain"]
    assert (step["name"], step["decision"], step["time"]) == (mail, "approved", values["approvals.at"])


def test_a_rejection_of_an_earlier_round_counts_no_more(simulator, adapter, clock):
    """The record governs one version after the other, and the engine keeps the answers of all."""
    record = adapter.create(new("k"))
    approve(simulator, record.id, "rejected")
    clock.advance()
    mail = approve(simulator, record.id, "approved", CONNECTOR)
    values = adapter.get(Entity.MODEL, record.id).values
    assert (values["approvals.by"], values["approvals.at"]) == (mail, "2026-03-02T09:00:01Z")
    assert [step["decision"] for step in values["approvals.chain"]] == ["rejected", "approved"]


def test_an_approval_that_was_asked_for_before_a_rejection_does_not_outdo_it(simulator, adapter, clock):
    record = adapter.create(new("k"))
    approve(simulator, record.id, "requested", CONNECTOR)
    mail = approve(simulator, record.id, "rejected")
    clock.advance()
    (asked,) = [row for row in simulator.store.rows(APPROVERS) if row["state"] == "requested"]
    simulator.store.update(APPROVERS, asked["sys_id"], {"state": "approved"}, ADMIN)
    assert adapter.get(Entity.MODEL, record.id).values["approvals.by"] == mail


def test_an_empty_inventory_that_tells_nothing_of_its_columns_is_no_reason_to_doubt_the_mapping(adapter):
    assert Entity.MODEL not in adapter.discover().entities


def test_columns_beside_an_asset_are_not_missing_where_no_row_shows_them(simulator, adapter):
    simulator.store.create(ASSETS, {"external_ref_id": "k"}, ADMIN)
    named = {field.name for field in adapter.discover().entities[Entity.MODEL]}
    assert {"external_ref_id", "u_purpose", "governance.risk_score", "governance.status"} <= named


def test_what_the_approval_engine_decides_is_only_read(adapter):
    record = adapter.create(new("k"))
    with pytest.raises(Rejected, match="only read"):
        adapter.update(Write(Entity.MODEL, record.id, {"approvals.by": "a@bank.example"}))


def test_a_model_is_registered_submitted_and_approved(simulator, world):
    """The story of one version: its request goes to the governance details, the decision comes back."""
    world.author.create_model("scoring", description="d", tags={"risk_classification": "high", "purpose": "p"})
    world.author.create_version("scoring", description="v")
    assert world.sync().exit_code == 0
    (asset,) = simulator.store.rows(ASSETS)
    assert (asset["u_registry_name"], asset["u_purpose"]) == ("scoring", "p")
    assert details(simulator)[asset["sys_id"]]["risk_score"] == "1"

    world.author.set_tag("scoring", "grc_approval_request", "submit", version="1")
    assert world.sync().exit_code == 0
    row = details(simulator)[asset["sys_id"]]
    assert row["status"] == "1"
    assert simulator.store.row(ASSETS, asset["sys_id"])["u_governed_version"] == "1"

    simulator.store.update(DETAILS, row["sys_id"], {"status": "2"}, ADMIN)
    mail = approve(simulator, asset["sys_id"], "approved")
    assert world.sync().exit_code == 0
    tags = world.registry.version("scoring", "1").tags
    assert (tags["grc_approval_status"], tags["grc_approved_by"]) == ("approved", mail)

    assert world.sync().applied.operations == []
