"""Issues of the GRC in MLflow, and the engineer's answers on the ticket: no number of their own in the list of
scenarios, but interrupted as thoroughly as any.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.scenarios.conftest import Play
from tests.scenarios.scene import Scene
from tests.scenarios.story import Act, story
from tests.scenarios.test_fields import credit, untouched
from tests.simulators.base import Verb


def raise_two(scene: Scene) -> None:
    record = scene.record("credit")["id"]
    version = scene.version_record("credit")["id"]
    scene.officer.raise_issue("Thin files", severity="High", model=record, due_date="2026-03-01")
    scene.officer.raise_issue("No fairness test", severity="Critical", version=version, due_date="2026-06-30")


def number(scene: Scene, at: int = 0) -> str:
    """An issue's number as it stands in a tag."""
    return re.sub("[^A-Za-z0-9]", "_", scene.officer.records("issues")[at]["number"])


def test_issues_are_shown_closed_and_reopened(play: Play) -> None:
    def shown(scene: Scene, _: Any) -> None:
        tags, version = scene.tags("credit"), scene.tags("credit", "1")
        first, second = f"grc_issue_{number(scene)}", f"grc_issue_{number(scene, 1)}"
        assert json.loads(tags[first])["title"] == "Thin files"
        assert json.loads(tags[first])["severity"] == "high"
        assert (tags["grc_open_issues"], tags["grc_issues_overdue"]) == ("2", "1")
        assert (tags["grc_max_issue_severity"], tags["grc_next_remediation_due"]) == ("critical", "2026-03-01")
        assert (second in tags, second in version, first in version) == (True, True, False)
        assert version["grc_open_issues"] == "1"
        assert scene.grc_writes == []

    def close(scene: Scene) -> None:
        scene.officer.close_issue(scene.officer.records("issues")[0]["id"])

    def gone(scene: Scene, _: Any) -> None:
        tags = scene.tags("credit")
        assert f"grc_issue_{number(scene)}" not in tags
        assert (tags["grc_open_issues"], tags["grc_issues_overdue"]) == ("1", "0")
        assert tags["grc_next_remediation_due"] == "2026-06-30"

    def reopen(scene: Scene) -> None:
        scene.officer.reopen_issue(scene.officer.records("issues")[0]["id"])

    acts = (Act(raise_two, shown), Act(close, gone), Act(reopen, shown))
    play(story(*acts, given=credit))


def test_an_answer_is_posted_once(play: Play) -> None:
    def answer(scene: Scene) -> None:
        scene.tag(f"grc_response_{number(scene)}", "Retrained without them; see run 17.")

    def posted(scene: Scene, _: Any) -> None:
        issue = scene.officer.records("issues")[0]["id"]
        (comment,) = scene.officer.comments(issue)
        assert "Retrained without them; see run 17." in comment["text"]
        assert "via MLflow" in comment["text"]
        assert scene.tags("credit")[f"grc_response_{number(scene)}_state"].startswith("posted ")
        assert [call.verb for call in scene.grc_writes] == [Verb.COMMENT]

    def lost(scene: Scene) -> None:
        scene.lose_state()

    def another(scene: Scene) -> None:
        scene.tag(f"grc_response_{number(scene)}", "And validated.")

    def both(scene: Scene, _: Any) -> None:
        issue = scene.officer.records("issues")[0]["id"]
        assert len(scene.officer.comments(issue)) == 2

    def the_first_again(scene: Scene, _: Any) -> None:
        comments = scene.officer.comments(scene.officer.records("issues")[0]["id"])
        assert len(comments) == 3
        assert "Retrained without them; see run 17." in comments[-1]["text"]

    again = Act(answer, the_first_again)
    acts = (Act(raise_two), Act(answer, posted), Act(lost, untouched), Act(another, both), again)
    play(story(*acts, given=credit))


def test_an_answer_whose_posting_is_not_answered(play: Play) -> None:
    def answer(scene: Scene) -> None:
        scene.grc.faults.add("cut", method=Verb.COMMENT, when="after")
        scene.tag(f"grc_response_{number(scene)}", "Retrained.")

    def check(scene: Scene, _: Any) -> None:
        assert len(scene.officer.comments(scene.officer.records("issues")[0]["id"])) == 1
        assert [call.verb for call in scene.grc_writes] == [Verb.COMMENT]
        assert scene.tags("credit")[f"grc_response_{number(scene)}_state"].startswith("posted ")

    play(story(Act(raise_two), Act(answer, check), given=credit))


def test_issues_that_cannot_be_listed_take_no_tag_away(play: Play) -> None:
    def edit(scene: Scene) -> None:
        scene.grc.faults.add("status", method=Verb.LIST, path="issues", count=None)

    play(story(Act(raise_two), Act(edit, untouched, exit_code=3), given=credit))


def test_issues_that_were_deleted_lose_their_tags(play: Play) -> None:
    def edit(scene: Scene) -> None:
        for issue in scene.officer.records("issues"):
            scene.officer.delete(issue["id"])

    def check(scene: Scene, _: Any) -> None:
        assert {key for key in scene.tags("credit") if key.startswith("grc_issue_")} == set()
        assert scene.tags("credit")["grc_open_issues"] == "0"

    play(story(Act(raise_two), Act(edit, check), given=credit))
