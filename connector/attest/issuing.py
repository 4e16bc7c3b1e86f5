"""When a statement is signed, and when the one that stands is left alone. Pure: the time and the key are handed in.

::

    the GRC says             a statement is known            what stands from then on
    approved, in force       none, or it says otherwise      a new one, approved
                             it says so, before half life    the known one
                             it says so, after half life     a new one, approved
    not approved             none                            nothing
                             approved                        a new one, withdrawn
                             withdrawn                       the known one
    nothing that is certain  whichever                       the known one, which goes stale in time

A key that takes over signs anew whatever stands. Known is the statement of the highest serial among the one in the
version's tags and the one that the state remembers: each only as far as its signature proves it, and for this version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.attest.content import Content
from connector.attest.envelope import NotAttested, sign
from connector.attest.pieces import held, spread
from connector.attest.reading import proved
from connector.attest.signing import Signer, Trusted
from connector.attest.statement import Bearer, Claim, Decision, Statement, moment, stamp
from connector.model.tags import Tags


@dataclass(frozen=True, slots=True)
class Attestations:
    """How a connection signs. ``statuses`` are the GRC's words that count as an approval. ``contents``: what was read
    of versions' files, by correlation key.
    """

    signer: Signer
    trusted: Trusted
    fresh_for: timedelta = timedelta(days=7)
    statuses: tuple[str, ...] = ("approved",)
    contents: Mapping[str, Content] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """What is certain of a version's approval. ``claim`` None: nothing is, ``why`` says so. ``live`` false: the GRC
    says nothing of the version any more, and only what was signed before is carried on.
    """

    bearer: Bearer
    claim: Claim | None
    why: str
    live: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """The tags of a version: as MLflow shows them, and as the state remembers that they were written."""

    shown: Mapping[str, str]
    remembered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attested:
    """The tags that a version is to carry, and why; ``meaning`` as a change of theirs has it. ``problem``: why nothing
    can be signed, where a person has to look into it.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    meaning: str = ""
    problem: str = ""


def attested(how: Attestations, tags: Tags, key: str, approval: Approval, known: Known, now: datetime) -> Attested:
    """Work out what stands from now on. ``key`` is the version's correlation key."""
    last = _latest(how, tags, approval.bearer, known)
    claim = approval.claim
    if last is not None and last.made.claim.bearer.made_of != approval.bearer.made_of:
        return _standing(last, "", problem="its source, run or logged model is not the one that was signed")
    if claim is None or not (approval.live or _goes_on(claim, last, now)):
        return _standing(last, approval.why)
    if claim.decision is Decision.WITHDRAWN and last is None:
        return Attested(why=approval.why)
    claim = replace(claim, content=_content(how, key, last))
    why = _why_anew(how, claim, last, now)
    if not why:
        return _standing(last, approval.why)
    try:
        return _issued(how, tags, claim, last, now, f"{why}: {approval.why}")
    except ValueError as error:
        return _standing(last, "", problem=f"it cannot be signed: {error}")


@dataclass(frozen=True, slots=True)
class _Last:
    """A statement with the tags that carry it; ``remembered``: the state knows that it was written."""

    made: Statement
    tags: Mapping[str, str]
    remembered: bool


def _latest(how: Attestations, tags: Tags, bearer: Bearer, known: Known) -> _Last | None:
    """The latest statement about this very version; its name may have been another one."""
    found = []
    remembered, shown = held(tags, known.remembered), held(tags, known.shown)
    for carried, is_remembered in ((remembered, True), *(((shown, False),) if shown != remembered else ())):
        try:
            made = proved(tags, carried, how.trusted)
        except NotAttested:
            continue
        if made is not None and _is_about(made.claim.bearer, bearer):
            found.append(_Last(made, carried, is_remembered))
    return max(found, key=lambda each: each.made.serial, default=None)


def _is_about(one: Bearer, other: Bearer) -> bool:
    return (one.registry, one.version, one.created_ms) == (other.registry, other.version, other.created_ms)


def _goes_on(claim: Claim, last: _Last | None, now: datetime) -> bool:
    """Whether a decision that the GRC says nothing of any more is still proved by what was signed when it did."""
    if last is None:
        return False
    if claim.decision is Decision.WITHDRAWN:
        return True
    believed = last.remembered or now < moment(last.made.fresh_until)
    return last.made.claim.decision is Decision.APPROVED and believed


def _standing(last: _Last | None, why: str, *, problem: str = "") -> Attested:
    return Attested(last.tags if last is not None else {}, why or problem, problem=problem)


def _content(how: Attestations, key: str, last: _Last | None) -> Content:
    """What is known of the files: what was signed once stays, for a version's files never change rightly."""
    if last is not None and last.made.claim.content.sha256 is not None:
        return last.made.claim.content
    return how.contents.get(key, last.made.claim.content if last is not None else Content())


def _why_anew(how: Attestations, claim: Claim, last: _Last | None, now: datetime) -> str:
    """Why a statement is to be signed; empty where the last one stands."""
    if last is None:
        return "signed"
    if last.made.key_id != how.signer.key_id:
        return "signed by another key"
    if claim.decision is Decision.WITHDRAWN:
        return "" if last.made.claim.decision is Decision.WITHDRAWN else "withdrawn"
    if not claim.means(last.made.claim):
        return "signed anew"
    renew = not moment(last.made.issued) <= now < last.made.half_life
    return "renewed" if renew or _lasts(last.made) > how.fresh_for else ""


def _lasts(made: Statement) -> timedelta:
    return moment(made.fresh_until) - moment(made.issued)


def _issued(how: Attestations, tags: Tags, claim: Claim, last: _Last | None, now: datetime, why: str) -> Attested:
    now = now.replace(microsecond=0)
    # Where all that was known is lost, the time still lets the serial rise.
    serial = max(int(now.timestamp()), last.made.serial + 1 if last is not None else 0)
    made = Statement(claim, serial, stamp(now), stamp(now + how.fresh_for), how.signer.key_id)
    carried = spread(tags, str(sign(made.payload(), how.signer)), serial)
    return Attested(carried, why, _meaning(claim, how.signer))


def _meaning(claim: Claim, signer: Signer) -> str:
    """Names what a statement says, without its times, its serial, and what moves with every edit of the record."""
    bare = replace(claim, revision=None, updated=None, content=Content())
    digest = hashlib.sha256(Statement(bare, 0, "", "", signer.key_id).payload()).hexdigest()[:16]
    return f"{claim.decision} {digest}"
