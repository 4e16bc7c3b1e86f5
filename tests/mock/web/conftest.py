"""People in front of the pages, and the records that they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from connector.mock import MockGrc
from tests.mock.web.bank import OFFICER, Bank, fill
from tests.mock.web.html import Form, Node, form_of, parse


class Visitor:
    """Somebody with a browser that has cookies and no scripts. Paths are below the server's address."""

    def __init__(self, mock: MockGrc) -> None:
        self.mock = mock
        self.session = requests.Session()
        self.session.trust_env = False
        self.status = 0
        self.path = ""

    def request(self, method: str, path: str, **options) -> requests.Response:
        return self.session.request(method, self.mock.url + path, timeout=20, **options)

    def get(self, path: str, status: int = 200) -> Node:
        return self._shown(self.request("GET", path), status)

    def post(self, path: str, status: int = 200, **values: str) -> Node:
        return self._shown(self.request("POST", path, data=values), status)

    def submit(self, page: Node, status: int = 200, *, button: str | None = None, **values: str) -> Node:
        """Fill the form of the page's main part and send it; after a redirect the page that it leads to."""
        form = self.form(page, button)
        unknown = set(values) - {node.attrs.get("name") for node in form.node}
        assert not unknown, f"the form has no {unknown}"
        return self.post(form.action, status, **{**form.values, **values})

    @staticmethod
    def form(page: Node, button: str | None = None) -> Form:
        forms = [one for one in page.one("main").all("form") if one.attrs["method"] == "post"]
        chosen = [one for one in forms if button is None or button in [found.text for found in one.all("button")]]
        assert len(chosen) == 1, f"{len(chosen)} forms"
        return form_of(chosen[0])

    def sign_in(self, email: str) -> Node:
        page = self.get("/ui/sign-in")
        return self.submit(page, person=email, token=self.mock.tokens[email])

    def _shown(self, response: requests.Response, status: int) -> Node:
        assert response.status_code == status, f"{response.status_code}: {response.text[:2000]}"
        self.path = response.url.removeprefix(self.mock.url)
        return parse(response.text)


@pytest.fixture
def bank(mock: MockGrc) -> Bank:
    return fill(mock)


@pytest.fixture
def visitor(mock: MockGrc) -> Iterator[Callable[[str | None], Visitor]]:
    """Makes a visitor, signed in as the user with this e-mail (None: as nobody)."""
    made: list[Visitor] = []

    def make(email: str | None) -> Visitor:
        made.append(Visitor(mock))
        if email:
            made[-1].sign_in(email)
        return made[-1]

    yield make
    for one in made:
        one.session.close()


@pytest.fixture
def officer_page(visitor: Callable[[str | None], Visitor], bank: Bank) -> Visitor:
    """The model risk officer, signed in, in front of the small bank."""
    return visitor(OFFICER)


def note(page: Node) -> str:
    """The message about what was just done."""
    return page.one("div", class_="note").text


def summary(page: Node) -> list[str]:
    """The problems that the top of the page lists."""
    return [item.text for item in page.one("div", class_="errors").all("li")]
