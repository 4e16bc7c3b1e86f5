import pytest

from connector.mapping.yamlfile import parse_yaml, read_yaml
from connector.model.errors import ConfigError


def test_data_and_lines():
    document = parse_yaml(
        'a: 1\nb:\n  c: [x, "yes"]\n  d: 1.5\n  e: 2026-04-17\n  f: null\n  g: true\n  3: h\n', file="f.yaml"
    )
    assert document.data == {
        "a": 1,
        "b": {"c": ["x", "yes"], "d": 1.5, "e": "2026-04-17", "f": None, "g": True, "3": "h"},
    }
    assert document.line(("b", "d")) == 4
    assert document.line(("b", "c", 1)) == 3
    assert document.line(("b", "missing", "deeper")) == 2
    assert document.line(("nowhere",)) is None


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a", "given twice, first in line 1"),
        ("a:\n  b: 1\n  b: 2\n", 3, "a.b", "given twice"),
        ("a: no\n", 1, "a", "boolean"),
        ("a: [x, ON]\n", 1, "a[1]", "boolean"),
        ("on: 1\n", 1, "on", "boolean"),
        ("a: 12:30\n", 1, "a", "another number"),
        ("a: 010\n", 1, "a", "another number"),
        ("a: 0x1F\n", 1, "a", "another number"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "c", "erge keys (<<)"),
        ("a: &x\n  b: *x\n", None, "a.b", "contains it"),
        ("? [a, b]\n: 1\n", 1, None, "plain text"),
        ("a: !!binary aGk=\n", 1, "a", "not supported"),
        ("a: [1\nb: 2\n", 2, None, "not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, None, "not valid YAML"),
        ("- a\n", 1, None, "keys and values"),
        ("", 1, None, "keys and values"),
        ("# only a comment\n", 1, None, "keys and values"),
    ],
)
def test_what_a_person_did_not_mean_is_an_error(text, line, key, words):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, file="f.yaml")
    error = caught.value
    assert (error.file, error.key) == ("f.yaml", key)
    if line is not None:
        assert error.line == line
    assert words in str(error)
    assert error.remedy


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    with pytest.raises(ConfigError) as caught:
        parse_yaml("a: no\nb: 1\nb: 2\nc: 010\n", file="f.yaml")
    lines = str(caught.value).splitlines()
    assert "3 problems" in lines[0]
    assert [line.strip().split(": ")[0] for line in lines[1:]] == ["f.yaml:1", "f.yaml:3", "f.yaml:4"]


def test_aliases_repeat_what_they_point_at():
    assert parse_yaml("a: &x [1, 2]\nb: *x\n", file="f").data == {"a": [1, 2], "b": [1, 2]}


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="no such file") as caught:
        read_yaml(tmp_path / "gone.yaml", remedy="Make it.")
    assert caught.value.remedy == "Make it."
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_yaml(binary)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path)
