"""The mapping that ships and the tenant that its page has an admin create were written apart, and agree."""

import pytest

from adapters.logicgate import LogicGateAdapter, Options
from connector.mapping.load import load_mapping
from connector.model.fields import Entity, FieldType
from tests.adapters.logicgate.platform import KINDS, client_credentials, settings, shipped
from tests.simulators.logicgate.schema import OPTIONS, Permission
from tests.simulators.logicgate.tenant import APPLICATION
from tests.simulators.logicgate.words import WORDS

MAPPING = load_mapping("logicgate", adapter_options_model=Options)
TYPES = {
    FieldType.CHOICE: {"SELECT", "RADIO"},
    FieldType.USER: {"USER"},
    FieldType.DATE: {"DATE"},
    FieldType.INTEGER: {"NUMBER"},
}


def mapped(entity):
    """Canonical field, its place, and the tenant's field."""
    fields = APPLICATION.by_kind(KINDS[entity]).fields
    for declared in MAPPING.fields(entity):
        place = MAPPING.mapped(entity, declared.name)
        if place is not None:
            yield declared, place, fields[place.read_name]


@pytest.mark.parametrize("entity", list(KINDS))
def test_every_field_of_the_inventory_has_a_place_of_its_type(entity):
    mock = load_mapping("mock")
    named = {declared.name for declared, _, _ in mapped(Entity(entity))}
    wanted = {one.name for one in mock.fields(Entity(entity)) if mock.mapped(Entity(entity), one.name) is not None}
    # The mock tells an issue's address as a field; LogicGate's is made from its id.
    assert named == wanted - {"url"}
    for declared, place, spec in mapped(Entity(entity)):
        kinds = TYPES.get(declared.type, {"TEXT", "TEXT_AREA"})
        if declared.type is FieldType.LIST:
            kinds = {"MULTI_SELECT"} if place.values else {"TEXT_AREA"}
            assert (place.write_as == "text") == (place.values is None and place.writable), declared.name
        if entity == "approval_step":
            continue
        assert str(spec.type) in kinds, declared.name


@pytest.mark.parametrize("entity", ["model", "version", "issue"])
def test_every_option_has_a_canonical_value_and_every_value_an_option(entity):
    for declared, place, spec in mapped(Entity(entity)):
        if spec.type in OPTIONS:
            assert set(place.reading) == {option.text for option in spec.options}, declared.name


@pytest.mark.parametrize("entity", ["model", "version", "issue"])
def test_the_same_meaning_on_both_sides(entity):
    """A canonical value by the mapping is the mock's word by the simulator's own table."""
    mock, kind = load_mapping("mock"), KINDS[entity]
    words = {word.name: (name, word) for name, word in WORDS[kind].items()}
    for declared, place, spec in mapped(Entity(entity)):
        name, word = words[spec.name]
        assert name == mock.mapped(Entity(entity), declared.name).read_name
        if place.values is not None and spec.name != "Regulations":
            theirs = mock.mapped(Entity(entity), declared.name).values
            assert {canonical: word.options[text] for canonical, text in place.values.items()} == theirs


def test_check_finds_nothing_wrong_with_the_mapping_as_it_ships(simulator, tmp_path, officer):
    simulator.permit(Permission.READ, Permission.WRITE, Permission.BUILD)
    model = officer.create("models", registry_name="pd")["id"]
    officer.decide(officer.create("versions", model=model, version="1")["id"], "approved")
    officer.raise_issue("Drift", model=model)
    given = settings(simulator, shipped(), tmp_path, auth=client_credentials(tmp_path, simulator))
    given = type(given)(**{**{name: getattr(given, name) for name in given.__slots__}, "entities": MAPPING.entities})
    with LogicGateAdapter(given) as adapter:
        assert [problem for problem in adapter.check() if problem.fatal] == []
        records = {entity: next(iter(adapter.records(entity))) for entity in MAPPING.entities}
    for entity, record in records.items():
        assert set(record.values) == {
            *MAPPING.entities[entity].fields,
            *filter(None, [MAPPING.entities[entity].key_field]),
        }
