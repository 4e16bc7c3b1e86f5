"""Writes records of one entity. A success code is no proof: what counts is what is read afterwards."""

from __future__ import annotations

import copy
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from adapters.http.reading import Reader
from adapters.http.rows import marked
from adapters.http.shape import PARENT, wrapped
from adapters.http.templates import fill, fill_path, nested_id, path_values
from adapters.http.writing_options import CreateSpec, UpdateSpec, WriteSpec
from adapters.httpclient import NotFound, Response
from adapters.httpclient.judge import VALUE_REMEDY
from adapters.httpclient.path import put, search
from connector.model.errors import AccessDenied, OutcomeUnknown, Rejected, Retriable
from connector.model.grc import Json, Record, Write

_LONGEST_ID = 255


class Writer:
    """The writing half of one resource."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._resource, self._shape = reader, reader.resource, reader.shape

    def create(self, write: Write) -> Record:
        """Send once, then read what came of it. Raises OutcomeUnknown where that cannot be told."""
        spec = self._resource.create
        if spec is None:
            raise self._undeclared("create")
        parent = self._shape.parent_id(write.values) if self._shape.nested else None
        path = fill_path(spec.path, parent=parent) if parent is not None else spec.path
        body = wrapped(self._shape.body(write.values, spec.static), spec.wrapper)
        try:
            response = self._send(spec.method, path, body)
        except NotFound as error:
            error.remedy = "correct create.path in the mapping's http section."
            raise
        data = response.json_or_none()
        return self._answered(spec, data, parent) or self._read_back(
            lambda: self._created(spec, response, parent, write.key)
        )

    def update(self, write: Write) -> Record:
        """Send the changed fields (or all, as declared) once, then read the record."""
        spec = self._resource.update
        if spec is None:
            raise self._undeclared("update")
        record_id = write.id
        assert record_id is not None
        self._shape.must_stay(record_id, write.values)
        headers = {}
        if spec.if_match and write.revision is not None:
            headers["If-Match"] = fill(spec.if_match, revision=write.revision)
        values = path_values(record_id, nested=self._shape.nested)
        path, body = fill_path(spec.path, **values), self._body(spec, write)
        try:
            response = self._send(spec.method, path, body, headers)
        except NotFound as error:
            if self._reader.look(record_id) is not None:
                error.remedy = "correct update.path in the mapping's http section: the record itself can be read."
            raise
        answered = self._answered(spec, response.json_or_none(), values.get("parent"))
        return answered or self._read_back(lambda: self._existing(record_id))

    def _send(self, method: str, path: str, body: Json, headers: dict[str, str] | None = None) -> Response:
        reader = self._reader
        try:
            return reader.client.request(
                method, path, json=body, headers=headers, safe=False, expect="any", error_rules=reader.rules
            )
        except AccessDenied:
            # Forbidden to us, or to the guest that a server takes us for?
            reader.prove()
            raise
        except Rejected as error:
            if error.field is None and error.remedy == VALUE_REMEDY:
                error.remedy = (
                    "correct the value, or how the mapping's http section has it written: wrapper and fields."
                )
            raise

    def _body(self, spec: UpdateSpec, write: Write) -> Json:
        body: dict[str, Json] = {}
        values = dict(write.values)
        if spec.send == "all":
            values = {**self._shape.current(self._raw(write.id or "")), **values}
        if spec.send == "record":
            body = {
                name: copy.deepcopy(value)
                for name, value in self._raw(write.id or "").items()
                if name not in (PARENT, *spec.omit)
            }
        self._shape.put_all(body, values, spec.static)
        if spec.id_as:
            put(body, spec.id_as, path_values(write.id or "", nested=self._shape.nested)["id"])
        return wrapped(body, spec.wrapper)

    def _answered(self, spec: WriteSpec, data: Json, parent: str | None) -> Record | None:
        """The record in the answer, where that is declared to be the whole truth."""
        return None if spec.read_back else self._shape.record(marked(search(spec.record, data), parent))

    def _created(self, spec: CreateSpec, response: Response, parent: str | None, key: str | None) -> Record:
        record_id = self._new_id(spec, response)
        if record_id is not None:
            return self._existing(record_id if parent is None else nested_id(parent, record_id))
        record = self._reader.find(key) if key and self._shape.key_field else None
        if record is None:
            raise OutcomeUnknown(
                f"{response.where} was answered {response.status} without an id, and no record with the key is there.",
                remedy="it is looked up in the next run; give create.id in the mapping's http section.",
            )
        return record

    def _new_id(self, spec: CreateSpec, response: Response) -> str | None:
        data = response.json_or_none()
        if data is None and spec.id == "@":
            data = response.text.strip() if len(response.body) <= _LONGEST_ID and not response.is_html else None
        bare = isinstance(data, str | int) and not isinstance(data, bool)
        found = data if bare else search(spec.id or self._resource.id, data if spec.id else search(spec.record, data))
        if isinstance(found, str | int) and not isinstance(found, bool) and found != "":
            return str(found)
        location = urlsplit(response.headers.get("location", "")).path.rstrip("/")
        return unquote(location.rpartition("/")[2]) or None

    def _existing(self, record_id: str) -> Record:
        """The record that was written. Some servers accept the update of one that they do not have."""
        record = self._reader.get(record_id)
        if record is None:
            raise OutcomeUnknown(
                f"The {self._shape.entity} {record_id} was written, but cannot be read.",
                remedy="it is looked up in the next run; check that the account may read what it writes.",
            )
        return record

    def _raw(self, record_id: str) -> Json:
        raw = self._reader.get_raw(record_id)
        if raw is None:
            raise NotFound(f"The {self._shape.entity} {record_id} does not exist.", remedy="it is looked up again.")
        return raw

    @staticmethod
    def _read_back(read: Callable[[], Record]) -> Record:
        """After a write that landed, a failing read leaves its outcome unknown."""
        try:
            return read()
        except OutcomeUnknown:
            raise
        except Retriable as error:
            failed = OutcomeUnknown(f"Written, but the read-back failed: {error.message}", remedy=error.remedy)
        raise failed

    def _undeclared(self, verb: str) -> Rejected:
        entity = self._shape.entity
        return Rejected(
            f"The mapping does not say how to {verb} a {entity}.", remedy=f"give http.resources.{entity}.{verb}."
        )
