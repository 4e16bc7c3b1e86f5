"""Whether globs can meet, against every text of a small alphabet and against fnmatch."""

import itertools
from fnmatch import fnmatchcase

import pytest
from hypothesis import example as case
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.config import globs
from connector.config.globs import Clause, Glob, TooComplexError, example

ALPHABET = "ab-"
TEXTS = ["".join(each) for length in range(5) for each in itertools.product(ALPHABET, repeat=length)]
PIECES = ["a", "b", "-", "*", "?", "[ab]", "[!a]", "[a-b]", "[!-a]", "[]a]", "[b-a]", "[", "]", "!"]
GLOBS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
SETS = st.lists(GLOBS, max_size=2)


def clause(texts, *, fits=True):
    return Clause(tuple(map(Glob.of, texts)), fits)


def held(text, wanted, unwanted):
    return all(any(fnmatchcase(text, one) for one in each) for each in wanted) and not any(
        fnmatchcase(text, one) for one in unwanted
    )


@settings(max_examples=400, deadline=None)
@given(wanted=st.lists(SETS, min_size=1, max_size=3), unwanted=SETS)
@case(wanted=[["*"], ["[!a]*"]], unwanted=["b*", "-*"])
@case(wanted=[["[[]"]], unwanted=["]"])
def test_a_common_text_is_found_where_there_is_one(wanted, unwanted):
    clauses = [*map(clause, wanted), clause(unwanted, fits=False)]
    found = example(clauses)
    if found is not None:
        assert held(found, wanted, unwanted)
    else:
        assert not any(held(text, wanted, unwanted) for text in TEXTS)


@settings(max_examples=300, deadline=None)
@given(glob=GLOBS, text=st.text("ab-[]!x", max_size=5))
def test_a_glob_takes_what_fnmatch_takes(glob, text):
    walked = Glob.of(glob)
    states = walked.start
    for character in text:
        states = walked.after(states, character)
    assert walked.accepts(states) == fnmatchcase(text, glob)


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("[]a]", "]"),
        ("[]a]", "a"),
        ("[!]a]", "b"),
        ("[!]a]", "]"),
        ("[", "["),
        ("[a", "[a"),
        ("[!", "[!"),
        ("[]", "[]"),
    ],
)
def test_sets_are_read_as_fnmatch_reads_them(glob, text):
    assert (example([clause([glob]), clause(["".join(f"[{c}]" if c != "!" else c for c in text)])]) == text) == (
        fnmatchcase(text, glob)
    )


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (["credit-*"], ["fraud-*"], None),
        (["*"], ["credit-*"], "credit-"),
        (["*-pd"], ["credit-*"], "credit-pd"),
        (["[a-m]*"], ["[n-z]*"], None),
        (["[a-n]*"], ["[n-z]*"], "n"),
        (["??"], ["???*"], None),
        (["é*"], ["[à-ü]*"], "é"),
        ([], ["*"], None),
    ],
)
def test_people_s_globs(one, other, found):
    assert example([clause(one), clause(other)]) == found


def test_an_exclusion_keeps_them_apart():
    assert example([clause(["*"]), clause(["credit-*"]), clause(["credit-*"], fits=False)]) is None


def test_too_much_is_not_decided(monkeypatch):
    monkeypatch.setattr(globs, "MOST_STATES", 5)
    with pytest.raises(TooComplexError):
        example([clause(["*a?????"]), clause(["*b?????"])])


def test_too_many_steps_are_not_taken(monkeypatch):
    monkeypatch.setattr(globs, "MOST_STEPS", 50)
    with pytest.raises(TooComplexError):
        example([clause(["*a?????"]), clause(["*b?????"])])


def test_long_lists_that_are_each_others_complement_take_no_steps(monkeypatch):
    monkeypatch.setattr(globs, "MOST_STEPS", 20_000)
    listed = [f"team-{number}-*-pd" for number in range(300)]
    assert example([clause(listed), clause(["*"]), clause(listed, fits=False)]) is None


def test_long_lists_of_names_are_decided(monkeypatch):
    monkeypatch.setattr(globs, "MOST_STEPS", 500_000)
    one, other = ([f"{part}-model-{number}" for number in range(300)] for part in ("credit", "fraud"))
    assert example([clause(one), clause(other)]) is None
    assert example([clause(one), clause([*other, "credit-model-29?"])]) == "credit-model-290"
