"""How the simulated Archer tells requests in common words, and how faults in those words bend it."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pytest
import requests

from tests.simulators.archer.client import Client, Clock, condition, entry, report
from tests.simulators.archer.office import ArcherOffice
from tests.simulators.archer.person import ArcherPerson
from tests.simulators.archer.schema import Field, Type
from tests.simulators.archer.tenant import (
    FINDING_LEVEL,
    FINDING_MODULE,
    MODEL_LEVEL,
    MODEL_MODULE,
    VERSION_LEVEL,
    VERSION_MODULE,
)
from tests.simulators.base import Call, Verb


@pytest.fixture
def office() -> ArcherOffice:
    return ArcherOffice(Clock())


@pytest.fixture
def officer(office: ArcherOffice) -> ArcherPerson:
    return office.as_user("risk.officer@bank.example")


@pytest.fixture
def client(office: ArcherOffice) -> Iterator[Client]:
    with office.simulator as simulator:
        client = Client(simulator, simulator.service)
        client.login()
        simulator.calls.clear()
        yield client


def field(office: ArcherOffice, kind: str, common: str) -> Field:
    return office.simulator.tenant.named(kind, common)


def put(office: ArcherOffice, kind: str, common: str, value) -> dict:
    one = field(office, kind, common)
    return entry(one.id, one.type, value)


def value_id(office: ArcherOffice, kind: str, common: str, word: str) -> int:
    values = office.simulator.tenant.lists[field(office, kind, common).values_list].values
    return next(one.id for one in values if one.common == word)


def told(office: ArcherOffice) -> list[Call]:
    calls = list(office.simulator.calls)
    office.simulator.calls.clear()
    return calls


def models(*conditions: Element, size: int = 2) -> str:
    return report(MODEL_MODULE, [], size=size, sort=[(18_201, "Ascending")], conditions=conditions)


# telling


def test_a_login_reads_and_metadata(office, client, officer):
    made = officer.create("models")
    client.login()
    client.get(f"core/content/{made['id']}")
    client.call("GET", f"core/content/{made['id']}")
    client.get("core/content/4711")
    client.get("core/system/application")
    client.get(f"core/system/fielddefinition/level/{MODEL_LEVEL}")
    client.get("core/system/user")
    client.get("core/system/usercontact/204")
    requests.get(office.simulator.url, timeout=10)
    assert told(office) == [
        Call(Verb.LOGIN),
        Call(Verb.GET, "models", made["id"]),
        Call(Verb.GET, "models", made["id"]),
        Call(Verb.GET, "", "4711"),
        Call(Verb.DESCRIBE),
        Call(Verb.DESCRIBE),
        Call(Verb.LIST, "users"),
        Call(Verb.GET, "users", "204"),
        Call(Verb.DESCRIBE),
    ]


def test_a_search_is_a_list_and_one_by_key_a_find(office, client):
    key = field(office, "models", "external_key").id
    client.soap(models())
    client.soap(report(VERSION_MODULE, []))
    client.soap(report(FINDING_MODULE, []))
    client.soap(models(condition("TextFilterCondition", key, "Equals", "k")))
    client.soap(models(condition("NumericFilterCondition", 18_201, "Equals", "1")))
    client.soap("<nonsense")
    assert told(office) == [
        Call(Verb.LIST, "models"),
        Call(Verb.LIST, "versions"),
        Call(Verb.LIST, "issues"),
        Call(Verb.FIND, "models"),
        Call(Verb.LIST, "models"),
        Call(Verb.LIST),
    ]


def test_a_create_carries_all_its_values_in_the_mocks_words(office, client):
    tier = value_id(office, "models", "tier", "1 - Critical")
    regimes = [value_id(office, "models", "regulatory_scope", one) for one in ("fda", "e-23")]
    owner = office.simulator.tenant.account("head.retail@bank.example").id
    client.create(
        MODEL_LEVEL,
        put(office, "models", "registry_name", "credit"),
        put(office, "models", "registry_created", 1_700_000_000_123),
        put(office, "models", "description", "<p>a &amp; b</p><p>c</p>"),
        put(office, "models", "limitations", '["one", "two"]'),
        put(office, "models", "tier", {"ValuesListIds": [tier], "OtherText": None}),
        put(office, "models", "regulatory_scope", {"ValuesListIds": regimes, "OtherText": None}),
        put(office, "models", "model_owner", {"UserList": [{"ID": owner}], "GroupList": []}),
        put(office, "models", "tier_confirmed_on", "3/31/2026"),
    )
    (call,) = told(office)
    assert call == Call(
        Verb.CREATE,
        "models",
        "",
        {
            "registry_name": "credit",
            "registry_created": 1_700_000_000_123,
            "description": "a & b\nc",
            "limitations": ["one", "two"],
            "tier": "1 - Critical",
            "regulatory_scope": ["fda", "e-23"],
            "model_owner": "head.retail@bank.example",
            "tier_confirmed_on": "2026-03-31",
        },
    )


def test_an_update_names_the_record_and_what_it_empties(office, client, officer):
    model = officer.create("models", tier="2 - High", tier_confirmed_on="2026-01-01")
    version = officer.create("versions", model=model["id"], version="1")
    told(office)
    client.update(
        VERSION_LEVEL,
        int(version["id"]),
        put(office, "versions", "model", [{"ContentID": int(model["id"])}]),
        put(office, "versions", "deployed_at", "3/2/2026 12:00:30 PM"),
        put(office, "versions", "metrics", '{"auc": 0.5}'),
    )
    client.update(
        MODEL_LEVEL,
        int(model["id"]),
        put(office, "models", "tier", {"ValuesListIds": [], "OtherText": None}),
        put(office, "models", "tier_confirmed_on", "0"),
        put(office, "models", "purpose", ""),
        put(office, "models", "limitations", None),
    )
    values = {"model": model["id"], "deployed_at": "2026-03-02T12:00:30Z", "metrics": {"auc": 0.5}}
    nothing = dict.fromkeys(("tier", "tier_confirmed_on", "purpose", "limitations"))
    assert told(office) == [
        Call(Verb.UPDATE, "versions", version["id"], values),
        Call(Verb.UPDATE, "models", model["id"], nothing),
    ]
    assert officer.record(model["id"])["tier"] is None


def test_a_comment_is_told_where_it_is_tied_to_its_issue(office, client, officer):
    issue = officer.raise_issue("Bias", model=officer.create("models")["id"])
    officer.comment(issue["id"], "Mine.")
    tenant = office.simulator.tenant
    comments = next(one for one in tenant.level_of("issues").fields if one.type is Type.SUBFORM)
    said = next(one for one in tenant.level(comments.to_level).fields if one.type is Type.TEXT)
    before = client.read(int(issue["id"]))["FieldContents"][str(comments.id)]["Value"]
    client.get(f"core/content/{before[0]}")
    made = client.made(comments.to_level, entry(said.id, Type.TEXT, "<p>Ours &amp; new.</p>"))
    client.update(FINDING_LEVEL, int(issue["id"]), entry(comments.id, Type.SUBFORM, [*before, made]))
    assert told(office)[1:] == [
        Call(Verb.COMMENTS, "issues", issue["id"]),
        Call(Verb.UPDATE, "", "", {"Comment": "Ours & new."}),
        Call(Verb.COMMENT, "issues", issue["id"], {"text": "Ours & new."}),
    ]
    assert [(one["text"], one["author"]) for one in officer.comments(issue["id"])][1] == (
        "Ours & new.",
        office.simulator.service.email,
    )


def test_no_write_goes_untold(office, client):
    client.call("POST", "core/content/attachment", {"AttachmentName": "a", "AttachmentBytes": ""})
    client.call("POST", "core/system/WorkflowAction", {"ContentId": 4711})
    client.call("PUT", "core/content", {"Content": {"Id": 4711, "LevelId": 9}})
    client.call("POST", "core/content", None)
    assert [one.verb for one in told(office)] == [Verb.UPDATE] * 4


def test_telling_keeps_no_session_alive(office, client):
    clock = office.simulator.clock
    for minutes in (6, 3):
        clock.move(minutes=minutes)
        office.simulator.faults.add("status", status=503)
        assert client.get("core/system/user").status_code == 503
    clock.move(minutes=1)
    assert client.get("core/system/user").status_code == 401


# faults


@pytest.mark.parametrize(
    ("method", "path", "number"),
    [
        ("list", "models", 1),
        ("find", "models", 2),
        ("get", "models/*", 3),
        ("create", "models", 4),
        ("update", "models/*", 5),
        ("login", "*", 6),
        ("describe", "*", 7),
    ],
)
def test_a_status_hits_what_it_is_meant_for(office, client, officer, method, path, number):
    made = int(officer.create("models")["id"])
    office.simulator.faults.add("status", method=method, path=path, status=429, retry_after=7)
    by_key = models(condition("TextFilterCondition", field(office, "models", "external_key").id, "Equals", "k"))
    answers = [
        client.soap(models()),
        client.soap(by_key),
        client.get(f"core/content/{made}"),
        client.create(MODEL_LEVEL),
        client.update(MODEL_LEVEL, made),
        client.login(),
        client.get("core/system/application"),
    ]
    assert [one.status_code for one in answers] == [429 if at == number else 200 for at in range(1, 8)]
    assert answers[number - 1].headers["retry-after"] == "7"


def test_a_create_whose_answer_is_cut_landed(office, client, officer):
    office.simulator.faults.add("cut", method="create", path="models", when="after")
    with pytest.raises(requests.ConnectionError):
        client.create(MODEL_LEVEL, put(office, "models", "registry_name", "credit"))
    assert [one["registry_name"] for one in officer.records("models")] == ["credit"]


@pytest.mark.parametrize(
    ("how", "more", "expected"),
    [
        ("upper", {}, ("CREDIT", "A & B")),
        ("trim", {}, ("Credit", "a & b")),
        ("truncate", {"length": 3}, ("Cre", "a &")),
    ],
)
def test_texts_are_rewritten_under_their_markup(office, client, officer, how, more, expected):
    for name in ("registry_name", "purpose"):
        office.simulator.faults.add("normalise", path="models*", field=name, how=how, **more)
    record_id = client.made(
        MODEL_LEVEL,
        put(office, "models", "registry_name", "Credit"),
        put(office, "models", "purpose", "<p>a &amp; b</p>"),
    )
    row = officer.record(str(record_id))
    assert (row["registry_name"], row["purpose"]) == expected


def test_a_field_is_accepted_and_not_stored(office, client, officer):
    made = officer.create("models", purpose="before", registry_name="a")
    office.simulator.faults.add("ignore", path="models/*", field="purpose")
    answer = client.update(
        MODEL_LEVEL,
        int(made["id"]),
        put(office, "models", "purpose", "after"),
        put(office, "models", "registry_name", "b"),
    )
    assert answer.json()["IsSuccessful"] is True
    row = officer.record(made["id"])
    assert (row["purpose"], row["registry_name"]) == ("before", "b")
    (call,) = told(office)
    assert call.values == {"purpose": "after", "registry_name": "b"}


@pytest.fixture
def five(officer: ArcherPerson) -> list[int]:
    return [int(officer.create("models", registry_name=str(at))["id"]) for at in range(5)]


def pages(client: Client, number: int) -> list[list[int]]:
    return [client.search(models(), page).ids for page in range(1, number + 1)]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("short_page", {}, [[0, 1], [2], [4]]),
        ("overlap", {}, [[0, 1], [1, 2, 3], [4]]),
        ("repeat_page", {"count": None}, [[0, 1], [0, 1], [0, 1]]),
    ],
)
def test_pages_bend(office, client, five, kind, more, expected):
    office.simulator.faults.add(kind, method="list", path="models", **{"skip": 0 if more else 1, **more})
    assert pages(client, 3) == [[five[at] for at in page] for page in expected]


def test_the_count_lies(office, client, five):
    office.simulator.faults.add("lying_total", method="list", path="models", amount=-1)
    assert [client.search(models()).count for _ in range(2)] == [4, 5]


def test_a_new_record_lags(office, client, officer, five):
    office.simulator.faults.add("lag", path="models", amount=2)
    young = int(officer.create("models")["id"])
    seen = [client.search(models(size=9)).ids for _ in range(3)]
    assert seen == [five, five, [*five, young]]
    assert client.read(young)["Id"] == young


def test_a_hook_sees_a_write_before_it_is_carried_out(office, client, officer):
    made = officer.create("models", purpose="before")
    seen = []
    office.simulator.hooks.append(lambda call: seen.append((call.verb, officer.record(made["id"])["purpose"])))
    client.update(MODEL_LEVEL, int(made["id"]), put(office, "models", "purpose", "after"))
    assert seen == [(Verb.UPDATE, "before")]
    assert officer.record(made["id"])["purpose"] == "after"
    office.calm()
    assert (office.simulator.hooks, office.simulator.calls) == ([], [])


def test_a_hook_may_change_the_record_in_between(office, client, officer):
    made = officer.create("models")
    office.simulator.hooks.append(lambda _: officer.patch(made["id"], products=["theirs"]))
    client.update(MODEL_LEVEL, int(made["id"]), put(office, "models", "purpose", "ours"))
    row = officer.record(made["id"])
    assert (row["products"], row["purpose"]) == (["theirs"], "ours")
