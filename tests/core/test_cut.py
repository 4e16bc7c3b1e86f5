"""Cut copies carry a mark that nothing else carries."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from connector.model.cut import cut, full_length, is_cut_of


@given(st.text(min_size=1, max_size=400), st.integers(50, 200))
def test_a_copy_fits_and_tells_the_full_length(text: str, limit: int) -> None:
    copy = cut(text, limit)
    assert copy is not None
    assert len(copy) <= limit
    if len(text) <= limit:
        assert copy == text
    else:
        assert full_length(copy) == len(text)
        assert is_cut_of(copy, text)
        assert copy.startswith(text[:20]) or text.startswith(copy[:10])


@given(st.text(min_size=250, max_size=400), st.integers(0, 60), st.characters())
def test_an_edited_copy_is_no_copy(text: str, place: int, put: str) -> None:
    copy = cut(text, 200) or ""
    assume(copy[place] != put)
    edited = copy[:place] + put + copy[place + 1 :]
    assert not is_cut_of(edited, text)


@given(st.text(max_size=100))
def test_a_plain_value_is_no_copy(text: str) -> None:
    assume("[cut: first" not in text)
    assert full_length(text) is None
    assert not is_cut_of(text, text)
