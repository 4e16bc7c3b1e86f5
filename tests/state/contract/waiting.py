from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, Operation, OperationKind
from connector.model.state import AuditEntry, ConflictCase, QuarantineCase, Resolution
from connector.model.views import ObjectRef
from connector.plan.codec import operation_json
from connector.state import Withheld
from connector.state.times import stamp
from tests.state.contract.base import BANK, CREDIT, CREDIT_1, FRAUD, NOW, OTHER, StoreContract, later

CONFLICT = ConflictCase(CREDIT, "purpose", "a", "b", "c", None, "both changed")
QUARANTINE = QuarantineCase(CREDIT, "tier", "not a tier", "correct it", "d1")
RESOLUTION = Resolution(CREDIT, "purpose", Side.GRC, None, "a", "b", "ann@bank", "2026-03-01T09:00:00Z")
WRITE = Operation(OperationKind.UPDATE_RECORD, Side.GRC, CREDIT, (FieldChange("purpose", "a", None, "why"),), "R1")
FIRST, AGAIN = stamp(NOW), later(hours=1)


class WaitingContract(StoreContract):
    """What waits for a person, and what people decide."""

    @pytest.mark.parametrize(
        ("kind", "case", "changed"),
        [
            ("conflict", CONFLICT, replace(CONFLICT, grc="b2", reason="still")),
            ("quarantine", QUARANTINE, replace(QUARANTINE, reason="still not", value_digest="d2")),
        ],
    )
    def test_a_case_keeps_the_time_it_began(self, store, lease, kind, case, changed):
        read = {"conflict": store.conflicts, "quarantine": store.quarantines}[kind]
        with store.recording(lease, NOW) as tx:
            getattr(tx, f"put_{kind}")(case)
        assert read(BANK) == [replace(case, since=FIRST)]
        with store.recording(lease, AGAIN) as tx:
            getattr(tx, f"put_{kind}")(replace(changed, since=stamp(AGAIN)))
        assert read(BANK) == [replace(changed, since=FIRST)]
        with store.recording(lease, AGAIN) as tx:
            getattr(tx, f"set_{kind}s")([replace(case, ref=FRAUD), case])
        assert read(BANK) == [replace(case, since=FIRST), replace(case, ref=FRAUD, since=stamp(AGAIN))]
        with store.recording(lease, AGAIN) as tx:
            getattr(tx, f"set_{kind}s")([])
            getattr(tx, f"set_{kind}s")([case])
        assert read(BANK) == [replace(case, since=stamp(AGAIN))]

    def test_a_case_may_bring_its_own_beginning(self, store, record):
        with record() as tx:
            tx.put_conflict(replace(CONFLICT, since="2026-01-01"))
            tx.put_quarantine(replace(QUARANTINE, since="2026-01-02"))
        assert store.conflicts(BANK)[0].since == "2026-01-01"
        assert store.quarantines(BANK)[0].since == "2026-01-02"

    def test_cases_are_told_apart_by_object_and_field(self, store, record):
        record_ref = ObjectRef(Entity.VERSION, CREDIT.key, "same key, other entity")
        cases = [
            replace(case, ref=ref, field=field)
            for case in (CONFLICT, QUARANTINE)
            for ref in (CREDIT, CREDIT_1, record_ref)
            for field in ("", "tier")
        ]
        with record() as tx:
            tx.set_conflicts(cases[:6])
            tx.set_quarantines(cases[6:])
            tx.drop_conflict(CREDIT, "tier")
            tx.drop_quarantine(CREDIT)
            tx.drop_quarantine(FRAUD, "tier")
        assert {(case.ref, case.field) for case in store.conflicts(BANK)} == {
            (case.ref, case.field) for case in cases[:6]
        } - {(CREDIT, "tier")}
        assert {(case.ref, case.field) for case in store.quarantines(BANK)} == {
            (case.ref, case.field) for case in cases[6:]
        } - {(CREDIT, "")}

    def test_a_person_answers_while_a_run_holds_the_lease(self, store, lease, reopen):
        command = reopen()
        command.resolve(BANK, RESOLUTION)
        command.resolve(BANK, replace(RESOLUTION, take=None, value="mine", at="2026-03-01T10:00:00Z"))
        command.resolve(BANK, replace(RESOLUTION, ref=FRAUD))
        assert store.resolutions(BANK) == [
            replace(RESOLUTION, ref=FRAUD),
            replace(RESOLUTION, take=None, value="mine", at="2026-03-01T10:00:00Z"),
        ]
        assert store.resolutions(OTHER) == []
        with store.recording(lease, NOW) as tx:
            tx.drop_resolution(CREDIT, "purpose")
            tx.drop_resolution(CREDIT, "unknown")
        assert command.resolutions(BANK) == [replace(RESOLUTION, ref=FRAUD)]

    def test_the_trail_names_who_decided_what(self, store, record):
        known = Withheld(WRITE.digest, operation_json(WRITE))
        with record() as tx:
            tx.put_withheld([known])
        store.resolve(BANK, RESOLUTION)
        store.resolve(BANK, replace(RESOLUTION, take=Side.REGISTRY))
        store.resolve(BANK, replace(RESOLUTION, take=None, value="mine"))
        store.approve(BANK, [known.digest], "ann@bank", NOW)
        store.approve(BANK, ["d1"], "bob@bank", NOW)
        until = stamp(later(hours=24))
        answered = AuditEntry(
            "2026-03-01T09:00:00.000Z", "", BANK, "resolved", None, CREDIT, "purpose", actor="ann@bank"
        )
        words = f"withheld operation {known.digest}: update_record (purpose), released until {until}"
        released = AuditEntry(
            FIRST, "", BANK, "approved", Side.GRC, CREDIT, actor="ann@bank", record_id="R1", rule=words
        )
        assert [item.entry for item in store.audit()] == [
            replace(answered, old="a", new="b", rule="the GRC's side taken, not MLflow's"),
            replace(answered, old="b", new="a", rule="MLflow's side taken, not the GRC's"),
            replace(answered, rule="a new value for both sides", new="mine"),
            released,
            AuditEntry(
                FIRST, "", BANK, "approved", actor="bob@bank", rule=f"withheld operation d1 released until {until}"
            ),
        ]

    def test_an_approval_holds_for_a_day(self, store, lease, reopen):
        approval = reopen().approve(BANK, ["d2", "d1", "d1"], "ann@bank", NOW)
        assert approval.digests == {"d1", "d2"}
        assert (approval.by, approval.at, approval.expires) == ("ann@bank", FIRST, stamp(later(hours=24)))
        assert store.approvals(BANK, later(hours=24) - timedelta(milliseconds=1)) == [approval]
        assert store.approvals(BANK, later(hours=24)) == []
        assert store.approvals(OTHER, NOW) == []
        second = store.approve(BANK, ["d3"], "bob@bank", later(hours=1))
        assert store.approvals(BANK, later(hours=2)) == [approval, second]
