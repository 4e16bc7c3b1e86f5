"""Which issues there are, and which model each belongs to, as far as a cycle could read and the state remembers.

A reference that cannot be read stands as it was last read. An open issue that the listing lacked, and that could not be
read by its id either, is believed to be as it was. Of a severity or state that cannot be read nothing is carried over:
the one counts as the worst, the other as open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from connector.model.fields import Entity
from connector.model.operations import Remark
from connector.model.state import Link, LinkState, QuarantineCase
from connector.model.views import GrcObservation, Issue, ObjectRef
from connector.plan.context import Absences, Findings, Memory
from connector.plan.pairing import Records

_CARRIED = {
    "number": "number",
    "title": "title",
    "due": "due",
    "assignee": "assignee",
    "url": "url",
    "model": "model_id",
    "version": "version_id",
    "plan": "plan",
    "opened": "opened",
    "closed": "closed",
}
"""Attributes of an issue by the name under which ``Issue.unreadable`` has their reason."""
REMEDY = "correct it in the GRC, or add the value to the mapping's value map"


@dataclass(frozen=True, slots=True)
class Placed:
    """Issues by the id of their model's record. ``whole`` false: of an open one nobody can tell whose it is before
    versions can be listed, so that no model's issues are known to be all. ``lost`` are open ones whose model cannot be
    read and was never known.
    """

    by_model: Mapping[str, tuple[Issue, ...]]
    whole: bool
    lost: tuple[Issue, ...]


def known_issues(grc: GrcObservation, memory: Memory, absences: Absences) -> tuple[Issue, ...]:
    """The issues as planning takes them, and as the next cycle remembers them."""
    read = [_carried_over(issue, memory.issues.get(issue.id)) for issue in grc.issues]
    return (*read, *_unseen(memory, absences).values())


def place(
    issues: Iterable[Issue], grc: GrcObservation, memory: Memory, versions: Records, absences: Absences
) -> Placed:
    """Find the model of each issue; one raised on a version alone has it from the version's record, or from the link
    that the state has of a record which was not seen.
    """
    groups: dict[str, list[Issue]] = defaultdict(list)
    linked, lost, whole = _models_of_versions(memory.links), [], True
    for issue in issues:
        version = versions.by_id.get(issue.version_id or "")
        home = issue.model_id or (version.parent_id if version else None) or linked.get(issue.version_id or "")
        if home:
            groups[home].append(issue)
        elif issue.is_open and {"model", "version"} & issue.unreadable.keys():
            lost.append(issue)
        elif issue.is_open and issue.version_id and version is None:
            unknown = (Entity.VERSION, issue.version_id) in absences.records_unknown
            whole = whole and not unknown and grc.complete(Entity.VERSION)
    return Placed({record_id: tuple(found) for record_id, found in groups.items()}, whole, tuple(lost))


def tell_of_issues(placed: Placed, memory: Memory, absences: Absences, found: Findings, *, whole: bool) -> None:
    """Tell of the issues that no model shows, and of those shown as they were. Where not all issues are known
    (``whole`` false), what was told of any stays told.
    """
    for issue in placed.lost:
        found.quarantines.append(QuarantineCase(_ref(issue), "", reasons(issue), REMEDY))
    for record_id, issue in sorted(_unseen(memory, absences).items()):
        reason = absences.records_unknown[Entity.ISSUE, record_id]
        text = f"missing from the listing and could not be read ({reason}); it is shown as it was"
        found.remarks.append(Remark(_ref(issue), "issue unknown", text, attention=True))
    if not whole:
        told = {(case.ref.key, case.field) for case in found.quarantines}
        older = (case for key, case in memory.quarantines.items() if key not in told)
        found.quarantines += [case for case in older if _is_about_issue(case)]


def issue_field(number: str) -> str:
    """The pseudo-field of an issue that could be read in part only."""
    return f"issue {number}"


def answer_field(issue_id: str | None) -> str:
    """The pseudo-field of a quarantined answer to an issue."""
    return f"answer to issue {issue_id}"


def _is_about_issue(case: QuarantineCase) -> bool:
    return case.ref.entity is Entity.ISSUE or case.field.startswith((issue_field(""), answer_field("")))


def is_unreadable_issue(case: QuarantineCase) -> bool:
    """Whether a case is about an issue, or a part of one, that could not be read."""
    return case.field.startswith(issue_field("")) or (case.ref.entity is Entity.ISSUE and not case.field)


def reasons(issue: Issue) -> str:
    """Why parts of an issue could not be read."""
    return "; ".join(f"{name}: {reason}" for name, reason in sorted(issue.unreadable.items()))


def _ref(issue: Issue) -> ObjectRef:
    return ObjectRef(Entity.ISSUE, f"grc:{issue.id}", f"issue {issue.number}")


def _unseen(memory: Memory, absences: Absences) -> dict[str, Issue]:
    unknown = (record_id for entity, record_id in absences.records_unknown if entity is Entity.ISSUE)
    return {record_id: memory.issues[record_id] for record_id in unknown if record_id in memory.issues}


def _carried_over(issue: Issue, before: Issue | None) -> Issue:
    names = {_CARRIED[name] for name in issue.unreadable if name in _CARRIED}
    return replace(issue, **{name: getattr(before, name) for name in names}) if before and names else issue


def _models_of_versions(links: Mapping[str, Link]) -> dict[str, str]:
    """The model record's id for each version record's, by the links."""
    alive = [link for link in links.values() if link.state in (LinkState.LIVE, LinkState.RECORD_GONE)]
    models = {link.ref.name: link.record_id for link in alive if link.ref.entity is Entity.MODEL}
    versions = (link for link in alive if link.ref.entity is Entity.VERSION and link.ref.name in models)
    return {link.record_id: models[link.ref.name] for link in versions}
