"""The file in headless Chromium: filters, model pages, keyboard, paper, axe, and texts that try to run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from connector.report.html import Source, write_page
from connector.report.rows import Report
from tests.mock.web.browser import DESKTOP, PHONE, chromium, missing, show_as
from tests.report.html import nasty
from tests.report.html.bank import NOW, Portfolio, histories_of, report_of

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser"),
    pytest.mark.timeout(300),
]
NARROWEST, TABLET = (320, 640), (820, 1180)
_AXE = "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])));"
_SHOWN = (
    "return Array.from(document.querySelectorAll(arguments[0])).filter(e => e.checkVisibility()).map(e => e.innerText)"
)
_LINKS = """
    const count = (link) => link.querySelector(".number, .count").textContent;
    const links = Array.from(document.querySelectorAll("#summary .tile, #summary a.cell"));
    const counted = links.filter((link) => !/sort=|status=|issues=/.test(link.hash));
    return counted.map((link) => [link.hash, count(link)]);
"""
_GO = """
    const [file, place] = arguments;
    if (location.href.split("#")[0] !== file || location.hash === place || !place) return false;
    delete document.documentElement.dataset.view;
    location.hash = place;
    return true;
"""
Open = Callable[..., None]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def save(path: Path, *reports: Report) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_page([Source(report, histories_of(report)) for report in reports], stream, NOW)
    return path


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """130 models: more than a page of the list, and more than a parcel."""
    return save(tmp_path_factory.mktemp("bank") / "report.html", report_of(Portfolio(130).material()))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("nasty") / "report.html", nasty.report())


@pytest.fixture
def driver(browser: Chrome) -> Iterator[Chrome]:
    show_as(browser, DESKTOP)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.get_log("browser")
    yield browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.fixture
def show(driver: Chrome) -> Open:
    """Opens a file at a place, and waits until that place is shown."""

    def show(file: Path, place: str = "") -> None:
        moved = driver.execute_script(_GO, file.as_uri(), place)
        if not moved:
            driver.get("about:blank")
            driver.get(file.as_uri() + place)
        _wait(driver, "return document.documentElement.dataset.view !== undefined")

    return show


def shown(driver: Chrome, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in driver.execute_script(_SHOWN, selector)]


def follow(driver: Chrome, selector: str, view: str) -> None:
    """Clicks a link, and waits until the view that it leads to is shown: the address moves before the page does."""
    driver.find_element("css selector", selector).click()
    _wait(driver, f"return document.documentElement.dataset.view === '{view}'")


def names(driver: Chrome) -> list[str]:
    return shown(driver, ".models tbody th a")


def press(driver: Chrome, *keys: str) -> None:
    from tests.mock.web.keyboard import Keyboard

    Keyboard(driver).press(*keys)


def test_the_list_is_filtered_by_text_and_by_what_holds(driver: Chrome, show: Open, bank: Path) -> None:
    from selenium.webdriver.support.ui import Select

    show(bank, "#inventory")
    assert shown(driver, ".total") == ["130 models"]
    assert len(names(driver)) == 50
    driver.find_element("id", "filter-q").send_keys("TREASURY pd")
    found = names(driver)
    assert found
    assert all("treasury" in name and "pd" in name for name in found)
    assert "q=TREASURY+pd" in driver.current_url
    driver.find_element("id", "filter-q").clear()
    driver.find_element("id", "filter-q").send_keys(" ")
    for key, text, column in (("tier", "High", 2), ("production", "Yes, unapproved", 3), ("severity", "Critical", 5)):
        Select(driver.find_element("id", f"filter-{key}")).select_by_visible_text(text)
        cells = shown(driver, f".models tbody td:nth-child({column})")
        assert cells
        assert all(text.replace("Yes, un", "Un").lower() in cell.lower() for cell in cells)
    few = shown(driver, ".total")[0]
    assert few.endswith("of 130 models")
    show(bank, "#" + driver.current_url.partition("#")[2])
    assert shown(driver, ".total") == [few]
    (clear,) = [one for one in driver.find_elements("css selector", ".chips button") if one.text == "Clear all"]
    clear.click()
    assert shown(driver, ".total") == ["130 models"]
    assert driver.current_url.endswith("#inventory")


def test_nothing_found_is_said(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#inventory?q=nobody+has+this")
    assert shown(driver, ".nothing") == ["No model fits these filters."]
    assert shown(driver, ".total") == ["0 of 130 models"]


def test_the_list_is_sorted_by_its_heads_and_shown_in_pages(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#inventory")
    severities = shown(driver, ".models tbody td:nth-child(5)")
    assert "critical" in severities[0]
    head = "document.querySelector('[data-sort=name]')"
    driver.execute_script(f"{head}.click()")
    first = names(driver)
    assert first == sorted(first)
    assert driver.execute_script(f"return {head}.parentElement.ariaSort") == "ascending"
    assert driver.execute_script(f"return document.activeElement === {head}")
    for _ in range(2):
        driver.find_element("xpath", "//nav[@class='pager']//button[.='Next']").click()
    assert shown(driver, ".pager span") == ["Page 3 of 3"]
    assert len(names(driver)) == 30
    driver.execute_script(f"{head}.click()")
    assert names(driver)[0] == max(row for row in json.loads(_index(driver)))


def _index(driver: Chrome) -> str:
    return driver.execute_script(
        "return JSON.stringify(JSON.parse(document.getElementById('index').text).rows.map(r => r[0]))"
    )


def test_the_summary_leads_to_the_models_that_it_counts(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank)
    links = driver.execute_script(_LINKS)
    assert len(links) > 30
    for place, count in links:
        show(bank, place)
        assert shown(driver, ".total")[0].split()[0] == count, place


def test_the_models_of_a_control(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#C01")
    number = int(shown(driver, "#C01 .meta > .small")[0].split()[0])
    follow(driver, "#C01 .more", "inventory")
    assert shown(driver, ".total") == [f"{number} of 130 models"]
    driver.find_element("css selector", ".chip").click()
    assert shown(driver, ".total") == ["130 models"]


def test_a_models_page_tells_both_sides_and_what_led_there(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#inventory?status=differ")
    name = names(driver)[0]
    show(bank, "#m=" + name)
    assert driver.title == f"{name} | Model risk reconciliation"
    assert shown(driver, "#model h1") == [name]
    row = dict(zip(("field", "mlflow", "grc", "owner", "stands"), _first_row(driver), strict=True))
    assert row["field"] == "Purpose"
    assert row["mlflow"] == row["grc"] + " Retail only."
    assert (row["owner"], row["stands"]) == ("shared", "Differs")
    text = driver.find_element("id", "model").text
    for part in (
        "core-banking.applications",
        "Independent validation",
        "Automated gates",
        "first seen",
        "Empty on both sides",
    ):
        assert part in text
    assert len(driver.find_elements("css selector", ".version")) == 2


def _first_row(driver: Chrome) -> list[str]:
    row = driver.find_element("css selector", "[aria-labelledby=model-fields] .compared tbody tr")
    return [cell.text for cell in row.find_elements("css selector", "th, td")]


def test_the_chain_of_approval_is_a_time_line(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#inventory?production=yes&sort=findings&q=fraud")
    show(bank, "#m=" + next(name for name in reversed(names(driver))))
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    steps = shown(driver, ".approval .chain > li")
    assert steps[0].startswith(
        "Independent validation Passed val.brandt@bank.example, Validator, 17 Oct 2026, 10:30 UTC"
    )
    link = driver.find_element("css selector", ".approval .chain a")
    assert link.get_attribute("href") == "https://grc.bank.example/evidence/40"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_the_stages_that_the_tier_needs_and_an_approval_that_ran_out(
    driver: Chrome, show: Open, tmp_path: Path
) -> None:
    made = Portfolio(0)
    ended = {"approval_status": "approved", "approval_expiry": "2026-11-25", "production_aliases": '["champion"]'}
    gates = {"validation_status": "failed", "mlflow:tag:grc_gate_reasons": '["auc 0.7, needs >= 0.8"]'}
    forged = {"mlflow:compliance_review": "approved", "mlflow:approval_status": "approved"}
    made.add("churn", {"risk_classification": "medium"}, [forged, {**ended, **gates}])
    file = save(tmp_path / "report.html", report_of(made.material()))
    show(file, "#m=churn")
    assert shown(driver, ".stages li") == [
        "Automated gates Failed next",
        "Independent validation not needed",
        "Compliance review not recorded",
        "Business sign-off not needed",
        "Approval Expired",
    ]
    assert shown(driver, ".approval > .small")[:2] == [
        "Medium tier needs automated gates and compliance review. Next: automated gates.",
        "What keeps the automated gates from passing: auc 0.7, needs >= 0.8.",
    ]
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    rest = ["Compliance review not recorded", "Business sign-off not needed", "Approval Not submitted"]
    assert shown(driver, ".stages li")[7:] == rest


def test_a_model_that_is_not_there(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#m=%E0%A4%A")
    assert shown(driver, "#model h1") == ["No such model"]


def test_by_keyboard_alone(driver: Chrome, show: Open, bank: Path) -> None:
    from selenium.webdriver import Keys

    from tests.mock.web.keyboard import Keyboard

    show(bank)
    keyboard = Keyboard(driver)
    keyboard.press(Keys.TAB)
    assert keyboard.focused.text == "Skip to the content"
    keyboard.tab_to("Inventory")
    keyboard.press(Keys.ENTER)
    _wait(driver, "return document.documentElement.dataset.view === 'inventory'")
    assert shown(driver, "#inventory h1") == ["Inventory"]
    assert keyboard.focused.get_attribute("id") == "inventory-title"
    keyboard.write("Name, owner, business line or record", "cards")
    keyboard.choose("Tier", "Medium")
    name = names(driver)[0]
    keyboard.tab_to(name)
    keyboard.press(Keys.ENTER)
    _wait(driver, "return document.activeElement.id === 'model-title'")
    assert driver.title.startswith(name)
    driver.back()
    _wait(driver, "return document.documentElement.dataset.view === 'inventory'")
    assert driver.find_element("id", "filter-q").get_attribute("value") == "cards"
    assert names(driver)[0] == name


def _wait(driver: Chrome, script: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, 20, 0.02).until(lambda browser: browser.execute_script(script))


def test_without_scripts_the_findings_can_be_read(driver: Chrome, bank: Path) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(bank.as_uri())
    text = driver.find_element("tag name", "main").text
    assert "Under champion, and its approval is pending" in text
    assert "need JavaScript, which is off" in text
    assert "Models by business line and tier" in text


def places(report: Report) -> list[str]:
    controls = sorted({each.control for each in report.findings})
    pages = [quote(model.name, safe="") for model in report.inventory.models][:12]
    return ["", "#findings", *(f"#{one}" for one in controls), "#inventory", *(f"#m={one}" for one in pages)]


@pytest.mark.parametrize("size", [DESKTOP, TABLET, NARROWEST], ids=str)
def test_nothing_runs_out_of_the_window_nor_runs_at_all(driver: Chrome, show: Open, hostile: Path, size) -> None:
    show_as(driver, size)
    wide = {}
    for place in places(nasty.report()):
        show(hostile, place)
        driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        width = driver.execute_script("return document.documentElement.scrollWidth")
        if width > size[0]:
            wide[place] = width
        assert driver.execute_script("return window.hit === undefined")
        assert driver.find_elements("css selector", "img, [onerror], a[href^='javascript']") == []
    assert wide == {}
    assert driver.get_log("browser") == []


def test_hostile_names_lead_to_their_pages(driver: Chrome, show: Open, hostile: Path) -> None:
    for name in nasty.NAMES:
        show(hostile, "#inventory?" + "q=" + quote(name.split()[0]))
        links = driver.find_elements("css selector", ".models tbody th a")
        (link,) = [one for one in links if one.get_property("textContent") == name]
        driver.get(link.get_attribute("href"))
        _wait(driver, "return document.documentElement.dataset.view === 'model'")
        assert driver.find_element("css selector", "#model h1").get_property("textContent") == name
        findings = driver.find_elements("css selector", ".found .of a")
        assert any(one.get_attribute("href") == link.get_attribute("href") for one in findings) or not findings


def test_nothing_is_asked_of_the_network(driver: Chrome, show: Open, bank: Path) -> None:
    for place in places(report_of(Portfolio(130).material())):
        show(bank, place)
        asked = driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")
        assert asked == []
    assert driver.get_log("browser") == []


@pytest.mark.skipif(
    find_spec("axe_playwright_python") is None, reason="no axe-core: pip install --no-deps axe-playwright-python"
)
@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop-light", "phone-dark"])
def test_axe_finds_nothing(driver: Chrome, show: Open, tmp_path: Path, hostile: Path, size, *, dark: bool) -> None:
    (folder,) = find_spec("axe_playwright_python").submodule_search_locations
    axe = (Path(folder) / "axe.min.js").read_text(encoding="utf-8")
    show_as(driver, size, dark=dark)
    few = report_of(Portfolio(12).material())
    small = save(tmp_path / "report.html", few)
    critical = next(each.model for each in few.findings)
    calm = ["", "#findings", "#inventory", "#inventory?q=nothing", f"#m={critical}"]
    found = {}
    for file, place in [*((small, one) for one in calm), (hostile, f"#m={quote(nasty.CLOSING, safe='')}")]:
        show(file, place)
        driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        if not driver.execute_script("return 'axe' in window"):
            driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
        violations = driver.execute_async_script(_AXE)
        if violations:
            found[place] = violations
    assert found == {}


def test_on_paper_there_is_everything_and_no_buttons(driver: Chrome, show: Open, bank: Path) -> None:
    show(bank, "#inventory?sort=name")
    driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert len(names(driver)) == 130
    assert shown(driver, "input, select, nav a, .pager button") == []
    driver.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert len(names(driver)) == 50
    show(bank)
    driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert driver.execute_script("return document.querySelectorAll('#findings details:not([open])').length") == 0
    assert shown(driver, "#findings-title") == ["Findings"]
    assert driver.execute_script("return getComputedStyle(document.body).color") == "rgb(17, 17, 17)"
    printed = driver.print_page()
    assert printed.startswith("JVBER")


def test_several_connections_stand_in_one_file(driver: Chrome, show: Open, tmp_path: Path) -> None:
    report = report_of(Portfolio(3).material())
    file = save(tmp_path / "report.html", report, replace(report, connection="second"))
    show(file, "#inventory?connection=second")
    assert shown(driver, ".total") == ["3 of 6 models"]
    follow(driver, ".models tbody th a", "model")
    assert "second" in shown(driver, "#model .facts")[0]
