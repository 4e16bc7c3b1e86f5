"""What a signed approval proves: each change of it, or of the version that carries it, is found."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as OthersEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from connector.attest import Content, Signer, Trusted
from connector.attest.envelope import PAYLOAD_TYPE, Envelope, NotAttested, opened, pae, sign
from connector.attest.pieces import gathered, spread
from connector.attest.reading import proved
from connector.attest.statement import Decision, statement
from tests.attest.samples import ASKED, BEARER, CLAIM, MODEL, NOW, TAGS, TRUSTED, codes, made, signer, tags_of, verdict

GOOD = tags_of(made())
TEXT = gathered(TAGS, GOOD)[0]  # type: ignore[index]


def test_what_was_signed_passes_and_says_all_that_was_said() -> None:
    found = verdict(GOOD)
    assert (found.passed, found.statement) == (True, made())
    assert len(GOOD) == 2
    assert all(len(text) <= 1000 for text in GOOD.values())


def test_the_pre_authentication_encoding_is_that_of_the_specification() -> None:
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("ü".encode(), "") == b"DSSEv1 0  2 \xc3\xbc"


def test_another_reader_verifies_it() -> None:
    theirs = OthersEnvelope.from_dict(json.loads(TEXT))
    key = SSlibKey.from_crypto(signer().public, signer().key_id)
    assert set(theirs.verify([key], 1)) == {signer().key_id}
    assert json.loads(theirs.payload)["decision"] == "approved"
    assert theirs.payload_type == PAYLOAD_TYPE
    other = SSlibKey.from_crypto(Signer.generate().public, signer().key_id)
    with pytest.raises(VerificationError):
        theirs.verify([other], 1)


def _others(value: Any) -> Iterator[Any]:
    """Values near one of a statement."""
    if isinstance(value, int):
        yield from (value + 1, value - 1, str(value), float(value), None, True)
    elif isinstance(value, str):
        yield from (value + " ", value[:-1], value.upper(), "", None, 0, [value])
    else:
        yield from ("", "none", 0, False)


PAYLOAD: dict[str, Any] = json.loads(made().payload())
CHANGES = [
    pytest.param(name, other, id=f"{name} {number}")  # keys are made anew in each process, and ids must not show them
    for name, value in PAYLOAD.items()
    for number, other in enumerate(_others(value))
    if json.dumps(other) != json.dumps(value)
]


def _envelope(payload: bytes, **changes: Any) -> str:
    """The good envelope with another payload under the old signature."""
    body = json.loads(TEXT) | {"payload": base64.b64encode(payload).decode()} | changes
    return json.dumps(body, separators=(",", ":"), sort_keys=True)


@pytest.mark.parametrize(("name", "value"), CHANGES)
def test_no_member_of_the_statement_can_be_changed(name: str, value: Any) -> None:
    changed = json.dumps(PAYLOAD | {name: value}, separators=(",", ":"), sort_keys=True).encode()
    assert "signature" in codes(spread(TAGS, _envelope(changed), 41))


@pytest.mark.parametrize("name", PAYLOAD)
def test_no_member_can_be_left_out_or_added(name: str) -> None:
    less = {key: value for key, value in PAYLOAD.items() if key != name}
    for body in (less, PAYLOAD | {f"{name}x": 1}):
        payload = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        assert "signature" in codes(spread(TAGS, _envelope(payload), 41))
        with pytest.raises(NotAttested):
            statement(payload)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payloadType": "application/json"}, "signature"),
        ({"signatures": []}, "signature"),
        ({"signatures": [{"keyid": "0" * 64, "sig": "AAAA"}]}, "wrong_key"),
        ({"signatures": [{"keyid": signer().key_id, "sig": base64.b64encode(b"0" * 64).decode()}]}, "signature"),
        ({"signatures": [{"keyid": signer().key_id, "sig": ""}]}, "signature"),
        ({"signatures": [{"keyid": [1], "sig": "AAAA"}]}, "signature"),
        ({"signatures": json.loads(TEXT)["signatures"] * 2}, "signature"),
        ({"more": 1}, "signature"),
        ({"payload": None}, "signature"),
    ],
)
def test_no_member_of_the_envelope_can_be_changed(changes: dict[str, Any], code: str) -> None:
    body = json.dumps(json.loads(TEXT) | changes, separators=(",", ":"), sort_keys=True)
    assert codes(spread(TAGS, body, 41)) == [code]


def test_an_envelope_written_otherwise_is_refused() -> None:
    for text in (json.dumps(json.loads(TEXT)), TEXT + " ", TEXT.replace("=", ""), "[]", "null", "[" * 100_000):
        with pytest.raises(NotAttested):
            opened(text, TRUSTED)


@pytest.mark.parametrize("position", range(0, len(TEXT), 7))
def test_no_character_of_it_can_be_changed(position: int) -> None:
    other = "A" if TEXT[position] != "A" else "B"
    text = TEXT[:position] + other + TEXT[position + 1 :]
    assert set(codes(spread(TAGS, text, 41))) <= {"signature", "wrong_key"} != set()
    assert not verdict(spread(TAGS, text, 41)).passed


FIRST, SECOND = TAGS.attestation(1), TAGS.attestation(2)


@pytest.mark.parametrize(
    "tags",
    [
        {FIRST: GOOD[FIRST]},
        {SECOND: GOOD[SECOND]},
        {FIRST: GOOD[SECOND], SECOND: GOOD[FIRST]},
        {FIRST: GOOD[FIRST], TAGS.attestation(3): GOOD[SECOND]},
        {**GOOD, TAGS.attestation(3): GOOD[SECOND]},
        {**GOOD, TAGS.attestation(3): ""},
        {**GOOD, "grc_attestation_x": "1"},
        {**GOOD, FIRST: GOOD[FIRST].replace("41:", "42:", 1)},
        {**GOOD, SECOND: GOOD[SECOND].replace("41:", "40:", 1)},
        {key: text.replace("41:", "42:", 1) for key, text in GOOD.items()},
        {key: text.replace("41:", "041:", 1) for key, text in GOOD.items()},
        {**GOOD, SECOND: GOOD[SECOND].replace("/2:", "/3:")},
        {**GOOD, SECOND: GOOD[SECOND] + "\n"},
        {FIRST: f"41:1/2:{TEXT[:500]}", SECOND: f"41:2/2:{TEXT[500:]}"},
        {FIRST: f"41:1/1:{TEXT}"},
    ],
)
def test_no_tag_can_be_changed_moved_added_or_left_out(tags: dict[str, str]) -> None:
    assert not verdict(tags).passed
    assert set(codes(tags)) <= {"signature", "torn"}


def test_pieces_of_two_attestations_are_torn_and_a_second_look_may_help() -> None:
    new = tags_of(made(serial=42))
    half = {FIRST: new[FIRST], SECOND: GOOD[SECOND]}
    assert (codes(half), verdict(half).torn) == (["torn"], True)


def test_a_removal_that_was_only_marked_counts_as_none() -> None:
    assert codes({**GOOD, TAGS.attestation(3): '{"state":"closed"}'}) == []


@pytest.mark.parametrize(
    "other",
    [
        {"name": "debit"},
        {"version": "4"},
        {"created_ms": BEARER.created_ms + 1},
        {"source": "models:/m-2"},
        {"run_id": "run2"},
        {"model_id": "m-2"},
    ],
)
def test_it_is_of_one_version(other: dict[str, Any]) -> None:
    assert codes(GOOD, **other) == ["not_this_version"]


@pytest.mark.parametrize("other", [{"registry": "another"}, {"workspace": "team"}])
def test_it_is_of_one_registry_and_workspace(other: dict[str, Any]) -> None:
    assert codes(GOOD, asked=replace(ASKED, **other)) == ["not_this_version"]


def test_a_workspace_that_is_not_named_is_the_default_one() -> None:
    by_name = tags_of(made(replace(CLAIM, bearer=replace(BEARER, workspace="default"))))
    assert codes(by_name) == codes(GOOD, asked=replace(ASKED, workspace="default")) == []
    assert codes(by_name, asked=replace(ASKED, workspace="team")) == ["not_this_version"]


def test_a_registry_that_was_not_given_is_told() -> None:
    found = verdict(GOOD, asked=replace(ASKED, registry=None))
    assert found.passed
    assert any("registry" in note for note in found.notes)


@pytest.mark.parametrize(
    ("later", "wanted"),
    [
        (timedelta(), []),
        (timedelta(days=6, hours=22), []),
        (timedelta(days=6, hours=23), ["stale"]),
        (timedelta(days=400), ["expired", "stale"]),
        (-timedelta(hours=1, minutes=4), []),
        (-timedelta(hours=1, minutes=6), ["stale"]),
    ],
)
def test_it_is_believed_for_its_time(later: timedelta, wanted: list[str]) -> None:
    assert codes(GOOD, asked=replace(ASKED, now=NOW + later)) == wanted


def test_an_approval_holds_to_the_end_of_its_last_day() -> None:
    assert codes(tags_of(made(replace(CLAIM, expires="2026-03-02")))) == []
    assert codes(tags_of(made(replace(CLAIM, expires="2026-03-01")))) == ["expired"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fresh_until": "2026-03-20T09:00:00Z"}, "signature"),
        ({"fresh_until": "2026-03-01T09:00:00Z"}, "signature"),
        ({"issued": "yesterday"}, "signature"),
        ({"serial": -1}, "signature"),
        ({"key_id": "c" * 64}, "signature"),
    ],
)
def test_what_the_connector_never_writes_is_refused_though_it_is_signed(changes: dict[str, Any], code: str) -> None:
    odd = made(**changes)
    assert codes(spread(TAGS, str(sign(odd.payload(), signer())), max(odd.serial, 0))) == [code]


def test_a_withdrawal_denies() -> None:
    assert codes(tags_of(made(replace(CLAIM, decision=Decision.WITHDRAWN, status="rejected")))) == ["withdrawn"]


def test_a_key_that_is_not_trusted() -> None:
    forger = Signer.generate()
    assert codes(tags_of(made(key_id=forger.key_id), forger)) == ["wrong_key"]
    posing = Envelope(made().payload(), signer().key_id, forger.sign(pae(made().payload())))
    assert codes(spread(TAGS, str(posing), 41)) == ["signature"]


def test_several_keys_are_trusted_while_one_takes_over() -> None:
    new = Signer.generate()
    both = replace(ASKED, trusted=TRUSTED.with_(new.public))
    assert codes(GOOD, asked=both) == codes(tags_of(made(key_id=new.key_id), new), asked=both) == []


def test_no_attestation() -> None:
    assert codes({}) == ["no_attestation"]
    assert codes({"grc_approval_status": "approved", "grc_approved_by": "me"}) == ["no_attestation"]


REF = {"grc_version_ref": f'{{"created":{BEARER.created_ms},"record":"REC-7","version":"3"}}'}


@pytest.mark.parametrize(
    ("tags", "told", "remedy"),
    [
        ({}, "no signed approval", "has not seen the version"),
        (REF, "no signed approval", "set the tag grc_approval_request=submit"),
        (REF | {"grc_approval_status": "not_submitted"}, "says not_submitted", "set the tag"),
        (REF | {"grc_approval_request": "submit"}, "no signed approval", "It was asked for"),
        (REF | {"grc_approval_status": "pending"}, "says pending", "Wait for the decision"),
        (REF | {"grc_approval_status": "approved"}, "says approved", "next cycle"),
        (REF | {"grc_approval_status": "rejected"}, "says rejected", "Do not deploy it"),
    ],
)
def test_why_there_is_no_attestation_is_told_as_far_as_the_tags_tell(
    tags: dict[str, str], told: str, remedy: str
) -> None:
    (reason,) = verdict(tags).reasons
    assert reason.code == "no_attestation"
    assert told in reason.what
    assert remedy in reason.remedy


def test_an_issue_is_told_so_that_it_can_be_found() -> None:
    text = '{"severity":"critical","title":"Drift","due":"2026-12-01","url":"https://grc.test/7","state":"open"}'
    (reason,) = verdict(GOOD | {"grc_issue_7": text, "grc_issue_8": '{"title":["x"]}'}).reasons
    assert reason.what == ("open issues (critical, high): 7 (critical; Drift; due 2026-12-01; https://grc.test/7), 8")


# what is taken on trust beside it can only deny


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ({"grc_next_gate": "none"}, []),
        ({"grc_next_gate": "validation"}, ["gates"]),
        ({"validation_status": "passed"}, []),
        ({"validation_status": "Failed"}, ["validation_status"]),
        ({"grc_blocked": "record gone"}, ["blocked"]),
        ({"grc_blocked": '{"state":"closed"}'}, []),
        ({"grc_lifecycle_status": "in_use"}, []),
        ({"grc_lifecycle_status": "Suspended"}, ["lifecycle"]),
        ({"grc_lifecycle_status": "decommissioned"}, ["lifecycle"]),
        ({"grc_issue_7": '{"severity":"critical"}'}, ["issues"]),
        ({"grc_issue_7": '{"severity":"medium"}'}, []),
        ({"grc_issue_7": '{"state":"closed"}'}, []),
        ({"grc_issue_7": "no JSON"}, ["issues"]),
        ({"grc_issue_7": "{}"}, ["issues"]),
        ({"grc_max_issue_severity": "high"}, ["issues"]),
        ({"grc_max_issue_severity": "low", "grc_issue_7": '{"severity":"low"}'}, []),
    ],
)
def test_tags_of_the_version_and_its_model(tags: dict[str, str], wanted: list[str]) -> None:
    assert codes(GOOD | tags) == wanted
    if not {"grc_next_gate", "validation_status"} & tags.keys():
        assert codes(GOOD, model=replace(MODEL, tags=tags)) == wanted


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ({"grc_issue_7": '{"severity":"critical","version":"3"}'}, ["issues"]),
        ({"grc_issue_7": '{"severity":"critical","version":"2"}'}, []),
        ({"grc_issue_7": '{"severity":"critical","version":"2"}', "grc_max_issue_severity": "critical"}, []),
        ({"grc_issue_7": '{"severity":"high","version":"2"}', "grc_max_issue_severity": "critical"}, ["issues"]),
        ({"grc_issue_7": '{"severity":"critical","version":null}'}, ["issues"]),
        ({"grc_issue_7": '{"severity":"critical","version":2}'}, ["issues"]),
        ({"grc_issue_7": '{"severity":"critical","version":"none"}'}, ["issues"]),
        ({"grc_issue_7": '{"severity":"critical"}'}, ["issues"]),
    ],
)
def test_an_issue_of_another_version_denies_only_that(tags: dict[str, str], wanted: list[str]) -> None:
    assert codes(GOOD, model=replace(MODEL, tags=tags)) == wanted
    own = {key: text for key, text in tags.items() if key != "grc_max_issue_severity"}
    assert codes(GOOD | own) == ["issues"]


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (["critical"], ["issues"]),
        (["critical", "high"], ["issues"]),
        (["critical", "unheard of"], ["issues"]),
        (["critical", "medium"], []),
    ],
)
def test_issues_without_a_tag_may_be_as_severe_as_the_least_with_one(shown: list[str], wanted: list[str]) -> None:
    """Whoever may edit the model can take the room for tags away from all issues but one of another version."""
    issues = {f"grc_issue_{at}": json.dumps({"severity": each, "version": "2"}) for at, each in enumerate(shown)}
    tags = issues | {"grc_max_issue_severity": "critical"}
    assert codes(GOOD, model=replace(MODEL, tags=tags)) == []
    assert codes(GOOD, model=replace(MODEL, tags=tags | {"grc_issues_overflow": "2 more in the GRC"})) == wanted


def test_which_issues_deny_is_asked() -> None:
    tags = GOOD | {"grc_issue_7": '{"severity":"critical"}', "grc_issue_8": '{"severity":"medium"}'}
    assert codes(tags, asked=replace(ASKED, severities=())) == []
    assert "medium" in verdict(tags, asked=replace(ASKED, severities=("medium",))).reasons[0].what
    assert codes(tags, asked=replace(ASKED, severities=("low",))) == []


def test_the_signed_stage_and_tier_count_whatever_the_tags_say() -> None:
    waits = tags_of(made(replace(CLAIM, next_gate="business")))
    assert codes(waits | {"grc_next_gate": "none"}) == ["gates"]
    assert verdict(waits).reasons[0].remedy == "It waits for the business owner, in the GRC."
    failed = GOOD | {"grc_next_gate": "automated", "grc_gate_reasons": '["auc 0.7, needs >= 0.8"]'}
    (automated,) = verdict(failed).reasons
    assert "auc 0.7, needs >= 0.8" in automated.what
    assert "Correct what is named" in automated.remedy
    assert codes(GOOD, model=replace(MODEL, tags={"risk_classification": "critical"})) == ["tier"]
    assert codes(GOOD, model=replace(MODEL, tags={})) == []
    assert codes(tags_of(made(replace(CLAIM, tier=None)))) == []


def test_the_files_are_those_that_were_approved() -> None:
    assert codes(GOOD, asked=replace(ASKED, artifact="b" * 64)) == []
    assert codes(GOOD, asked=replace(ASKED, artifact="c" * 64)) == ["digest"]
    uncovered = tags_of(made(replace(CLAIM, content=Content(note="too large"))))
    assert codes(uncovered, asked=replace(ASKED, artifact="b" * 64)) == ["digest_not_covered"]
    assert "content not covered: too large" in verdict(uncovered).notes
    assert codes({}, asked=replace(ASKED, artifact="b" * 64)) == ["no_attestation"]
    assert codes(PLAIN, asked=replace(ON_TRUST, artifact="b" * 64)) == ["digest_not_covered"]


# tags on trust

PLAIN = {
    "grc_approval_status": "approved",
    "grc_version_ref": f'{{"created":{BEARER.created_ms},"record":"REC-7","version":"3"}}',
}
ON_TRUST = replace(ASKED, trusted=None)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, []),
        ({"grc_approval_status": "conditional"}, ["approval"]),
        ({"grc_approval_expiry": "2026-03-02"}, []),
        ({"grc_approval_expiry": "2026-03-01"}, ["expired"]),
        ({"grc_version_ref": '{"created":1,"record":"REC-7","version":"3"}'}, ["not_this_version"]),
        ({"grc_version_ref": "null"}, ["not_this_version"]),
        ({"grc_next_gate": "automated", "grc_gate_reasons": '["auc"]'}, ["gates"]),
    ],
)
def test_without_signatures_tags_are_taken_on_trust_and_that_is_said(
    changes: dict[str, str], wanted: list[str]
) -> None:
    found = verdict(PLAIN | changes, asked=ON_TRUST)
    assert [reason.code for reason in found.reasons] == wanted
    assert found.notes[0].startswith("nothing is proved")


def test_signed_tags_that_are_not_plain_do_not_pass_on_trust() -> None:
    assert codes(GOOD, asked=ON_TRUST) == ["not_this_version", "approval"]


# whatever stands there

PIECES = st.one_of(
    st.sampled_from([*GOOD.values(), TEXT]),
    st.text(max_size=50),
    st.builds("{}:{}/{}:{}".format, st.integers(), st.integers(0, 30), st.integers(0, 30), st.text(max_size=30)),
    st.builds(
        lambda text, cut, more: text[:cut] + more + text[cut + len(more) :],
        st.sampled_from(list(GOOD.values())),
        st.integers(0, 990),
        st.text(min_size=1, max_size=3),
    ),
)
VALUES = st.one_of(
    PIECES, st.sampled_from(["approved", "none", "passed", "high", "", "null", "{}", "[]", '{"severity":["high"]}'])
)
KEYS = st.one_of(
    st.sampled_from([FIRST, SECOND, *(TAGS.attestation(number) for number in range(4))]),
    st.sampled_from([f"grc_{name}" for name in ("approval_status", "version_ref", "next_gate", "issue_1", "blocked")]),
    st.sampled_from(["validation_status", "risk_classification", "grc_max_issue_severity", "grc_approval_expiry"]),
    st.text(max_size=10).map("grc_attestation_".__add__),
)


@settings(max_examples=1000)
@given(version=st.dictionaries(KEYS, VALUES, max_size=8), model=st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_tags_raise_and_none_but_the_signed_ones_pass(version: dict[str, str], model: dict[str, str]) -> None:
    found = verdict(version, model=replace(MODEL, tags=model))
    whole = {key: text for key, text in version.items() if TAGS.is_attestation(key)} == GOOD
    assert not found.passed or whole
    verdict(version, asked=ON_TRUST, model=replace(MODEL, tags=model))


@settings(max_examples=300)
@given(
    payload=st.one_of(st.binary(max_size=60), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str))
)
def test_no_payload_raises_though_it_is_signed(payload: bytes | str) -> None:
    raw = payload if isinstance(payload, bytes) else payload.encode("utf-8", "replace")
    assert not verdict(spread(TAGS, str(sign(raw, signer())), 41)).passed


@settings(max_examples=200)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    number=st.integers(0, 10**15),
    none=st.booleans(),
)
def test_any_text_in_a_claim_comes_back_as_it_was(text: str, number: int, none: bool) -> None:
    bearer = replace(BEARER, source=text, model=text, created_ms=number)
    claim = replace(CLAIM, bearer=bearer, approver=None if none else text, record=text)
    whole = made(claim, serial=number)
    assert proved(TAGS, tags_of(whole), TRUSTED) == whole


def test_trusted_keys_are_read_back_and_others_are_told() -> None:
    both = TRUSTED.with_(Signer.generate().public)
    assert set(Trusted.from_pem(both.pem(), where="here").keys) == set(both.keys)
    assert list(both.without(signer().key_id).keys) != list(both.keys)
