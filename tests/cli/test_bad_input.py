"""What bad input gets: one clear message that names the thing and the remedy, an exit code, nothing half-written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from connector.mock import FaultKind
from tests.cli.desk import Desk, Said
from tests.cli.servers import answering


def told(said: Said, *words: str) -> None:
    """One error with a remedy, naming these words, and nothing else."""
    text = "\n".join(said.errors)
    assert sum(line.startswith("Error: ") for line in said.errors) == 1, text
    assert "Remedy: " in text, text
    for word in words:
        assert word in text, f"{word!r} is not in:\n{text}"


def test_an_unknown_key_names_the_nearest(desk: Desk) -> None:
    desk.write(("mapping: mock", "maping: mock"))
    told(desk.run("plan", expect=2), "mlflow-grc.yaml:", "connections.bank.maping", "Did you mean 'mapping'?")


def test_a_wrong_type_names_file_line_and_key(desk: Desk) -> None:
    desk.write(more="schedule: {jitter: [1]}\n")
    told(desk.run("sync", expect=2), "mlflow-grc.yaml:16", "schedule.jitter")


def test_all_problems_of_the_file_are_told_at_once(desk: Desk) -> None:
    desk.write(("mapping: mock", "maping: mock"), more="polici: {}\n")
    said = desk.run("plan", expect=2)
    told(said, "maping", "polici")


def test_no_configuration_says_how_to_get_one(desk: Desk) -> None:
    desk.config.unlink()
    told(desk.run("plan", expect=2), "mlflow-grc.yaml", "mlflow-grc init")


def test_yaml_that_cannot_be_read(desk: Desk) -> None:
    desk.config.write_text("connections: [\n", encoding="utf-8")
    said = desk.run("plan", expect=2)
    assert "mlflow-grc.yaml" in said.err


@pytest.mark.parametrize("command", ["plan", "sync", "run"])
def test_a_missing_secret_is_named_by_its_variable(desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("DESK_TOKEN")
    said = desk.run(command, expect=2)
    told(said, "connections.bank.auth.token", "DESK_TOKEN")
    assert desk.registry.calls == []


def test_an_unknown_adapter_names_those_installed(desk: Desk) -> None:
    desk.write(("adapter: http", "adapter: zzz"))
    told(desk.run("plan", expect=2), "connections.bank.adapter", "zzz", "http")


def test_an_unknown_connection_names_the_nearest(desk: Desk) -> None:
    told(desk.run("--connection", "bnk", "plan", expect=2), "bnk", "Did you mean 'bank'?")


def test_an_unreachable_mlflow(bare_desk: Desk, closed_port: str) -> None:
    bare_desk.uri = closed_port
    bare_desk.write()
    told(bare_desk.run("sync", expect=1), closed_port)
    assert "failed" in bare_desk.run("status").out


def test_something_that_is_no_mlflow(bare_desk: Desk) -> None:
    with answering(200, "<html>welcome</html>") as bare_desk.uri:
        bare_desk.write()
        told(bare_desk.run("plan", expect=1), bare_desk.uri)


def test_an_mlflow_store_instead_of_a_server(bare_desk: Desk) -> None:
    bare_desk.uri = "sqlite:///mlflow.db"
    bare_desk.write()
    told(bare_desk.run("plan", expect=2), "registries.main.uri", "mlflow server")


def test_databricks_is_refused_with_the_reason(bare_desk: Desk) -> None:
    bare_desk.uri = "databricks-uc"
    bare_desk.write()
    told(bare_desk.run("plan", expect=2), "databricks-uc", "tags")


def test_a_grc_that_answers_html(desk: Desk) -> None:
    desk.model()
    with answering(200, "<html>please sign in</html>") as url:
        desk.write((desk.grc.url, url))
        told(desk.run("sync", expect=1), url, "HTML")
    assert desk.registry.writes == []


def test_an_expired_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_TOKEN", "expired-long-ago")
    desk.model()
    said = desk.run("sync", expect=1)
    told(said, desk.grc.url, "401")
    assert "expired-long-ago" not in said.out + said.err
    assert desk.registry.writes == []


def test_a_mapping_that_names_a_field_the_inventory_has_not(desk: Desk) -> None:
    mapping = desk.directory / "own.yaml"
    text = (Path(__file__).parents[2] / "mappings" / "mock.yaml").read_text(encoding="utf-8")
    mapping.write_text(text.replace("      purpose:", "      purpos:"), encoding="utf-8")
    desk.write(("mapping: mock", "mapping: own.yaml"))
    told(desk.run("plan", expect=2), "own.yaml:", "entities.model.fields.purpos", "Did you mean 'purpose'?")


def test_a_corrupt_state_file_is_left_as_it_is(desk: Desk) -> None:
    state = desk.directory / "state.db"
    state.write_bytes(b"this is no database" * 100)
    before = state.read_bytes()
    for command in ("sync", "plan", "status"):
        told(desk.run(command, expect=1), "state.db")
    assert state.read_bytes() == before
    assert desk.registry.writes == []


def test_a_state_file_in_a_place_that_cannot_be_written(desk: Desk) -> None:
    (desk.directory / "file").write_text("", encoding="utf-8")
    desk.write(("state.db", "file/state.db"))
    told(desk.run("sync", expect=1), "file/state.db")


def test_a_wrong_path_of_the_state_makes_no_directory(desk: Desk) -> None:
    desk.model()
    desk.write(("state.db", "nowhere/state.db"))
    told(desk.run("sync", expect=1), "nowhere/state.db does not exist", "Correct state.path")
    assert not (desk.directory / "nowhere").exists()
    assert desk.registry.writes == []
    assert "does not exist" in desk.run("check", expect=1).out


def test_a_new_state_is_said_to_be_new(desk: Desk) -> None:
    assert "new state database" in desk.run("sync").err
    assert "new state database" not in desk.run("sync").err


@pytest.mark.parametrize("command", [["sync"], ["plan"], ["status"], ["audit", "verify"]])
def test_an_emptied_state_file_is_no_new_one(desk: Desk, command: list[str]) -> None:
    (desk.directory / "state.db").touch()
    told(desk.run(*command, expect=1), "state.db is empty (0 bytes)", "restore it from a backup".capitalize())
    assert (desk.directory / "state.db").stat().st_size == 0


def test_a_full_disk_stops_the_run_before_it_writes_anywhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.model()
    desk.run("sync")
    desk.registry.writes.clear()
    desk.author.set_tag("credit", "purpose", "new")
    with monkeypatch.context() as patch:
        full(patch, on="INSERT INTO intent")
        told(desk.run("sync", expect=1), "state.db", "disk is full", "Free space")
    assert desk.record("credit")["purpose"] is None
    desk.run("sync")
    assert desk.record("credit")["purpose"] == "new"
    desk.run("audit", "verify")


def full(monkeypatch: pytest.MonkeyPatch, *, on: str) -> None:
    """Let SQLite find the disk full at the first statement that begins so."""
    from connector.state.sqlite.session import SqliteSession

    execute = SqliteSession.execute

    def failing(self: SqliteSession, sql: str, parameters: tuple[object, ...] = ()) -> None:
        if sql.startswith(on):
            from connector.state.sqlite.failures import translated

            with translated(self.path):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
        execute(self, sql, parameters)

    monkeypatch.setattr(SqliteSession, "execute", failing)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["plan"], "--out"),
        (["report", "reconcile", "--format", "csv"], "--output"),
        (["audit", "export"], "--output"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(desk: Desk, command: list[str], option: str) -> None:
    desk.model()
    desk.run("sync")
    missing = desk.directory / "nowhere" / "file"
    said = desk.run(*command, option, str(missing), expect=1)
    told(said, f"Error: {missing}: No such file or directory.", "Remedy: See that the directory exists")


def test_a_full_disk_leaves_the_file_of_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.model()
    plan = desk.directory / "plan.json"
    plan.write_text("the plan of before", encoding="utf-8")

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    told(desk.run("plan", "--out", str(plan), expect=1), f"Error: {plan}: No space left on device.")
    assert plan.read_text(encoding="utf-8") == "the plan of before"
    assert [path.name for path in desk.directory.iterdir() if path.name.startswith(".plan")] == []


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '{"connection": "bank", "operations": "many"}'])
def test_a_file_that_is_no_plan(desk: Desk, content: str) -> None:
    file = desk.directory / "plan.json"
    file.write_text(content, encoding="utf-8")
    told(desk.run("sync", "--plan", str(file), expect=2), "plan.json", "plan --out")


def test_a_plan_that_is_not_there(desk: Desk) -> None:
    told(desk.run("sync", "--plan", "no.json", expect=2), "no.json")


def test_a_listing_that_breaks_off_proves_nothing(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    desk.grc.faults.add(FaultKind.STATUS, status=500, path="/api/v1/issues")
    said = desk.run("sync", expect=3)
    assert "Gaps" in said.out
    assert "1 incomplete listings" in said.out


def test_what_nobody_expected_is_said_shortly(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("connector.engine.cycle.observe", broken)
    told(desk.run("plan", expect=1), "ZeroDivisionError", "--debug")
    said = desk.run("plan", "--debug", expect=1)
    assert "Traceback" in said.err
    assert said.errors[-1].startswith("Remedy: ")


def test_debug_shows_no_secret(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "canary-4711-secret"
    monkeypatch.setenv("DESK_TOKEN", secret)
    desk.model()
    said = desk.run("--debug", "sync", expect=1)
    assert "Traceback" in said.err
    assert secret not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sinc"], "Did you mean 'sync'?"),
        (["sync", "--modle", "x"], "--model"),
        (["conflicts", "resolve", "credit", "purpose"], "--take"),
        (["link", "credit"], "RECORD_ID"),
        (["audit", "list", "--since", "yesterday"], "2026-03-01"),
        (["audit", "verify", "--head", "12"], "SEQUENCE:HASH"),
        (["report", "reconcile", "--fail-on", "all"], "conflict"),
    ],
)
def test_wrong_usage_ends_with_2(desk: Desk, arguments: list[str], words: str) -> None:
    said = desk.run(*arguments, expect=2)
    assert words in said.err
    assert said.out == ""


def test_a_strange_package_in_the_place_of_ours(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    strange = importlib.util.spec_from_file_location("adapters", desk.directory / "adapters" / "__init__.py")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: strange)
    told(desk.run("plan", expect=2), "'adapters'", "virtual environment of its own")
