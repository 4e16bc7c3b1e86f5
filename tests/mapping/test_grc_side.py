import pytest

from connector.mapping.grc_side import Gathering, issue, model_view, plain_values, version_view, virtual_version
from connector.mapping.grc_write import grc_values, identity_values
from connector.mapping.keys import Keys
from connector.model.cut import full_length
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Record
from tests.mapping.samples import REGISTRY_ID, platform

KEYS = Keys(REGISTRY_ID)
KEY = KEYS.model("credit", 1000)
IDENTITY = {"ext": KEY, "inst": "me", "reg_name": "credit", "reg_created": "1000"}


def gathered(mapping, records, gaps=None):
    gathering = Gathering(mapping, KEYS)
    for record in records:
        gathering.add(record)
    return gathering.observation(gaps or {}, {})


def model(**values):
    return Record(Entity.MODEL, "m1", {**IDENTITY, **values}, revision="7", url="http://grc/m1", actor="officer")


def test_a_model_record(load):
    record = model(
        tier="2 - high", owner={"email": "JD@bank.example", "id": 4}, products=["b", "a"], months=12, desc=""
    )
    view = model_view(load(), record)
    assert (view.id, view.key, view.instance, view.name, view.created_ms) == ("m1", KEY, "me", "credit", 1000)
    assert (view.revision, view.url, view.actor, view.version, view.virtual) == (
        "7",
        "http://grc/m1",
        "officer",
        None,
        False,
    )
    assert not view.unreadable
    assert {name: value for name, value in view.fields.items() if value} == {
        "risk_classification": "high",
        "model_owner": "jd@bank.example",
        "products": '["a","b"]',
        "review_frequency": "12",
    }
    assert view.fields["description"] is None


def test_a_record_of_nobody(load):
    view = model_view(load(), Record(Entity.MODEL, "m2", {"ext": "", "reg_created": "soon"}))
    assert (view.key, view.instance, view.name, view.created_ms) == (None, None, "", None)


def test_an_unmapped_value_quarantines_its_field_alone(load):
    view = model_view(load(), model(tier="5 - Trivial", purpose="p", ext=["a", "b"]))
    assert "5 - Trivial" in view.unreadable["risk_classification"]
    assert "risk_classification" not in view.fields
    assert view.fields["purpose"] == "p"
    assert "several values" in view.unreadable["key"]


def test_a_version_record(load):
    values = {**IDENTITY, "ver": 3.0, "parent": {"value": "m1", "link": "x"}, "approval": "APPROVED", "conditions": "c"}
    view = version_view(load(), Record(Entity.VERSION, "v1", values))
    assert (view.entity, view.id, view.version, view.parent_id) == (Entity.VERSION, "v1", "3", "m1")
    assert (view.fields["approval_status"], view.fields["conditions"]) == ("approved", "c")
    assert not view.virtual


@pytest.mark.parametrize(
    ("native", "version"),
    [(3, "3"), ("3", "3"), ("v3", "3"), ("Version 3", "3"), ("V.03", "3"), ("", None), (None, None)],
)
def test_a_governed_version_is_a_virtual_record(load, native, version):
    mapping = load(platform("governed"))
    record = model(gov_ver=native, approval="Approved", conditions="c", tier="2 - High")
    view = model_view(mapping, record)
    assert view.version == version
    assert "approval_status" not in view.fields
    virtual = virtual_version(mapping, record, KEYS)
    if version is None:
        assert virtual is None
        assert view.unreadable == {"approval_status": "an approval without a version"}
        return
    assert not view.unreadable
    assert (virtual.entity, virtual.id, virtual.parent_id, virtual.virtual) == (Entity.VERSION, "m1", "m1", True)
    assert (virtual.key, virtual.version, virtual.name) == (KEYS.version("credit", 1000, "3"), "3", "credit")
    assert (virtual.created_ms, virtual.instance, virtual.revision) == (1000, "me", "7")
    assert (virtual.fields["approval_status"], virtual.fields["conditions"]) == ("approved", "c")
    assert "risk_classification" not in virtual.fields


@pytest.mark.parametrize(
    ("mode", "values", "reason"),
    [
        ("governed", {"approval": "Approved"}, "an approval without a version"),
        ("governed", {"approval": "Something new"}, "an approval without a version"),
        ("governed", {"approval": "Approved", "gov_ver": "the new one"}, "'the new one', which is no version number"),
        ("governed", {"approval": "Approved", "gov_ver": ["1", "2"]}, "several values"),
        ("governed", {"approval": "Draft"}, None),
        ("governed", {"approval": None}, None),
        ("none", {"approval": "In review"}, "an approval without a version"),
        ("none", {"approval": "Draft"}, None),
        ("none", {}, None),
    ],
)
def test_an_approval_without_a_version_is_seen_and_spread_over_none(load, mode, values, reason):
    mapping = load(platform(mode))
    seen = gathered(mapping, [model(**values)])
    assert seen.versions == ()
    found = seen.models[0].unreadable
    assert (reason is None and not found) or reason in found["approval_status"]


def test_a_virtual_records_key_with_hashes(load):
    data = platform("governed")
    data["entities"]["model"]["identity"]["hash"] = True
    keys = Keys(REGISTRY_ID, hashed=True)
    mapping, hashed = load(data), keys.model("credit", 1000)
    assert virtual_version(mapping, model(ext=hashed, gov_ver=3), keys).key == keys.version("credit", 1000, "3")
    assert virtual_version(mapping, model(ext=hashed, gov_ver=3, reg_name="renamed"), keys).key is None
    assert virtual_version(mapping, model(ext=None, gov_ver=3), keys).key is None


@pytest.mark.parametrize("name", [" blanks around ", "cafe\u0301", "two\nlines"])
def test_key_and_name_are_told_as_they_stand(load, name):
    seen = gathered(load(platform("records")), [model(reg_name=name, ext=f"mlflow:x/{name}@1000")]).models[0]
    assert (seen.name, seen.key) == (name, f"mlflow:x/{name}@1000")
    nameless = gathered(load(platform("records")), [model(reg_name="  ", ext=" ")]).models[0]
    assert (nameless.name, nameless.key) == ("", None)


def test_an_issue(load):
    values = {
        "no": "F-7",
        "title": "Drift",
        "sev": "moderate",
        "state": "In Remediation",
        "due": "2026-05-01T00:00:00+02:00",
    }
    found = issue(
        load(), Record(Entity.ISSUE, "i1", {**values, "model": {"id": "m1"}, "version": None, "who": "A@b.example"})
    )
    assert (found.id, found.number, found.title, found.severity) == ("i1", "F-7", "Drift", "medium")
    assert (found.state, found.due, found.assignee) == ("in_remediation", "2026-05-01", "a@b.example")
    assert (found.model_id, found.version_id) == ("m1", None)
    assert found.is_open


def test_an_issue_with_an_unreadable_state_is_open_and_goes_by_its_id(load):
    record = Record(Entity.ISSUE, "i1", {"state": "Weird", "model": ["m1", "m2"]}, url="http://grc/i1")
    found = issue(load(), record)
    assert (found.number, found.url, found.state, found.is_open) == ("i1", "http://grc/i1", None, True)
    assert set(found.unreadable) == {"state", "model"}


def test_everything_at_once_and_each_record_once(load):
    version = Record(Entity.VERSION, "v1", {**IDENTITY, "ver": "3"})
    found = Record(Entity.ISSUE, "i1", {"title": "t"})
    records = [model(), model(), version, version, found, found]
    seen = gathered(load(), records, {Entity.ISSUE: "page 3 failed"})
    assert [len(seen.models), len(seen.versions), len(seen.issues)] == [1, 1, 1]
    assert not seen.complete(Entity.ISSUE)
    assert seen.complete(Entity.MODEL)


def test_steps_and_users_are_read_plainly(load):
    data = platform()
    data["entities"]["user"] = {"fields": {"email": "mail", "active": "on_duty"}}
    values, problems = plain_values(load(data), Record(Entity.USER, "u1", {"mail": "A@b.example", "on_duty": "maybe"}))
    assert values == {"email": "a@b.example"}
    assert set(problems) == {"active"}


def test_values_for_a_write(load):
    values = {
        "risk_classification": "medium",
        "products": '["a","b"]',
        "dependencies": '["a","b"]',
        "review_frequency": "12",
        "model_owner": "jd@bank.example",
        "purpose": None,
        "lifecycle_status": "decommissioned",
        "description": "word " * 40,
    }
    sent = grc_values(load(), Entity.MODEL, values)
    assert full_length(sent.pop("desc")) == 200
    assert sent == {
        "tier": 3,
        "products": ["a", "b"],
        "deps": '["a","b"]',
        "months": 12,
        "owner_mail": "jd@bank.example",
        "purpose": None,
        "life": 9,
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"registry": "x"}, "registry"),
        ({"lifecycle_status": "in_use"}, "lifecycle_status"),
        ({"materiality": "high"}, "materiality"),
        ({"nonsense": "x"}, "nonsense"),
    ],
)
def test_what_cannot_be_written_names_its_field(load, values, field):
    with pytest.raises(Rejected) as caught:
        grc_values(load(), Entity.MODEL, values)
    assert caught.value.field == field
    assert caught.value.remedy


def test_identity_of_a_new_record(load):
    mapping = load()
    whole = identity_values(key=KEY, instance="me", name="credit", created_ms=1000, version="3", parent_id="m1")
    sent = grc_values(mapping, Entity.VERSION, whole)
    assert sent == {"ext": KEY, "inst": "me", "reg_name": "credit", "reg_created": 1000, "ver": "3", "parent": "m1"}
    assert grc_values(mapping, Entity.MODEL, whole) == {k: v for k, v in sent.items() if k not in ("ver", "parent")}
    record = Record(Entity.VERSION, "v1", sent)
    view = version_view(mapping, record)
    assert (view.key, view.instance, view.name, view.created_ms, view.version, view.parent_id) == (
        KEY, "me", "credit", 1000, "3", "m1",
    )  # fmt: skip


def test_a_submission_names_the_governed_version_in_the_models_record(load):
    mapping = load(platform("governed"))
    sent = grc_values(mapping, Entity.VERSION, {"identity.governed_version": "3", "approval_status": "pending"})
    assert sent == {"gov_ver": "3", "approval": "In review"}
    assert mapping.record_entity(Entity.VERSION) is Entity.MODEL
    virtual = virtual_version(mapping, model(**sent), KEYS)
    assert (virtual.version, virtual.fields["approval_status"]) == ("3", "pending")
