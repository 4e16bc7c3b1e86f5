"""Act 6: both sides edit the same shared field."""

from __future__ import annotations

from connector.demo.cast import OFFICER, SCIENTIST
from connector.demo.stage import Stage
from connector.model.fields import Side
from connector.model.state import RunStatus

_NAME, _FIELD = "marketing-propensity", "purpose"
_IN_MLFLOW = "Selects customers for personal loan and credit card campaigns."
_IN_GRC = "Selects customers for personal loan campaigns; not used to set price or limit."
_DESCRIPTION = "Propensity of current-account customers to take up a personal loan or credit card offer."


def park_and_resolve(stage: Stage) -> None:
    """Let both sides differ, see neither lost, resolve it."""
    _edit_both(stage)
    summary = stage.sync(ends=RunStatus.ATTENTION)
    parked = [case for case in summary.conflicts if (case.subject, case.field) == (_NAME, _FIELD)]
    for case in parked:
        stage.narrator.tell(case)
    stage.check(
        "the conflict waits for a person: both texts stand as they were written",
        (len(parked), *_both(stage)),
        (1, _IN_MLFLOW, _IN_GRC),
    )
    stage.check(
        "the other edit flowed all the same: the new description stands in the GRC",
        stage.office.models()[_NAME].get("description"),
        _DESCRIPTION,
    )
    for case in parked:
        stage.cycle.resolve(case, Side.GRC, OFFICER.email)
    stage.did(
        OFFICER,
        "At the command line",
        'takes the words of the GRC ("mlflow-grc conflicts resolve"). The next sync carries it out.',
    )
    stage.sync()
    stage.check("both sides hold the words of the GRC", _both(stage), (_IN_GRC, _IN_GRC))


def _edit_both(stage: Stage) -> None:
    columns = ("model", "field", "new value")
    stage.registry.set_tag(_NAME, _FIELD, _IN_MLFLOW)
    stage.registry.set_description(_NAME, _DESCRIPTION)
    rows = [(_NAME, _FIELD, _IN_MLFLOW), (_NAME, "description", _DESCRIPTION)]
    stage.did(SCIENTIST, "In MLflow", "widens the use of a model, before anyone agreed to it.", columns, rows)
    stage.office.edit(OFFICER, _NAME, {_FIELD: _IN_GRC})
    stage.did(OFFICER, "In the GRC", "narrows it, at the same time.", columns, [(_NAME, _FIELD, _IN_GRC)])


def _both(stage: Stage) -> tuple[object, object]:
    return stage.eyes.tags(_NAME).get(_FIELD), stage.office.models()[_NAME].get(_FIELD)
