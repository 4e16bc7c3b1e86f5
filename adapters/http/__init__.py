"""The declarative adapter: any REST GRC, described in the ``http`` section of its mapping, without code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import TypeAdapter

from adapters.base import Adapter, AdapterSettings, Capability
from adapters.http.building import Plant
from adapters.http.commenting import Commenter
from adapters.http.joining import Joined
from adapters.http.options import Options, Resource
from adapters.http.probe import check_everything
from adapters.http.probe_records import described
from adapters.httpclient import AuthSettings, HttpSettings, NoAuth
from adapters.variables import with_variables
from connector.model.errors import ConfigError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Comment, Problem, Record, Schema, Write

__all__ = ["HttpAdapter", "Options"]

_AUTH: TypeAdapter[AuthSettings] = TypeAdapter(AuthSettings)


class HttpAdapter(Adapter):
    """Speaks the API that its options describe. ``auth`` and ``http`` may be settings or the plain mappings that
    these are made from; both may be None.
    """

    name: ClassVar[str] = "http"
    Options = Options

    def __init__(self, settings: AdapterSettings) -> None:
        self._options = with_variables(Options.model_validate(settings.options), settings.variables, self.name)
        auth = NoAuth() if settings.auth is None else _AUTH.validate_python(settings.auth)
        self._plant = Plant(self._options, settings, auth, HttpSettings.model_validate(settings.http or {}))
        self._commenter = self._make_commenter()
        self.capabilities = _capabilities(self._options.resources)

    def check(self) -> Sequence[Problem]:
        return list(check_everything(self._plant))

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        if containers:
            raise Rejected(
                "A REST API described by its mapping tells of no containers.",
                remedy="leave the names out: the fields of the mapped entities are described from samples.",
            )
        found = {entity: described(joined) for entity, joined in self._plant.records.items()}
        return Schema({entity: fields for entity, fields in found.items() if fields})

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        if entity in self._plant.records:
            yield from self._plant.records[entity].records(since)

    def get(self, entity: Entity, record_id: str) -> Record | None:
        return self._declared(entity).get(record_id)

    def find(self, entity: Entity, key: str) -> Record | None:
        return self._declared(entity).find(key)

    def queries(self, entity: Entity) -> bool:
        return entity in self._options.resources and _is_queried(self._options.resources[entity])

    def tells_changes(self, entity: Entity) -> bool:
        resource = self._options.resources.get(entity)
        if resource is None or resource.list.incremental is None:
            return False
        # A related record's change need not be one of the record, and a listing for each parent costs as much as all.
        return not resource.related and "{parent}" not in resource.list.path

    def create(self, write: Write) -> Record:
        return self._declared(write.entity).create(write)

    def update(self, write: Write) -> Record:
        return self._declared(write.entity).update(write)

    def comment(self, issue_id: str, text: str, token: str) -> Comment:
        return self._comments().post(issue_id, text, token)

    def comments(self, issue_id: str) -> Sequence[Comment]:
        return self._comments().list(issue_id)

    @property
    def requests_sent(self) -> int:
        return sum(client.requests_sent for client in self._plant.clients.values())

    def close(self) -> None:
        for client in self._plant.clients.values():
            client.close()

    def _make_commenter(self) -> Commenter | None:
        issue = self._options.resources.get(Entity.ISSUE)
        if issue is None or issue.comments is None:
            return None
        client, nested = self._plant.client_of(issue), issue.parent is not None
        return Commenter(client, issue.comments, self._options.errors, nested=nested)

    def _declared(self, entity: Entity) -> Joined:
        if entity not in self._plant.records:
            raise ConfigError(
                f"The mapping does not say how to reach the GRC's {entity} records.",
                key=f"http.resources.{entity}",
                remedy="declare the resource.",
            )
        return self._plant.records[entity]

    def _comments(self) -> Commenter:
        if self._commenter is None:
            raise Rejected(
                "The mapping does not say how comments are read and written.",
                remedy="give http.resources.issue.comments.",
            )
        return self._commenter


def _is_queried(resource: Resource) -> bool:
    """Whether the server can be asked for a record by its key."""
    return resource.find is not None or any(related.find for related in resource.related.values())


def _capabilities(resources: dict[Entity, Resource]) -> frozenset[Capability]:
    """What the declarations amount to: writing and looking up count where every resource concerned has them."""
    updated = [resource.update for resource in resources.values() if resource.update]
    created = [resource for resource in resources.values() if resource.create]
    issue = resources.get(Entity.ISSUE)
    found = {
        Capability.INCREMENTAL: any(resource.list.incremental for resource in resources.values()),
        Capability.CONDITIONAL_WRITE: bool(updated) and all(update.if_match for update in updated),
        Capability.QUERY_BY_KEY: bool(created) and all(map(_is_queried, created)),
        Capability.ACTOR: any(resource.actor for resource in resources.values()),
        Capability.COMMENTS: issue is not None and issue.comments is not None,
    }
    return frozenset(capability for capability, holds in found.items() if holds)
