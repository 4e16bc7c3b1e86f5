"""What ``init`` writes for each platform whose mapping ships can be completed by the environment alone."""

import pytest
import yaml

from connector.cli.main import run
from connector.config.config import load_config
from connector.engine.opening import connection_mapping
from connector.mapping.load import load_mapping, mapping_path, packaged_mappings

PLATFORMS = sorted(set(packaged_mappings()) - {"mock"})


@pytest.fixture
def begun(tmp_path, monkeypatch, capsys):
    def begin(mapping, *more):
        monkeypatch.chdir(tmp_path)
        assert run(["init", "--mapping", mapping, *more]) == 0
        return tmp_path / "mlflow-grc.yaml", capsys.readouterr().out

    return begin


@pytest.mark.parametrize("mapping", PLATFORMS)
def test_what_init_writes_for_a_platform_loads(begun, mapping):
    file, _ = begun(mapping)
    config = load_config(file)
    wanted = load_mapping(mapping).platform
    connection = config.connection("grc")
    assert connection.adapter == wanted.adapter
    assert connection.url == wanted.connection.url
    assert connection.auth.type == wanted.connection.auth["type"]
    assert connection.variables == wanted.connection.variables
    assert connection_mapping(config, "grc").platform.platform == wanted.platform


@pytest.mark.parametrize("mapping", PLATFORMS)
def test_every_secret_that_it_names_is_a_step_to_take(begun, mapping):
    file, said = begun(mapping)
    section = yaml.safe_load(file.read_text())["connections"]["grc"]
    text = str([section["auth"], section.get("one_off_auth")])
    names = [part.split("'")[1] for part in text.split("{'env': ")[1:]]
    assert names
    assert [name for name in names if f"export {name}=..." not in said] == []
    assert [name for name in section.get("variables", {}) if name not in said] == []


def test_a_login_of_its_own_address_is_on_the_server_that_is_given(begun):
    file, _ = begun("metricstream", "--grc-url", "https://grc.bank.example/metricstream/b2b/api/7.0")
    auth = yaml.safe_load(file.read_text())["connections"]["grc"]["auth"]
    assert auth["login_path"] == "https://grc.bank.example/metricstream/login"


def test_an_address_elsewhere_stays_as_it_is(begun, tmp_path):
    text = mapping_path("metricstream").read_text().replace("https://HOST/metricstream/login", "https://sso.example/in")
    (tmp_path / "own.yaml").write_text(text)
    file, _ = begun("own.yaml", "--grc-url", "https://grc.bank.example/metricstream/b2b/api/7.0")
    assert yaml.safe_load(file.read_text())["connections"]["grc"]["auth"]["login_path"] == "https://sso.example/in"
