"""The chain: every change of an entry, of the order or of the end is found, and where it begins."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.audit import ChainedEntry, Head, verify
from connector.audit.chain import chain, members
from connector.audit.offline import GENESIS, verify_members
from connector.model.fields import Entity, Side
from connector.model.state import AuditEntry
from connector.model.views import ObjectRef

CREDIT = ObjectRef(Entity.VERSION, "mlflow:r/credit@1#2", "credit", "2")
TEXT = st.text(max_size=6)
ENTRIES = st.builds(
    AuditEntry,
    at=TEXT,
    run_id=TEXT,
    connection=TEXT,
    action=TEXT,
    side=st.sampled_from([None, *Side]),
    ref=st.sampled_from([None, CREDIT]),
    field=TEXT,
    old=st.none() | TEXT,
    new=st.none() | TEXT,
)


def trail(entries: list[AuditEntry]) -> list[ChainedEntry]:
    found: list[ChainedEntry] = []
    for entry in entries:
        found.append(chain(entry, found[-1].head if found else Head()))
    return found


TRAILS = st.lists(ENTRIES, min_size=2, max_size=8).map(trail)


def numbered(count: int) -> list[ChainedEntry]:
    return trail([AuditEntry("t", "run", "bank", "write", new=str(number)) for number in range(count)])


def test_the_hash_is_the_documented_one():
    entry = AuditEntry(
        "2026-03-01T08:00:00.000Z", "run", "bank", "write", Side.GRC, CREDIT, "tier", None, 'é"', "owned"
    )
    text = (
        '{"action":"write","actor":"","at":"2026-03-01T08:00:00.000Z","connection":"bank","entity":"version",'
        '"field":"tier","key":"mlflow:r/credit@1#2","name":"credit","new":"\\u00e9\\"","old":null,"previous":"'
        + "0" * 64
        + '","record_id":"","rule":"owned","run_id":"run","sequence":1,"side":"grc","version":"2"}'
    )
    assert chain(entry, Head()).hash == hashlib.sha256(text.encode("ascii")).hexdigest()
    assert json.loads(text)["new"] == 'é"'


def test_an_empty_trail_and_a_whole_one():
    assert str(verify([])) == "consistent; end not anchored"
    found = verify(numbered(3))
    assert (found.ok, found.entries, found.head) == (True, 3, str(numbered(3)[-1].head))
    assert str(found) == "consistent; end not anchored"


@given(TRAILS, st.data())
def test_a_changed_entry_is_found_where_it_stands(entries, data):
    at = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(ENTRIES.filter(lambda entry: entry != entries[at].entry))
    found = verify([*entries[:at], replace(entries[at], entry=other), *entries[at + 1 :]])
    assert (found.broken_at, found.entries, found.head) == (at + 1, at, str(entries[at - 1].head if at else Head()))
    assert found.reason.startswith("changed")


@given(TRAILS, st.data())
def test_an_entry_replaced_with_a_fitting_hash_breaks_the_next(entries, data):
    at = data.draw(st.integers(0, len(entries) - 2))
    other = data.draw(ENTRIES.filter(lambda entry: entry != entries[at].entry))
    forged = chain(other, entries[at - 1].head if at else Head())
    found = verify([*entries[:at], forged, *entries[at + 1 :]])
    assert found.broken_at == at + 2
    assert "replaced" in found.reason


@given(TRAILS, st.data())
def test_a_removed_entry_is_found(entries, data):
    at = data.draw(st.integers(0, len(entries) - 2))
    found = verify([*entries[:at], *entries[at + 1 :]])
    assert found.broken_at == at + 1
    assert found.reason == f"removed: the next entry is {at + 2}"


@given(TRAILS, st.data())
def test_an_inserted_entry_is_found(entries, data):
    at = data.draw(st.integers(0, len(entries) - 1))
    forged = chain(data.draw(ENTRIES), entries[at - 1].head if at else Head())
    if forged == entries[at]:
        return
    found = verify([*entries[:at], forged, *entries[at:]])
    assert found.broken_at == at + 2
    assert found.reason.startswith("inserted")


@given(TRAILS, st.data())
def test_entries_out_of_order_are_found(entries, data):
    first, second = sorted(data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=2, max_size=2)))
    swapped = list(entries)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert verify(swapped).broken_at == first + 1
    repeated = [*entries[: second + 1], entries[first], *entries[second + 1 :]]
    assert verify(repeated).reason.startswith("inserted or reordered")


@given(TRAILS, st.data())
def test_a_head_kept_elsewhere_proves_the_end(entries, data):
    kept = entries[data.draw(st.integers(0, len(entries) - 1))].head
    whole = verify(entries, kept)
    assert (whole.ok, whole.anchored) == (True, kept.sequence)
    shown = "consistent; end anchored" if kept == entries[-1].head else f"consistent; anchored to {kept.sequence}"
    assert str(whole) == shown
    cut = verify(entries[: kept.sequence - 1], kept)
    assert cut.broken_at == kept.sequence
    assert cut.reason.startswith("cut at the end")
    assert verify(entries[:-1]).ok, "without a head, a cut leaves no trace"


@given(TRAILS, st.data())
def test_a_trail_rewritten_whole_fits_no_head(entries, data):
    at = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(ENTRIES.filter(lambda entry: entry != entries[at].entry))
    rewritten = trail([other if number == at else item.entry for number, item in enumerate(entries)])
    assert verify(rewritten).ok
    found = verify(rewritten, entries[-1].head)
    assert (found.broken_at, found.reason) == (len(entries), "it is not the entry that the head names: rewritten")


@pytest.mark.parametrize(
    "odd",
    [{}, {"sequence": "1"}, {"sequence": None}, {"sequence": 1}, {"sequence": 1, "old": b"x"}, {"sequence": 1.0}],
)
def test_what_is_no_entry_breaks_the_chain(odd):
    found = verify_members([odd])
    assert (found.broken_at, found.entries, found.head) == (1, 0, f"0:{GENESIS}")


def test_a_head_is_read_again_as_it_is_shown():
    head = numbered(3)[-1].head
    assert Head.parse(f" {head}\n") == head
    assert Head.parse(str(head).upper()) == head
    for wrong in ("", "3", f"x:{GENESIS}", "3:abc", f"-1:{GENESIS}", f"3:{'g' * 64}", f"\u0663:{GENESIS}"):
        with pytest.raises(ValueError, match="SEQUENCE:HASH"):
            Head.parse(wrong)


def test_every_member_counts():
    entry = numbered(1)[0]
    whole = members(entry)
    for name in whole:
        assert not verify_members([{**whole, name: "other"}]).ok
        assert not verify_members([{key: value for key, value in whole.items() if key != name}]).ok
    assert not verify_members([{**whole, "extra": ""}]).ok
