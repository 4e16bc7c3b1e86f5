"""What proves who we are goes to the server that it is meant for, and to no other."""

from __future__ import annotations

import pytest
import responses

from adapters.base import AdapterSettings, EntityFields
from adapters.http import HttpAdapter
from adapters.http.templates import nested_id, parent_of, path_values
from connector.model.fields import Entity

OWN, OTHER = "https://grc.example/api", "https://tracker.example"
OPTIONS = {
    "headers": {"X-Options": "of the mapping"},
    "servers": {"tracker": {"url": OTHER, "headers": {"X-Tracker": "its own"}}},
    "resources": {
        "model": {"list": {"path": "/models"}},
        "issue": {"server": "tracker", "list": {"path": "/issues"}},
    },
}


@pytest.fixture
def server():
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def make(monkeypatch):
    made = []

    def make_one(tracker=None, url=OTHER):
        monkeypatch.setenv("OWN_TOKEN", "own-secret")
        monkeypatch.setenv("TRACKER_TOKEN", "tracker-secret")
        section = {**OPTIONS["servers"]["tracker"], "url": url, **({"auth": tracker} if tracker else {})}
        made.append(
            HttpAdapter(
                AdapterSettings(
                    "test",
                    OWN,
                    {"type": "bearer", "token": {"env": "OWN_TOKEN"}},
                    {"headers": {"X-Tenant": "of the connection"}, "retry": {"max_attempts": 1}},
                    {**OPTIONS, "servers": {"tracker": section}},
                    {Entity.MODEL: EntityFields(), Entity.ISSUE: EntityFields()},
                )
            )
        )
        return made[-1]

    yield make_one
    for adapter in made:
        adapter.close()


def sent_to(server, url):
    (call,) = [call for call in server.calls if call.request.url.startswith(url)]
    names = ("Authorization", "X-Tenant", "X-Options", "X-Tracker")
    return {name: call.request.headers[name] for name in names if name in call.request.headers}


def test_another_origin_gets_nothing_of_the_connections(server, make):
    server.get(f"{OWN}/models", json=[])
    server.get(f"{OTHER}/issues", json=[])
    adapter = make()
    list(adapter.records(Entity.MODEL))
    list(adapter.records(Entity.ISSUE))
    assert sent_to(server, OWN) == {
        "Authorization": "Bearer own-secret",
        "X-Tenant": "of the connection",
        "X-Options": "of the mapping",
    }
    assert sent_to(server, OTHER) == {"X-Tracker": "its own"}


def test_another_origin_gets_the_credentials_that_are_its_own(server, make):
    server.get(f"{OTHER}/issues", json=[])
    list(make({"type": "bearer", "token": {"env": "TRACKER_TOKEN"}}).records(Entity.ISSUE))
    assert sent_to(server, OTHER) == {"Authorization": "Bearer tracker-secret", "X-Tracker": "its own"}


@pytest.mark.parametrize("url", ["http://grc.example", "https://grc.example:8443", "https://api.grc.example"])
def test_another_scheme_port_or_host_is_another_origin(server, make, url):
    server.get(f"{url}/issues", json=[])
    list(make(url=url).records(Entity.ISSUE))
    assert sent_to(server, url) == {"X-Tracker": "its own"}


def test_the_same_origin_gets_the_connections_credentials(server, make):
    server.get("https://grc.example/tracker/issues", json=[])
    list(make(url="https://grc.example/tracker").records(Entity.ISSUE))
    sent = sent_to(server, "https://grc.example/tracker")
    assert sent == {"Authorization": "Bearer own-secret", "X-Tenant": "of the connection", "X-Tracker": "its own"}


@pytest.mark.parametrize(("parent", "child"), [("M1", "7"), ("M/1", "7/8"), ("50%", "a b"), ("", "x")])
def test_an_id_of_two_parts_is_taken_apart_as_it_was_put_together(parent, child):
    record_id = nested_id(parent, child)
    assert parent_of(record_id) == parent
    assert path_values(record_id, nested=True) == {"parent": parent, "id": child}
    assert path_values(record_id, nested=False) == {"id": record_id}
