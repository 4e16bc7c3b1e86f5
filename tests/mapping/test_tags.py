import pytest

from connector.model.tags import Tags, slug


def test_issue_tags_carry_a_slug_of_the_number():
    tags = Tags()
    assert tags.issue("FND-12/ü") == "grc_issue_FND_12__"
    assert tags.response("FND-12") == "grc_response_FND_12"
    assert tags.response_state("FND-12") == "grc_response_FND_12_state"
    assert tags.issue_slug("grc_issue_FND_12") == slug("FND-12")
    assert tags.issue_slug("grc_issues_overdue") is None
    assert tags.issue_slug("grc_open_issues") is None
    assert tags.response_slug("grc_response_FND_12") == "FND_12"
    assert tags.response_slug("grc_response_FND_12_state") is None
    assert tags.issue_slug("grc_issue_") is None


@pytest.mark.parametrize(
    ("key", "people", "connector"),
    [
        ("bank_approval_request", True, False),
        ("bank_response_7", True, False),
        ("bank_response_7_state", False, True),
        ("bank_approval_status", False, True),
        ("bank_something_new", False, True),
        ("purpose", False, False),
        ("grc_approval_status", False, False),
    ],
)
def test_who_writes_a_tag(key, people, connector):
    tags = Tags("bank_")
    assert tags.written_by_people(key) is people
    assert tags.written_by_connector(key) is connector


def test_every_tag_name_starts_with_the_prefix():
    tags = Tags("bank_")
    names = [n for n, v in vars(Tags).items() if isinstance(v, property)]
    assert len(names) >= 18
    assert all(getattr(tags, name) == f"bank_{name}" for name in names)
