"""A listing is complete or an error: every way in which a server can mislead about its end."""

import pytest
import responses
from responses import matchers

from adapters.http.listing import Listing
from adapters.http.reading_options import ListSpec
from adapters.httpclient import HttpClient, HttpSettings
from connector.model.errors import AuthError, IncompleteSnapshot, Unreachable

BASE = "https://grc.example/api"
OFFSET = {"type": "offset", "page_size": 2}


@pytest.fixture
def server():
    with responses.RequestsMock() as mock:
        yield mock


def listing(**spec):
    client = HttpClient(BASE, http=HttpSettings(retry={"max_attempts": 1}))
    ident = lambda row: row.get("id") if isinstance(row, dict) else None  # noqa: E731
    return Listing(client, ListSpec.model_validate({"path": "/x", "records": "items", **spec}), "/x", ident)


def page(server, ids, *, query=None, **extra):
    match = [matchers.query_param_matcher(query)] if query is not None else []
    server.get(f"{BASE}/x", json={"items": [{"id": number} for number in ids], **extra}, match=match)


def ids_of(rows):
    return [row["id"] for row in rows]


def test_offsets_follow_what_came_not_what_was_asked_for(server):
    page(server, [1, 2], query={"limit": "5", "offset": "0", "all": "true"}, total=3)
    page(server, [3], query={"limit": "5", "offset": "2", "all": "true"}, total=3)
    spec = {"type": "offset", "page_size": 5}
    assert ids_of(listing(total="total", pagination=spec, params={"all": True}).rows()) == [1, 2, 3]


def test_without_a_total_only_an_empty_page_is_the_end(server):
    page(server, [1], query={"limit": "2", "offset": "0"})
    page(server, [2], query={"limit": "2", "offset": "1"})
    page(server, [], query={"limit": "2", "offset": "2"})
    assert ids_of(listing(pagination=OFFSET).rows()) == [1, 2]


def test_a_total_that_is_null_is_no_total(server):
    page(server, [1, 2], total=None)
    page(server, [], total=None)
    assert ids_of(listing(total="total", pagination=OFFSET).rows()) == [1, 2]


def test_a_missing_page_after_the_last_is_the_end_of_counted_pages(server):
    page(server, [1, 2], query={"limit": "2", "p": "0"})
    server.get(f"{BASE}/x", status=404, json={"detail": "Invalid page."})
    spec = {"type": "page", "page_param": "p", "first_page": 0, "page_size": 2}
    assert ids_of(listing(pagination=spec).rows()) == [1, 2]


def test_a_missing_first_page_is_no_end(server):
    server.get(f"{BASE}/x", status=404, json={"detail": "No such path."})
    with pytest.raises(IncompleteSnapshot, match="No such path"):
        list(listing(pagination={"type": "page"}).rows())


@pytest.mark.parametrize("body", ["{}", '{"items": null}', '{"items": {}}', '{"items": "none"}', "[]", "null", '"x"'])
def test_no_list_where_the_records_should_be_is_never_no_records(server, body):
    server.get(f"{BASE}/x", body=body)
    with pytest.raises(IncompleteSnapshot, match="items"):
        list(listing().rows())


@pytest.mark.parametrize("row", [{}, {"id": None}, 7, None])
def test_a_record_without_id_is_an_error(server, row):
    server.get(f"{BASE}/x", json={"items": [{"id": 1}, row]})
    with pytest.raises(IncompleteSnapshot, match="without an id"):
        list(listing().rows())


def test_a_server_that_ignores_paging_is_noticed(server):
    page(server, [1, 2, 3])
    page(server, [1, 2, 3])
    rows = listing(pagination=OFFSET).rows()
    assert ids_of(next(rows) for _ in range(3)) == [1, 2, 3]
    with pytest.raises(IncompleteSnapshot, match="repeats"):
        next(rows)


@pytest.mark.parametrize(
    ("spec", "extra"),
    [
        ({"type": "cursor", "cursor": "more"}, {"more": "again"}),
        ({"type": "link_body", "next": "more"}, {"more": f"{BASE}/x?n=2"}),
    ],
)
def test_a_next_page_that_leads_back_is_noticed(server, spec, extra):
    page(server, [1], **extra)
    page(server, [2], **extra)
    with pytest.raises(IncompleteSnapshot, match="read before"):
        list(listing(pagination=spec).rows())


def test_the_page_guard_is_an_error_not_an_end(server):
    page(server, [1], total=9)
    page(server, [2], total=9)
    with pytest.raises(IncompleteSnapshot, match="guard of 2 pages"):
        list(listing(total="total", pagination={**OFFSET, "max_pages": 2}).rows())


@pytest.mark.parametrize("total", [1, 3])
def test_another_number_than_announced_is_an_error(server, total):
    page(server, [1, 2], total=total)
    with pytest.raises(IncompleteSnapshot, match=f"2 records came where {total}"):
        list(listing(total="total").rows())


def test_a_total_that_falls_while_reading_is_an_error(server):
    page(server, [1, 2], total=4)
    page(server, [4], total=3)
    with pytest.raises(IncompleteSnapshot, match="fell from 4 to 3"):
        list(listing(total="total", pagination=OFFSET).rows())


def test_an_empty_page_before_the_total_is_an_error(server):
    page(server, [1, 2], total=3)
    page(server, [], total=3)
    with pytest.raises(IncompleteSnapshot, match="2 records came where 3"):
        list(listing(total="total", pagination=OFFSET).rows())


def test_a_record_on_two_pages_comes_once(server):
    page(server, [1, 2], more="a")
    page(server, [2, 3])
    assert ids_of(listing(pagination={"type": "cursor", "cursor": "more"}).rows()) == [1, 2, 3]


def test_an_empty_page_with_a_link_is_not_the_end(server):
    page(server, [1], more="/api/x?n=2")
    page(server, [], more="x?n=3", query={"n": "2"})
    page(server, [2], query={"n": "3"})
    assert ids_of(listing(pagination={"type": "link_body", "next": "more"}).rows()) == [1, 2]


def test_a_link_header_is_followed(server):
    links = f'<{BASE}/x?n=1>; rel="prev", <{BASE}/x?n=3>; rel="next"'
    server.get(f"{BASE}/x", json={"items": [{"id": 1}]}, headers={"Link": links})
    page(server, [2], query={"n": "3"})
    assert ids_of(listing(pagination={"type": "link_header"}).rows()) == [1, 2]


def test_a_link_to_another_server_gets_no_token(server):
    page(server, [1], more="https://evil.example/api/x")
    with pytest.raises(Unreachable, match="another server"):
        list(listing(pagination={"type": "link_body", "next": "more"}).rows())
    assert len(server.calls) == 1


def test_a_forbidden_listing_ends_the_run(server):
    server.get(f"{BASE}/x", status=403, json={})
    with pytest.raises(AuthError):
        list(listing().rows())
