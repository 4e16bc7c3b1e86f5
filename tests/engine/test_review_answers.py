"""Answers of engineers to issues, and the tags that show issues."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from connector.model.errors import Rejected
from connector.model.fields import Entity, Side
from connector.model.grc import Record
from connector.model.policy import Policy
from tests.engine.review import calm, credit, refusing, sent, settled
from tests.engine.test_machine import InProcessWorld

Make = Callable[..., InProcessWorld]


def issue(world: InProcessWorld, **more: Any) -> Any:
    return world.officer.raise_issue("Drift", model=world.record("credit")["id"], **more)


def answer(world: InProcessWorld, raised: Any, text: str = "Retrained") -> str:
    slug = raised["number"].replace("-", "_")
    world.author.set_tag("credit", f"grc_response_{slug}", text)
    return f"grc_response_{slug}_state"


def test_a_refused_answer_is_not_called_posted_and_not_sent_again(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = issue(quick)
    state = answer(quick, raised)
    refusing(quick, "comment", Rejected("the ticket is locked"))
    assert quick.sync().exit_code == 3
    assert not quick.tags("credit")[state].startswith("posted")
    calls = sent(quick)
    assert quick.sync().exit_code == 3
    assert sent(quick) == calls
    calm(quick)
    answer(quick, raised, "Retrained on 2026 data")
    settled(quick)
    assert len(quick.officer.comments(raised["id"])) == 1
    assert quick.tags("credit")[state].startswith("posted")


def test_no_answer_is_posted_where_the_grc_is_only_read(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = issue(quick)
    state = answer(quick, raised)
    quick.policy = Policy(read_only=frozenset({Side.GRC}))
    quick.sync()
    assert quick.officer.comments(raised["id"]) == []
    assert state not in quick.tags("credit")


def test_a_saved_plan_with_an_answer_holds_until_it_is_applied(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = issue(quick)
    state = answer(quick, raised)
    saved = quick.plan()
    result = quick.sync(only=saved)
    assert result.stale == ()
    assert len(quick.officer.comments(raised["id"])) == 1
    assert quick.tags("credit")[state].startswith("posted")


def test_a_model_full_of_tags_comes_to_rest_within_the_limit(quick: InProcessWorld) -> None:
    own = {f"bank_{number}": "x" for number in range(36)}
    credit(quick, **own)
    settled(quick)
    for number in range(12):
        issue(quick, due_date=f"2026-05-{number + 1:02}")
    quick.officer.patch(
        quick.record("credit")["id"],
        allowed_changes="none",
        tier_override_reason="because",
        model_owner="risk.officer@bank.example",
        tier="2 - High",
    )
    quick.sync()
    assert len(quick.tags("credit")) <= 50
    calls = sent(quick)
    quick.sync()
    assert sent(quick) == calls


def test_issues_pushed_out_by_more_severe_ones_do_not_trip_the_fuse(quick: InProcessWorld) -> None:
    for number in range(8):
        quick.author.create_model(f"m{number}")
    settled(quick)
    records = [quick.record(f"m{number}")["id"] for number in range(8)]
    for record in records:
        for _ in range(20):
            quick.officer.raise_issue("Old", model=record, severity="Low")
    settled(quick)
    for record in records:
        quick.officer.raise_issue("New", model=record, severity="Critical")
    result = quick.sync()
    assert [words for words in result.plan.fuses if "tags" in words] == []


def test_an_issue_of_a_version_alone_is_shown_on_version_and_model(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = quick.officer.create(
        "issues", title="Drift", severity="High", version=quick.version_record("credit")["id"]
    )
    settled(quick)
    tag = f"grc_issue_{raised['number'].replace('-', '_')}"
    assert tag in quick.tags("credit", "1")
    assert tag in quick.tags("credit")


def test_a_text_that_was_answered_before_is_posted_again_after_another(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = issue(quick)
    for text in ("Retrained", "Withdrawn", "Retrained"):
        state = answer(quick, raised, text)
        settled(quick)
        assert quick.tags("credit")[state].startswith("posted ")
    posted = [comment["text"] for comment in quick.officer.comments(raised["id"])]
    assert [text.split("\n")[0] for text in posted] == ["Retrained", "Withdrawn", "Retrained"]


def test_what_became_of_an_answer_is_known_without_the_state_or_the_tag(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = issue(quick)
    for text in ("Retrained", "Withdrawn", "Retrained"):
        state = answer(quick, raised, text)
        settled(quick)
    told = quick.tags("credit")[state]
    quick.author.delete_tag("credit", state)
    settled(quick)
    quick.lose_state()
    settled(quick)
    assert quick.tags("credit")[state] == told
    assert len(quick.officer.comments(raised["id"])) == 3


def test_an_answer_that_was_refused_leaves_the_one_before_it_posted(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = issue(quick)
    state = answer(quick, raised, "Retrained")
    settled(quick)
    posted = quick.tags("credit")[state]
    refusing(quick, "comment", Rejected("the ticket is locked"))
    answer(quick, raised, "Withdrawn")
    quick.sync()
    assert quick.tags("credit")[state].startswith("not posted: the GRC refused it")
    calls = sent(quick)
    quick.sync()
    assert sent(quick) == calls
    calm(quick)
    answer(quick, raised, "Retrained")
    settled(quick)
    assert quick.tags("credit")[state] == posted
    assert len(quick.officer.comments(raised["id"])) == 1


def test_an_answer_stays_posted_whatever_becomes_of_its_issue(quick: InProcessWorld) -> None:
    credit(quick)
    quick.author.create_model("other")
    settled(quick)
    raised = issue(quick)
    state = answer(quick, raised)
    settled(quick)
    posted = quick.tags("credit")[state]
    quick.officer.patch(raised["id"], model=quick.record("other")["id"])
    settled(quick)
    assert quick.tags("credit")[state] == posted
    quick.officer.delete(raised["id"])
    settled(quick)
    assert quick.tags("credit")[state] == posted
    answer(quick, raised, "Another text")
    result = quick.sync()
    assert quick.tags("credit")[state].startswith("not posted: no such issue on this model")
    assert [remark.topic for remark in result.plan.remarks] == ["answer"]


def test_an_answer_on_the_version_that_shows_the_issue_is_posted(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = quick.officer.create(
        "issues", title="Drift", severity="High", version=quick.version_record("credit")["id"]
    )
    settled(quick)
    key = f"grc_response_{raised['number'].replace('-', '_')}"
    quick.author.set_tag("credit", key, "Retrained", "1")
    settled(quick)
    (comment,) = quick.officer.comments(raised["id"])
    assert comment["text"].startswith("Retrained")
    assert quick.tags("credit", "1")[f"{key}_state"].startswith("posted ")
    quick.author.set_tag("credit", key, "Retrained")
    settled(quick)
    assert len(quick.officer.comments(raised["id"])) == 1
    assert quick.tags("credit")[f"{key}_state"].startswith("posted ")


def test_an_answer_that_came_along_with_a_copied_version_is_not_posted(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    raised = quick.officer.create(
        "issues", title="Drift", severity="High", version=quick.version_record("credit")["id"]
    )
    settled(quick)
    key = f"grc_response_{raised['number'].replace('-', '_')}"
    quick.author.set_tag("credit", key, "Retrained", "1")
    settled(quick)
    quick.author.create_version("credit")
    for copied, value in quick.tags("credit", "1").items():
        quick.author.set_tag("credit", copied, value, "2")
    settled(quick)
    assert len(quick.officer.comments(raised["id"])) == 1
    assert quick.tags("credit", "2")[f"{key}_state"] == "not posted: no such issue on this version"


def numbered_alike(world: InProcessWorld) -> tuple[Any, Any]:
    """Two issues whose numbers MLflow's tags cannot tell apart: a critical one and, raised later, a low one."""
    credit(world)
    settled(world)
    severe, slight = issue(world, severity="Critical"), issue(world, severity="Low")
    numbers = {severe["id"]: "MRM-7", slight["id"]: "MRM.7"}
    records = world.adapter.records

    def numbered(entity: Entity, since: str | None = None) -> Iterator[Record]:
        for record in records(entity, since):
            number = numbers.get(record.id)
            yield replace(record, values={**record.values, "number": number}) if number else record

    world.adapter.records = numbered  # type: ignore[method-assign]
    return severe, slight


def test_of_two_issues_with_one_tag_the_more_severe_is_shown(quick: InProcessWorld) -> None:
    numbered_alike(quick)
    settled(quick)
    tags = quick.tags("credit")
    assert json.loads(tags["grc_issue_MRM_7"])["severity"] == "critical"
    assert (tags["grc_open_issues"], tags["grc_issues_overflow"]) == ("2", "1 more in the GRC")


def test_an_answer_that_may_mean_two_open_issues_is_posted_on_neither(quick: InProcessWorld) -> None:
    severe, slight = numbered_alike(quick)
    quick.author.set_tag("credit", "grc_response_MRM_7", "Retrained")
    result = quick.sync()
    assert quick.officer.comments(severe["id"]) == quick.officer.comments(slight["id"]) == []
    told = quick.tags("credit")["grc_response_MRM_7_state"]
    assert told == "not posted: it may mean MRM-7 or MRM.7; answer in the GRC"
    assert [remark.topic for remark in result.plan.remarks] == ["answer"]


def test_an_answer_goes_to_the_open_issue_rather_than_to_a_closed_one(quick: InProcessWorld) -> None:
    severe, slight = numbered_alike(quick)
    quick.officer.close_issue(slight["id"])
    quick.author.set_tag("credit", "grc_response_MRM_7", "Retrained")
    settled(quick)
    assert (len(quick.officer.comments(severe["id"])), quick.officer.comments(slight["id"])) == (1, [])
