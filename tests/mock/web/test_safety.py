"""Headers, escaping, faults, and requests that no page of ours sends."""

import pytest
import requests

from connector.mock.web.addresses import is_page
from tests.mock.web.bank import LONG, OFFICER, RTL, SCRIPT, UNBROKEN, fill_nastily

PAGES = ("/ui/models", "/ui/issues", "/ui/sign-in", "/ui/nope", "/records/MDL0001001", "/")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_scripts_frames_and_whatever_comes_from_elsewhere(officer_page, path):
    response = officer_page.request("GET", path)
    for answer in (response, *(one for one in response.history if one.url.rstrip("/") != officer_page.mock.url)):
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"


@pytest.fixture
def nasty(mock):
    return fill_nastily(mock)


@pytest.fixture
def nasty_pages(nasty):
    model, version, issue = nasty.model["id"], nasty.version["id"], nasty.issue["id"]
    return (
        *("/ui/models", "/ui/issues", "/ui/models?q=%3Cscript%3E&owner=%22%3E%3Cscript%3E&sort=%3Cscript%3E"),
        *(f"/ui/models/{model}{rest}" for rest in ("", "/edit", "/tier", "/lifecycle", "/raise-issue", "/history")),
        *(f"/ui/versions/{version}{rest}" for rest in ("", "/decide", "/reviews", "/history")),
        *(f"/ui/issues/{issue}{rest}" for rest in ("", "/edit", "/state?state=%22%3E%3Cscript%3E", "/history")),
        *("/ui/issues?q=%22%3E%3Cscript%3E&assignee=%22%3E", "/ui/sign-in?next=%22%3E%3Cscript%3E&person=%22%3E"),
    )


def test_everything_is_escaped(visitor, nasty_pages):
    """The page is parsed: what was filled in must not have become an element or an attribute."""
    officer = visitor(OFFICER)
    seen = ""
    for path in nasty_pages:
        page = officer.get(path)
        seen += page.text
        assert not page.all("script", "img", "b", "iframe"), path
        assert not [name for node in page for name in node.attrs if name.startswith("on") or name == "style"], path
    assert SCRIPT in seen
    assert LONG[:100] in seen
    assert RTL in seen
    assert UNBROKEN in seen


def test_refusals_escape_what_they_repeat(visitor, nasty):
    officer = visitor(OFFICER)
    form = officer.form(officer.get(f"/ui/models/{nasty.model['id']}/tier"))
    values = {**form.values, "tier": SCRIPT, "tier_override_reason": SCRIPT}
    for status, sent in ((422, values), (403, {**values, "csrf": "x"}), (409, {**values, "revision": "0"})):
        page = officer.post(form.action, status, **sent)
        assert not page.all("script", "img")
        assert SCRIPT in page.text or SCRIPT in officer.form(page).values["tier_override_reason"]


def test_what_was_typed_comes_back_as_it_was(visitor, nasty):
    officer = visitor(OFFICER)
    page = officer.get(f"/ui/issues/{nasty.issue['id']}/edit")
    text = f"{SCRIPT}\n\n  {RTL} & &amp; {UNBROKEN}"
    page = officer.submit(page, 422, description="\n" + text, title="")
    assert officer.form(page).values["description"] == "\n" + text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"\xff\xfe=%ff&csrf=%00", "application/x-www-form-urlencoded"),
        (b"a&" * 200, "application/x-www-form-urlencoded"),
        (b"csrf", "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(officer_page, bank, mock, body, kind):
    response = officer_page.request(
        "POST", f"/ui/models/{bank.model['id']}/tier", data=body, headers={"Content-Type": kind}
    )
    assert response.status_code == 403
    assert mock.store.row(bank.model["id"]) == bank.model


@pytest.mark.parametrize(("method", "path"), [("PUT", "/ui/models"), ("POST", "/ui/models"), ("DELETE", "/ui/issues")])
def test_other_methods_are_not_offered(officer_page, method, path):
    assert officer_page.request(method, path).status_code == 405


def test_head_is_answered(officer_page):
    response = officer_page.request("HEAD", "/ui/models")
    assert (response.status_code, response.text) == (200, "")


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", True),
        ("/ui", True),
        ("/ui/models", True),
        ("/ui/static/style.css", True),
        ("/records/MDL1", True),
        ("/api/v1/models", False),
        ("/uix", False),
        ("/records", False),
        ("/oauth/token", False),
    ],
)
def test_which_paths_are_pages(path, page):
    assert is_page(path) is page


@pytest.mark.parametrize("kind", ["status", "html", "redirect", "cut", "hang", "latency", "cut_json"])
def test_the_pages_stay_usable_while_the_api_is_at_fault(officer_page, bank, mock, api, kind):
    fault = mock.faults.add(kind, count=None, seconds=30)
    page = officer_page.get(f"/ui/models/{bank.model['id']}/tier")
    officer_page.submit(page, tier="1 - Critical", tier_override_reason="x")
    officer_page.get("/")
    assert mock.faults.fired(fault) == 0
    assert mock.store.row(bank.model["id"])["tier"] == "1 - Critical"


def test_a_page_takes_no_shot_that_is_meant_for_the_api(officer_page, mock, api):
    fault = mock.faults.add("status", status=503)
    officer_page.get("/ui/models")
    assert api("GET", "/api/v1/models").status_code == 503
    assert mock.faults.fired(fault) == 1


@pytest.mark.parametrize(("path", "status"), [("/*", 503), ("/ui/*", 503), ("/ui/issues", 200), ("/api/*", 200)])
def test_a_fault_that_names_the_pages_hits_them(officer_page, mock, path, status):
    mock.faults.add("status", path=path, status=503)
    assert officer_page.request("GET", "/ui/models").status_code == status


def test_faults_that_bend_writes_are_the_apis(officer_page, bank, mock):
    mock.faults.add("ignore", field="tier")
    mock.faults.add("normalise", field="tier_override_reason", how="upper")
    page = officer_page.get(f"/ui/models/{bank.model['id']}/tier")
    officer_page.submit(page, tier="1 - Critical", tier_override_reason="as typed")
    row = mock.store.row(bank.model["id"])
    assert (row["tier"], row["tier_override_reason"]) == ("1 - Critical", "as typed")


def test_two_mocks_on_one_machine_sign_nobody_out(mock, visitor, bank):
    from connector.mock import MockGrc

    here = visitor(OFFICER)
    with MockGrc() as other:
        here.session.get(f"{other.url}/ui/sign-in", timeout=10)
        assert here.get("/ui/models").one("h1").text == "Model inventory"
        assert requests.get(f"{other.url}/ui/models", timeout=10, cookies=here.session.cookies).url.count("sign-in")


def test_the_style_comes_from_the_server_itself(visitor):
    stranger = visitor(None)
    page = stranger.get("/ui/sign-in")
    for link in page.all("link"):
        response = stranger.request("GET", link.attrs["href"])
        assert response.status_code == 200
        assert "http" not in response.text.replace("http://www.w3.org/2000/svg", "")
        assert "url(" not in response.text
