"""People at work in the simulated Archer: the stories' side, beside what the connector sees of it."""

import json
import re
import threading
from collections.abc import Iterator

import pytest
import requests

from connector.mock.catalog import KINDS
from tests.simulators.archer import __main__ as by_hand
from tests.simulators.archer.client import Client, Clock, entry
from tests.simulators.archer.office import ArcherOffice
from tests.simulators.archer.person import ArcherPerson, Refused
from tests.simulators.archer.schema import Type
from tests.simulators.archer.tenant import FINDING_LEVEL, MODEL_LEVEL
from tests.simulators.archer.words import Wordless

OFFICER = "risk.officer@bank.example"
OWNER = "head.retail@bank.example"
LONG = "A sentence with ünïcode 🧪, <markup> & 'quotes'.  Two blanks.\n\nAnother paragraph.\n" * 45


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(clock: Clock) -> ArcherOffice:
    return ArcherOffice(clock)


@pytest.fixture
def officer(office: ArcherOffice) -> ArcherPerson:
    return office.as_user(OFFICER)


@pytest.fixture
def connector(office: ArcherOffice) -> Iterator[Client]:
    with office.simulator as simulator:
        client = Client(simulator, simulator.service)
        client.login()
        yield client


MODEL = {
    "external_key": "mlflow:1:credit",
    "connector_instance": "1a2b",
    "registry": "bank",
    "registry_name": "credit",
    "registry_created": 1_700_000_000_123,
    "description": LONG,
    "assumptions": "None.",
    "limitations": ["one, two", 'with "quotes"', "three"],
    "lifecycle_status": "In Development",
    "purpose": "Scores.",
    "classification": "EUC",
    "regulatory_scope": ["sr-11-7", "e-23"],
    "products": ["loans"],
    "approved_uses": ["pricing"],
    "model_owner": OWNER,
    "reviewer": OFFICER,
    "developer": "data.scientist@bank.example",
    "developer_proposed": "data.scientist@bank.example",
    "tier": "1 - Critical",
    "tier_confirmed_on": "2026-02-28",
    "tier_override_reason": "Size.",
    "materiality": "High",
    "complexity": "Low",
    "last_validated": "2025-12-31",
    "next_review_due": "2026-12-31",
    "review_frequency": 12,
    "exceptions": [{"type": "late review", "expiry": "2026-06-30"}],
    "allowed_changes": "Recalibration.",
    "retention": 120,
    "decommissioned_at": "2030-01-01",
    "replacement": "none",
    "governed_version": "3",
}
VERSION = {
    "version": "7",
    "use_restrictions": ["not for mortgages"],
    "operating_boundaries": "Income above 0.",
    "technique": "LLM",
    "data_sources": ["dwh.customers"],
    "metrics": {"auc": 0.78, "ks": 0.4},
    "validation_status": "Passed",
    "deployment_tier": "PROD",
    "deployed_at": "2026-03-01T08:00:30Z",
    "last_updated": "2026-03-01T08:00:30.123Z",
    "monitoring_status": "Amber",
    "validator": "validator@bank.example",
}


def test_every_field_of_the_mock_has_a_place(office):
    for kind in ("models", "versions", "issues", "approvals"):
        named = {one.common for one in office.simulator.tenant.level_of(kind).fields}
        assert set(KINDS[kind].fields) <= named


def test_what_a_person_enters_reads_back(officer):
    made = officer.create("models", **MODEL)
    assert {name: made[name] for name in MODEL} == MODEL
    version = officer.create("versions", model=made["id"], **VERSION)
    assert {name: version[name] for name in VERSION} == VERSION
    assert (version["model"], version["approval_status"]) == (made["id"], "Not Submitted")
    other = officer.create("models", dependencies=[made["id"]])
    assert other["dependencies"] == [made["id"]]


def test_empty_is_none_or_an_empty_list(officer):
    made = officer.create("models", description="", limitations=[])
    assert (made["description"], made["limitations"], made["tier"], made["approval_status"]) == (None, [], None, None)
    changed = officer.patch(officer.create("models", **MODEL)["id"], description=None, tier=None, limitations=None)
    assert (changed["description"], changed["tier"], changed["limitations"]) == (None, None, [])


def test_a_choice_has_another_name_on_the_platform(officer, office, connector):
    made = officer.create("models", tier="1 - Critical")
    tier = office.simulator.tenant.named("models", "tier")
    chosen = connector.read(int(made["id"]))["FieldContents"][str(tier.id)]["Value"]["ValuesListIds"]
    values = connector.get(f"core/system/valueslistvalue/flat/valueslist/{tier.values_list}").json()
    names = {one["RequestedObject"]["Id"]: one["RequestedObject"]["Name"] for one in values}
    assert [names[one] for one in chosen] == ["Tier 1 (Critical)"]
    assert tier.name == "Model Tier"


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "0 - Systemic"},
        {"model_owner": "nobody@bank.example"},
        {"dependencies": ["4711"]},
        {"tier_confirmed_on": "yesterday"},
        {"registry_name": "x" * 501},
        {"nothing": 1},
    ],
    ids=str,
)
def test_a_form_refuses(officer, office, wrong):
    with pytest.raises((Refused, Wordless, KeyError)):
        officer.create("models", **wrong)
    assert office.rows() == {}


def test_required_fields_are_required(officer):
    with pytest.raises(Refused, match="Model, Version"):
        officer.create("versions")


def test_what_is_equal_already_is_no_change(officer, office, clock):
    made = officer.create("models", **MODEL)
    before = office.durable()
    clock.move(minutes=1)
    assert officer.patch(made["id"], **MODEL) == made
    assert office.durable() == before
    assert officer.patch(made["id"], purpose="Other.")["updated_at"] == "2026-03-02T12:01:00Z"
    assert office.durable() != before


def test_records_are_filtered_and_stand_in_the_order_of_creation(officer, office):
    first, second = officer.create("models", registry_name="a"), officer.create("models", registry_name="b")
    renamed = office.reid(first["id"])
    assert [one["id"] for one in officer.records("models")] == [renamed, second["id"]]
    assert [one["id"] for one in officer.records("models", registry_name="b")] == [second["id"]]
    assert OFFICER in [one["email"] for one in officer.records("users")]


def test_a_decision_that_permits_and_one_that_does_not(officer):
    model = officer.create("models")
    version = officer.create("versions", model=model["id"], version="1")
    decided = officer.decide(version["id"], "conditional", conditions="Monitor.", expiry="2027-01-31", comment="ok")
    wanted = ("approval_status", "approved_by", "approval_date", "approval_expiry", "conditions")
    assert [decided[name] for name in wanted] == [
        "Approved with Conditions",
        OFFICER,
        "2026-03-02",
        "2027-01-31",
        "Monitor.",
    ]
    assert [one["decision"] for one in decided["approval_chain"]] == ["Approved with Conditions"]
    (step,) = officer.records("approvals")
    assert (step["version"], step["step"], step["name"], step["comment"]) == (version["id"], 1, "Rita Okafor", "ok")
    decided = officer.decide(version["id"], "rejected")
    assert [decided[name] for name in wanted] == ["Rejected", None, "2026-03-02", None, None]
    assert len(decided["approval_chain"]) == 2
    assert officer.decide(model["id"], "approved")["approved_by"] == OFFICER


def test_issues_open_close_and_open_again(officer, clock):
    model = officer.create("models")
    version = officer.create("versions", model=model["id"], version="1")
    issue = officer.raise_issue("Bias", version=version["id"], due_date="2026-05-01", assignee=OWNER)
    assert (issue["model"], issue["version"], issue["state"], issue["severity"]) == (
        model["id"],
        version["id"],
        "Open",
        "High",
    )
    assert (issue["number"], issue["opened"]) == ("FND-1001", "2026-03-02T12:00:00Z")
    clock.move(days=1)
    closed = officer.close_issue(issue["id"])
    assert (closed["state"], closed["closed"]) == ("Closed", "2026-03-03T12:00:00Z")
    opened = officer.reopen_issue(issue["id"])
    assert (opened["state"], opened["closed"]) == ("Open", None)
    with pytest.raises(Refused):
        officer.reopen_issue(issue["id"])


def test_comments_are_told_with_their_authors(officer, office):
    issue = officer.raise_issue("Bias", model=officer.create("models")["id"])
    officer.comment(issue["id"], LONG)
    office.as_user("data.scientist@bank.example").comment(issue["id"], "Mine.")
    told = officer.comments(issue["id"])
    assert [(one["text"], one["author"]) for one in told] == [(LONG, OFFICER), ("Mine.", "data.scientist@bank.example")]


def test_roles_count(office, officer):
    made = officer.create("models")
    developer = office.as_user("data.scientist@bank.example")
    for refused in (
        lambda: developer.patch(made["id"], purpose="x"),
        lambda: developer.create("models"),
        lambda: developer.delete(made["id"]),
        lambda: developer.decide(made["id"], "approved"),
    ):
        with pytest.raises(Refused, match="has no right"):
            refused()
    with pytest.raises(Refused):
        office.as_user("nobody@bank.example")


def test_a_deleted_record_is_gone_with_the_references_to_it(officer):
    model = officer.create("models")
    issue = officer.raise_issue("Bias", model=model["id"])
    officer.delete(model["id"])
    with pytest.raises(Refused):
        officer.record(model["id"])
    assert officer.record(issue["id"])["model"] is None


def test_another_id_takes_references_and_comments_along(officer, office):
    model = officer.create("models", registry_name="a")
    issue = officer.raise_issue("Bias", model=model["id"])
    officer.comment(issue["id"], "Mine.")
    moved, other = office.reid(model["id"]), office.reid(issue["id"])
    assert moved != model["id"]
    assert officer.record(other)["model"] == moved
    assert officer.comments(other)[0]["text"] == "Mine."
    assert officer.record(moved)["registry_name"] == "a"
    with pytest.raises(Refused):
        officer.record(model["id"])


def test_touching_changes_nothing_but_the_stamps(officer, office, clock):
    made = officer.create("models", **MODEL)
    clock.move(minutes=1)
    office.touch(made["id"])
    assert officer.record(made["id"]) == {**made, "updated_at": "2026-03-02T12:01:00Z"}


def test_an_import_adds_a_choice_that_no_list_had(officer, office):
    made = officer.create("models", tier="2 - High")
    empty = office.dump()
    office.import_values(made["id"], tier="0 - Systemic", purpose="Imported.")
    told = officer.record(made["id"])
    assert (told["tier"], told["purpose"]) == ("0 - Systemic", "Imported.")
    after = office.dump()
    office.load(empty)
    with pytest.raises(Wordless):
        officer.patch(made["id"], tier="0 - Systemic")
    office.load(after)
    assert officer.record(made["id"])["tier"] == "0 - Systemic"
    assert office.dump() == after


def test_what_is_hidden_is_out_of_searches_until_calm(officer, office):
    made = officer.create("models")
    office.hide(made["id"])
    assert office.simulator.content.unlisted == {int(made["id"])}
    office.calm()
    assert office.simulator.content.unlisted == set()


def test_going_back_gives_the_same_ids_again(officer, office):
    model = officer.create("models", **MODEL)
    before = office.dump()
    issue = officer.raise_issue("Bias", model=model["id"])
    officer.comment(issue["id"], "Mine.")
    first, lines = office.rows(), office.history()
    office.load(before)
    assert list(office.rows()) == [model["id"]]
    again = officer.raise_issue("Bias", model=model["id"])
    officer.comment(again["id"], "Mine.")
    assert (office.rows(), office.history()) == (first, lines)
    json.loads(before)


def test_entries_made_for_nothing_shift_no_ids_and_are_no_history(officer, office, connector):
    tenant = office.simulator.tenant
    comments = next(one for one in tenant.level_of("issues").fields if one.type is Type.SUBFORM)
    said = next(one for one in tenant.level(comments.to_level).fields if one.type is Type.TEXT)
    start = office.dump()
    first = officer.create("models")
    lines = office.history()
    office.load(start)
    connector.made(comments.to_level, entry(said.id, Type.TEXT, "lost"))
    assert officer.create("models")["id"] == first["id"]
    assert office.history() == lines
    assert office.durable() != len(lines)


def test_rows_and_history_tell_no_time(officer, office, clock):
    start = office.dump()

    def story():
        made = officer.create("models", **MODEL)
        officer.patch(made["id"], purpose="Other.")
        return office.rows(), office.history()

    first = story()
    office.load(start)
    clock.move(days=3)
    assert story() == first
    rows, lines = first
    assert {name for row in rows.values() for name in row}.isdisjoint({"updated_at", "revision", "id"})
    record_id = next(iter(rows))
    assert (record_id, "update", "purpose", '"Scores."', '"Other."', OFFICER) in lines
    assert len(set(lines)) == len(lines)


def test_what_the_connector_writes_twice_shows_in_the_history(officer, office, connector):
    made = officer.create("models")
    purpose = office.simulator.tenant.named("models", "purpose")
    for _ in range(2):
        connector.update(MODEL_LEVEL, int(made["id"]), entry(purpose.id, Type.TEXT, "<p>x</p>"))
    mine = [line for line in office.history() if line[-1] == office.simulator.service.email]
    assert [line[1:3] for line in mine] == [("update", "purpose"), ("touch", "")]


def test_a_person_sees_what_the_connector_wrote(officer, office, connector):
    made = officer.create("models")
    purpose = office.simulator.tenant.named("models", "purpose")
    connector.update(MODEL_LEVEL, int(made["id"]), entry(purpose.id, Type.TEXT, "<p>a &amp; b</p><p>c</p>"))
    assert officer.record(made["id"])["purpose"] == "a & b\nc"


def test_started_by_hand_it_has_records_and_tells_how_to_sign_in(capsys):
    stop = threading.Event()
    thread = threading.Thread(target=by_hand.main, args=([], stop))
    thread.start()
    told = ""
    deadline = threading.Event()
    for _ in range(500):
        told += capsys.readouterr().out
        if "token" in told:
            break
        deadline.wait(0.02)
    try:
        said = dict(re.findall(r"^  (\w+) +(\S+)$", told, re.MULTILINE))
        body = {
            "InstanceName": said["instance"],
            "Username": said["account"],
            "UserDomain": "",
            "Password": said["password"],
        }
        login = requests.post(f"{said['REST']}core/security/login", json=body, timeout=10).json()
        assert login["IsSuccessful"] is True
        headers = {"Authorization": f'Archer session-id="{said["token"]}"'}
        levels = [
            requests.get(f"{said['REST']}core/content/{number}", headers=headers, timeout=10).json()
            for number in range(227_601, 227_609)
        ]
        assert FINDING_LEVEL in [one["RequestedObject"]["LevelId"] for one in levels if one["IsSuccessful"]]
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
