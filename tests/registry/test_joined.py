"""Several workspaces as one registry, on a real MLflow server and in memory alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from connector.model.errors import AccessDenied, AuthError, Rejected, Retriable, Unreachable
from connector.model.grc import Problem
from connector.model.workspaces import Workspaces
from connector.registry import version_key
from connector.registry.joined import JoinedRegistry
from connector.registry.rest import MlflowRegistry
from tests.fakes.registry import InProcessServer
from tests.registry.accounts import GuardedMlflow
from tests.registry.workspaces import RealPlace
from tests.server_version import need, version_of

EVERY = Workspaces(every=True)


class FakePlace(InProcessServer):
    """As a test sees it: workspaces have the names that it gives them."""

    def name(self, workspace: str) -> str:
        return workspace

    @property
    def server(self) -> InProcessServer:
        return self


Place = FakePlace | RealPlace


@pytest.fixture(params=["in_process", pytest.param("mlflow", marks=pytest.mark.server)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """``credit`` with a version and a run stands in each of the workspaces ``risk`` and ``retail``."""
    made = (
        FakePlace("default")
        if request.param == "in_process"
        else RealPlace(request.getfixturevalue("workspace_server"))
    )
    for workspace in ("risk", "retail"):
        author = made.create(workspace)
        author.create_model("credit", tags={"here": workspace})
        author.create_version("credit", run_id=author.log_run(params={"here": workspace}))
    yield made
    made.close()


def joined(place: Place, *workspaces: str) -> JoinedRegistry:
    """The workspaces of these names joined; none: all that the server has."""
    server = place if isinstance(place, FakePlace) else MlflowRegistry(place.server.url)
    names = tuple(place.name(each) for each in workspaces)
    return JoinedRegistry(server, Workspaces(names) if names else EVERY)


def names(registry: JoinedRegistry, place: Place, *more: str) -> list[str]:
    """The models of a scan, in the workspaces of this test."""
    snapshot = registry.snapshot()
    assert snapshot.complete
    mine = {place.name(each): each for each in ("risk", "retail", *more)}
    split = (model.name.split("/") for model in snapshot.models)
    return [f"{mine[workspace]}/{name}" for workspace, name in split if workspace in mine]


def test_one_name_is_a_model_in_each_workspace(place):
    registry = joined(place, "risk", "retail")
    for workspace in ("risk", "retail"):
        name = f"{place.name(workspace)}/credit"
        model = registry.model(name)
        assert (model.name, model.tags) == (name, {"here": workspace})
        version = registry.version(name, "1")
        assert version.name == name
    models = {model.name: model for model in registry.snapshot(run_fields=True).models}
    runs = {name: (model.versions[0].name, model.versions[0].run.params["here"]) for name, model in models.items()}
    assert runs == {f"{place.name(each)}/credit": (f"{place.name(each)}/credit", each) for each in ("risk", "retail")}
    keys = {version_key(model.versions[0]) for model in models.values()}
    assert len(keys) == 2


def test_known_runs_are_those_of_their_workspace(place):
    registry = joined(place, "risk", "retail")
    versions = [model.versions[0] for model in registry.snapshot(run_fields=True).models]
    known = {version_key(version): version.run for version in versions}
    again = registry.snapshot(run_fields=True, known_runs=known)
    assert {version_key(model.versions[0]): model.versions[0].run for model in again.models} == known
    before = registry.requests_sent
    registry.snapshot(run_fields=True, known_runs=known)
    without = registry.requests_sent - before
    registry.snapshot(run_fields=True, known_runs=known, refresh_runs=list(known)[:1])
    assert registry.requests_sent - before - without > without


def test_a_write_goes_to_one_workspace(place):
    registry = joined(place, "risk", "retail")
    risk, retail = (f"{place.name(each)}/credit" for each in ("risk", "retail"))
    registry.set_tags(risk, None, {"tier": "high"}, ["here"])
    registry.set_tags(risk, "1", {"tier": "high"})
    registry.set_description(risk, None, "of risk")
    made = registry.create_model(f"{place.name('risk')}/pd", tags={"k": "v"})
    assert (made.name, registry.model(made.name).tags) == (f"{place.name('risk')}/pd", {"k": "v"})
    assert (registry.model(risk).tags, registry.model(risk).description) == ({"tier": "high"}, "of risk")
    assert registry.version(risk, "1").tags == {"tier": "high"}
    assert (registry.model(retail).tags, registry.model(retail).description) == ({"here": "retail"}, "")
    assert registry.version(retail, "1").tags == {}
    assert registry.model(f"{place.name('retail')}/pd") is None


def test_a_workspace_that_comes_joins_where_all_are_read(place):
    every, some = joined(place), joined(place, "risk", "retail")
    assert names(every, place) == names(some, place) == ["retail/credit", "risk/credit"]
    place.create("late").create_model("pd")
    assert "late/pd" in names(every, place, "late")
    assert "late/pd" not in names(some, place, "late")


def test_what_a_workspace_held_that_goes_is_unknown_not_gone(place):
    registry = joined(place)
    gone, there = (f"{place.name(each)}/credit" for each in ("retail", "risk"))
    assert registry.snapshot().complete
    assert registry.outside(gone) is None
    place.delete("retail")
    with pytest.raises(AccessDenied):
        registry.model(gone)
    with pytest.raises(AccessDenied):
        registry.version(gone, "1")
    with pytest.raises(AccessDenied):
        registry.set_tags(gone, None, {"k": "v"})
    assert there in [model.name for model in registry.snapshot().models]
    assert not registry.outside(gone).chosen
    assert registry.outside(there) is None
    assert registry.model(there) is not None
    assert registry.model(f"{place.name('risk')}/never") is None


def test_a_workspace_that_was_named_and_goes_is_a_gap(place):
    registry = joined(place, "risk", "retail")
    place.delete("retail")
    snapshot = registry.snapshot()
    assert [model.name for model in snapshot.models] == [f"{place.name('risk')}/credit"]
    (gap,) = snapshot.gaps
    assert f"workspace {place.name('retail')}: " in gap
    place.delete("risk")
    with pytest.raises(Unreachable, match="not found"):
        registry.snapshot()


def test_a_name_without_workspace_is_that_of_each_which_has_it(place):
    registry = joined(place, "risk", "retail")
    place.author("risk").create_model("pd")
    risk, retail = place.name("risk"), place.name("retail")
    assert sorted(registry.names("credit")) == sorted([f"{risk}/credit", f"{retail}/credit"])
    assert registry.names("pd") == registry.names(f"{risk}/pd") == (f"{risk}/pd",)
    assert registry.names(f"{retail}/pd") == registry.names("never") == ()
    with pytest.raises(Rejected, match="tells no workspace"):
        registry.model("credit")


def test_a_workspace_that_is_not_read_is_none_of_its_business(place):
    registry = joined(place, "risk")
    name = f"{place.name('retail')}/credit"
    assert registry.outside(name).chosen
    assert registry.names(name) == ()
    with pytest.raises(AccessDenied, match="is not read"):
        registry.model(name)
    assert not registry.outside("credit").chosen


@pytest.mark.server
@pytest.mark.parametrize("place", ["mlflow"], indirect=True)
def test_one_workspace_alone_takes_its_own_full_names(place):
    risk, retail = place.name("risk"), place.name("retail")
    registry = MlflowRegistry(place.server.url, workspace=risk)
    assert registry.model(f"{risk}/credit") == registry.model("credit")
    assert registry.version(f"{risk}/credit", "1") == registry.version("credit", "1")
    assert registry.names(f"{risk}/credit") == registry.names("credit") == ("credit",)
    assert registry.outside(f"{risk}/credit") is None
    assert registry.outside(f"{retail}/credit").chosen
    with pytest.raises(Rejected):
        registry.model(f"{retail}/credit")


def test_check_finds_nothing_wrong_and_names_what_is_missing(place):
    assert list(joined(place, "risk", "retail").check()) == []
    assert [problem for problem in joined(place).check() if problem.fatal] == []
    place.delete("retail")
    (problem,) = joined(place, "risk", "retail").check()
    assert problem.fatal
    assert f"no workspace '{place.name('retail')}'" in problem.what


def test_an_account_that_sees_no_workspace_is_told_so():
    server = InProcessServer("risk")
    server.hidden.add("risk")
    registry = JoinedRegistry(server, EVERY)
    assert registry.snapshot().gaps == ("workspaces: the server lists none to this account",)
    (problem,) = registry.check()
    assert problem.fatal


def test_a_gap_in_one_workspace_is_one_of_the_whole():
    server = InProcessServer("retail", "risk")
    server.author("risk").create_model("pd")

    def busy(call):
        if call.action == "list_versions":
            raise Retriable("busy")

    server.registries["retail"].before.append(busy)
    snapshot = JoinedRegistry(server, EVERY).snapshot()
    assert snapshot.gaps == ("workspace retail: list_versions: busy",)
    assert [model.name for model in snapshot.models] == ["risk/pd"]


def test_a_workspace_that_is_not_listed_may_be_read_all_the_same():
    server = InProcessServer("retail", "risk")
    server.hidden.add("retail")
    server.author("retail").create_model("pd")
    registry = JoinedRegistry(server, Workspaces(("retail", "risk")))
    assert registry.check() == []
    assert [model.name for model in registry.snapshot().models] == ["retail/pd"]


def test_a_refused_write_names_the_full_name(place):
    registry = joined(place, "risk", "retail")
    name = f"{place.name('risk')}/credit"
    with pytest.raises(Rejected) as refused:
        registry.set_tags(name, None, {"k": "v" * 5001})
    if not isinstance(place, FakePlace):
        assert name in refused.value.message


def test_a_workspace_that_may_not_be_listed_is_a_gap_and_no_end():
    server = InProcessServer("retail", "risk")
    server.author("risk").create_model("pd")

    def refuse(_):
        raise AccessDenied("no")

    server.registries["retail"].before.append(refuse)
    registry = JoinedRegistry(server, EVERY)
    snapshot = registry.snapshot()
    assert [model.name for model in snapshot.models] == ["risk/pd"]
    assert snapshot.gaps == ("workspace retail: no",)
    server.registries["risk"].before.append(refuse)
    with pytest.raises(AuthError):
        registry.snapshot()


def test_what_is_wrong_everywhere_is_told_once():
    server = InProcessServer("retail", "risk")
    common, own = (
        Problem("version", "old", "upgrade", fatal=False),
        Problem("permissions", "none", "grant", fatal=False),
    )
    server.registries["retail"].problems = [common, own]
    server.registries["risk"].problems = [common]
    told = [(each.where, each.what) for each in JoinedRegistry(server, EVERY).check()]
    assert told == [("version", "old"), ("workspace retail: permissions", "none")]


@pytest.mark.server
def test_a_server_without_workspaces_says_so(mlflow_server):
    registry = JoinedRegistry(MlflowRegistry(mlflow_server.url), Workspaces(every=True))
    (problem,) = registry.check()
    assert problem.fatal
    assert "--enable-workspaces" in problem.remedy
    with pytest.raises(Unreachable):
        registry.snapshot()


@pytest.mark.server
def test_under_permissions_what_an_account_may_not_read_is_unknown(tmp_path, mlflow_server):
    need(version_of(mlflow_server.url), (3, 10), "workspaces")
    with GuardedMlflow(tmp_path, "--enable-workspaces") as guarded:
        for workspace in ("risk", "retail"):
            guarded.add_workspace(workspace)
            with guarded.author(workspace) as author:
                author.create_model("credit")
        guarded.add("reader", "risk", registered_model={"*": "READ"})
        with closing(guarded.registry("reader")) as server:
            every, named = (JoinedRegistry(server, each) for each in (EVERY, Workspaces(("risk", "retail"))))
            assert every.snapshot().gaps == ("workspaces: the server lists none to this account",)
            assert [problem.fatal for problem in every.check()] == [True]
            assert [model.name for model in named.snapshot().models] == ["risk/credit"]
            problems = named.check()
            assert [problem for problem in problems if problem.fatal] == []
            assert "workspace retail: permissions" in [problem.where for problem in problems]
            for name in ("retail/credit", "risk/never"):
                with pytest.raises(AccessDenied, match=name):
                    named.model(name)
