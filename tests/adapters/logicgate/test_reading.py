"""Reads of drifting pages, of what a user may not see, and of values by type."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from adapters.logicgate.values import Codec
from connector.model.errors import AccessDenied, ConfigError, DuplicateKey, IncompleteSnapshot, Retriable, Unreachable
from connector.model.fields import Entity
from connector.model.grc import Unreadable, Write
from tests.adapters.logicgate.platform import KEY, PURPOSE, LogicGatePlatform, shipped, with_ids
from tests.simulators.base import Call, Verb
from tests.simulators.logicgate.schema import Permission


def listed(adapter, **options):
    return [record.id for record in adapter.records(Entity.MODEL, **options)]


def seeded(platform, count):
    return [platform.seed({KEY: f"k{number}"}) for number in range(count)]


def at_page(simulator, number, act):
    """Do something right before a page of models is given, once."""
    pages = []

    def hook(call):
        if (call.verb, call.kind) == (Verb.LIST, "models"):
            pages.append(call)
            if len(pages) == number:
                act()

    simulator.hooks.append(hook)
    return pages


# Pages


def test_a_record_that_moves_to_a_page_that_was_read_is_read_all_the_same(simulator, platform, adapter):
    made = seeded(platform, 9)
    pages = at_page(simulator, 2, lambda: platform.edit(made[0], {PURPOSE: "Leasing"}))
    assert sorted(listed(adapter)) == sorted(made)
    # Three pages and a look at the first, which tells that something moved; and all of it again.
    assert len(pages) in (7, 8)


def test_a_record_that_slips_over_the_edge_as_another_is_deleted_is_read_all_the_same(simulator, platform, adapter):
    made = seeded(platform, 9)
    at_page(simulator, 2, lambda: platform.delete(made[8]))
    assert set(made[:8]) <= set(listed(adapter))


def test_a_deletion_behind_the_first_page_shows_in_the_total(simulator, platform, adapter):
    """As many records came as the last page announces, and the first page is as it was."""
    made = seeded(platform, 9)
    at_page(simulator, 3, lambda: platform.delete(made[4]))
    assert {*made[:4], *made[5:]} <= set(listed(adapter))


def test_a_record_deleted_and_another_created_in_its_place_hide_nothing(simulator, platform, adapter):
    """The total is the same all along: only the first page shows it."""
    made = seeded(platform, 9)
    store = simulator.store

    def swap():
        platform.delete(made[8])
        late = platform.seed({KEY: "late"})
        # As on a server that has the newest last.
        store._records[late] = type(store._records[late])(
            **{name: getattr(store._records[late], name) for name in store._records[late].__slots__} | {"moved": 0}
        )

    at_page(simulator, 2, swap)
    assert set(made[:8]) <= set(listed(adapter))


def test_pages_that_always_move_are_incomplete(simulator, platform, adapter):
    made = seeded(platform, 9)
    turn = [0]

    def stir(call):
        if call.verb is Verb.LIST:
            turn[0] += 1
            platform.edit(made[turn[0] % 9], {PURPOSE: f"Leasing {turn[0]}"})

    simulator.hooks.append(stir)
    with pytest.raises(IncompleteSnapshot, match=r"records moved between pages each time of 3") as caught:
        listed(adapter)
    assert "page_size" in caught.value.remedy


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "short_page", "count": None},
        {"kind": "repeat_page", "count": None},
        {"kind": "lying_total", "amount": 3, "count": None},
        {"kind": "lying_total", "amount": -3, "count": None},
        {"kind": "status", "status": 500, "skip": 1, "count": None},
        {"kind": "html", "skip": 1, "count": None},
        {"kind": "cut_json", "skip": 1, "count": None},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('amount', '')}",
)
def test_an_end_that_is_not_proved_is_incomplete(simulator, platform, adapter, fault):
    made = seeded(platform, 9)
    simulator.faults.add(method="list", path="models", **fault)
    read = []
    with pytest.raises((IncompleteSnapshot, Unreachable)):
        read.extend(record.id for record in adapter.records(Entity.MODEL))
    assert len(set(read)) == len(read)
    assert set(read) <= set(made)


@pytest.mark.parametrize(("fault", "pages"), [({"kind": "short_page"}, 7), ({"kind": "overlap", "skip": 1}, 4)])
def test_a_fault_that_passes_does_no_harm(simulator, platform, adapter, fault, pages):
    made = seeded(platform, 9)
    simulator.faults.add(method="list", path="models", **fault)
    assert sorted(listed(adapter)) == sorted(made)
    assert simulator.calls.count(Call(Verb.LIST, "models")) == pages


def test_one_page_is_asked_for_once(simulator, platform, adapter):
    seeded(platform, 3)
    simulator.calls.clear()
    assert len(listed(adapter)) == 3
    assert simulator.calls.count(Call(Verb.LIST, "models")) == 1


def test_a_list_of_another_workflow_is_no_answer(platform, adapter, officer, monkeypatch):
    """A server that does not know the filter would give everything."""
    from tests.simulators.logicgate.reading import Reading

    platform.seed({KEY: "k"})
    officer.raise_issue("Drift")
    monkeypatch.setattr(Reading, "_in_place", lambda *_: True)
    with pytest.raises(IncompleteSnapshot, match="is of another workflow than was asked for"):
        listed(adapter)


# What is hidden


@pytest.mark.parametrize("by_id", [403, 404])
def test_what_the_user_may_not_see_is_unknown_not_gone(simulator, platform, by_id):
    platform.section["sees_all"] = False
    record_id = platform.seed({KEY: "k"})
    simulator.manners.hidden_by_id = by_id
    simulator.manners.hidden.add(record_id)
    with platform.adapter() as adapter:
        assert listed(adapter) == []
        with pytest.raises(AccessDenied):
            adapter.get(Entity.MODEL, record_id)


def test_an_empty_id_is_no_record(adapter):
    assert adapter.get(Entity.MODEL, "") is None


def test_a_record_of_another_workflow_is_none_of_this_entity(platform, adapter):
    issue = platform.seed_issue()
    with pytest.raises(AccessDenied, match="is of the workflow 'Model Issues', not of 'Model Inventory'"):
        adapter.get(Entity.MODEL, issue)


# Lookups


def test_a_lookup_lists_everything_once_and_then_what_changed(simulator, platform, adapter):
    seeded(platform, 9)
    simulator.clock.now = simulator.clock.now.replace(hour=13)
    platform.seed({KEY: "recent"})
    assert adapter.find(Entity.MODEL, "k3") is not None
    late = platform.seed({KEY: "late"})
    simulator.calls.clear()
    assert adapter.find(Entity.MODEL, "late").id == late
    assert simulator.calls == [Call(Verb.LIST, "models"), Call(Verb.GET, "models", late)]


def test_a_lookup_rests_on_the_listing_of_the_cycle(simulator, platform, adapter):
    seeded(platform, 9)
    simulator.clock.now = simulator.clock.now.replace(hour=13)
    platform.seed({KEY: "recent"})
    listed(adapter)
    simulator.calls.clear()
    assert adapter.find(Entity.MODEL, "nobody") is None
    assert simulator.calls == [Call(Verb.LIST, "models")]


def test_a_key_that_moved_to_another_record_is_found_there(platform, adapter):
    first, second = platform.seed({KEY: "k"}), platform.seed({KEY: "other"})
    assert adapter.find(Entity.MODEL, "k").id == first
    platform.edit(first, {KEY: None})
    platform.edit(second, {KEY: "k"})
    assert adapter.find(Entity.MODEL, "k").id == second
    platform.delete(second)
    assert adapter.find(Entity.MODEL, "k") is None


def test_a_key_that_goes_between_the_list_and_the_look_is_nobodys(simulator, platform, adapter):
    record_id = platform.seed({KEY: "k"})
    simulator.hooks.append(lambda call: platform.edit(record_id, {KEY: None}) if call.verb is Verb.GET else None)
    assert adapter.find(Entity.MODEL, "k") is None


def test_a_second_record_with_the_key_is_seen_by_the_next_lookup(platform, adapter):
    first = platform.seed({KEY: "k"})
    assert adapter.find(Entity.MODEL, "k").id == first
    second = platform.seed({KEY: "k"})
    with pytest.raises(DuplicateKey) as caught:
        adapter.find(Entity.MODEL, "k")
    assert set(caught.value.ids) == {first, second}


def test_a_lookup_in_a_list_that_does_not_end_is_tried_again_later(simulator, platform, adapter):
    """Not taken for nobody's key: a second record would be made."""
    seeded(platform, 9)
    simulator.faults.add("short_page", method="list", path="models", count=None)
    with pytest.raises(Retriable, match="did not reach its end"):
        adapter.find(Entity.MODEL, "k3")


def test_links_that_are_not_read_whole_leave_the_record_unread(simulator, platform, officer):
    model = platform.seed({KEY: "k"})
    version = officer.create("versions", version="1")["id"]
    simulator.store.link(model, version, officer.account.id)
    simulator.faults.add("lying_total", method="list", path=f"models/{version}", count=None)
    with platform.adapter() as adapter, pytest.raises(Retriable, match="did not reach its end"):
        adapter.get(Entity.VERSION, version)


@pytest.mark.parametrize("inclusive", [True, False])
def test_an_increment_overlaps_the_watermark(simulator, platform, adapter, inclusive):
    simulator.manners.updated_min_is_inclusive = inclusive
    made = seeded(platform, 2)
    (watermark,) = {record.updated_at for record in adapter.records(Entity.MODEL)}
    assert watermark == "2026-03-02T12:00:00.000Z"
    assert sorted(listed(adapter, since=watermark)) == sorted(made)
    simulator.clock.now = simulator.clock.now.replace(hour=13)
    platform.edit(made[0], {PURPOSE: "Leasing"})
    assert listed(adapter, since="2026-03-02T13:00:00.000Z") == [made[0]]
    with pytest.raises(ConfigError):
        listed(adapter, since="yesterday")


# Values


@pytest.mark.parametrize("dates", ["ms", "iso"])
@pytest.mark.parametrize("locale", ["en-US", "en-GB", "de-DE"])
def test_values_are_the_same_in_every_locale(simulator, platform, adapter, officer, locale, dates):
    simulator.permit(Permission.READ, Permission.WRITE, locale=locale)
    simulator.manners.dates = dates
    record_id = officer.create(
        "models",
        registry_name="pd",
        tier="2 - High",
        tier_confirmed_on="2026-04-05",
        model_owner="head.retail@bank.example",
        registry_created=1_700_000_000_123,
        regulatory_scope=["FDA"],
    )["id"]
    record = adapter.get(Entity.MODEL, record_id)
    assert record.values == {
        KEY: None,
        "Name in Registry": "pd",
        PURPOSE: None,
        "Assumptions": None,
        "Risk Tier": "Tier 2 (High)",
        "Tier Confirmed On": "2026-04-05",
        "Model Owner": "head.retail@bank.example",
        "Regulations": ["FDA"],
        "Registered At (ms)": 1_700_000_000_123,
        "Lifecycle": None,
    }
    assert record.updated_at == record.revision == "2026-03-02T12:00:00.000Z"


def test_a_number_with_a_currency_is_its_number(client, platform, officer):
    record_id = platform.seed({KEY: "k"})
    client.patch("models", record_id, {"Annual Exposure": ["1250000.5"]})
    with platform.adapter(fields=("Annual Exposure", "Tier Score")) as adapter:
        values = adapter.get(Entity.MODEL, record_id).values
    assert (values["Annual Exposure"], values["Tier Score"]) == (1250000.5, 1.5)


def test_what_the_record_tells_of_itself(simulator, platform, client, officer):
    fields = ("record.status", "record.step", "record.step_type", "record.assignee", "record.number", "record.due")
    body = {"assigneeEmailAddress": "risk.officer@bank.example", "recordDueDate": "2026-04-05 12:00:00"}
    made = client.create("models", {"Name in Registry": ["pd"]}, **body).json()["content"]["id"]
    with platform.adapter(fields=fields) as adapter:
        values = adapter.get(Entity.MODEL, made).values
    expected = ["ASSIGNED", "Intake", "ORIGIN", "risk.officer@bank.example", 1, "2026-04-05T12:00:00.000Z"]
    assert [values[name] for name in fields] == expected


def test_an_issue_is_closed_by_whatever_the_bank_says(platform, officer):
    issue = officer.raise_issue("Drift")["id"]
    officer.close_issue(issue)
    with platform.adapter(issue_fields=("record.status", "record.step", "record.step_type", "Issue Status")) as adapter:
        values = adapter.get(Entity.ISSUE, issue).values
    assert list(values.values()) == ["COMPLETE", "Closed", "END", "Closed"]


def test_states_and_types_that_no_release_had_are_told_as_they_are(simulator, platform):
    record_id = platform.seed({KEY: "k"})
    simulator.manners.status = "AWAITING_TRIAGE"
    with platform.adapter(fields=("Summary", "record.status")) as adapter:
        values = adapter.get(Entity.MODEL, record_id).values
    assert values == {KEY: "k", "Summary": "Record 1", "record.status": "AWAITING_TRIAGE"}


def test_links_are_read_once_for_a_record_that_does_not_change(simulator, platform, officer):
    model = platform.seed({KEY: "k"})
    version = officer.create("versions", version="1")["id"]
    simulator.store.link(model, version, officer.account.id)
    with platform.adapter() as adapter:
        simulator.calls.clear()
        for _ in range(2):
            (record,) = adapter.records(Entity.VERSION)
            assert record.values["linked.model"] == model
        assert simulator.calls.count(Call(Verb.LIST, "models", version)) == 1
        second = platform.seed({KEY: "k2"})
        simulator.store.link(second, version, officer.account.id)
        simulator.clock.now = simulator.clock.now.replace(hour=13)
        officer.patch(version, description="New")
        (record,) = adapter.records(Entity.VERSION)
        assert record.values["linked.model"] == sorted([model, second])


def test_a_field_that_nobody_knows_is_not_taken_for_empty(simulator, platform, tmp_path):
    record_id = platform.seed({KEY: "k"})
    with LogicGatePlatform(simulator, tmp_path).adapter(fields=("No Such Field", PURPOSE)) as adapter:
        values = adapter.get(Entity.MODEL, record_id).values
    assert values == {KEY: "k", PURPOSE: None}


CODEC = Codec(ZoneInfo("America/New_York"), "date", "empty_list")


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("DATE", [{"textValue": "3/31/2026", "numericValue": 1774929600000.0}], "2026-03-31"),
        ("DATE", [{"textValue": "2026-03-31"}], "2026-03-31"),
        ("DATE", [{"textValue": "2026-03-31T04:00:00Z"}], "2026-03-31"),
        ("DATE_CALCULATION", [{"textValue": "x", "numericValue": 1774929600000}], "2026-03-31"),
        ("NUMBER", [{"textValue": "£1,000", "numericValue": 1000.0}], 1000),
        ("NUMBER", [{"textValue": "1000.50"}], "1000.50"),
        ("LINKED_RECORDS_COUNT", [{"textValue": "3", "numericValue": 3}], 3),
        ("USER", [{"textValue": "Ann (Risk) Lee (Ann.Lee@Bank.example)"}], "ann.lee@bank.example"),
        ("EXTERNAL_USER", [{"textValue": "ann@vendor.example"}], "ann@vendor.example"),
        ("USER", [{"textValue": "A (a@x.example)"}, {"textValue": "B (b@x.example)"}], ["a@x.example", "b@x.example"]),
        ("CHECKBOX", [{"textValue": "Yes"}], ["Yes"]),
        ("MULTI_SELECT", [], None),
        ("SELECT", [{"textValue": "High", "numericValue": 2.0}], "High"),
        ("TEXT", [{"textValue": ""}], None),
        ("TEXT", [{"textValue": "  as it is \n"}], "  as it is \n"),
        ("BRAND_NEW", [{"textValue": "a"}, {"textValue": "b"}], ["a", "b"]),
        ("E_SIGNATURE", [{"textValue": "Ann Lee"}], "Ann Lee"),
    ],
)
def test_a_value_by_its_type(kind, values, expected):
    assert CODEC.shown(kind, values) == expected


@pytest.mark.parametrize(
    ("kind", "text"), [("DATE", "31/03/2026"), ("NUMBER", "1.000,50"), ("NUMBER", "$5"), ("USER", "Ann Lee")]
)
def test_a_text_that_only_its_reader_understands_is_unreadable(kind, text):
    assert isinstance(CODEC.shown(kind, [{"textValue": text}]), Unreadable)


def test_two_fields_of_one_name_are_told_apart_by_id_alone(simulator, platform, monkeypatch):
    from tests.simulators.logicgate import showing

    record_id = platform.seed({KEY: "k", PURPOSE: "Leasing"})
    real = showing.Shower._fields

    def doubled(self, record, workflow, account):
        shown = real(self, record, workflow, account)
        twin = next(one for one in shown if one["name"] == PURPOSE)
        return [*shown, {**twin, "id": "00000000"}]

    monkeypatch.setattr(showing.Shower, "_fields", doubled)
    section = with_ids(shipped(), simulator)
    del section["workflows"]["model"]["fields"][PURPOSE]
    platform.section = section
    with platform.adapter() as adapter:
        value = adapter.get(Entity.MODEL, record_id).values[PURPOSE]
        assert "several fields" in value.reason
        outcome = next(iter(adapter.write([Write(Entity.MODEL, record_id, {PURPOSE: "x"})])))
        assert "00000000" in outcome.error.remedy
    platform.section = with_ids(shipped(), simulator)
    with platform.adapter() as adapter:
        assert adapter.get(Entity.MODEL, record_id).values[PURPOSE] == "Leasing"


def test_a_label_is_no_name_where_another_field_has_it(simulator, platform, officer):
    """The score's label is Risk Tier; where no tier is set the record shows the score alone."""
    empty = officer.create("models", registry_name="pd")["id"]
    rated = officer.create("models", registry_name="lgd", tier="2 - High")["id"]
    with platform.adapter() as adapter:
        assert adapter.get(Entity.MODEL, empty).values["Risk Tier"] is None
        assert adapter.get(Entity.MODEL, rated).values["Risk Tier"] == "Tier 2 (High)"


def test_a_label_is_no_name_whatever_records_have_shown(simulator, tmp_path, officer):
    simulator.permit(Permission.READ, Permission.BUILD)
    empty = officer.create("models", registry_name="pd")["id"]
    with LogicGatePlatform(simulator, tmp_path, shipped()).adapter() as adapter:
        assert adapter.get(Entity.MODEL, empty).values["Risk Tier"] is None


def test_a_label_names_a_field_that_nothing_else_is_called_by(simulator, tmp_path, officer, monkeypatch):
    simulator.permit(Permission.READ, Permission.BUILD)
    fields = simulator.store.application.by_kind("models").fields
    spec = replace(fields["Intended Purpose"], label="Use")
    monkeypatch.setitem(fields, "Intended Purpose", spec)
    model = officer.create("models", registry_name="pd", purpose="Leasing")["id"]
    with LogicGatePlatform(simulator, tmp_path, shipped()).adapter(fields=("Use",)) as adapter:
        assert adapter.get(Entity.MODEL, model).values["Use"] == "Leasing"
