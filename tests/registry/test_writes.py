"""What becomes of a write that MLflow refuses, loses or answers unclearly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import responses

from connector.model.errors import AccessDenied, OutcomeUnknown, Rejected
from tests.registry.scripted import PREFIX, error, registry

SET_TAG = f"{PREFIX}registered-models/set-tag"


@pytest.fixture
def mlflow() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_a_database_race_is_tried_once_more_after_another_check(mlflow):
    mlflow.post(SET_TAG, status=400, json=error("BAD_REQUEST", "UNIQUE constraint failed"))
    mlflow.post(SET_TAG, json={})
    checks = []
    registry().set_tags("credit", None, {"tier": "high"}, before_each=lambda: checks.append(len(mlflow.calls)))
    assert checks == [0, 1]


def test_a_database_error_that_persists_is_the_tags_fault(mlflow):
    for _ in range(2):
        mlflow.post(SET_TAG, status=400, json=error("BAD_REQUEST", "database is locked"))
    with pytest.raises(Rejected, match="database is locked") as refused:
        registry().set_tags("credit", None, {"tier": "high"})
    assert refused.value.field == "tier"
    assert len(mlflow.calls) == 2


@pytest.mark.parametrize(
    "answer",
    [error("BAD_REQUEST", "value too long for type character varying"), error("INVALID_PARAMETER_VALUE", "bad")],
)
def test_a_refused_value_is_not_sent_again(mlflow, answer):
    mlflow.post(SET_TAG, status=400, json=answer)
    with pytest.raises(Rejected) as refused:
        registry().set_tags("credit", None, {"tier": "high"})
    assert refused.value.field == "tier"
    assert len(mlflow.calls) == 1


@pytest.mark.parametrize(
    "lost",
    [
        {"status": 500, "json": error("INTERNAL_ERROR")},
        {"status": 504, "body": "gateway"},
        {"body": requests.ReadTimeout()},
        {"body": requests.exceptions.ChunkedEncodingError()},
        {"status": 200, "body": "<html></html>", "content_type": "text/html"},
    ],
)
def test_a_lost_answer_is_unknown_and_never_sent_again(mlflow, lost):
    mlflow.post(SET_TAG, **lost)
    with pytest.raises(OutcomeUnknown):
        registry().set_tags("credit", None, {"tier": "high"})
    assert len(mlflow.calls) == 1


def test_a_forbidden_object_is_not_taken_for_gone(mlflow):
    mlflow.post(SET_TAG, status=403, body="Permission denied")
    with pytest.raises(AccessDenied):
        registry().set_tags("credit", None, {"tier": "high"})
    mlflow.get(f"{PREFIX}registered-models/get", status=403, body="Permission denied")
    with pytest.raises(AccessDenied):
        registry().model("credit")


def test_a_description_is_sent_even_when_empty(mlflow):
    sent = {"name": "credit", "version": "1", "description": ""}
    mlflow.patch(f"{PREFIX}model-versions/update", json={}, match=[responses.matchers.json_params_matcher(sent)])
    registry().set_description("credit", "1", "")


def test_a_tag_is_deleted_with_a_json_body(mlflow):
    sent = {"name": "credit", "key": "tier"}
    mlflow.delete(
        f"{PREFIX}registered-models/delete-tag", json={}, match=[responses.matchers.json_params_matcher(sent)]
    )
    registry().set_tags("credit", None, {}, remove=["tier"])
