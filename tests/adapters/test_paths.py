"""Where something is written: dotted keys, and objects of an array by one of their keys."""

import pytest

from adapters.httpclient.path import check_write_path, put
from connector.model.errors import ConfigError


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", {"a": 1}),
        ("a.b.c", {"a": {"b": {"c": 1}}}),
        ("a[name=Risk Tier].value", {"a": [{"name": "Risk Tier", "value": 1}]}),
        ("a[id=12].value", {"a": [{"id": 12, "value": 1}]}),
        ("a[id='12'].value", {"a": [{"id": "12", "value": 1}]}),
        ("x.a[name=n].v.w", {"x": {"a": [{"name": "n", "v": {"w": 1}}]}}),
    ],
)
def test_a_value_is_put_at_its_path(path, expected):
    assert put({}, path, 1) == expected


def test_an_object_of_an_array_is_found_again():
    target = {"a": [{"name": "x", "v": 0}, {"name": "y", "v": 0, "kept": True}]}
    put(target, "a[name=y].v", 1)
    put(target, "a[name=z].v", 2)
    assert target == {"a": [{"name": "x", "v": 0}, {"name": "y", "v": 1, "kept": True}, {"name": "z", "v": 2}]}


@pytest.mark.parametrize("path", ["a.b", "a[name=x].v"])
def test_a_path_through_a_value_is_a_matter_of_configuration(path):
    with pytest.raises(ConfigError, match="goes through a"):
        put({"a": "text"}, path, 1)


@pytest.mark.parametrize("path", ["", ".a", "a..b", "a[", "a[x]", "a[x=1]", "a]b", "a[x=1]b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="path"):
        check_write_path(path)
