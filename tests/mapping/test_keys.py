import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.keys import KeyParts, Keys, VersionRef, hash_key, is_hashed, parse_key, parse_version_ref
from connector.model.workspaces import Workspaces

REGISTRY = "6a1f7c8e-0b1d-4a52-9c55-6f6a6a1f7c8e"
names = st.text(st.characters(exclude_characters="/:", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    name=names,
    created=st.integers(0, 2**45),
    version=st.none() | st.integers(1, 999).map(str),
    workspace=st.none() | st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True),
)
def test_a_key_is_read_back_to_its_parts(name, created, version, workspace):
    keys = Keys(REGISTRY, workspace)
    key = keys.model(name, created) if version is None else keys.version(name, created, version)
    assert parse_key(key) == KeyParts(REGISTRY, workspace, name, created, version)
    assert keys.is_ours(key) is True
    assert Keys("another", workspace).is_ours(key) is False
    assert Keys(REGISTRY, "elsewhere-far-away").is_ours(key) is False


@pytest.mark.parametrize("name", ["a@1#2", "a@5", "@", "credit#9@8", "line\nbreak", "quo'te\" %?"])
def test_names_that_look_like_keys_stay_apart(name):
    keys = Keys(REGISTRY)
    texts = {keys.model(name, 7), keys.version(name, 7, "1"), keys.model("a", 5), keys.version("a", 5, "2")}
    assert len(texts) == 4
    assert parse_key(keys.version(name, 7, "1")) == KeyParts(REGISTRY, None, name, 7, "1")


def test_the_documented_form():
    assert Keys("R").model("fraud", 12) == "mlflow:R/fraud@12"
    assert Keys("R", "retail").version("fraud", 12, "3") == "mlflow:R/retail/fraud@12#3"


def test_where_several_workspaces_are_read_the_name_brings_its_own():
    served = Workspaces(("risk", "retail"))
    keys = Keys("R", served=served)
    assert keys.version("retail/fraud", 12, "3") == Keys("R", "retail").version("fraud", 12, "3")
    ours = {keys.is_ours(Keys("R", workspace).model("fraud", 1)) for workspace in ("risk", "retail")}
    assert ours == {True}
    for other in (Keys("R", "cards"), Keys("R"), Keys("S", "risk")):
        assert keys.is_ours(other.model("fraud", 1)) is False
    every = Keys("R", served=Workspaces(every=True))
    assert every.is_ours(Keys("R", "cards").model("fraud", 1)) is True
    assert every.is_ours(Keys("S", "cards").model("fraud", 1)) is False


def test_a_key_without_workspace_is_of_the_default_one():
    key = Keys("R").model("fraud", 1)
    assert Keys("R", served=Workspaces(("default", "risk"))).is_ours(key) is True


def test_a_hashed_key_is_short_plain_and_stable():
    keys = Keys(REGISTRY, hashed=True)
    key = keys.model("fraud", 12)
    assert key == hash_key(Keys(REGISTRY).model("fraud", 12))
    assert is_hashed(key)
    assert len(key) == 47
    assert parse_key(key) is None
    assert keys.is_ours(key) is None
    assert key != keys.model("fraud", 13)


@pytest.mark.parametrize("text", ["", "fraud", "mlflow:", "mlflow:R/fraud", "mlflow:R/fraud@", "mlflow:R/a/b/c@1"])
def test_other_text_is_no_key(text):
    assert parse_key(text) is None
    assert Keys("R").is_ours(text) is False


def test_version_ref_round_trip_and_garbage():
    ref = VersionRef("rec/1", "3", 1700000000000)
    assert parse_version_ref(str(ref)) == ref
    for text in ("", "x", "[]", "{}", '{"record": "1"}', '{"created": "x", "record": "1", "version": "2"}'):
        assert parse_version_ref(text) is None
