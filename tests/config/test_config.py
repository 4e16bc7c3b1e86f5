import json
import re

import pytest
import yaml

from connector.config.config import config_hash, load_config
from connector.config.secrets import missing_secrets
from connector.config.template import render
from connector.model.errors import ConfigError
from connector.model.fields import Entity, Owner, Side
from connector.model.operations import FuseClass
from connector.model.policy import FuseLimit
from connector.model.registry import RegisteredModel
from connector.model.workspaces import Workspaces

REGISTRY_ID = "6a1f7c8e-0b1d-4a52-9c55-6f6a6a1f7c8e"
OTHER_ID = "9d9d9d9d-0000-4000-8000-000000000009"


def data(**changes):
    return {
        "instance": "0f3d8c0e-5d0f-4c7c-9d53-0a5b6b7f5a11",
        "registries": {"main": {"uri": "http://127.0.0.1:5000/", "id": REGISTRY_ID}},
        "connections": {
            "grc": {"registry": "main", "adapter": "http", "url": "http://127.0.0.1:9000", "mapping": "mock"}
        },
    } | changes


def with_another(content, **changes):
    """A second connection, of a registry of its own."""
    content["registries"]["elsewhere"] = {"uri": "http://127.0.0.1:5001", "id": OTHER_ID}
    content["connections"]["other"] = {**content["connections"]["grc"], "registry": "elsewhere", **changes}
    return content


def changed(path, value):
    content = json.loads(json.dumps(data()))
    part = content
    for step in path[:-1]:
        part = part.setdefault(step, {})
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return content


def test_defaults(load, tmp_path):
    config = load(data())
    settings = config.settings
    assert config.connection_names == ("grc",)
    assert config.registry("grc").uri == "http://127.0.0.1:5000"
    assert config.registry("grc").production_aliases == ("production", "champion")
    assert config.state_path == tmp_path / "mlflow-grc.db"
    assert config.log_path is None
    assert (settings.schedule.seconds, settings.schedule.jitter, settings.schedule.cron) == (300, 10, None)
    policy = config.policy("grc")
    assert (policy.undo_drift, policy.retire, policy.placeholders, policy.read_only) == (True, True, False, frozenset())
    assert policy.fuses == {
        FuseClass.RETIRE: FuseLimit(10, 5),
        FuseClass.TAG_REMOVAL: FuseLimit(10, 5),
        FuseClass.EMPTYING: FuseLimit(10, 5),
        FuseClass.UPDATE: FuseLimit(50, 20),
        FuseClass.PROMOTE: FuseLimit(10, 5),
        FuseClass.TAKE_OFF: FuseLimit(10, 5),
        FuseClass.OPEN_ISSUE: FuseLimit(0, 20),
    }
    assert (policy.gates, policy.findings) == (None, None)


def test_a_connections_policy_replaces_single_keys(load):
    content = data(policy={"drift": "report", "read_only": ["grc"], "fuse": {"retire": {"percent": 20}}})
    content["connections"]["grc"]["policy"] = {"read_only": [], "retire": False, "fuse": {"retire": {"floor": 1}}}
    config = load(with_another(content, policy={}))
    own, other = config.policy("grc"), config.policy("other")
    assert (own.undo_drift, own.retire, own.read_only) == (False, False, frozenset())
    assert own.fuses[FuseClass.RETIRE] == FuseLimit(20, 1)
    assert own.fuses[FuseClass.TAG_REMOVAL] == FuseLimit(10, 5)
    assert (other.undo_drift, other.retire, other.read_only) == (False, True, frozenset({Side.GRC}))
    assert other.fuses[FuseClass.RETIRE] == FuseLimit(20, 5)


def test_grc_only_and_versions(load):
    content = data(policy={"grc_only": "placeholder", "versions": "aliased"})
    content["registries"]["main"]["workspaces"] = ["retail"]
    config = load(content)
    assert config.policy("grc").placeholders
    reading = config.reading("grc", config.mapping("grc"))
    assert reading.scope.aliased_only
    assert reading.label == "main"
    assert reading.keys.model("m", 5) == f"mlflow:{REGISTRY_ID}/retail/m@5"


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("5m", 300), ("1.5 h", 5400), ("1d", 86400), (45, 45), (2.5, 2.5)]
)
def test_durations(load, text, value):
    assert load(data(schedule={"interval": text})).settings.schedule.seconds == value


MAIN, GRC = ("registries", "main"), ("connections", "grc")


@pytest.mark.parametrize(
    ("path", "value", "key", "words"),
    [
        (("instnce",), "x", "instnce", "Did you mean 'instance'?"),
        (("instance",), "my bank", "instance", "UUID"),
        (("registries",), {}, "registries", "at least 1"),
        ((*MAIN, "id"), None, "main.id", "missing"),
        ((*MAIN, "uri"), "sqlite:///mlflow.db", "main.uri", "never its store"),
        ((*MAIN, "uri"), "http://", "main.uri", "no address"),
        ((*MAIN, "scope"), {"includes": ["*"]}, "main.scope.includes", "Did you mean 'include'?"),
        ((*MAIN, "scope"), {"include": "*"}, "main.scope.include", "Write a list"),
        (
            (*MAIN, "uri"),
            "127.0.0.1:47811",
            "main.uri",
            "Write http:// or https:// before it, as in http://127.0.0.1:47811",
        ),
        ((*MAIN, "uri"), "localhost:5000", "main.uri", "Write http:// or https:// before it"),
        ((*GRC, "url"), "grc.example.com/base", "grc.url", "as in http://grc.example.com/base"),
        (("tracing", "endpoint"), "localhost:4318", "tracing.endpoint", "as in http://127.0.0.1:4318/v1/traces"),
        (("tracing", "endpoint"), "https://", "tracing.endpoint", "no http or https address"),
        (("events", "url"), "mlflow-grc.bank", "events.url", "as in https://mlflow-grc.bank.example"),
        (("events", "quiet"), "2s", "events", "quiet (2 s) is longer than at_most (0.5 s)"),
        (("policy", "retire"), "maybe", "policy.retire", "'maybe' is neither true nor false. Remedy: Write true or"),
        (("schedule", "interval"), [5], "schedule.interval", "no duration. Remedy: Write 30s, 5m"),
        (("schedule", "jitter"), True, "schedule.jitter", "no duration"),
        (
            ("policy", "fuse"),
            {"retire": {"floor": "many"}},
            "policy.fuse.retire.floor",
            "This is no whole number. Remedy: Write digits",
        ),
        (("policy",), "strict", "policy", "keys and values. Remedy: Write them below it, or as {key: value}."),
        (("logging", "level"), "noisy", "logging.level", "Remedy: Use 'debug', 'info', 'warning' or 'error'."),
        ((*GRC, "auth"), {"type": "bearer", "token": "abc"}, "grc.auth.token", "Remedy: Name an environment variable"),
        ((*GRC, "auth"), {"type": "bearer", "token": {}}, "grc.auth.token", "Remedy: Write either {env: NAME} or"),
        ((*GRC, "registry"), "mian", "grc.registry", "Did you mean 'main'?"),
        ((*GRC, "url"), "grc.example.com", "grc.url", "no address"),
        ((*GRC, "tag_prefix"), "1-x", "grc.tag_prefix", "pattern"),
        ((*GRC, "owners"), {"purpose": "me"}, "grc.owners.purpose", "'mlflow', 'grc'"),
        ((*GRC, "owners"), {"purpose": "computed"}, "grc.owners.purpose", "Use mlflow, grc"),
        ((*GRC, "auth"), {"type": "baerer"}, "grc.auth", "'bearer'"),
        ((*GRC, "auth"), {"type": "bearer"}, "grc.auth.token", "missing"),
        ((*GRC, "auth"), {"type": "bearer", "tokn": {"env": "X"}}, "grc.auth.tokn", "Did you mean 'token'?"),
        ((*GRC, "http"), {"timeout": 3}, "grc.http.timeout", "Did you mean 'timeout_seconds'?"),
        (("connections", "two words"), data()["connections"]["grc"], "connections", "pattern"),
        (("schedule", "interval"), "5 minutes", "schedule.interval", "no duration"),
        (("schedule", "interval"), 0.5, "schedule", "too short"),
        (("schedule", "cron"), "* * *", "schedule.cron", "no cron expression"),
        (("schedule",), {"cron": "*/5 * * * *", "interval": 5}, "schedule", "exclude each other"),
        (("policy", "drift"), "ignore", "policy.drift", "'undo' or 'report'"),
        (("policy", "fuse"), {"retire": {"percent": 101}}, "policy.fuse.retire.percent", "less than or equal to 100"),
        (("policy", "read_only"), ["mlflow"], "policy.read_only[0]", "'registry' or 'grc'"),
        (("logging", "level"), "loud", "logging.level", "'debug'"),
        (("server",), {"proxy": {"addresses": ["::/0"]}}, "server.proxy.addresses[0]", "the proxy's own address"),
    ],
)
def test_mistakes_name_line_key_and_remedy(load, path, value, key, words):
    with pytest.raises(ConfigError) as caught:
        load(changed(path, value))
    text = str(caught.value)
    assert re.search(rf": ([a-z]+\.)?{re.escape(key)}(: |\.)", text)
    assert words in text
    assert "mlflow-grc.yaml:" in text


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["aproved"], ["'aproved' is none of the words"]),
        ([], ["at least 1 item"]),
        (["no", "nor"], ["'no' is", "'nor'"]),
    ],
)
def test_one_mistake_in_a_list_is_told_once(load, statuses, told):
    signed = {"key": {"env": "K"}, "trusted_keys": "k.pem", "statuses": statuses}
    with pytest.raises(ConfigError) as caught:
        load(data(attestation=signed))
    found = [each.message for each in caught.value.parts or (caught.value,)]
    assert len(found) == len(told), found
    assert all(words in message for words, message in zip(told, found, strict=True))


def test_all_mistakes_at_once(load):
    content = changed(("connections", "grc", "urll"), "x")
    content["policy"] = {"drift": "ignore"}
    content["schedule"] = {"interval": "x"}
    with pytest.raises(ConfigError, match="3 problems"):
        load(content)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="mlflow-grc init"):
        load_config(tmp_path / "mlflow-grc.yaml")


def test_no_secret_is_ever_repeated(load):
    canary = "s3cr3t-canary"
    auth = {"type": "bearer", "token": canary}
    for path, value in [
        (("connections", "grc", "auth"), auth),
        (("connections", "grc", "auth"), {"type": "basic", "username": "u", "password": canary}),
        (("connections", "grc", "auth"), {"type": "bearer", "token": {"env": "X", "file": canary}}),
        (("connections", "grc", "url"), f"https://user:{canary}@grc.example.com"),
        (("registries", "main", "uri"), f"https://user:{canary}@mlflow.example.com"),
        (("instance",), canary),
    ]:
        with pytest.raises(ConfigError) as caught:
            load(changed(path, value))
        assert canary not in str(caught.value)
        assert "Remedy: " in str(caught.value)


def test_missing_secrets_are_told_all_at_once(load, monkeypatch, tmp_path):
    monkeypatch.setenv("THERE", "x")
    monkeypatch.delenv("NOT_THERE", raising=False)
    content = data()
    content["registries"]["main"]["auth"] = {
        "type": "basic",
        "username": {"env": "THERE"},
        "password": {"env": "NOT_THERE"},
    }
    content["connections"]["grc"]["auth"] = {
        "type": "session",
        "login_path": "/l",
        "token": "t",
        "body": {"pw": {"file": str(tmp_path / "gone")}},
    }
    content["connections"]["grc"]["http"] = {"proxies": {"https": {"env": "NOT_THERE"}}}
    problems = missing_secrets(load(content))
    wheres = sorted(problem.where.split(": ")[1] for problem in problems)
    assert wheres == [
        "connections.grc.auth.body.pw",
        "connections.grc.http.proxies.https",
        "registries.main.auth.password",
    ]
    assert all(problem.fatal and problem.remedy and "mlflow-grc.yaml:" in problem.where for problem in problems)


@pytest.mark.parametrize(
    ("schedule", "fresh_for", "ends"),
    [
        ({"interval": "2h"}, "4h", False),
        ({"interval": "2h"}, "3h", True),
        ({"cron": "0 2 * * *"}, "2d", False),
        ({"cron": "0 2 * * *"}, "1d", True),
        ({"cron": "0 2 * * mon"}, "7d", True),
        ({"cron": "*/10 8-18 * * mon-fri"}, "1d", True),
    ],
)
def test_attestations_last_from_one_cycle_to_the_next(load, schedule, fresh_for, ends):
    signed = {"key": {"env": "K"}, "trusted_keys": "k.pem", "fresh_for": fresh_for}
    content = data(schedule=schedule, attestation=signed)
    if ends:
        with pytest.raises(ConfigError, match=r"attestations end before .* twice the time between cycles"):
            load(content)
    else:
        load(content)


def test_a_body_that_events_take_the_server_takes_too(load):
    events = {"body_limit": 300_000, "grc": {"grc": {"secret": {"env": "K"}, "issue": "id"}}}
    with pytest.raises(ConfigError, match=r"events\.body_limit.*262144.*server\.limits\.body_bytes"):
        load(data(events=events, server={}))
    load(data(events=events, server={"limits": {"body_bytes": 300_000}}))
    load(data(events=events))


def test_two_registries_have_two_ids(load):
    content = data()
    content["registries"]["copy"] = content["registries"]["main"]
    with pytest.raises(ConfigError, match="Two registries have one id"):
        load(content)


@pytest.mark.parametrize(
    ("workspaces", "served"),
    [
        ([], Workspaces()),
        (["risk"], Workspaces(("risk",))),
        (["risk", "retail"], Workspaces(("risk", "retail"))),
        ("*", Workspaces(every=True)),
    ],
)
def test_workspaces(load, workspaces, served):
    assert load(changed(("registries", "main", "workspaces"), workspaces)).registry("grc").served == served


@pytest.mark.parametrize(
    ("workspaces", "words"),
    [
        (["risk", "*"], "Write '\\*' without a list"),
        (["risk", "risk"], "named twice"),
        (["risk/credit"], "no workspace's name"),
        ("risk", "no list. Remedy: Write a list, as in \\[a, b\\]"),
    ],
)
def test_workspaces_that_are_none(load, workspaces, words):
    with pytest.raises(ConfigError, match=words) as error:
        load(changed(("registries", "main", "workspaces"), workspaces))
    assert "registries.main.workspaces" in str(error.value)


def test_a_glob_over_workspaces_needs_some(load):
    content = changed(("registries", "main", "scope", "include"), ["credit-*", "risk/*"])
    with pytest.raises(ConfigError, match="'risk/\\*' is about workspaces") as error:
        load(content)
    assert error.value.key == "registries.main.scope.include[1]"
    content["registries"]["main"]["workspaces"] = ["risk"]
    assert load(content).scope("grc").has(RegisteredModel("pd", 0, 0))


def test_placeholders_need_a_workspace(load):
    content = changed(("registries", "main", "workspaces"), ["risk", "retail"])
    content["policy"] = {"grc_only": "placeholder"}
    with pytest.raises(ConfigError, match=r"Set registries\.main\.placeholder_workspace") as error:
        load(content)
    assert error.value.key == "connections.grc.policy.grc_only"
    content["registries"]["main"]["placeholder_workspace"] = "rsk"
    with pytest.raises(ConfigError, match="Did you mean 'risk'"):
        load(content)
    content["registries"]["main"]["placeholder_workspace"] = "risk"
    config = load(content)
    assert config.reading("grc", config.mapping("grc")).placeholder_workspace == "risk"


def test_a_connections_scope_is_within_its_registrys(load):
    content = changed(("registries", "main", "scope"), {"include": ["credit-*"], "tags": {"governed": "true"}})
    content["connections"]["grc"]["scope"] = {"exclude": ["*-test"]}
    scope = load(content).scope("grc")
    governed = {"governed": "true"}
    assert scope.has(RegisteredModel("credit-pd", 0, 0, tags=governed))
    assert not scope.has(RegisteredModel("credit-test", 0, 0, tags=governed))
    assert not scope.has(RegisteredModel("credit-pd", 0, 0))
    assert not scope.has(RegisteredModel("fraud", 0, 0, tags=governed))


def test_a_connection_has_a_schedule_of_its_own(load):
    content = with_another(data(schedule={"interval": "1h"}), schedule={"cron": "0 6 * * *"})
    config = load(content)
    assert config.schedule("grc").seconds == 3600
    assert config.schedule("other").cron == "0 6 * * *"


def test_a_mapping_of_the_connection(load, tmp_path):
    content = data(inventory="bank.yaml")
    content["connections"]["grc"] |= {"owners": {"compliance_review": "mlflow"}, "tag_prefix": "bank_"}
    (tmp_path / "bank.yaml").write_text(
        "extends: default\nfields:\n  extra: {type: string, level: model, owner: grc}\n"
    )
    mapping = load(content).mapping("grc")
    assert "extra" in mapping.inventory.fields
    assert mapping.tags.prefix == "bank_"
    assert {one.name: one.owner for one in mapping.fields(Entity.VERSION)}["compliance_review"] is Owner.MLFLOW


@pytest.mark.parametrize(
    ("path", "value", "key", "words"),
    [
        (("owners",), {"purpos": "grc"}, "connections.grc.owners.purpos", "Did you mean 'purpose'?"),
        (("mapping",), "mokc", "connections.grc.mapping", "Did you mean 'mock'?"),
        (("adapter",), "archer", "connections.grc.adapter", "is for the adapter 'http'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_at_its_key_here(load, path, value, key, words):
    config = load(changed(("connections", "grc", *path), value))
    with pytest.raises(ConfigError) as caught:
        config.mapping("grc")
    assert caught.value.key == key
    assert caught.value.line
    assert words in str(caught.value)


def test_an_unknown_connection(load):
    with pytest.raises(ConfigError, match="Did you mean 'grc'"):
        load(data()).connection("gcr")


def test_the_hash_tells_meanings_apart(load, monkeypatch):
    one = data()
    one["connections"]["grc"]["auth"] = {"type": "bearer", "token": {"env": "T"}}
    monkeypatch.setenv("T", "first")
    first = config_hash(load(one))
    monkeypatch.setenv("T", "second")
    assert config_hash(load("# a comment\n" + yaml.safe_dump(one))) == first
    assert config_hash(load(one | {"policy": {"retire": False}})) != first


@pytest.mark.parametrize("auth", [{"type": "bearer", "token": {"env": "GRC_TOKEN"}}, None])
def test_what_init_writes_loads(load, auth):
    text = render("http", "http://127.0.0.1:5001", url="http://127.0.0.1:9001", auth=auth)
    config = load(text)
    assert config.mapping("grc").platform.platform == "mock"
    assert config.registry("grc").uri == "http://127.0.0.1:5001"
    assert config.connection("grc").auth.type == ("bearer" if auth else "none")
    assert "#" in text
    again = load(render())
    assert again.instance != config.instance
    assert again.registry("grc").id != config.registry("grc").id


def test_the_commented_lines_of_init_load_too(load):
    lines = render().splitlines()
    options = ("exclude:", "tags:", "http:", "owners:", "fuse:")
    text = "\n".join(
        line.replace("# ", "", 1) if line.strip().startswith(tuple(f"# {o}" for o in options)) else line
        for line in lines
    )
    config = load(text)
    assert config.registry("grc").scope.exclude == ("scratch-*",)
    assert config.connection("grc").owners == {"compliance_review": Owner.MLFLOW}
    assert config.connection("grc").http.rate_limit.requests == 10


def test_secrets_of_one_connection_and_its_registry_alone(load, monkeypatch):
    for name in ("ONE", "TWO", "THREE"):
        monkeypatch.delenv(name, raising=False)
    content = data()
    content["registries"]["main"]["auth"] = {"type": "bearer", "token": {"env": "ONE"}}
    content["connections"]["grc"]["auth"] = {"type": "bearer", "token": {"env": "TWO"}}
    config = load(with_another(content, auth={"type": "bearer", "token": {"env": "THREE"}}))
    assert len(missing_secrets(config)) == 3
    told = " ".join(problem.what for problem in missing_secrets(config, "grc"))
    assert "ONE" in told
    assert "TWO" in told
    assert "THREE" not in told
