"""Findings to the GRC: the controls are asked in the cycle, and what their issues need joins its plan."""

from __future__ import annotations

from dataclasses import replace

from connector.engine.connection import Connection
from connector.engine.observe import Observed
from connector.engine.seen import material_of
from connector.fuse import fuse
from connector.model.errors import ConfigError
from connector.model.fields import Entity
from connector.model.operations import FuseClass, Operation, OperationKind, Remark
from connector.model.state import LinkState
from connector.plan import Memory, Planned
from connector.plan.context import Findings
from connector.raising import plan_findings, remembered_refusals
from connector.state.times import stamp


def with_findings(connection: Connection, memory: Memory, observed: Observed, planned: Planned) -> Planned:
    """The plan, with what the issues of findings need where the connection opens any. Where the controls could not
    conclude (a listing was incomplete, a fuse holds something back, the waivers cannot be read), none is opened and
    none closed; all else flows.
    """
    if connection.policy.findings is None or connection.judge is None:
        return planned
    now, found = connection.clock(), Findings()
    why = _inconclusive(observed, planned)
    if why:
        _nothing_done(memory, found, why)
        return _joined(connection, memory, planned, found)
    try:
        judged = connection.judge(material_of(connection, observed, planned, stamp(now)), now)
    except ConfigError as error:
        _nothing_done(memory, found, " ".join(str(error).split()), attention=True)
    else:
        moving = {operation.ref.name for operation in planned.plan.operations}
        made = {one.ref.name for one in planned.plan.operations if _makes_a_record(one)}
        found = plan_findings(connection.context(now), memory, judged, planned.issues, moving, made)
    return _joined(connection, memory, planned, found)


def _nothing_done(memory: Memory, found: Findings, why: str, *, attention: bool = False) -> None:
    remembered_refusals(memory, found)
    text = f"no issue is opened or closed for a finding: {why}"
    found.remarks.append(Remark(None, "finding", text, attention))


def _makes_a_record(operation: Operation) -> bool:
    return operation.kind is OperationKind.CREATE_RECORD and operation.ref.entity is Entity.MODEL


def _inconclusive(observed: Observed, planned: Planned) -> str:
    if planned.plan.gaps:
        return "a listing was incomplete"
    if not observed.grc.complete(Entity.ISSUE):
        return "the issues of the GRC are not all known"
    return "a fuse holds operations back" if planned.plan.withheld else ""


def _joined(connection: Connection, memory: Memory, planned: Planned, found: Findings) -> Planned:
    kind, plan = FuseClass.OPEN_ISSUE, planned.plan
    linked = sum(link.state is LinkState.LIVE for link in memory.links.values())
    limits = {kind: connection.policy.fuses[kind]}
    fused = fuse(found.operations, linked, limits, memory.approved, memory.withheld)
    quarantines = dict.fromkeys((*plan.quarantines, *found.quarantines))
    whole = replace(
        plan,
        operations=(*plan.operations, *fused.operations),
        settles=(*plan.settles, *found.settles),
        quarantines=tuple(quarantines),
        remarks=(*plan.remarks, *found.remarks),
        withheld=(*plan.withheld, *fused.withheld),
        fuses=(*plan.fuses, *fused.tripped.values()),
    )
    return replace(planned, plan=whole, released=(*planned.released, *fused.released))
