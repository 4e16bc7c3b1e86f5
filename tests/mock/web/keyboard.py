"""A person who has a keyboard and no mouse: every step is a key, and what has the focus must be seen to have it."""

from __future__ import annotations

from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

_NAME = """
    const e = arguments[0];
    const label = e.labels && e.labels.length ? e.labels[0].textContent : e.textContent;
    return label.replace(/\\s+/g, ' ').trim();
"""
_FARTHEST = 120
"""Stops after which what is looked for is not going to come."""


class Keyboard:
    """Presses keys in the page that the browser shows."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    @property
    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def wait_for_focus(self, identity: str) -> None:
        """Wait until the element with this id has the focus: a link within a page moves it after the key is up."""
        WebDriverWait(self.driver, 20, 0.02).until(lambda _: self.focused.get_attribute("id") == identity)

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, name: str) -> WebElement:
        """Press Tab until the element with this label or text has the focus, which must show."""
        passed = []
        for _ in range(_FARTHEST):
            self.press(Keys.TAB)
            here = self.focused
            passed.append(self.driver.execute_script(_NAME, here))
            if passed[-1] == name or passed[-1].removesuffix(" (optional)") == name:
                assert here.value_of_css_property("outline-style") == "solid", f"the focus on {name} does not show"
                return here
        raise AssertionError(f"Tab never comes to {name!r}, only to {passed}")

    def write(self, label: str, text: str) -> None:
        """Replace what an input holds."""
        self.tab_to(label)
        whole = ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL)
        whole.send_keys(Keys.DELETE, text).perform()

    def choose(self, label: str, option: str) -> None:
        """Choose of a list by typing what the option starts with."""
        select = self.tab_to(label)
        self.press(option)
        chosen = self.driver.execute_script("return arguments[0].selectedOptions[0].textContent", select)
        assert chosen.startswith(option), chosen

    def pick(self, first: str, steps: int) -> None:
        """Choose of a group of buttons the one so many steps below the first."""
        self.tab_to(first)
        self.press(Keys.SPACE, *[Keys.DOWN] * steps)

    def date(self, label: str, iso: str) -> None:
        """Type a date as this browser's language writes it."""
        year, month, day = iso.split("-")
        entry = self.tab_to(label)
        script = "return new Intl.DateTimeFormat(undefined, {dateStyle: 'short'}).format(new Date(2001, 10, 22))"
        month_first = self.driver.execute_script(script).startswith("11")
        self.press(*(month + day if month_first else day + month), *year)
        assert entry.get_attribute("value") == iso

    def go(self, name: str) -> None:
        """Press Enter on a link or a button, and wait for the page that comes."""
        self.tab_to(name)
        self.enter()

    def enter(self) -> None:
        """Press Enter where the focus is, and wait for the page that comes."""
        self.driver.execute_script("document.documentElement.dataset.left = 'yes'")
        self.press(Keys.ENTER)
        WebDriverWait(self.driver, 20, 0.05).until(
            lambda driver: driver.execute_script(
                "return document.documentElement.dataset.left === undefined && document.readyState === 'complete'"
            )
        )
