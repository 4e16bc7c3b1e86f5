"""A running mock GRC whose clock stands still until a test moves it, and clients that speak to it over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from connector.mock import MockGrc

OFFICER = "risk.officer@bank.example"
AUDITOR = "auditor@bank.example"
ADMIN = "admin@bank.example"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class Api:
    """A session with a token; paths are below the server's address."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, **options) -> requests.Response:
        options = {"timeout": 10, "allow_redirects": False, **options}
        target = path if path.startswith("http") else self._url + path
        return self.session.request(method, target, **options)

    def get(self, path: str, **params) -> dict:
        response = self("GET", f"/api/v1/{path}", params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, **values) -> dict:
        response = self("POST", f"/api/v1/{path}", json=values)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def patch(self, path: str, **values) -> dict:
        response = self("PATCH", f"/api/v1/{path}", json=values)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mock(clock: Clock) -> Iterator[MockGrc]:
    with MockGrc(clock=clock) as running:
        yield running


@pytest.fixture
def user(mock: MockGrc) -> Iterator[Callable[[str | None], Api]]:
    """Makes a client for a user by e-mail (None: without a token)."""
    made: list[Api] = []

    def make(email: str | None) -> Api:
        made.append(Api(mock.url, mock.tokens[email] if email else None))
        return made[-1]

    yield make
    for api in made:
        api.session.close()


@pytest.fixture
def api(mock: MockGrc) -> Iterator[Api]:
    """The connector's client."""
    client = Api(mock.url, mock.token)
    yield client
    client.session.close()


@pytest.fixture
def officer(mock: MockGrc):
    """The model risk officer at work in Python."""
    return mock.as_user(OFFICER)


@pytest.fixture
def version(api: Api) -> dict:
    """A version record of a model record."""
    model = api.post("models", registry_name="pd")
    return api.post("versions", model=model["id"], version="3")
