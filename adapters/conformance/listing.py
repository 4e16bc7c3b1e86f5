"""Listings are complete, without repetition, or an IncompleteSnapshot."""

from __future__ import annotations

import pytest

from adapters.base import Adapter, Capability
from adapters.conformance.lookup import ODD_KEYS
from adapters.conformance.platform import Contract, Platform
from connector.model.errors import IncompleteSnapshot


class ListingContract(Contract):
    """``records``"""

    def test_listing_of_nothing_is_empty(self, adapter: Adapter, platform: Platform) -> None:
        assert list(adapter.records(platform.entity)) == []

    @pytest.mark.parametrize("beyond_two_pages", [-1, 0, 1])
    def test_listing_is_complete_over_several_pages(
        self, adapter: Adapter, platform: Platform, beyond_two_pages: int
    ) -> None:
        seeded = [
            platform.seed({platform.key_field: f"k{n}"}) for n in range(2 * platform.page_size + beyond_two_pages)
        ]
        listed = [record.id for record in adapter.records(platform.entity)]
        assert sorted(listed) == sorted(seeded)

    def test_listed_records_carry_native_values(self, adapter: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k", platform.text_field: 'Ünïcode, "quoted"\nsecond line'})
        (record,) = adapter.records(platform.entity)
        assert (record.entity, record.id) == (platform.entity, record_id)
        assert record.values[platform.key_field] == "k"
        assert record.values[platform.text_field] == 'Ünïcode, "quoted"\nsecond line'

    def test_a_listing_tells_each_key_whole(self, adapter: Adapter, platform: Platform) -> None:
        seeded = {platform.seed({platform.key_field: key}): key for key in ODD_KEYS}
        listed = {record.id: record.values[platform.key_field] for record in adapter.records(platform.entity)}
        assert listed == seeded

    def test_each_listing_is_fresh(self, adapter: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k", platform.text_field: "old"})
        list(adapter.records(platform.entity))
        platform.edit(record_id, {platform.text_field: "new"})
        (record,) = adapter.records(platform.entity)
        assert record.values[platform.text_field] == "new"

    def test_an_entity_without_declaration_yields_nothing(self, adapter: Adapter, platform: Platform) -> None:
        if platform.undeclared is None:
            pytest.skip("every entity is declared")
        assert list(adapter.records(platform.undeclared)) == []

    def test_incremental_listing_has_what_changed(self, adapter: Adapter, platform: Platform) -> None:
        if Capability.INCREMENTAL not in adapter.capabilities:
            pytest.skip("no incremental listing")
        first, second = (platform.seed({platform.key_field: key}) for key in ("a", "b"))
        watermark = max(record.updated_at or "" for record in adapter.records(platform.entity))
        platform.edit(first, {platform.text_field: "changed"})
        changed = {record.id: record for record in adapter.records(platform.entity, since=watermark or None)}
        assert changed[first].values[platform.text_field] == "changed"
        assert set(changed) <= {first, second}

    def test_a_listing_that_fails_midway_is_incomplete(self, adapter: Adapter, platform: Platform) -> None:
        seeded = {platform.seed({platform.key_field: f"k{n}"}) for n in range(2 * platform.page_size)}
        if not platform.break_listing():
            pytest.skip("listings cannot be broken on demand")
        read: set[str] = set()
        with pytest.raises(IncompleteSnapshot):
            read.update(record.id for record in adapter.records(platform.entity))
        assert read < seeded
