"""One record by id or by key: none only where there is certainly none."""

from __future__ import annotations

import pytest

from adapters.base import Adapter
from adapters.conformance.platform import Contract, Platform
from connector.model.errors import DuplicateKey
from connector.model.grc import Lookup

ODD_KEYS = (
    "mlflow:6f1c0e1e-8a53-4f0f-9d0e-0a4f4f6d8a11/credit scoring@1700000000000#3",
    "a&b=c+d%20e?f",
    'it\'s "quoted" \\ back',
    "naïve ✓ 模型",
    "{key} ${HOME} {{x}}",
    "p/q//r;s,t|u^v*w<x>",
)


class LookupContract(Contract):
    """``get`` and ``find``"""

    def test_get_reads_the_record_afresh(self, adapter: Adapter, platform: Platform) -> None:
        record_id = platform.seed({platform.key_field: "k", platform.text_field: "old"})
        adapter.get(platform.entity, record_id)
        platform.edit(record_id, {platform.text_field: "new"})
        record = adapter.get(platform.entity, record_id)
        assert record is not None
        assert (record.id, record.values[platform.text_field]) == (record_id, "new")

    def test_get_of_a_deleted_record_is_none(self, adapter: Adapter, platform: Platform) -> None:
        kept, gone = platform.seed({platform.key_field: "kept"}), platform.seed({platform.key_field: "gone"})
        platform.delete(gone)
        assert adapter.get(platform.entity, gone) is None
        assert adapter.get(platform.entity, kept) is not None

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_find_takes_any_key_as_it_is(self, adapter: Adapter, platform: Platform, key: str) -> None:
        platform.seed({platform.key_field: "another"})
        record_id = platform.seed({platform.key_field: key})
        found = adapter.find(platform.entity, key)
        assert found is not None
        assert (found.id, found.values[platform.key_field]) == (record_id, key)

    def test_find_compares_whole_keys(self, adapter: Adapter, platform: Platform) -> None:
        platform.seed({platform.key_field: "model-10"})
        assert adapter.find(platform.entity, "model-1") is None
        record_id = platform.seed({platform.key_field: "model-1"})
        found = adapter.find(platform.entity, "model-1")
        assert found is not None
        assert found.id == record_id

    def test_find_looks_beyond_the_first_page(self, adapter: Adapter, platform: Platform) -> None:
        seeded = [platform.seed({platform.key_field: f"k{n}"}) for n in range(2 * platform.page_size + 1)]
        found = adapter.find(platform.entity, f"k{len(seeded) - 1}")
        assert found is not None
        assert found.id == seeded[-1]

    def test_find_is_never_older_than_the_call(self, adapter: Adapter, platform: Platform) -> None:
        assert adapter.find(platform.entity, "late") is None
        record_id = platform.seed({platform.key_field: "late"})
        found = adapter.find(platform.entity, "late")
        assert found is not None
        assert found.id == record_id

    def test_several_questions_are_answered_in_order(self, adapter: Adapter, platform: Platform) -> None:
        first, second = platform.seed({platform.key_field: "a"}), platform.seed({platform.key_field: "b"})
        gone = platform.seed({platform.key_field: "gone"})
        platform.delete(gone)
        asked = [
            Lookup(platform.entity, key="b"),
            Lookup(platform.entity, id=first),
            Lookup(platform.entity, key="none"),
            Lookup(platform.entity, id=gone),
            Lookup(platform.entity, key="a"),
            *(Lookup(platform.entity, key=key) for key in ODD_KEYS),
        ]
        found = list(adapter.look_up(asked))
        assert [one.lookup for one in found] == asked
        assert [one.error for one in found] == [None] * len(asked)
        ids = [one.record.id if one.record else None for one in found]
        assert ids == [second, first, None, None, first, *([None] * len(ODD_KEYS))]

    def test_among_several_questions_an_error_of_one_does_not_stop_the_next(
        self, adapter: Adapter, platform: Platform
    ) -> None:
        if platform.unique_keys:
            pytest.skip("the platform keeps keys unique itself")
        for _ in range(2):
            platform.seed({platform.key_field: "twin"})
        alone = platform.seed({platform.key_field: "alone"})
        asked = [Lookup(platform.entity, key=key) for key in ("twin", "alone")]
        twin, other = adapter.look_up(asked)
        assert isinstance(twin.error, DuplicateKey)
        assert other.record is not None
        assert other.record.id == alone

    def test_a_key_on_two_records_is_an_error_that_names_them(self, adapter: Adapter, platform: Platform) -> None:
        if platform.unique_keys:
            pytest.skip("the platform keeps keys unique itself")
        ids = {platform.seed({platform.key_field: "twin"}) for _ in range(2)}
        with pytest.raises(DuplicateKey) as caught:
            adapter.find(platform.entity, "twin")
        assert set(caught.value.ids) == ids
        assert caught.value.key == "twin"
