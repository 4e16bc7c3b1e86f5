"""The reconciliation report's judgement of single fields and objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.http import Options
from connector.controls import findings
from connector.mapping.connection import ConnectionMapping
from connector.mapping.keys import Keys
from connector.mapping.load import load_mapping
from connector.mapping.profile import load_profile
from connector.mapping.sources import RegistrySettings, Scope
from connector.model.fields import Entity, Value
from connector.model.state import Agreement, Base, Link, LinkState, QuarantineCase
from connector.model.views import ObjectRef
from connector.report.joined import Question, join
from connector.report.material import Material, Seen
from connector.report.reconcile import reconcile
from connector.report.rows import FieldRow, ObjectRow, Report, Status
from tests.engine.mappings import write_mapping

INSTANCE = "1a2b3c4d-0000-4000-8000-00000000000a"
KEYS = Keys("6f1f1f5e-0000-4000-8000-000000000001")
HASHED = Keys(KEYS.registry_id, hashed=True)
MODEL = ObjectRef(Entity.MODEL, KEYS.model("credit", 1), "credit")
VERSION = ObjectRef(Entity.VERSION, KEYS.version("credit", 1, "1"), "credit", "1")


@pytest.fixture(scope="module")
def records() -> ConnectionMapping:
    return load_mapping("mock", adapter_options_model=Options)


def report(mapping: ConnectionMapping, scope: Scope = Scope(), **material: object) -> Report:  # noqa: B008 - frozen
    body = {"connection": "bank", "taken_at": "2026-03-01T08:00:00.000Z", "gaps": (), "registry": {}, "grc": {}}
    settings = RegistrySettings(KEYS, scope)
    return reconcile(Material(**{**body, **material}), mapping, settings, instance=INSTANCE)


def pair(
    mapping: ConnectionMapping, registry: Value, grc: Value, base: Base | None = None, **material: object
) -> tuple[ObjectRow, FieldRow]:
    """The row of a linked model whose purpose is as given, and the row of that field."""
    found = report(
        mapping,
        registry={Entity.MODEL: {MODEL.key: Seen("credit", {"purpose": registry} if registry else {})}},
        grc={Entity.MODEL: {"M1": Seen("credit", {"purpose": grc} if grc else {})}},
        links={MODEL.key: Link(MODEL, "M1")},
        bases={MODEL.key: {"purpose": base}} if base else {},
        **material,
    )
    (row,) = found.objects
    (field,) = [each for each in row.fields if each.field == "purpose"]
    return row, field


def test_equal_values_agree_empty_ones_too(records: ConnectionMapping) -> None:
    assert pair(records, "a", "a")[1].status is Status.AGREE
    assert pair(records, None, None)[0].status is Status.AGREE


def test_unequal_values_differ_and_so_does_the_object(records: ConnectionMapping) -> None:
    row, field = pair(records, "a", "b")
    assert (row.status, field.status) == (Status.DIFFER, Status.DIFFER)


@pytest.mark.parametrize("how", [Agreement.REWRITTEN, Agreement.CUT])
def test_a_settled_pair_of_unequal_values_agrees_with_a_note(records: ConnectionMapping, how: Agreement) -> None:
    _, field = pair(records, "abc ", "ABC", Base("abc ", "ABC", how))
    assert (field.status, bool(field.note)) == (Status.AGREE, True)


def test_a_settled_pair_that_moved_differs(records: ConnectionMapping) -> None:
    assert pair(records, "abc ", "ABD", Base("abc ", "ABC", Agreement.REWRITTEN))[1].status is Status.DIFFER


def test_a_value_that_did_not_stick_differs_with_a_note(records: ConnectionMapping) -> None:
    _, field = pair(records, "a", "b", Base("a", "b", Agreement.NOT_STUCK))
    assert (field.status, "did not stick" in field.note) == (Status.DIFFER, True)


def test_a_quarantined_object_and_a_quarantined_field(records: ConnectionMapping) -> None:
    row, field = pair(records, "a", "b", quarantines=[QuarantineCase(MODEL, "purpose", "too odd")])
    assert (row.status, field.status, field.note) == (Status.QUARANTINED, Status.QUARANTINED, "too odd")
    found = report(
        records,
        registry={Entity.MODEL: {MODEL.key: Seen("credit", {})}},
        quarantines=[QuarantineCase(MODEL, "", "two records")],
    )
    assert [(each.status, each.note) for each in found.objects] == [(Status.QUARANTINED, "two records")]


def test_a_refused_write_explains_the_difference(records: ConnectionMapping) -> None:
    _, field = pair(records, "a", "b", quarantines=[QuarantineCase(MODEL, "grc:", "refused as a whole")])
    assert (field.status, field.note) == (Status.DIFFER, "refused as a whole")


def grc_only(mapping: ConnectionMapping, link: LinkState | None = None, **identity: str) -> Status | None:
    fields = {f"identity.{name}": value for name, value in identity.items()}
    links = {MODEL.key: Link(MODEL, "M1", link)} if link else {}
    found = report(mapping, grc={Entity.MODEL: {"M1": Seen("credit", fields)}}, links=links)
    return found.objects[0].status if found.objects else None


def test_a_record_alone(records: ConnectionMapping) -> None:
    assert grc_only(records) is Status.ONLY_GRC
    assert grc_only(records, instance=INSTANCE, key=MODEL.key) is Status.ORPHAN
    assert grc_only(records, LinkState.RETIRED, instance=INSTANCE, key=MODEL.key) is Status.RETIRED
    assert grc_only(records, instance="another", key=MODEL.key) is None
    assert grc_only(records, instance=INSTANCE, key="mlflow:another-registry/credit@1") is None
    assert grc_only(records, instance=INSTANCE, key="mlflow-" + "0" * 40) is Status.ORPHAN


def hashed(mapping: ConnectionMapping, key: str, **identity: str) -> Status | None:
    fields = {"identity.instance": INSTANCE, "identity.key": key}
    fields |= {f"identity.{name}": value for name, value in identity.items()}
    body = {"connection": "bank", "taken_at": "2026-03-01T08:00:00.000Z", "gaps": (), "registry": {}}
    material = Material(**body, grc={Entity.MODEL: {"M1": Seen("credit", fields)}})
    found = reconcile(material, mapping, RegistrySettings(HASHED), instance=INSTANCE)
    return found.objects[0].status if found.objects else None


def test_a_hashed_key_tells_whose_it_is_by_the_name_and_time_beside_it(records: ConnectionMapping) -> None:
    ours, anothers = (each.model("credit", 1) for each in (HASHED, Keys("another-registry", hashed=True)))
    assert hashed(records, ours, name="credit", created="1") is Status.ORPHAN
    assert hashed(records, anothers, name="credit", created="1") is None
    assert hashed(records, anothers, name="credit") is Status.ORPHAN


def test_a_record_of_a_model_outside_the_scope_is_no_orphan(records: ConnectionMapping) -> None:
    fields = {"identity.instance": INSTANCE, "identity.key": MODEL.key}
    found = report(
        records,
        Scope(include=("fraud-*",)),
        registry={Entity.MODEL: {MODEL.key: Seen("credit", {})}},
        grc={Entity.MODEL: {"M1": Seen("credit", fields)}},
    )
    assert found.objects == ()
    fields["identity.name"] = "credit"
    grc = {Entity.MODEL: {"M1": Seen("credit", fields)}}
    assert report(records, Scope(include=("fraud-*",)), grc=grc).objects == ()
    assert [each.status for each in report(records, Scope(tags={"a": "b"}), grc=grc).objects] == [Status.ORPHAN]


@pytest.mark.parametrize(
    ("identity", "seen"),
    [
        ({"instance": INSTANCE, "key": MODEL.key}, ["C06"]),
        ({"instance": "another", "key": MODEL.key}, []),
        ({"instance": INSTANCE, "key": "mlflow:another-registry/credit@1"}, []),
    ],
)
def test_a_control_looks_at_no_record_that_another_connection_answers_for(
    records: ConnectionMapping, identity: dict[str, str], seen: list[str]
) -> None:
    fields = {f"identity.{name}": value for name, value in identity.items()}
    grc = {Entity.MODEL: {"M1": Seen("credit", fields)}}
    material = Material("bank", "2026-03-01T08:00:00.000Z", (), {}, grc)
    question = Question(load_profile("baseline", inventory=records.inventory), "2026-03-01")
    joined = join(material, records, RegistrySettings(KEYS), INSTANCE, question)
    assert [each.control for each in findings(joined)] == seen


def test_scope(records: ConnectionMapping) -> None:
    registry = {
        Entity.MODEL: {MODEL.key: Seen("credit", {"tag:team": "risk"})},
        Entity.VERSION: {VERSION.key: Seen("credit v1", {})},
    }
    assert len(report(records, Scope(tags={"team": "risk"}), registry=registry).objects) == 2
    assert report(records, Scope(tags={"team": "sales"}), registry=registry).objects == ()
    aliased = Scope(aliased_only=True)
    assert [row.version for row in report(records, aliased, registry=registry).objects] == [None]
    registry[Entity.VERSION][VERSION.key] = Seen("credit v1", {"aliases": '["production"]'})
    assert [row.version for row in report(records, aliased, registry=registry).objects] == [None, "1"]


def test_a_governed_version_shows_what_was_last_decided(tmp_path: Path) -> None:
    mapping = load_mapping(write_mapping(tmp_path, "governed"), adapter_options_model=Options)
    registry = {
        Entity.MODEL: {MODEL.key: Seen("credit", {})},
        Entity.VERSION: {VERSION.key: Seen("credit v1", {"approval_status": "approved"})},
    }
    common = {"registry": registry, "grc": {Entity.MODEL: {"M1": Seen("credit", {})}}}
    common["links"] = {MODEL.key: Link(MODEL, "M1")}
    bases = {VERSION.key: {"approval_status": Base("approved", "approved")}}
    _, version = report(mapping, bases=bases, **common).objects
    assert version.status is Status.AGREE
    _, version = report(mapping, **common).objects
    assert (version.status, version.note) == (Status.ONLY_MLFLOW, "not yet governed")


def test_it_is_complete_only_without_gaps(records: ConnectionMapping) -> None:
    assert report(records).complete
    assert not report(records, gaps=("models of the GRC",)).complete
    assert not report(records, taken_at=None).complete


def test_a_record_whose_placeholder_was_deleted_is_the_grcs_own(records: ConnectionMapping) -> None:
    fields = {"identity.instance": INSTANCE, "identity.key": MODEL.key}
    for mark, status in (("true", Status.ONLY_GRC), (None, Status.ORPHAN)):
        (row,) = report(
            records,
            grc={Entity.MODEL: {"M1": Seen("credit", fields)}},
            links={MODEL.key: Link(MODEL, "M1", LinkState.TOMBSTONE)},
            bases={MODEL.key: {"grc_placeholder": Base(mark, mark)}},
        ).objects
        assert row.status is status
