"""The simulated MetricStream is as strict as what is published, and as silent as the rest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.simulators.metricstream import BASE, CONNECTOR, LOGIN, MetricStream

ROOT = Path(__file__).parents[2]


@pytest.fixture
def simulator():
    with MetricStream() as running:
        yield running


def signed_in(url: str, password: str) -> requests.Session:
    session = requests.Session()
    answer = session.post(f"{url}{LOGIN}", {"username": CONNECTOR, "password": password}, allow_redirects=False)
    assert (answer.status_code, set(answer.cookies.keys())) == (302, {"JSESSION_ID", "Csrf-Token"})
    session.headers["X-Csrf-Token"] = answer.cookies["Csrf-Token"]
    return session


@pytest.fixture
def client(simulator):
    with signed_in(simulator.url, simulator.sessions.password) as session:
        yield session


def asset(simulator, path: str = "") -> str:
    return f"{simulator.base}/grc/asset{path}"


def made(client, simulator, **details) -> str:
    answer = client.post(asset(simulator), json={"Details": details})
    assert answer.status_code == 200
    return str(answer.json()["ObjectID"])


def test_a_wrong_password_is_redirected_without_the_token(simulator):
    answer = requests.post(
        f"{simulator.url}{LOGIN}", {"username": CONNECTOR, "password": "no"}, allow_redirects=False, timeout=10
    )
    assert (answer.status_code, list(answer.cookies.keys())) == (302, ["JSESSION_ID"])


def test_no_session_is_401_and_a_missing_header_403(simulator, client):
    assert requests.get(asset(simulator, "/x"), timeout=10).status_code == 401
    del client.headers["X-Csrf-Token"]
    assert client.get(asset(simulator, "/x")).status_code == 403


def test_the_six_operations(simulator, client):
    first, second = made(client, simulator, Purpose="one"), made(client, simulator, Purpose="two")
    assert client.get(asset(simulator, f"/{first}")).json()["Details"]["Purpose"] == "one"
    changed = client.patch(asset(simulator), json={"ObjectID": first, "Details": {"Purpose": "uno"}})
    assert changed.json()["Details"]["Purpose"] == "uno"
    many = client.post(f"{simulator.base}/collections/grc/asset", json={"ObjectIDs": [first, second, "MDL-404"]})
    assert [each["ObjectID"] for each in many.json()["objects"]] == [first, second]
    bulk = f"{simulator.base}/bulk/grc/asset"
    third = client.post(bulk, json={"objects": [{"Details": {"Purpose": "three"}}]}).json()["objects"][0]
    client.patch(bulk, json={"objects": [{"ObjectID": third["ObjectID"], "Details": {"Purpose": "tres"}}]})
    assert simulator.mock.store.row(third["ObjectID"])["purpose"] == "tres"


def test_the_published_refusals(simulator, client):
    record = made(client, simulator, Purpose="one")
    assert client.patch(asset(simulator), json={"Details": {"Purpose": "x"}}).status_code == 400
    assert client.post(asset(simulator), data="no json").status_code == 400
    assert client.patch(asset(simulator), json={"ObjectID": "MDL-404", "Details": {}}).status_code == 404
    assert client.get(f"{simulator.base}/grc/risk/{record}").status_code == 404
    wrong = {"ObjectID": record, "Details": {"NotOfTheForm": "x"}}
    assert client.patch(asset(simulator), json=wrong).status_code == 422
    assert client.patch(asset(simulator), json={"ObjectID": record, "Purpose": "x"}).status_code == 422
    simulator.api.forbidden.add("grc/asset")
    assert client.get(asset(simulator, f"/{record}")).status_code == 403


def test_there_is_no_listing_but_the_tenants_reports(simulator, client):
    for number in range(3):
        made(client, simulator, Purpose=str(number))
    assert client.get(asset(simulator)).status_code == 405
    report = f"{simulator.base}/reports/aiModels"
    pages = [client.get(report, params={"limit": 2, "offset": offset}).json()["rows"] for offset in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 1, 0]
    simulator.api.lists = False
    assert client.get(report).status_code == 404


def test_requests_are_told_in_common_words(simulator, client):
    record = made(client, simulator, Purpose="one")
    client.patch(asset(simulator), json={"ObjectID": record, "Details": {"Purpose": "two"}})
    client.get(asset(simulator, f"/{record}"))
    client.get(f"{simulator.base}/reports/aiModels")
    told = [(str(call.verb), call.path, dict(call.values)) for call in simulator.calls]
    assert told == [
        ("login", "", {}),
        ("create", "models", {"purpose": "one"}),
        ("update", f"models/{record}", {"purpose": "two"}),
        ("get", f"models/{record}", {}),
        ("list", "models", {}),
    ]


def test_faults_bend_what_is_written_and_listed(simulator, client):
    simulator.faults.add("normalise", path="models*", field="purpose", how="upper")
    record = made(client, simulator, Purpose="one")
    assert simulator.mock.store.row(record)["purpose"] == "ONE"
    simulator.faults.clear()
    simulator.faults.add("lag", path="models", amount=1)
    made(client, simulator, Purpose="two")
    assert len(client.get(f"{simulator.base}/reports/aiModels").json()["rows"]) == 1


def test_it_is_started_by_hand():
    command = [sys.executable, "-m", "tests.simulators.metricstream"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = dict(process.stdout.readline().split() for _ in range(4))
            with signed_in(told["login"].removesuffix(LOGIN), told["password"]) as session:
                rows = session.get(f"{told['url']}/reports/aiModels").json()["rows"]
        finally:
            process.terminate()
    assert [row["Details"]["RegistryName"] for row in rows] == ["credit"]
    assert told["url"].endswith(BASE)
