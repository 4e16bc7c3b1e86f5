"""What controls learn of the past: from a state database that saw it happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.controls.facts import Approved, Edit
from connector.merge import UNDONE, Action, Held, merge
from connector.model.fields import ConflictRule, Entity, Field, FieldType, Location, LocationKind, Owner, Side, Value
from connector.model.policy import VersionsMode
from connector.model.state import AuditEntry, Base, Link
from connector.model.views import ObjectRef
from connector.report.claims import Lineage
from connector.report.past import Past, PastQuestion, past_of
from connector.state import SqliteStore, Store
from connector.state.times import stamp

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
VERSION = ObjectRef(Entity.VERSION, "k/credit@1#1", "credit", "1")
MODEL = ObjectRef(Entity.MODEL, "k/credit@1", "credit")


def at(hour: int) -> str:
    return stamp(START + timedelta(hours=hour))


@dataclass
class Years:
    """A state database whose runs are an hour apart."""

    store: Store
    hour: int = -1
    links: dict[str, Link] = field(default_factory=lambda: {VERSION.key: Link(VERSION, "V1")})
    versions: VersionsMode = VersionsMode.RECORDS

    def saw(
        self,
        seen: Mapping[tuple[Side, Entity], Mapping[str, Mapping[str, Value]]],
        *entries: AuditEntry,
        gone: Mapping[tuple[Side, Entity], set[str]] | None = None,
    ) -> None:
        """An hour later a run observes these objects, and appends these entries."""
        self.hour += 1
        now = START + timedelta(hours=self.hour)
        lease = self.store.acquire_lease("bank", "me", now, 60)
        run = self.store.start_run("bank", now)
        with self.store.recording(lease, now) as recorder:
            for (side, entity), objects in seen.items():
                told = {key: (key, fields) for key, fields in objects.items()}
                left = (gone or {}).get((side, entity), set())
                recorder.observe(run.id, side, entity, told, complete=True, gone=left)
            for entry in entries:
                recorder.append_audit(entry)

    def past(self, since: int = 0) -> Past:
        question = PastQuestion(START + timedelta(hours=since), self.versions, self.links, "grc_record_id")
        return past_of(self.store, "bank", question)


@pytest.fixture
def years(tmp_path: Path) -> Iterator[Years]:
    store = SqliteStore(tmp_path / "state.db", lambda text: text)
    yield Years(store)
    store.close()


def version(**fields: Value) -> dict[tuple[Side, Entity], dict[str, dict[str, Value]]]:
    return {
        (Side.REGISTRY, Entity.VERSION): {
            VERSION.key: {
                name.replace("_", ".", 1) if name.startswith("identity") else name: value
                for name, value in fields.items()
            }
        }
    }


def record(status: Value, record_id: str = "V1") -> dict[tuple[Side, Entity], dict[str, dict[str, Value]]]:
    return {(Side.GRC, Entity.VERSION): {record_id: {"approval_status": status}}}


MADE = {"identity_source": "s3://a", "identity_run": "run1", "schema": "in"}


def test_what_was_approved_is_what_stood_when_the_approval_in_force_was_first_seen(years: Years) -> None:
    years.saw({**version(**MADE), **record("pending")})
    years.saw({**version(**{**MADE, "schema": "out"}), **record("approved")})
    years.saw({**version(**{**MADE, "identity_source": "s3://b"}), **record("conditional")})
    assert years.past().approved == {VERSION.key: Approved(at(1), "s3://a", "run1", "out")}


def test_an_approval_that_was_withdrawn_and_given_again_counts_from_then(years: Years) -> None:
    years.saw({**version(**MADE), **record("approved")})
    years.saw({**version(**{**MADE, "schema": "out"}), **record("withdrawn")})
    assert years.past().approved == {}
    years.saw(record("approved"))
    assert years.past().approved[VERSION.key] == Approved(at(2), "s3://a", "run1", "out")


def test_what_an_older_release_did_not_record_is_not_known(years: Years) -> None:
    years.saw({**version(schema="in"), **record("approved")})
    years.saw(version(**MADE | {"schema": "in"}))
    assert years.past().approved == {VERSION.key: Approved(at(0), None, None, "in")}


def test_a_version_first_seen_after_its_approval_proves_nothing(years: Years) -> None:
    years.saw(record("approved"))
    years.saw(version(**MADE))
    assert years.past().approved == {}


def test_a_record_without_a_link_or_gone_approves_nothing(years: Years) -> None:
    years.saw({**version(**MADE), **record("approved", "V9")})
    assert years.past().approved == {}
    years.saw(record("approved"))
    years.saw({(Side.GRC, Entity.VERSION): {}}, gone={(Side.GRC, Entity.VERSION): {"V1"}})
    assert years.past().approved == {}


def test_where_the_grc_has_no_record_of_a_version_its_decision_is_what_mlflow_was_told(years: Years) -> None:
    years.versions = VersionsMode.GOVERNED
    years.saw(version(**MADE, approval_status="pending"))
    years.saw(version(**MADE, approval_status="approved"))
    assert years.past().approved == {VERSION.key: Approved(at(1), "s3://a", "run1", "in")}


def test_when_monitoring_last_told_anything_new(years: Years) -> None:
    years.saw(version(monitoring_evidence="{1}", monitoring_status="green"))
    years.saw(version(monitoring_evidence="{2}", monitoring_status="green"))
    assert years.past().measured == {VERSION.key: at(1)}
    years.saw(version(monitoring_evidence="{2}", monitoring_status="red"))
    years.saw(version(monitoring_evidence="{2}", monitoring_status="red", purpose="x"))
    assert years.past().measured == {VERSION.key: at(2)}


def test_since_when_an_issue_is_as_it_is(years: Years) -> None:
    for state in ("open", "open", "closed"):
        years.saw({(Side.GRC, Entity.ISSUE): {"I1": {"state": state, "title": str(years.hour)}}})
    years.saw({(Side.GRC, Entity.ISSUE): {"I1": {"state": "closed", "title": "renamed"}}})
    assert years.past().issues == {"I1": at(2)}


def entry(rule: str, hour: int = 0, side: Side = Side.REGISTRY) -> AuditEntry:
    return AuditEntry(at(hour), "r", "bank", "update_registry", side, MODEL, "purpose", "theirs", "ours", rule)


def test_edits_that_were_undone_are_told_and_nothing_else_is(years: Years) -> None:
    rules = ("owned by the GRC: edit in MLflow put back", "owned by MLflow; the edit in the GRC gave way", "shared")
    years.saw({}, *(entry(rule, hour) for hour, rule in enumerate(rules)))
    found = years.past().edits
    assert found == {
        MODEL.key: (
            Edit("purpose", Side.REGISTRY, "theirs", "ours", at(0)),
            Edit("purpose", Side.REGISTRY, "theirs", "ours", at(1)),
        )
    }
    assert [each.at for each in years.past(since=1).edits[MODEL.key]] == [at(1)]


OWNED = Field("f", FieldType.STRING, Owner.GRC, Entity.MODEL, locations=(Location(LocationKind.TAG, "grc_f"),))
TIER = Field(
    "risk_classification", FieldType.CHOICE, Owner.SHARED, Entity.MODEL, ConflictRule.HIGHEST,
    values=("critical", "high", "low"), locations=(Location(LocationKind.TAG, "risk_classification"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "held"),
    [
        (OWNED, Held("theirs", "ours", Base("ours", "ours"))),
        (OWNED, Held("theirs", "newer", Base("ours", "ours"))),
        (Field(**{name: getattr(OWNED, name) for name in ("name", "type", "level", "locations")}, owner=Owner.MLFLOW),
         Held("ours", "theirs", Base("ours", "ours"))),
        (TIER, Held("low", "high", Base("high", "high"))),
    ],
)  # fmt: skip
def test_the_rule_of_every_edit_that_is_undone_says_so(declared: Field, held: Held) -> None:
    verdict = merge(declared, held, today="2026-03-01")
    assert verdict.action is Action.WRITE
    assert any(words in verdict.rule for words in UNDONE)


@pytest.mark.parametrize(
    "held", [Held("ours", "newer", Base("ours", "ours")), Held(None, "ours", None)], ids=["moved", "first contact"]
)
def test_the_rule_of_what_flows_does_not(held: Held) -> None:
    assert not any(words in merge(OWNED, held, today="2026-03-01").rule for words in UNDONE)


def models(*seen: tuple[str, str, str, str | None]) -> dict[tuple[Side, Entity], dict[str, dict[str, Value]]]:
    return {
        (Side.REGISTRY, Entity.MODEL): {
            key: {"identity.name": name, "identity.created": created, "tag:grc_record_id": tag}
            for key, name, created, tag in seen
        }
    }


def former(years: Years, key: str, present: set[str]) -> list[tuple[str, bool, str, str | None]]:
    return [(each.name, each.renamed, each.at, each.after) for each in Lineage(years.past().models, present).of(key)]


def test_a_name_that_was_used_again(years: Years) -> None:
    years.saw(models(("a@1", "a", "1", "M1")))
    years.saw(models(("a@9", "a", "9", None)))
    assert former(years, "a@9", {"a@9"}) == [("a", False, at(1), at(0))]
    assert former(years, "a@1", {"a@9"}) == []
    assert former(years, "nobody", {"a@9"}) == []


def test_a_model_under_another_name(years: Years) -> None:
    years.saw(models(("a@1", "a", "1", None)))
    years.saw(models(("a@1", "a", "1", "M1")))
    years.saw(models(("b@1", "b", "1", "M1")))
    assert former(years, "b@1", {"b@1"}) == [("a", True, at(2), at(1))]


@pytest.mark.parametrize(
    ("old", "new", "present"),
    [
        (("a@1", "a", "1", "M1"), ("b@1", "b", "1", "M2"), {"b@1"}),
        (("a@1", "a", "1", None), ("b@1", "b", "1", None), {"b@1"}),
        (("a@1", "a", "1", "M1"), ("b@1", "b", "1", "M1"), {"a@1", "b@1"}),
        (("a@1", "a", "", "M1"), ("a@9", "a", "9", "M1"), {"a@9"}),
    ],
    ids=["another record", "never synchronised", "both are there", "creation time not recorded"],
)
def test_two_models_of_one_moment_are_not_taken_for_one(
    years: Years, old: tuple[str, str, str, str | None], new: tuple[str, str, str, str | None], present: set[str]
) -> None:
    years.saw(models((old[0], old[1], old[2] or None, old[3])))  # type: ignore[arg-type]
    years.saw(models(new))
    assert former(years, new[0], present) == []
