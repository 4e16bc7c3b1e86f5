"""A real MLflow with its basic-auth app: what each permission lets the connector see and do, and how refusals read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.logs import configure
from connector.mlflow_server import RegistryAuthor
from connector.mock import MockGrc
from connector.model.errors import AccessDenied, AuthError
from connector.model.tags import CLOSED_MARK
from connector.registry.rest import MlflowRegistry
from tests.engine.world import World
from tests.registry.accounts import ADMIN, FILTERED_SINCE, PATTERNS_SINCE, TOKEN, TOKEN_BEARER, GuardedMlflow
from tests.server_version import need, need_before

pytestmark = pytest.mark.server

Open = Callable[[str], MlflowRegistry]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMlflow]:
    """Two models, ``credit`` with a version and its run, and ``secret``; accounts with different permissions."""
    with GuardedMlflow(tmp_path_factory.mktemp("guarded")) as mlflow:
        with mlflow.author() as author:
            author.create_model("credit", tags={"team": "retail"})
            author.create_version("credit", run_id=author.log_run(params={"depth": "3"}), tags={"team": "retail"})
            author.create_model("secret")
            author.create_version("secret")
        mlflow.add("nobody")
        mlflow.add("reader", registered_model={"credit": "READ"})
        mlflow.add("editor", registered_model={"credit": "EDIT"})
        mlflow.add("mixed", registered_model={"credit": "EDIT", "secret": "READ"}, experiment={"*": "READ"})
        mlflow.add("all-reader", registered_model={"*": "READ"})
        mlflow.add(TOKEN_BEARER, registered_model={"*": "MANAGE"}, experiment={"*": "READ"})
        yield mlflow


@pytest.fixture
def author(guarded: GuardedMlflow) -> Iterator[RegistryAuthor]:
    with guarded.author() as author:
        yield author


@pytest.fixture
def as_(guarded: GuardedMlflow) -> Iterator[Open]:
    """Open the registry as this account."""
    opened: list[MlflowRegistry] = []

    def sign_in(name: str) -> MlflowRegistry:
        opened.append(guarded.registry(name))
        return opened[-1]

    yield sign_in
    for registry in opened:
        registry.close()


def truth(guarded: GuardedMlflow, name: str = "credit") -> tuple[dict[str, str], dict[str, str]]:
    """The tags of a model and of its first version, as the administrator sees them."""
    registry = guarded.registry(ADMIN[0], ADMIN[1])
    model, version = registry.model(name), registry.version(name, "1")
    registry.close()
    assert model is not None
    assert version is not None
    return dict(model.tags), dict(version.tags)


REQUESTS: dict[str, Callable[[MlflowRegistry], object]] = {
    "scan": lambda registry: registry.snapshot(),
    "read": lambda registry: registry.model("credit"),
    "write": lambda registry: registry.set_tags("credit", None, {"k": "v"}),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("by_token", [False, True], ids=["password", "token"])
def test_refused_credentials_end_the_run_and_are_told_nowhere(guarded, request_, by_token, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = "canary-of-a-secret"
    registry = guarded.registry_by_token(wrong) if by_token else guarded.registry("reader", wrong)
    with pytest.raises(AuthError) as refused:
        request_(registry)
    (problem,) = registry.check()
    assert "credentials" in refused.value.remedy
    assert (problem.fatal, problem.where) == (True, "version: credentials")
    assert wrong not in f"{refused.value} {problem} {caplog.text}"


def test_a_token_signs_in(guarded):
    need(guarded.version, PATTERNS_SINCE, "an account that can ask what it may do")
    registry = guarded.registry_by_token(TOKEN)
    assert {"credit", "secret"} <= {model.name for model in registry.snapshot().models}
    assert registry.check() == []


def test_a_reader_scans_what_it_may_see_and_nothing_tells_of_the_rest(guarded, as_):
    need(guarded.version, FILTERED_SINCE, "a listing of versions without those of unreadable models")
    snapshot = as_("reader").snapshot()
    assert snapshot.complete
    assert [model.name for model in snapshot.models] == ["credit"]
    assert [version.version for version in snapshot.models[0].versions] == ["1"]
    assert as_("nobody").snapshot().models == ()


@pytest.mark.parametrize(("version", "where"), [(None, "credit:"), ("1", "credit v1:")])
def test_without_edit_every_write_is_refused_naming_the_object(as_, guarded, version, where):
    reader, before = as_("reader"), truth(guarded)
    for write in (
        lambda: reader.set_tags("credit", version, {"k": "v"}),
        lambda: reader.set_tags("credit", version, {}, ["team"]),
        lambda: reader.set_description("credit", version, "x"),
    ):
        with pytest.raises(AccessDenied, match=f"^{where}") as refused:
            write()
        assert "on the registered model" in refused.value.remedy
    assert truth(guarded) == before


def test_edit_sets_everything_and_removes_a_models_tag_only(as_, guarded):
    editor = as_("editor")
    for version in (None, "1"):
        editor.set_tags("credit", version, {"grc_x": "1"})
        editor.set_description("credit", version, "edited")
    editor.set_tags("credit", None, {}, ["grc_x"])
    with pytest.raises(AccessDenied, match=r"^credit v1:") as refused:
        editor.set_tags("credit", "1", {"grc_y": "2"}, ["grc_x"])
    assert refused.value.field == "grc_x"
    assert "MANAGE" in refused.value.remedy
    model, version = truth(guarded)
    assert ("grc_x" in model, version["grc_x"], version["grc_y"]) == (False, "1", "2")


def test_manage_removes_a_versions_tag(as_, guarded, author):
    author.set_tag("credit", "passing", "1", version="1")
    as_(TOKEN_BEARER).set_tags("credit", "1", {}, ["passing"])
    assert "passing" not in truth(guarded)[1]


def test_only_who_reads_every_model_can_tell_that_one_is_gone(guarded, as_):
    need(guarded.version, PATTERNS_SINCE, "a permission for every model")
    with pytest.raises(AccessDenied, match="does not exist"):
        as_("reader").model("gone")
    assert as_("all-reader").model("gone") is None
    assert as_("reader").version("credit", "9") is None
    with pytest.raises(AccessDenied, match=r"^gone v1"):
        as_("all-reader").version("gone", "1")


@pytest.mark.parametrize(
    ("name", "lacking"),
    [
        ("nobody", ["sees no registered model", "looks forbidden"]),
        ("reader", ["credit: 'reader' has no EDIT", "looks forbidden", "cannot read runs"]),
        ("editor", ["credit: 'editor' has EDIT, not MANAGE", "looks forbidden", "cannot read runs"]),
        ("mixed", ["secret: 'mixed' has no EDIT", "credit: 'mixed' has EDIT", "looks forbidden"]),
        ("all-reader", ["credit, secret: 'all-reader' has no EDIT", "cannot read runs"]),
        (TOKEN_BEARER, []),
    ],
)
def test_check_finds_the_permissions_that_are_missing(as_, guarded, name, lacking):
    need(guarded.version, PATTERNS_SINCE, "an account that can ask what it may do")
    before = truth(guarded)
    problems = as_(name).check()
    assert len(problems) == len(lacking), problems
    for problem, words in zip(problems, lacking, strict=True):
        assert words in problem.what
        assert problem.remedy
        assert not problem.fatal
    assert truth(guarded) == before


def test_check_asks_nothing_more_of_an_administrator(guarded):
    need(guarded.version, PATTERNS_SINCE, "an account that can ask what it may do")
    registry = guarded.registry(ADMIN[0], ADMIN[1])
    assert registry.check() == []
    assert registry.requests_sent == 6


def test_the_runs_of_forbidden_experiments_stay_unread_without_a_gap(guarded, as_):
    need(guarded.version, FILTERED_SINCE, "a listing of versions without those of unreadable models")

    def run_of(name: str) -> object:
        snapshot = as_(name).snapshot(run_fields=True)
        assert snapshot.complete
        return next(model for model in snapshot.models if model.name == "credit").versions[0].run

    assert run_of("reader") is None
    assert run_of(TOKEN_BEARER) is not None


def test_a_sync_with_edit_alone_marks_what_it_may_not_remove(guarded, as_, author, tmp_path: Path):
    need(guarded.version, FILTERED_SINCE, "a listing of versions without those of unreadable models")
    configure(redact=lambda text: text, level="ERROR", file=tmp_path / "engine.log")
    author.create_model("lending")
    author.create_version("lending")
    guarded.add("connector", registered_model={"lending": "EDIT"})
    grc = MockGrc().start()
    world = World(tmp_path, grc, as_("connector"), author)
    try:
        assert world.sync().exit_code == 0
        issue = world.officer.raise_issue("Thin files", version=world.version_record("lending")["id"])["id"]
        world.sync()
        tag = "grc_issue_" + world.officer.record(issue)["number"].replace("-", "_")
        assert json.loads(world.tags("lending", "1")[tag])["title"] == "Thin files"
        world.officer.close_issue(issue)
        assert world.sync().exit_code == 0
        assert world.tags("lending", "1")[tag] == CLOSED_MARK
        assert tag not in world.tags("lending")
        author.delete_model("lending")
        assert [remark.topic for remark in world.sync().plan.remarks] == ["model unknown", "model unknown"]
        assert world.record("lending")["lifecycle_status"] is None
    finally:
        world.close()
        grc.stop()


def test_before_versions_were_filtered_a_partial_account_sees_an_incomplete_listing(guarded, as_):
    need_before(guarded.version, FILTERED_SINCE, "a listing with versions of unreadable models")
    registry = as_("reader")
    snapshot = registry.snapshot()
    assert [model.name for model in snapshot.models] == ["credit"]
    assert [gap.partition(" could")[0] for gap in snapshot.gaps] == ["registered model 'secret'"]
    assert as_(TOKEN_BEARER).snapshot().complete
    assert [problem.where for problem in registry.check()] == ["version", "version", "permissions"]


def test_before_patterns_only_an_administrator_can_tell_that_a_model_is_gone(guarded, as_):
    need_before(guarded.version, PATTERNS_SINCE, "an account that cannot be given all models at once")
    with pytest.raises(AccessDenied, match="does not exist"):
        as_("all-reader").model("gone")
    assert guarded.registry(*ADMIN).model("gone") is None
    assert any("no record is retired" in problem.what for problem in as_("all-reader").check())
