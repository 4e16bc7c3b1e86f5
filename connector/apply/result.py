"""What a read-back says of a write: agreed, rewritten, cut, or not stuck."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from connector.mapping.text import alike
from connector.model.fields import Side, Value
from connector.model.operations import FieldChange
from connector.model.state import Agreement, Base, QuarantineCase
from connector.model.views import ObjectRef
from connector.plan import Pair
from connector.plan.approval import half_submitted
from connector.plan.context import APPROVAL_STATUS, Identity
from connector.plan.refused import changes_digest

_SHORTEST_PREFIX = 3
_TO_THE_MINUTE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:)00Z", re.ASCII)


@dataclass(slots=True)
class Result:
    """The changes as they came out, with the base pairs and quarantine cases that follow."""

    bases: dict[str, Base] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    quarantines: list[QuarantineCase] = field(default_factory=list)
    not_stuck: list[str] = field(default_factory=list)


def judge(pair: Pair, side: Side, changes: Iterable[FieldChange], held: Callable[[FieldChange], Value]) -> Result:
    """Compare each change with what the side holds now (``held``), and with what it held before the write.

    A GRC may rewrite or ignore what it is sent. MLflow does neither: another value there is an edit made since, which
    leaves the base as it was, for the next merge to see.
    """
    result = Result()
    for change in changes:
        got = held(change)
        if side is Side.REGISTRY and got != change.new and not seen_to_land(change, got):
            result.changes.append(change)
            continue
        result.changes.append(replace(change, new=got) if got != change.new else change)
        if _agreement(change, got) is Agreement.NOT_STUCK:
            result.not_stuck.append(change.field)
        if change.request or change.field.startswith("identity."):
            if got != change.new and not _is_same_name(change, got):
                result.quarantines.append(unstuck(pair.ref, change, got))
        elif not change.halfway:
            result.bases[change.field] = _base(pair, side, change, got)
    return result


def doubt(pair: Pair, changes: Iterable[FieldChange]) -> list[QuarantineCase]:
    """The case of a submission of which the GRC took the version but not the status: what its record says now was
    decided on another version, and is not believed until it changes.
    """
    if pair.grc is None or pair.retained or not half_submitted(pair.grc, changes):
        return []
    status = pair.grc.fields.get(APPROVAL_STATUS)
    reason = f"submitted, but the record still says {status}: nobody decided that on version {pair.ref.version}"
    remedy = "set the record's approval to pending in the GRC, and let the connector's account change the status"
    return [QuarantineCase(pair.ref, Identity.GOVERNED_VERSION, reason, remedy, status or "")]


def same_text(sent: Value, held: Value) -> bool:
    """Whether ``held`` is recognisably a server's form of ``sent``: case, blanks, Unicode form, or cut at the end."""
    if sent is None or held is None:
        return False
    first, second = _plain(sent), _plain(held)
    return first == second or (len(second) >= _SHORTEST_PREFIX and first.startswith(second))


def seen_to_land(change: FieldChange, got: Value) -> bool:
    """Whether ``got`` is what was sent, or a server's form of it, rather than the old value or somebody's edit."""
    return got == change.new or (got != change.old and same_text(change.new, got))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _base(pair: Pair, side: Side, change: FieldChange, got: Value) -> Base:
    agreement = _agreement(change, got)
    if change.is_tag:
        return Base(got, got if agreement is Agreement.AGREED else change.new, agreement)
    if side is Side.REGISTRY:
        grc = pair.grc.fields.get(change.field) if pair.grc else None
        return Base(got, grc, agreement, change.provisional_since)
    return Base(pair.registry.fields.get(change.field), got, agreement, change.provisional_since)


def _agreement(change: FieldChange, got: Value) -> Agreement:
    if got == change.new:
        return Agreement.CUT if change.cut else Agreement.AGREED
    if got == change.old and not _is_to_the_minute(got, change.new):
        return Agreement.NOT_STUCK
    return Agreement.REWRITTEN


def _is_to_the_minute(kept: Value, sent: Value) -> bool:
    """Whether what is kept is the time that was sent, of which the platform takes no seconds: it was so before too,
    where nothing is known any more of the write that brought it there.
    """
    found = _TO_THE_MINUTE.fullmatch(kept) if isinstance(kept, str) else None
    return found is not None and isinstance(sent, str) and sent.startswith(found[1])


def _is_same_name(change: FieldChange, got: Value) -> bool:
    """Whether it is the name that was sent but for the blanks around it and its Unicode form."""
    texts = isinstance(got, str) and isinstance(change.new, str)
    return texts and change.field == Identity.NAME and alike(str(got), str(change.new))


def unstuck(ref: ObjectRef, change: FieldChange, got: Value) -> QuarantineCase:
    """The case of a write that the GRC accepted and did not carry out; ``got`` is what it holds now."""
    what = "the request" if change.request else "the value"
    reason = f"{what} {change.new!r} did not stick: the GRC accepted the write and kept {got!r}"
    remedy = (
        "see whether a business rule or a missing role of the connector's account keeps the field, and whether the "
        "mapping reads it where it is written"
    )
    return QuarantineCase(ref, change.field, reason, remedy, changes_digest([change]))


def registry_held(pair: Pair, change: FieldChange) -> Value:
    """What the pair's registry object holds of the change's field or tag."""
    return pair.registry.tags.get(change.field) if change.is_tag else pair.registry.fields.get(change.field)


def grc_held(pair: Pair, change: FieldChange) -> Value:
    """What the pair's record holds of the change's field, identity fields included."""
    if change.field == Identity.GOVERNED_VERSION:
        return pair.parent.version if pair.parent else None
    record = pair.grc
    if record is None:
        return None
    identity: dict[str, Value] = {
        Identity.KEY: record.key,
        Identity.INSTANCE: record.instance,
        Identity.NAME: record.name or None,
        Identity.VERSION: record.version,
        Identity.CREATED: str(record.created_ms) if record.created_ms is not None else None,
        Identity.PARENT: record.parent_id,
    }
    return identity[change.field] if change.field in identity else record.fields.get(change.field)
