"""Issues: raising, editing, closing, commenting, and the list of all."""

import pytest

from tests.mock.web.bank import OFFICER, OWNER
from tests.mock.web.conftest import note, summary


@pytest.fixture
def path(bank):
    return f"/ui/issues/{bank.issue['id']}"


def test_raise_an_issue_on_a_model(officer_page, mock, bank):
    form = officer_page.get(officer_page.get(f"/ui/models/{bank.model['id']}").links()["Raise an issue"])
    page = officer_page.submit(
        form, title="Data gap", severity="High", due_date="2026-06-30", assignee=OWNER, remediation_plan="Fill it"
    )
    row = mock.store.rows("issues")[-1]
    assert officer_page.path == f"/ui/issues/{row['id']}"
    assert note(page) == "Issue FND-1002 was raised."
    assert (row["title"], row["severity"], row["state"], row["due_date"]) == ("Data gap", "High", "Open", "2026-06-30")
    assert (row["model"], row["version"], row["assignee"]) == (bank.model["id"], None, OWNER)
    assert (row["remediation_plan"], row["created_by"]) == ("Fill it", OFFICER)


def test_raise_an_issue_on_a_version(officer_page, mock, bank):
    link = officer_page.get(f"/ui/versions/{bank.version['id']}").links()["Raise an issue"]
    form = officer_page.get(link)
    assert officer_page.form(form).values["version"] == bank.version["id"]
    options = [one.text for one in form.one("select", name="version").all("option")]
    assert options == ["The whole model", "Version 10", "Version 9"]
    officer_page.submit(form, title="Only here", severity="Low")
    row = mock.store.rows("issues")[-1]
    assert (row["model"], row["version"]) == (bank.model["id"], bank.version["id"])
    page = officer_page.get(f"/ui/versions/{bank.version['id']}")
    assert "Only here" in page.text


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, {"title": "Enter the title.", "severity": "Choose the severity."}),
        ({"title": "x" * 501, "severity": "Low"}, {"title": "Title has 501 characters, 500 at most."}),
        ({"title": "x", "severity": "Low", "due_date": "2026"}, {"due_date": "Due must be a date such as 2026-03-31."}),
        (
            {"title": "x", "severity": "Low", "version": "VER9"},
            {"version": "Concerns is not the id of one of the versions."},
        ),
    ],
)
def test_what_an_issue_needs(officer_page, mock, bank, values, errors):
    page = officer_page.get(f"/ui/models/{bank.model['id']}/raise-issue")
    page = officer_page.submit(page, 422, description="kept", **values)
    assert page.errors() == errors
    assert summary(page) == list(errors.values())
    assert officer_page.form(page).values["description"] == "kept"
    assert len(mock.store.rows("issues")) == 1


def test_edit_an_issue(officer_page, mock, bank, path):
    form = officer_page.get(officer_page.get(path).links()["Edit the issue"])
    assert officer_page.form(form).values["title"] == "Backtest is late"
    officer_page.submit(form, title="Backtest is missing", due_date="", version=bank.older["id"])
    row = mock.store.row(bank.issue["id"])
    assert (row["title"], row["due_date"], row["version"]) == ("Backtest is missing", None, bank.older["id"])
    assert row["severity"] == "Critical"


def test_close_reopen_and_accept(officer_page, mock, bank, path):
    page = officer_page.submit(officer_page.get(officer_page.get(path).links()["Close the issue"]), comment="Done")
    assert note(page) == "Issue FND-1001 is now: Closed."
    row = mock.store.row(bank.issue["id"])
    assert (row["state"], row["closed"][:10]) == ("Closed", "2026-03-31")
    assert [one["text"] for one in mock.grc.comments(row["id"])] == ["Done"]
    assert list(page.one("ul", class_="tasks").links()) == ["Edit the issue", "Open the issue again"]
    again = officer_page.get(page.links()["Open the issue again"])
    assert officer_page.submit(again, 422).errors() == {"comment": "Say why the issue is opened again."}
    page = officer_page.submit(again, comment="It came back")
    assert (mock.store.row(row["id"])["state"], mock.store.row(row["id"])["closed"]) == ("Open", None)
    accept = officer_page.get(page.links()["Accept the risk"])
    assert officer_page.submit(accept, 422).errors() == {"comment": "Say why the risk is accepted."}
    officer_page.submit(accept, comment="Small book")
    assert mock.store.row(row["id"])["state"] == "Risk Accepted"
    assert [one["text"] for one in mock.grc.comments(row["id"])] == ["Done", "It came back", "Small book"]


@pytest.mark.parametrize("state", ["In Remediation", "Pending Validation"])
def test_other_states(officer_page, mock, bank, path, state):
    officer_page.submit(officer_page.get(officer_page.get(path).links()["Change the state"]), state=state)
    assert mock.store.row(bank.issue["id"])["state"] == state


def test_the_state_it_has_already_is_no_change(officer_page, path):
    page = officer_page.submit(officer_page.get(f"{path}/state"), 422, state="Open")
    assert page.errors() == {"state": "The issue's state is Open already."}


def test_comment(officer_page, mock, bank, path):
    page = officer_page.submit(officer_page.get(path), text="First line\r\nsecond")
    assert note(page) == "Your comment was added."
    (comment,) = mock.grc.comments(bank.issue["id"])
    assert (comment["author"], comment["text"]) == (OFFICER, "First line\nsecond")
    page = officer_page.submit(page, 422, text=" ")
    assert page.errors() == {"text": "Write the comment first."}
    assert len(mock.grc.comments(bank.issue["id"])) == 1


def test_a_comment_that_is_too_long_is_refused_and_kept(officer_page, mock, bank, path):
    long = "x" * 32_001
    page = officer_page.submit(officer_page.get(path), 422, text=long)
    assert page.errors() == {"text": "The comment has 32,001 characters, 32,000 at most."}
    assert officer_page.form(page).values["text"] == long
    page = officer_page.submit(officer_page.get(f"{path}/state"), 422, state="Closed", comment=long)
    assert page.errors() == {"comment": "Comment has 32,001 characters, 32,000 at most."}
    assert (mock.store.row(bank.issue["id"])["state"], mock.grc.comments(bank.issue["id"])) == ("Open", [])


@pytest.fixture
def issues(officer, bank):
    """Three issues beside the overdue one."""
    officer.raise_issue("Documentation", severity="Low", model=bank.model["id"], due_date="2026-03-31")
    closed = officer.raise_issue("Old", severity="High", model=bank.model["id"], due_date="2020-01-01")
    officer.close_issue(closed["id"])
    officer.raise_issue("Loose", severity="Moderate", version=bank.version["id"], assignee=OFFICER)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Backtest is late", "Documentation", "Loose"]),
        ("state=all&sort=number", ["Backtest is late", "Documentation", "Old", "Loose"]),
        ("state=Closed", ["Old"]),
        ("overdue=yes", ["Backtest is late"]),
        ("severity=Low", ["Documentation"]),
        (f"assignee={OWNER}", ["Backtest is late"]),
        ("q=sme-pd", ["Backtest is late", "Documentation", "Loose"]),
        ("q=fnd-1004", ["Loose"]),
        ("sort=-severity", ["Backtest is late", "Loose", "Documentation"]),
        ("sort=title", ["Backtest is late", "Documentation", "Loose"]),
        ("sort=-due", ["Documentation", "Backtest is late", "Loose"]),
        ("sort=assignee", ["Backtest is late", "Loose", "Documentation"]),
    ],
)
def test_the_list(officer_page, issues, query, expected):
    page = officer_page.get(f"/ui/issues?{query}")
    assert [row[1] for row in page.rows()] == expected
    assert "3 open, of which 1 overdue." in page.text


def test_an_empty_list_says_how_to_see_more(officer_page, issues, visitor):
    page = officer_page.get("/ui/issues?q=nonsense")
    assert page.one("p", class_="count").text == "No issue fits; there are 4 in all."
    assert page.one("p", class_="empty").links() == {"Clear the filters": "/ui/issues"}


def test_a_list_without_any(mock, visitor):
    page = visitor(OFFICER).get("/ui/issues")
    assert page.one("p", class_="empty").links() == {"Show the closed ones too": "/ui/issues?state=all"}
    assert page.one("p", class_="count").text == "No issue fits."
