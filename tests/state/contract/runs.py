from __future__ import annotations

from dataclasses import replace

import pytest

from connector.audit import RUN_ENDED, AuditFilter, verify_trail
from connector.model.fields import Entity, Side
from connector.model.state import AuditEntry, RunKind, RunStatus, Tally
from connector.state.times import stamp
from connector.state.types import RunSums
from tests.state.contract.base import BANK, CREDIT, FRAUD, NOW, OTHER, StoreContract, later

ENTRY = AuditEntry("2026-03-01T08:00:00.000Z", "run", BANK, "write", Side.GRC, CREDIT, "tier", "low", "high", "owned")


def ended(run, status=RunStatus.CLEAN, **changes):
    return replace(run, ended=stamp(later(minutes=1)), status=status, **changes)


class RunContract(StoreContract):
    def test_a_run_begins_and_ends(self, store, reopen):
        run = store.start_run(BANK, NOW)
        assert (run.connection, run.started, run.ended, run.status) == (BANK, stamp(NOW), None, RunStatus.RUNNING)
        assert reopen().runs(BANK) == [run]
        done = ended(run, RunStatus.ATTENTION, message="one conflict", counts={"operations": 3, "conflicts": 1})
        store.end_run(done)
        assert reopen().runs(BANK) == [done]

    def test_the_last_tally_of_each_day_is_kept(self, store, reopen):
        def tally(number, **when):
            return Tally(stamp(later(**when)), number, {"high": number}, {"C01": number})

        for one in (tally(1), tally(2, hours=2), tally(3, days=1), tally(4, days=3)):
            store.put_tally(BANK, one)
        store.put_tally(OTHER, tally(9))
        assert reopen().tallies(BANK) == [tally(2, hours=2), tally(3, days=1), tally(4, days=3)]
        assert store.tallies(BANK, limit=2) == [tally(3, days=1), tally(4, days=3)]
        assert store.tallies("none") == []

    def test_the_last_runs_come_first(self, store):
        runs = [store.start_run((BANK, OTHER)[number % 2], later(seconds=number)) for number in range(6)]
        assert [run.id for run in store.runs(BANK)] == [runs[4].id, runs[2].id, runs[0].id]
        assert [run.id for run in store.runs(limit=4)] == [run.id for run in runs[:1:-1]]
        assert len({run.id for run in runs}) == 6
        assert sorted(run.id for run in runs) == [run.id for run in runs]

    def test_a_run_of_a_clock_that_was_ahead_does_not_stay_the_last(self, store, reopen):
        ahead, after = store.start_run(BANK, later(days=365)), store.start_run(BANK, NOW)
        for run in (after, ahead):
            store.end_run(replace(run, ended=run.started, status=RunStatus.CLEAN))
        assert [run.id for run in reopen().runs(BANK)] == [after.id, ahead.id]

    def test_narrowed_runs_push_no_full_one_out_of_sight(self, store, reopen):
        full = store.start_run(BANK, NOW)
        narrowed = [store.start_run(BANK, later(seconds=1), RunKind.NARROWED) for _ in range(3)]
        done = ended(narrowed[0])
        store.end_run(done)
        assert reopen().runs(BANK, limit=2) == [full]
        assert reopen().runs(BANK, kind=RunKind.NARROWED) == [*narrowed[:0:-1], done]
        assert [run.kind for run in reopen().runs(BANK, kind=None)] == [*[RunKind.NARROWED] * 3, RunKind.FULL]

    def test_what_runs_came_to_is_summed_up_to_one_that_goes_on(self, store, reopen):
        def made(counts, status=RunStatus.APPLIED, kind=RunKind.FULL):
            run = store.start_run(BANK, NOW, kind)
            store.end_run(ended(run, status, counts=counts))
            return run

        assert store.run_sums(BANK) == RunSums(True, None, ())
        first = made({"update_record": 2})
        made({"update_record": 2}, kind=RunKind.NARROWED)
        third = made({}, RunStatus.FAILED)
        store.start_run(OTHER, NOW)
        found = reopen().run_sums(BANK)
        assert (found.whole, found.last) == (True, third.id)
        assert sorted(found.sums, key=lambda each: each.status) == [
            (RunStatus.APPLIED, {"update_record": 2}, 2),
            (RunStatus.FAILED, {}, 1),
        ]
        going = store.start_run(BANK, NOW)
        last = made({"update_record": 7})
        assert store.run_sums(BANK, third.id) == RunSums(False, None, ())
        assert store.run_sums(BANK, first.id).last == third.id
        store.end_run(ended(going))
        found = store.run_sums(BANK, third.id)
        assert (found.whole, found.last, len(found.sums)) == (False, last.id, 2)
        assert store.run_sums(BANK, "a run of another state").whole
        assert store.run_sums(BANK, last.id) == RunSums(False, None, ())

    def test_runs_begun_at_the_same_time_keep_their_order(self, store):
        runs = [store.start_run(BANK, NOW) for _ in range(5)]
        assert store.runs(BANK) == runs[::-1]

    def test_every_run_leaves_an_entry_with_its_journals_digest(self, store, lease):
        quiet, busy = store.start_run(BANK, NOW), store.start_run(BANK, NOW)
        with store.recording(lease, NOW) as tx:
            tx.observe(busy.id, Side.GRC, Entity.MODEL, {"1": ("one", {"a": "1"})}, complete=True)
        first, second = store.end_run(ended(quiet)), store.end_run(ended(busy, message="all well"))
        entries = list(store.audit(AuditFilter(action=RUN_ENDED)))
        assert [item.head for item in entries] == [first, second]
        assert store.audit_head() == second
        assert [item.entry.run_id for item in entries] == [quiet.id, busy.id]
        assert entries[1].entry.rule == "clean: all well"
        assert entries[0].entry.new != entries[1].entry.new == dict(store.journal_digests())[busy.id]
        assert verify_trail(store).ok

    def test_a_run_ends_once_and_with_an_end(self, store):
        run = store.start_run(BANK, NOW)
        with pytest.raises(ValueError, match="no end"):
            store.end_run(run)
        with pytest.raises(ValueError, match="no end"):
            store.end_run(replace(run, ended=stamp(NOW)))
        store.end_run(ended(run))
        for again in (ended(run), ended(replace(run, id="unknown"))):
            with pytest.raises(ValueError, match="not running"):
                store.end_run(again)
        assert store.audit_head().sequence == 1

    def test_interrupted_runs_are_ended_by_the_next_holder(self, store, lease):
        dead = [store.start_run(BANK, later(seconds=number)) for number in range(2)]
        done, theirs = store.start_run(BANK, NOW), store.start_run(OTHER, NOW)
        store.end_run(ended(done))
        found = store.end_interrupted(lease, later(hours=1))
        assert [run.id for run in found] == [run.id for run in dead]
        assert {(run.status, run.ended) for run in found} == {(RunStatus.FAILED, stamp(later(hours=1)))}
        assert all("interrupted" in run.message for run in found)
        assert store.end_interrupted(lease, later(hours=2)) == []
        assert store.runs(OTHER) == [theirs]
        assert [item.entry.run_id for item in store.audit()] == [done.id, *(run.id for run in dead)]

    def test_entries_come_back_as_they_were_appended(self, store, lease, reopen):
        other = store.acquire_lease(OTHER, "me", NOW, 60)
        hard = replace(ENTRY, old="é\n\x00\U0001f600", new=None, actor="ann@bank", record_id="R1")
        bare = AuditEntry("2026-03-01T09:00:00.000Z", "run2", OTHER, "note")
        with store.recording(lease, NOW) as tx:
            heads = [tx.append_audit(ENTRY), tx.append_audit(hard)]
        with store.recording(other, NOW) as tx:
            heads.append(tx.append_audit(bare))
        found = list(reopen().audit())
        assert [item.entry for item in found] == [ENTRY, hard, bare]
        assert [item.head for item in found] == heads
        assert [item.sequence for item in found] == [1, 2, 3]
        assert store.audit_head() == heads[-1]

    def test_an_entry_belongs_to_the_leases_connection(self, store, lease):
        with pytest.raises(ValueError, match="other"), store.recording(lease, NOW) as tx:
            tx.append_audit(replace(ENTRY, connection=OTHER))
        assert store.audit_head().sequence == 0

    def test_times_are_kept_in_one_form(self, store, lease):
        with store.recording(lease, NOW) as tx:
            tx.append_audit(replace(ENTRY, at="2026-03-01T10:00:00+02:00"))
        assert [item.entry.at for item in store.audit()] == [ENTRY.at]

    @pytest.mark.parametrize(
        ("select", "found"),
        [
            (AuditFilter(), "abcd"),
            (AuditFilter(connection=BANK), "abcd"),
            (AuditFilter(connection=OTHER), ""),
            (AuditFilter(run_id="r2"), "b"),
            (AuditFilter(object=CREDIT.key), "ab"),
            (AuditFilter(object="fraud"), "c"),
            (AuditFilter(object="R9"), "d"),
            (AuditFilter(field="tier"), "abd"),
            (AuditFilter(field="tier", object="credit", run_id="run"), "a"),
            (AuditFilter(action="undo"), "d"),
            (AuditFilter(since=later(hours=1)), "bcd"),
            (AuditFilter(until=later(hours=2)), "ab"),
            (AuditFilter(since=later(hours=1), until=later(hours=2)), "b"),
            (AuditFilter(rule="put back"), "d"),
            (AuditFilter(rule="%"), ""),
            (AuditFilter(after=2), "cd"),
        ],
    )
    def test_filters(self, store, lease, select, found):
        entries = [
            replace(ENTRY, new="a"),
            replace(ENTRY, new="b", run_id="r2", at=stamp(later(hours=1))),
            replace(ENTRY, new="c", ref=FRAUD, field="purpose", at=stamp(later(hours=2))),
            replace(
                ENTRY, new="d", ref=None, record_id="R9", action="undo", rule="put back; x", at=stamp(later(hours=3))
            ),
        ]
        with store.recording(lease, NOW) as tx:
            for entry in entries:
                tx.append_audit(entry)
        assert "".join(str(item.entry.new) for item in store.audit(select)) == found
