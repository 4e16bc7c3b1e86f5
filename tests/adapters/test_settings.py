"""Settings are refused with an explanation, and never repeat what they were given."""

import pytest
from pydantic import TypeAdapter, ValidationError

from adapters.httpclient import AuthSettings, HttpSettings, Secret
from connector.model.errors import ConfigError

AUTH = TypeAdapter(AuthSettings)


@pytest.mark.parametrize("literal", ["hunter2-canary", 48151623])
def test_a_literal_secret_is_refused_and_not_echoed(literal):
    with pytest.raises(ValidationError, match="never written into a configuration file") as caught:
        AUTH.validate_python({"type": "bearer", "token": literal})
    assert str(literal) not in str(caught.value)


@pytest.mark.parametrize("reference", [{}, {"env": "A", "file": "/b"}, {"vault": "x"}, None, []])
def test_a_reference_names_exactly_one_place(reference):
    with pytest.raises(ValidationError):
        Secret.model_validate(reference)


def test_a_secret_is_read_late_and_again(tmp_path, monkeypatch):
    by_env, by_file = Secret(env="CANARY_VARIABLE"), Secret(file=tmp_path / "secret")
    monkeypatch.setenv("CANARY_VARIABLE", "from env")
    (tmp_path / "secret").write_text("from file\n")
    assert by_env.resolve().get_secret_value() == "from env"
    assert by_file.resolve().get_secret_value() == "from file"
    (tmp_path / "secret").write_text("rotated")
    assert by_file.resolve().get_secret_value() == "rotated"
    assert "rotated" not in repr(by_file.resolve())


def test_a_missing_secret_names_its_place(tmp_path, monkeypatch):
    monkeypatch.delenv("CANARY_VARIABLE", raising=False)
    with pytest.raises(ConfigError, match="CANARY_VARIABLE"):
        Secret(env="CANARY_VARIABLE").resolve()
    with pytest.raises(ConfigError, match="no-such-file"):
        Secret(file=tmp_path / "no-such-file").resolve()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ConfigError, match="empty"):
        Secret(file=tmp_path / "empty").resolve()
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        Secret(file=tmp_path / "binary").resolve()


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 5},
        {"timeout_seconds": 0},
        {"client_key": "key.pem"},
        {"verify": False, "ca_bundle": "ca.pem"},
        {"rate_limit": {"requests": 0}},
        {"retry": {"max_attempts": 0}},
        {"proxies": {"https": "http://svc:hunter2@proxy:3128"}},
    ],
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(ValidationError) as caught:
        HttpSettings.model_validate(settings)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"type": "kerberos"},
        {"type": "bearer", "token": {"env": "T"}, "extra": 1},
        {"type": "api_key", "key": {"env": "K"}, "template": "Token"},
        {"type": "session", "login_path": "/l", "token": "t", "template": "Bearer"},
    ],
)
def test_authentication_that_cannot_be_is_refused(settings):
    with pytest.raises(ValidationError):
        AUTH.validate_python(settings)
