import pytest
from pydantic import BaseModel, ConfigDict

from connector.mapping.inventory import default_inventory, load_inventory
from connector.mapping.load import load_mapping, mapping_path, packaged_mappings
from connector.model.errors import ConfigError
from connector.model.fields import ConflictRule, Entity, LocationKind, Owner
from connector.model.policy import VersionsMode
from connector.model.used_mapping import FieldMapping
from tests.mapping.samples import platform


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")
    base: str


def by_name(mapping, entity=Entity.MODEL):
    return {one.name: one for one in mapping.fields(entity)}


def test_fields_are_those_named_and_those_that_controls_need(load):
    mapping = load()
    models = by_name(mapping)
    assert set(models) == set(platform()["entities"]["model"]["fields"])
    versions = by_name(mapping, Entity.VERSION)
    assert "approval_status" in versions
    assert versions["approval_status"].in_grc
    assert not versions["production_aliases"].in_grc
    assert not versions["production_aliases"].grc_writable
    assert "technique" not in versions
    assert [one.name for one in mapping.fields(Entity.ISSUE)] == [
        "number",
        "title",
        "severity",
        "state",
        "due",
        "assignee",
    ]
    assert mapping.fields(Entity.USER) == ()


def test_a_field_carries_what_inventory_and_platform_say(load):
    models = by_name(load(tag_prefix="bank_"))
    tier = models["risk_classification"]
    assert (tier.owner, tier.rule, tier.values[0]) == (Owner.SHARED, ConflictRule.HIGHEST, "critical")
    assert str(tier.locations[0]) == "tag:risk_classification"
    assert tier.registry_limit == 1000
    assert tier.grc_limit is None
    assert str(models["model_owner"].locations[0]) == "tag:bank_model_owner"
    assert str(models["purpose"].locations[0]) == "tag:purpose"
    description = models["description"]
    assert (description.locations[0].kind, description.registry_limit) == (LocationKind.DESCRIPTION, 5000)
    assert description.grc_limit == 100
    assert not models["registry"].grc_writable
    assert models["registry"].owner is Owner.COMPUTED
    assert not models["registry"].registry_writable


def test_a_field_with_a_name_for_reading_alone_is_never_written(load):
    materiality = by_name(load(changed(("entities", "model", "fields", "materiality"), {"read": "mat"})))["materiality"]
    assert materiality.in_grc
    assert not materiality.grc_writable


def test_what_the_adapter_is_asked_to_read(load):
    mapping = load()
    model, issue = mapping.entities[Entity.MODEL], mapping.entities[Entity.ISSUE]
    assert model.key_field == "ext"
    assert {"owner", "ext", "inst", "reg_name", "reg_created", "tier"} <= set(model.fields)
    assert "owner_mail" not in model.fields
    assert issue.key_field is None
    assert {"model", "version", "no"} <= set(issue.fields)
    assert Entity.USER not in mapping.entities


def test_a_governed_mapping_reads_the_versions_fields_from_the_models_record(load):
    mapping = load(platform("governed"))
    assert mapping.versions is VersionsMode.GOVERNED
    assert {"gov_ver", "approval"} <= set(mapping.entities[Entity.MODEL].fields)
    assert Entity.VERSION not in mapping.entities
    assert by_name(mapping, Entity.VERSION)["approval_status"].in_grc
    assert mapping.identity[Entity.VERSION] == {"identity.governed_version"}
    assert mapping.record_entity(Entity.VERSION) is Entity.MODEL


def test_without_versions_nothing_of_them_is_in_the_grc(load):
    mapping = load(platform("none"))
    assert not any(one.in_grc for one in mapping.fields(Entity.VERSION))
    assert "approval" in mapping.entities[Entity.MODEL].fields


def test_owners_move_a_fields_place_and_rule(load):
    data = platform()
    data["entities"]["version"]["fields"]["compliance_review"] = "compliance"
    mapping = load(data, owners={"compliance_review": Owner.MLFLOW, "model_owner": Owner.SHARED, "purpose": Owner.GRC})
    assert by_name(mapping, Entity.VERSION)["compliance_review"].owner is Owner.MLFLOW
    models = by_name(mapping)
    assert (models["model_owner"].owner, models["model_owner"].rule) == (Owner.SHARED, ConflictRule.MANUAL)
    assert str(models["model_owner"].locations[0]) == "tag:model_owner"
    assert str(models["purpose"].locations[0]) == "tag:grc_purpose"


@pytest.mark.parametrize(
    ("owners", "words"),
    [
        ({"purpos": Owner.GRC}, "Did you mean 'purpose'?"),
        ({"open_issues": Owner.MLFLOW}, "no other owner"),
        ({"registry": Owner.GRC}, "no other owner"),
        ({"registry_name": Owner.GRC}, "cannot be written"),
        ({"metrics": Owner.SHARED}, "cannot be written"),
    ],
)
def test_owners_that_cannot_be(load, owners, words):
    with pytest.raises(ConfigError) as caught:
        load(owners=owners)
    assert caught.value.key == f"owners.{next(iter(owners))}"
    assert words in str(caught.value)


def test_run_fields_can_be_left_out_without_emptying_the_grc(load):
    mapping = load(run_fields=False)
    versions = by_name(mapping, Entity.VERSION)
    assert "metrics" not in versions
    assert [str(place) for place in versions["code_commit"].locations] == ["tag:code_commit"]


def test_options_are_raw_or_validated(load):
    assert load().options == {"base": "/api"}
    assert load(adapter_options_model=Options).options == Options(base="/api")
    with pytest.raises(ConfigError) as caught:
        load(platform(http={"bsae": 1}), adapter_options_model=Options)
    assert "http.bsae" in str(caught.value)
    assert "Did you mean 'base'?" in str(caught.value)
    assert "http.base: This key is missing" in str(caught.value)


def changed(path, value, mode="records"):
    """The sample mapping with one key set, or removed by None."""
    data = platform(mode)
    part = data
    for step in path[:-1]:
        inner = part.get(step, {"field": "other"})
        part[step] = dict(inner) if isinstance(inner, dict) else {"field": inner}
        part = part[step]
    part.pop(path[-1], None)
    if value is not None:
        part[path[-1]] = value
    return data


M, V = ("entities", "model"), ("entities", "version")
MAT = (*M, "fields", "materiality")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ((*M, "fields", "purpos"), "x", "Did you mean 'purpose'?"),
        ((*M, "fields", "conditions"), "x", "field of a version"),
        ((*M, "fields", "open_issues"), "x", "works this field out"),
        ((*MAT, "values", "hgih"), "H", "Did you mean 'high'?"),
        ((*MAT, "read_values", "H"), "hgih", "no value of the field"),
        ((*MAT, "values"), {"H": "high", "L": "low"}, "values is the wrong way round. Remedy: Write the field's value"),
        ((*MAT, "write_values"), {"H": "high"}, "write_values is the wrong way round"),
        ((*MAT, "read_values"), {"high": "H", "low": "L"}, "Write the platform's value first"),
        (MAT, {"field": "x", "values": {"high": "H", "low": "h"}}, "read back"),
        (MAT, {"read": "x", "field": "y"}, "both directions"),
        (MAT, {"write": "x"}, "name the platform"),
        ((*MAT, "feild"), "x", "Did you mean 'field'?"),
        ((*M, "fields", "products", "max_length"), 50, "cannot be cut"),
        ((*M, "fields", "purpose", "max_length"), 5, "greater than or equal to 40"),
        (MAT, "purpose", "'purpose' is written already"),
        (MAT, "ext", "'key' is written already"),
        ((*M, "identity", "governed_version"), "x", "versions: governed"),
        ((*M, "identity", "key"), None, "missing"),
        ((*M, "version_fields"), {"conditions": "x"}, "entities.version.fields"),
        ((*V, "identity", "hash"), True, "same"),
        (("retire", "model", "lifecycle_status"), "in_use", "no word for 'in_use'"),
        (("retire", "model", "lifecycle_status"), "dead", "no value of the field"),
        (("retire", "model", "registry"), "x", "cannot be written"),
        (("retire", "model", "materiality"), "low", "names no such field"),
        (("htpt",), {}, "unknown"),
        (("versions",), "sometimes", "'records'"),
    ],
)
def test_mistakes_are_told_with_line_key_and_remedy(load, path, value, words):
    data = changed(path, value)
    with pytest.raises(ConfigError) as caught:
        load(data)
    text = str(caught.value)
    key = ".".join(path)
    assert f": {key}: " in text or f": {key.rpartition('.')[0]}: " in text
    assert words.lower() in text.lower()
    assert "mapping.yaml:" in text


@pytest.mark.parametrize(
    ("path", "value", "mode", "key", "words"),
    [
        (V, None, "records", "entities", "needs entities.version"),
        (V, platform()["entities"]["version"], "none", "entities.version", "no version records"),
        ((*M, "identity", "governed_version"), None, "governed", "entities.model.identity", "governed_version"),
        (("retire", "version"), {"conditions": "x"}, "governed", "retire.version", "no version records"),
    ],
)
def test_what_the_versions_mode_does_not_have(load, path, value, mode, key, words):
    with pytest.raises(ConfigError) as caught:
        load(changed(path, value, mode))
    assert caught.value.key == key
    assert caught.value.line
    assert words in str(caught.value)


def test_all_mistakes_of_a_file_at_once(load):
    data = changed((*M, "fields", "purpos"), "x")
    data["retire"] = {"model": {"lifecycle_status": "dead"}}
    data["http"] = {"bsae": "x"}
    with pytest.raises(ConfigError) as caught:
        load(data, adapter_options_model=Options)
    assert "4 problems" in str(caught.value)


def test_what_agreements_rest_on_is_told_by_field(load):
    used = load().used
    assert used == load().used
    assert (used.tag_prefix, used.versions, used.former_prefixes) == ("grc_", VersionsMode.RECORDS, ())
    assert used.fields[Entity.MODEL]["model_owner"] == FieldMapping(Owner.GRC, ("tag:grc_model_owner",), "model.owner")
    assert "production_aliases" not in used.fields[Entity.VERSION], "it stands on one side alone"


@pytest.mark.parametrize(
    ("data", "options", "names"),
    [
        (None, {"owners": {"purpose": Owner.GRC}}, ["purpose"]),
        (((*M, "fields", "materiality"), "mat"), {}, ["materiality"]),
        (((*M, "fields", "materiality"), None), {}, []),
    ],
)
def test_another_owner_or_place_is_told_of_that_field_alone(load, data, options, names):
    before = load().used.fields[Entity.MODEL]
    after = load(changed(*data) if data else None, **options).used.fields[Entity.MODEL]
    assert [name for name, one in after.items() if before.get(name) != one] == names


def test_a_governed_version_stands_in_the_record_of_its_model(load):
    used = load(platform("governed")).used
    assert used.fields[Entity.VERSION]["approval_status"].grc.startswith("model.")
    assert load().used.fields[Entity.VERSION]["approval_status"].grc.startswith("version.")


def test_a_bank_adds_a_field_without_code(load, tmp_path):
    own = tmp_path / "inventory.yaml"
    own.write_text("extends: default\nfields:\n  cost_centre: {type: string, level: model, owner: grc}\n")
    data = changed((*M, "fields", "cost_centre"), "cc")
    with pytest.raises(ConfigError, match="no such field"):
        load(data)
    field = by_name(load(data, inventory=own))["cost_centre"]
    assert (field.owner, str(field.locations[0])) == (Owner.GRC, "tag:grc_cost_centre")


@pytest.mark.parametrize("name", ["mokc", "servicenowx"])
def test_an_unknown_mapping_is_named_with_the_nearest(name):
    with pytest.raises(ConfigError, match="no mapping"):
        mapping_path(name)
    assert "mock" in packaged_mappings()
    assert "inventory" not in packaged_mappings()


def test_paths_are_relative_to_the_configuration(tmp_path):
    assert mapping_path("own.yaml", relative_to=tmp_path) == tmp_path / "own.yaml"
    with pytest.raises(ConfigError, match="no such file"):
        load_mapping("own.yaml", relative_to=tmp_path)


def test_the_default_inventory_has_every_field_once():
    inventory = default_inventory()
    assert len(inventory.fields) == 65
    assert all(field.description and field.asked_by for field in inventory.fields.values())
    assert inventory.fields["materiality"].values[0] == "high"
    assert Entity.VERSION in inventory.fields["approval_status"].level
    assert Entity.MODEL not in inventory.fields["approval_status"].level


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("type: choice, level: model, owner: grc", "a choice needs them"),
        ("type: string, values: [a], level: model, owner: grc", "alues belong to a choice"),
        ("type: string, level: model, owner: shared, rule: highest", "highest"),
        ("type: string, level: model, owner: grc, rule: manual", "belongs to a shared field"),
        ("type: string, level: model, owner: grc, in_mlflow: 'tags:x'", "no place in MLflow"),
        ("type: string, level: model, owner: grc, in_mlflow: 'tag'", "needs a key"),
        ("type: string, level: model, owner: grc, in_mlflow: 'name:x'", "takes no key"),
        ("type: string, level: model, owner: mlflow, in_mlflow: 'attribute:run_id'", "no attribute 'run_id'"),
        ("type: string, level: version, owner: mlflow, in_mlflow: 'attribute:colour'", "no attribute"),
        ("type: string, level: issue, owner: grc", "model or version"),
        ("type: string, level: model, owner: mlflow, in_mlflow: 'tag:purpose'", "'purpose' stands already"),
    ],
)
def test_mistakes_in_an_inventory(tmp_path, text, words):
    own = tmp_path / "inventory.yaml"
    own.write_text(f"extends: default\nfields:\n  extra: {{{text}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_inventory(own)
    assert "inventory.yaml:3" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "place", "tag"),
    [
        ("issue_owner", "", "tag:{prefix}issue_owner"),
        ("response_deadline", "", "tag:{prefix}response_deadline"),
        ("attestation_form", "", "tag:{prefix}attestation_form"),
        ("blocked", "", "tag:{prefix}blocked"),
        ("cost_centre", "tag:{prefix}open_issues", "tag:{prefix}open_issues"),
        ("cost_centre", "tag:cost_centre, tag:{prefix}record_id", "tag:{prefix}record_id"),
    ],
)
def test_a_field_of_the_banks_own_stands_at_no_tag_of_the_connector(tmp_path, name, place, tag):
    """It would be taken for an issue or an answer, removed as one, and written again, for ever."""
    own = tmp_path / "inventory.yaml"
    at = f", in_mlflow: ['{place.replace(', ', chr(39) + ', ' + chr(39))}']" if place else ""
    own.write_text(f"extends: default\nfields:\n  {name}: {{type: string, level: model, owner: grc{at}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_inventory(own)
    assert "inventory.yaml:3" in str(caught.value)
    assert f"{tag}, which is among the connector's own tags" in str(caught.value)


def test_a_tag_written_out_and_a_changed_owner_are_found_with_the_prefix_in_use(load, tmp_path):
    own = tmp_path / "inventory.yaml"
    own.write_text(
        "extends: default\nfields:\n  a: {type: string, level: model, owner: grc, in_mlflow: tag:mrm_blocked}\n"
    )
    assert load(inventory=own)
    with pytest.raises(ConfigError, match=r"fields\.a: .*tag:mrm_blocked"):
        load(inventory=own, tag_prefix="mrm_")
    own.write_text("extends: default\nfields:\n  issue_owner: {type: string, level: model, owner: shared}\n")
    assert load(inventory=own)
    with pytest.raises(ConfigError, match=r"fields\.issue_owner: .*tag:grc_issue_owner"):
        load(inventory=own, owners={"issue_owner": Owner.GRC})
