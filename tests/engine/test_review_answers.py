"""Answers of engineers to issues, and the tags that show issues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector.model.errors import Rejected
from connector.model.fields import Side
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
