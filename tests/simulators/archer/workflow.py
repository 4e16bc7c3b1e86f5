"""Advanced Workflow: a record's node follows its status, and actions move it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.responses import Response

from tests.simulators.archer import envelopes
from tests.simulators.archer.content import Content
from tests.simulators.archer.schema import Account, Node, Tenant, Transition, Workflow

Json: TypeAlias = Any
_NOT_OFFERED = envelopes.message(
    "WebApi:WorkflowActionNotValid", resourced="The workflow action is not valid for the current node."
)


@dataclass(frozen=True, slots=True)
class Workflows:
    """The workflows of an instance. The caller holds the content's lock."""

    tenant: Tenant
    content: Content

    def actions(self, record_id: int) -> Response:
        """What can be done with a record now."""
        placed = self.place(record_id)
        if placed is None:
            return envelopes.failed([envelopes.NOT_FOUND])
        _, node = placed
        return envelopes.single(
            {
                "WorkflowNodeId": node.id,
                "WorkflowNodeName": node.name,
                "JobStatus": "Running" if node.transitions else "Completed",
                "Actions": [_action(one) for one in node.transitions],
            }
        )

    def act(self, body: Json, account: Account) -> Response:
        """Move a record on; a node that it has left, or an action that is not offered, is refused."""
        if not isinstance(body, Mapping):
            return envelopes.framework(400, "The request is invalid.")
        record_id = body.get("ContentId")
        placed = self.place(record_id) if isinstance(record_id, int) else None
        if placed is None or not isinstance(record_id, int):
            return envelopes.failed([envelopes.NOT_FOUND])
        workflow, _ = placed
        target = self.target(record_id, body.get("WorkflowNodeId"), body.get("CompletionCode"))
        if target is None:
            return envelopes.failed([_NOT_OFFERED])
        self.content.change(record_id, {workflow.field: {"ids": [target.status], "other": None}}, account.id)
        return envelopes.single({"ContentId": record_id})

    def target(self, record_id: int, node_id: Json, code: Json) -> Node | None:
        """The node that an action leads to, None where it is not offered."""
        placed = self.place(record_id)
        if placed is None or placed[1].id != node_id:
            return None
        workflow, node = placed
        found = next((one for one in node.transitions if one.code == code), None)
        return None if found is None else next(one for one in workflow.nodes if one.id == found.to_node)

    def place(self, record_id: int) -> tuple[Workflow, Node] | None:
        """The workflow that a record is enrolled in, and its node."""
        record = self.content.get(record_id)
        workflow = self.tenant.workflow(record.level) if record is not None else None
        if record is None or workflow is None:
            return None
        status = (record.values.get(str(workflow.field)) or {"ids": [None]})["ids"][0]
        return workflow, workflow.node_of(status)


def _action(one: Transition) -> dict[str, Json]:
    return {"WorkflowTransitionId": one.id, "WorkflowTransitionName": one.name, "CompletionCode": one.code}
