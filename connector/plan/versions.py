"""The versions of one model, paired with what the GRC holds of them in each of the three modes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from connector.mapping.keys import parse_version_ref
from connector.model.fields import Entity, Owner, Side
from connector.model.operations import Remark
from connector.model.policy import VersionsMode
from connector.model.state import Base, QuarantineCase
from connector.model.views import GrcView, Issue, RegistryView
from connector.plan.approval import NOT_SUBMITTED, PENDING, SUBMIT, UNDECIDED, of_this_version, open_doubt
from connector.plan.context import APPROVAL_STATUS, Context, Findings, Memory, Pair
from connector.plan.pairing import Match, Matcher


@dataclass(frozen=True, slots=True)
class VersionSource:
    """All that pairing the versions of one model needs. ``virtual`` makes the governed version's view out of the
    model record (None where there is none). ``known``: the state knew the record before this cycle.
    """

    model: RegistryView
    record: GrcView | None
    versions: Sequence[RegistryView]
    issues: tuple[Issue, ...] | None
    virtual: GrcView | None = None
    known: bool = False
    gone: Collection[str] = ()


def version_pairs(
    context: Context, memory: Memory, matcher: Matcher, source: VersionSource, found: Findings
) -> list[Pair]:
    """Pair each version of a model whose own record is settled."""
    if context.versions is VersionsMode.RECORDS:
        return _with_records(context, memory, matcher, source, found)
    unseen = _unseen_governed(context, source)
    governed = None if unseen else _governed_version(context, source, found)
    chosen = None if unseen else _submission(context, memory, source, governed)
    if unseen:
        text = f"governed version {unseen} was not seen, nor proved to be gone: no submission takes its record"
        found.remarks.append(Remark(source.model.ref, "version unknown", text, attention=True))
    if _is_doubtful(memory, source, governed, found):
        governed = None
    return [
        _against_model_record(context, memory, source, view, governed, chosen)
        for view in source.versions
        if view.in_scope
    ]


def is_inherited(
    context: Context, memory: Memory, source: VersionSource, view: RegistryView, record_id: str | None
) -> bool:
    """Whether the version's connector tags were made for another version, as MLflow's copy of a version copies them, or
    for another record than ``record_id``, without that the state itself knew that record, or the tag, before.
    """
    key = context.tags.version_ref
    text = view.tags.get(key)
    if text is None:
        return False
    ref = parse_version_ref(text)
    if ref is None or (ref.version, ref.created_ms) != (view.ref.version, view.created_ms):
        return True
    links = [memory.links.get(each) for each in (view.ref.key, source.model.ref.key)]
    base = memory.bases.get(view.ref.key, {}).get(key)
    ours = {record_id, *(link.record_id for link in links if link is not None)}
    return ref.record_id not in ours and (base is None or base.registry != text)


def _issues_of(issues: tuple[Issue, ...] | None, *names: str | None) -> tuple[Issue, ...] | None:
    """The issues raised against the version that goes by these names."""
    if issues is None:
        return None
    return tuple(issue for issue in issues if issue.version_id is not None and issue.version_id in names)


def _issues_with_records(matcher: Matcher, source: VersionSource, match: Match) -> tuple[Issue, ...] | None:
    """The issues raised against the version's record, or against its number where that is no record's id. None where
    nobody can tell which of the two an issue means.
    """
    number, record_id = match.registry.ref.version or "", match.grc.id if match.grc else None
    named = any(issue.version_id == number for issue in source.issues or ())
    if source.record is None or not named or number == record_id:
        return _issues_of(source.issues, record_id)
    means_record = matcher.is_record(source.record.id, number)
    if means_record is None:
        return None
    return _issues_of(source.issues, record_id, None if means_record else number)


def _with_records(
    context: Context, memory: Memory, matcher: Matcher, source: VersionSource, found: Findings
) -> list[Pair]:
    pairs = []
    for view in source.versions:
        if not view.in_scope:
            continue
        claim = matcher.sibling(source.record.id, view) if source.record else None
        match = matcher.match(view, claim, found)
        if match is not None:
            pairs.append(_record_pair(context, memory, matcher, source, match))
    return pairs


def _record_pair(context: Context, memory: Memory, matcher: Matcher, source: VersionSource, match: Match) -> Pair:
    view = match.registry
    return Pair(
        ref=view.ref,
        registry=view,
        grc=match.grc,
        link=match.link,
        bases=memory.bases.get(match.moved_from or view.ref.key, {}),
        parent=source.record,
        issues=_issues_with_records(matcher, source, match),
        inherited=is_inherited(context, memory, source, view, match.grc.id if match.grc else None),
        moved_from=match.moved_from,
    )


def _unseen_governed(context: Context, source: VersionSource) -> str | None:
    """The version that the record's approval belongs to, when the scan lacked it and nothing proves that it is gone:
    what the record says of it may be all there is.
    """
    named = source.record.version if source.record else None
    if named is None or context.versions is not VersionsMode.GOVERNED:
        return None
    seen = any(view.ref.version == named for view in source.versions)
    key = context.keys.version(source.model.ref.name, source.model.created_ms, named)
    return None if seen or key in source.gone else named


def _governed_version(context: Context, source: VersionSource, found: Findings) -> str | None:
    """The version that the record's approval belongs to; an approval that names none, or none that exists, is
    quarantined and reaches no version.
    """
    record = source.record
    if record is None:
        return None
    named = record.version
    if context.versions is VersionsMode.GOVERNED and any(view.ref.version == named for view in source.versions):
        return named
    reason = record.unreadable.get(APPROVAL_STATUS)
    if named is not None and source.virtual is not None:
        status = source.virtual.fields.get(APPROVAL_STATUS)
        if status not in (None, NOT_SUBMITTED):
            reason = f"the approval ({status}) is of version {named}, which does not exist"
    if reason:
        remedy = "set the governed version in the GRC, or use a mapping with `versions: records`"
        found.quarantines.append(QuarantineCase(source.model.ref, APPROVAL_STATUS, reason, remedy))
    return None


def _is_doubtful(memory: Memory, source: VersionSource, governed: str | None, found: Findings) -> bool:
    """Whether the record's approval was made for another version, and is the governed one's by a submission that the
    GRC took half: it is believed again once it changed.
    """
    own = next((view for view in source.versions if view.ref.version == governed), None)
    case = open_doubt(memory, own.ref, source.virtual) if own is not None and source.virtual is not None else None
    if case is None:
        return False
    found.quarantines.append(case)
    return True


def _is_copied(context: Context, memory: Memory, source: VersionSource, view: RegistryView) -> bool:
    """Whether the tags of a version without a record of its own were made for another version or model record."""
    return is_inherited(context, memory, source, view, source.record.id if source.record else None)


def _submission(context: Context, memory: Memory, source: VersionSource, governed: str | None) -> str | None:
    """The one version whose submission may move the record: none while the governed version is under review, while
    its approval cannot be read, or before MLflow shows the decision that a submission would take from the record.
    """
    if source.record is not None and APPROVAL_STATUS in source.record.unreadable:
        return None
    if source.virtual is not None and governed is not None:
        status = source.virtual.fields.get(APPROVAL_STATUS)
        own = next(view for view in source.versions if view.ref.version == governed)
        asks = own.tags.get(context.tags.approval_request) == SUBMIT and not _is_copied(context, memory, source, own)
        if status == PENDING or (asks and status in (None, NOT_SUBMITTED)):
            return governed
        if APPROVAL_STATUS in source.virtual.unreadable or not _is_recorded(context, memory, own, source.virtual):
            return None
    asking = [
        view.ref.version
        for view in source.versions
        if view.tags.get(context.tags.approval_request) == SUBMIT and not _is_copied(context, memory, source, view)
    ]
    return max((version for version in asking if version), key=int, default=None)


def _is_recorded(context: Context, memory: Memory, own: RegistryView, virtual: GrcView) -> bool:
    """Whether what the record says of its governed version arrived there: afterwards nothing else remembers it."""
    if virtual.fields.get(APPROVAL_STATUS) in UNDECIDED or not own.in_scope:
        return True
    bases = memory.bases.get(own.ref.key, {})
    return Side.REGISTRY in context.policy.read_only or all(
        virtual.fields.get(field.name) == (bases[field.name].grc if field.name in bases else None)
        for field in context.fields.get(Entity.VERSION, ())
        if field.in_grc and field.owner is Owner.GRC and field.registry_writable
    )


def _against_model_record(
    context: Context,
    memory: Memory,
    source: VersionSource,
    view: RegistryView,
    governed: str | None,
    chosen: str | None,
) -> Pair:
    bases = memory.bases.get(view.ref.key, {})
    live = governed is not None and view.ref.version == governed
    inherited = _is_copied(context, memory, source, view)
    if live and source.virtual is not None:
        grc = of_this_version(source.virtual, bases)
    else:
        grc = _last_decision(context, source, view, bases, inherited=inherited)
    return Pair(
        ref=view.ref,
        registry=view,
        grc=grc,
        link=None,
        bases=bases,
        parent=source.record,
        issues=_issues_of(source.issues, view.ref.version),
        retained=not live,
        inherited=inherited,
        may_submit=context.versions is VersionsMode.GOVERNED and chosen == view.ref.version,
        governed=source.virtual,
    )


def _last_decision(
    context: Context, source: VersionSource, view: RegistryView, bases: Mapping[str, Base], *, inherited: bool
) -> GrcView:
    """What the GRC last decided of a version that its record no longer names.

    From the base; when state was lost, from the version's own tags, but only where its reference tag says that the
    connector wrote them: whoever may write tags may write that one too.
    """
    record_id = source.record.id if source.record else ""
    own = {name: base.grc for name, base in bases.items()}
    proved = context.tags.version_ref in view.tags and not inherited
    if not own and proved and not source.known:
        own = {
            field.name: view.fields.get(field.name)
            for field in context.fields.get(Entity.VERSION, ())
            if field.owner is Owner.GRC
        }
    empty = GrcView(Entity.VERSION, record_id, None, view.ref.name, view.ref.version, virtual=True)
    return replace(empty, fields=own)
