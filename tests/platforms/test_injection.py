"""Names and texts that mean something to a platform go through a whole cycle unchanged, both ways, or are refused with
the reason; never is a question wider for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest

from tests.platforms.desk import Desk
from tests.simulators.archer.options import Search, parsed
from tests.simulators.archer.soap import called
from tests.simulators.base import Request, Verb
from tests.simulators.servicenow import batch

EACH = pytest.mark.parametrize("platform", ["servicenow", "archer", "logicgate", "metricstream"])
NAMES = (
    "a^ORu_purposeISNOTEMPTY",
    "^NQactive=true^ORDERBYDESCsys_id",
    'it\'s "quoted" `and` \\ back',
    "<Value>&amp;<b> & &#60;",
    "]]><![CDATA[",
    "x' OR '1'='1",
    "1 OR 2) AND (1",
    "javascript gs.getUserID()",
    "% _ * ? [a-z] ${ARCHER_INSTANCE}",
    "模型 🏦 naïve",
    "two\nlines",
    "%5E%0A+",
    "k" * 250,
    " blanks around ",
    "cafe\u0301 in another Unicode form",
)
"""MLflow takes no / and no : in a name. The last two are kept as they are in names alone."""
TEXTS = (
    "javascript:gs.getUserID()",
    "JavaScript : gs.getUserID()^ORsys_idISNOTEMPTY",
    "line one\nline two\n\nline four",
    "</Value></TextFilterCondition></Conditions></Filter>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "<script>alert(1)</script> & <p>no markup</p>",
    "DYNAMIC90d1921e5f510100a9ad2572f2b477fe",
)
PEOPLE = (
    "x^ORemailISNOTEMPTY",
    "x^ORemailENDSWITH@bank.example",
    "x^NQemail=admin@bank.example",
    "javascript:gs.getUserID()",
    "javascript:gs.getUser().getEmail()+'@bank.example'",
    "nobody@bank.example' OR '1'='1",
    "a]]></Value>@bank.example",
    "two\nlines@bank.example",
)


def text_for(number: int) -> str:
    texts = (*TEXTS, *NAMES[:-2])
    return texts[number % len(texts)]


class Questions:
    """Everything that a platform was asked in a language of its own."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.searches: list[Search] = []
        self.parameters: list[str] = []

    def note(self, request: Request) -> None:
        found = called(request.body) if request.path.endswith("search.asmx") else None
        if found is not None:
            self.searches.append(parsed(found.options))
        self.parameters.append(request.query)
        self.queries += parse_qs(request.query, keep_blank_values=True).get("sysparm_query", [])
        if batch.PATH.fullmatch(request.path):
            for item in batch.items(request.json()):
                self.note(item.request)


@contextmanager
def asked(desk: Desk) -> Iterator[Questions]:
    """Note what is asked during the block, and that none of it means more than the connector meant."""
    found, tell = Questions(), desk.simulator.tell

    def noted(request: Request) -> Sequence[object]:
        found.note(request)
        return tell(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.simulator, "tell", noted)
        yield found
    if desk.platform in WORDLESS:
        assert [query for query in found.parameters if not PLAIN.fullmatch(query)] == []
    else:
        assert found.queries or found.searches
    for query in found.queries:
        _is_narrow(query)
    for search in found.searches:
        assert search.sort, "every search has an order"
        assert len(search.conditions) <= 1 or search.logic == "1 OR 2", search
    if desk.platform == "servicenow":
        assert desk.simulator.manners.scripts == []


WORDLESS = ("logicgate", "metricstream")
"""They have no language to ask in: pages are asked for, of a workflow or a report, and records by their ids."""
PLAIN = re.compile(r"((workflow-id|page|size|updated-min|limit|offset)=\w+(&|$))*", re.ASCII)
COLUMNS = "sys_id|u_external_key|user_name|email|element_id|element|name|u_model|document_id|sysapproval|state"
CONDITION = re.compile(rf"({COLUMNS})(=|>|IN|STARTSWITH)[^^]+", re.ASCII)
ORDER = re.compile(r"ORDERBY(DESC)?sys_\w+", re.ASCII)


def _is_narrow(query: str) -> None:
    """Conditions that all have to hold, each on a column that the connector looks in, and an order at their end."""
    parts = query.split("^")
    conditions = [part for part in parts if not ORDER.fullmatch(part)]
    assert parts[: len(conditions)] == conditions, query
    assert ORDER.fullmatch(parts[-1]), query
    assert query.isprintable(), query
    assert re.search(r"javascript", query, re.IGNORECASE) is None, query
    for condition in conditions:
        assert CONDITION.fullmatch(condition), query


def purposes(desk: Desk) -> dict[str, str]:
    return {row["registry_name"]: row["purpose"] for row in desk.officer.records("models")}


@EACH
def test_names_and_texts_go_through_a_cycle_and_back(platform: str, make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(platform, section={"sees_all": True} if platform == "archer" else {})
    wanted = {name: text_for(number) for number, name in enumerate(NAMES)}
    for name, text in wanted.items():
        desk.model(name, purpose=text, risk_classification="high")
    with asked(desk):
        desk.run("sync")
        assert purposes(desk) == wanted
        assert len(desk.officer.records("versions")) == len(NAMES)
        back = {name: text_for(number + 9) for number, name in enumerate(NAMES)}
        for name, text in back.items():
            desk.officer.patch(desk.record(name)["id"], allowed_changes=text)
        desk.run("sync")
        assert {name: desk.tags(name)["grc_allowed_changes"] for name in NAMES} == back
        for number, name in enumerate(NAMES):
            desk.author.set_tag(name, "purpose", text_for(number + 4))
        desk.run("sync")
        assert purposes(desk) == {name: text_for(number + 4) for number, name in enumerate(NAMES)}
        assert "both sides agree" in desk.run("sync").out


@EACH
def test_keys_find_their_own_records_when_the_state_is_lost(platform: str, make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(platform, section={"sees_all": True} if platform == "archer" else {})
    for name in NAMES:
        desk.model(name, purpose="Scores.", risk_classification="high")
    desk.run("sync")
    kept = {row["registry_name"]: row["id"] for row in desk.officer.records("models")}
    for path in desk.directory.glob("state.db*"):
        path.unlink()
    for name in NAMES:
        desk.author.delete_tag(name, "grc_record_id")
    desk.side.calls.clear()
    with asked(desk):
        desk.run("sync")
    assert [call for call in desk.side.calls if call.verb == Verb.CREATE] == []
    assert {name: desk.tags(name)["grc_record_id"] for name in NAMES} == kept


@EACH
def test_a_platform_that_trims_names_is_written_once(platform: str, make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(platform)
    desk.side.faults.add("normalise", field="registry_name", how="trim")
    desk.model(" blanks around ", risk_classification="high")
    desk.run("sync")
    assert desk.record("blanks around")["registry_name"] == "blanks around"
    assert "both sides agree" in desk.run("sync").out


@EACH
def test_people_that_are_none_are_refused(platform: str, make_desk: Callable[..., Desk]) -> None:
    """Nobody is found by a question that an address turned into another one."""
    desk = make_desk(platform)
    desk.model("fraud", risk_classification="high", purpose="Scores.")
    for number, person in enumerate(PEOPLE):
        desk.model(f"model{number}", developer=person, risk_classification="high")
    with asked(desk):
        said = desk.run("sync", expect=3)
    assert "e-mail" in said.out
    assert {row["developer_proposed"] for row in desk.officer.records("models")} <= {None, ""}
    assert desk.record("fraud")["purpose"] == "Scores."


@EACH
def test_issues_and_the_answers_to_them(platform: str, make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(platform)
    desk.model(risk_classification="high")
    desk.run("sync")
    for text in TEXTS:
        desk.officer.raise_issue(text.replace("\n", " "), model=desk.record("credit")["id"])
    issues = desk.officer.records("issues")
    with asked(desk):
        desk.run("sync")
        tags = {issue["id"]: "grc_issue_" + re.sub("[^A-Za-z0-9]", "_", issue["number"]) for issue in issues}
        for issue in issues:
            assert json.loads(desk.tags("credit")[tags[issue["id"]]])["title"] == issue["title"]
        if platform == "metricstream":
            return  # Its mapping has no comments: no operation that adds one is published.
        for issue, text in zip(issues, TEXTS, strict=True):
            desk.author.set_tag("credit", tags[issue["id"]].replace("_issue_", "_response_"), text)
        desk.run("sync")
        desk.run("sync")
    for issue, text in zip(issues, TEXTS, strict=True):
        (comment,) = desk.officer.comments(issue["id"])
        assert " ".join(text.split()) in " ".join(comment["text"].split())


@pytest.mark.parametrize(
    ("platform", "text", "reason"),
    [
        ("archer", "bell\x07", "U+0007"),
        ("archer", "not a character \ufffe", "U+FFFE"),
    ],
)
def test_what_a_platform_cannot_hold_is_refused_with_the_reason(
    platform: str, text: str, reason: str, make_desk: Callable[..., Desk]
) -> None:
    desk = make_desk(platform)
    desk.model("credit", purpose=text, risk_classification="high")
    desk.model("fraud", purpose="Scores.", risk_classification="high")
    said = desk.run("sync", expect=3)
    assert reason in said.out
    assert desk.record("fraud")["purpose"] == "Scores."
    assert not [row for row in desk.officer.records("models") if row["purpose"] == text]
