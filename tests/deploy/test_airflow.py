"""The DAG for Airflow, with the few names of Airflow that it uses put in its place: Airflow itself is not installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connector.cli.group import root

FILE = Path(__file__).parents[2] / "deploy" / "airflow" / "mlflow_grc_sync.py"


class AirflowFailException(Exception):
    """What ends a task without another try."""


@pytest.fixture(params=["airflow 2", "airflow 3"])
def module(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    made: dict[str, Any] = {}

    def dag(**settings: Any) -> Any:
        made.update(settings)
        return lambda function: function

    def task(function: Any) -> Any:
        return lambda: made.setdefault("tasks", []).append(function)

    newer = request.param == "airflow 3"
    names = ("airflow.sdk", "airflow.sdk.exceptions") if newer else ("airflow.decorators", "airflow.exceptions")
    for name in ("airflow", *names):
        fake = ModuleType(name)
        vars(fake).update(dag=dag, task=task, AirflowFailException=AirflowFailException)
        monkeypatch.setitem(sys.modules, name, fake)
    spec = importlib.util.spec_from_file_location("mlflow_grc_sync", FILE)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    loaded.made = made  # type: ignore[attr-defined]
    return loaded


def ending(code: int) -> tuple[str, ...]:
    return (sys.executable, "-c", f"raise SystemExit({code})")


def test_one_cycle_at_a_time(module: Any) -> None:
    assert module.made["max_active_runs"] == 1
    assert module.made["catchup"] is False
    assert module.made["tasks"] == [module.sync]


def test_the_command_is_one_that_there_is(module: Any) -> None:
    program, option, _, name, *options = module.COMMAND
    assert (Path(program).name, option) == ("mlflow-grc", "--config")
    command = root.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert set(options) <= {each for param in command.params for each in param.opts}


def test_what_another_try_can_mend_is_tried_again(module: Any) -> None:
    module.sync(ending(0))
    with pytest.raises(RuntimeError, match="ended with 1"):
        module.sync(ending(1))


@pytest.mark.parametrize(("code", "words"), [(2, "configuration is wrong"), (3, "a person is needed")])
def test_what_needs_a_person_is_not(module: Any, code: int, words: str) -> None:
    with pytest.raises(AirflowFailException, match=words):
        module.sync(ending(code))
