"""The pages in headless Chromium: signing in and deciding by keyboard alone, both schemes, a narrow phone, and axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connector.audit import AuditFilter
from connector.model.fields import Side
from connector.server.service import Service
from connector.state import SqliteStore
from tests.mock.web.browser import DESKTOP, chromium, missing, show_as
from tests.server.bank import TOKENS

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser"),
    pytest.mark.timeout(300),
]
NARROW = (360, 740)
PAGES = ("/status", "/runs", "/conflicts", "/withheld", "/quarantine", "/findings", "/audit", "/sign-in", "/nowhere")
_AXE = "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])));"
_TOO_WIDE = """
    return [...document.querySelectorAll('body *')].filter(e => !e.closest('.hidden, thead, .skip')
        && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120));
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def driver(browser: Chrome) -> Iterator[Chrome]:
    show_as(browser, DESKTOP)
    yield browser
    browser.delete_all_cookies()


def told(driver: Chrome) -> str:
    from selenium.webdriver.common.by import By

    return driver.find_element(By.CSS_SELECTOR, ".note").text


def test_a_person_signs_in_and_decides_by_keyboard_alone(driver: Chrome, site: Service, filled: SqliteStore) -> None:
    """Sign in, answer a conflict, approve one withheld operation and then the rest, and see it in the trail."""
    from selenium.webdriver.common.by import By

    from tests.mock.web.keyboard import Keyboard

    keyboard = Keyboard(driver)
    driver.get(f"{site.url}/sign-in?next=/conflicts")
    keyboard.write("Token", TOKENS["Maria Silva"])
    keyboard.go("Sign in")
    assert (driver.title, told(driver)) == ("Conflicts | mlflow-grc", "You are signed in as Maria Silva.")

    keyboard.go("Take the GRC's purpose of credit")
    assert told(driver) == "Purpose of credit is answered as the GRC has it. The next cycle carries it out."
    (answer,) = filled.resolutions("bank")
    assert (answer.take, answer.by) == (Side.GRC, "Maria Silva")
    keyboard.go("Withheld")
    keyboard.go("Approve Retire record of old-2")
    assert told(driver).startswith("1 operation is approved for 24 hours.")
    keyboard.go("Approve all 1 of bank")
    assert {approval.by for approval in filled.approvals("bank", site.readings.take().health.at)} == {"Maria Silva"}
    keyboard.go("Audit")
    driver.get(f"{site.url}/audit?action=approved")
    assert {cell.text for cell in driver.find_elements(By.CSS_SELECTOR, "[data-label=Who]")} == {"Maria Silva"}
    assert len(list(filled.audit(AuditFilter(action="resolved")))) == 1
    keyboard.go("Sign out")
    driver.get(f"{site.url}/conflicts")
    assert driver.find_elements(By.CSS_SELECTOR, "main button") == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_is_wider_than_a_phone_and_axe_finds_nothing(
    driver: Chrome, site: Service, visitor: Callable, dark: bool
) -> None:
    person = visitor(site)
    person.sign_in()
    axe = axe_script()
    driver.get(f"{site.url}/sign-in")
    for cookie in person.session.cookies:
        driver.add_cookie({"name": cookie.name, "value": cookie.value, "path": "/"})
    found = {}
    for path in PAGES:
        for size in (DESKTOP, NARROW):
            show_as(driver, size, dark=dark)
            driver.get(site.url + path)
            found[path, size, "wide"] = driver.execute_script(_TOO_WIDE)
        if axe:
            driver.execute_script(axe)
            found[path, "axe"] = driver.execute_async_script(_AXE)
    assert {where: what for where, what in found.items() if what} == {}
    log = [one for one in driver.get_log("browser") if one["level"] in ("WARNING", "SEVERE")]
    messages = [one["message"] for one in log if "/nowhere" not in one["message"]]
    assert messages == []


def axe_script() -> str:
    """The checks of axe, where the package that has them is there; the structure of pages is tested without it."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.submodule_search_locations is None:
        return ""
    (folder,) = spec.submodule_search_locations
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")
