"""Names and scopes where a registry reads several workspaces."""

import pytest

from connector.mapping.keys import Keys
from connector.mapping.sources import ModelSource, RegistrySettings, Scope
from connector.model.registry import RegisteredModel
from connector.model.workspaces import DEFAULT_WORKSPACE, NO_WORKSPACES, Workspaces, full_name, is_called, split_name


@pytest.mark.parametrize(
    ("keys", "name", "workspace"),
    [
        (Keys("R", served=Workspaces(every=True)), "risk/credit", "risk"),
        (Keys("R", "risk"), "credit", "risk"),
        (Keys("R"), "credit", None),
    ],
)
def test_the_attribute_workspace(keys, name, workspace):
    source = ModelSource(RegisteredModel(name, 1, 1), RegistrySettings(keys))
    assert source.attributes()["workspace"] == workspace


@pytest.mark.parametrize(
    ("glob", "workspace", "held"),
    [
        ("credit-*", None, {"risk/credit-pd", "retail/credit-pd"}),
        ("risk/*", None, {"risk/credit-pd"}),
        ("r*/credit-*", None, {"risk/credit-pd", "retail/credit-pd"}),
        ("risk*", None, set()),
        ("risk/*", "risk", {"credit-pd", "risk/credit-pd"}),
        ("retail/*", "risk", {"retail/credit-pd"}),
    ],
)
def test_globs(glob, workspace, held):
    scope = Scope(include=(glob,), workspace=workspace)
    names = {"risk/credit-pd", "retail/credit-pd", *({"credit-pd"} if workspace else ())}
    assert {name for name in names if scope.has(RegisteredModel(name, 0, 0))} == held


def test_both_scopes_have_to_hold():
    scope = Scope(include=("credit-*",), within=Scope(exclude=("*-test",)))
    names = ("credit-pd", "credit-test", "fraud")
    assert [name for name in names if scope.has(RegisteredModel(name, 0, 0))] == ["credit-pd"]


def test_names():
    assert split_name(full_name("risk", "credit")) == ("risk", "credit")
    assert split_name("credit") == (None, "credit")
    assert is_called("risk/credit", "credit")
    assert is_called("risk/credit", "risk/credit")
    assert not is_called("risk/credit", "risk")
    assert not is_called("credit", "risk/credit")


@pytest.mark.parametrize(
    ("served", "several", "only", "serves"),
    [
        (NO_WORKSPACES, False, None, {None, DEFAULT_WORKSPACE}),
        (Workspaces(("risk",)), False, "risk", {"risk"}),
        (Workspaces(("risk", "retail")), True, None, {"risk", "retail"}),
        (Workspaces(every=True), True, None, {None, DEFAULT_WORKSPACE, "risk", "retail"}),
    ],
)
def test_workspaces(served, several, only, serves):
    assert (served.several, served.only) == (several, only)
    assert {one for one in (None, DEFAULT_WORKSPACE, "risk", "retail") if served.serves(one)} == serves
