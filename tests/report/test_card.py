"""The model card: what it tells, and that no text of a model can become anything but text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from connector.controls import ApprovalStep, Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.model.fields import Owner
from connector.model.registry import RunData
from connector.report.blocks import plain
from connector.report.card.charts import flow_chart, metric_chart
from connector.report.card.content import Card, Line, Metric, Source, make_card, values, version_of
from connector.report.card.html import html
from connector.report.card.markdown import markdown

HOSTILE = [
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }} {% raw %}",
    "[click](javascript:alert(1))",
    "a|b|c `code` **bold** <b>x</b>",
    "=HYPERLINK(1)",
    "line\nline\r\n# heading",
    "\u202etfel ot thgir",
    "emoji \U0001f600 " + "x" * 250,
]
CHAIN = (
    ApprovalStep("1", "v@bank.example", "validator", "2026-02-01T10:00:00Z", "approved", "ok", "https://grc/1"),
    ApprovalStep("2", "o@bank.example", "owner", "2026-02-02T10:00:00Z", "approved"),
)
ISSUES = (
    JoinedIssue("ISS1", "drift", "high", "open", "2026-04-01", version="2"),
    JoinedIssue("ISS2", "of another version", "low", "open", None, version="1"),
    JoinedIssue("ISS3", "of the model", "low", "closed", None),
)


def version(number: str, **more: object) -> JoinedVersion:
    registry = {"identity.run": f"r{number}", "identity.source": "s3://b/m", "data_sources": '["loans","bureau"]'}
    return JoinedVersion(number, registry, {"approval_status": "approved"}, **more)  # type: ignore[arg-type]


MODEL = JoinedModel(
    "credit",
    {"purpose": "Scores."},
    {"model_owner": "owner@bank.example", "url": "https://grc/m/1"},
    "MDL1",
    versions=(version("1"), version("2", production=True, aliases=("champion",), approval_chain=CHAIN), version("3")),
    issues=ISSUES,
)
RUNS = {
    "1": RunData("r1", "FINISHED", metrics={"auc": 0.8, "fairness_gap": 0.1}),
    "2": RunData(
        "r2",
        "FINISHED",
        params={"depth": "6"},
        metrics={"auc": 0.85, "fairness_gap": 0.05, "new": 1.0},
        tags={"mlflow.user": "ann"},
    ),
    "3": RunData("r3", "FINISHED", metrics={"auc": float("nan")}),
}


def card(model: JoinedModel = MODEL, number: str | None = None, **more: object) -> Card:
    chosen = version_of(model, number)
    assert chosen is not None
    source = Source("bank", "2026-03-01T00:00:00Z", RUNS, **more)  # type: ignore[arg-type]
    return make_card(Inventory((model,), "2026-03-02"), model, chosen, source)


def test_the_version_in_production_has_the_card_or_else_the_newest() -> None:
    assert card().version == "2"
    idle = replace(MODEL, versions=(MODEL.versions[0], MODEL.versions[2]))
    assert version_of(idle, None).version == "3"
    assert card(number="1").version == "1"
    assert version_of(MODEL, "9") is None
    assert version_of(replace(MODEL, versions=()), None) is None


def test_metrics_stand_beside_the_version_before() -> None:
    made = card()
    assert [(one.name, one.own, one.before) for one in made.metrics] == [("auc", 0.85, 0.8), ("new", 1.0, None)]
    assert [(one.name, one.own, one.before) for one in made.fairness] == [("fairness_gap", 0.05, 0.1)]
    assert card(number="1").metrics[0].before is None


def test_issues_of_the_version_and_of_the_model_alone() -> None:
    assert [issue.number for issue in card().issues] == ["ISS1", "ISS3"]


def test_each_statement_comes_from_the_version_or_else_from_the_model() -> None:
    told = {line.label: line.values for section in card().sections for line in section.lines}
    assert told["Purpose and intended use"] == ("Scores.",)
    assert told["Owner"] == ("owner@bank.example",)
    assert told["Status"] == ("approved",)
    assert told["Restrictions"] == ()
    lineage = {line.label: line.values for line in card().lineage}
    assert lineage["Training data"] == ("loans", "bureau")
    assert (lineage["Training run"], lineage["Run by"], lineage["In production as"]) == (
        ("r2",),
        ("ann",),
        ("champion",),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ()),
        ("plain", ("plain",)),
        ('["a","b"]', ("a", "b")),
        ('{"a":1}', ("a: 1",)),
        ("[not json", ("[not json",)),
        ('[{"type":"x"}]', ('{"type": "x"}',)),
    ],
)
def test_values_are_told_as_people_read_them(value: str | None, shown: tuple[str, ...]) -> None:
    assert values(value) == shown


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data) -> None:
        self.text.append(data)


def parsed(document: str) -> Elements:
    found = Elements()
    found.feed(document)
    return found


def spoiled(text: str) -> Card:
    """A card that has the text at every place where somebody may write."""
    step = ApprovalStep(text, text, text, text, text, text, text)
    issue = JoinedIssue(text, text, text, text, text, text, text, "2")
    fields = dict.fromkeys(("purpose", "description", "limitations", "model_owner", "products", "conditions"), text)
    grc = {**fields, "approval_status": text, "risk_classification": text, "url": text}
    one = JoinedVersion(
        "2", {"identity.run": text, "identity.source": text, **fields}, grc, text, True, (text,), approval_chain=(step,)
    )
    model = JoinedModel(text, fields, grc, text, versions=(one,), issues=(issue,))
    run = RunData(
        text,
        "FINISHED",
        params={text: text},
        metrics={text: 1.0, f"fairness{text}": 2.0},
        tags={"mlflow.user": text},
        datasets=(text,),
    )
    source = Source(text, text, {"2": run}, {text: text})
    return make_card(Inventory((model,), "2026-03-02"), model, one, source)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    clean, found = parsed(html(spoiled("plain"))), parsed(html(spoiled(text)))
    assert [tag for tag in found.tags if tag not in ("a", "ul", "li")] == [
        tag for tag in clean.tags if tag not in ("a", "ul", "li")
    ]
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [
        value for name, value in found.attributes if name in ("href", "src") and not (value or "").startswith("http")
    ]
    assert text.replace("\r\n", "\n") in "".join(found.text).replace("\r\n", "\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markdown(text: str) -> None:
    document = markdown(spoiled(text))
    prose = document.split("## Environment")[0]
    assert not re.search(r"(?<!\\)<", prose.replace("<br>", ""))
    headings = [line for line in prose.splitlines() if line.startswith("#")]
    assert len(headings) == len(
        [line for line in markdown(spoiled("plain")).split("## Environment")[0].splitlines() if line.startswith("#")]
    )
    assert not re.search(r"(?<!\\)\]\(javascript", prose)
    rows = {line.replace("\\|", "").count("|") for line in prose.splitlines() if line.startswith("| ")}
    assert rows <= {3, 4, 6, 7}


def test_an_address_that_is_none_is_text() -> None:
    made = html(card(replace(MODEL, grc={"url": "javascript:alert(1)"})))
    assert "javascript:" not in made
    assert 'href="https://grc/m/1"' in html(card())
    assert "[MDL1](https://grc/m/1)" in markdown(card())


def test_the_environment_keeps_its_fence() -> None:
    made = markdown(card(environment={"requirements.txt": "a\n```\nb"}))
    assert "````\na\n```\nb\n````" in made


def told_of(made: Card) -> dict[str, tuple[str, ...]]:
    return {line.label: line.values for section in made.sections for line in section.lines}


def test_the_stages_that_the_tier_needs_and_the_next_one() -> None:
    made = card(replace(MODEL, grc={"risk_classification": "medium"}))
    assert (made.stages.needed, made.stages.next) == (("automated", "compliance"), "automated")
    assert told_of(made)["Automated gates"] == ("not recorded: this is the next stage",)
    assert told_of(made)["Independent validation"] == ("not needed for the tier",)
    assert told_of(made)["Compliance review"] == ()
    assert "| Next stage | automated gates |" in markdown(made)
    assert "<dt>Next stage</dt><dd>automated gates</dd>" in html(made)


def test_what_keeps_the_gates_from_passing() -> None:
    told = JoinedVersion("1", {"tag:grc_gate_reasons": '["auc 0.7, needs >= 0.8"]'}, {})
    made = card(replace(MODEL, versions=(told,)))
    assert told_of(made)["What keeps the automated gates from passing"] == ("auc 0.7, needs >= 0.8",)
    assert "What keeps" not in markdown(card())


def test_a_tag_in_mlflow_approves_nothing() -> None:
    forged = JoinedVersion("1", {"approval_status": "approved"}, {"approval_status": "rejected"})
    assert card(replace(MODEL, versions=(forged,))).approval == "rejected"
    alone = replace(MODEL, versions=(replace(forged, grc=None),))
    owned = Inventory((alone,), "2026-03-02", owners={"approval_status": Owner.GRC})
    made = make_card(owned, alone, alone.versions[0], Source("bank", None))
    assert (made.approval, told_of(made)["Status"]) == (None, ())


def test_an_approval_whose_last_day_is_past_is_not_told_as_one() -> None:
    ended = replace(MODEL.versions[1], grc={"approval_status": "approved", "approval_expiry": "2026-03-01"})
    made = card(replace(MODEL, versions=(ended,)))
    assert made.decision == "approved, expired on 2026-03-01"
    assert '<dd class="expired">approved, expired on 2026-03-01</dd>' in html(made)
    today = replace(ended, grc={"approval_status": "approved", "approval_expiry": "2026-03-02"})
    assert card(replace(MODEL, versions=(today,))).decision == "approved"


def test_what_a_version_lacks_stands_on_its_own_card_alone() -> None:
    assert {lack.version for lack in card(number="1").completeness.lacks} == {None, "1"}


def test_a_card_of_what_was_not_read_whole_says_so() -> None:
    made = card(gaps=("issues of the GRC",))
    assert "**Inconclusive**: not read to the end: issues of the GRC." in markdown(made)
    assert "<strong>Inconclusive</strong>: not read to the end: issues of the GRC." in html(made)
    assert "Inconclusive" not in markdown(card()) + html(card())


def test_the_evidence_of_a_step_and_the_page_of_an_issue_are_linked() -> None:
    issue = replace(ISSUES[0], url="https://grc/i/1", state="in_remediation")
    made = markdown(card(replace(MODEL, issues=(issue,))))
    assert "| ok [evidence](https://grc/1) |" in made
    assert "| [ISS1](https://grc/i/1) | drift | high | in remediation |" in made
    assert "| 2026-02-01 10:00:00 UTC | 1 |" in made


def test_what_no_terminal_and_no_file_can_take_is_shown_as_its_escape() -> None:
    spoilt = "a\x1b[31mb \ud800 \u202ec"
    made = card(replace(MODEL, name=spoilt, registry={"purpose": spoilt}), environment={"e.txt": spoilt})
    for text in (markdown(made), html(made)):
        assert "\x1b" not in text
        assert "x1b" in text
        assert text.encode()
    assert "\u202e" not in markdown(replace(made, environment={}))


def test_markdown_of_a_card() -> None:
    made = markdown(card())
    assert "# Model card: credit, version 2" in made
    assert "| auc | 0.85 | 0.8 |" in made
    assert "- **Restrictions**: *not stated*" in made
    assert plain("a_b") == "a\\_b"


def test_html_asks_for_nothing_from_elsewhere() -> None:
    found = parsed(html(card()))
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert ("lang", "en") in found.attributes


def test_the_chart_tells_its_values_in_words() -> None:
    chart = str(metric_chart(Metric("auc", (("1", 0.8), ("2", 0.85), ("3", float("nan"))), "2")))
    assert 'aria-label="auc by version. version 1: 0.8, version 2: 0.85"' in chart
    assert chart.count("<circle") == 2
    assert metric_chart(Metric("auc", (("2", 0.8),), "2")) == ""
    level = str(metric_chart(Metric("auc", (("1", 1.0), ("2", 1.0)), "2")))
    assert "nan" not in level


def test_the_flow_shows_what_is_not_stated() -> None:
    chart = str(flow_chart((Line("Data", ("a" * 40, "b")), Line("Run"))))
    assert 'class="open"' in chart
    assert "\u2026 +1" in chart
    assert "a" * 40 + ", b" in chart


def test_a_card_is_json() -> None:
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(card())))["version"] == "2"
