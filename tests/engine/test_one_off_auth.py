"""A command that only looks signs in beside the daemon, where the configuration says how."""

import pytest

from adapters.http import HttpAdapter
from connector.config.config import load_config
from connector.config.secrets import missing_secrets
from connector.engine import checking, opening
from connector.model.errors import ConfigError
from connector.state import open_store

CONFIG = """
instance: 0f3d8c0e-5d0f-4c7c-9d53-0a5b6b7f5a11
registries:
  main: {{uri: "http://127.0.0.1:1", id: 6a1f7c8e-0b1d-4a52-9c55-6f6a6a1f7c8e}}
connections:
  grc:
    registry: main
    adapter: http
    url: http://127.0.0.1:1
    auth: {{type: bearer, token: {{env: DAEMON_TOKEN}}}}
{one_off}
    mapping: mock
"""
ONE_OFF = "    one_off_auth: {type: bearer, token: {env: LOOK_TOKEN}}"


@pytest.fixture
def opened(monkeypatch):
    """The settings of every adapter that was made."""
    made = []

    class Watched(HttpAdapter):
        def __init__(self, settings):
            made.append(settings)
            super().__init__(settings)

        def check(self):
            return []

    monkeypatch.setattr(opening, "adapter_class", lambda _: Watched)
    return made


def configured(tmp_path, one_off=ONE_OFF):
    file = tmp_path / "mlflow-grc.yaml"
    file.write_text(CONFIG.format(one_off=one_off))
    return load_config(file)


def opened_connection(config, tmp_path, **how):
    store = open_store(tmp_path / "state.db", str)
    try:
        opening.open_connection(config, "grc", store, **how).close()
    finally:
        store.close()


@pytest.mark.parametrize(("one_off", "variable"), [(False, "DAEMON_TOKEN"), (True, "LOOK_TOKEN")])
def test_each_signs_in_with_its_own_and_needs_no_secret_of_the_other(tmp_path, monkeypatch, opened, one_off, variable):
    monkeypatch.setenv(variable, "a-token")
    opened_connection(configured(tmp_path), tmp_path, one_off=one_off)
    (settings,) = opened
    assert (settings.auth.token.env, settings.one_off) == (variable, one_off)


def test_without_it_a_look_signs_in_as_the_daemon_does(tmp_path, monkeypatch, opened):
    monkeypatch.setenv("DAEMON_TOKEN", "a-token")
    opened_connection(configured(tmp_path, one_off=""), tmp_path, one_off=True)
    assert (opened[0].auth.token.env, opened[0].one_off) == ("DAEMON_TOKEN", False)


@pytest.mark.parametrize(("one_off", "missing"), [(False, "DAEMON_TOKEN"), (True, "LOOK_TOKEN")])
def test_a_secret_that_is_needed_and_missing_is_named(tmp_path, monkeypatch, opened, one_off, missing):
    monkeypatch.delenv("DAEMON_TOKEN", raising=False)
    with pytest.raises(ConfigError, match=missing):
        opened_connection(configured(tmp_path), tmp_path, one_off=one_off)
    assert opened == []


def test_all_secrets_are_looked_up_where_no_connection_is_meant(tmp_path):
    assert len(missing_secrets(configured(tmp_path))) == 2


def test_check_looks_with_it_and_says_what_it_did_not_try(tmp_path, monkeypatch, opened):
    monkeypatch.setenv("LOOK_TOKEN", "a-token")
    findings = list(checking.check(configured(tmp_path), ["grc"], str))
    assert [settings.auth.token.env for settings in opened] == ["LOOK_TOKEN"]
    assert [one.problem.fatal for one in findings if one.problem.where == "one_off_auth"] == [False]
