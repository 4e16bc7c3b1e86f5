import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.values import normalise
from connector.model.cut import cut
from connector.model.errors import Rejected
from connector.model.fields import Entity, Field, FieldType, Owner

TIERS = ("critical", "high", "in_review", "low")


def field(kind, values=()):
    return Field("f", FieldType(kind), Owner.SHARED, Entity.MODEL, values=values or (TIERS if kind == "choice" else ()))


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize("raw", [None, "", "  ", "\n\t\n", [], {}, (), [""], [None]])
def test_nothing_is_none(kind, raw):
    if kind is FieldType.MAP and raw in ([""], [None]):
        with pytest.raises(Rejected):
            normalise(field(kind), raw)
    else:
        assert normalise(field(kind), raw) is None


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("string", "  a b ", "a b"),
        ("string", "e\u0301", "é"),
        ("string", 5, "5"),
        ("string", 5.0, "5"),
        ("string", True, "true"),
        ("string", "a\0b", "ab"),
        ("string", "\ud83d\ude00", "😀"),
        ("string", "x\ud800", "x\ufffd"),
        ("string", {"value": "abc", "link": "http://x"}, "abc"),
        ("string", {"value": ""}, None),
        ("string", ["one"], "one"),
        ("text", "a  \r\nb\rc\n\n", "a\nb\nc"),
        ("text", "  indented", "  indented"),
        ("choice", "High", "high"),
        ("choice", " In Review ", "in_review"),
        ("choice", "in-review", "in_review"),
        ("choice", {"value": "low", "label": "Low"}, "low"),
        ("user", "Jane.Doe@Bank.Example", "jane.doe@bank.example"),
        ("user", "Jane Doe <JD@bank.example>", "jd@bank.example"),
        ("user", "mailto:jd@bank.example", "jd@bank.example"),
        ("user", {"id": 7, "email": "jd@bank.example"}, "jd@bank.example"),
        ("integer", 12, "12"),
        ("integer", 12.0, "12"),
        ("integer", "+012", "12"),
        ("integer", "-0", "0"),
        ("integer", "12.0", "12"),
        ("integer", 0, "0"),
        ("number", 0.1, "0.1"),
        ("number", "1e3", "1000"),
        ("number", "1.50", "1.5"),
        ("number", "-0.0", "0"),
        ("number", 3, "3"),
        ("boolean", True, "true"),
        ("boolean", False, "false"),
        ("boolean", "No", "false"),
        ("boolean", 1, "true"),
        ("list", "b, a;a\n c", '["a","b","c"]'),
        ("list", '["b", "a", "a", ""]', '["a","b"]'),
        ("list", ["b", "e\u0301", 1, True, None], '["1","b","true","é"]'),
        ("list", [{"b": 1, "a": "x "}], '[{"a":"x","b":1}]'),
        ("list", 7, '["7"]'),
        ("map", {"b": 1.0, "a": "x", "c": None}, '{"a":"x","b":1}'),
        ("map", '{"b": 0.5, "a": [2, 1]}', '{"a":[2,1],"b":0.5}'),
        ("map", {"loss": float("nan")}, '{"loss":"nan"}'),
        ("date", "2026-04-17", "2026-04-17"),
        ("date", "2026/4/7", "2026-04-07"),
        ("date", "20260417", "2026-04-17"),
        ("date", "2026-04-17T23:30:00-05:00", "2026-04-17"),
        ("date", "2026-04-17 00:00:00", "2026-04-17"),
        ("date", "17 Apr 2026", "2026-04-17"),
        ("date", "17-April-2026", "2026-04-17"),
        ("date", "April 17, 2026", "2026-04-17"),
        ("date", 1776384000000, "2026-04-17"),
        ("time", "2026-04-17T10:20:30Z", "2026-04-17T10:20:30Z"),
        ("time", "2026-04-17T12:20:30+02:00", "2026-04-17T10:20:30Z"),
        ("time", "2026-04-17 12:20:30 +02:00", "2026-04-17T10:20:30Z"),
        ("time", "2026-04-17 10:20:30", "2026-04-17T10:20:30Z"),
        ("time", "2026-04-17 10:20:30 UTC", "2026-04-17T10:20:30Z"),
        ("time", "2026-04-17T10:20:30.120Z", "2026-04-17T10:20:30.12Z"),
        ("time", "2026-04-17T10:20:30.000000+00:00", "2026-04-17T10:20:30Z"),
        ("time", "2026-04-17", "2026-04-17T00:00:00Z"),
        ("time", "Fri, 17 Apr 2026 10:20:30 GMT", "2026-04-17T10:20:30Z"),
        ("time", 1776421230, "2026-04-17T10:20:30Z"),
        ("time", 1776421230120, "2026-04-17T10:20:30.12Z"),
        ("time", 1776421230120450, "2026-04-17T10:20:30.12045Z"),
        ("time", "1776421230120450", "2026-04-17T10:20:30.12045Z"),
        ("time", "1776421230500", "2026-04-17T10:20:30.5Z"),
    ],
)
def test_the_same_meaning_is_the_same_text(kind, raw, value):
    assert normalise(field(kind), raw) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("string", ["a", "b"]),
        ("string", {"unknown": 1}),
        ("string", {"value": {"deeper": 1}}),
        ("text", ["a", "b"]),
        ("choice", "severe"),
        ("choice", "1"),
        ("user", "jdoe"),
        ("user", "a@b.example, c@d.example"),
        ("integer", "1.5"),
        ("integer", "1,000"),
        ("integer", True),
        ("integer", "twelve"),
        ("number", "1,5"),
        ("number", float("inf")),
        ("number", "NaN"),
        ("number", "1e999"),
        ("number", False),
        ("boolean", "perhaps"),
        ("boolean", 2),
        ("list", "[broken"),
        ("map", "a=b"),
        ("map", "[1]"),
        ("map", ["a"]),
        ("date", "04/05/2026"),
        ("date", "2026-02-30"),
        ("date", "30 Feb 2026"),
        ("date", "17 Foo 2026"),
        ("date", "soon"),
        ("date", 5),
        ("date", True),
        ("time", "2026-04-17T25:00:00Z"),
        ("time", "9999-12-31T23:00:00-05:00"),
        ("time", "20260417102030"),
    ],
)
def test_what_cannot_be_read_is_refused_and_named(kind, raw):
    with pytest.raises(Rejected) as caught:
        normalise(field(kind), raw)
    assert caught.value.field == "f"
    assert caught.value.remedy
    assert repr(raw)[:20] in caught.value.message


def test_a_long_value_is_not_repeated_whole():
    with pytest.raises(Rejected) as caught:
        normalise(field("integer"), "x" * 5000)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("kind", ["string", "text", "list", "map"])
def test_a_cut_copy_stays_as_it_is(kind):
    whole = normalise(
        field(kind),
        {"list": [f"item {n}" for n in range(99)], "map": {f"k{n}": n for n in range(99)}}.get(kind, "word " * 99),
    )
    copy = cut(whole, 100)
    assert 90 < len(copy) <= 100
    assert normalise(field(kind), copy) == copy


scalars = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=True) | st.text(max_size=30)
raws = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from(
    [
        "high",
        "In Review",
        "yes",
        "12",
        "-0.50",
        "2026-04-17",
        "2026-04-17T10:20:30+05:30",
        "a@B.example",
        "[1]",
        '{"a": 1}',
    ]
)


@given(kind=st.sampled_from(FieldType), raw=raws | words | st.lists(words, max_size=3))
def test_normalise_is_idempotent_and_nfc(kind, raw):
    try:
        value = normalise(field(kind), raw)
    except Rejected:
        return
    assert value != ""
    if value is not None:
        assert normalise(field(kind), value) == value
        assert unicodedata.is_normalized("NFC", value)
        value.encode()


@given(st.lists(st.text(max_size=8), max_size=6), st.randoms())
def test_the_order_of_a_list_does_not_matter(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    assert normalise(field("list"), items) == normalise(field("list"), [*shuffled, *items])


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_has_one_text_in_every_zone(moment):
    try:
        value = normalise(field("time"), moment.isoformat())
    except Rejected:
        assert moment.year in (1, 9999)
        return
    assert value.endswith("Z")
    assert normalise(field("time"), value) == value
