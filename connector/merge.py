"""The three-way merge of one field: what each side holds now, against what both held when they last agreed.

``R`` is the registry's value, ``G`` the GRC's, ``r``/``g`` the base pair. *moved* means different from the base.

::

    owned by the     a value S stands, R = S            settle: S stands until the GRC holds a value of its own
    GRC              a value S stands, else             write S to MLflow
    every field      R = G                              settle (base := R, G) where the base says otherwise
                     base, neither moved                quiet (a rewritten, refused or cut copy stays as it is)
    owned by MLflow  adopted record, R empty            settle: G's value stands until MLflow holds one
    owned by O       no base and O holds a value        write O's value to the other side
                     O moved                            write O's value, whatever the other side did
                     only the other side moved, or      drift: write O's value back
                     no base and O is empty
    shared           no base, one side empty            the empty side takes the other
                     no base, different                 the rule
                     one side moved                     its value flows, an emptied one too
                     both moved, one to empty           the empty side takes the other
                     both moved, different              the rule
    rule             mlflow, grc                        that side's value flows
                     manual                             park: both values stay, a person decides
                     highest                            see below
    shared, highest  R moved, more severe than G        flows, provisional
                     R moved, less severe or emptied    drift: put back
                     G moved                            flows, confirmed; an emptied one is refilled
                     both moved, R raised above G       R flows, provisional
                     both moved, G emptied, R less      the class last agreed goes back to G, then to R
                     severe
                     both moved, else                   G flows, confirmed
                     no base                            the more severe flows, provisional
    cut copies       the long side moved                a new copy is written
                     the copy was edited                parked, never written over the long value
                                                        (put back where the long side owns the field)

A value *stands* where the mapping of the field changed and the GRC holds nothing in the field's new place. At such a
change a field is without base, and its record counts as adopted.

A field that the connector cannot write on the side that should change is left as it is and said so (``blocked``).
Pure: no clock, no I/O; ``today`` is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from connector.model.cut import cut, is_cut_of
from connector.model.fields import ConflictRule, Field, FieldType, Owner, Side, Value
from connector.model.state import Agreement, Base

UNDONE = ("put back", "gave way")
"""Words of every rule that undoes an edit on a side that does not decide the field."""


class Action(StrEnum):
    """What to do with one field."""

    QUIET = "quiet"
    SETTLE = "settle"
    WRITE = "write"
    PARK = "park"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a merge. ``side`` and ``value`` belong to WRITE (the value already fits the side); ``base`` to
    SETTLE; ``rule`` says why in words for people. ``halfway``: the other side is to be written as well.
    """

    action: Action
    rule: str = ""
    side: Side | None = None
    value: Value = None
    base: Base | None = None
    drift: bool = False
    cut: bool = False
    halfway: bool = False
    provisional_since: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The four values of one field. ``adopted``: nothing was ever agreed of it, and the record was there.
    ``standing``: the value that stands, of a field that the GRC owns, while the GRC holds none.
    """

    registry: Value
    grc: Value
    base: Base | None = None
    adopted: bool = False
    standing: Value = None

    @property
    def registry_moved(self) -> bool:
        return self.base is None or self.registry != self.base.registry

    @property
    def grc_moved(self) -> bool:
        return self.base is None or self.grc != self.base.grc

    @property
    def provisional_since(self) -> str | None:
        return self.base.provisional_since if self.base else None

    def of(self, side: Side) -> Value:
        """What this side holds."""
        return self.registry if side is Side.REGISTRY else self.grc

    def moved(self, side: Side) -> bool:
        """Whether this side left the base."""
        return self.registry_moved if side is Side.REGISTRY else self.grc_moved


def merge(field: Field, held: Held, *, today: str) -> Verdict:
    """Decide one field. ``today`` (ISO date) becomes the since-date of a provisional risk class."""
    if held.standing is not None:
        return _merge_standing(field, held, held.standing)
    if held.registry == held.grc:
        return _settle(held, Agreement.AGREED)
    if held.base is not None and not held.registry_moved and not held.grc_moved:
        return _QUIET
    short = _side_of_cut_copy(held)
    if short is not None:
        return _merge_cut(field, held, short)
    owner = _OWNER_SIDES.get(field.owner)
    if owner is not None:
        return _merge_owned(field, held, owner)
    if field.rule is ConflictRule.HIGHEST:
        return _merge_highest(field, held, today)
    return _merge_shared(field, held)


def take(field: Field, held: Held, side: Side | None, value: Value = None) -> tuple[Verdict, ...]:
    """Carry out a person's answer to a conflict: one side's value, or a new one for both.

    Of two writes the first leaves the base alone, so that the second is still due when it does not follow at once.
    """
    wanted = value if side is None else held.of(side)
    targets = (Side.REGISTRY, Side.GRC) if side is None else (other(side),)
    rule = f"resolved: {_WORDS[side]} taken" if side else "resolved: a new value"
    due = [target for target in targets if held.of(target) != cut(wanted, field.limit(target))]
    return tuple(replace(_write(field, held, target, wanted, rule), halfway=len(due) > 1) for target in due)


def other(side: Side) -> Side:
    """Name the opposite side."""
    return Side.GRC if side is Side.REGISTRY else Side.REGISTRY


_OWNER_SIDES = {Owner.MLFLOW: Side.REGISTRY, Owner.COMPUTED: Side.REGISTRY, Owner.GRC: Side.GRC}
_WORDS = {Side.REGISTRY: "MLflow", Side.GRC: "GRC"}


_QUIET = Verdict(Action.QUIET)


def _settle(held: Held, agreement: Agreement) -> Verdict:
    # A move that ended in agreement is the GRC's consent, or the end of a refused raise: nothing is provisional then.
    moved = held.registry_moved or held.grc_moved
    if not moved and held.base is not None and held.base.agreement is agreement:
        return _QUIET
    if held.base is None and held.registry is None:
        return _QUIET
    wanted = Base(held.registry, held.grc, agreement, None if moved else held.provisional_since)
    return Verdict(Action.SETTLE, "both sides agree", base=wanted)


def _is_unspoken(held: Held, owner: Side) -> bool:
    """Whether MLflow owns the field and has never held a value of it, and an adopted record has one."""
    if owner is Side.GRC or held.registry is not None:
        return False
    return held.adopted if held.base is None else held.base.agreement is Agreement.UNSPOKEN


def _merge_standing(field: Field, held: Held, standing: str) -> Verdict:
    if held.registry == cut(standing, field.registry_limit):
        wanted = Base(held.registry, standing, Agreement.UNSPOKEN)
        if held.base == wanted:
            return Verdict(Action.QUIET)
        return Verdict(Action.SETTLE, "the GRC, which owns it, holds no value yet", base=wanted)
    edited = held.registry is not None
    rule = "edit in MLflow put back: what the GRC decided last stands" if edited else "what the GRC decided last stands"
    # The base tells that the value stands, and is set when it is seen to.
    return replace(_write(field, held, Side.REGISTRY, standing, rule, drift=edited), halfway=True)


def _merge_owned(field: Field, held: Held, owner: Side) -> Verdict:
    guest = other(owner)
    if _is_unspoken(held, owner):
        base = Base(None, held.grc, Agreement.UNSPOKEN)
        return Verdict(Action.SETTLE, "MLflow, which owns it, never held a value", base=base)
    if held.moved(owner) and not (held.base is None and held.of(owner) is None):
        rule = f"owned by {_WORDS[owner]}"
        if held.base is not None and held.moved(guest):
            rule += f"; the edit in {_WORDS[guest]} gave way"
        # At first contact a value that the owner never gave is drift just as a later edit is.
        drift = held.base is None and held.of(guest) is not None
        return _write(field, held, guest, held.of(owner), rule, drift=drift)
    rule = f"owned by {_WORDS[owner]}: edit in {_WORDS[guest]} put back"
    return _write(field, held, guest, held.of(owner), rule, drift=True)


def _merge_shared(field: Field, held: Held) -> Verdict:
    if held.registry_moved and held.grc_moved:
        for side in Side:
            if held.of(side) is None:
                return _write(field, held, side, held.of(other(side)), "shared: the empty side takes the other")
        return _by_rule(field, held)
    mover = Side.REGISTRY if held.registry_moved else Side.GRC
    return _write(field, held, other(mover), held.of(mover), f"shared: changed in {_WORDS[mover]}")


def _by_rule(field: Field, held: Held) -> Verdict:
    if field.rule is ConflictRule.MLFLOW:
        return _write(field, held, Side.GRC, held.registry, "both changed: MLflow wins by rule")
    if field.rule is ConflictRule.GRC:
        return _write(field, held, Side.REGISTRY, held.grc, "both changed: the GRC wins by rule")
    first = "first contact: both sides hold a value" if held.base is None else "both sides changed it"
    return Verdict(Action.PARK, first)


def _merge_highest(field: Field, held: Held, today: str) -> Verdict:
    registry, grc = field.rank(held.registry), field.rank(held.grc)
    if held.base is None:
        since = today if held.registry is not None else None
        rule = "first contact: the more severe wins" if held.registry and held.grc else "the empty side takes the other"
        if registry > grc:
            return _write(field, held, Side.GRC, held.registry, rule, since=since)
        return _write(field, held, Side.REGISTRY, held.grc, rule, since=since)
    raised = held.registry_moved and registry > max(grc, field.rank(held.base.registry))
    if held.grc_moved and held.grc is not None:
        if raised:
            return _write(field, held, Side.GRC, held.registry, "raised in MLflow: provisional", since=today)
        return _write(field, held, Side.REGISTRY, held.grc, "set in the GRC")
    if held.grc_moved and held.registry_moved and registry < field.rank(held.base.grc):
        rule = "lowered in MLflow, emptied in the GRC: the class last agreed stands"
        kept = held.provisional_since
        return replace(_write(field, held, Side.GRC, held.base.grc, rule, drift=True, since=kept), halfway=True)
    if registry > grc:
        if held.registry_moved:
            return _write(field, held, Side.GRC, held.registry, "raised in MLflow: provisional", since=today)
        kept = held.provisional_since
        return _write(field, held, Side.GRC, held.registry, "emptied in the GRC: refilled", drift=True, since=kept)
    rule = "lowered in MLflow: only the GRC may lower it; put back"
    return _write(field, held, Side.REGISTRY, held.grc, rule, drift=True, since=held.provisional_since)


def _side_of_cut_copy(held: Held) -> Side | None:
    """Which side holds, or last held, a cut copy of the other side's long value."""
    for side in Side:
        mine, long = held.of(side), held.of(other(side))
        if is_cut_of(mine, long):
            return side
        if held.base is not None and held.base.agreement is Agreement.CUT:
            copy = held.base.registry if side is Side.REGISTRY else held.base.grc
            full = held.base.grc if side is Side.REGISTRY else held.base.registry
            if is_cut_of(copy, full):
                return side
    return None


def _merge_cut(field: Field, held: Held, short: Side) -> Verdict:
    long = other(short)
    if is_cut_of(held.of(short), held.of(long)):
        return _settle(held, Agreement.CUT)
    if not held.moved(short):
        return _write(field, held, short, held.of(long), f"changed in {_WORDS[long]}")
    if _OWNER_SIDES.get(field.owner) is long:
        return _write(field, held, short, held.of(long), f"owned by {_WORDS[long]}: edited copy put back", drift=True)
    return Verdict(Action.PARK, f"a cut copy was edited in {_WORDS[short]}; the whole text stands in {_WORDS[long]}")


def _write(
    field: Field, held: Held, side: Side, value: Value, rule: str, *, drift: bool = False, since: str | None = None
) -> Verdict:
    writable = field.registry_writable if side is Side.REGISTRY else field.grc_writable
    if not writable:
        return Verdict(Action.BLOCKED, f"{rule}; the field cannot be written in {_WORDS[side]}", side=side, value=value)
    limit = field.limit(side)
    fitted = cut(value, limit)
    if fitted != value and side is Side.GRC and field.type in (FieldType.LIST, FieldType.MAP):
        # A cut list is no list any more; only MLflow, where every value is text, can show one.
        return Verdict(Action.BLOCKED, f"{rule}; too long for the GRC ({len(value or '')} of {limit})", side, value)
    if fitted == held.of(side):
        base = Base(*((fitted, value) if side is Side.REGISTRY else (value, fitted)), Agreement.CUT, since)
        return Verdict(Action.SETTLE, rule, base=base)
    return Verdict(Action.WRITE, rule, side, fitted, drift=drift, cut=fitted != value, provisional_since=since)
