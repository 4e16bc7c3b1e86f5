"""When a statement is signed, without a cycle around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connector.attest import Approval, Attestations, Content, Known, attested
from connector.attest.reading import proved
from tests.attest.samples import BEARER, CLAIM, NOW, TAGS, TRUSTED, made, signer, tags_of

HOW = Attestations(signer(), TRUSTED, contents={"key": Content.of("c" * 64)})
NOTHING = Known({}, {})


def test_the_digest_that_was_signed_first_stays_whatever_is_read_later() -> None:
    known = Known(tags_of(made()), {})
    changed = replace(CLAIM, approver="bob@bank.example")
    found = attested(HOW, TAGS, "key", Approval(BEARER, changed, "approved"), known, NOW)
    again = proved(TAGS, found.tags, TRUSTED)
    assert again is not None
    assert (again.claim.content, again.claim.approver) == (CLAIM.content, "bob@bank.example")
    first = attested(HOW, TAGS, "key", Approval(BEARER, CLAIM, "approved"), NOTHING, NOW)
    anew = proved(TAGS, first.tags, TRUSTED)
    assert anew is not None
    assert anew.claim.content == Content.of("c" * 64)


def test_what_a_change_means_tells_neither_the_time_nor_the_state_of_the_record() -> None:
    approval = Approval(BEARER, CLAIM, "approved")
    first = attested(HOW, TAGS, "key", approval, NOTHING, NOW)
    moved = replace(approval, claim=replace(CLAIM, revision="13", updated="later"))
    later = attested(HOW, TAGS, "key", moved, NOTHING, NOW + timedelta(hours=2))
    other = attested(HOW, TAGS, "key", replace(approval, claim=replace(CLAIM, tier="low")), NOTHING, NOW)
    assert first.tags != later.tags
    assert (first.meaning == later.meaning, first.meaning == other.meaning) == (True, False)


def test_the_same_is_signed_the_same_way() -> None:
    approval = Approval(BEARER, CLAIM, "approved")
    one, two = (attested(HOW, TAGS, "key", approval, NOTHING, NOW) for _ in range(2))
    assert one == two


def test_a_shorter_time_holds_at_once() -> None:
    known = Known(tags_of(made()), {})
    shorter = replace(HOW, fresh_for=timedelta(days=1))
    found = attested(shorter, TAGS, "key", Approval(BEARER, CLAIM, "approved"), known, NOW)
    again = proved(TAGS, found.tags, TRUSTED)
    assert again is not None
    assert again.fresh_until == "2026-03-03T09:00:00Z"


def test_nothing_secret_is_shown_of_a_signer() -> None:
    assert signer().pem().splitlines()[1] not in repr(HOW)
    assert "Ed25519PrivateKey" not in repr(HOW)


def test_what_no_tag_can_carry_is_told_and_leaves_what_stands() -> None:
    known = Known({}, tags_of(made()))
    long = replace(CLAIM, approver="a" * 20_000)
    found = attested(HOW, TAGS, "key", Approval(BEARER, long, "approved"), known, NOW)
    assert (found.tags, found.problem != "") == (known.remembered, True)
    broken = replace(CLAIM, approver="half a pair: \ud800")
    assert attested(HOW, TAGS, "key", Approval(BEARER, broken, "approved"), NOTHING, NOW).problem


def test_of_what_stands_and_what_is_remembered_the_later_counts() -> None:
    old, new = tags_of(made(serial=7)), tags_of(made(serial=8))
    approval = Approval(BEARER, CLAIM, "approved")
    for known in (Known(old, new), Known(new, old)):
        assert attested(HOW, TAGS, "key", approval, known, NOW).tags == new
