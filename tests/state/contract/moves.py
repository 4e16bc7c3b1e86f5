from __future__ import annotations

from connector.model.fields import Entity, Side
from connector.model.registry import RunData
from connector.model.state import Base, ConflictCase, Link, QuarantineCase, Resolution
from connector.model.views import ObjectRef
from tests.state.contract.base import BANK, CREDIT, FRAUD, NOW, OTHER, StoreContract

RENAMED = ObjectRef(Entity.MODEL, "mlflow:r/retail@1", "retail")


def fill(tx, ref, mark):
    tx.put_link(Link(ref, mark))
    tx.set_base(ref, "tier", Base(mark, mark))
    tx.put_conflict(ConflictCase(ref, "purpose", mark, "g", None, None, "both changed"))
    tx.put_resolution(Resolution(ref, "purpose", Side.GRC, None, mark, "g", "ann", "2026-03-01"))
    tx.put_quarantine(QuarantineCase(ref, "tier", mark))
    tx.put_run_data({ref.key: RunData(mark, "FINISHED")})


def seen(store, connection):
    return {
        "links": {key: link.record_id for key, link in store.links(connection).items()},
        "bases": {key: pairs["tier"].registry for key, pairs in store.bases(connection).items()},
        "conflicts": {(case.ref, case.registry) for case in store.conflicts(connection)},
        "resolutions": {(item.ref, item.registry) for item in store.resolutions(connection)},
        "quarantines": {(case.ref, case.reason) for case in store.quarantines(connection)},
        "run_data": {key: data.run_id for key, data in store.run_data(connection).items()},
    }


def expected(**marks):
    refs = {"credit": CREDIT, "retail": RENAMED, "fraud": FRAUD}
    by_key = {refs[name].key: mark for name, mark in marks.items()}
    by_ref = {(refs[name], mark) for name, mark in marks.items()}
    return {
        "links": by_key, "bases": by_key, "run_data": by_key,
        "conflicts": by_ref, "resolutions": by_ref, "quarantines": by_ref,
    }  # fmt: skip


class MoveContract(StoreContract):
    def test_everything_moves_with_a_renamed_object(self, store, record):
        with store.recording(store.acquire_lease(OTHER, "me", NOW, 60), NOW) as tx:
            fill(tx, CREDIT, "theirs")
        with record() as tx:
            fill(tx, CREDIT, "R1")
            fill(tx, FRAUD, "R2")
            tx.move_link(CREDIT.key, Link(RENAMED, "R1", created_ms=5))
        assert seen(store, BANK) == expected(retail="R1", fraud="R2")
        assert store.links(BANK)[RENAMED.key] == Link(RENAMED, "R1", created_ms=5)
        assert seen(store, OTHER) == expected(credit="theirs")

    def test_it_takes_the_place_of_what_stood_there(self, store, record):
        with record() as tx:
            fill(tx, CREDIT, "R1")
            fill(tx, RENAMED, "old")
            tx.set_base(RENAMED, "only old", Base("x", "x"))
            tx.move_link(CREDIT.key, Link(RENAMED, "R1"))
        assert seen(store, BANK) == expected(retail="R1")
        assert list(store.bases_of(BANK, RENAMED.key)) == ["tier"]

    def test_a_move_to_the_same_key_only_renews_the_link(self, store, record):
        renamed = ObjectRef(Entity.MODEL, CREDIT.key, "credit, renamed")
        with record() as tx:
            fill(tx, CREDIT, "R1")
            tx.move_link(CREDIT.key, Link(renamed, "R9"))
        assert store.links(BANK) == {CREDIT.key: Link(renamed, "R9")}
        assert store.bases(BANK) == {CREDIT.key: {"tier": Base("R1", "R1")}}
        assert [case.ref for case in store.conflicts(BANK)] == [renamed]

    def test_what_rests_on_an_object_without_a_link_moves_alone(self, store, record):
        with record() as tx:
            fill(tx, CREDIT, "R1")
            fill(tx, RENAMED, "old")
            tx.move(CREDIT.key, RENAMED)
        moved = expected(retail="R1")
        assert seen(store, BANK) == {**moved, "links": {CREDIT.key: "R1", RENAMED.key: "old"}}
        with record() as tx:
            tx.move(RENAMED.key, RENAMED)
            tx.move(FRAUD.key, CREDIT)
        assert seen(store, BANK)["bases"] == moved["bases"]

    def test_a_dropped_link_takes_what_rested_on_it(self, store, record):
        with record() as tx:
            fill(tx, CREDIT, "R1")
            fill(tx, FRAUD, "R2")
            tx.drop_link(CREDIT)
        left = seen(store, BANK)
        assert {name: left[name] for name in ("links", "bases", "conflicts", "resolutions")} == {
            name: expected(fraud="R2")[name] for name in ("links", "bases", "conflicts", "resolutions")
        }
        assert {case.ref for case in store.quarantines(BANK)} == {CREDIT, FRAUD}
