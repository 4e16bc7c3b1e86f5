"""What the deployment gate says of one version: it passes, or every requirement that it does not meet. Pure.

Signed is what the attestation says: identity, approval, expiry, tier, the stage that it waits for. Taken on trust are
the tags beside it, which the connector keeps and an engineer can change between two cycles: the risk class, the
outcome of the gates, issues, the mark of a block, the state of life. Each of them can only deny.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.attest.envelope import NotAttested
from connector.attest.reading import proved
from connector.attest.signing import Trusted
from connector.attest.statement import Decision, Statement, moment
from connector.model.registry import ModelVersion, RegisteredModel
from connector.model.tags import CLOSED_MARK, Tags
from connector.model.workspaces import DEFAULT_WORKSPACE

SEVERITIES = ("critical", "high", "medium", "low")
AHEAD = timedelta(minutes=5)
"""How far the clock that signed may be ahead of the one that asks."""
_RISK_CLASS, _VALIDATION_STATUS = "risk_classification", "validation_status"
_NONE_LEFT = "none"
_LIFECYCLE, _OUT_OF_USE = "lifecycle_status", ("suspended", "decommissioned")


@dataclass(frozen=True, slots=True)
class Reason:
    """One requirement that is not met: a word for machines, what is wrong, and what to do."""

    code: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the gate is asked. ``trusted`` None: tags are taken on trust. ``registry`` None: which registry the
    attestation names is not compared. ``severities`` of open issues that deny. ``artifact``: the digest of what is to
    be deployed.
    """

    tags: Tags
    trusted: Trusted | None
    now: datetime
    registry: str | None = None
    workspace: str | None = None
    statuses: tuple[str, ...] = ("approved",)
    severities: tuple[str, ...] = ("critical", "high")
    artifact: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer. ``notes`` say what it does not rest on; ``torn``: the attestation is being replaced, and a
    second look may find it whole.
    """

    reasons: tuple[Reason, ...]
    statement: Statement | None = None
    notes: tuple[str, ...] = ()
    torn: bool = False

    @property
    def passed(self) -> bool:
        """Whether the version may be deployed."""
        return not self.reasons


@dataclass(slots=True)
class _Judging:
    asked: Asked
    version: ModelVersion
    model: RegisteredModel
    statement: Statement | None = None
    notes: list[str] = field(default_factory=list)

    def tag(self, key: str) -> str | None:
        """A tag of the version; one that only marks a removal is none."""
        return _shown(self.version.tags.get(key))


def judge(asked: Asked, version: ModelVersion, model: RegisteredModel) -> Verdict:
    """Hold a version and its registered model, as MLflow shows them now, against all that is required."""
    judging = _Judging(asked, version, model)
    reasons: list[Reason] = []
    torn = False
    if asked.trusted is None:
        judging.notes.append("nothing is proved: tags are taken on trust, and whoever may edit the model can set them")
        reasons += _unsigned(judging)
    else:
        try:
            judging.statement = proved(asked.tags, version.tags, asked.trusted)
        except NotAttested as error:
            torn = error.code == "torn"
            reasons.append(Reason(error.code, f"the attestation does not hold: {error.what}", _BROKEN[error.code]))
        else:
            reasons += _signed(judging) if judging.statement is not None else [_missing(judging)]
    reasons += [*_gates(judging), *_tier(judging), *_issues(judging), *_stopped(judging), *_artifact(judging)]
    return Verdict(tuple(reasons), judging.statement, tuple(judging.notes), torn)


_NEXT_CYCLE = "Wait for the connector's next cycle, or run `mlflow-grc sync`; if it stays, tell whoever operates it."
_BROKEN: Mapping[str, str] = {
    "torn": "It is being replaced: ask again in a moment. If it stays, wait for the connector's next cycle.",
    "signature": f"Somebody changed it. {_NEXT_CYCLE}",
    "wrong_key": "Let the pipeline have the file of trusted keys as it is now (`mlflow-grc keys export`).",
}
_PENDING, _SIGN_OFFS = "pending", ("approved", "conditional")
_UNASKED = ("", "not_submitted")


def _missing(judging: _Judging) -> Reason:
    """Why there may be no attestation, as far as the tags beside it tell."""
    tags = judging.asked.tags
    status, asked_for = judging.tag(tags.approval_status) or "", judging.tag(tags.approval_request)
    says = f"; the tag {tags.approval_status} says {status[:60]}" if status else ""
    what = f"the version carries no signed approval{says}"
    if judging.tag(tags.version_ref) is None:
        remedy = (
            f"The connector has not seen the version yet, or not as its own, or it is out of its scope. {_NEXT_CYCLE}"
        )
    elif asked_for is not None and status in _UNASKED:
        remedy = f"It was asked for ({tags.approval_request}={asked_for[:60]}): wait for the connector's next cycle."
    elif status in _UNASKED:
        remedy = f"Ask for an approval: set the tag {tags.approval_request}=submit on the version."
    elif status == _PENDING:
        remedy = "Wait for the decision in the GRC; the model risk officer knows when."
    elif status in _SIGN_OFFS:
        remedy = f"{_NEXT_CYCLE} A conditional approval is signed only where its configuration says so."
    else:
        remedy = "Do not deploy it; ask the model risk officer, or take an approved version."
    return Reason("no_attestation", what, remedy)


def _signed(judging: _Judging) -> Iterator[Reason]:
    made = judging.statement
    assert made is not None
    asked, claim = judging.asked, made.claim
    yield from _bearer(judging, made)
    if asked.registry is None:
        judging.notes.append("the registry's id was not given: which registry the attestation is of was not compared")
    if claim.decision is not Decision.APPROVED:
        what = f"the approval is withdrawn: the GRC says {claim.status or 'nothing'} (serial {made.serial})"
        yield Reason("withdrawn", what, "Do not deploy it; ask the model risk officer, or take an approved version.")
    elif claim.expires is not None and claim.expires < asked.now.date().isoformat():
        yield _expired(claim.expires)
    until = moment(made.fresh_until)
    if until <= asked.now:
        what = f"the attestation was to be believed until {made.fresh_until}, and was not signed anew since"
        yield Reason(
            "stale", what, "The connector does not reach MLflow or the GRC, or withholds it: tell its operator."
        )
    elif moment(made.issued) > asked.now + AHEAD:
        what = f"the attestation is of {made.issued}, which has not come yet"
        yield Reason("stale", what, "Correct this machine's clock, or the connector's.")


def _bearer(judging: _Judging, made: Statement) -> Iterator[Reason]:
    found, bearer, asked = judging.version, made.claim.bearer, judging.asked
    here = {
        "model": found.name,
        "version": found.version,
        "created_ms": found.created_ms,
        "source": found.source,
        "run_id": found.run_id,
        "model_id": found.model_id,
        "registry": asked.registry if asked.registry is not None else bearer.registry,
    }
    other = [name for name, value in here.items() if getattr(bearer, name) != value]
    # Requests that name no workspace mean that one.
    if (bearer.workspace or DEFAULT_WORKSPACE) != (asked.workspace or DEFAULT_WORKSPACE):
        other.append("workspace")
    if other:
        what = f"the attestation is of {bearer.model} v{bearer.version}, and differs from this version in: "
        remedy = "An approval is of one version: have this one approved. After a renaming wait for the next cycle."
        yield Reason("not_this_version", what + ", ".join(other), remedy)


def _unsigned(judging: _Judging) -> Iterator[Reason]:
    tags = judging.asked.tags
    status, expiry = judging.tag(tags.approval_status), judging.tag(tags.approval_expiry)
    if not _carries_its_own(judging):
        what = f"the tag {tags.version_ref} is missing or of another version: the tags may be copied"
        yield Reason("not_this_version", what, _NEXT_CYCLE)
    if status not in judging.asked.statuses:
        what = f"the tag {tags.approval_status} says {status or 'nothing'}"
        yield Reason("approval", what, f"Ask for an approval with the tag {tags.approval_request}=submit.")
    if expiry is not None and not expiry[:10] >= judging.asked.now.date().isoformat():
        yield _expired(expiry[:10])


def _carries_its_own(judging: _Judging) -> bool:
    try:
        ref = json.loads(judging.tag(judging.asked.tags.version_ref) or "null")
        named = (str(ref["version"]), int(ref["created"]))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return False
    return named == (judging.version.version, judging.version.created_ms)


def _expired(day: str) -> Reason:
    return Reason("expired", f"the approval expired on {day}", "Have the approval renewed in the GRC.")


_BETTER = "Correct what is named, or register a version from a better run."
_DECIDES: Mapping[str, str] = {
    "validation": "the independent validator",
    "compliance": "compliance",
    "business": "the business owner",
}


def _gates(judging: _Judging) -> Iterator[Reason]:
    tags = judging.asked.tags
    signed = judging.statement.claim.next_gate if judging.statement is not None else None
    waits = [each for each in (signed, judging.tag(tags.next_gate)) if each not in (None, _NONE_LEFT)]
    if waits:
        why = judging.tag(tags.gate_reasons)
        told = f" ({why})" if why not in (None, "[]") else ""
        what = f"the tier's next gate is {waits[0]}{told}"
        who = _DECIDES.get(waits[0])
        remedy = f"It waits for {who}, in the GRC." if who else _BETTER
        yield Reason("gates", what, remedy)
    status = judging.tag(_VALIDATION_STATUS)
    if status is not None and status.strip().lower() != "passed":
        what = f"validation_status is {status[:60]}"
        yield Reason("validation_status", what, "Correct what failed, or register a version from a better run.")


def _tier(judging: _Judging) -> Iterator[Reason]:
    shown = _shown(judging.model.tags.get(_RISK_CLASS))
    signed = judging.statement.claim.tier if judging.statement is not None else shown
    if shown is not None and signed is not None and shown.strip().lower() != signed.lower():
        what = f"the risk class is {shown[:60]} in MLflow, and the attestation was given for {signed}"
        yield Reason("tier", what, _NEXT_CYCLE)


def _issues(judging: _Judging) -> Iterator[Reason]:
    """Open issues that deny: those on the version, and those on its model but for those that name another version. Of
    one that cannot be read, and of those that have no tag of their own, the worst is thought: the most severe have
    tags, so that none of the others is worse than the least of these.
    """
    tags, severities = judging.asked.tags, judging.asked.severities
    if not severities:
        return
    found: dict[str, _Told] = {}
    told: set[str] = set()
    for where, held in (("version", judging.version.tags), ("model", judging.model.tags)):
        here = {slug: _Told.of(text) for key, text in held.items() if (slug := _issue_shown(tags, key, text))}
        told |= {issue.severity for issue in here.values()}
        about = ("", judging.version.version)
        found |= {slug: issue for slug, issue in here.items() if where == "version" or issue.version in about}
        worst = _shown(held.get(tags.max_issue_severity))
        if worst is not None and worst not in told:
            found[f"on the {where}"] = _Told(worst)
        elif here and _shown(held.get(tags.issues_overflow)) is not None:
            found[f"on the {where}, without a tag"] = _Told(_least(issue.severity for issue in here.values()))
    denying = [slug for slug, each in found.items() if each.severity in severities or each.severity not in SEVERITIES]
    if denying:
        what = f"open issues ({', '.join(severities)}): {', '.join(f'{slug}{found[slug]}' for slug in sorted(denying))}"
        yield Reason("issues", what, "Have them closed in the GRC, or the risk accepted there.")


def _issue_shown(tags: Tags, key: str, text: str) -> str | None:
    """The issue that a tag shows as open; None for any other tag."""
    return tags.issue_slug(key) if _shown(text) is not None else None


def _least(severities: Iterable[str]) -> str:
    """The last of these in the order in which issues get their tags: one that is not known comes after all others."""
    return max(severities, key=lambda each: SEVERITIES.index(each) if each in SEVERITIES else len(SEVERITIES))


@dataclass(frozen=True, slots=True)
class _Told:
    """What an issue's tag tells; empty what cannot be read, or is not said."""

    severity: str
    version: str = ""
    more: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> _Told:
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        said = {key: each for key, each in body.items() if isinstance(each, str)} if isinstance(body, dict) else {}
        version, due = said.get("version", ""), said.get("due")
        more = (said.get("title", ""), f"due {due}" if due else "", said.get("url", ""))
        return cls(said.get("severity", ""), version if version.isdecimal() else "", more)

    def __str__(self) -> str:
        told = [each[:_OF_ISSUE] for each in (self.severity, *self.more) if each]
        return f" ({'; '.join(told)})" if told else ""


_OF_ISSUE = 100
"""Characters of each thing that is told of an issue."""


def _stopped(judging: _Judging) -> Iterator[Reason]:
    """Whether the connector blocked the version or its model, or the GRC says that it is out of use."""
    tags = judging.asked.tags
    for where, held in (("version", judging.version.tags), ("model", judging.model.tags)):
        text = _shown(held.get(tags.blocked))
        if text is not None:
            what = f"the {where} is blocked: {text[:200]}"
            yield Reason("blocked", what, "Ask the model risk officer; the tag goes with what it tells of.")
        state = (_shown(held.get(tags.field(_LIFECYCLE))) or "").strip().lower()
        if state in _OUT_OF_USE:
            yield Reason("lifecycle", f"the {where} is {state}", "Ask the model risk officer.")


def _artifact(judging: _Judging) -> Iterator[Reason]:
    wanted, made = judging.asked.artifact, judging.statement
    if made is None:
        if wanted is not None and judging.asked.trusted is None:
            what = "tags that are taken on trust tell no digest to compare the files with"
            yield Reason("digest_not_covered", what, "Give --trusted-keys, or leave --artifact out.")
        return
    content = made.claim.content
    if content.sha256 is None:
        judging.notes.append(f"content not covered: {content.note}")
        if wanted is not None:
            what = f"the attestation covers no files ({content.note})"
            yield Reason("digest_not_covered", what, "Leave --artifact out, or let the connector read the artifacts.")
    elif wanted is None:
        judging.notes.append("the files themselves were not compared; --artifact PATH does")
    elif wanted != content.sha256:
        what = f"the files have the digest {wanted}, and the approved ones {content.sha256}"
        yield Reason("digest", what, "These are not the files that were approved: find out who changed them.")


def _shown(text: str | None) -> str | None:
    return None if text is None or text == CLOSED_MARK else text
