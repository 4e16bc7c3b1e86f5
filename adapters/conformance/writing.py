"""Writes do what was asked, once, and tell what the platform made of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.base import Adapter, Capability
from adapters.conformance.platform import Contract, Platform
from connector.model.errors import Conflict, OutcomeUnknown, Rejected
from connector.model.grc import Json, Write


def new(platform: Platform, key: str, **values: Json) -> Write:
    """A creation; ``values`` by the platform's field names."""
    return Write(platform.entity, None, {**platform.required, platform.key_field: key, **values}, key=key)


class WritingContract(Contract):
    """``create``, ``update`` and ``write``"""

    def test_create_returns_the_record_as_it_is_kept(self, adapter: Adapter, platform: Platform) -> None:
        record = adapter.create(new(platform, "k", **{platform.text_field: "Ünïcode\nand more"}))
        assert list(platform.stored()) == [record.id]
        assert platform.stored()[record.id][platform.text_field] == "Ünïcode\nand more"
        assert record.values[platform.text_field] == "Ünïcode\nand more"
        assert adapter.get(platform.entity, record.id) == record

    def test_update_changes_the_given_fields_alone(self, adapter: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k", platform.text_field: "old", platform.other_field: "kept"})
        before = dict(platform.stored()[record_id])
        record = adapter.update(Write(platform.entity, record_id, {platform.text_field: "new"}))
        assert (record.id, record.values[platform.text_field]) == (record_id, "new")
        after = platform.stored()[record_id]
        names = (platform.key_field, platform.other_field)
        assert {name: after[name] for name in names} == {name: before[name] for name in names}
        assert after[platform.text_field] == "new"

    def test_update_shows_what_others_changed_meanwhile(self, adapter: Adapter, platform: Platform) -> None:
        record = adapter.create(new(platform, "k", **{platform.other_field: "old"}))
        platform.edit(record.id, {platform.other_field: "theirs"})
        updated = adapter.update(Write(platform.entity, record.id, {platform.text_field: "ours"}))
        assert updated.values[platform.other_field] == "theirs"
        assert platform.stored()[record.id][platform.other_field] == "theirs"

    def test_update_with_none_empties_the_field(self, adapter: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k", platform.text_field: "old"})
        record = adapter.update(Write(platform.entity, record_id, {platform.text_field: None}))
        assert record.values[platform.text_field] in (None, "")
        assert platform.stored()[record_id][platform.text_field] in (None, "")

    def test_a_rewritten_value_shows_as_it_was_stored(self, adapter: Adapter, platform: Platform) -> None:
        rewrite = platform.rewrite()
        if rewrite is None:
            pytest.skip("the platform stores everything as sent")
        record = adapter.create(new(platform, "k", **{rewrite.field: rewrite.sent}))
        assert record.values[rewrite.field] == rewrite.stored
        record_id = platform.seed({platform.key_field: "other"})
        record = adapter.update(Write(platform.entity, record_id, {rewrite.field: rewrite.sent}))
        assert record.values[rewrite.field] == rewrite.stored

    def test_a_stale_revision_is_a_conflict(self, adapter: Adapter, platform: Platform) -> None:
        if Capability.CONDITIONAL_WRITE not in adapter.capabilities:
            pytest.skip("no conditional writes")
        record_id = platform.seed({platform.key_field: "k", platform.text_field: "old"})
        read = adapter.get(platform.entity, record_id)
        assert read is not None
        platform.edit(record_id, {platform.text_field: "theirs"})
        with pytest.raises(Conflict):
            adapter.update(Write(platform.entity, record_id, {platform.text_field: "ours"}, revision=read.revision))
        assert platform.stored()[record_id][platform.text_field] == "theirs"
        fresh = adapter.get(platform.entity, record_id)
        assert fresh is not None
        assert fresh.revision != read.revision
        adapter.update(Write(platform.entity, record_id, {platform.text_field: "ours"}, revision=fresh.revision))
        assert platform.stored()[record_id][platform.text_field] == "ours"

    def test_a_record_that_is_gone_is_not_made_again_by_an_update(self, adapter: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k"})
        platform.delete(record_id)
        (outcome,) = adapter.write([Write(platform.entity, record_id, {platform.text_field: "new"})])
        assert outcome.record is None
        assert outcome.error is not None
        assert platform.stored() == {}

    def test_a_refused_value_is_rejected_and_nothing_is_made(self, adapter: Adapter, platform: Platform) -> None:
        with pytest.raises(Rejected):
            adapter.create(new(platform, "k", **self._refused(platform)))
        assert platform.stored() == {}

    def test_one_refused_write_does_not_stop_the_others(self, adapter: Adapter, platform: Platform) -> None:
        kept = platform.seed({platform.key_field: "seeded"})
        writes = [
            new(platform, "first"),
            new(platform, "second", **self._refused(platform)),
            Write(platform.entity, kept, {platform.text_field: "third"}),
        ]
        outcomes = list(adapter.write(writes))
        assert [outcome.write for outcome in outcomes] == writes
        assert [type(outcome.error) for outcome in outcomes] == [type(None), Rejected, type(None)]
        assert [outcome.record is not None for outcome in outcomes] == [True, False, True]
        assert platform.stored()[kept][platform.text_field] == "third"
        assert len(platform.stored()) == 2

    def test_a_lost_answer_is_an_unknown_outcome_and_sent_once(self, adapter: Adapter, platform: Platform) -> None:
        if not platform.lose_answer():
            pytest.skip("answers cannot be lost on demand")
        with pytest.raises(OutcomeUnknown):
            adapter.create(new(platform, "k"))
        assert len(platform.stored()) == 1
        found = adapter.find(platform.entity, "k")
        assert found is not None
        assert list(platform.stored()) == [found.id]

    def test_requests_are_counted(self, adapter: Adapter, platform: Platform) -> None:
        assert adapter.requests_sent == 0
        list(adapter.records(platform.entity))
        after_listing = adapter.requests_sent
        assert after_listing >= 1
        adapter.create(new(platform, "k"))
        assert adapter.requests_sent > after_listing

    def test_several_threads_may_write(self, adapter: Adapter, platform: Platform) -> None:
        with ThreadPoolExecutor(8) as pool:
            records = list(pool.map(lambda n: adapter.create(new(platform, f"k{n}")), range(16)))
        assert {record.values[platform.key_field] for record in records} == {f"k{n}" for n in range(16)}
        assert sorted(record.id for record in records) == sorted(platform.stored())

    @staticmethod
    def _refused(platform: Platform) -> Mapping[str, Json]:
        refused = platform.refused()
        if refused is None:
            pytest.skip("the platform refuses no value")
        return refused
