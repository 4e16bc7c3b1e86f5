"""From MLflow's JSON to the frozen types: what is folded while it is parsed, and what is no tag at all."""

from __future__ import annotations

import json

import pytest

from connector.model.errors import Unreachable
from connector.registry.parse import fold_pair, model_version, registered_model

MODEL = {"name": "credit", "creation_timestamp": 1}
VERSION = {**MODEL, "version": "1"}


def read(value: object) -> object:
    return json.loads(json.dumps(value), object_hook=fold_pair)


def test_tags_are_folded_into_pairs_that_share_their_texts() -> None:
    first, second = read([{"key": "team", "value": "risk"}, {"key": "team", "value": "risk"}])
    assert first == ("team", "risk")
    assert first[0] is second[0]
    assert first[1] is second[1]


@pytest.mark.parametrize(
    "other",
    [
        {"key": "auc", "value": 0.7},
        {"key": "auc", "value": "0.7", "timestamp": 1},
        {"key": None, "value": "x"},
        {"value": "x"},
        {"key": "a", "name": "b"},
    ],
)
def test_everything_else_stays_as_it_came(other: dict[str, object]) -> None:
    assert read(other) == other


def test_an_empty_value_may_be_left_out() -> None:
    assert registered_model(read({**MODEL, "tags": [{"key": "flag"}]})).tags == {"flag": ""}


@pytest.mark.parametrize("parse", [registered_model, model_version])
@pytest.mark.parametrize("bad", [{"value": "x"}, {"key": "a", "name": "b"}, "ab", {"key": 7, "value": "x"}])
def test_a_tag_that_is_none_is_not_mlflows_answer(parse: object, bad: object) -> None:
    with pytest.raises(Unreachable, match="not MLflow's"):
        parse(read({**VERSION, "tags": [bad]}))  # type: ignore[operator]
