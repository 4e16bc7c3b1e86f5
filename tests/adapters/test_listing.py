"""A listing is complete or an error: every way in which a server can mislead about its end."""

import pytest
import responses
from responses import matchers

from adapters.http.listing import Listing
from adapters.http.outline import outline
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


@pytest.mark.parametrize("status", [204, 404])
def test_a_code_that_means_no_record_is_declared(server, status):
    server.get(f"{BASE}/x", status=status)
    with pytest.raises(IncompleteSnapshot) as caught:
        list(listing().rows())
    if status == 204:
        assert "declare `empty: [204]`" in caught.value.remedy
    assert list(listing(empty=[status], pagination=OFFSET).rows()) == []


def test_a_code_that_means_no_record_ends_counted_pages(server):
    page(server, [1, 2], query={"limit": "2", "offset": "0"})
    server.get(f"{BASE}/x", status=204, match=[matchers.query_param_matcher({"limit": "2", "offset": "2"})])
    assert ids_of(listing(empty=[204], pagination=OFFSET).rows()) == [1, 2]


@pytest.mark.parametrize(
    ("more", "sign"),
    [
        ({"next": "/api/x?n=2"}, "names a next page at next"),
        ({"paging": {"next_cursor": "abc"}}, "names a next page at paging.next_cursor"),
        ({"meta": {"total_count": 9}}, "says 9 at meta.total_count, and holds 1"),
    ],
)
def test_one_request_is_not_the_whole_where_the_answer_shows_that_there_is_more(server, more, sign):
    page(server, [1], **more)
    with pytest.raises(IncompleteSnapshot, match=sign) as caught:
        list(listing().rows())
    assert "declare pagination" in caught.value.remedy


@pytest.mark.parametrize("more", [{"next": None}, {"total": 1}, {"count": "many"}, {"page": {"number": 0}}])
def test_what_shows_no_other_page_is_no_sign_of_one(server, more):
    page(server, [1], **more)
    assert ids_of(listing().rows()) == [1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"a": [1], "b": {"c": [], "d": 1}}, "its keys are a, b; arrays stand at 'a' (1), 'b.c' (0)"),
        ([1, 2], "it is an array of 2"),
        (None, "it is empty"),
        ("x", "it is a str"),
    ],
)
def test_an_answer_is_described_in_words(data, words):
    assert outline(data) == words
