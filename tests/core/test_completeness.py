"""What a model's metadata lack, and where to add it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import Inventory, JoinedModel, JoinedVersion
from connector.controls.completeness import ITEMS, PARTS, completeness, looked_at
from connector.model.fields import Entity, Field, FieldType, Location, LocationKind, Owner


def field(name: str, level: Entity, owner: Owner, *places: Location) -> Field:
    return Field(name, FieldType.STRING, owner, level, locations=places)


def tag(key: str) -> Location:
    return Location(LocationKind.TAG, key)


FIELDS = {
    Entity.MODEL: (
        field("purpose", Entity.MODEL, Owner.SHARED, tag("purpose")),
        field("limitations", Entity.MODEL, Owner.SHARED, tag("limitations")),
        field("risk_classification", Entity.MODEL, Owner.SHARED, tag("risk_classification")),
        field("regulatory_scope", Entity.MODEL, Owner.GRC, tag("regulatory_scope")),
        field("retention", Entity.MODEL, Owner.GRC, tag("grc_retention")),
    ),
    Entity.VERSION: (
        field("data_sources", Entity.VERSION, Owner.MLFLOW, tag("data_sources"), Location(LocationKind.ATTRIBUTE, "x")),
        field("metrics", Entity.VERSION, Owner.MLFLOW, Location(LocationKind.RUN_METRIC, "*")),
        field("approved_by", Entity.VERSION, Owner.GRC, tag("grc_approved_by")),
    ),
}
INVENTORY = Inventory((), "2026-03-31", fields=FIELDS)
WHOLE_MODEL = {part.field: "x" for part in PARTS if part.level is Entity.MODEL}
WHOLE_VERSION = {part.field: "x" for part in PARTS if part.level is Entity.VERSION}
WHOLE = JoinedModel(
    "credit", WHOLE_MODEL, {}, versions=(JoinedVersion("1", {}, {}), JoinedVersion("2", WHOLE_VERSION, {}))
)


def test_what_the_governance_process_asks_for_has_its_place() -> None:
    assert ITEMS == (
        "training data lineage", "feature pipeline", "architecture", "validation results", "intended use",
        "known limitations", "approval chain", "risk classification", "regulatory scope", "data retention",
    )  # fmt: skip


def test_a_whole_model_lacks_nothing() -> None:
    found = completeness(INVENTORY, WHOLE)
    assert (found.score, found.asked, found.lacks, found.items) == (100, len(PARTS), (), ())


def test_the_versions_in_production_count_or_else_the_newest() -> None:
    assert [each.version for each in looked_at(WHOLE)] == ["2"]
    used = replace(WHOLE, versions=(replace(WHOLE.versions[0], production=True), WHOLE.versions[1]))
    assert [each.version for each in looked_at(used)] == ["1"]
    versions = sum(part.level is Entity.VERSION for part in PARTS)
    found = completeness(INVENTORY, used)
    assert [lack.version for lack in found.lacks] == ["1"] * versions
    assert found.score == 100 * (len(PARTS) - versions) // len(PARTS)
    assert looked_at(replace(WHOLE, versions=())) == ()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.field)
def test_each_part_is_missed_by_itself(part) -> None:
    if part.level is Entity.MODEL:
        poor = replace(WHOLE, registry={**WHOLE_MODEL, part.field: None})
    else:
        version = replace(WHOLE.versions[1], registry={**WHOLE_VERSION, part.field: None})
        poor = replace(WHOLE, versions=(version,))
    found = completeness(INVENTORY, poor)
    assert [(lack.item, lack.field) for lack in found.lacks] == [(part.item, part.field)]
    assert found.score == 100 * (len(PARTS) - 1) // len(PARTS)


@pytest.mark.parametrize("side", ["registry", "grc"])
def test_either_side_states_it(side) -> None:
    bare = replace(WHOLE, registry={}, grc={})
    assert len(completeness(INVENTORY, bare).lacks) == len(WHOLE_MODEL)
    assert completeness(INVENTORY, replace(bare, **{side: WHOLE_MODEL})).lacks == ()


def test_a_tag_states_what_the_platform_has_no_field_for() -> None:
    version = replace(WHOLE.versions[1], registry={**WHOLE_VERSION, "data_version": None, "tag:data_version": "42"})
    assert completeness(INVENTORY, replace(WHOLE, versions=(version,))).lacks == ()
    version = replace(version, registry={**WHOLE_VERSION, "approval_date": None, "tag:grc_approval_date": "2026-01-01"})
    assert completeness(INVENTORY, replace(WHOLE, versions=(version,))).lacks == ()


def remedies(model: JoinedModel, inventory: Inventory = INVENTORY) -> dict[str, str]:
    return {lack.field: lack.remedy for lack in completeness(inventory, model).lacks}


def test_the_remedy_names_the_tag_or_the_place() -> None:
    told = remedies(JoinedModel("credit", {}, {}, versions=(JoinedVersion("7", {"identity.run": "r7"}, None),)))
    assert told["purpose"] == "set the tag purpose on the model"
    assert told["data_sources"] == (
        "set the tag data_sources on version 7, or log the data set with mlflow.log_input in the training run"
    )
    assert told["metrics"] == "log the validation's metrics in the training run of version 7"
    assert told["data_version"] == "set the tag data_version on version 7"
    assert told["retention"] == "fill it in the GRC: retention (it comes back as the tag grc_retention of the model)"
    assert told["approved_by"] == (
        "fill it in the GRC: approved_by (it comes back as the tag grc_approved_by of version 7)"
    )
    assert told["approval_date"].startswith("add the field to the platform's mapping, and fill it: approval_date")


def test_a_version_without_a_run_is_not_told_to_log_to_it() -> None:
    told = remedies(JoinedModel("credit", {}, {}, versions=(JoinedVersion("7", {}, None),)))
    assert told["metrics"] == "register a version from a run that tells its metrics: version 7 has no run"
    assert told["data_sources"] == "set the tag data_sources on version 7"


def test_the_owner_of_this_connection_counts() -> None:
    owned = field("validation_status", Entity.VERSION, Owner.COMPUTED, tag("validation_status"))
    fields = {**FIELDS, Entity.VERSION: (*FIELDS[Entity.VERSION], owned)}
    told = remedies(
        JoinedModel("credit", {}, {}, versions=(JoinedVersion("7", {}, None),)), replace(INVENTORY, fields=fields)
    )
    assert told["validation_status"].startswith("validation_status of version 7 is worked out by the connector")


def test_what_the_grc_alone_knows_and_placeholders_are_not_asked() -> None:
    assert completeness(INVENTORY, JoinedModel("vendor", None, {})).asked == 0
    assert completeness(INVENTORY, replace(WHOLE, registry={}, placeholder=True)).asked == 0
