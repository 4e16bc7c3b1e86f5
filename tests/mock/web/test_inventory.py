"""The inventory: what a line says, filters, order, pages, and ten thousand models."""

import pytest

from connector.mock import MockGrc
from tests.mock.web.bank import OWNER, fill


def names(page):
    return [row[0] for row in page.rows()]


def count(page):
    return page.one("p", class_="count").text


def line(page, name):
    heads = [cell.text.rstrip("▲▼") for cell in page.one("thead").all("th")]
    return dict(zip(heads, next(row for row in page.rows() if row[0] == name), strict=True))


def test_a_line_says_where_a_model_stands(officer_page):
    page = officer_page.get("/ui/models")
    assert line(page, "sme-pd") == {
        "Model": "sme-pd",
        "Risk tier": "2 - High not confirmed",
        "Lifecycle": "In Use",
        "Owner": "Helena Costa",
        "Approval": "Not Submitted version 10, newest",
        "Open issues": "1",
        "Worst": "Critical",
        "Overdue": "1 overdue",
        "Last change": "31 Mar 2026",
    }
    assert line(page, "card-fraud")["Approval"] == "Approved version 4, in production lapsed"
    empty = line(page, "chat-helper")
    assert (empty["Risk tier"], empty["Owner"], empty["Worst"]) == ("Not stated", "Nobody", "None")
    assert (empty["Open issues"], empty["Overdue"]) == ("0", "0")


def test_the_version_that_counts_is_the_governed_one_then_production_then_the_newest(officer_page, officer, bank):
    officer.patch(bank.older["id"], production_aliases=["champion"])
    assert line(officer_page.get("/ui/models"), "sme-pd")["Approval"].endswith("version 9, in production")
    officer.patch(bank.model["id"], governed_version="10")
    assert line(officer_page.get("/ui/models"), "sme-pd")["Approval"].endswith("version 10, governed")


def test_a_newer_version_that_waits_is_not_hidden_by_the_one_in_production(officer_page, officer, bank):
    officer.patch(bank.older["id"], production_aliases=["champion"])
    officer.patch(bank.version["id"], approval_status="Pending Approval")
    page = officer_page.get("/ui/models?pending=yes")
    assert names(page) == ["sme-pd"]
    approval = line(page, "sme-pd")["Approval"]
    assert approval == "Not Submitted version 9, in production version 10 waits for a decision"
    assert page.links()["version 10"] == f"/ui/versions/{bank.version['id']}"


def test_what_is_in_production_without_an_approval_that_holds_stands_out(officer_page, officer, bank):
    officer.patch(bank.older["id"], production_aliases=["champion"])
    page = officer_page.get("/ui/models?unapproved=yes")
    assert names(page) == ["card-fraud", "sme-pd"]
    assert "bad" in next(node for node in page.all("span") if node.text == "Not Submitted").attrs["class"]
    page = officer_page.get(f"/ui/versions/{bank.older['id']}")
    assert "In production without an approval that holds. Alias in MLflow: champion." in page.text
    officer.decide(bank.older["id"], "conditional", conditions="Monthly")
    assert names(officer_page.get("/ui/models?unapproved=yes")) == ["card-fraud"]
    assert not officer_page.get(f"/ui/versions/{bank.older['id']}").all("div", class_="notice")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=SME", ["sme-pd"]),
        ("q=small+firms", ["sme-pd"]),
        ("q=mdl0001003", ["ifrs9-lgd"]),
        ("tier=3+-+Medium", ["ifrs9-lgd"]),
        ("tier=none", ["chat-helper"]),
        ("status=In+Review", ["card-fraud"]),
        ("status=none", ["chat-helper", "ifrs9-lgd"]),
        (f"owner={OWNER}", ["ifrs9-lgd", "sme-pd"]),
        ("owner=none", ["card-fraud", "chat-helper"]),
        ("approval=Approved", ["card-fraud"]),
        ("overdue=yes", ["sme-pd"]),
        ("unconfirmed=yes", ["card-fraud", "sme-pd"]),
        (f"owner={OWNER}&tier=2+-+High&q=firms&overdue=yes", ["sme-pd"]),
        ("q=&tier=&owner=", ["card-fraud", "chat-helper", "ifrs9-lgd", "sme-pd"]),
        ("unknown=1", ["card-fraud", "chat-helper", "ifrs9-lgd", "sme-pd"]),
    ],
)
def test_filters(officer_page, query, expected):
    assert names(officer_page.get(f"/ui/models?{query}")) == expected


def test_the_filters_of_the_address_stand_in_the_form_and_in_every_link(officer_page):
    page = officer_page.get(f"/ui/models?q=firms&owner={OWNER}&overdue=yes&sort=-tier")
    form = page.one("form", role="search")
    assert form.one("input", name="q").attrs["value"] == "firms"
    assert [one.attrs["value"] for one in form.one("select", name="owner").all("option", selected="")] == [OWNER]
    assert "checked" in form.one("input", name="overdue").attrs
    assert [one.attrs["value"] for one in form.one("select", name="sort").all("option", selected="")] == ["-tier"]
    links = page.one("thead").links()
    assert links["Owner"] == "/ui/models?q=firms&owner=head.retail%40bank.example&overdue=yes&sort=owner"
    assert page.links()["Clear the filters"] == "/ui/models"
    assert count(page) == "Models 1 to 1 of 1 that fit; 4 in the inventory."


def test_choices_tell_how_many_models_they_have(officer_page):
    page = officer_page.get("/ui/models")
    tiers = [option.text for option in page.one("select", name="tier").all("option")]
    assert tiers == ["Any", "1 - Critical (1)", "2 - High (1)", "3 - Medium (1)", "4 - Low (0)", "Not stated (1)"]
    owners = [option.text for option in page.one("select", name="owner").all("option")]
    assert owners == ["Any", "Helena Costa (2)", "Not stated (2)"]


def test_nothing_fits(officer_page):
    page = officer_page.get("/ui/models?q=nonsense&sort=tier")
    assert not page.all("table")
    assert count(page) == "None of the 4 models fits."
    empty = page.one("p", class_="empty")
    assert empty.text == "No model fits these filters. Clear the filters to see all 4."
    assert empty.links() == {"Clear the filters": "/ui/models"}


def test_there_is_no_model_yet(visitor):
    page = visitor("risk.officer@bank.example").get("/ui/models")
    assert count(page) == "The inventory is empty."
    assert "mlflow-grc sync" in page.one("p", class_="empty").text


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["card-fraud", "chat-helper", "ifrs9-lgd", "sme-pd"]),
        ("-name", ["sme-pd", "ifrs9-lgd", "chat-helper", "card-fraud"]),
        ("tier", ["card-fraud", "sme-pd", "ifrs9-lgd", "chat-helper"]),
        ("-tier", ["ifrs9-lgd", "sme-pd", "card-fraud", "chat-helper"]),
        ("lifecycle", ["card-fraud", "sme-pd", "ifrs9-lgd", "chat-helper"]),
        ("-issues", ["sme-pd", "card-fraud", "ifrs9-lgd", "chat-helper"]),
        ("-severity", ["sme-pd", "card-fraud", "ifrs9-lgd", "chat-helper"]),
        ("overdue", ["card-fraud", "ifrs9-lgd", "chat-helper", "sme-pd"]),
        ("approval", ["sme-pd", "card-fraud", "ifrs9-lgd", "chat-helper"]),
        ("nonsense", ["card-fraud", "chat-helper", "ifrs9-lgd", "sme-pd"]),
    ],
)
def test_order_and_what_has_no_value_stands_last(officer_page, sort, expected):
    page = officer_page.get(f"/ui/models?sort={sort}")
    assert names(page) == expected


def test_a_heading_turns_its_order_round_and_says_how_it_is(officer_page):
    page = officer_page.get("/ui/models?sort=tier")
    (sorted_by,) = [cell for cell in page.one("thead").all("th") if "aria-sort" in cell.attrs]
    assert (sorted_by.text, sorted_by.attrs["aria-sort"]) == ("Risk tier▲", "ascending")
    page = officer_page.get(sorted_by.one("a").attrs["href"])
    (sorted_by,) = [cell for cell in page.one("thead").all("th") if "aria-sort" in cell.attrs]
    assert sorted_by.attrs["aria-sort"] == "descending"
    assert page.one("thead").links()["Overdue"] == "/ui/models?sort=-overdue"


def test_the_last_change_counts_to_the_moment(officer_page, officer, clock, bank):
    clock.forward(seconds=1)
    officer.patch(bank.model["id"], purpose="new")
    assert names(officer_page.get("/ui/models?sort=-changed"))[0] == "sme-pd"


def test_ten_thousand_models_come_in_pages(mock: MockGrc, visitor):
    bank = fill(mock)
    data = mock.grc.dump()
    data["records"]["models"] = [
        {**bank.model, "id": f"MDL{number:07}", "registry_name": f"m{number:05}", "tier": "4 - Low"}
        for number in range(10_000)
    ]
    data["records"]["versions"] = [
        {**bank.version, "id": f"VER{number:07}", "model": f"MDL{number:07}"} for number in range(10_000)
    ]
    data["records"]["issues"] = []
    mock.grc.load(data)
    who = visitor("risk.officer@bank.example")
    page = who.get("/ui/models?tier=4+-+Low&sort=-name")
    assert count(page) == "Models 1 to 50 of 10,000 that fit; 10,000 in the inventory."
    assert names(page)[0] == "m09999"
    pager = page.one("nav", aria_label="Pages")
    assert pager.text == "Page 1 of 200 Next page"
    page = who.get(pager.links()["Next page"])
    assert names(page) == [f"m{number:05}" for number in range(9949, 9899, -1)]
    assert page.one("nav", aria_label="Pages").links() == {
        "Previous page": "/ui/models?tier=4+-+Low&sort=-name",
        "Next page": "/ui/models?tier=4+-+Low&sort=-name&page=3",
    }
    for word in ("200", "201", "99999999"):
        assert names(who.get(f"/ui/models?page={word}"))[-1] == "m09999"
    for word in ("0", "-1", "x", "٣", "9" * 30):
        assert names(who.get(f"/ui/models?page={word}"))[0] == "m00000"
