"""What is left of a full cycle's plan once narrowed cycles have been at some of its models."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from connector.model.operations import Operation, Plan
from connector.model.state import ConflictCase, LinkState, QuarantineCase
from connector.model.views import Issue
from connector.plan import Memory, Planned
from connector.plan.codec import operation_from_json
from connector.state.base import StateReader


@dataclass(frozen=True, slots=True)
class Standing:
    """What the state says by now of some registered models, by ``names``."""

    names: frozenset[str]
    conflicts: tuple[ConflictCase, ...] = ()
    quarantines: tuple[QuarantineCase, ...] = ()
    withheld: tuple[Operation, ...] = ()
    issues: Mapping[str, Issue] = field(default_factory=dict)


def standing(store: StateReader, connection: str, names: frozenset[str]) -> Standing:
    """Read what stands there of these models; of none, nothing is read."""
    if not names:
        return Standing(names)
    withheld = (operation_from_json(each.payload) for each in store.withheld(connection))
    return Standing(
        names,
        tuple(case for case in store.conflicts(connection) if case.ref.name in names),
        tuple(case for case in store.quarantines(connection) if case.ref.name in names),
        tuple(operation for operation in withheld if operation.ref.name in names),
        store.issues(connection, records_of(store, connection, names)),
    )


def records_of(store: StateReader, connection: str, names: Collection[str]) -> frozenset[str]:
    """The ids of the records that these models and their versions are linked to."""
    links = (link for name in names for link in store.links_of(connection, name).values())
    return frozenset(link.record_id for link in links if link.state is not LinkState.TOMBSTONE)


def without(planned: Planned, memory: Memory, now: Standing) -> tuple[Planned, Memory]:
    """The plan without what it has for the overtaken models, in place of which what stands of them in the state is
    kept; and the memory as it holds beside that.
    """
    if not now.names:
        return planned, memory
    pairs = {key: pair for key, pair in planned.pairs.items() if pair.ref.name not in now.names}
    refs = [*(case.ref for case in memory.conflicts), *(case.ref for case in memory.quarantines.values())]
    known = {ref.key for ref in refs if ref.name in now.names}
    left = replace(
        planned,
        plan=_plan_without(planned.plan, now),
        pairs=pairs,
        placeholders={key: pair for key, pair in planned.placeholders.items() if pair.ref.name not in now.names},
        unjudged=planned.unjudged - known,
        issues=tuple(({issue.id: issue for issue in planned.issues} | dict(now.issues)).values()),
        released=tuple(each for each in planned.released if each.ref.name not in now.names),
    )
    return left, replace(
        memory,
        conflicts=memory.conflicts | {replace(case, since="") for case in now.conflicts},
        quarantines=dict(memory.quarantines) | {(case.ref.key, case.field): case for case in now.quarantines},
        # Which answers of theirs are used up by now, only who overtook them knows.
        resolutions={place: one for place, one in memory.resolutions.items() if one.ref.name not in now.names},
    )


def _plan_without(plan: Plan, now: Standing) -> Plan:
    def kept(name: str) -> bool:
        return name not in now.names

    return replace(
        plan,
        operations=tuple(each for each in plan.operations if kept(each.ref.name)),
        settles=tuple(each for each in plan.settles if kept(each.ref.name)),
        links=tuple(each for each in plan.links if kept(each.link.ref.name)),
        conflicts=(*(each for each in plan.conflicts if kept(each.ref.name)), *now.conflicts),
        quarantines=(*(each for each in plan.quarantines if kept(each.ref.name)), *now.quarantines),
        remarks=tuple(each for each in plan.remarks if each.ref is None or kept(each.ref.name)),
        withheld=(*(each for each in plan.withheld if kept(each.ref.name)), *now.withheld),
    )
