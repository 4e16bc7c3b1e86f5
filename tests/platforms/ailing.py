"""What may ail any platform, put in the simulators' common words."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.platforms.desk import Desk
from tests.platforms.rows import NEWCOMER, Ail
from tests.simulators.base import Call


def fault(kind: str, **how: Any) -> Ail:
    """A fault of the simulator, once unless ``count`` says more."""
    return lambda desk, _: desk.side.faults.add(kind, **how)


def at_credit(kind: str, **how: Any) -> Ail:
    """A fault at the write of one record, which may stand in a batch with others."""
    return lambda desk, _: desk.side.faults.add(
        kind, method="update", path=f"models/{desk.record('credit')['id']}", **how
    )


def registers(desk: Desk, _: pytest.MonkeyPatch) -> None:
    """A data scientist registers another model, which has no record yet."""
    desk.model(NEWCOMER, purpose="Prices.", risk_classification="high")


def tier_raised(desk: Desk, _: pytest.MonkeyPatch) -> None:
    """In MLflow one model's tier is raised, and that alone is to be written to its record."""
    desk.author.set_tag("credit", "purpose", "Scores.")
    desk.author.set_tag("credit", "risk_classification", "critical")


def tier_put_back(desk: Desk) -> None:
    desk.author.set_tag("credit", "risk_classification", "high")


def section(**changes: Any) -> Ail:
    """The mapping's section says otherwise."""
    return lambda desk, patch: patch.setattr(desk, "section", {**desk.section, **changes})


def mapping(change: Callable[[dict[str, Any]], None]) -> Ail:
    """The mapping says something else than the one that ships."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        shipped = desk.shipped()
        change(shipped)
        patch.setattr(desk, "shipped", lambda: copy.deepcopy(shipped))

    return ail


def both(*ails: Ail) -> Ail:
    """One after the other."""

    def ail(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        for each in ails:
            each(desk, patch)

    return ail


def midway(ail: Ail, verb: str = "", *, path: str = "models", again: bool = False) -> Ail:
    """Only once the connector begins to ask for models, or for the one of ``path``, or to do what ``verb`` says with
    them; each time, if ``again``.
    """

    def later(desk: Desk, patch: pytest.MonkeyPatch) -> None:
        done: list[bool] = []

        def begin(call: Call) -> None:
            if call.path.startswith(path) and call.verb.startswith(verb) and (again or not done):
                done.append(True)
                ail(desk, patch)

        desk.side.hooks.append(begin)

    return later


def spent(desk: Desk) -> bool:
    """Whether every fault was met."""
    return not desk.side.faults.active()
