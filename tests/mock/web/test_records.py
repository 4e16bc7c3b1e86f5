"""The pages of a model and of a version, and their history."""

import pytest

from connector.mock.catalog import KINDS
from connector.mock.web.words import groups, label
from tests.mock.web.bank import AUDITOR, OFFICER, OWNER, SERVICE


def section(page, title):
    (found,) = [one for one in page.all("section") if one.all("h2", "h3")[:1] and one.all("h2", "h3")[0].text == title]
    return found


def history(page):
    return [item.one("p").text for item in page.one("ol", class_="history").all("li")]


@pytest.mark.parametrize("kind", ["models", "versions", "issues"])
def test_every_field_is_shown_once_under_a_name_of_its_own(kind):
    shown = [spec.name for group in groups(kind) for spec in group.specs]
    elsewhere = {"approval_chain", "model", "version", "number", "title"}
    assert sorted([*shown, *elsewhere & set(KINDS[kind].fields)]) == sorted(KINDS[kind].fields)
    labels = [label(name) for name in shown]
    assert len(set(labels)) == len(labels)
    assert not [text for text in labels if "_" in text or text[0].islower()]
    assert "Further fields" not in [group.title for group in groups(kind)]


def test_a_field_that_no_group_names_is_shown_all_the_same(monkeypatch):
    from connector.mock.schema import FieldSpec, Kind

    fields = {**KINDS["models"].fields, "carbon_cost": FieldSpec("carbon_cost")}
    monkeypatch.setitem(KINDS, "models", Kind("models", "MDL", fields))
    assert [(group.title, group.specs[0].name) for group in groups("models")][-1] == ("Further fields", "carbon_cost")
    assert label("carbon_cost") == "Carbon cost"


def test_a_model_in_the_officers_words(officer_page, bank):
    page = officer_page.get(f"/ui/models/{bank.model['id']}")
    assert page.one("title").text == "sme-pd | Mock GRC"
    facts = page.facts()
    assert facts["Model owner"] == f"Helena Costa {OWNER}"
    assert facts["Limitations"] == "no start-ups EU only"
    assert facts["Registered"] == "1 Jan 2026, 00:00 UTC"
    assert facts["Reviewer"] == "Not stated"
    versions = section(page, "Versions").rows()
    assert [row[0] for row in versions] == ["Version 10", "Version 9"]
    assert section(page, "Issues").rows() == [
        ["FND-1001", "Backtest is late", "Critical", "Open", "1 Mar 2026 overdue", "Helena Costa"]
    ]


def test_a_version_shows_its_decisions_and_figures(officer_page, officer, bank):
    officer.decide(bank.version["id"], "conditional", conditions="Monthly.", expiry="2026-12-31", comment="As agreed")
    page = officer_page.get(f"/ui/versions/{bank.version['id']}")
    assert page.one("h1").text == "sme-pd, version 10"
    decision = [
        "1",
        "Approved with Conditions",
        "Rita Okafor Model Risk Officer",
        "31 Mar 2026, 12:00 UTC",
        "As agreed",
    ]
    assert section(page, "Decisions").rows() == [decision]
    facts = page.facts()
    assert (facts["Approved until"], facts["Conditions of the approval"]) == ("31 Dec 2026", "Monthly.")
    assert facts["auc"] == "0.81"
    older = officer_page.get(f"/ui/versions/{bank.older['id']}")
    assert "Nobody has decided" in section(older, "Decisions").text


def test_the_history_of_a_model_tells_who_changed_what_from_what_to_what(officer_page, officer, bank, clock):
    clock.forward(days=1)
    officer_page.sign_in(OFFICER)
    officer.patch(bank.model["id"], tier="1 - Critical", tier_confirmed_on="2026-04-01")
    officer.patch(bank.issue["id"], severity="Low")
    page = officer_page.get(f"/ui/models/{bank.model['id']}")
    assert history(page) == [
        "1 Apr 2026, 12:00 UTC: Rita Okafor changed issue FND-1001",
        "1 Apr 2026, 12:00 UTC: Rita Okafor changed this record",
        "31 Mar 2026, 12:00 UTC: Rita Okafor created issue FND-1001",
        "31 Mar 2026, 12:00 UTC: MLflow connector service account created version 10",
        "31 Mar 2026, 12:00 UTC: MLflow connector service account created version 9",
        "31 Mar 2026, 12:00 UTC: MLflow connector service account created this record",
    ]
    entry = page.one("ol", class_="history").all("li")[1]
    assert entry.rows() == [
        ["Risk tier", "2 - High", "1 - Critical"],
        ["Tier confirmed on", "nothing", "1 Apr 2026"],
    ]


def test_a_decision_in_the_history_reads_as_a_sentence_would(officer_page, officer, bank):
    officer.decide(bank.version["id"], "approved")
    page = officer_page.get(f"/ui/versions/{bank.version['id']}")
    decided = {row[0]: row[2] for row in page.one("ol", class_="history").all("li")[0].rows()}
    assert decided["Decisions so far"] == (
        "step: 1, name: Rita Okafor, role: Model Risk Officer, time: 31 Mar 2026, 12:00 UTC, decision: Approved"
    )


def test_a_version_that_is_not_approved_has_no_end_to_state(officer_page, officer, bank):
    officer.decide(bank.older["id"], "approved")
    page = officer_page.get(f"/ui/models/{bank.model['id']}")
    until = {row[0]: row[2] for row in page.all("table")[0].rows()}
    assert until == {"Version 10": "Not approved", "Version 9": "No end stated"}


def test_a_long_history_is_cut_and_the_whole_of_it_comes_in_pages(officer_page, officer, bank):
    for number in range(40):
        officer.patch(bank.version["id"], framework=f"v{number}")
    page = officer_page.get(f"/ui/versions/{bank.version['id']}")
    assert len(history(page)) == 10
    page = officer_page.get(page.links()["Whole history (41 entries)"])
    assert page.one("p", class_="count").text == "Entries 1 to 25 of 41, newest first."
    page = officer_page.get(page.one("nav", aria_label="Pages").links()["Next page"])
    assert history(page)[-1].endswith("created this record")
    assert len(history(page)) == 16


def test_what_was_deleted_or_moved_stays_in_the_history(officer_page, officer, bank, mock):
    mock.grc.touch(bank.model["id"], mock.grc.directory.user("admin@bank.example"))
    mock.grc.reid(bank.model["id"], mock.grc.directory.user("admin@bank.example"), "MDL7")
    page = officer_page.get("/ui/models/MDL7")
    assert [text.rpartition(": ")[2] for text in history(page)][:2] == [
        "Platform Administration gave another id to this record",
        "Platform Administration touched this record",
    ]
    officer.delete("MDL7")
    officer_page.get("/ui/models/MDL7", 404)
    version = officer_page.get(f"/ui/versions/{bank.version['id']}")
    assert version.one("h1").text == "sme-pd, version 10"
    officer_page.get(f"/ui/issues/{bank.issue['id']}")


@pytest.mark.parametrize(
    ("registry", "told", "link"),
    [
        ("bank", "", None),
        ("bank", "http://mlflow.example:5000/", "http://mlflow.example:5000/#/models/sme%2Fpd%20x"),
        ("https://m.example", "", "https://m.example/#/models/sme%2Fpd%20x"),
        ("javascript:alert(1)", "", None),
        (None, "http://mlflow.example", "http://mlflow.example/#/models/sme%2Fpd%20x"),
    ],
)
def test_the_link_to_mlflow_where_it_is_known(officer_page, officer, bank, mock, registry, told, link):
    mock.mlflow_url = told
    officer.patch(bank.model["id"], registry=registry, registry_name="sme/pd x")
    officer.patch(bank.version["id"], registry=registry, registry_name="sme/pd x")
    assert officer_page.get(f"/ui/models/{bank.model['id']}").links().get("Open in MLflow") == link
    version = officer_page.get(f"/ui/versions/{bank.version['id']}").links().get("Open in MLflow")
    assert version == (f"{link}/versions/10" if link else None)


@pytest.mark.parametrize("path", ["models/{model}", "versions/{version}", "issues/{issue}"])
def test_the_address_that_mlflow_carries_leads_to_the_records_page(officer_page, bank, path):
    ids = {"model": bank.model["id"], "version": bank.version["id"], "issue": bank.issue["id"]}
    expected = f"/ui/{path}".format(**ids)
    officer_page.get(f"/records/{expected.rpartition('/')[2]}")
    assert officer_page.path == expected


@pytest.mark.parametrize(
    "path",
    [
        "/ui/nope",
        "/ui/models/MDL9",
        "/ui/models/VER0001001",
        "/ui/versions/MDL0001001",
        "/records/MDL9",
        "/records/APR0001001",
        "/records/USR0001001",
        "/ui/users/USR0001001/history",
        "/ui/models/MDL9/tier",
        "/ui/static/nope.css",
    ],
)
def test_what_is_not_there_has_a_page_that_says_so(officer_page, path):
    page = officer_page.get(path, 404)
    assert page.one("h1").text == "Page not found"
    assert page.links()["Go to the inventory"] == "/ui/models"
    assert page.one("header").all("nav")


def test_an_auditor_reads_everything_and_finds_no_button(visitor, bank):
    auditor = visitor(AUDITOR)
    for record in (bank.model, bank.version, bank.issue):
        page = auditor.get(f"/records/{record['id']}")
        assert not page.one("main").all("form")
        assert not page.all("ul", class_="tasks")
        assert not [text for text in page.links() if text.startswith(("Decide", "Edit", "Change", "Raise"))]
        assert "Your role, Auditor, reads this record and does not change it." in page.text


def test_a_developer_comments_and_does_nothing_else(visitor, bank):
    developer = visitor("data.scientist@bank.example")
    page = developer.get(f"/ui/issues/{bank.issue['id']}")
    assert [button.text for button in page.one("main").all("button")] == ["Add the comment"]
    assert not page.all("ul", class_="tasks")
    assert not developer.get(f"/ui/models/{bank.model['id']}").all("ul", class_="tasks")


def test_a_validator_edits_and_does_not_decide(visitor, bank):
    validator = visitor("validator@bank.example")
    tasks = validator.get(f"/ui/versions/{bank.version['id']}").one("ul", class_="tasks").links()
    assert list(tasks) == ["Record reviews", "Raise an issue"]
    page = validator.get(f"/ui/versions/{bank.version['id']}/decide", 403)
    assert page.one("h1").text == "You may not do this"
    assert "your role is Independent Validator" in page.text


def test_the_connector_is_recognised_in_history_and_comments(officer_page, mock, bank):
    mock.as_user(SERVICE).comment(bank.issue["id"], "via MLflow, author not known: fixed")
    page = officer_page.get(f"/ui/issues/{bank.issue['id']}")
    (comment,) = page.one("ol", class_="comments").all("li")
    assert comment.text == (
        "MLflow connector service account, 31 Mar 2026, 12:00 UTC via MLflow, author not known: fixed"
    )
    assert OFFICER not in comment.text
