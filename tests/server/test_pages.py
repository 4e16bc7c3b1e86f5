"""What the pages show, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import connector.server
from connector.model.state import RunStatus
from connector.plan.codec import operation_json
from connector.server.service import Service
from connector.state import SqliteStore, Withheld
from tests.mock.web.html import parse
from tests.mock.web.structure import defects
from tests.server.bank import NOW, Clock, Visitor, conflict, forms, operation, record, run, settings

PATHS = (
    "/status", "/runs", "/runs?connection=bank", "/conflicts", "/withheld", "/quarantine", "/findings", "/audit",
    "/audit?object=credit&action=update_record&since=2026-01-01&until=2027-01-01", "/audit?object=nobody",
    "/audit?before=40", "/sign-in",
)  # fmt: skip


def test_every_page_is_sound_for_a_guest_and_signed_in(guest: Visitor) -> None:
    def unsound() -> dict[str, list[str]]:
        pages = {path: parse(guest.request("GET", path).text) for path in PATHS}
        assert all(page.one("title").text.endswith(" | mlflow-grc") for page in pages.values())
        return {path: found for path, page in pages.items() if (found := defects(page))}

    assert unsound() == {}
    assert guest.request("GET", "/").url == f"{guest.url}/status"
    guest.sign_in()
    assert unsound() == {}


def test_an_empty_state_has_sound_pages_too(serve: Callable[..., Service], visitor: Callable[..., Visitor]) -> None:
    guest = visitor(serve())
    pages = {path: parse(guest.request("GET", path).text) for path in PATHS}
    assert {path: found for path, page in pages.items() if (found := defects(page))} == {}
    assert "No cycle has run yet." in pages["/status"].text


def test_the_overview_tells_how_the_connection_stands(guest: Visitor) -> None:
    page = guest.get("/status")
    assert "Not ready" in page.one("p", class_="lead").text
    reasons = [item.text for item in page.one("ul", class_="reasons").all("li")]
    assert [reason.split(":")[0] for reason in reasons] == ["Fuse tripped", "Conflict", "Quarantine"]
    facts = page.facts()
    links = page.one("ul", class_="reasons").links()
    assert list(links.values()) == ["/withheld", "/conflicts", "/quarantine"], "who reads it has no command line"
    assert facts["Last complete cycle"] == "1 minute ago"
    assert facts["Next due"] == "2 Mar 2026, 09:03 UTC", "by the schedule, where no machine says when"
    assert facts["Too old from"] == "2 Mar 2026, 09:14 UTC"
    assert (facts["Conflicts"], facts["Withheld"], facts["Quarantine"]) == ("2", "2", "1")
    assert (facts["Open issues"], facts["Findings"], facts["Platform"]) == ("2", "4", "http")
    assert page.rows()[0][1:] == ["10.0 s", "applied", "2 writes of 3 fields; 2 withheld"]


def test_why_a_cycle_failed_is_a_step_away_and_times_are_readable(
    guest: Visitor, store: SqliteStore, clock: Clock
) -> None:
    failed = run(store, NOW, status=RunStatus.FAILED)
    clock.now = NOW + timedelta(hours=1)
    lease = store.acquire_lease("bank", "host-1:77:5:ns", clock.now, 60)
    store.start_run("bank", clock.now - timedelta(seconds=9))
    page = guest.get("/status")
    reasons = page.one("ul", class_="reasons")
    assert f"/runs/{failed.id}" in reasons.links().values()
    assert "which is too old since 2 Mar 2026, 09:14 UTC; see that the daemon runs" in reasons.text
    assert page.facts()["Cycle running"] == "on host-1, for 9 seconds"
    store.release_lease(lease)


def test_what_a_fuse_holds_back_is_told_in_words(guest: Visitor, filled: SqliteStore, site: Service) -> None:
    page = guest.get("/withheld")
    (few,) = [item.text for item in page.one("main").all("li")]
    assert few.startswith("Records to be retired in the GRC: 2. There were more when the fuse tripped")
    held = [replace(operation(f"old-{number}"), why="") for number in range(6)]
    record(filled, lambda recorder: recorder.put_withheld([Withheld(one.digest, operation_json(one)) for one in held]))
    site.readings.forget()
    page = guest.get("/withheld")
    (many,) = [item.text for item in page.one("main").all("li")]
    limit = "More than 5, and more than 10 % of all linked objects, wait for a person."
    assert many == f"Records to be retired in the GRC: 6. {limit}"
    assert page.rows()[0][3] == "the model is gone", (
        "what the field's rule says, where the write has no reason of its own"
    )
    assert page.rows()[0][0] == "old-0 record rec-1"
    assert page.rows()[0][2] == "Lifecycle status active → becomes retired"


def test_a_list_in_conflict_is_shown_as_a_list(guest: Visitor, filled: SqliteStore) -> None:
    case = replace(conflict(field="limitations"), registry='["Few data.","No recession."]', grc='["Few data."]')
    record(filled, lambda recorder: recorder.set_conflicts([case]))
    facts = guest.get("/conflicts").facts()
    assert (facts["MLflow"], facts["GRC"]) == ("• Few data. • No recession.", "Few data.")


def test_a_run_tells_what_it_changed(guest: Visitor, filled: SqliteStore) -> None:
    (last,) = filled.runs("bank")
    page = guest.get(f"/runs/{last.id}")
    assert page.rows()[1][2:6] == ["Update record GRC", "credit", "field_0", "before"]
    assert "Update record" in page.facts()
    guest.get("/runs/20200101T000000-00000000", 404)
    guest.get("/runs?connection=nobody", 404)


def test_runs_are_listed_newest_first_and_paged(
    serve: Callable[..., Service], store: SqliteStore, visitor: Callable[..., Visitor]
) -> None:
    for number in range(60):
        run(store, NOW + timedelta(minutes=number), status=RunStatus.CLEAN)
    guest = visitor(serve())
    page = guest.get("/runs")
    assert page.one("p", class_="count").text == "Runs 1 to 50 of 60."
    assert page.rows()[0][0] == "2 Mar 2026, 09:59:00 UTC", "runs of one minute can be told apart"
    assert len(guest.get(page.links()["Next page"]).rows()) == 10
    assert guest.get("/runs?page=99").one("p", class_="count").text == "Runs 51 to 60 of 60."


def test_findings_by_control_and_by_day(guest: Visitor) -> None:
    tables = guest.get("/findings").all("table")
    assert [[cell.text for cell in row.all("th", "td")][::2] for row in tables[0].one("tbody").all("tr")] == [
        ["C01", "1"],
        ["C20", "3"],
    ]
    assert [cell.text for cell in tables[1].one("tbody").all("th", "td")] == ["2026-03-02", "1", "0", "0", "3"]


def sequences(page) -> list[int]:
    return [int(row[0]) for row in page.rows()] if page.all("tbody") else []


def test_the_trail_is_paged_backwards_and_loses_nothing(guest: Visitor, filled: SqliteStore) -> None:
    seen, page = [], guest.get("/audit")
    while True:
        seen += sequences(page)
        if "Older entries" not in page.links():
            break
        page = guest.get(page.links()["Older entries"])
    assert seen == list(range(filled.audit_head().sequence, 0, -1))
    assert sequences(guest.get(page.links()["Newest entries"]))[0] == seen[0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("field=field_7", 1), ("action=run_ended", 1), ("object=credit&field=field_100", 1), ("object=aml", 0),
        ("connection=bank&action=update_record", 50), ("since=2026-03-03", 0), ("until=2026-03-02", 0),
        ("since=2026-03-02&until=2026-03-03T00:00:00Z&field=field_1", 1),
    ],
)  # fmt: skip
def test_the_trail_is_filtered(guest: Visitor, query: str, count: int) -> None:
    page = guest.get(f"/audit?{query}")
    assert len(sequences(page)) == count
    if count == 50:
        older = page.links()["Older entries"]
        assert "action=update_record" in older
        assert sequences(guest.get(older))[0] == sequences(page)[-1] - 1


@pytest.mark.parametrize("query", ["since=yesterday", "before=-1", "before=x", f"object={'x' * 600}", "object=a%00"])
def test_an_address_that_cannot_be_understood(guest: Visitor, query: str) -> None:
    page = guest.get(f"/audit?{query}", 422)
    assert "cannot be understood" in page.one("h1").text
    assert defects(page) == []


def test_what_people_wrote_is_text_on_every_page(maria: Visitor) -> None:
    for path in ("/conflicts", "/quarantine", "/audit"):
        assert "<script" not in maria.request("GET", path).text
    assert "<script>alert(1)</script>" in maria.get("/quarantine").text
    assert "{{7*7}}" in maria.get("/quarantine").text


def test_a_guest_is_shown_nothing_to_press(guest: Visitor) -> None:
    for path in ("/conflicts", "/withheld"):
        assert forms(guest.get(path)) == []
    guest.sign_in()
    for path in ("/conflicts", "/withheld"):
        assert forms(guest.get(path)) != []


def test_elsewhere_than_on_loopback_reading_needs_a_sign_in(
    serve: Callable[..., Service], filled: SqliteStore, visitor: Callable[..., Visitor]
) -> None:
    reader = visitor(serve(settings("  reading: signed_in\n")))
    page = reader.get("/audit?field=field_7")
    assert page.one("h1").text == "Sign in"
    assert not page.all("nav")
    (form,) = forms(page)
    page = reader.submit(form, token="omar-token-9876543210")
    assert len(sequences(page)) == 1
    assert reader.get("/status").one("h1").text == "Overview"
    closed = visitor(serve(settings("  reading: signed_in\n", people=False)))
    assert "Nobody can sign in here" in closed.get("/status", 403).text


def test_a_state_that_cannot_be_read_is_told(site: Service, guest: Visitor, filled: SqliteStore, clock: Clock) -> None:
    filled.close()
    site.readings.forget()
    assert "state unavailable" in guest.get("/status").text.lower()
    for path in ("/conflicts", "/withheld", "/quarantine", "/findings", "/runs", "/audit"):
        page = guest.get(path, 503)
        assert "The state is not available" in page.one("h1").text, "nothing is known, which is not that nothing waits"
        assert "state.db" not in page.text
        assert defects(page) == []


STYLE = (Path(connector.server.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")


def test_colours_have_enough_contrast() -> None:
    from tests.mock.web.test_accessibility import contrast, scheme

    light, dark = STYLE.split("@media (prefers-color-scheme: dark)")
    for colours in (scheme(light), scheme(dark)):
        texts = [(ink, ground) for ink in ("ink", "faint", "accent", "bad") for ground in ("ground", "sheet")]
        texts += [(name, f"{name}-soft") for name in ("bad", "warn", "good", "accent")]
        texts += [("ink", f"{name}-soft") for name in ("good", "warn", "bad", "accent")] + [("on-accent", "accent")]
        assert {pair for pair in texts if contrast(colours[pair[0]], colours[pair[1]]) < 4.5} == set()
