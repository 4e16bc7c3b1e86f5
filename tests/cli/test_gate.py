"""The deployment gate and the keys at the command line, against a real MLflow server."""

from __future__ import annotations

import errno
import json
import os
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from adapters.httpclient.failure import CA_REMEDY
from adapters.httpclient.judge import CREDENTIALS_REMEDY
from connector.attest.files import read_signer, read_trusted
from connector.cli import gating
from connector.cli.commands import gate
from connector.cli.without_configuration import in_terms_of
from connector.mlflow_server import MlflowServer, RegistryAuthor
from connector.model.errors import AuthError, Unreachable
from connector.model.registry import ModelVersion, RegisteredModel
from connector.state import Moved
from connector.state.sql.moved import mark_moved
from connector.state.sqlite.database import SqliteDatabase
from tests.attest.samples import ASKED, MODEL, TAGS, VERSION, made, tags_of
from tests.cli.desk import Desk, Said

FIRST = TAGS.attestation(1)
NOBODY = 65534
SIGNED = "attestation: {key: {file: attestation.key}, trusted_keys: trusted-keys.pem}\n"


@pytest.fixture
def keyed(bare_desk: Desk) -> Desk:
    """A desk with keys; no MLflow is there."""
    bare_desk.run("keys", "generate")
    bare_desk.write(more=SIGNED)
    return bare_desk


def test_a_key_is_its_owners_alone_and_never_shown(keyed: Desk) -> None:
    key = keyed.directory / "attestation.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = "".join(key.read_text().splitlines()[1:-1])
    signer = read_signer(key)
    assert set(read_trusted(keyed.directory / "trusted-keys.pem").keys) == {signer.key_id}
    said = [
        keyed.run("keys", "generate", expect=2),
        keyed.run("keys", "export"),
        keyed.run("keys", "export", "--json"),
        keyed.run("keys", "export", "--output", "out.pem"),
        keyed.run("keys", "rotate", "prepare"),
        keyed.run("keys", "rotate", "prepare", expect=2),
        keyed.run("--debug", "keys", "rotate", "activate"),
    ]
    assert all("PRIVATE" not in each.out + each.err and secret not in each.out + each.err for each in said)
    assert said[1].out == Path("out.pem").read_text()
    assert [each["id"] for each in said[2].json["keys"]] == [signer.key_id]


def test_the_next_key_is_read_by_whoever_reads_the_present_one(keyed: Desk) -> None:
    """An administrator rotates the keys of a service with an account of its own."""
    files = [keyed.directory / name for name in ("attestation.key", "trusted-keys.pem")]
    owner = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    for file, mode in zip(files, (0o640, 0o644), strict=True):
        os.chown(file, *owner)
        file.chmod(mode)
    umask = os.umask(0o077)
    try:
        for step in (["prepare"], ["activate"], ["finish", "--force"]):
            keyed.run("keys", "rotate", *step)
    finally:
        os.umask(umask)
    found = [each.stat() for each in files]
    assert [stat.S_IMODE(each.st_mode) for each in found] == [0o640, 0o644]
    assert {(each.st_uid, each.st_gid) for each in found} == {owner}


def test_a_key_that_its_owner_could_not_read_is_not_made(keyed: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    key = keyed.directory / "attestation.key"

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    monkeypatch.setattr(Path, "chmod", refused)
    assert "Run it as the account that owns" in keyed.run("keys", "rotate", "prepare", expect=2).err
    assert key.exists()
    assert not key.with_name("attestation.key.next").exists()


def test_a_rotation_is_not_finished_before_the_next_key_signs(keyed: Desk) -> None:
    keyed.run("keys", "rotate", "prepare")
    trusted = (keyed.directory / "trusted-keys.pem").read_text()
    for force in ((), ("--force",)):
        assert "does not sign yet" in keyed.run("keys", "rotate", "finish", *force, expect=2).err
    assert (keyed.directory / "trusted-keys.pem").read_text() == trusted
    keyed.run("keys", "rotate", "activate")
    keyed.run("keys", "rotate", "finish", "--force")


def test_a_step_that_was_taken_tells_the_next_one(keyed: Desk) -> None:
    keyed.run("keys", "rotate", "prepare")
    again = keyed.run("keys", "rotate", "prepare", expect=2).err
    assert "made and trusted already" in again
    assert "keys rotate activate" in again


def test_keys_that_could_not_both_be_written_are_not_in_the_way(keyed: Desk) -> None:
    options = ("keys", "generate", "--key", "a.key", "--trusted-keys")
    keyed.run(*options, "nowhere/a.pem", expect=1)
    keyed.run(*options, "a.pem")


def test_a_configuration_that_is_named_and_not_there_is_not_done_without(
    bare_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says, such as the severities that deny, would count for nothing."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    for command in (("gate", "models:/credit/1", "--unsigned"), ("keys", "export")):
        for options in ((*command, "--config", "typo.yaml"), ("-c", "typo.yaml", *command)):
            said = bare_desk.run(*options, expect=2)
            assert "typo.yaml: There is no such configuration." in said.err
    monkeypatch.setenv("MLFLOW_GRC_CONFIG", "typo.yaml")
    assert "127.0.0.1:9" in bare_desk.run("gate", "models:/credit/1", "--unsigned", expect=1).err


def test_a_rotation_is_not_finished_by_a_state_that_was_moved(keyed: Desk) -> None:
    """What it remembers of signatures is as of then."""
    for step in ("prepare", "activate"):
        keyed.run("keys", "rotate", step)
    file = SqliteDatabase(keyed.directory / "state.db")
    with closing(file), file.writing("") as session:
        mark_moved(session, Moved("2026-03-01T08:00:00.000Z", "postgresql://db/grc", "ann"))
    assert "moved to postgresql://db/grc" in keyed.run("keys", "rotate", "finish", expect=1).err


def test_a_key_signs_only_once_it_is_trusted(keyed: Desk) -> None:
    first = read_signer(keyed.directory / "attestation.key")
    assert "Begin with `mlflow-grc keys rotate prepare`" in keyed.run("keys", "rotate", "activate", expect=2).err
    keyed.run("keys", "rotate", "prepare")
    trusted = keyed.directory / "trusted-keys.pem"
    kept = trusted.read_text()
    keyed.run("keys", "export", "--output", "old.pem")
    trusted.write_text(kept[: kept.index("# key", 10)])
    assert "not among the trusted" in keyed.run("keys", "rotate", "activate", expect=2).err
    keyed.run("keys", "rotate", "prepare")  # as after one that was cut short
    assert trusted.read_text() == kept
    keyed.run("keys", "rotate", "activate")
    second = read_signer(keyed.directory / "attestation.key")
    assert second.key_id != first.key_id
    assert set(read_trusted(trusted).keys) == {first.key_id, second.key_id}
    assert not (keyed.directory / "attestation.key.next").exists()


def test_a_signing_key_that_nobody_trusts_is_a_problem_of_the_configuration(keyed: Desk) -> None:
    other = keyed.directory / "other"
    other.mkdir()
    keyed.run("keys", "generate", "--key", str(other / "k"), "--trusted-keys", str(other / "t"))
    keyed.write(more=SIGNED.replace("file: attestation.key", "file: other/k"))
    assert "is not among attestation.trusted_keys" in keyed.run("check", expect=2).out
    assert "is not among attestation.trusted_keys" in keyed.run("sync", expect=2).err


def test_a_key_that_others_may_read_is_told_by_check(keyed: Desk) -> None:
    (keyed.directory / "attestation.key").chmod(0o644)
    found = keyed.run("check", "--json", expect=None).json
    assert any("Everybody on this machine may read the private key" in json.dumps(each) for each in found["findings"])


def test_a_key_that_is_not_there_is_one_problem(keyed: Desk) -> None:
    (keyed.directory / "attestation.key").unlink()
    found = [each for each in keyed.run("check", "--json", expect=None).json["findings"] if "attestation" in str(each)]
    assert [each["area"] for each in found] == ["secrets"]
    assert "attestation.key" in keyed.run("sync", expect=2).err


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("attestation: {key: secret, trusted_keys: t}\n", "never written into a configuration file"),
        (SIGNED.replace("}\n", ", fresh_for: 8d}\n"), "This is no time that an attestation may last"),
        (SIGNED.replace("}\n", ", fresh_for: 1h}\n") + "schedule: {interval: 40m}\n", "end before it signs them anew"),
        (SIGNED.replace("attestation.key", "trusted-keys.pem"), "no unencrypted Ed25519 private key"),
    ],
)
def test_what_is_configured_wrongly_is_told(keyed: Desk, text: str, what: str) -> None:
    keyed.write(more=text)
    said = keyed.run("check", expect=2)
    assert what in said.out + said.err


def ask(desk: Desk, *arguments: str, expect: int | None = 0) -> Said:
    return desk.run("gate", *arguments, expect=expect)


@pytest.mark.parametrize("text", ["credit/1", "models:/credit", "models:/credit/latest", "models:/a/b/1", "models:/c@"])
def test_what_names_no_version_is_a_matter_of_usage(keyed: Desk, text: str) -> None:
    assert "models:/NAME/VERSION" in ask(keyed, text, expect=2).err


def test_whom_to_believe_has_to_be_said(bare_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--unsigned" in ask(bare_desk, "models:/credit/1", expect=2).err
    bare_desk.config.unlink()
    assert "MLFLOW_TRACKING_URI" in ask(bare_desk, "models:/credit/1", expect=2).err
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert "--trusted-keys" in ask(bare_desk, "models:/credit/1", expect=2).err
    assert "no severity" in ask(bare_desk, "models:/c/1", "--block-issues", "grave", expect=2).err


def test_where_mlflow_does_not_answer_nobody_can_tell(keyed: Desk, closed_port: str) -> None:
    keyed.uri = closed_port
    keyed.write(more=SIGNED)
    said = ask(keyed, "models:/credit/1", expect=1)
    assert (said.out, "Error" in said.err) == ("", True)


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ({}, ["refuses connections", "Check that the server runs and that {named} names it."]),
        ({"uri": "localhost:5000"}, ["{named} 'localhost:5000' is not the address of an MLflow server"]),
        ({"uri": "sqlite:///x.db"}, ["{named} 'sqlite://...' is a database"]),
    ],
)
@pytest.mark.parametrize("named", ["MLFLOW_TRACKING_URI", "--tracking-uri"])
def test_without_a_configuration_an_error_names_what_was_set(
    bare_desk: Desk,
    closed_port: str,
    monkeypatch: pytest.MonkeyPatch,
    named: str,
    refused: dict[str, str],
    said: list[str],
) -> None:
    bare_desk.config.unlink()
    uri, options = refused.get("uri", closed_port), []
    if named.startswith("--"):
        options = [named, uri]
    else:
        monkeypatch.setenv(named, uri)
    err = ask(bare_desk, "models:/credit/1", "--unsigned", *options, expect=None).err
    assert all(words.format(named=named) in err for words in said), err
    assert "registry" not in err.replace("model-registry", "")


def test_without_a_configuration_refused_credentials_are_those_of_mlflows_client() -> None:
    with pytest.raises(AuthError) as caught, in_terms_of("MLFLOW_TRACKING_URI"):
        raise AuthError("401", remedy=CREDENTIALS_REMEDY)
    assert "MLFLOW_TRACKING_PASSWORD" in caught.value.remedy
    with pytest.raises(Unreachable) as lost, in_terms_of("MLFLOW_TRACKING_URI"):
        raise Unreachable("TLS", remedy=CA_REMEDY)
    assert "as MLFLOW_TRACKING_SERVER_CERT_PATH" in lost.value.remedy
    with pytest.raises(Unreachable) as kept, in_terms_of(""):
        raise Unreachable("TLS", remedy=CA_REMEDY)
    assert kept.value.remedy == CA_REMEDY


# against a real server


@pytest.fixture
def site(keyed: Desk, mlflow_server: MlflowServer, mlflow_author: RegistryAuthor) -> Desk:
    """A model with an approved and signed version, made of a logged model with two files."""
    keyed.uri = mlflow_server.url
    keyed.write(more=SIGNED)
    source = logged_model(mlflow_server.url)
    mlflow_author.create_model("credit", tags={"risk_classification": "high"})
    body = {"name": "credit", "source": source, "model_id": source.removeprefix("models:/")}
    requests.post(f"{mlflow_server.url}/api/2.0/mlflow/model-versions/create", json=body, timeout=30).raise_for_status()
    keyed.run("sync")
    record = keyed.record("credit", "versions")["id"]
    keyed.officer.patch(record, approval_status="Approved", approval_expiry="2999-12-31")
    keyed.run("sync")
    mlflow_author.set_alias("credit", "champion", "1")
    return keyed


def logged_model(url: str) -> str:
    """Log a model of two files; the source of a version made of it."""
    api = f"{url}/api/2.0/mlflow/"
    name = f"attested {datetime.now(UTC).timestamp()}"
    experiment = requests.post(f"{api}experiments/create", json={"name": name}, timeout=30).json()["experiment_id"]
    body = {"experiment_id": experiment, "name": "scorer"}
    info = requests.post(f"{api}logged-models", json=body, timeout=30).json()["model"]["info"]
    write_files(Path(info["artifact_uri"].removeprefix("file://")))
    return f"models:/{info['model_id']}"


def write_files(folder: Path, weights: bytes = b"\x00\xff" * 500) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "MLmodel").write_text("flavors: {}\n", encoding="utf-8")
    (folder / "data" / "weights.bin").write_bytes(weights)


def bare(desk: Desk, *arguments: str, expect: int | None = 0) -> Said:
    """Ask as a pipeline does, without a configuration."""
    options = ("--tracking-uri", desk.uri, "--trusted-keys", str(desk.directory / "trusted-keys.pem"))
    return desk.run("gate", *arguments, *options, expect=expect)


def codes(said: Said) -> list[str]:
    return [each["code"] for each in said.json["reasons"]]


@pytest.mark.server
def test_from_the_approval_to_the_pipeline_and_back(
    site: Desk, mlflow_author: RegistryAuthor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for how in (ask, bare):
        for meant in ("models:/credit/1", "models:/credit@champion"):
            said = how(site, meant, "--json").json
            assert (said["passed"], said["version"], said["requests"], said["mode"]) == (True, "1", 2, "signed")
    text = ask(site, "models:/credit@champion").out
    assert "models:/credit@champion (version 1) may be deployed." in text
    assert "until 2999-12-31" in text
    files = tmp_path / "files"
    write_files(files)
    (files / "registered_model_meta").write_text("model_name: credit\n")
    assert bare(site, "models:/credit/1", "--artifact", str(files)).code == 0
    write_files(files, b"\x00\xfe" * 500)
    assert codes(bare(site, "models:/credit/1", "--artifact", str(files), "--json", expect=3)) == ["digest"]
    assert codes(ask(site, "models:/credit/2", "--json", expect=3)) == ["not_found"]
    nobody = ask(site, "models:/credit@nobody", "--json", expect=3)
    assert codes(nobody) == ["not_found"]
    assert "grc_taken_off" in nobody.json["reasons"][0]["remedy"]
    assert codes(ask(site, "models:/debit/1", "--json", expect=3)) == ["not_found"]

    monkeypatch.setattr(gate, "clock", lambda: datetime.now(UTC) + timedelta(days=8))
    assert codes(bare(site, "models:/credit/1", "--json", expect=3)) == ["stale"]
    monkeypatch.undo()

    mlflow_author.create_model("debit")
    mlflow_author.copy_version("credit", "1", "debit")
    assert codes(bare(site, "models:/debit/1", "--json", expect=3)) == ["not_this_version"]
    mlflow_author.set_tag("credit", "grc_attestation_1", "42:1/1:forged", "1")
    assert set(codes(bare(site, "models:/credit/1", "--json", expect=3))) <= {"signature", "torn"}


@pytest.mark.server
def test_withdrawal_and_a_new_key(site: Desk, mlflow_author: RegistryAuthor, tmp_path: Path) -> None:
    site.run("keys", "rotate", "prepare")
    old = tmp_path / "handed-out.pem"
    old.write_bytes((site.directory / "trusted-keys.pem").read_bytes())
    site.run("keys", "rotate", "activate")
    assert "An older key still signs for 1 version: credit v1" in site.run("keys", "rotate", "finish", expect=1).err
    options = ("--tracking-uri", site.uri, "--trusted-keys", str(old), "--json")
    before = site.run("gate", "models:/credit/1", *options).json["attestation"]
    site.run("sync")
    after = site.run("gate", "models:/credit/1", *options).json["attestation"]
    assert (before["key_id"] != after["key_id"], before["serial"] < after["serial"]) == (True, True)
    site.run("keys", "rotate", "finish")
    assert list(read_trusted(site.directory / "trusted-keys.pem").keys) == [after["key_id"]]
    assert bare(site, "models:/credit/1").code == 0

    site.officer.patch(site.record("credit", "versions")["id"], approval_status="Withdrawn")
    site.run("sync")
    assert codes(bare(site, "models:/credit@champion", "--json", expect=3)) == ["withdrawn"]
    assert "Clean" in site.run("sync").out


@pytest.mark.server
def test_what_is_taken_on_trust_and_which_issues_deny(site: Desk, mlflow_author: RegistryAuthor) -> None:
    mlflow_author.create_version("credit")
    site.run("sync")
    assert codes(ask(site, "models:/credit/2", "--json", expect=3)) == ["no_attestation"]
    mlflow_author.set_tag("credit", "grc_approval_status", "approved", "2")
    assert codes(ask(site, "models:/credit/2", "--json", expect=3)) == ["no_attestation"]
    said = ask(site, "models:/credit/2", "--unsigned")
    assert "nothing is proved" in said.out
    assert json.loads(ask(site, "models:/credit/2", "--unsigned", "--json").out)["mode"] == "unsigned"

    site.officer.raise_issue("Drift", severity="High", model=site.record("credit")["id"])
    site.run("sync")
    assert "issues: open issues (critical, high)" in ask(site, "models:/credit/1", expect=3).out
    assert ask(site, "models:/credit/1", "--block-issues", "critical").code == 0
    assert ask(site, "models:/credit/1", "--block-issues", "none").code == 0


# without a server


class Scripted:
    """An MLflow that shows an attestation while it is being replaced, so many times."""

    def __init__(self, torn: int) -> None:
        self.torn, self.requests_sent = torn, 0
        self.old, self.new = tags_of(made()), tags_of(made(serial=42))

    def version(self, name: str, version: str) -> ModelVersion:
        self.requests_sent += 1
        self.torn -= 1
        shown = {**self.old, FIRST: self.new[FIRST]} if self.torn >= 0 else self.new
        return replace(VERSION, name=name, version=version, tags=shown)

    def model(self, name: str) -> RegisteredModel:
        self.requests_sent += 1
        return replace(MODEL, name=name)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("torn", "passed", "looks"), [(0, True, 1), (1, True, 2), (2, True, 3), (9, False, 3)])
def test_what_is_being_replaced_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch, torn: int, passed: bool, looks: int
) -> None:
    mlflow, pauses = Scripted(torn), list[float]()
    monkeypatch.setattr(gating, "Lookup", lambda *_, **__: mlflow)
    place = gating.of_environment("http://mlflow.test", None)
    answer = gating.ask(place, gating.Meant.parse("models:/credit/3"), ASKED, pauses.append)
    assert (answer.verdict.passed, answer.requests, len(pauses)) == (passed, 2 * looks, looks - 1)


def test_mlflows_own_variables_count_where_no_configuration_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MLFLOW_TRACKING_URI": "https://mlflow.test",
        "MLFLOW_TRACKING_TOKEN": "t0ken",
        "MLFLOW_TRACKING_SERVER_CERT_PATH": "/ca.pem",
        "MLFLOW_WORKSPACE": "risk",
    }.items():
        monkeypatch.setenv(name, value)
    place = gating.of_environment(None, None)
    assert (place.uri, place.workspace, place.auth.type) == ("https://mlflow.test", "risk", "bearer")
    assert (place.http.ca_bundle, place.http.verify) == (Path("/ca.pem"), True)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ci")
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "true")
    place = gating.of_environment("https://other.test", "retail")
    assert (place.uri, place.workspace, place.auth.type) == ("https://other.test", "retail", "basic")
    assert (place.http.ca_bundle, place.http.verify) == (None, False)
