"""Connections that would write one tag or own one field of a model are refused; others are not."""

import itertools
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.config import globs
from connector.config.config import load_config
from connector.config.overlap import Reach, address, common_name, meets
from connector.mapping.sources import Scope
from connector.model.errors import ConfigError
from connector.model.registry import RegisteredModel
from connector.model.workspaces import Workspaces, full_name

IDS = ("6a1f7c8e-0b1d-4a52-9c55-6f6a6a1f7c8e", "9d9d9d9d-0000-4000-8000-000000000009")
NEW_MAPPING = """\
platform: {name}
adapter: http
versions: none
entities:
  model:
    identity: {{key: external_key, instance: connector_instance, name: registry_name, created: created}}
    fields: {{{fields}}}
http: {{}}
"""


@pytest.fixture
def bank(tmp_path):
    """Two connections, ``one`` and ``two``, of one registry, each with a GRC and a mapping of its own."""
    return Bank(tmp_path)


class Bank:
    def __init__(self, directory: Path):
        self.directory = directory
        self.content = {
            "instance": "0f3d8c0e-5d0f-4c7c-9d53-0a5b6b7f5a11",
            "registries": {"main": {"uri": "http://mlflow.bank.example", "id": IDS[0]}},
            "connections": {
                name: {
                    "registry": "main",
                    "adapter": "http",
                    "url": f"https://{name}.bank.example",
                    "mapping": f"./{name}.yaml",
                    "tag_prefix": f"{name}_",
                }
                for name in ("one", "two")
            },
        }
        self.maps("one", "purpose")
        self.maps("two", "model_owner")

    def maps(self, name, *fields):
        text = ", ".join(f"{field}: {field}" for field in fields)
        (self.directory / f"{name}.yaml").write_text(NEW_MAPPING.format(name=name, fields=text))

    def second_registry(self, **changes):
        """``two`` reaches the same server by a registry of its own."""
        self.content["registries"]["again"] = {"uri": "http://MLflow.bank.example:80/", "id": IDS[1], **changes}
        self.content["connections"]["two"]["registry"] = "again"

    def __getitem__(self, name):
        return self.content["connections"][name]

    def load(self):
        path = self.directory / "mlflow-grc.yaml"
        path.write_text(yaml.safe_dump(self.content, sort_keys=False))
        return load_config(path)

    def refused(self):
        with pytest.raises(ConfigError) as error:
            self.load()
        return error.value


def test_fields_of_their_own_and_prefixes_of_their_own_are_fine(bank):
    assert bank.load().connection_names == ("one", "two")


def test_the_refusal_names_everything(bank):
    bank.maps("two", "purpose", "model_owner")
    error = bank.refused()
    assert error.file.endswith("mlflow-grc.yaml")
    assert (error.line, error.key) == (13, "connections.two")
    assert "connection 'one'" in error.message
    assert "tag:purpose" in error.message
    assert "decide purpose" in error.message
    assert "model_owner" not in error.message
    for word in ("scopes", "exclude", "mappings", "owners"):
        assert word in error.remedy
    assert "tag_prefix" not in error.remedy


@pytest.mark.parametrize(
    "prefixes", [("grc_", "grc_"), ("grc_", "grc_two_"), ("grc_two_", "grc_"), ("grc_", "GRC_"), ("GRC_two_", "grc_")]
)
def test_prefixes_that_mix(bank, prefixes):
    bank["one"]["tag_prefix"], bank["two"]["tag_prefix"] = prefixes
    error = bank.refused()
    assert "write the tags under the prefix" in error.message
    assert "tag_prefix" in error.remedy
    assert "owners" not in error.remedy


def test_a_plain_tag_under_the_other_ones_prefix(bank):
    bank["two"]["tag_prefix"] = "Pur"
    error = bank.refused()
    assert "write tag:purpose, a tag that begins with the other's prefix." in error.message
    assert "tag_prefix" in error.remedy


def test_a_plain_tag_under_its_own_prefix_is_seen(bank):
    for name in ("one", "two"):
        bank.maps(name, "purpose")
    bank["one"]["tag_prefix"] = "pur"
    error = bank.refused()
    assert "write tag:purpose, a tag that begins" in error.message
    for word in ("tag_prefix", "owners"):
        assert word in error.remedy


def test_a_field_that_two_grcs_decide_in_tags_of_their_own(bank):
    for name in ("one", "two"):
        bank.maps(name, "lifecycle_status")
    assert "let their GRC decide lifecycle_status." in bank.refused().message


@pytest.mark.parametrize("owners", [{"purpose": "mlflow"}])
def test_a_field_that_mlflow_owns_in_one_of_them_is_fine(bank, owners):
    bank.maps("two", "purpose")
    bank["two"]["owners"] = owners
    assert bank.load()


def test_a_connection_that_never_writes_in_mlflow_is_fine(bank):
    bank.maps("two", "purpose")
    bank["two"]["policy"] = {"read_only": ["registry"]}
    assert bank.load()


def test_the_same_grc_is_refused_whatever_the_fields(bank):
    bank["two"]["url"] = "https://ONE.bank.example:443/"
    bank["two"]["policy"] = {"read_only": ["registry"]}
    assert "in the same GRC." in bank.refused().message


def test_a_mapping_that_cannot_be_loaded_is_told_where_it_is_used(bank):
    (bank.directory / "two.yaml").write_text("platform: [")
    config = bank.load()
    with pytest.raises(ConfigError, match=r"two\.yaml"):
        config.mapping("two")


CLASH = {"one": {"include": ["credit-*"]}, "two": {"include": ["fraud-*"]}}


@pytest.mark.parametrize(
    ("scopes", "name"),
    [
        (CLASH, None),
        ({"one": {"include": ["credit-*"]}, "two": {"exclude": ["credit-*"]}}, None),
        ({"one": {"include": ["credit-*"]}, "two": {"exclude": ["credit-a*"]}}, "credit-"),
        ({"one": {"tags": {"team": "a"}}, "two": {"tags": {"team": "b"}}}, "a"),
    ],
)
@pytest.mark.parametrize("by", ["connection", "registry"])
def test_scopes(bank, scopes, name, by):
    bank.maps("two", "purpose")
    if by == "registry":
        bank.second_registry()
    for connection, scope in scopes.items():
        holder = bank.content["registries"][bank[connection]["registry"]] if by == "registry" else bank[connection]
        holder["scope"] = scope
    if name is None:
        assert bank.load()
    else:
        assert f"a model called '{name}'" in bank.refused().message


def test_a_tag_filter_is_named_as_what_does_not_help(bank):
    bank.maps("two", "purpose")
    bank["one"]["scope"], bank["two"]["scope"] = {"tags": {"team": "a"}}, {"tags": {"team": "b"}}
    assert "a tag filter does not do" in bank.refused().remedy


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ([], [], True),
        ([], ["default"], True),
        ([], ["risk"], False),
        (["risk"], ["retail"], False),
        (["risk", "retail"], ["retail", "cards"], True),
        (["risk"], "*", True),
        ("*", "*", True),
    ],
)
def test_registries_that_reach_one_server(bank, first, second, refused):
    bank.maps("two", "purpose")
    bank.second_registry(workspaces=second)
    bank.content["registries"]["main"]["workspaces"] = first
    if refused:
        assert "connection 'one'" in bank.refused().message
    else:
        assert bank.load()


def test_globs_over_workspaces_keep_connections_apart(bank):
    bank.maps("two", "purpose")
    bank.content["registries"]["main"]["workspaces"] = "*"
    bank["one"]["scope"], bank["two"]["scope"] = {"include": ["risk/*"]}, {"exclude": ["risk/*"]}
    assert bank.load()
    bank["two"]["scope"] = {"include": ["credit-*"]}
    assert "'risk/credit-'" in bank.refused().message


def test_another_server_is_another_registry(bank):
    bank.maps("two", "purpose")
    bank.second_registry(uri="http://mlflow.bank.example/research")
    bank["two"]["url"] = bank["one"]["url"]
    assert bank.load()


@pytest.mark.parametrize(
    "uri",
    [
        "http://mlflow.bank.example",
        "HTTP://MLFLOW.bank.example:80/",
        "https://mlflow.bank.example:443",
        "https://mlflow.bank.example.",
    ],
)
def test_addresses_of_one_server(uri):
    assert address(uri) == address("http://mlflow.bank.example")


@pytest.mark.parametrize(
    "host", ["localhost", "mlflow.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "127.0.1.1"]
)
def test_this_machine_by_any_name(host):
    assert address(f"http://{host}:5000") == address("http://[::1]:5000")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://[2001:db8::1]", "http://[2001:0DB8:0:0:0:0:0:1]"),
        ("http://[::ffff:10.0.0.7]", "http://10.0.0.7"),
        ("http://[0:0:0:0:0:0:0:1]:5000", "http://localhost:5000"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_one_host_in_two_writings(one, other):
    assert address(one) == address(other)


def test_a_host_that_only_looks_like_a_number_stays_as_it_is():
    assert address("http://1.mlflow.bank.example")[0] == "1.mlflow.bank.example"
    assert address("http://999.1.1.1")[0] == "999.1.1.1"


def vendors(bank, **changes):
    """Two registries of which each would register what their one GRC alone knows."""
    bank.second_registry(uri="http://research.bank.example")
    bank["two"]["url"] = bank["one"]["url"]
    bank.content["policy"] = {"grc_only": "placeholder"}
    bank["two"].update(changes)


def test_placeholders_for_one_grc_are_made_in_one_registry(bank):
    vendors(bank)
    error = bank.refused()
    assert error.key == "connections.two"
    assert "It and connection 'one' would both make placeholders" in error.message
    assert "grc_only: report" in error.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"policy": {"grc_only": "report"}},
        {"policy": {"read_only": ["registry"]}},
        {"scope": {"tags": {"governed": "true"}}},
        {"url": "https://other.bank.example"},
    ],
)
def test_placeholders_that_cannot_be_doubled_are_fine(bank, changes):
    vendors(bank, **changes)
    assert bank.load()


def test_a_registrys_tag_filter_makes_no_placeholders_either(bank):
    vendors(bank)
    bank.content["registries"]["again"]["scope"] = {"tags": {"governed": "true"}}
    assert bank.load()


def test_scopes_that_keep_apart_in_one_registry_say_who_makes_a_placeholder(bank):
    bank["two"]["url"] = bank["one"]["url"]
    bank.content["policy"] = {"grc_only": "placeholder"}
    bank["one"]["scope"], bank["two"]["scope"] = CLASH["one"], CLASH["two"]
    assert bank.load()


def test_addresses_of_several():
    uris = ["http://a", "http://b", "http://a:5000", "http://a/x", "http://a/X", "https://a:80"]
    assert len({address(uri) for uri in uris}) == len(uris)
    assert len({address(f"http://{host}:5000") for host in ("localhost", "127.0.0.1", "[::1]")}) == 1


def test_what_cannot_be_decided_counts_as_overlapping(bank, monkeypatch):
    monkeypatch.setattr(globs, "MOST_STATES", 3)
    bank.maps("two", "purpose")
    bank["one"]["scope"], bank["two"]["scope"] = CLASH["one"], CLASH["two"]
    message = bank.refused().message
    assert "the same registered models (the globs are too many to tell that they cannot), and" in message


NAMES = ["".join(each) for length in (1, 2, 3) for each in itertools.product("ab", repeat=length)]
PLACES = ("a", "b", "default")
GLOBS = st.lists(st.sampled_from(["a", "b", "*", "?", "[!a]", "/"]), min_size=1, max_size=4).map("".join)
SCOPES = st.builds(
    Scope,
    include=st.lists(GLOBS, min_size=1, max_size=2).map(tuple),
    exclude=st.lists(GLOBS, max_size=2).map(tuple),
)
SERVED = st.sampled_from([Workspaces(("a",)), Workspaces(("a", "b")), Workspaces(every=True)])


def reach(scope, within, served):
    own = Scope(scope.include, scope.exclude, workspace=served.only, within=within)
    return Reach("c", "http://a", served, own, "http://g")


@settings(max_examples=300, deadline=None)
@given(st.tuples(SCOPES, SCOPES, SERVED), st.tuples(SCOPES, SCOPES, SERVED))
def test_a_common_name_is_what_both_scopes_hold(one, other):
    reaches = (reach(*one), reach(*other))
    found = common_name(*reaches)

    def holds(name):
        model, workspace = RegisteredModel(name, 0, 0), name.partition("/")[0]
        return all(each.workspaces.serves(workspace) and each.scope.has(model) for each in reaches)

    if found is not None:
        assert holds(found)
        assert meets(*reaches)
    else:
        assert not any(holds(full_name(place, name)) for place in PLACES for name in NAMES)
