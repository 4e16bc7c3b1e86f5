"""``check``: every problem at once, each with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.mock import FaultKind
from connector.model.grc import Problem
from tests.cli.desk import Desk
from tests.cli.servers import answering

SHIPPED = Path(__file__).parents[2] / "mappings" / "mock.yaml"


def with_mapping(desk: Desk, *changes: tuple[str, str]) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (desk.directory / "own.yaml").write_text(text, encoding="utf-8")
    desk.write(("mapping: mock", "mapping: own.yaml"))


def areas(desk: Desk, expect: int) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for finding in desk.run("check", "--json", expect=expect).json["findings"]:
        if finding["fatal"]:
            assert finding["remedy"], finding
            found.setdefault(finding["area"], []).append(finding)
    return found


def test_all_is_well(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    out = desk.run("check").out
    assert "No problem found with bank." in out
    assert "Next: mlflow-grc plan" in out


def test_it_writes_nothing(desk: Desk) -> None:
    desk.run("check")
    assert [path.name for path in desk.directory.iterdir()] == ["mlflow-grc.yaml"]
    assert desk.grc.requests.writes == 0


def test_everything_wrong_is_told_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESK_TOKEN")
    (desk.directory / "state.db").write_bytes(b"this is no database" * 100)
    desk.registry.problems.append(Problem("version", "too old", "upgrade it"))
    assert set(areas(desk, 2)) == {"secrets", "state", "MLflow"}


def test_what_reports_rest_on_is_checked(desk: Desk) -> None:
    desk.write(
        more="reports:\n  profile: sr-77\n  waivers: waivers.yaml\n"
        '  schedule: [{report: evidence, cron: "0 6 * * 1", profile: ours.yaml}]\n'
    )
    told = [str(each["where"]) + str(each["what"]) for each in areas(desk, 2)["configuration"]]
    assert [[name for name in ("sr-77", "ours.yaml", "waivers.yaml") if name in each] for each in told] == [
        ["sr-77"],
        ["ours.yaml"],
        ["waivers.yaml"],
    ]
    entry = "control: C01, model: credit, by: ann, expires: 2099-01-01"
    (desk.directory / "waivers.yaml").write_text(f'waivers: [{{{entry}, reason: ""}}]\n', encoding="utf-8")
    desk.write(more="reports: {profile: sr-11-7, waivers: waivers.yaml}\n")
    (wrong,) = areas(desk, 2)["configuration"]
    assert "waivers[0].reason" in str(wrong["where"])
    (desk.directory / "waivers.yaml").write_text(f"waivers: [{{{entry}, reason: A pilot.}}]\n", encoding="utf-8")
    desk.run("check")


def test_a_server_alone_ends_with_1(desk: Desk) -> None:
    desk.registry.problems.append(Problem("version", "too old", "upgrade it"))
    said = desk.run("check", expect=1)
    assert "Too old" in said.out
    assert "Upgrade it" in said.out
    assert "1 problem to solve." in said.out


def test_notes_are_no_problem(desk: Desk) -> None:
    desk.registry.problems.append(Problem("permissions", "not told", "see there", fatal=False))
    assert "to read above" in desk.run("check").out


def test_an_expired_token(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_TOKEN", "expired-long-ago")
    found = areas(desk, 1)
    assert list(found) == ["GRC"]
    assert "401" in str(found["GRC"][0]["what"])


def test_a_grc_that_answers_html(desk: Desk) -> None:
    desk.grc.faults.add(FaultKind.HTML, count=None)
    found = areas(desk, 1)
    assert "HTML" in str(found["GRC"])


def test_a_field_that_the_grc_has_not_is_told_once_with_the_nearest(desk: Desk) -> None:
    desk.model()
    desk.run("sync")
    with_mapping(desk, ("purpose: {field: purpose,", "purpose: {field: porpose,"))
    (finding,) = areas(desk, 2)["mapping"]
    assert "own.yaml: entities.model.fields.purpose" in str(finding["where"])
    assert finding["what"] == "The platform has no field 'porpose'."
    assert finding["remedy"] == "Did you mean 'purpose'?"


def test_a_mapping_that_is_wrong_leaves_mlflow_to_be_checked(desk: Desk) -> None:
    desk.registry.problems.append(Problem("version", "too old", "upgrade it"))
    with_mapping(desk, ("      purpose: {", "      purpos: {"))
    found = areas(desk, 2)
    assert set(found) == {"MLflow", "mapping"}
    assert "Did you mean 'purpose'?" in str(found["mapping"])


def test_each_problem_of_a_mapping_is_counted_and_has_its_own_line(desk: Desk) -> None:
    with_mapping(
        desk,
        ("      purpose: {", "      purpos: {"),
        (
            "      assumptions: {field: assumptions, max_length: 4000}\n      l",
            "      assumption: {field: assumptions, max_length: 4000}\n      l",
        ),
    )
    found = areas(desk, 2)["mapping"]
    assert [each["remedy"] for each in found] == ["Did you mean 'purpose'?", *["Did you mean 'assumptions'?"] * 2]
    assert all("own.yaml:" in str(each["where"]) for each in found)
    out = desk.run("check", expect=2).out
    assert "3 problems to solve." in out
    assert max(map(len, out.splitlines())) < 300


def test_something_else_than_mlflow_is_named_by_its_place_in_the_file(bare_desk: Desk) -> None:
    with answering(404, '{"detail": "Not Found"}', "application/json") as bare_desk.uri:
        bare_desk.write()
        (finding,) = areas(bare_desk, 1)["MLflow"]
        out = bare_desk.run("check", expect=1).out
    assert str(finding["where"]).endswith("mlflow-grc.yaml:4: registries.main.uri")
    assert "the address of an MLflow tracking server" in str(finding["remedy"])
    assert "MLflow main" in out


def test_an_mlflow_that_is_down_is_told_of_by_its_own_key(bare_desk: Desk, closed_port: str) -> None:
    bare_desk.uri = closed_port
    bare_desk.write()
    (finding,) = areas(bare_desk, 1)["MLflow"]
    assert "registries.main.uri" in str(finding["where"])
    assert "the registry's uri names it" in str(finding["remedy"])


def test_a_state_directory_that_cannot_be_written(desk: Desk) -> None:
    (desk.directory / "file").write_text("", encoding="utf-8")
    desk.write(("state.db", "file/state.db"))
    (finding,) = areas(desk, 1)["state"]
    assert "file/state.db" in str(finding["where"])


def test_databricks_is_refused(bare_desk: Desk) -> None:
    bare_desk.uri = "databricks-uc"
    bare_desk.write()
    (finding,) = areas(bare_desk, 1)["MLflow"]
    assert "databricks-uc" in str(finding["what"])


def told(desk: Desk, section: str, expect: int) -> list[tuple[str, str]]:
    """What check tells once the configuration has this section at its end, as place and problem."""
    file = desk.directory / "mlflow-grc.yaml"
    file.write_text(file.read_text(encoding="utf-8") + section, encoding="utf-8")
    findings = desk.run("check", "--json", expect=expect).json["findings"]
    return [(each["where"].partition(": ")[2], each["what"]) for each in findings if each["area"] == "configuration"]


def test_a_token_that_the_daemon_would_not_start_with(desk: Desk) -> None:
    for name, token in {"short": "123456789abcdef", "good": "0123456789abcdef"}.items():
        (desk.directory / name).write_text(token, encoding="utf-8")
    people = "{Ann: {file: short}, Ben: {file: good}, Cy: {file: good}}"
    assert told(desk, f"server: {{people: {people}}}\n", 2) == [
        ("server.people.Ann", "The token of Ann is shorter than 16 characters."),
        ("server.people.Cy", "Ben and Cy have one token: nobody could tell who decides."),
    ]


def test_events_that_nothing_receives_are_a_note(desk: Desk) -> None:
    (desk.directory / "secret").write_text("0123456789abcdef01234567", encoding="utf-8")
    events = "events: {grc: {bank: {secret: {file: secret}, model: id}}}\n"
    ((where, what),) = told(desk, events, 0)
    assert where == "events"
    assert "nothing receives them" in what
    assert told(desk, "server: {}\n", 0) == []


def test_a_webhooks_secret_that_could_be_guessed(desk: Desk) -> None:
    for name, secret in {"short": "0123456789abcdef0123456", "good": "0123456789abcdef01234567"}.items():
        (desk.directory / name).write_text(secret, encoding="utf-8")
    events = (
        "server: {}\nevents:\n  mlflow: {main: {secret: {file: good}, former_secret: {file: short}}}\n"
        "  grc: {bank: {secret: {file: short}, model: id}}\n"
    )
    what = "The secret of a webhook is shorter than 24 characters."
    assert told(desk, events, 2) == [("events.mlflow.main.former_secret", what), ("events.grc.bank.secret", what)]


@pytest.mark.parametrize("listen", ["0.0.0.0:8080", "[::]:8080", "mlflow-grc.bank:8080"])
def test_a_server_that_others_reach_without_tls_is_a_note(desk: Desk, listen: str) -> None:
    ((where, what),) = told(desk, f"server:\n  listen: '{listen}'\n", 0)
    assert where == "server.listen"
    assert f"listens on {listen}, where other machines reach it, without TLS" in what


@pytest.mark.parametrize(
    "server",
    [
        "{}",
        "{listen: '127.0.0.2:8080'}",
        "{listen: 'localhost:8080'}",
        "{listen: '0.0.0.0:8080', origin: 'https://sync.bank.example'}",
        "{listen: '0.0.0.0:8080', tls: {certificate: t, key: t}}",
    ],
)
def test_a_server_on_loopback_or_behind_tls_is_none(desk: Desk, server: str) -> None:
    (desk.directory / "t").touch()
    assert told(desk, f"server: {server}\n", 0) == []


def test_a_missing_file_of_trusted_keys_is_named(desk: Desk) -> None:
    (desk.directory / "key").write_text("no key", encoding="utf-8")
    ((where, what),) = told(desk, "attestation: {key: {file: key}, trusted_keys: nowhere.pem}\n", 2)
    assert where == "attestation"
    assert "nowhere.pem: The file cannot be read" in what
