"""The mappings of the mock GRC say what it is, field by field, and the declarative adapter can use them."""

from pathlib import Path

import pytest

from adapters.base import AdapterSettings
from adapters.http import HttpAdapter, Options
from connector.mapping.inventory import default_inventory
from connector.mapping.load import load_mapping
from connector.mock.catalog import KINDS
from connector.mock.schema import Type
from connector.model.fields import Entity, FieldType
from connector.model.grc import Write

MAPPINGS = Path(__file__).parent.parent / "mappings"
FILES = {"records": "mock", "governed": MAPPINGS / "mock-governed.yaml", "none": MAPPINGS / "mock-none.yaml"}
KIND = {
    Entity.MODEL: "models",
    Entity.VERSION: "versions",
    Entity.ISSUE: "issues",
    Entity.APPROVAL_STEP: "approvals",
    Entity.USER: "users",
}
TYPES = {
    FieldType.STRING: {Type.STRING, Type.INTEGER, Type.CHOICE},
    FieldType.TEXT: {Type.STRING},
    FieldType.CHOICE: {Type.CHOICE},
    FieldType.USER: {Type.USER, Type.STRING},
    FieldType.DATE: {Type.DATE},
    FieldType.TIME: {Type.TIME},
    FieldType.INTEGER: {Type.INTEGER},
    FieldType.BOOLEAN: {Type.BOOLEAN},
    FieldType.LIST: {Type.LIST, Type.OBJECTS},
    FieldType.MAP: {Type.MAP},
}


@pytest.fixture(params=FILES)
def mapping(request):
    return load_mapping(FILES[request.param], adapter_options_model=Options)


def mapped(mapping):
    for entity in Entity:
        inventory = default_inventory().of(entity)
        governed = entity is Entity.VERSION and mapping.platform.entities.version is None
        for name, one in mapping.platform.fields_of(entity).items():
            yield inventory[name], one, KINDS["models" if governed else KIND[entity]].fields.get(one.read_name)


def test_every_mapped_field_exists_and_has_the_type(mapping):
    for canonical, one, spec in mapped(mapping):
        if one.read_name == "url":
            continue
        assert spec is not None, f"{one.read_name} is no field of the mock"
        assert spec.type in TYPES[canonical.type], one.read_name


def test_every_choice_is_mapped_both_ways(mapping):
    for canonical, one, spec in mapped(mapping):
        if canonical.type is FieldType.CHOICE:
            assert set(one.values) == set(canonical.values), one.read_name
            assert set(one.values.values()) == set(spec.choices), one.read_name


def test_limits_are_the_mocks_own(mapping):
    limited = 0
    for canonical, one, spec in mapped(mapping):
        if spec and spec.type is Type.STRING and canonical.type in (FieldType.STRING, FieldType.TEXT):
            limited += one.max_length is not None
            assert one.max_length in (None, spec.max_length), one.read_name
            if canonical.type is FieldType.TEXT and "description" not in one.read_name:
                assert spec.max_length == 4000
    assert limited


def test_identity_fields_exist(mapping):
    for entity in Entity:
        for name, place in mapping.platform.identity_of(entity).items():
            assert place.read_name in KINDS[KIND[entity]].fields, name


def test_the_records_mapping_is_complete():
    mapping = load_mapping("mock")
    for entity in (Entity.MODEL, Entity.VERSION, Entity.ISSUE, Entity.APPROVAL_STEP, Entity.USER):
        wanted = {n for n, one in default_inventory().of(entity).items() if not getattr(one, "derived", False)}
        # registry_name is written as the identity's name.
        assert wanted - set(mapping.platform.fields_of(entity)) <= {"registry_name"}


@pytest.fixture
def adapter(mock, mapping, tmp_path):
    token = tmp_path / "token"
    token.write_text(mock.token)
    settings = AdapterSettings(
        connection="test",
        url=mock.url,
        auth={"type": "bearer", "token": {"file": str(token)}},
        http={"retry": {"max_attempts": 2, "max_wait_seconds": 0}},
        options=mapping.options,
        entities=mapping.entities,
    )
    with HttpAdapter(settings) as adapter:
        yield adapter


def test_the_adapter_finds_nothing_wrong(adapter, api, officer):
    model = api.post("models", registry_name="pd", external_key="k")
    api.post("versions", model=model["id"], version="1", external_key="k#1")
    officer.raise_issue("x", model=model["id"])
    assert [problem for problem in adapter.check() if problem.fatal] == []


def test_the_adapter_writes_reads_and_comments_by_the_mapping(adapter, officer, mock):
    key = "mlflow:6f1f/p d@1#ü"
    record = adapter.create(Write(Entity.MODEL, None, {"external_key": key, "tier": "2 - High"}, key=key))
    found = adapter.find(Entity.MODEL, key)
    assert found is not None
    assert (found.id, found.values["tier"], found.actor) == (record.id, "2 - High", "mlflow-grc@bank.example")
    assert found.url == f"{mock.url}/records/{record.id}"
    updated = adapter.update(Write(Entity.MODEL, record.id, {"purpose": "x"}, revision=found.revision))
    assert (updated.values["purpose"], updated.revision) == ("x", "2")
    issue = officer.raise_issue("x", model=record.id)
    adapter.comment(issue["id"], "answered", "token-1")
    adapter.comment(issue["id"], "answered", "token-1")
    assert len(officer.comments(issue["id"])) == 1
    assert [one.id for one in adapter.records(Entity.ISSUE)] == [issue["id"]]
    assert len(list(adapter.records(Entity.USER))) == len(mock.tokens)
