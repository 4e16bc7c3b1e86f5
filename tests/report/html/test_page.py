"""What stands in the file before any script runs, and what the script is given."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
from dataclasses import replace

import pytest

from connector.controls import BASIS, Finding, Waiver
from connector.report.html import Source, write_page
from connector.report.rows import Report, Tally
from tests.mock.web.html import Node, parse
from tests.report.html import nasty
from tests.report.html.bank import NOW, Portfolio, histories_of, report_of


def page(*reports: Report) -> str:
    stream = io.StringIO()
    write_page([Source(report, histories_of(report)) for report in reports], stream, NOW)
    return stream.getvalue()


def json_of(text: str, name: str) -> dict:
    (found,) = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', text)
    return json.loads(found)


def parcels_of(text: str) -> list[dict]:
    found = re.findall(r'<script type="application/gzip" id="parcel-\d+">(.*?)</script>', text)
    return [json.loads(gzip.decompress(base64.b64decode(one))) for one in found]


def small(**changed: object) -> Portfolio:
    """One model in production without an approval, one that agrees, and one with a late issue."""
    made = Portfolio(0)
    good = {"purpose": "Scores.", "risk_classification": "high", "model_owner": "a@bank.example"}
    live = {"production_aliases": '["champion"]', "aliases": '["champion"]'}
    made.add("credit", {**good, "products": '["Cards","Loans"]'}, [{**live, "approval_status": "pending"}])
    made.add("fraud", good, [{**live, "approval_status": "approved"}], **changed)
    record = made.add("late", {**good, "risk_classification": None})
    made.issue(record, title="Backtest", severity="high", due="2026-11-01")
    return made


def tiles(shown: Node) -> dict[str, str]:
    found = [tile.all("span") for tile in shown.one("ul", class_="tiles").all("a")]
    return {label.text: number.text for number, label, _ in found}


@pytest.fixture
def report() -> Report:
    return report_of(small(purpose="Another.").material())


def test_the_headline_counts_what_a_risk_officer_asks_for(report: Report) -> None:
    told = tiles(parse(page(report)))
    fields = report.counts["fields"]
    assert told == {
        "models": "3",
        "in production": "2",
        "unapproved in production": "1",
        "overdue remediations": "1",
        "fields agree on both sides": f"{fields['agree'] / sum(fields.values()):.1%}",
        "metadata complete": told["metadata complete"],
    }
    assert fields["differ"] == 1


def test_an_approval_that_ran_out_yesterday_is_none() -> None:
    made = Portfolio(0)
    for name, expiry in (("ends today", "2026-11-26"), ("ended", "2026-11-25"), ("goes on", "2027-11-25")):
        made.add(name, {}, [{"production_aliases": '["p"]', "approval_status": "approved", "approval_expiry": expiry}])
    assert tiles(parse(page(report_of(made.material()))))["unapproved in production"] == "1"


def test_the_findings_can_be_read_without_a_script(report: Report) -> None:
    shown = parse(page(report)).one("section", id="findings").text
    for each in report.findings:
        assert each.model in shown
        assert each.seen[1:] in shown
        assert each.remedy[1:] in shown
        assert f"Rests on {BASIS[each.control]}." in shown


def test_what_is_said_of_many_models_is_said_once() -> None:
    report = report_of(Portfolio(40).material())
    seen = "under champion, and its approval is pending"
    assert sum(each.seen == seen for each in report.findings) > 1
    assert page(report).count(seen[1:]) == 1


def test_an_accepted_finding_counts_for_nothing_and_says_who_took_it(report: Report) -> None:
    first, *rest = report.findings
    waiver = Waiver(first.control, first.model, None, "Known and small", "cro@bank.example", "2027-01-31")
    text = page(replace(report, findings=(replace(first, waiver=waiver), *rest)))
    shown, counts = parse(text), [sum(row[9]) for row in json_of(text, "index")["rows"]]
    assert sum(counts) == len(rest)
    assert f"{len(rest)} finding" in shown.one("section", id="findings").text
    taken = shown.one("section", id="accepted").text
    assert "cro@bank.example" in taken
    assert "until 31 Jan 2027: Known and small" in taken


def test_a_finding_about_no_model_is_told(report: Report) -> None:
    general = Finding("C27", "critical", "", None, "the listing of models broke off", "run a sync")
    text = parse(page(replace(report, findings=(general, *report.findings)))).one("section", id="C27").text
    assert "The listing of models broke off" in text
    assert "the connection" in text


def test_what_was_not_read_whole_proves_nothing(report: Report) -> None:
    assert "Inconclusive" not in page(report)
    shown = page(report_of(small().material(gaps=("models of the GRC",))))
    assert "Inconclusive" in shown
    assert "models of the GRC" in shown


def test_what_a_fuse_holds_back_proves_nothing_and_is_not_called_unread(report: Report) -> None:
    shown = page(report_of(small().material(withheld=7)))
    assert "7 changes to either side are held back until an administrator approves them" in shown
    assert "could be read" not in shown


def test_a_waiver_that_matches_no_finding_is_told(report: Report) -> None:
    model = report.findings[0].model
    waivers = (
        Waiver("C09", model, "3", "Fixed <b>soon</b>", "cro@bank.example", "2026-01-31"),
        Waiver("C09", "of another connection", None, "Known", "cro@bank.example", "2027-01-31"),
    )
    text = page(replace(report, idle_waivers=waivers))
    told = parse(text).one("section", id="accepted").text
    assert "Waivers that match no finding" in told
    assert "until it expired on 31 Jan 2026: Fixed <b>soon</b>" in told
    assert "of another connection" not in told
    stream = io.StringIO()
    write_page([Source(replace(report, idle_waivers=waivers), {})], stream, NOW, every=True)
    assert "of another connection" in stream.getvalue()


def test_the_stages_that_a_version_needs_go_with_it(report: Report) -> None:
    made = Portfolio(0)
    for tier in ("low", "medium"):
        told = {"mlflow:tag:grc_gate_reasons": '["auc 0.7, needs >= 0.8"]'}
        done = {"validation_status": "passed", "independent_validation": "pending", **told}
        made.add(tier, {"risk_classification": tier}, [done])
    text = page(report_of(made.material()))
    asked = [model[2][0][-2] for model in parcels_of(text)[0]["models"]]
    assert asked == [[1, 0, 0, 0], [1, 0, 2, 0]]
    assert "auc 0.7, needs >= 0.8" in parcels_of(text)[0]["texts"]
    assert json_of(text, "settings")["stages"][0] == ["validation_status", "Automated gates"]


def test_the_matrix_counts_by_product_else_owner(report: Report) -> None:
    table = parse(page(report)).one("section", id="summary").one("table", class_="list matrix")
    rows = {row.one("th").text: [cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")}
    heavy = "1, of these 1 with a critical or high finding"
    assert rows["Cards"] == [heavy, "·none", heavy]
    assert rows["Loans"] == rows["Cards"]
    assert [cell[:1] for cell in rows["a@bank.example owner"]] == ["1", "1", "2"]
    total = [cell.text[:1] for cell in table.one("tfoot").all("td")]
    assert total == ["2", "1", "3"]


def test_of_many_business_lines_the_smallest_stand_together() -> None:
    made = Portfolio(0)
    for number in range(30):
        made.add(f"m{number}", {"products": json.dumps([f"line {number:02d}"])})
    table = parse(page(report_of(made.material()))).one("table", class_="list matrix")
    rows = table.one("tbody").all("tr")
    assert len(rows) == 25
    assert (rows[-1].one("th").text, rows[-1].all("td")[-1].text[:1]) == ("6 others", "6")


def test_the_trend_is_a_picture_with_words_and_numbers(report: Report) -> None:
    tallies = [Tally("2026-10-01T08:00:00.000Z", 3, {"high": 4}), Tally("2026-11-01T08:00:00.000Z", 3, {"high": 1})]
    text = page(replace(report, trend=tuple(tallies)))
    assert "Findings are down from 4 to 1 between 1 Oct 2026 and 1 Nov 2026." in text
    assert text.count('<rect class="high"') == 2
    for few in (tallies[:1], []):
        assert "once two runs have been counted" in page(replace(report, trend=tuple(few)))


def test_nothing_is_fetched_and_nothing_but_its_own_script_may_run(report: Report) -> None:
    text = page(report)
    assert re.findall(r"""(?:src|srcset|data|action)=["']""", text) == []
    assert re.findall(r"<(?:link|iframe|img|object|embed|base|form)\b", text) == []
    assert "url(" not in text
    assert "@import" not in text
    policy = parse(text).one("meta", http_equiv="Content-Security-Policy").attrs["content"]
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL) + re.findall(
        r"<style>(.*?)</style>", text, re.DOTALL
    )
    assert len(scripts) == 3
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none';")


def test_no_text_becomes_markup() -> None:
    text = page(nasty.report())
    assert "<img" not in text
    assert "<script>window" not in text
    assert text.count("<script") == 4 + len(parcels_of(text))
    assert "\u2028" not in "".join(re.findall(r"<script.*?</script>", text, re.DOTALL))
    assert nasty.LINK not in text
    assert nasty.LINK not in [one for parcel in parcels_of(text) for one in parcel["texts"]]


def test_what_the_script_is_given_is_what_was_reported(report: Report) -> None:
    text = page(report)
    index, (parcel,) = json_of(text, "index"), parcels_of(text)
    names = [row[0] for row in index["rows"]]
    assert names == ["credit", "fraud", "late"]
    fraud = parcel["models"][names.index("fraud")]
    fields = [name for name, *_ in json_of(text, "settings")["connections"][0]["fields"]["model"]]
    cell = fraud[0][3][fields.index("purpose")]
    texts = parcel["texts"]
    assert [texts[cell[0] - 1], texts[cell[1] - 1], index["statuses"][cell[2]]] == ["Another.", "Scores.", "differ"]


def test_models_of_one_name_have_pages_of_their_own(report: Report) -> None:
    text = page(report, replace(report, connection="second"))
    rows = json_of(text, "index")["rows"]
    assert [(row[0], row[1], row[2]) for row in rows[:1] + rows[3:4]] == [("credit", 0, 0), ("credit", "credit~2", 1)]
    assert 'href="#m=credit~2"' in text
    assert "Connection <bdi>second</bdi>" in text


def test_a_report_is_the_same_every_time() -> None:
    first, again = (page(report_of(Portfolio(130).material())) for _ in range(2))
    assert first == again
    assert len(parcels_of(first)) == 2


def test_half_a_character_does_not_break_the_file() -> None:
    made = Portfolio(0)
    made.add("half \ud800", {"purpose": "half \udc00 of one"})
    text = page(report_of(made.material()))
    text.encode()
    assert 'href="#m=half%20%3F"' in text


def test_ten_thousand_models_would_fit_in_a_mail() -> None:
    """1,000 models with two versions each are a tenth of it."""
    assert len(page(report_of(Portfolio(1_000).material())).encode()) < 1_500_000
