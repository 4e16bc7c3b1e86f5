from __future__ import annotations

import threading

from connector.model.fields import Entity
from connector.model.hints import Hint, PendingHint
from connector.state.times import stamp
from tests.state.contract.base import BANK, NOW, OTHER, StoreContract, later

CREDIT = Hint.of_model("credit")
ISSUE = Hint.of_record(Entity.ISSUE, "credit")


class HintContract(StoreContract):
    def test_hints_wait_oldest_first_whoever_left_them(self, store, reopen):
        reopen().leave_hint(BANK, ISSUE, later(seconds=2))
        store.leave_hint(BANK, CREDIT, NOW)
        store.leave_hint(OTHER, CREDIT, NOW)
        found = reopen().hints(BANK, 10)
        assert found == [
            PendingHint(CREDIT, stamp(NOW), stamp(NOW)),
            PendingHint(ISSUE, stamp(later(seconds=2)), stamp(later(seconds=2))),
        ]
        assert store.hints(BANK, 1) == found[:1]
        assert store.hints("none", 10) == []

    def test_hints_of_one_object_are_one(self, store):
        for second in range(3):
            store.leave_hint(BANK, CREDIT, later(seconds=second))
        assert store.hints(BANK, 10) == [PendingHint(CREDIT, stamp(NOW), stamp(later(seconds=2)), 3)]

    def test_what_was_acted_on_is_forgotten_and_what_came_again_stays(self, store, reopen):
        store.leave_hint(BANK, CREDIT, NOW)
        store.leave_hint(BANK, ISSUE, NOW)
        store.leave_hint(OTHER, CREDIT, NOW)
        seen = store.hints(BANK, 10)
        reopen().leave_hint(BANK, CREDIT, NOW)
        store.drop_hints(BANK, seen)
        store.drop_hints(BANK, [])
        assert store.hints(BANK, 10) == [PendingHint(CREDIT, stamp(NOW), stamp(NOW), 2)]
        assert len(store.hints(OTHER, 10)) == 1
        store.drop_hints(BANK, store.hints(BANK, 10))
        assert store.hints(BANK, 10) == []

    def test_hints_need_no_lease(self, store, lease):
        assert store.lease(BANK) == lease
        store.leave_hint(BANK, CREDIT, NOW)
        store.drop_hints(BANK, store.hints(BANK, 10))
        assert store.lease(BANK) == lease

    def test_none_is_lost_when_many_leave_them(self, store):
        threads = [
            threading.Thread(target=lambda: [store.leave_hint(BANK, CREDIT, NOW) for _ in range(5)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.hints(BANK, 10) == [PendingHint(CREDIT, stamp(NOW), stamp(NOW), 20)]
