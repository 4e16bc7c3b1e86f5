"""Which version can be gone back to, and which aliases have to be moved for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.controls import JoinedModel, JoinedVersion
from connector.report.timeline.history import Known, Window
from connector.report.timeline.incident import Evidence, Incident, incident
from connector.report.timeline.words import incident_blocks

FIRST, LAST = "2026-03-01T08:00:00.000Z", "2026-03-02T08:00:00.000Z"


def version(number: str, status: str | None, *aliases: str, registry: str | None = None, **grc: str) -> JoinedVersion:
    here = {"approval_status": registry} if registry else {}
    there = {"approval_status": status, **grc} if status else None
    return JoinedVersion(number, here, there, production=bool(aliases), aliases=aliases)


def served(*aliases: str) -> list[Known]:
    """A version in production at the first observation, and no more at the last where it has no alias there."""
    then = Known(Window(None, FIRST), "credit", {"production_aliases": '["champion"]'})
    return [then] if aliases else [then, Known(Window(FIRST, LAST), "credit")]


def answer(*versions: JoinedVersion) -> Incident:
    model = JoinedModel("credit", {}, {}, "MDL1", versions=versions)
    states = {each.version: served(*each.aliases) for each in versions}
    return incident(Evidence("bank", model, FIRST, LAST, "2026-03-02", states, {}, {}, {}, observed_from=FIRST))


@pytest.mark.parametrize(
    ("former", "against"),
    [
        (version("1", "approved"), ()),
        (version("1", "approved", approval_expiry="2026-03-02"), ()),
        (version("1", "approved", approval_expiry="2026-03-01"), ("its approval ended on 2026-03-01",)),
        (version("1", "not_submitted"), ("its approval is not submitted",)),
        (version("1", None, registry="approved"), ("its approval is not recorded",)),
    ],
    ids=["approved", "its last day", "past its last day", "not submitted", "approved by a tag alone"],
)
def test_what_speaks_against_going_back(former: JoinedVersion, against: tuple[str, ...]) -> None:
    (candidate,) = answer(former, version("2", "approved", "champion")).candidates
    assert candidate.against == against


def test_the_aliases_of_what_is_replaced_are_moved_and_no_others() -> None:
    found = answer(version("1", "approved", "eu"), version("2", "rejected", "champion", "production"))
    assert found.rollback is not None
    assert (found.rollback.version, found.rollback.last_in_production, found.aliases) == (
        "1",
        None,
        ("champion", "production"),
    )


def test_an_approval_that_nobody_gave_is_told_as_none() -> None:
    told = "\n".join(line for block in incident_blocks(answer(version("2", None, "champion"))) for line in block.lines)
    assert "now: not recorded." in told
    assert "Decided by" not in told
    given = replace(version("2", "conditional", "champion", approved_by="ann", conditions='["a","b"]'))
    told = "\n".join(line for block in incident_blocks(answer(given)) for line in block.lines)
    assert "Decided by ann on a day that is not recorded, without an end." in told
    assert "Conditions: a; b." in told
