"""Listings: order, filters, and the five ways of paging."""

from urllib.parse import quote

import pytest

from connector.mock.users import ADMIN


@pytest.fixture
def ids(api):
    return [api.post("models", registry_name=f"m{n % 2}", registry_created=n)["id"] for n in range(7)]


def of(body):
    return [row["id"] for row in body["items"]]


def test_offset_and_limit_are_the_default(api, ids):
    body = api.get("models")
    assert (of(body), body["total"]) == (ids, 7)
    assert of(api.get("models", offset=2, limit=3)) == ids[2:5]
    assert of(api.get("models", offset=6, limit=3)) == ids[6:]
    assert api.get("models", offset=7)["items"] == []


def test_a_listing_is_in_the_order_of_the_ids_whatever_ids_records_were_given(mock, api, ids):
    mock.grc.reid(ids[2], ADMIN, "MDL9000000")
    mock.grc.reid(ids[5], ADMIN, "AAA0000001")
    last = api.post("models", registry_name="m", registry_created=1)["id"]
    wanted = sorted([*ids[:2], *ids[3:5], ids[6], "MDL9000000", "AAA0000001", last])
    assert of(api.get("models")) == wanted
    mock.grc.load(mock.grc.dump())
    assert of(api.get("models")) == wanted


def test_pages(api, ids):
    pages = [api.get("models", paging="page", page=n, limit=3) for n in (1, 2, 3, 4)]
    assert [of(page) for page in pages] == [ids[:3], ids[3:6], ids[6:], []]
    assert {(page["pages"], page["total"]) for page in pages} == {(3, 7)}
    assert [page["page"] for page in pages] == [1, 2, 3, 4]


@pytest.mark.parametrize(("limit", "pages"), [(1, 7), (3, 3), (7, 1), (100, 1)])
@pytest.mark.parametrize("style", ["cursor", "next", "link"])
def test_cursor_next_and_link_lead_to_the_end_and_no_further(mock, api, ids, style, limit, pages):
    follow = {"cursor": follow_cursor, "next": follow_next, "link": follow_link}[style]
    assert follow(api, limit) == ids
    assert mock.requests.count("GET", "/api/v1/models") == pages


def follow_cursor(api, limit):
    found, cursor = [], ""
    while cursor is not None:
        body = api.get("models", paging="cursor", limit=limit, cursor=cursor)
        found, cursor = found + of(body), body["next_cursor"]
    return found


def follow_next(api, limit):
    found, target = [], f"/api/v1/models?paging=next&limit={limit}"
    while target:
        body = api("GET", target).json()
        found, target = found + of(body), body["next"]
    return found


def follow_link(api, limit):
    found, target = [], f"/api/v1/models?paging=link&limit={limit}"
    while target:
        response = api("GET", target)
        found, target = found + of(response.json()), response.links.get("next", {}).get("url")
    return found


def test_next_and_link_keep_the_filters(api, ids):
    body = api.get("models", paging="next", limit=1, registry_name="m1")
    assert of(api("GET", body["next"]).json()) == [ids[3]]


def test_a_cursor_stands_still_while_offsets_shift(api, mock, officer, ids):
    cursor = api.get("models", paging="cursor", limit=2)["next_cursor"]
    officer.delete(ids[0])
    assert of(api.get("models", paging="cursor", limit=2, cursor=cursor)) == ids[2:4]
    assert of(api.get("models", offset=2, limit=2)) == ids[3:5]


def test_the_limit_is_silently_capped(api, mock):
    for _ in range(501):
        mock.as_user("admin@bank.example").create("models")
    body = api.get("models", limit=1000)
    assert (len(body["items"]), body["total"]) == (500, 501)


@pytest.mark.parametrize(
    "params", [{"limit": "x"}, {"limit": 0}, {"offset": -1}, {"paging": "magic"}, {"paging": "cursor", "cursor": "ä"}]
)
def test_paging_that_makes_no_sense_is_400(api, params):
    assert api("GET", "/api/v1/models", params=params).status_code == 400


def test_filters_are_by_any_field_and_all_must_hold(api, ids):
    assert of(api.get("models", registry_name="m1")) == ids[1::2]
    assert api.get("models", registry_name="m1")["total"] == 3
    assert of(api.get("models", registry_name="m1", registry_created=3)) == [ids[3]]
    assert of(api.get("models", id=ids[2])) == [ids[2]]
    assert of(api.get("models", registry_name="M1")) == []
    assert of(api.get("models", purpose="")) == ids


def test_a_filter_on_a_list_finds_members(api):
    row = api.post("models", products=["cards", "loans"])
    api.post("models", products=["cards and loans"])
    assert of(api.get("models", products="loans")) == [row["id"]]
    assert len(of(api.get("models", products=""))) == 0


@pytest.mark.parametrize("key", ["mlflow:r/a b&c=d+e@1#2", "ü/%25"])
def test_a_filter_takes_any_text(api, key):
    row = api.post("models", external_key=key)
    api.post("models", external_key="mlflow:r/a")
    assert of(api("GET", f"/api/v1/models?external_key={quote(key, safe='')}").json()) == [row["id"]]


def test_an_unknown_filter_is_refused_by_name(api):
    response = api("GET", "/api/v1/models", params={"nonsense": "1"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "nonsense"


def test_updated_since_is_inclusive_and_takes_any_offset(api, clock):
    old = api.post("models")
    clock.forward(seconds=1)
    new = api.post("models")
    assert of(api.get("models", updated_since=new["updated_at"])) == [new["id"]]
    assert of(api.get("models", updated_since="2026-03-31T14:00:00+02:00")) == [old["id"], new["id"]]
    assert of(api.get("models", updated_since="2026-03-31T12:00:01.000001Z")) == []
    clock.forward(seconds=1)
    api.patch("models/" + old["id"], purpose="changed")
    assert of(api.get("models", updated_since="2026-03-31T12:00:02Z")) == [old["id"]]


@pytest.mark.parametrize("since", ["yesterday", "2026-03-31T12:00:00"])
def test_a_bad_time_is_refused(api, since):
    response = api("GET", "/api/v1/models", params={"updated_since": since})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "updated_since")
