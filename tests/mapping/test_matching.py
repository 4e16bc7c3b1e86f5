"""Names that mean the same, names that may, and choices."""

from __future__ import annotations

import pytest

from connector.mapping.likeness import Offered, guesses, likeness, same, words
from connector.mapping.matching import MOST, matches
from connector.mapping.platform import MappedField
from connector.model.grc import SchemaField


def fields(*names: str, **labels: str) -> list[SchemaField]:
    return [
        *(SchemaField(name, "string") for name in names),
        *(SchemaField(n, "string", label=t) for n, t in labels.items()),
    ]


@pytest.mark.parametrize(
    "theirs",
    ["model_owner", "u_model_owner", "Model Owner", "MODEL OWNER", "modelOwner", "x_bank_model_owner", "ModelOwner"],
)
def test_case_blanks_and_a_customers_prefix_make_no_difference(theirs: str) -> None:
    assert same("model_owner", theirs)


@pytest.mark.parametrize("theirs", ["owner", "model_owners", "", "u_", "model owner 2"])
def test_another_name_is_another_name(theirs: str) -> None:
    assert not same("model_owner", theirs)


def test_an_abbreviation_in_capitals_is_one_word() -> None:
    assert words("PDModelOwner") == ("pd", "model", "owner")


def test_a_name_within_another_is_like_it_and_short_words_are_not_enough() -> None:
    assert likeness("model_owner", "Owner") >= 0.75
    assert likeness("data_version", "id") < 0.75
    assert likeness("", "owner") == 0


def test_a_match_is_sure_by_name_or_by_label() -> None:
    found = matches(["purpose", "technique"], fields("u_purpose", u_method="Technique"))
    assert [found[name].field.name for name in ("purpose", "technique")] == ["u_purpose", "u_method"]


def test_the_name_goes_before_the_label() -> None:
    found = matches(["purpose"], fields("purpose", u_use="Purpose"))
    assert found["purpose"].field.name == "purpose"


def test_two_that_fit_are_candidates_and_neither_is_taken() -> None:
    found = matches(["purpose"], fields("u_purpose", "x_bank_purpose"))["purpose"]
    assert found.field is None
    assert {each.name for each in found.candidates} == {"u_purpose", "x_bank_purpose"}


def test_no_platform_field_is_given_twice() -> None:
    found = matches(["reviewer", "validator"], fields("validator"), {"reviewer": MappedField(field="validator")})
    assert found["reviewer"].mapped
    assert found["validator"].field is None
    assert found["validator"].candidates == ()


def test_a_field_that_two_claim_is_nobodys() -> None:
    found = matches(["reviewer", "validator"], fields("u_validator"), {"reviewer": MappedField(field="validator")})
    assert [found[name].field for name in ("reviewer", "validator")] == [None, None]
    assert [each.name for each in found["validator"].candidates] == ["u_validator"]


def test_what_the_mapping_says_goes_before_a_like_name() -> None:
    found = matches(["purpose"], fields("purpose", "why"), {"purpose": MappedField(field="why")})["purpose"]
    assert (found.field.name, found.mapped) == ("why", True)


def test_a_mapped_name_that_the_platform_lacks_is_looked_for_as_a_name() -> None:
    found = matches(["risk_classification"], fields("u_tier"), {"risk_classification": MappedField(field="tier")})
    assert (found["risk_classification"].field.name, found["risk_classification"].mapped) == ("u_tier", False)


def test_a_nested_name_is_matched_by_its_last_part() -> None:
    assert matches(["severity"], fields("details.severity"))["severity"].field.name == "details.severity"


def test_candidates_are_few_and_the_most_like_come_first() -> None:
    found = matches(["model_owner"], fields("owner", "model_owners", "u_model_owner_2", "model_owner_name", "colour"))[
        "model_owner"
    ]
    assert [found.candidates[0].name, len(found.candidates)] == ["owner", MOST]


def guess(values: str, *offered: str | tuple[str, str]) -> dict[str, tuple[str, bool]]:
    made = [Offered(each) if isinstance(each, str) else Offered(*each) for each in offered]
    return {value: (one.offered.value, one.sure) for value, one in guesses(values.split(), made).items()}


def test_choices_by_value_by_label_and_behind_a_figure() -> None:
    assert guess("in_use approved", "In Use", ("7", "2 - Approved")) == {
        "in_use": ("In Use", True),
        "approved": ("7", True),
    }


def test_other_words_and_initials_are_guesses() -> None:
    found = guess("medium ml rules", ("a", "Moderate"), ("b", "Machine Learning"), ("c", "Rules-Based"))
    assert found == {"medium": ("a", False), "ml": ("b", False), "rules": ("c", False)}


def test_a_choice_stands_for_one_value() -> None:
    assert guess("approved conditional", "Approved", "Approved with conditions") == {
        "approved": ("Approved", True),
        "conditional": ("Approved with conditions", False),
    }


def test_figures_alone_are_guessed_in_order_where_there_are_as_many() -> None:
    assert guess("high medium low", "10", "2", "1") == {
        "high": ("1", False),
        "medium": ("2", False),
        "low": ("10", False),
    }
    assert guess("high medium low", "1", "2") == {}
    assert guess("high low", ("1", "Red"), ("2", "Blue")) == {}
