"""Writes content. Archer ignores some invalid values and says that all went well, so what counts is what is read
afterwards; and it replaces lists whole, so what others added meanwhile is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.archer.codec import LISTS, Codec, Item
from adapters.archer.envelope import Refusal, at
from adapters.archer.layout import Layout, Mapped
from adapters.archer.metadata import number
from adapters.archer.reading import Reader
from adapters.archer.wire import Wire
from adapters.archer.workflow import Workflow
from connector.model.errors import AccessDenied, AuthError, MlflowGrcError, OutcomeUnknown, Rejected
from connector.model.fields import Entity
from connector.model.grc import Json, Record, Write


class Writer:
    """The writing half."""

    def __init__(self, wire: Wire, reader: Reader, codec: Codec) -> None:
        self._wire, self._reader, self._codec = wire, reader, codec
        self._workflow = Workflow(wire, reader)

    def create(self, write: Write) -> Record:
        """Send once, then read what came of it. Raises OutcomeUnknown where that cannot be told."""
        layout = self._reader.layouts.of(write.entity)
        values, moved = self._workflow.parted(layout, write.values)
        body = {"Content": {"LevelId": layout.level.id, "FieldContents": self._contents(layout, values, None)}}
        answer = self._wire.write("POST", "core/content", body)
        if isinstance(answer, Refusal):
            raise refused(layout, f"new {layout.entity}", answer)
        record_id = number(at(answer, "Id"))
        record = self._existing(write.entity, str(record_id)) if record_id is not None else self._found(write)
        return self._moved(layout, record, moved, wrote=True)

    def update(self, write: Write) -> Record:
        """Send the changed fields once, then read the record."""
        assert write.id is not None
        layout = self._reader.layouts.of(write.entity)
        values, moved = self._workflow.parted(layout, write.values)
        mapped = [self._writable(layout, name) for name in values]
        content = None
        if moved or any(one.kind in LISTS for one in mapped):
            content = self._reader.content(layout, write.id)
            if content is None:
                raise AccessDenied(
                    f"The {write.entity} {write.id} does not exist any more.", remedy="it is looked at in the next run."
                )
        self._workflow.check(layout, write.id, content, moved)
        if values:
            self._put(layout, write.id, self._contents(layout, values, content))
        return self._moved(layout, self._existing(write.entity, write.id), moved, wrote=bool(values))

    def _put(self, layout: Layout, record_id: str, contents: Mapping[str, Json]) -> None:
        body = {"Content": {"Id": number(record_id), "LevelId": layout.level.id, "FieldContents": contents}}
        answer = self._wire.write("PUT", "core/content", body)
        if isinstance(answer, Refusal):
            raise refused(layout, f"{layout.entity} {record_id}", answer)

    def _contents(self, layout: Layout, values: Mapping[str, Json], content: Json) -> dict[str, Json]:
        """The fields to send. ``content`` is the record as it is now; None for a new one."""
        current = at(content, "FieldContents") or {}
        contents = {}
        for name, value in values.items():
            mapped = self._writable(layout, name)
            ident = str(mapped.definition.id)
            if mapped.kind in LISTS:
                elements = self._merged(layout, mapped, value, content, current.get(ident))
                contents[ident] = self._codec.list_body(mapped, elements, current.get(ident))
            else:
                contents[ident] = self._codec.body(mapped, value)
        return contents

    def _merged(self, layout: Layout, mapped: Mapped, value: Json, content: Json, current: Json) -> Sequence[Item]:
        """The whole list to send: what is wanted, and what others added since the record was last told of."""
        wanted = list(dict.fromkeys(self._codec.wanted(mapped, value)))
        if content is None or not mapped.options.multiple:
            return wanted
        told = self._reader.told(layout.entity, str(number(at(content, "Id")))).get(mapped.name)
        if told is None:
            return wanted
        now = self._codec.elements(mapped, current)
        kept = [one for one in now if one in wanted or one not in told]
        added = [one for one in wanted if one not in told and one not in kept]
        return [*kept, *added]

    @staticmethod
    def _writable(layout: Layout, name: str) -> Mapped:
        """A field that may be written. Raises Rejected before anything is sent."""
        mapped = layout.fields.get(name)
        if mapped is None:
            raise Rejected(f"The mapping reads no field {name} of {layout.entity}.", remedy="map it.", field=name)
        if not mapped.definition.writable:
            why = "calculated by Archer" if mapped.definition.calculated else "read-only in Archer"
            raise Rejected(
                f"The field {name} ('{mapped.definition.name}') of {layout.entity} is {why}.",
                remedy="declare it `writable: false` in the mapping, or make it an ordinary field.",
                field=name,
            )
        return mapped

    def _moved(self, layout: Layout, record: Record, moved: Mapping[str, Json], *, wrote: bool) -> Record:
        """The record after its workflow was moved."""
        try:
            if not self._workflow.move(layout, record, moved):
                return record
        except (AuthError, OutcomeUnknown):
            raise
        except MlflowGrcError as error:
            if not wrote:
                raise
            failed = OutcomeUnknown(
                f"The {record.entity} {record.id} was written, but its workflow was not moved: {error.message}",
                remedy=error.remedy,
            )
        else:
            return self._existing(record.entity, record.id)
        raise failed

    def _existing(self, entity: Entity, record_id: str) -> Record:
        """The record that was written, as it is kept."""
        try:
            record = self._reader.get(entity, record_id)
        except (AuthError, OutcomeUnknown):
            raise
        except MlflowGrcError as error:
            failed = OutcomeUnknown(f"Written, but the read-back failed: {error.message}", remedy=error.remedy)
        else:
            if record is not None:
                return record
            failed = OutcomeUnknown(
                f"The {entity} {record_id} was written, but cannot be read.",
                remedy="check that the account may read what it writes.",
            )
        raise failed

    def _found(self, write: Write) -> Record:
        record = self._reader.find(write.entity, write.key) if write.key else None
        if record is None:
            raise OutcomeUnknown(
                f"A new {write.entity} was accepted without an id, and none carries its key.",
                remedy="it is looked up in the next run.",
            )
        return record


def refused(layout: Layout, what: str, answer: Refusal) -> Rejected:
    """The error for a write of ``what`` that Archer refuses."""
    message = f"Archer refused the {what} ({answer.status}): {answer.text.rstrip('.')}."
    if answer.status == 403 or answer.is_nothing_found:
        return AccessDenied(
            message,
            remedy="check that the record is still there, and that the account's access role may create and update "
            f"content of {layout.level.application.name}.",
        )
    if answer.required:
        named = [_mapping_name(layout, name) for name in answer.required]
        return Rejected(
            message,
            remedy=f"give a value for {', '.join(named)} in MLflow or the mapping, or make it optional in Archer.",
            field=named[0],
        )
    return Rejected(message, remedy="correct the value, or the mapping of its field.", field=_field_in(layout, answer))


def _mapping_name(layout: Layout, name: str) -> str:
    """The mapping's name of a field that Archer names as people see it."""
    found = (one.name for one in layout.fields.values() if one.definition.name.casefold() == name.casefold())
    return next(found, name)


def _field_in(layout: Layout, answer: Refusal) -> str | None:
    """The mapped field that a message names, if it names one alone."""
    text = answer.text.casefold()
    named = [one.name for one in layout.fields.values() if f"the {one.definition.name.casefold()} field" in text]
    return named[0] if len(named) == 1 else None
