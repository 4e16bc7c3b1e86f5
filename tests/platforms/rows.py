"""A row of a platform's error table and what comes of it in a whole cycle: what the engine does, what the admin reads
in `sync`, `status` and `check`, and that all agrees once the platform is well.

Three models are agreed on both sides. People edit on both sides, the platform ails, and the cycle runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import pytest

from tests.cli.desk import Said
from tests.platforms.desk import Desk
from tests.scenarios.grc import is_write

Ail: TypeAlias = Callable[[Desk, pytest.MonkeyPatch], None]
"""Makes the platform ail; what it patches is well again afterwards, and so are faults and hooks."""
OWNER = "head.retail@bank.example"
NEWCOMER = "pricing"
"""A model that some rows have people register."""
NEW, OTHER, SOME, NEWER = "Leasing.", "Transfers.", "Weights alone.", "Leasing of cars."


class Then(Enum):
    """What the engine does."""

    FLOWS = "it is repeated, renewed or looked up within the cycle, and nothing is missing"
    SETS_ASIDE = "the record's write is quarantined, everything else flows, a person is needed"
    FAILS_ALONE = "the record's write failed, everything else flows, the next cycle does it"
    HOLDS_BACK = (
        "nothing is concluded from what was not read, and what was not kept is not repeated: a person is needed"
    )
    LEAVES_OUT = "the new record is refused and quarantined, everything else flows, a person is needed"
    STOPS = "the run ends before anything is written"
    REFUSES = "nothing runs before the configuration is corrected"


CODES = {Then.FLOWS: 0, Then.SETS_ASIDE: 3, Then.FAILS_ALONE: 1, Then.HOLDS_BACK: 3, Then.STOPS: 1}
CODES |= {Then.LEAVES_OUT: 3, Then.REFUSES: 2}
WRITES_THE_REST = frozenset({Then.SETS_ASIDE, Then.FAILS_ALONE})
NEEDS_A_PERSON = frozenset({Then.SETS_ASIDE, Then.HOLDS_BACK, Then.LEAVES_OUT})


@dataclass(frozen=True)
class Row:
    """``says``: words of `sync`, among them the remedy; ``check``: words of `check` while the platform ails, where
    that can be seen without writing; ``status``: words of `status`. ``happened`` proves that the fault was met,
    of which nobody is told. ``mend``: what people do besides, once the platform is well.
    """

    ail: Ail
    then: Then
    says: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    happened: Callable[[Desk], bool] | None = None
    mend: Callable[[Desk], None] | None = None


def agreed(desk: Desk) -> None:
    """Three models on both sides; those that people do not edit have what a policy may ask for."""
    for name in ("churn", "credit", "fraud"):
        desk.model(name, purpose="Scores.", risk_classification="high")
    desk.run("sync")
    for name in ("churn", "fraud"):
        desk.officer.patch(desk.record(name)["id"], model_owner=OWNER)
    desk.run("sync")
    desk.run("sync")


def people_edit(desk: Desk) -> None:
    """In MLflow two models, on the platform a third."""
    desk.author.set_tag("credit", "purpose", NEW)
    desk.author.set_tag("fraud", "purpose", OTHER)
    desk.officer.patch(desk.record("churn")["id"], allowed_changes=SOME)


def play(desk: Desk, row: Row, patch: pytest.MonkeyPatch) -> None:
    """Tell the row."""
    people_edit(desk)
    row.ail(desk, patch)
    desk.write()
    desk.side.calls.clear()
    desk.side.requests.clear()
    said = desk.run("sync", expect=CODES[row.then])
    _did(desk, row.then)
    assert row.then is not Then.FLOWS or row.says or row.happened is not None, "nothing proves that it ailed"
    assert row.happened is None or row.happened(desk)
    _told(row.says, said)
    if row.then in NEEDS_A_PERSON:
        _stays_so(desk)
    if row.then is not Then.FLOWS:
        _told(row.status, _status(desk, row.then))
    if row.check:
        said = desk.run("check", expect=None)
        assert said.code != 0 or "note" in said.out
        _told(row.check, said)
    patch.undo()
    desk.side.calm()
    desk.write()
    if row.mend is not None:
        row.mend(desk)
    _well_again(desk, row.then)


def _did(desk: Desk, then: Then) -> None:
    """What the cycle wrote on both sides."""
    wrote = [call for call in desk.side.calls if is_write(call)]
    purposes = {name: desk.record(name)["purpose"] for name in ("credit", "fraud")}
    taken = desk.tags("churn").get("grc_allowed_changes", "")
    new = desk.officer.records("models", registry_name=NEWCOMER)
    if then in (Then.FLOWS, Then.LEAVES_OUT):
        assert (purposes, taken) == ({"credit": NEW, "fraud": OTHER}, SOME)
        assert len(new) == (then is Then.FLOWS and desk.registry.model(NEWCOMER) is not None), "once, or not at all"
    elif then in WRITES_THE_REST:
        assert (purposes, taken) == ({"credit": "Scores.", "fraud": OTHER}, SOME)
    elif then in (Then.STOPS, Then.REFUSES):
        assert (purposes, taken, wrote) == ({"credit": "Scores.", "fraud": "Scores."}, "", [])
    assert [desk.record(name)["lifecycle_status"] for name in purposes] == [None] * 2, "nobody is retired"
    for name in ("credit", "fraud", "churn"):
        assert desk.tags(name)["grc_record_id"], "no link is cut"
    assert desk.tags("churn").get("purpose"), "what cannot be read is not taken for empty"


def _stays_so(desk: Desk) -> None:
    """The next cycle still asks for a person, and repeats no write."""
    desk.side.calls.clear()
    said = desk.run("sync", expect=3)
    assert "both sides agree" not in said.out
    if "the last write did not stick" in " ".join(said.out.split()):
        _told(("let the connector's account change the field", "or map the field with writable: false"), said)
    assert [call for call in desk.side.calls if is_write(call)] == []


def _told(words: tuple[str, ...], said: Said) -> None:
    text = " ".join((said.out + said.err).split()).casefold()
    for each in words:
        assert each.casefold() in text, f"{each!r} is not in:\n{said.out}\n{said.err}"


def _status(desk: Desk, then: Then) -> Said:
    """What the database alone tells afterwards."""
    said = desk.run("status")
    if then in (Then.SETS_ASIDE, Then.LEAVES_OUT):
        _told(("1 quarantined case; see: mlflow-grc report reconcile",), said)
    elif then in (Then.STOPS, Then.REFUSES):
        _told(("failed", "Remedy: "), said)
    else:
        _told(("1 failed" if then is Then.FAILS_ALONE else "a person is needed",), said)
    return said


def _well_again(desk: Desk, then: Then) -> None:
    """Whatever was held up flows, what was refused or not kept once it is another; and then there is nothing to do."""
    wanted = NEW, OTHER
    if then in (Then.SETS_ASIDE, Then.HOLDS_BACK):
        wanted = NEWER, NEWER
        for name in ("credit", "fraud"):
            desk.author.set_tag(name, "purpose", NEWER)
    if then is Then.LEAVES_OUT:
        desk.author.set_tag(NEWCOMER, "purpose", NEWER)
    if then is not Then.FLOWS:
        desk.run("sync")
    assert (desk.record("credit")["purpose"], desk.record("fraud")["purpose"]) == wanted
    assert desk.tags("churn")["grc_allowed_changes"] == SOME
    assert then is not Then.LEAVES_OUT or desk.record(NEWCOMER)["purpose"] == NEWER
    assert "Clean: nothing to write, both sides agree." in desk.run("sync").out
