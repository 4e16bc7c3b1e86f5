from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model.errors import LeaseLost, RunAborted
from connector.model.state import Link
from connector.state import LeaseHeld
from tests.state.contract.base import BANK, CREDIT, NOW, OTHER, StoreContract, later


class LeaseContract(StoreContract):
    def test_one_holder_at_a_time(self, store, reopen):
        lease = store.acquire_lease(BANK, "me", NOW, 60)
        assert (lease.connection, lease.owner, lease.expires) == (BANK, "me", later(seconds=60))
        with pytest.raises(LeaseHeld, match=r"bank.*me.*Remedy") as held:
            reopen().acquire_lease(BANK, "you", later(seconds=59), 60)
        assert isinstance(held.value, RunAborted)
        assert (held.value.owner, held.value.expires) == ("me", later(seconds=60))
        assert store.acquire_lease(OTHER, "you", NOW, 60).owner == "you"

    def test_the_holder_can_be_asked_for(self, store, reopen):
        assert store.lease(BANK) is None
        held = store.acquire_lease(BANK, "me", NOW, 60)
        assert reopen().lease(BANK) == held
        assert store.lease(OTHER) is None
        store.release_lease(held)
        assert store.lease(BANK) is None

    def test_an_expired_lease_is_taken_over_with_a_higher_token(self, store, reopen):
        mine = store.acquire_lease(BANK, "me", NOW, 60)
        yours = reopen().acquire_lease(BANK, "you", later(seconds=60), 60)
        assert yours.token > mine.token
        for use in (
            lambda: store.check_lease(mine, NOW, 0),
            lambda: store.renew_lease(mine, NOW, 60),
            lambda: store.recording(mine, NOW).__enter__(),
            lambda: store.end_interrupted(mine, NOW),
        ):
            with pytest.raises(LeaseLost, match=r"bank.*you.*Remedy"):
                use()
        store.release_lease(mine)
        store.check_lease(yours, later(seconds=61), 10)

    def test_the_same_owner_takes_over_from_itself(self, store):
        first = store.acquire_lease(BANK, "me", NOW, 60)
        second = store.acquire_lease(BANK, "me", NOW, 60)
        assert second.token > first.token
        with pytest.raises(LeaseLost):
            store.check_lease(first, NOW, 0)

    def test_a_renewed_lease_lives_longer_with_the_same_token(self, store):
        lease = store.acquire_lease(BANK, "me", NOW, 60)
        renewed = store.renew_lease(lease, later(seconds=50), 60)
        assert (renewed.token, renewed.expires) == (lease.token, later(seconds=110))
        with pytest.raises(LeaseHeld):
            store.acquire_lease(BANK, "you", later(seconds=109), 60)
        store.check_lease(lease, later(seconds=100), 10)

    def test_an_expired_lease_that_nobody_took_is_renewed_and_records(self, store):
        lease = store.acquire_lease(BANK, "me", NOW, 60)
        with store.recording(lease, later(hours=1)) as tx:
            tx.put_link(Link(CREDIT, "R1"))
        assert list(store.links(BANK)) == [CREDIT.key]
        store.renew_lease(lease, later(hours=1), 60)
        store.check_lease(lease, later(hours=1), 10)

    def test_a_check_asks_for_the_time_a_write_may_take(self, store):
        lease = store.acquire_lease(BANK, "me", NOW, 60)
        store.check_lease(lease, later(seconds=30), 30)
        with pytest.raises(LeaseLost, match="too soon"):
            store.check_lease(lease, later(seconds=31), 30)

    def test_a_released_lease_is_free_and_no_longer_good(self, store):
        lease = store.acquire_lease(BANK, "me", NOW, 60)
        store.release_lease(lease)
        store.release_lease(lease)
        with pytest.raises(LeaseLost, match="given back"), store.recording(lease, NOW):
            pass
        assert store.acquire_lease(BANK, "you", NOW, 60).token > lease.token

    def test_a_lease_never_acquired_is_lost(self, store, lease):
        with pytest.raises(LeaseLost):
            store.check_lease(replace(lease, connection="unknown"), NOW, 0)

    def test_a_recording_that_fails_leaves_nothing(self, store, lease):
        def interrupted():
            with store.recording(lease, NOW) as tx:
                tx.put_link(Link(CREDIT, "R1"))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert store.links(BANK) == {}
        with store.recording(lease, NOW) as tx:
            tx.put_link(Link(CREDIT, "R2"))
        assert store.links(BANK)[CREDIT.key].record_id == "R2"

    def test_recordings_do_not_nest(self, store, lease):
        with (
            pytest.raises(RuntimeError, match="already open"),
            store.recording(lease, NOW),
            store.recording(lease, NOW),
        ):
            pass
        assert store.links(BANK) == {}
