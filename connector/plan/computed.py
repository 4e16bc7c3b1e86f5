"""The tags that the connector alone writes: which record, how the risk class stands, whose tags these are, issues."""

from __future__ import annotations

from collections.abc import Mapping

from connector.gates import Decision
from connector.mapping.keys import VersionRef
from connector.model.fields import Entity, Value
from connector.model.operations import FieldChange, Remark, Settle
from connector.model.policy import VersionsMode
from connector.model.state import Agreement, Base
from connector.model.tags import CLOSED_MARK, Tags
from connector.plan.answers import answers
from connector.plan.approval import answer_of, request_tag
from connector.plan.attested import Signed, attestation
from connector.plan.causes import enforcement_tags
from connector.plan.context import ASSIGNED, RISK_CLASS, Changes, Context, Findings, Memory, Pair, is_placeholder
from connector.plan.gated import gate_tags
from connector.plan.issues import closing, issue_tags, marks_instead, unreadable_issues
from connector.plan.signing import promotion_tag
from connector.plan.tier import tier_state


def computed_changes(
    context: Context,
    memory: Memory,
    pair: Pair,
    requested: Value,
    decision: Decision | None,
    changes: Changes,
    found: Findings,
) -> list[FieldChange]:
    """Compare the tags that the object should carry with those it carries."""
    wanted: dict[str, tuple[Value, str]] = {}
    signed = Signed()
    _want(wanted, {context.tags.blocked: None}, "its record is back, or what blocked it is gone")
    _want(wanted, _inherited(context, pair), "inherited from another version")
    _want(wanted, _former(context, pair, found), "written under an earlier mapping")
    if pair.ref.entity is Entity.MODEL:
        _want(wanted, _model_tags(context, pair, changes, found), "kept by the connector")
        _want(wanted, _placeholder(context, pair, found), "stands for a model of the GRC while it has no version")
        found.quarantines += unreadable_issues(pair)
    else:
        _want(wanted, _version_tags(context, pair), "kept by the connector")
        gates = gate_tags(context, pair, decision, changes)
        _want(wanted, gates, "gates of the tier")
        signed = attestation(context, pair, gates[context.tags.next_gate], found)
        _want(wanted, signed.tags, signed.why)
        _want(wanted, promotion_tag(context, pair, decision), "had the alias once its gates held")
        _want(wanted, request_tag(context, pair, requested), answer_of(pair))
    _want(wanted, enforcement_tags(context, pair), "enforcement")
    _want(wanted, answers(context, memory, pair, found), "what became of the answer")
    _want(wanted, issue_tags(context, pair, lambda: _others(context, pair, changes, wanted)), "issues of the GRC")
    if pair.ref.name in memory.undeletable:
        _want(wanted, _marks(context.tags, pair, wanted), "marked as closed: this account may not delete the tag")
    return [
        _change(context.tags, pair, key, value, rule, signed.meaning_of(key))
        for key, (value, rule) in sorted(wanted.items())
        if _differs(pair, key, value)
    ]


def _others(context: Context, pair: Pair, changes: Changes, wanted: Mapping[str, tuple[Value, str]]) -> frozenset[str]:
    """The keys of all tags but those of single issues that the object carries once the plan is carried out."""
    places = {
        field.name: field.locations[0].key for field in context.fields[pair.ref.entity] if field.registry_writable
    }
    planned = {places.get(change.field, ""): change.new for change in changes.registry}
    planned |= {key: value for key, (value, _) in wanted.items()}
    kept = pair.registry.tags.keys() - {key for key, value in planned.items() if value is None}
    keys = kept | {key for key, value in planned.items() if value is not None}
    return frozenset(key for key in keys if key and context.tags.issue_slug(key) is None)


def _want(wanted: dict[str, tuple[Value, str]], more: Mapping[str, Value], rule: str) -> None:
    wanted.update({key: (value, rule) for key, value in more.items()})


def _marks(tags: Tags, pair: Pair, wanted: Mapping[str, tuple[Value, str]]) -> dict[str, Value]:
    gone = (key for key, (value, _) in wanted.items() if value is None and key in pair.registry.tags)
    return {key: CLOSED_MARK for key in gone if marks_instead(pair.ref.entity, tags, key)}


def _differs(pair: Pair, key: str, value: Value) -> bool:
    current = pair.registry.tags.get(key)
    return current != value and not (value is None and current == CLOSED_MARK)


def _change(tags: Tags, pair: Pair, key: str, value: Value, rule: str, meaning: str) -> FieldChange:
    base = pair.bases.get(key)
    edited = base is not None and base.registry == value
    return FieldChange(
        field=key,
        old=pair.registry.tags.get(key),
        new=value,
        rule="edit in MLflow put back" if edited else rule,
        other=value,
        is_tag=True,
        drift=edited,
        expected_removal=value is None and (pair.inherited or _seen_to_end(tags, pair, key)),
        meaning=meaning,
    )


def _seen_to_end(tags: Tags, pair: Pair, key: str) -> bool:
    single = (tags.approval_request, tags.blocked, tags.taken_off, tags.placeholder, tags.next_gate, tags.gate_reasons)
    return key in single or tags.is_attestation(key) or closing(pair, tags, key)


def _model_tags(context: Context, pair: Pair, changes: Changes, found: Findings) -> dict[str, Value]:
    tags = context.tags
    wanted: dict[str, Value] = {
        tags.record_id: pair.grc.id if pair.grc else ASSIGNED,
        tags.record_url: pair.grc.url if pair.grc else ASSIGNED,
    }
    if not any(case.field == RISK_CLASS for case in found.quarantines):
        # Of a class that cannot be read the state is unknown, not gone.
        wanted[tags.tier_state] = tier_state(*_tier_after(pair, changes, found))
    return wanted


def _placeholder(context: Context, pair: Pair, found: Findings) -> dict[str, Value]:
    """The mark of a placeholder: kept until it has versions, and then gone for good. At first contact the tag is
    believed, for a placeholder is made with it.
    """
    key, known = context.tags.placeholder, is_placeholder(context, pair.bases)
    made = pair.first_contact and pair.grc is not None and key in pair.registry.tags
    if pair.versioned or not (made if known is None else known):
        return {key: None}
    if known is None:
        found.settles.append(Settle(pair.ref, key, Base("true", "true")))
    return {key: "true"}


def _tier_after(pair: Pair, changes: Changes, found: Findings) -> tuple[Value, str | None]:
    """The risk class and its since-date as they will stand when the planned changes are done."""
    for change in (*changes.grc, *changes.registry):
        if change.field == RISK_CLASS:
            return change.new, change.provisional_since
    for settle in found.settles:
        if settle.field == RISK_CLASS:
            return settle.base.registry, settle.base.provisional_since
    base = pair.bases.get(RISK_CLASS)
    return pair.registry.fields.get(RISK_CLASS), base.provisional_since if base else None


def _version_tags(context: Context, pair: Pair) -> dict[str, Value]:
    key = context.tags.version_ref
    if pair.retained:
        # A version that was never governed carries no connector tags, and so needs no mark of whose they are.
        keep = pair.registry.tags.get(key) if not pair.inherited else None
        return {key: keep}
    if context.versions is VersionsMode.GOVERNED:
        record = pair.parent.id if pair.parent else ASSIGNED
    else:
        record = pair.grc.id if pair.grc else ASSIGNED
    return {key: str(VersionRef(record, pair.ref.version or "", pair.registry.created_ms))}


def _former(context: Context, pair: Pair, found: Findings) -> dict[str, Value]:
    """Remove what the connector wrote under an earlier mapping, but for what somebody wrote there since."""
    places = {location.key for field in context.fields.get(pair.ref.entity, ()) for location in field.locations}
    wanted: dict[str, Value] = {}
    for key, base in pair.bases.items():
        if base.agreement is not Agreement.FORMER or key in places or key not in pair.registry.tags:
            continue
        if pair.registry.tags[key] != base.registry:
            text = f"the tag {key} is the connector's no more, and was changed since: remove it by hand"
            found.remarks.append(Remark(pair.ref, "former tag", text))
            continue
        wanted[key] = None
        if base.grc is not None:
            wanted[base.grc] = base.registry
    return wanted


def _inherited(context: Context, pair: Pair) -> dict[str, Value]:
    """Remove what MLflow copied along from another version, mapped fields left to the merge."""
    if not pair.inherited:
        return {}
    mapped = {
        location.key
        for field in context.fields.get(pair.ref.entity, ())
        for location in field.locations
        if location.key
    }
    return {key: None for key in pair.registry.tags if context.tags.written_by_connector(key) and key not in mapped}
