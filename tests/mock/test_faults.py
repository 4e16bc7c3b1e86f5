"""Each fault does what its line of the table says, for the requests it is meant for, as often as it should."""

from email.utils import parsedate_to_datetime

import pytest
import requests

from connector.mock import FaultKind
from tests.mock.conftest import ADMIN

MODELS = "/api/v1/models"


def of(body):
    return [row["id"] for row in body["items"]]


def statuses(api, number, method="GET", path=MODELS):
    return [api(method, path, json={} if method == "POST" else None).status_code for _ in range(number)]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [503, 200, 200, 200]),
        ({"count": 2}, [503, 503, 200, 200]),
        ({"skip": 1}, [200, 503, 200, 200]),
        ({"skip": 1, "count": 2}, [200, 503, 503, 200]),
        ({"count": None}, [503, 503, 503, 503]),
        ({"method": "POST"}, [200, 200, 200, 200]),
        ({"path": "/api/v1/versions*"}, [200, 200, 200, 200]),
        ({"method": "G*", "path": "*/models"}, [503, 200, 200, 200]),
    ],
)
def test_which_requests_and_how_often(mock, api, settings, expected):
    fault = mock.faults.add("status", status=503, **settings)
    assert statuses(api, 4) == expected
    assert mock.faults.fired(fault) == expected.count(503)


def test_requests_that_do_not_match_are_not_counted(mock, api):
    mock.faults.add("status", status=503, method="POST", skip=1)
    assert statuses(api, 3) == [200, 200, 200]
    assert statuses(api, 3, "POST") == [201, 503, 201]


def test_removed_and_cleared_faults_are_over(mock, api):
    fault = mock.faults.add("status", count=None)
    mock.faults.add("status", status=502, count=None)
    assert statuses(api, 1) == [500]
    mock.faults.remove(fault)
    assert statuses(api, 1) == [502]
    mock.faults.clear()
    assert statuses(api, 1) == [200]
    assert mock.faults.active() == []


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("nonsense", {}),
        ("status", {"stauts": 500}),
        ("normalise", {"how": "upper"}),
        ("ignore", {}),
        ("normalise", {"field": "purpose", "how": "backwards"}),
        ("status", {"when": "sometimes"}),
        ("status", {"since": 1}),
    ],
)
def test_settings_that_make_no_sense_are_refused(mock, kind, settings):
    with pytest.raises(ValueError):
        mock.faults.add(kind, **settings)
    assert mock.faults.active() == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [500, 503, 429, 401, 403])
def test_status_instead_of_the_answer(mock, api, when, status):
    mock.faults.add("status", status=status, when=when)
    response = api("POST", MODELS, json={})
    assert response.status_code == status
    assert response.json()["message"]
    assert "Retry-After" not in response.headers
    assert len(mock.store.rows("models")) == (1 if when == "after" else 0)


def test_retry_after_in_seconds_and_as_a_date(mock, api):
    mock.faults.add("status", status=429, retry_after=7)
    assert api("GET", MODELS).headers["Retry-After"] == "7"
    mock.faults.add("status", status=429, retry_after=60, as_date=True)
    headers = api("GET", MODELS).headers
    wait = parsedate_to_datetime(headers["Retry-After"]) - parsedate_to_datetime(headers["Date"])
    assert 58 <= wait.total_seconds() <= 62


def test_point_reads_may_be_forbidden_alone(mock, api):
    row = api.post("models")
    mock.faults.add("status", status=403, method="GET", path=f"{MODELS}/*", count=None)
    assert statuses(api, 1) == [200]
    assert statuses(api, 2, path=f"{MODELS}/{row['id']}") == [403, 403]


def test_html_and_redirect(mock, api):
    mock.faults.add("html")
    response = api("GET", MODELS)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Sign in" in response.text
    mock.faults.add("redirect", location="/elsewhere")
    response = api("POST", MODELS, json={})
    assert (response.status_code, response.headers["Location"]) == (302, "/elsewhere")
    mock.faults.add("redirect", status=307, location="/elsewhere")
    assert api("POST", MODELS, json={}).status_code == 307
    assert mock.store.rows("models") == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_hang(mock, api, when):
    mock.faults.add("hang", when=when)
    with pytest.raises(requests.ReadTimeout):
        api("POST", MODELS, json={}, timeout=0.1)
    assert len(mock.store.rows("models")) == (1 if when == "after" else 0)
    assert statuses(api, 1) == [200]


@pytest.mark.parametrize("when", ["before", "after"])
def test_cut(mock, api, when):
    mock.faults.add("cut", when=when)
    with pytest.raises(requests.ConnectionError):
        api("POST", MODELS, json={})
    assert len(mock.store.rows("models")) == (1 if when == "after" else 0)
    assert statuses(api, 1) == [200]


def test_cut_in_the_body(mock, api):
    mock.faults.add("cut", when="after", length=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api("POST", MODELS, json={})
    assert len(mock.store.rows("models")) == 1


@pytest.mark.parametrize("length", [None, 12])
def test_cut_json_is_a_complete_answer(mock, api, length):
    whole = api("GET", MODELS).content
    mock.faults.add("cut_json", length=length)
    response = api("GET", MODELS)
    assert (response.status_code, response.content) == (200, whole[: length or len(whole) // 2])
    with pytest.raises(ValueError):
        response.json()


def test_latency_combines_with_another_fault(mock, api):
    mock.faults.add("latency", seconds=0.1)
    mock.faults.add("status", status=503)
    response = api("GET", MODELS)
    assert response.status_code == 503
    assert response.elapsed.total_seconds() >= 0.1
    assert statuses(api, 1) == [200]


@pytest.fixture
def ids(api):
    return [api.post("models")["id"] for _ in range(5)]


def test_a_short_page_keeps_the_total(mock, api, ids):
    mock.faults.add("short_page", amount=2)
    body = api.get("models")
    assert (of(body), body["total"]) == (ids[:3], 5)
    assert of(api.get("models")) == ids


def test_pages_that_overlap_lose_nothing(mock, api, ids):
    mock.faults.add("overlap", amount=1, count=None)
    pages = [of(api.get("models", offset=start, limit=2)) for start in (0, 2, 4)]
    assert pages == [ids[:2], ids[1:4], ids[3:]]


@pytest.mark.parametrize("paging", ["offset", "page", "cursor", "next", "link"])
def test_a_page_that_repeats_has_always_a_next_one(mock, api, ids, paging):
    mock.faults.add("repeat_page", count=None)
    params = {"paging": paging, "limit": 3}
    first = api("GET", MODELS, params=params)
    assert of(first.json()) == ids[:3]
    if paging == "cursor":
        params["cursor"] = first.json()["next_cursor"]
    second = api("GET", MODELS, params={**params, **({"page": 2} if paging == "page" else {"offset": 3})})
    assert of(second.json()) == ids[:3]
    if paging == "cursor":
        assert second.json()["next_cursor"]
    if paging == "next":
        assert second.json()["next"] != first.json()["next"]
    if paging == "link":
        assert second.links["next"]


def test_a_total_that_lies(mock, api, ids):
    mock.faults.add("lying_total", amount=-2)
    body = api.get("models")
    assert (of(body), body["total"]) == (ids, 3)


def test_a_lagging_list_shows_old_records_and_new_ones_late(mock, api, ids):
    fault = mock.faults.add("lag", path=MODELS, amount=2)
    late = api.post("models", registry_name="late")["id"]
    assert api.get("models/" + late)["id"] == late
    assert of(api.get("models")) == ids
    assert of(api.get("models", registry_name="late")) == []
    assert of(api.get("models")) == [*ids, late]
    newer = api.post("models")["id"]
    assert of(api.get("models")) == [*ids, late]
    mock.faults.remove(fault)
    assert of(api.get("models")) == [*ids, late, newer]


@pytest.mark.parametrize(
    ("settings", "sent", "stored"),
    [
        ({"how": "upper"}, "Credit scoring", "CREDIT SCORING"),
        ({"how": "lower"}, "Credit scoring", "credit scoring"),
        ({"how": "title"}, "credit scoring", "Credit Scoring"),
        ({"how": "trim"}, "  a  b ", "a  b"),
        ({"how": "truncate", "length": 6}, "Credit scoring", "Credit"),
    ],
)
def test_a_field_that_is_rewritten_on_write(mock, api, settings, sent, stored):
    mock.faults.add("normalise", field="purpose", **settings)
    row = api.post("models", purpose=sent, registry_name=sent)
    assert (row["purpose"], row["registry_name"]) == (stored, sent)
    again = api.patch("models/" + row["id"], purpose=sent)
    assert again == row
    assert api.patch("models/" + row["id"], purpose=None)["purpose"] is None


def test_a_field_that_is_ignored_on_write(mock, api):
    mock.faults.add("ignore", field="purpose", method="PATCH")
    row = api.post("models", purpose="first")
    new = api.patch("models/" + row["id"], purpose="second", registry_name="pd")
    assert (new["purpose"], new["registry_name"]) == ("first", "pd")
    assert api.patch("models/" + row["id"], purpose="third") == new


def test_faults_over_http(mock, api, user):
    admin = user(ADMIN)
    body = {"kind": "status", "status": 503, "path": "/api/v1/models", "count": 2}
    assert api("POST", "/admin/faults", json=body).status_code == 403
    added = admin("POST", "/admin/faults", json=body)
    assert added.status_code == 201
    listed = admin("GET", "/admin/faults").json()
    assert listed == {"items": [added.json()], "total": 1}
    assert statuses(api, 1) == [503]
    assert admin("DELETE", f"/admin/faults/{added.json()['id']}").status_code == 204
    assert statuses(api, 1) == [200]
    admin("POST", "/admin/faults", json={**body, "count": None})
    assert admin("DELETE", "/admin/faults").status_code == 204
    assert statuses(api, 1) == [200]
    for bad in ({"kind": "nonsense"}, {}, {"kind": "status", "nonsense": 1}, {"kind": "ignore"}):
        assert admin("POST", "/admin/faults", json=bad).status_code == 422
    assert admin("POST", "/admin/faults", data=b"{").status_code == 400


def test_every_kind_has_its_line_in_the_table():
    from connector.mock import faults

    table = faults.__doc__ or ""
    assert [kind for kind in FaultKind if f"\n{kind} " not in table] == []


def test_deleting_re_identifying_and_touching_over_http(api, user, officer, clock):
    admin = user(ADMIN)
    model = api.post("models", purpose="a")
    version = api.post("versions", model=model["id"], version="1")
    issue = officer.raise_issue("x", version=version["id"])
    officer.comment(issue["id"], "kept")
    for method, path in (("DELETE", ""), ("POST", "/reid"), ("POST", "/touch")):
        assert api(method, f"/admin/records/{model['id']}{path}").status_code == 403
    moved = admin("POST", f"/admin/records/{model['id']}/reid", json={"id": "MDL7"}).json()
    assert (moved["id"], moved["purpose"]) == ("MDL7", "a")
    assert api.get("versions/" + version["id"])["model"] == "MDL7"
    assert api("GET", f"{MODELS}/{model['id']}").status_code == 404
    assert api.get("history", record="MDL7")["items"][0]["action"] == "create"
    assert admin("POST", f"/admin/records/{version['id']}/reid", json={"id": "MDL7"}).status_code == 409
    new_issue = admin("POST", f"/admin/records/{issue['id']}/reid").json()["id"]
    assert [one["text"] for one in officer.comments(new_issue)] == ["kept"]
    clock.forward(minutes=1)
    touched = admin("POST", "/admin/records/MDL7/touch").json()
    assert (touched["revision"], touched["purpose"]) == (2, "a")
    assert touched["updated_at"] > moved["updated_at"]
    assert admin("DELETE", "/admin/records/MDL7").status_code == 204
    assert api("GET", f"{MODELS}/MDL7").status_code == 404
    assert admin("DELETE", "/admin/records/MDL7").status_code == 404
