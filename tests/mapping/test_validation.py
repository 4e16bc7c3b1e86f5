from typing import Annotated, Literal

import pytest
from pydantic import Field

from connector.mapping.validation import Strict, validate
from connector.mapping.yamlfile import parse_yaml
from connector.model.errors import ConfigError


class Token(Strict):
    type: Literal["token"]
    token_name: str


class Basic(Strict):
    type: Literal["basic"]
    username: str


class Part(Strict):
    size: int = 1
    auth: Annotated[Token | Basic, Field(discriminator="type")] | None = None


class Whole(Strict):
    name: str
    parts: dict[str, Part] = Field(default_factory=dict)
    more: list[Part] = Field(default_factory=list)


def error_of(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        validate(Whole, parse_yaml(text, file="f.yaml"))
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("name: a\nprats: {}\n", 2, "prats", "Did you mean 'parts'?"),
        ("name: a\nparts:\n  one:\n    sise: 2\n", 4, "parts.one.sise", "Did you mean 'size'?"),
        ("name: a\nmore:\n- size: 1\n- siz: 1\n", 4, "more[1].siz", "Did you mean 'size'?"),
        ("name: a\nparts:\n  one:\n    size: big\n", 4, "parts.one.size", "is no whole number. Remedy: Write digits"),
        ("parts: {}\n", None, "name", "missing"),
        ("name: a\nparts:\n  one:\n    auth:\n      type: basic\n", 4, "parts.one.auth.username", "missing"),
        (
            "name: a\nparts:\n  one:\n    auth:\n      type: basic\n      username: x\n      user: x\n",
            7,
            "parts.one.auth.user",
            "Did you mean 'username'?",
        ),
        ("name: a\nparts:\n  one:\n    auth: {type: bsic}\n", 4, "parts.one.auth", "'token', 'basic'"),
    ],
)
def test_errors_name_line_key_and_remedy(text, line, key, words):
    error = error_of(text)
    assert (error.line, error.key) == (line, key)
    assert words in str(error)


def test_a_word_far_from_all_known_lists_them():
    assert "Known are: more, name, parts." in str(error_of("name: a\nzzzzzz: 1\n"))


def test_no_value_is_repeated():
    assert "hunter2" not in str(error_of("name: a\nparts:\n  one:\n    size: hunter2\n"))


def test_every_problem_is_told():
    text = str(error_of("nam: a\nparts:\n  one:\n    size: x\n"))
    assert "3 problems" in text
    assert all(key in text for key in ("name", "nam:", "parts.one.size"))
