"""Issues that a cycle could not read, place or tell apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.model.errors import AccessDenied, Rejected, Retriable
from connector.model.fields import Entity
from connector.model.grc import Record
from tests.engine.review import calm, credit, refusing, sent, settled
from tests.engine.test_machine import InProcessWorld
from tests.engine.world import Interrupted, dying_at

Make = Callable[..., InProcessWorld]
OPEN, WORST = "grc_open_issues", "grc_max_issue_severity"


@pytest.fixture
def known(quick: InProcessWorld) -> InProcessWorld:
    """A model with one version, agreed on both sides."""
    credit(quick)
    settled(quick)
    return quick


def on_model(world: InProcessWorld, name: str = "credit", **more: Any) -> Any:
    return world.officer.create("issues", title="Drift", model=world.record(name)["id"], **more)


def on_version(world: InProcessWorld, **more: Any) -> Any:
    return world.officer.create("issues", title="Drift", version=world.version_record("credit")["id"], **more)


def tag(raised: Any) -> str:
    return f"grc_issue_{raised['number'].replace('-', '_')}"


def bent(world: InProcessWorld, raised: Any, **values: Any) -> None:
    """The GRC answers other values of one issue, in lists and by id."""
    records, get = world.adapter.records, world.adapter.get

    def shown(record: Record) -> Record:
        return replace(record, values={**record.values, **values}) if record.id == raised["id"] else record

    def listed(entity: Entity, since: str | None = None) -> Iterator[Record]:
        return map(shown, records(entity, since))

    def read(entity: Entity, record_id: str) -> Record | None:
        found = get(entity, record_id)
        return shown(found) if found else None

    world.adapter.records, world.adapter.get = listed, read  # type: ignore[method-assign]


def renumbered(world: InProcessWorld, ids: Mapping[str, str]) -> None:
    """The GRC calls some records by other ids, wherever it speaks of them."""
    adapter, real = world.adapter, {shown: own for own, shown in ids.items()}
    records, get, find, update = adapter.records, adapter.get, adapter.find, adapter.update

    def shown(record: Record) -> Record:
        values = {name: ids.get(value, value) if name == "version" else value for name, value in record.values.items()}
        return replace(record, id=ids.get(record.id, record.id), values=values)

    def found(record: Record | None) -> Record | None:
        return shown(record) if record else None

    adapter.records = lambda entity, since=None: map(shown, records(entity, since))  # type: ignore[method-assign]
    adapter.get = lambda entity, known_as: found(get(entity, real.get(known_as, known_as)))  # type: ignore[method-assign]
    adapter.find = lambda entity, key: found(find(entity, key))  # type: ignore[method-assign]
    adapter.update = lambda write: shown(update(replace(write, id=real.get(write.id, write.id))))  # type: ignore[method-assign]


def unlisted(world: InProcessWorld, *record_ids: str) -> None:
    """The GRC's listings skip these records and end as if they were whole."""
    records = world.adapter.records

    def skipping(entity: Entity, since: str | None = None) -> Iterator[Record]:
        return (record for record in records(entity, since) if record.id not in record_ids)

    world.adapter.records = skipping  # type: ignore[method-assign]


def broken(world: InProcessWorld, entity: Entity, *read: str) -> None:
    """The listing of one entity breaks off after these records."""
    records = world.adapter.records

    def listed(asked: Entity, since: str | None = None) -> Iterator[Record]:
        for record in records(asked, since):
            if asked is not entity or record.id in read:
                yield record
        if asked is entity:
            raise Retriable("500 on page 2")

    world.adapter.records = listed  # type: ignore[method-assign]


# whose issue it is


def test_an_issue_of_a_version_stays_shown_when_versions_cannot_be_listed(known: InProcessWorld) -> None:
    raised = on_version(known, severity="High")
    settled(known)
    before = known.tags("credit")
    broken(known, Entity.VERSION)
    assert known.sync().exit_code == 3
    assert known.tags("credit") == before
    assert tag(raised) in before


def test_the_tag_on_the_model_names_the_version_that_an_issue_is_about(known: InProcessWorld) -> None:
    of_version, of_model = on_version(known, severity="High"), on_model(known, severity="Low")
    settled(known)
    shown = {each["number"]: json.loads(known.tags("credit")[tag(each)]) for each in (of_version, of_model)}
    assert shown[of_version["number"]]["version"] == "1"
    assert "version" not in shown[of_model["number"]]


@pytest.mark.parametrize("mode", ["records", "governed", "none"])
def test_the_tag_on_the_model_names_a_version_that_goes_by_its_number(make_quick: Make, mode: str) -> None:
    world = make_quick(mode=mode)
    credit(world, versions=2)
    settled(world)
    raised = on_model(world, severity="High")
    bent(world, raised, version="2")
    settled(world)
    assert json.loads(world.tags("credit")[tag(raised)])["version"] == "2"
    assert (tag(raised) in world.tags("credit", "2"), tag(raised) in world.tags("credit", "1")) == (True, False)


def test_the_tag_on_the_model_names_no_version_that_nobody_knows(known: InProcessWorld) -> None:
    raised = on_model(known, severity="High")
    bent(known, raised, version="7")
    known.sync()
    assert "version" not in json.loads(known.tags("credit")[tag(raised)])


def test_news_of_an_issue_arrive_though_versions_cannot_be_listed(known: InProcessWorld) -> None:
    """The state knows whose version it is."""
    raised = on_version(known, severity="High")
    settled(known)
    broken(known, Entity.VERSION)
    known.officer.close_issue(raised["id"])
    known.sync()
    assert tag(raised) not in known.tags("credit")


def test_an_issue_of_a_version_that_nobody_knows_holds_back_what_issues_would_change(known: InProcessWorld) -> None:
    raised = on_version(known, severity="High")
    settled(known)
    known.lose_state()
    broken(known, Entity.VERSION)
    known.sync()
    tags = known.tags("credit")
    assert (tag(raised) in tags, tags[OPEN], tags[WORST]) == (True, "1", "high")


def test_an_issue_of_a_version_record_that_may_not_be_read_stays_shown(known: InProcessWorld) -> None:
    raised = on_version(known, severity="High")
    settled(known)
    version = known.version_record("credit")["id"]
    unlisted(known, version)
    refusing(known, "get", AccessDenied("no role for that"), version)
    known.sync()
    assert tag(raised) in known.tags("credit")


def test_an_issue_of_two_models_is_told_and_stays_where_it_was_shown(known: InProcessWorld) -> None:
    known.author.create_model("other")
    settled(known)
    raised = on_model(known, severity="Critical")
    settled(known)
    bent(known, raised, model=[known.record("credit")["id"], known.record("other")["id"]])
    for _ in range(2):
        result = known.sync()
        assert result.exit_code == 3
        (case,) = result.plan.quarantines
        assert (str(case.ref), case.field) == ("credit", f"issue {raised['number']}")
        assert "model" in case.reason
        assert tag(raised) in known.tags("credit")


def test_an_issue_of_two_models_that_was_never_placed_is_told(known: InProcessWorld) -> None:
    known.author.create_model("other")
    settled(known)
    raised = on_model(known, severity="Critical")
    bent(known, raised, model=[known.record("credit")["id"], known.record("other")["id"]])
    result = known.sync()
    assert result.exit_code == 3
    assert [str(case.ref) for case in result.plan.quarantines] == [f"issue {raised['number']}"]


def test_a_closed_issue_that_cannot_be_read_troubles_nobody(known: InProcessWorld) -> None:
    raised = on_model(known, severity="Critical")
    known.officer.close_issue(raised["id"])
    bent(known, raised, model=["one", "two"], severity="Catastrophic")
    assert known.sync().exit_code == 0


# what it says


def test_a_severity_that_nobody_mapped_counts_as_the_worst_and_is_told(known: InProcessWorld) -> None:
    raised = on_model(known, severity="Critical")
    on_model(known, severity="Low")
    bent(known, raised, severity="Catastrophic")
    result = known.sync()
    assert result.exit_code == 3
    (case,) = result.plan.quarantines
    assert (str(case.ref), case.field) == ("credit", f"issue {raised['number']}")
    assert "Catastrophic" in case.reason
    tags = known.tags("credit")
    assert (tags[OPEN], tags[WORST]) == ("2", "critical")
    assert "severity" not in json.loads(tags[tag(raised)])


def test_what_else_cannot_be_read_of_an_issue_stands_as_it_was_last_read(known: InProcessWorld) -> None:
    raised = on_model(known, severity="High", due_date="2026-03-01")
    settled(known)
    before = known.tags("credit")
    bent(known, raised, due_date="next week")
    result = known.sync()
    assert [case.field for case in result.plan.quarantines] == [f"issue {raised['number']}"]
    assert known.tags("credit") == before
    known.sync()
    assert known.tags("credit") == before


# whether it is still there


def test_an_open_issue_that_a_listing_skipped_is_asked_for_by_its_id(known: InProcessWorld) -> None:
    raised = on_model(known, severity="Critical")
    settled(known)
    before = known.tags("credit")
    unlisted(known, raised["id"])
    assert known.sync().exit_code == 0
    assert known.tags("credit") == before
    known.sync()
    assert known.tags("credit") == before


def test_an_issue_that_leaves_the_listing_when_it_is_closed_is_seen_to_be_closed(known: InProcessWorld) -> None:
    raised = on_model(known, severity="Critical")
    settled(known)
    unlisted(known, raised["id"])
    known.officer.close_issue(raised["id"])
    assert known.sync().exit_code == 0
    assert tag(raised) not in known.tags("credit")
    reads = len(known.adapter.calls)
    known.sync()
    assert [call for call in known.adapter.calls[reads:] if call.action == "get"] == []


@pytest.mark.parametrize("error", [AccessDenied("no role for that"), Retriable("500"), Rejected("what?")])
def test_an_open_issue_that_may_not_be_read_keeps_its_tag(known: InProcessWorld, error: Exception) -> None:
    raised = on_model(known, severity="Critical")
    settled(known)
    before = known.tags("credit")
    unlisted(known, raised["id"])
    refusing(known, "get", error, raised["id"])
    for _ in range(3):
        result = known.sync()
        assert result.exit_code == 3
        assert [remark.topic for remark in result.plan.remarks] == ["issue unknown"]
        assert known.tags("credit") == before
    calm(known)
    known.officer.delete(raised["id"])
    settled(known)
    assert tag(raised) not in known.tags("credit")


def test_a_record_id_is_not_taken_for_the_number_of_another_version(quick: InProcessWorld) -> None:
    """The GRC numbers its records: version 1 has the record 2."""
    credit(quick, versions=2)
    settled(quick)
    renumbered(quick, {quick.version_record("credit", "1")["id"]: "2", quick.version_record("credit", "2")["id"]: "3"})
    raised = quick.officer.create(
        "issues", title="Drift", severity="High", version=quick.version_record("credit", "1")["id"]
    )
    for _ in range(3):
        quick.sync()
    assert tag(raised) in quick.tags("credit", "1")
    assert tag(raised) not in quick.tags("credit", "2")
    assert json.loads(quick.tags("credit")[tag(raised)])["version"] == "1"


def test_an_issue_may_name_the_number_of_a_version(known: InProcessWorld) -> None:
    raised = on_model(known, severity="High")
    bent(known, raised, version="1")
    settled(known)
    assert tag(raised) in known.tags("credit", "1")


def test_what_may_be_the_id_of_a_record_that_was_not_seen_changes_no_version(quick: InProcessWorld) -> None:
    credit(quick, versions=2)
    settled(quick)
    renumbered(quick, {quick.version_record("credit", "1")["id"]: "2", quick.version_record("credit", "2")["id"]: "3"})
    for _ in range(2):
        quick.sync()
    raised = quick.officer.create(
        "issues", title="Drift", severity="High", version=quick.version_record("credit", "1")["id"]
    )
    broken(quick, Entity.VERSION, "3")
    quick.sync()
    assert tag(raised) not in quick.tags("credit", "2")


def test_an_issue_that_names_a_number_stays_on_its_version_when_a_listing_broke_off(known: InProcessWorld) -> None:
    raised = on_model(known, severity="High")
    bent(known, raised, version="1")
    settled(known)
    broken(known, Entity.VERSION, known.version_record("credit")["id"])
    known.sync()
    assert tag(raised) in known.tags("credit", "1")


# what was told stays told


def test_what_was_told_of_an_issue_outlives_a_listing_that_broke_off(known: InProcessWorld) -> None:
    placed, lost = on_model(known, severity="Critical"), on_model(known, severity="Low")
    bent(known, placed, severity="Catastrophic")
    bent(known, lost, model=["one", "two"])
    known.sync()
    told = known.store.quarantines("test")
    assert len(told) == 2
    listed = known.adapter.records
    broken(known, Entity.ISSUE)
    known.sync()
    assert known.store.quarantines("test") == told
    known.adapter.records = listed  # type: ignore[method-assign]
    known.sync()
    assert known.store.quarantines("test") == told
    assert len([entry for entry in known.audit() if entry.action == "quarantine"]) == 2


def test_a_refused_answer_is_not_sent_again_after_a_listing_that_broke_off(known: InProcessWorld) -> None:
    raised = on_model(known, severity="Critical")
    settled(known)
    known.author.set_tag("credit", f"grc_response_{raised['number'].replace('-', '_')}", "Retrained")
    refusing(known, "comment", Rejected("the ticket is locked"))
    known.sync()
    listed = known.adapter.records
    broken(known, Entity.ISSUE)
    known.sync()
    known.adapter.records = listed  # type: ignore[method-assign]
    calls = sent(known)
    known.sync()
    assert sent(known) == calls


@pytest.mark.parametrize("number", range(8))
def test_an_answer_is_posted_once_though_the_process_dies_in_between(known: InProcessWorld, number: int) -> None:
    raised = on_model(known, severity="Critical")
    settled(known)
    slug = raised["number"].replace("-", "_")
    known.author.set_tag("credit", f"grc_response_{slug}", "Retrained")
    try:
        with dying_at(number) as step:
            known.sync(step)
    except Interrupted:
        known.reopen()
    settled(known)
    (comment,) = known.adapter.comments(raised["id"])
    assert "Retrained" in comment.text
    (shown,) = (value for key, value in known.tags("credit").items() if value == f"posted {comment.token}")
    assert shown
