import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.native import to_canonical, to_native
from connector.mapping.platform import MappedField
from connector.mapping.values import normalise
from connector.model.errors import Rejected
from connector.model.fields import Entity, Field, FieldType, Owner
from connector.model.grc import Unreadable

TIERS = ("critical", "high", "medium", "low")
TIER = Field("tier", FieldType.CHOICE, Owner.SHARED, Entity.MODEL, values=TIERS)


def field(kind):
    return Field("f", FieldType(kind), Owner.GRC, Entity.MODEL)


def mapped(**options):
    return MappedField(field="x", **options)


WORDS = mapped(values={"critical": "1 - Critical", "high": 2, "medium": True})


@pytest.mark.parametrize(
    ("native", "value"),
    [
        ("1 - Critical", "critical"),
        (" 1 - CRITICAL ", "critical"),
        (2, "high"),
        (2.0, "high"),
        ("2", "high"),
        (True, "medium"),
        ({"value": "2", "display_value": "2 - High"}, "high"),
        (["1 - Critical"], "critical"),
        ("", None),
        (" ", None),
        (None, None),
        ([], None),
    ],
)
def test_a_value_map_reads(native, value):
    assert to_canonical(TIER, WORDS, native) == value


@pytest.mark.parametrize("native", ["critical", "3 - Medium", "high", 3, False, ["1 - Critical", 2]])
def test_what_no_map_names_is_refused_even_where_it_looks_canonical(native):
    with pytest.raises(Rejected) as caught:
        to_canonical(TIER, WORDS, native)
    assert caught.value.field == "tier"


def test_case_is_no_help_where_it_would_be_a_guess():
    both = mapped(read_values={"AB": "high", "ab": "low"})
    assert to_canonical(TIER, both, "AB") == "high"
    assert to_canonical(TIER, both, " ab ") == "low"
    with pytest.raises(Rejected):
        to_canonical(TIER, both, "Ab")


def test_reading_and_writing_may_differ():
    one = mapped(read_values={"Hoch": "high", "Sehr hoch": "critical"}, write_values={"high": 20, "critical": 30})
    assert to_canonical(TIER, one, "Sehr hoch") == "critical"
    assert to_native(TIER, one, "critical") == 30
    with pytest.raises(Rejected):
        to_canonical(TIER, one, 30)


def test_a_value_without_a_word_is_not_written():
    with pytest.raises(Rejected, match="'low' of tier") as caught:
        to_native(TIER, WORDS, "low")
    assert "value map" in caught.value.remedy


@pytest.mark.parametrize(
    ("kind", "value", "native", "as_text"),
    [
        ("string", "a", "a", "a"),
        ("text", "a\nb", "a\nb", "a\nb"),
        ("date", "2026-04-17", "2026-04-17", "2026-04-17"),
        ("integer", "12", 12, "12"),
        ("number", "0.5", 0.5, "0.5"),
        ("number", "-3", -3, "-3"),
        ("boolean", "false", False, "false"),
        ("list", '["a","b"]', ["a", "b"], '["a","b"]'),
        ("map", '{"a":1}', {"a": 1}, '{"a":1}'),
        ("list", None, None, None),
        ("boolean", None, None, None),
    ],
)
def test_native_types(kind, value, native, as_text):
    sent = to_native(field(kind), mapped(), value)
    assert sent == native
    assert type(sent) is type(native)
    assert to_native(field(kind), mapped(write_as="text"), value) == as_text


def test_a_map_holds_for_each_item_of_a_list():
    scope = mapped(values={"sr-11-7": "SR117", "e-23": "OSFI"})
    assert to_canonical(field("list"), scope, ["OSFI", "SR117"]) == '["e-23","sr-11-7"]'
    assert to_canonical(field("list"), scope, "SR117, osfi") == '["e-23","sr-11-7"]'
    assert to_native(field("list"), scope, '["e-23","sr-11-7"]') == ["OSFI", "SR117"]
    text = mapped(values={"sr-11-7": "SR117", "e-23": "OSFI"}, write_as="text")
    assert json.loads(to_native(field("list"), text, '["e-23"]')) == ["OSFI"]
    with pytest.raises(Rejected):
        to_canonical(field("list"), scope, ["OSFI", "unknown"])


def test_a_user_may_be_known_by_a_number():
    people = mapped(values={"jd@bank.example": 7})
    assert to_canonical(field("user"), people, 7) == "jd@bank.example"
    assert to_native(field("user"), people, "jd@bank.example") == 7


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1, max_size=8)
maps = st.lists(words, min_size=4, max_size=4, unique_by=str.casefold).map(
    lambda found: dict(zip(TIERS, found, strict=True))
)


@given(words=maps, value=st.sampled_from(TIERS))
def test_any_value_map_comes_back(words, value):
    one = mapped(values=words)
    assert to_canonical(TIER, one, to_native(TIER, one, value)) == value


raws = st.one_of(
    st.text(max_size=20), st.integers(-(10**9), 10**9), st.lists(st.text(max_size=6), max_size=4), st.booleans(),
    st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=3),
    st.floats(allow_nan=False, allow_infinity=False, width=32), st.dates().map(str), st.datetimes().map(str),
)  # fmt: skip


@given(kind=st.sampled_from(sorted(set(FieldType) - {FieldType.CHOICE})), raw=raws, text=st.booleans())
def test_native_to_canonical_to_native_is_stable(kind, raw, text):
    one, how = field(kind), mapped(write_as="text" if text else "native")
    try:
        value = to_canonical(one, how, raw)
    except Rejected:
        return
    sent = to_native(one, how, value)
    json.dumps(sent)
    assert to_canonical(one, how, sent) == value
    assert normalise(one, value) == value


@pytest.mark.parametrize("kind", list(FieldType))
@pytest.mark.parametrize("options", [{}, {"values": {"critical": "1"}}])
def test_a_value_that_the_adapter_could_not_tell_is_refused_in_its_words(kind, options):
    """Lists and maps included, which would take nearly anything for a value."""
    one = Field("f", FieldType(kind), Owner.GRC, Entity.MODEL, values=TIERS if kind is FieldType.CHOICE else ())
    with pytest.raises(Rejected, match="none of the people has the id 7") as caught:
        to_canonical(one, mapped(**options), Unreadable("none of the people has the id 7"))
    assert caught.value.field == "f"
