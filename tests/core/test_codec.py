"""A saved plan comes back as it was written, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector.model.errors import ConfigError
from connector.model.fields import Entity, Side
from connector.model.operations import FieldChange, FuseClass, Operation, OperationKind, Plan, Remark
from connector.model.views import ObjectRef
from connector.plan.codec import plan_from_file, plan_json

REF = ObjectRef(Entity.VERSION, "key", "Kündigung", "3")
CHANGE = FieldChange(
    "purpose", "a", None, "shared: changed in MLflow", other="b", drift=True, provisional_since="2026-01-01"
)
PLAN = Plan(
    "bank",
    operations=(Operation(OperationKind.UPDATE_RECORD, Side.GRC, REF, (CHANGE,), "R1", FuseClass.UPDATE, "why"),),
    remarks=(Remark(REF, "drift", "text", attention=True), Remark(None, "mapping changed", "text")),
)


def saved(directory: Path, text: str) -> Path:
    path = directory / "plan.json"
    path.write_text(text, encoding="utf-8")
    return path


def edited(**changes: object) -> str:
    return json.dumps({**json.loads(plan_json(PLAN)), **changes})


def test_a_plan_comes_back_whole(tmp_path: Path) -> None:
    assert plan_from_file(saved(tmp_path, plan_json(PLAN))) == PLAN


def test_it_is_text_that_people_can_read() -> None:
    text = plan_json(PLAN)
    assert "Kündigung" in text
    assert text.count("\n") > 20
    assert list(json.loads(text))[:2] == ["version", "digest"]


def test_how_a_file_is_laid_out_does_not_matter(tmp_path: Path) -> None:
    body = json.loads(plan_json(PLAN))
    assert plan_from_file(saved(tmp_path, json.dumps(dict(reversed(body.items()))))) == PLAN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (edited(connection="other"), "This plan was changed after it was saved."),
        (edited(operations=[]), "This plan was changed after it was saved."),
        (edited(version=2), "This plan has the version 2; this release reads version 1."),
        (
            edited(version=None, operations="none at all"),
            "This plan has the version None; this release reads version 1.",
        ),
        (edited(operations="none at all"), "This is not a saved plan."),
        ("", "This is not a saved plan."),
        ("[]", "This is not a saved plan."),
        ("{}", "This is not a saved plan."),
        ("null", "This is not a saved plan."),
    ],
)
def test_what_is_no_plan_of_ours_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = saved(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        plan_from_file(path)
    told = str(caught.value)
    assert said in told
    assert str(path) in told
    assert "Make one with `mlflow-grc plan --out FILE`." in told


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_from_file(tmp_path / "none.json")
    told = str(caught.value)
    assert "The plan cannot be read: No such file or directory." in told
    assert str(tmp_path / "none.json") in told
    assert "Make one with `mlflow-grc plan --out FILE`." in told
