"""Comments are work notes, appended once; where nobody can tell whether one stands, none is appended."""

import pytest

from connector.model.errors import AccessDenied, OutcomeUnknown, Rejected
from connector.model.grc import Comment
from tests.adapters.servicenow.platform import make_adapter, options
from tests.simulators.servicenow.access import Access
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.store import JOURNAL
from tests.simulators.servicenow.tenant import ISSUES


@pytest.fixture
def issue(simulator):
    return simulator.store.create(ISSUES, {"short_description": "Drift"}, ADMIN)["sys_id"]


def notes(simulator):
    return [row["value"] for row in simulator.store.rows(JOURNAL)]


def by_column(column="description", **more):
    """Marks of what was posted stand in a column of the issue."""
    section = options()
    section["tables"]["issue"]["comments"] = {"token_field": column, **more}
    return section


def blind(simulator, **more):
    simulator.access[CONNECTOR] = Access(hidden_tables={JOURNAL}, **more)


def test_a_comment_is_a_work_note_with_its_token(simulator, adapter, issue):
    adapter.comment(issue, "We retrain in May.", "r7:c0ffee")
    assert notes(simulator) == ["[mlflow-grc:r7:c0ffee] We retrain in May."]


def test_where_the_journal_is_hidden_nothing_is_posted(simulator, adapter, issue):
    simulator.store.update(ISSUES, issue, {"work_notes": "by hand"}, ADMIN)
    blind(simulator)
    with pytest.raises(AccessDenied) as caught:
        adapter.comment(issue, "text", "t")
    assert "token_field" in caught.value.remedy
    assert notes(simulator) == ["by hand"]


def test_where_the_journal_hides_the_notes_of_other_issues_alone_nothing_is_posted(simulator, adapter, issue):
    """This issue has none, as far as is shown; that nothing at all is shown tells that it may have."""
    other = simulator.store.create(ISSUES, {}, ADMIN)["sys_id"]
    simulator.store.update(ISSUES, other, {"work_notes": "by hand"}, ADMIN)
    blind(simulator)
    with pytest.raises(AccessDenied, match="Nothing is posted"):
        adapter.comment(issue, "text", "t")
    assert notes(simulator) == ["by hand"]


def test_marks_in_a_column_do_without_the_journal(simulator, monkeypatch, issue):
    blind(simulator)
    with make_adapter(simulator, monkeypatch, by_column()) as adapter:
        posted = adapter.comment(issue, "first", "t1")
        adapter.comment(issue, "second", "odd ]/% token")
        assert adapter.comment(issue, "first", "t1") == posted
        assert [comment.token for comment in adapter.comments(issue)] == ["t1", "odd ]/% token"]
    with make_adapter(simulator, monkeypatch, by_column()) as another:
        assert another.comment(issue, "first", "t1") == posted
    assert len(notes(simulator)) == 2


def test_a_mark_and_its_note_stand_together_or_not_at_all(simulator, monkeypatch, issue):
    blind(simulator)
    simulator.faults.add("cut", method="update", when="after", length=0)
    with make_adapter(simulator, monkeypatch, by_column()) as adapter:
        with pytest.raises(OutcomeUnknown):
            adapter.comment(issue, "text", "t")
        assert adapter.comment(issue, "text", "t").token == "t"
    assert len(notes(simulator)) == 1


def test_a_full_column_lets_go_of_the_oldest_marks(simulator, monkeypatch, issue):
    with make_adapter(simulator, monkeypatch, by_column(token_field_length=8)) as adapter:
        for token in ("aaa", "bbb", "ccc"):
            adapter.comment(issue, "text", token)
        assert [comment.token for comment in adapter.comments(issue)] == ["bbb", "ccc"]


def test_a_column_that_cannot_be_read_marks_nothing(simulator, monkeypatch, issue):
    blind(simulator, hidden_columns={("task", "description"), (ISSUES, "description")})
    with make_adapter(simulator, monkeypatch, by_column()) as adapter, pytest.raises(AccessDenied, match="description"):
        adapter.comment(issue, "text", "t")
    assert notes(simulator) == []


def test_a_note_of_a_person_is_told_with_its_author_and_time(simulator, adapter, issue, clock):
    simulator.store.update(ISSUES, issue, {"work_notes": "Please explain.\r\nSoon."}, ADMIN)
    (found,) = adapter.comments(issue)
    admin = next(row for row in simulator.store.rows("sys_user") if row["user_name"] == ADMIN)
    assert found == Comment(found.id, "Please explain.\nSoon.", admin["email"], "2026-03-02T09:00:00Z", None)


def test_additional_comments_where_they_are_wanted(simulator, monkeypatch, issue):
    section = options()
    section["tables"]["issue"]["comments"] = {"field": "comments"}
    with make_adapter(simulator, monkeypatch, section) as adapter:
        adapter.comment(issue, "text", "t")
        assert [row["element"] for row in simulator.store.rows(JOURNAL)] == ["comments"]
        simulator.store.update(ISSUES, issue, {"work_notes": "internal"}, ADMIN)
        assert [comment.token for comment in adapter.comments(issue)] == ["t"]


@pytest.mark.parametrize("issue_id", ["x", "a^ORactive=true", "../sys_user"])
def test_what_is_no_id_is_no_question(simulator, adapter, issue_id):
    with pytest.raises(Rejected):
        adapter.comments(issue_id)
    assert simulator.calls == []


def test_without_the_section_there_are_no_comments(simulator, monkeypatch, issue):
    section = options()
    del section["tables"]["issue"]["comments"]
    with make_adapter(simulator, monkeypatch, section) as adapter, pytest.raises(Rejected):
        adapter.comment(issue, "text", "t")
