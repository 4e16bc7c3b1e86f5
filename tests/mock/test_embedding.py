"""The server as tests and the demo use it: life cycle, hooks, request counts, a data file, the command."""

import socket
import subprocess
import sys
import threading

import pytest
import requests

from connector.mock import GrcError, MockGrc, serve
from connector.mock.errors import DataFileError
from tests.mock.conftest import ADMIN, AUDITOR, OFFICER, Api


def test_seeded_records_are_there_at_first(clock):
    seed = {"models": [{"registry_name": "pd"}], "versions": [{"model": "MDL0001001", "version": "1"}]}
    with MockGrc(seed=seed, token="t", clock=clock) as mock:
        assert Api(mock.url, "t").get("versions")["items"][0]["model"] == "MDL0001001"


def test_a_seed_that_does_not_fit_is_refused():
    with pytest.raises(GrcError, match="tier"):
        MockGrc(seed={"models": [{"tier": "high"}]})


def test_stopped_it_refuses_and_started_again_it_has_its_port_and_records(mock, api):
    api.post("models", purpose="kept")
    url = mock.url
    mock.stop()
    with pytest.raises(requests.ConnectionError, match="refused"):
        api("GET", "/api/v1/models")
    mock.start()
    assert mock.url == url
    assert api.get("models")["items"][0]["purpose"] == "kept"


def test_stop_cuts_a_request_that_hangs(mock, api):
    fault = mock.faults.add("hang")
    errors = []

    def hang():
        try:
            api("GET", "/api/v1/models", timeout=30)
        except requests.ConnectionError as error:
            errors.append(error)

    client = threading.Thread(target=hang)
    client.start()
    while not mock.faults.fired(fault):
        threading.Event().wait(0.005)
    mock.stop()
    client.join(10)
    assert len(errors) == 1


def test_a_port_that_is_taken_is_an_os_error():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        MockGrc(port=taken.getsockname()[1]).start()


def test_requests_are_counted_by_method_and_path_without_the_admins(mock, api, user):
    row = api.post("models")
    api.get("models", limit=1)
    api.get("models", offset=1)
    api.patch("models/" + row["id"], purpose="x")
    user(ADMIN)("GET", "/admin/faults")
    assert mock.requests.by_path() == {
        ("POST", "/api/v1/models"): 1,
        ("GET", "/api/v1/models"): 2,
        ("PATCH", f"/api/v1/models/{row['id']}"): 1,
    }
    assert (mock.requests.count(), mock.requests.count("GET"), mock.requests.writes) == (4, 2, 2)
    assert mock.requests.count(path="*/models/*") == 1
    assert user(ADMIN)("GET", "/admin/requests").json()["total"] == 3
    mock.requests.clear()
    assert mock.requests.count() == 0


def test_a_hook_sees_each_request_and_may_edit_before_it(mock, api, officer):
    row = api.post("models", purpose="a")
    seen = []

    def hook(method, path, body):
        seen.append((method, path, body))
        if method == "PATCH":
            officer.patch(row["id"], products=["cards"])

    with mock.on_request(hook):
        new = api.patch("models/" + row["id"], purpose="b")
        api.get("models")
    api.get("models")
    assert (new["products"], new["purpose"], new["revision"]) == (["cards"], "b", 3)
    assert seen == [("PATCH", f"/api/v1/models/{row['id']}", {"purpose": "b"}), ("GET", "/api/v1/models", None)]


def test_people_are_held_to_the_rules_of_the_api(mock, officer, api):
    row = api.post("models")
    with pytest.raises(GrcError, match="tier"):
        officer.patch(row["id"], tier="high")
    auditor = mock.as_user(AUDITOR)
    for act in (lambda: auditor.patch(row["id"], purpose="x"), lambda: auditor.delete(row["id"])):
        with pytest.raises(GrcError, match="no right"):
            act()
    with pytest.raises(GrcError, match="no record"):
        officer.record("MDL9")
    assert officer.patch(row["id"], purpose="x")["updated_by"] == OFFICER
    assert auditor.record(row["id"])["purpose"] == "x"


def test_rows_handed_out_are_not_the_records(officer):
    row = officer.create("models", purpose="a")
    row["purpose"] = "changed"
    officer.records("models")[0]["purpose"] = "changed"
    assert officer.record(row["id"])["purpose"] == "a"


def test_writers_in_several_threads_lose_nothing(mock, api):
    row = api.post("models")
    clients = [Api(mock.url, mock.token) for _ in range(4)]

    def work(number):
        for step in range(10):
            clients[number].patch("models/" + row["id"], purpose=f"{number}-{step}")
            clients[number].post("models")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert api.get("models/" + row["id"])["revision"] == 41
    assert api.get("models")["total"] == 41


def test_a_data_file_keeps_everything(tmp_path, clock):
    path = tmp_path / "grc.json"
    with MockGrc(data=path, token="canary", clock=clock) as mock:
        officer = mock.as_user(OFFICER)
        model = officer.create("models", purpose="ü")
        issue = officer.raise_issue("x", model=model["id"])
        officer.comment(issue["id"], "said")
        history = mock.store.history()
    with MockGrc(data=path, token="canary", clock=clock) as mock:
        officer = mock.as_user(OFFICER)
        assert officer.records("models") == [model]
        assert [one["text"] for one in officer.comments(issue["id"])] == ["said"]
        assert mock.store.history() == history
        assert officer.create("models")["id"] == "MDL0001002"
        assert officer.comment(issue["id"], "again")["id"] == "CMT0000002"
    assert not [token for token in MockGrc(token="canary").tokens.values() if token in path.read_text()]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"comments": {}, "records": {}}'])
def test_a_data_file_that_is_not_ours_is_refused_and_left_alone(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(DataFileError, match=r"other\.json is no data file"):
        MockGrc(data=path)
    assert path.read_text() == text


def test_a_data_file_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(DataFileError, match="cannot be written"):
        MockGrc(data=tmp_path / "no such directory" / "grc.json")
    path = tmp_path / "grc.json"
    MockGrc(data=path)
    (tmp_path / "grc.json.new").mkdir()
    with pytest.raises(DataFileError, match="cannot be written"):
        MockGrc(data=path)


def test_serve_runs_until_it_is_told_to_stop(tmp_path):
    stop, answers = threading.Event(), []

    def announce(mock):
        answers.append(Api(mock.url, mock.token).get("me")["role"])
        stop.set()

    serve(announce=announce, stop=stop, token="t")
    assert answers == ["Service Account"]


def test_serve_ends_cleanly_on_sigterm():
    code = "from connector.mock import serve; serve(announce=lambda mock: print(mock.url, flush=True))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
        assert process.wait(20) == 0


def test_importing_the_mock_imports_no_web_framework():
    code = "import sys, connector.mock; print([m for m in ('fastapi', 'starlette', 'uvicorn') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"
