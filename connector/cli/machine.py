"""Plans and results as JSON documents for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from connector.engine import RunResult
from connector.model.operations import Operation, Plan


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as ``plan --out`` writes it, each operation with its ``digest``."""
    body = asdict(plan)
    body["operations"] = [operation_document(each) for each in plan.operations]
    body["withheld"] = [operation_document(each) for each in plan.withheld]
    return body | {"needs_person": plan.needs_person}


def operation_document(operation: Operation) -> dict[str, Any]:
    """An operation with the digest that approvals name."""
    return asdict(operation) | {"digest": operation.digest}


def result_document(result: RunResult) -> dict[str, Any]:
    """A run with all that it did and found."""
    plan, applied = result.plan, result.applied
    return {
        "connection": plan.connection,
        "exit_code": result.exit_code,
        "run": asdict(result.run),
        "audit_head": str(result.head),
        "stopped": result.stopped,
        "operations": [operation_document(each) for each in applied.operations],
        "failed": [
            {"operation": operation_document(each), "error": error.message, "remedy": error.remedy}
            for each, error in applied.failures
        ],
        "not_stuck": [{"object": str(each.ref), "field": name} for each, name in applied.not_stuck],
        "stale": [operation_document(each.operation) | {"refused": each.why} for each in result.stale],
        "already_done": [operation_document(each) for each in result.done],
        "recovered": [{"operation": operation_document(e.operation), "landed": e.landed} for e in result.recovered],
        "conflicts": [asdict(each) for each in plan.conflicts],
        "quarantines": [asdict(each) for each in (*plan.quarantines, *applied.quarantines)],
        "withheld": [operation_document(each) for each in plan.withheld],
        "fuses": list(plan.fuses),
        "remarks": [asdict(each) for each in plan.remarks],
        "gaps": list(plan.gaps),
    }
