"""The story: its acts in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connector.demo.acts.closing import nothing_left
from connector.demo.acts.conflict import park_and_resolve
from connector.demo.acts.decisions import decide, decisions_return
from connector.demo.acts.drift import put_back
from connector.demo.acts.inventory import first_sync
from connector.demo.acts.requests import ask_and_answer, reply
from connector.demo.events import ActBegan, ActEnded
from connector.demo.stage import Stage
from connector.mlflow_server.author import AuthorError
from connector.mock import GrcError
from connector.model.errors import MlflowGrcError


@dataclass(frozen=True, slots=True)
class Act:
    """A title, a sentence to begin with, and what happens."""

    title: str
    intro: str
    play: Callable[[Stage], None]


ACTS = (
    Act(
        "The first sync creates the inventory",
        "The data scientists have registered their models in MLflow. The GRC's model inventory is empty.",
        first_sync,
    ),
    Act(
        "The model risk officer decides, in the GRC",
        "Model risk works through the new records. Nobody there opens MLflow.",
        decide,
    ),
    Act(
        "The second sync brings the decisions to MLflow",
        "Data scientists and pipelines read them where they work: as tags on models and versions.",
        decisions_return,
    ),
    Act(
        "What the GRC owns cannot be edited in MLflow",
        "Every field has one owner. An edit on the other side is drift: put back, and kept in the audit trail.",
        put_back,
    ),
    Act(
        "Engineers ask and answer from MLflow",
        "A tag on a version asks for an approval; a tag on a model answers a ticket.",
        ask_and_answer,
    ),
    Act(
        "Both sides edit one field, and nobody's words are lost",
        "The purpose of a model is shared: both sides may write it. If they differ, a person decides.",
        park_and_resolve,
    ),
    Act(
        "The GRC replies",
        "The decision and the closed issue travel back.",
        reply,
    ),
    Act(
        "The last sync changes nothing",
        "Nobody has touched anything since.",
        nothing_left,
    ),
)


_BREAKS = (MlflowGrcError, AuthorError, GrcError, LookupError, OSError)
"""What a server, the connector or a missing record may throw into an act; requests' errors are OSErrors."""


def play(stage: Stage, acts: tuple[Act, ...] = ACTS) -> None:
    """Play the acts one after the other; what did not come out as written is in ``stage.failures``.

    An act that breaks off is told as a failed check, and the story ends there.
    """
    for number, act in enumerate(acts, start=1):
        started, failed_before = stage.clock(), len(stage.failures)
        stage.narrator.tell(ActBegan(number, len(acts), act.title, act.intro))
        broken = _play_one(stage, act)
        ok = len(stage.failures) == failed_before
        stage.narrator.tell(ActEnded(number, stage.clock() - started, ok))
        if broken:
            return


def _play_one(stage: Stage, act: Act) -> bool:
    """Whether the act broke off."""
    try:
        act.play(stage)
    except _BREAKS as error:
        stage.check("the act is played to its end", f"{type(error).__name__}: {error}", "")
        return True
    return False
