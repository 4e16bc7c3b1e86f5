"""The pages in headless Chromium: a working day by keyboard alone, the layout, and axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connector.mock import MockGrc
from tests.mock.web.bank import AUDITOR, OFFICER, OWNER, Bank, fill, fill_nastily
from tests.mock.web.browser import DESKTOP, PHONE, chromium, missing, show_as

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser"),
    pytest.mark.timeout(300),
]
NARROWEST, TABLET, SMALL = (320, 640), (820, 1180), (1160, 700)
_AXE = "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])));"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def driver(browser: Chrome) -> Iterator[Chrome]:
    show_as(browser, DESKTOP)
    yield browser
    browser.delete_all_cookies()


@pytest.fixture
def keyboard(driver: Chrome):
    from tests.mock.web.keyboard import Keyboard

    return Keyboard(driver)


@pytest.fixture
def sign_in(driver: Chrome, mock: MockGrc, visitor) -> Callable[[str], None]:
    """Puts a person's session into the browser."""

    def sign_in(email: str) -> None:
        driver.get(f"{mock.url}/ui/sign-in")
        for cookie in visitor(email).session.cookies:
            driver.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/"})

    return sign_in


def texts(driver: Chrome, selector: str) -> list[str]:
    from selenium.webdriver.common.by import By

    return [" ".join(one.text.split()) for one in driver.find_elements(By.CSS_SELECTOR, selector)]


def test_a_working_day_by_keyboard_alone(driver, keyboard, mock, bank, clock):
    """Sign in, filter, open, approve with conditions and an end, re-tier, raise an issue, edit it, close it, and see
    it all in the history.
    """
    driver.get(mock.url)
    keyboard.write("Token", mock.tokens[OFFICER])
    keyboard.enter()
    assert driver.title == "Model inventory | Mock GRC"

    keyboard.write("Name or purpose", "small firms")
    keyboard.go("Show")
    assert "q=small+firms" in driver.current_url
    assert texts(driver, "tbody th") == ["sme-pd"]
    keyboard.go("sme-pd")

    keyboard.go("Decide on version 10")
    keyboard.pick("Approve", 1)
    keyboard.write("Conditions", "Monthly monitoring")
    keyboard.date("Approved until", "2027-03-31")
    keyboard.go("Save the decision")
    assert texts(driver, "[role=status]") == ["Version 10 is now: Approved with Conditions."]
    version = mock.store.row(bank.version["id"])
    assert (version["approved_by"], version["conditions"]) == (OFFICER, "Monthly monitoring")
    assert version["approval_expiry"] == "2027-03-31"

    keyboard.go("sme-pd")
    keyboard.go("Change the tier")
    keyboard.choose("Risk tier", "1 - Critical")
    keyboard.write("Reason for the tier", "The book doubled.")
    keyboard.go("Save the tier")
    assert texts(driver, "[role=status]") == ["The tier is 1 - Critical."]
    assert mock.store.row(bank.model["id"])["tier"] == "1 - Critical"

    keyboard.go("Raise an issue")
    keyboard.write("Title", "Data gap")
    keyboard.choose("Severity", "High")
    keyboard.date("Due", "2026-06-30")
    keyboard.choose("Assignee", "Helena Costa")
    keyboard.go("Raise the issue")
    issue = mock.store.rows("issues")[-1]
    assert (issue["title"], issue["severity"], issue["assignee"]) == ("Data gap", "High", OWNER)

    keyboard.go("Edit the issue")
    keyboard.write("Title", "Data gap in 2025")
    keyboard.go("Save the issue")
    keyboard.go("Close the issue")
    keyboard.write("Comment", "Filled")
    keyboard.go("Save the state")
    assert texts(driver, "[role=status]") == [f"Issue {issue['number']} is now: Closed."]
    issue = mock.store.row(issue["id"])
    assert (issue["title"], issue["state"], issue["due_date"]) == ("Data gap in 2025", "Closed", "2026-06-30")

    keyboard.go("sme-pd")
    told = texts(driver, ".history > li > p")
    at = "31 Mar 2026, 12:00 UTC: Rita Okafor"
    assert told[:5] == [
        f"{at} changed issue {issue['number']}",
        f"{at} changed issue {issue['number']}",
        f"{at} created issue {issue['number']}",
        f"{at} changed this record",
        f"{at} changed version 10",
    ]
    keyboard.go("Sign out")
    assert driver.title == "Sign in | Mock GRC"


def test_the_first_stop_skips_to_the_content(driver, keyboard, sign_in, mock, bank):
    from selenium.webdriver import Keys

    sign_in(OFFICER)
    driver.get(f"{mock.url}/ui/models")
    keyboard.press(Keys.TAB)
    assert keyboard.focused.text == "Skip to the content"
    assert keyboard.focused.rect["x"] >= 0
    keyboard.press(Keys.ENTER)
    keyboard.wait_for_focus("content")


def test_the_problems_have_the_focus_and_lead_to_their_inputs(driver, keyboard, sign_in, mock, bank):
    from selenium.webdriver import Keys

    sign_in(OFFICER)
    driver.get(f"{mock.url}/ui/versions/{bank.version['id']}/decide")
    keyboard.pick("Approve", 1)
    keyboard.write("Comment", "kept")
    keyboard.go("Save the decision")
    assert driver.title.startswith("Error: ")
    assert keyboard.focused.get_attribute("class") == "errors"
    keyboard.press(Keys.TAB)
    assert keyboard.focused.text == "Enter the conditions."
    keyboard.press(Keys.ENTER)
    keyboard.wait_for_focus("in-conditions")
    assert mock.store.row(bank.version["id"]) == bank.version


def test_a_date_that_is_half_typed_is_not_sent_as_none(driver, keyboard, sign_in, mock, bank):
    from selenium.webdriver import Keys

    sign_in(OFFICER)
    driver.get(f"{mock.url}/ui/versions/{bank.version['id']}/decide")
    keyboard.pick("Approve", 0)
    keyboard.tab_to("Approved until")
    keyboard.press("12")
    keyboard.tab_to("Save the decision")
    keyboard.press(Keys.ENTER)
    keyboard.wait_for_focus("in-expiry")
    assert mock.store.row(bank.version["id"]) == bank.version


def pages_of(bank: Bank) -> list[str]:
    model, version, issue = bank.model["id"], bank.version["id"], bank.issue["id"]
    return [
        *(f"/ui/models/{model}{rest}" for rest in ("", "/edit", "/tier", "/raise-issue", "/history")),
        *(f"/ui/versions/{version}{rest}" for rest in ("", "/decide", "/reviews")),
        *(f"/ui/issues/{issue}{rest}" for rest in ("", "/edit", "/state")),
    ]


@pytest.mark.parametrize("size", [DESKTOP, SMALL, TABLET, PHONE, NARROWEST], ids=str)
def test_nothing_runs_out_of_the_window(driver, sign_in, mock, size):
    paths = ["/ui/models", "/ui/issues", "/ui/nope", *pages_of(fill(mock)), *pages_of(fill_nastily(mock))]
    sign_in(OFFICER)
    show_as(driver, size)
    wide = {}
    for path in paths:
        driver.get(mock.url + path)
        driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        width = driver.execute_script("return document.documentElement.scrollWidth")
        if width > size[0]:
            wide[path] = width
    assert wide == {}
    said = [entry["message"] for entry in driver.get_log("browser")]
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.mark.skipif(
    find_spec("axe_playwright_python") is None, reason="no axe-core: pip install --no-deps axe-playwright-python"
)
@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop-light", "phone-dark"])
def test_axe_finds_nothing(driver, sign_in, mock, bank, size, dark):
    (folder,) = find_spec("axe_playwright_python").submodule_search_locations
    axe = (Path(folder) / "axe.min.js").read_text(encoding="utf-8")
    sign_in(OFFICER)
    show_as(driver, size, dark=dark)
    found = {}
    for path in ["/ui/models", "/ui/issues", "/ui/nope", *pages_of(bank), f"/records/{fill_nastily(mock).model['id']}"]:
        driver.get(mock.url + path)
        driver.execute_script(axe)
        violations = driver.execute_async_script(_AXE)
        if violations:
            found[path] = violations
    assert found == {}


def test_an_auditors_pages_have_no_dead_ends(driver, keyboard, sign_in, mock, bank):
    from selenium.webdriver.common.by import By

    sign_in(AUDITOR)
    driver.get(f"{mock.url}/records/{bank.model['id']}")
    assert driver.find_elements(By.CSS_SELECTOR, "main button, main form, main .button") == []
