"""Identity under attack: renames, copies, strangers' records and saved plans may cost no record its life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connector.mapping.sources import Scope
from connector.model.errors import AccessDenied
from connector.model.fields import Entity
from connector.model.grc import Record
from connector.model.state import Link
from tests.engine.review import calm, credit, settled
from tests.engine.test_machine import InProcessWorld

Make = Callable[..., InProcessWorld]


def lifecycles(world: InProcessWorld) -> list[Any]:
    rows = [*world.officer.records("models"), *world.officer.records("versions")]
    return [row["lifecycle_status"] for row in rows]


def test_a_saved_plan_of_a_rename_retires_nothing_later(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.rename("credit", "scoring")
    quick.sync(only=quick.plan())
    settled(quick)
    assert lifecycles(quick) == [None, None]
    assert {str(link.ref): str(link.state) for link in quick.store.links("test").values()} == {
        "scoring": "live",
        "scoring v1": "live",
    }


def test_a_key_written_ahead_of_its_link_retires_nothing(quick: InProcessWorld) -> None:
    """The record carries the new name's key already, the state still knows the old name."""
    credit(quick)
    settled(quick)
    before = (quick.directory / "state.db").read_bytes()
    quick.author.rename("credit", "scoring")
    settled(quick)
    quick.close()
    for path in quick.directory.glob("state.db*"):
        path.unlink()
    (quick.directory / "state.db").write_bytes(before)
    quick._open()
    settled(quick)
    assert lifecycles(quick) == [None, None]


def test_a_model_renamed_out_of_the_scope_is_not_retired(make_quick: Make) -> None:
    world = make_quick(scope=Scope(exclude=("sandbox*",)))
    credit(world)
    settled(world)
    world.author.rename("credit", "sandbox credit")
    assert world.sync().applied.operations == []
    assert lifecycles(world) == [None, None]
    world.author.rename("sandbox credit", "scoring")
    settled(world)
    assert lifecycles(world) == [None, None]
    assert world.record("scoring")["id"]


def test_a_renamed_model_whose_tags_were_copied_is_not_retired(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.rename("credit", "scoring")
    quick.author.create_model("copy", tags=quick.tags("scoring"))
    assert quick.sync().exit_code == 3
    assert lifecycles(quick) == [None, None]


def test_copied_tags_keep_no_record_of_a_deleted_model_from_retirement(
    quick: InProcessWorld,
) -> None:
    credit(quick)
    settled(quick)
    quick.author.create_model("copy", tags=quick.tags("credit"))
    quick.author.delete_model("credit")
    quick.sync()
    assert quick.record("credit")["lifecycle_status"] == "Decommissioned"


def test_a_record_of_another_instance_that_only_the_lookup_finds_is_not_touched(quick: InProcessWorld) -> None:
    credit(quick, purpose="Ours")
    made = quick.registry.model("credit")
    assert made is not None
    key = quick.connection.translator.settings.keys.model("credit", made.created_ms)
    theirs = quick.officer.create(
        "models", external_key=key, connector_instance="another", registry_name="credit", purpose="Theirs"
    )
    records = quick.adapter.records
    quick.adapter.records = lambda *args: (record for record in records(*args) if record.id != theirs["id"])
    assert quick.sync().exit_code == 3
    after = quick.officer.record(theirs["id"])
    assert (after["connector_instance"], after["purpose"]) == ("another", "Theirs")


def test_a_record_taken_over_by_another_instance_in_mid_run_is_not_touched(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    quick.author.set_tag("credit", "purpose", "Ours")

    def step(name: str) -> None:
        if name == "intent":
            quick.officer.patch(quick.record("credit")["id"], connector_instance="another")

    assert quick.sync(step).exit_code == 3
    record = quick.record("credit")
    assert (record["connector_instance"], record["purpose"]) == ("another", None)


def test_a_link_that_does_not_know_the_creation_time_concludes_nothing(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    lease = quick.store.acquire_lease("test", "hand", quick.now, 60)
    with quick.store.recording(lease, quick.now) as recorder:
        for link in quick.store.links("test").values():
            recorder.put_link(replace(link, created_ms=None))
    quick.store.release_lease(lease)
    quick.registry.unlisted.add("credit")
    quick.sync()
    assert lifecycles(quick) == [None, None]


def test_a_version_whose_record_came_back_is_no_longer_blocked(quick: InProcessWorld) -> None:
    credit(quick)
    settled(quick)
    record = quick.version_record("credit")
    quick.officer.delete(record["id"])
    quick.sync()
    assert "grc_blocked" in quick.tags("credit", "1")
    again = {name: record[name] for name in ("model", "version", "external_key", "registry_name", "registry_created")}
    quick.officer.create("versions", **again)
    settled(quick)
    assert "grc_blocked" not in quick.tags("credit", "1")


def test_an_id_that_the_grc_does_not_take_stops_no_other_model(quick: InProcessWorld) -> None:
    credit(quick)
    quick.author.create_model("odd", tags={"grc_record_id": "../users"})
    get = quick.adapter.get

    def refuse(entity: Any, record_id: str) -> Record | None:
        if record_id == "../users":
            raise AccessDenied("no") if False else _malformed()
        return get(entity, record_id)

    quick.adapter.get = refuse
    quick.sync()
    assert quick.record("credit")["id"]


def _malformed() -> Exception:
    from connector.model.errors import Rejected

    return Rejected("malformed id")


def test_an_answer_and_a_conflict_outlive_an_incomplete_read(quick: InProcessWorld) -> None:
    from connector.model.errors import IncompleteSnapshot
    from connector.model.fields import Side
    from connector.model.state import Resolution

    credit(quick, purpose="one")
    settled(quick)
    quick.author.set_tag("credit", "purpose", "two")
    quick.officer.patch(quick.record("credit")["id"], purpose="three")
    quick.sync()
    (case,) = quick.store.conflicts("test")
    answer = Resolution(case.ref, case.field, Side.GRC, None, case.registry, case.grc, "officer", quick.now.isoformat())
    quick.store.resolve("test", answer)
    models = quick.adapter.records

    def but_models(entity: Entity, since: str | None = None) -> Any:
        if entity is Entity.MODEL:
            raise IncompleteSnapshot("page 2 is missing")
        return models(entity, since)

    quick.adapter.records = but_models
    assert quick.sync().exit_code == 3
    quick.adapter.records = models
    assert [each.since for each in quick.store.conflicts("test")] == [case.since]
    calm(quick)
    settled(quick)
    assert quick.tags("credit")["purpose"] == "three"
    assert quick.store.conflicts("test") == []


class Counted(dict[str, Link]):
    """Links that tell how often somebody went through all of them."""

    looks = 0

    def items(self) -> Any:
        Counted.looks += 1
        return super().items()


def test_a_state_that_is_older_than_most_links_is_not_searched_for_each(
    quick: InProcessWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a backup was restored: the records are known by their keys alone."""
    names = [f"m{number:02}" for number in range(30)]
    for name in names:
        quick.author.create_model(name)
    settled(quick)
    known = dict(quick.store.links("test"))
    lease = quick.store.acquire_lease("test", "backup", quick.now, 60)
    with quick.store.recording(lease, quick.now) as recorder:
        for link in known.values():
            if link.ref.name > names[4]:
                recorder.drop_link(link.ref)
    quick.store.release_lease(lease)
    links = quick.store.links
    monkeypatch.setattr(quick.store, "links", lambda name: Counted(links(name)))
    Counted.looks = 0
    quick.sync()
    assert links("test") == known
    assert Counted.looks < len(names) / 2
