"""A comment is posted once, however often it is asked for."""

from __future__ import annotations

import pytest

from adapters.base import Adapter, Capability
from adapters.conformance.platform import Contract, Platform
from connector.model.errors import OutcomeUnknown, Rejected

TOKEN = "r7:c0ffee"  # noqa: S105 - a mark, not a secret


class CommentContract(Contract):
    """``comment`` and ``comments``"""

    @pytest.fixture
    def issue(self, adapter: Adapter, platform: Platform) -> str:
        """An issue that can be commented on."""
        issue_id = platform.seed_issue()
        if Capability.COMMENTS not in adapter.capabilities or issue_id is None:
            pytest.skip("no comments")
        return issue_id

    def test_without_the_capability_a_comment_is_rejected(self, adapter: Adapter) -> None:
        if Capability.COMMENTS in adapter.capabilities:
            pytest.skip("has comments")
        with pytest.raises(Rejected):
            adapter.comment("1", "text", TOKEN)

    def test_a_comment_is_found_again_by_its_token(self, adapter: Adapter, issue: str) -> None:
        assert list(adapter.comments(issue)) == []
        posted = adapter.comment(issue, 'We retrain in May: 5 < 6 & "so on"', TOKEN)
        (found,) = adapter.comments(issue)
        assert found == posted
        assert (found.text, found.token) == ('We retrain in May: 5 < 6 & "so on"', TOKEN)

    def test_a_comment_is_posted_once(self, adapter: Adapter, platform: Platform, issue: str) -> None:
        first = adapter.comment(issue, "text", TOKEN)
        assert adapter.comment(issue, "text", TOKEN) == first
        with platform.adapter() as another:
            assert another.comment(issue, "text", TOKEN) == first
        assert len(adapter.comments(issue)) == 1

    def test_comments_differ_by_token_and_come_oldest_first(self, adapter: Adapter, issue: str) -> None:
        tokens = ["t1", "t2", "odd ]/% token", "t4"]
        for token in tokens:
            adapter.comment(issue, "the same text", token)
        assert [comment.token for comment in adapter.comments(issue)] == tokens

    def test_comments_of_people_have_no_token(self, adapter: Adapter, platform: Platform, issue: str) -> None:
        if not platform.seed_comment(issue, "Please explain."):
            pytest.skip("no comments behind the adapter's back")
        adapter.comment(issue, "Explained.", TOKEN)
        assert [(one.text, one.token) for one in adapter.comments(issue)] == [
            ("Please explain.", None),
            ("Explained.", TOKEN),
        ]

    def test_a_comment_whose_answer_is_lost_is_posted_once(
        self, adapter: Adapter, platform: Platform, issue: str
    ) -> None:
        if not platform.lose_answer():
            pytest.skip("answers cannot be lost on demand")
        with pytest.raises(OutcomeUnknown):
            adapter.comment(issue, "text", TOKEN)
        adapter.comment(issue, "text", TOKEN)
        assert [comment.token for comment in adapter.comments(issue)] == [TOKEN]
