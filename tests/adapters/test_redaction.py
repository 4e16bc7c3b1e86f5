"""A registered secret is masked in every form in which it travels."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from pydantic import SecretStr

from adapters.httpclient import redact, register
from adapters.httpclient.redaction import MAX_OF_A_PLACE, MAX_PASSING
from adapters.httpclient.secret import Secret

SECRET = "s3cr€t/with space+and\"quote'"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_every_form_is_masked(form):
    register(SecretStr(SECRET))
    masked = redact(f"before {form} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "***" in masked
    assert form.strip("\"'=") not in masked


def test_the_longer_of_two_secrets_is_masked_whole():
    register("abcd-canary")
    register("abcd-canary-longer")
    assert redact("abcd-canary-longer!") == "***!"


def test_a_password_in_an_address_is_masked_without_being_known():
    assert redact("via http://svc:hunter2@proxy:3128/x") == "via http://***@proxy:3128/x"
    assert redact("http://host:80/a@b and me@bank.example") == "http://host:80/a@b and me@bank.example"


def test_short_texts_are_left_alone():
    register("a")
    register("")
    assert redact("a banana") == "a banana"


def test_old_tokens_are_forgotten_but_not_secrets():
    register("lasting-canary")
    for number in range(MAX_PASSING + 1):
        register(f"token-canary-{number:05}", passing=True)
    assert redact("token-canary-00000") == "token-canary-00000"
    assert redact(f"token-canary-{MAX_PASSING:05}") == "***"
    assert redact("lasting-canary") == "***"


def test_of_a_file_that_is_renewed_the_last_secrets_are_masked(tmp_path):
    """A token that is mounted is renewed each hour, and a pattern of thousands takes seconds to make."""
    renewed, stays = tmp_path / "renewed", tmp_path / "stays"
    stays.write_text("file-canary-stays")
    Secret(file=stays).resolve()
    for number in range(MAX_OF_A_PLACE + 1):
        renewed.write_text(f"file-canary-{number:05}")
        Secret(file=renewed).resolve()
    assert redact("file-canary-00000") == "file-canary-00000"
    assert all(redact(f"file-canary-{number:05}") == "***" for number in range(1, MAX_OF_A_PLACE + 1))
    assert redact("file-canary-stays") == "***"
