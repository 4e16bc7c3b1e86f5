"""Writes by the older API: creates, bare arrays of changed fields, links, and step moves where they were allowed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from adapters.httpclient import NotFound
from adapters.logicgate.catalogue import Ambiguous, Catalogue, FieldInfo
from adapters.logicgate.layout import LINKED, OWN
from adapters.logicgate.options import STEP
from adapters.logicgate.reading import Reader
from adapters.logicgate.values import DATES, Codec, iso_time
from adapters.logicgate.wire import Wire, new_id, read_back
from connector.model.errors import AccessDenied, ConfigError, Conflict, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Json, Record, Write


class Writer:
    """Writes the mapped entities of one environment."""

    def __init__(self, wire: Wire, catalogue: Catalogue, codec: Codec, reader: Reader) -> None:
        self._wire, self._catalogue, self._codec, self._reader = wire, catalogue, codec, reader

    def create(self, write: Write) -> Record:
        """Create a record; the record as read back."""
        entity, workflow = write.entity, self._catalogue.workflow(write.entity)
        values = {name: value for name, value in write.values.items() if value is not None}
        beside = self._beside(entity, values)
        step_id = self._catalogue.origin_step(entity)
        body: dict[str, Json] = {"stepId": step_id, "fields": self._sent(entity, values)}
        if workflow.assignee:
            body["assigneeEmailAddress"] = workflow.assignee
        try:
            record_id = new_id(self._wire.write("POST", "records/steps", body))
        except Rejected as error:
            raise self._not_begun(entity, step_id, error) or self._named(entity, error) from None
        self._do_beside(entity, record_id, beside)
        return self._read_back(entity, record_id)

    def update(self, write: Write) -> Record:
        """Change fields of a record that is still as it was last seen; the record as read back."""
        entity, record_id = write.entity, write.id or ""
        sent, beside = self._sent(entity, write.values), self._beside(entity, write.values)
        if write.revision is not None or beside:
            self._must_be_unmoved(write)
        if sent:
            try:
                self._wire.write("PATCH", f"records/{quote(record_id, safe='')}", sent)
            except Rejected as error:
                raise self._named(entity, error) from None
        self._do_beside(entity, record_id, beside)
        record = self._read_back(entity, record_id)
        self._must_be_the_day(write, record)
        return record

    def patch(self, entity: Entity, record_id: str, values: Mapping[str, Json], revision: str | None) -> Record:
        """The same for a write of the adapter's own."""
        return self.update(Write(entity, record_id, values, revision=revision))

    def _must_be_unmoved(self, write: Write) -> None:
        now = self._reader.raw(write.entity, write.id or "")
        if now is None:
            raise NotFound(f"The {write.entity} {write.id} does not exist.", remedy="it is looked up again.")
        updated = self._reader.layouts[write.entity].record(now).revision
        if write.revision is not None and updated != write.revision:
            raise Conflict(
                f"The {write.entity} {write.id} was changed at {updated}, after it was read.",
                remedy="it is read again and merged in the next run.",
            )

    def _sent(self, entity: Entity, values: Mapping[str, Json]) -> list[dict[str, Json]]:
        """The fields of a body. Raises Rejected, naming the field."""
        fields = {name: value for name, value in values.items() if name not in OWN and not name.startswith(LINKED)}
        sent = []
        for name, value in fields.items():
            info = self._field(entity, name)
            sent.append({"fieldId": info.id, "values": self._codec.sent(name, info.type, value)})
        return sent

    def _field(self, entity: Entity, name: str) -> FieldInfo:
        key = f"logicgate.workflows.{entity}.fields"
        try:
            info = self._catalogue.field(entity, name)
        except Ambiguous as error:
            ids = ", ".join(error.ids)
            raise Rejected(
                f"Several fields are called '{name}'.", field=name, remedy=f"give one of {ids} as id in {key}."
            ) from None
        if info is None:
            raise Rejected(
                f"No field '{name}' is known: no record shows it, and no description of the workflow has it.",
                field=name,
                remedy=f"correct the mapping, or give its id in {key}; `mlflow-grc check` prints it for a user with "
                "LogicGate's build permission.",
            )
        return info

    def _beside(self, entity: Entity, values: Mapping[str, Json]) -> dict[str, str]:
        """What is no field: links and a step. Raises Rejected for what was not allowed."""
        workflow = self._catalogue.workflow(entity)
        found: dict[str, str] = {}
        for name, value in values.items():
            if name.startswith(LINKED) and value is not None:
                if Entity(name.removeprefix(LINKED)) not in workflow.links:
                    raise _not_allowed(name, f"give logicgate.workflows.{entity}.links its layout.")
                found[name] = str(value)
            elif name == STEP and value is not None:
                if str(value) not in (workflow.moves or {}):
                    raise _not_allowed(name, f"allow the step in logicgate.workflows.{entity}.moves.")
                found[name] = self._catalogue.step(entity, str(value))
            elif name in OWN or name.startswith(LINKED):
                raise _not_allowed(name, "set writable: false.")
        return found

    def _do_beside(self, entity: Entity, record_id: str, beside: Mapping[str, str]) -> None:
        for name, value in beside.items():
            if name == STEP:
                self._move(entity, record_id, value)
            else:
                self._link(entity, record_id, name, value)

    def _link(self, entity: Entity, record_id: str, name: str, other: str) -> None:
        link = self._catalogue.workflow(entity).links[Entity(name.removeprefix(LINKED))]
        path = f"records/{quote(record_id, safe='')}/{link.as_}"
        self._wire.write("POST", path, {"id": other}, params={"layout": link.layout})
        self._reader.forget_links(record_id)

    def _move(self, entity: Entity, record_id: str, step_id: str) -> None:
        """Move a record to a step: the one place where the older read is needed, which opens the record."""
        now = read_back(lambda: self._reader.raw(entity, record_id))
        place = {part: (now or {}).get(part) or {} for part in ("application", "workflow", "currentStep")}
        if place["currentStep"].get("id") == step_id:
            return
        whole = self._wire.older_record(record_id)
        ids = "/".join(
            f"{part}/{quote(str(one), safe='')}"
            for part, one in (
                ("applications", place["application"].get("id")),
                ("workflows", place["workflow"].get("id")),
                ("steps", step_id),
            )
        )
        try:
            self._wire.write("PUT", f"records/{quote(record_id, safe='')}/progress/{ids}", whole)
        except AccessDenied as error:
            error.remedy = (
                "moving a record takes LogicGate's admin permission; or let the workflow's own routing move it."
            )
            error.field = STEP
            raise

    def _read_back(self, entity: Entity, record_id: str) -> Record:
        raw = read_back(lambda: self._reader.raw(entity, record_id))
        if raw is None:
            raise OutcomeUnknown(
                f"The {entity} {record_id} was written, but cannot be read.",
                remedy="it is looked up in the next run; check that the token's user may see what it writes.",
            )
        return read_back(lambda: self._reader.note(entity, raw))

    def _must_be_the_day(self, write: Write, record: Record) -> None:
        """A date that another one came of was sent in a form that this tenant reads otherwise."""
        for name, value in write.values.items():
            sent, held = iso_time(value), record.values.get(name)
            if sent is None or not isinstance(held, str) or name in OWN:
                continue
            info = self._catalogue.field(write.entity, name)
            if info is not None and info.type in DATES and held != sent.date().isoformat():
                raise Rejected(
                    f"{name} of {write.entity} {record.id} was written as {sent.date()} and is kept as {held}.",
                    field=name,
                    remedy="set logicgate.date_write_format, or time_zone, to what this tenant takes.",
                )

    def _not_begun(self, entity: Entity, step_id: str, error: Rejected) -> Rejected | None:
        """The error of a record that does not start in that step; None for any other."""
        if not isinstance(error, NotFound) and error.field != "stepId":
            return None
        return Rejected(
            f"No {entity} record starts in the step {step_id}: {error.message}",
            remedy=f"correct logicgate.workflows.{entity}.step_id, which `mlflow-grc check` prints for a user with "
            "LogicGate's build permission.",
        )

    def _named(self, entity: Entity, error: Rejected) -> Rejected:
        """The error with the mapping's name of a field that LogicGate names by its id; of what is no field, none."""
        blamed, error.field = error.field, None
        for name in self._reader.layouts[entity].fields if blamed else ():
            try:
                info = self._catalogue.field(entity, name)
            except (Ambiguous, ConfigError):
                continue
            if info is not None and info.id == blamed:
                error.field = name
                break
        return error


def _not_allowed(name: str, remedy: str) -> Rejected:
    return Rejected(f"{name} is LogicGate's own, and is not written.", field=name, remedy=remedy)
