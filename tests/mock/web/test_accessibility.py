"""Structure and colours, for people who use a keyboard, a screen reader, or weak eyes."""

import re
from pathlib import Path

import pytest

import connector.mock.web
from tests.mock.web.bank import AUDITOR, OFFICER, fill, fill_nastily
from tests.mock.web.html import parse
from tests.mock.web.structure import defects

STYLE = (Path(connector.mock.web.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")


@pytest.fixture
def paths(mock):
    small, nasty = fill(mock), fill_nastily(mock)
    mock.as_user(OFFICER).decide(small.version["id"], "approved")
    found = ["/ui/models", "/ui/models?q=nothing", "/ui/issues", "/ui/issues?state=all", "/ui/issues?q=nothing"]
    for bank in (small, nasty):
        model, version, issue = bank.model["id"], bank.version["id"], bank.issue["id"]
        tasks = ("", "/edit", "/tier", "/confirm-tier", "/lifecycle", "/raise-issue", "/history")
        found += [f"/ui/models/{model}{task}" for task in tasks]
        found += [f"/ui/versions/{version}{task}" for task in ("", "/decide", "/reviews", "/history")]
        found += [f"/ui/issues/{issue}{task}" for task in ("", "/edit", "/state", "/history")]
    return found


@pytest.mark.parametrize("email", [OFFICER, AUDITOR])
def test_every_page_is_sound(visitor, paths, email):
    person = visitor(email)
    pages = {path: parse(person.request("GET", path).text) for path in paths}
    assert {path: defects(page) for path, page in pages.items() if defects(page)} == {}
    titles = [page.one("title").text for page in pages.values()]
    assert all(title.endswith(" | Mock GRC") for title in titles)


def test_pages_with_errors_and_messages_are_sound(officer_page, bank, mock):
    path = f"/ui/versions/{bank.version['id']}/decide"
    wrong = officer_page.submit(officer_page.get(path), 422)
    box = wrong.one("div", class_="errors")
    assert (box.attrs["role"], box.attrs["tabindex"], "autofocus" in box.attrs) == ("alert", "-1", True)
    assert [link.attrs["href"] for link in box.all("a")] == ["#in-decision"]
    form = officer_page.get(f"/ui/models/{bank.model['id']}/edit")
    mock.as_user(OFFICER).patch(bank.model["id"], purpose="theirs")
    stale = officer_page.submit(form, 409, purpose="mine")
    done = officer_page.submit(stale)
    assert done.one("div", class_="note").attrs["role"] == "status"
    forged = officer_page.post(path, 403, decision="x")
    comment = officer_page.submit(officer_page.get(f"/ui/issues/{bank.issue['id']}"), 422)
    lost = officer_page.get("/ui/nope", 404)
    for page in (wrong, stale, done, forged, comment, lost):
        assert defects(page) == []


def test_the_sign_in_is_sound(visitor):
    stranger = visitor(None)
    page = stranger.get("/ui/sign-in")
    assert defects(page) == []
    assert defects(stranger.submit(page, 422)) == []


@pytest.mark.parametrize(
    ("broken", "defect"),
    [
        ({'<html lang="en">': "<html>"}, "no language"),
        ({"<h1>": "<h2>", "</h1>": "</h2>"}, "not one h1"),
        ({'<h2 id="details">Details</h2>': "<h4>Details</h4>"}, "h4 after"),
        ({'scope="col"': ""}, "without a scope"),
        ({"<caption": "<p", "</caption>": "</p>"}, "without a caption"),
        ({'for="in-text"': ""}, "without a label"),
        ({'id="content"': 'id="elsewhere"'}, "skip link"),
        ({'name="csrf"': ""}, "without its token"),
        ({'aria-labelledby="comments"': 'aria-labelledby="nowhere"'}, "refers to"),
        ({">Add the comment<": "><"}, "without a text"),
    ],
)
def test_the_check_itself_sees_what_is_broken(officer_page, bank, broken, defect):
    html = officer_page.request("GET", f"/ui/issues/{bank.issue['id']}").text
    assert defects(parse(html)) == []
    for old, new in broken.items():
        assert old in html
        html = html.replace(old, new)
    assert [text for text in defects(parse(html)) if defect in text]


def scheme(text: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


LIGHT = scheme(STYLE.partition("@media (prefers-color-scheme: dark)")[0])
DARK = scheme(STYLE.partition("@media (prefers-color-scheme: dark)")[2].partition("*, *::before")[0])


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_have_enough_contrast(colours):
    texts = [(ink, ground) for ink in ("ink", "faint", "accent", "bad") for ground in ("ground", "sheet")]
    texts += [(name, f"{name}-soft") for name in ("bad", "warn", "good", "service", "accent")]
    texts += [("ink", f"{name}-soft") for name in ("good", "warn", "accent")]
    texts += [("faint", "warn-soft"), ("service", "warn-soft"), ("on-accent", "accent")]
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in texts}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}
    shapes = [(edge, ground) for edge in ("edge", "focus") for ground in ("ground", "sheet")]
    assert [pair for pair in shapes if contrast(colours[pair[0]], colours[pair[1]]) < 3] == []


def test_contrast_is_computed_as_the_guideline_says():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert set(LIGHT) == set(DARK)
    assert len(LIGHT) > 15


def test_nothing_moves_and_the_focus_is_seen():
    assert not re.search("transition|animation|scroll-behavior", STYLE)
    assert re.search(r":focus-visible \{ outline: 3px solid", STYLE)
