from datetime import date

import pytest

from connector.mapping.inventory import default_inventory
from connector.mapping.profile import load_profile, missing_fields, packaged_profiles
from connector.model.errors import ConfigError

ALL = ("baseline", "e-23", "eu-ai-act", "fda", "hipaa", "sr-11-7", "sr-26-2", "ss1-23")


def test_the_regimes_that_ship():
    assert packaged_profiles() == ALL


@pytest.mark.parametrize("name", ALL)
def test_each_profile_is_sound(name):
    profile = load_profile(name)
    assert profile.id == name
    assert profile.title
    assert profile.source
    assert {"C01", "C13", "C27", "C28"} <= set(profile.controls)
    assert list(profile.controls) == sorted(set(profile.controls))
    tiers = default_inventory().fields["risk_classification"].values
    asked = [len(missing_fields(profile, tier, {})) for tier in tiers]
    assert asked == sorted(asked, reverse=True)
    assert "risk_classification" in missing_fields(profile, "low", {})


def test_missing_fields_by_tier():
    profile = load_profile("e-23")
    every = profile.required.every_tier
    assert missing_fields(profile, "low", dict.fromkeys(every, "x")) == ()
    assert missing_fields(profile, "low", {**dict.fromkeys(every, "x"), every[0]: None}) == (every[0],)
    high = missing_fields(profile, "high", dict.fromkeys(every, "x"))
    assert high == profile.required.by_tier["high"]
    assert "data_sources" in high


def test_no_tier_never_asks_for_less():
    profile = load_profile("ss1-23")
    unclassified = set(missing_fields(profile, None, {}))
    assert all(set(missing_fields(profile, tier, {})) <= unclassified for tier in ("critical", "high", "medium", "low"))


def test_words_of_the_regime():
    profile = load_profile("e-23")
    assert profile.word("risk_classification", "critical") == "1"
    assert profile.canonical("risk_classification", "4") == "low"
    assert profile.word("risk_classification", None) is None
    assert profile.word("materiality", "high") == "high"
    assert profile.canonical("risk_classification", "9") == "9"


def test_when_a_regime_applies():
    old, new = load_profile("sr-11-7"), load_profile("sr-26-2")
    assert (old.in_effect(date(2026, 4, 16)), new.in_effect(date(2026, 4, 16))) == (True, False)
    assert (old.in_effect(date(2026, 4, 17)), new.in_effect(date(2026, 4, 17))) == (False, True)
    assert old.superseded_by == new.id
    assert load_profile("hipaa").in_effect(date(2020, 1, 1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("required: {every_tier: [purpos]}", "Did you mean 'purpose'?"),
        ("required: {by_tier: {hihg: [purpose]}}", "Did you mean 'high'?"),
        ("required: {by_tier: {high: [purpos]}}", "required.by_tier.high[0]"),
        ("aliases: {tier: {high: '2'}}", "no field 'tier'"),
        ("aliases: {risk_classification: {hgih: '2'}}", "Did you mean 'high'?"),
        ("controls: [C99]", "controls[0]"),
        ("requires: {}", "Did you mean 'required'?"),
    ],
)
def test_mistakes_in_a_profile(tmp_path, text, words):
    own = tmp_path / "own.yaml"
    own.write_text(f"id: own\ntitle: t\nsource: s\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load_profile(str(own))
    assert caught.value.line == 4
    assert words in str(caught.value)


def test_an_unknown_profile():
    with pytest.raises(ConfigError, match="no profile 'sr-11'"):
        load_profile("sr-11")
