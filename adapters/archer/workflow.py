"""Moves records along an Advanced Workflow, to states that no write of a field reaches. Opt-in, by the mapping."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.archer.envelope import Refusal, at
from adapters.archer.layout import Layout
from adapters.archer.metadata import number, text
from adapters.archer.reading import Reader
from adapters.archer.wire import Wire
from connector.model.errors import Rejected
from connector.model.grc import Json, Record


class Workflow:
    """The workflow actions of one instance."""

    def __init__(self, wire: Wire, reader: Reader) -> None:
        self._wire, self._reader = wire, reader

    def parted(self, layout: Layout, values: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
        """The values to write, and those that an action brings about."""
        moved = layout.options.workflow.field if layout.options.workflow else None
        own = {name: value for name, value in values.items() if name != moved}
        return own, {name: value for name, value in values.items() if name == moved}

    def check(self, layout: Layout, record_id: str, content: Json, moved: Mapping[str, Json]) -> None:
        """Raise Rejected for a state that no action is declared for, before anything is sent."""
        fields = at(content, "FieldContents") or {}
        for name, value in moved.items():
            mapped = layout.fields.get(name)
            now = self._reader.codec.of_content(mapped, fields.get(str(mapped.definition.id))) if mapped else None
            if now != value:
                self._action(layout, record_id, name, value)

    def move(self, layout: Layout, record: Record, moved: Mapping[str, Json]) -> bool:
        """Take the action that leads to the state wanted; whether there was one to take. Raises Rejected."""
        acted = False
        for name, value in moved.items():
            if record.values.get(name) != value:
                self._act(record.id, self._action(layout, record.id, name, value))
                acted = True
        return acted

    @staticmethod
    def _action(layout: Layout, record_id: str, name: str, value: Json) -> str:
        assert layout.options.workflow is not None
        actions = layout.options.workflow.actions
        if str(value) not in actions:
            raise Rejected(
                f"No workflow action is declared that brings {name} of {layout.entity} {record_id} to {value!r}.",
                remedy=f"add it to archer.levels.{layout.entity}.workflow.actions, if mlflow-grc shall take it.",
                field=name,
            )
        return actions[str(value)]

    def _act(self, record_id: str, action: str) -> None:
        state = self._wire.workflow("GET", f"WorkflowAction/{record_id}")
        if isinstance(state, Refusal):
            raise Rejected(
                f"The workflow of record {record_id} cannot be read: {state.text}.",
                remedy="check that it is enrolled, and that the account may act in it.",
            )
        offered = {text(at(one, "WorkflowTransitionName")): one for one in at(state, "Actions") or ()}
        chosen = next((one for name, one in offered.items() if name.casefold() == action.casefold()), None)
        if chosen is None:
            raise Rejected(
                f"The workflow of record {record_id} stands at '{text(at(state, 'WorkflowNodeName'))}' and offers no "
                f"action '{action}' to this account, only: {', '.join(offered) or 'none'}.",
                remedy="let the account act at this node, or correct workflow.actions in the mapping's archer section.",
            )
        body = {
            "ContentId": number(record_id),
            "CompletionCode": at(chosen, "CompletionCode"),
            "WorkflowNodeId": at(state, "WorkflowNodeId"),
        }
        answer = self._wire.workflow("POST", "WorkflowAction", body)
        if isinstance(answer, Refusal):
            raise Rejected(
                f"The workflow action '{action}' on record {record_id} was refused: {answer.text}.",
                remedy="see in Archer what the workflow waits for.",
            )
