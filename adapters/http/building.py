"""Puts the parts of the adapter together as the options declare them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from adapters.base import AdapterSettings, EntityFields
from adapters.http.identity import Identity
from adapters.http.joining import RECORD, Joined, RelatedRecords
from adapters.http.lookups import Lookup
from adapters.http.options import FieldSpec, Options, Related, Resource, Server
from adapters.http.reading import Reader
from adapters.http.reading_options import LookupSpec
from adapters.http.shape import Shape
from adapters.httpclient import AuthSettings, HttpClient, HttpSettings, NoAuth, origin
from connector.model.fields import Entity

OWN = ""
"""The name of the connection's own server."""


class Plant:
    """Everything that talks: a client and an identity per server, the lookups, and the records of each entity."""

    def __init__(self, options: Options, settings: AdapterSettings, auth: AuthSettings, http: HttpSettings) -> None:
        self.options, self._settings = options, settings
        own = http.model_copy(update={"headers": {**options.headers, **http.headers}})
        self.clients = {OWN: self._opened(settings.url, auth, own)}
        for name, server in options.servers.items():
            self.clients[name] = self._client(server, auth, http)
        self.identities = {name: self._identity(name, auth) for name in self.clients}
        self.lookups = {
            name: Lookup(self.client_of(spec), name, spec, options.errors) for name, spec in options.lookups.items()
        }
        self.records = {entity: self._joined(entity, resource) for entity, resource in options.resources.items()}

    @staticmethod
    def server_of(part: Resource | LookupSpec) -> str:
        """The name of the server that a resource or a lookup is on."""
        return part.server or OWN

    def client_of(self, part: Resource | LookupSpec) -> HttpClient:
        """The client of the server that a resource or a lookup is on."""
        return self.clients[self.server_of(part)]

    def _client(self, server: Server, auth: AuthSettings, http: HttpSettings) -> HttpClient:
        """A client of another server. What proves who we are to the connection's own goes to no other origin."""
        if origin(server.url) == origin(self._settings.url):
            same = http.model_copy(update={"headers": {**http.headers, **server.headers}})
            return self._opened(server.url, server.auth or auth, same)
        bare = {"headers": server.headers, "client_cert": None, "client_key": None}
        return self._opened(server.url, server.auth, http.model_copy(update=bare))

    def _opened(self, url: str, auth: AuthSettings | None, http: HttpSettings) -> HttpClient:
        own = self._settings
        return HttpClient(url, auth, http, stop=own.stop, before_write=own.before_write, traffic=own.traffic)

    def _identity(self, name: str, auth: AuthSettings) -> Identity:
        server = self.options.servers.get(name)
        whoami = server.whoami if server else self.options.whoami
        used = server.auth if server else auth
        where = f"http.servers.{name}" if server else "credentials"
        has_auth = used is not None and not isinstance(used, NoAuth)
        return Identity(self.clients[name], whoami, self.options.errors, where=where, has_auth=has_auth)

    def _joined(self, entity: Entity, resource: Resource) -> Joined:
        wanted = self._settings.entities.get(entity, EntityFields())
        elsewhere = {field for related in resource.related.values() for field in related.fields}
        key = wanted.key_field
        names = [name for name in wanted.fields if name not in elsewhere]
        shape = Shape(entity, resource, names, None if key in elsewhere else key, self.lookups)
        reader = Reader(
            self.client_of(resource),
            resource,
            shape,
            self.options.errors,
            prove=self.identities[self.server_of(resource)].prove,
            above=self._above(resource),
            known=self._known(entity),
        )
        related = {name: self._related(entity, name, resource, key) for name in resource.related}
        return Joined(reader, related, key)

    def _known(self, entity: Entity) -> Callable[[], Collection[str]]:
        """The records that the connector knows of."""
        known = self._settings.known
        return (lambda: known(entity)) if known else tuple

    def _above(self, resource: Resource) -> Callable[[], Reader] | None:
        """The reader of the parents, where records are listed per parent; it may be made later than this one's."""
        parent = resource.parent
        if parent is None or not resource.listed_per_parent:
            return None

        def reader() -> Reader:
            return self.records[parent.entity].reader

        return reader

    def _related(self, entity: Entity, name: str, resource: Resource, key: str | None) -> RelatedRecords:
        spec = resource.related[name]
        fields: Mapping[str, FieldSpec] = {**spec.fields, RECORD: FieldSpec(read=spec.record, write=spec.record_as)}
        looks: Related = spec.model_copy(update={"fields": fields})
        shape = Shape(entity, looks, (*spec.fields, RECORD), key if key in spec.fields else None, self.lookups)
        reader = Reader(self.client_of(resource), looks, shape, self.options.errors)
        return RelatedRecords(name, spec, reader)
