"""The adapter: its parts put together, and the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import TypeAdapter

from adapters.base import Adapter, AdapterSettings, Capability, EntityFields
from adapters.httpclient import AuthSettings, HttpClient, HttpSettings, NoAuth
from adapters.servicenow.api import TableApi
from adapters.servicenow.commenting import Commenter
from adapters.servicenow.describing import Describer
from adapters.servicenow.options import Options
from adapters.servicenow.people import People
from adapters.servicenow.probe import Probe
from adapters.servicenow.reading import Reader
from adapters.servicenow.sending import Sender
from adapters.servicenow.shape import Shape
from adapters.servicenow.writing import Writer
from connector.model.errors import ConfigError, Rejected
from connector.model.fields import Entity
from connector.model.grc import Comment, Found, Lookup, Outcome, Problem, Record, Schema, Write

_AUTH: TypeAdapter[AuthSettings] = TypeAdapter(AuthSettings)


class ServiceNowAdapter(Adapter):
    """A ServiceNow instance. ``auth`` and ``http`` may be settings or the plain mappings that these are made from."""

    name: ClassVar[str] = "servicenow"
    Options = Options

    def __init__(self, settings: AdapterSettings) -> None:
        self._options = options = Options.model_validate(settings.options)
        auth = NoAuth() if settings.auth is None else _AUTH.validate_python(settings.auth)
        self._client = HttpClient(
            settings.url,
            auth,
            HttpSettings.model_validate(settings.http or {}),
            stop=settings.stop,
            before_write=settings.before_write,
            traffic=settings.traffic,
        )
        self._api = TableApi(self._client, options.api)
        self._people = People(self._api, options.users)
        self._readers = {
            entity: Reader(
                self._api, options, self._shape(entity, settings.entities.get(entity)), self._client.base_url
            )
            for entity in options.tables
        }
        sender = Sender(self._client, options.batch_size)
        self._writer = Writer(
            self._declared, sender, self._people, chosen_ids=options.chosen_ids, size=options.batch_size
        )
        self._commenter = self._make_commenter(sender)
        self._describer = Describer(self._api, self._readers)
        self._probe = Probe(self._api, options, self._readers, self._describer, auth)
        self.batch_size = options.batch_size
        self.capabilities = frozenset(
            {Capability.INCREMENTAL, Capability.CONDITIONAL_WRITE, Capability.QUERY_BY_KEY, Capability.ACTOR}
            | ({Capability.BATCH} if options.batch_size > 1 else set())
            | ({Capability.COMMENTS} if self._commenter else set())
        )

    def check(self) -> Sequence[Problem]:
        return list(self._probe.problems())

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        return self._describer.schema(containers)

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        if entity in self._readers:
            # The models are listed first in a run: who people are is asked anew then.
            if entity is Entity.MODEL:
                self._people.forget()
            yield from self._readers[entity].records(since)

    def get(self, entity: Entity, record_id: str) -> Record | None:
        return self._declared(entity).get(record_id)

    def find(self, entity: Entity, key: str) -> Record | None:
        return self._declared(entity).find(key)

    def tells_changes(self, entity: Entity) -> bool:
        # A change of a row elsewhere, one reached through a reference included, leaves sys_updated_on as it was.
        return entity in self._readers and not self._readers[entity].shape.reads_elsewhere

    def look_up(self, lookups: Sequence[Lookup]) -> Iterator[Found]:
        answers: dict[int, Found] = {}
        for entity in dict.fromkeys(lookup.entity for lookup in lookups):
            of_entity = {n: lookup for n, lookup in enumerate(lookups) if lookup.entity is entity}
            found = self._declared(entity).look_up(list(of_entity.values()))
            answers |= dict(zip(of_entity, found, strict=True))
        yield from (answers[number] for number in range(len(lookups)))

    def create(self, write: Write) -> Record:
        return self._single(write)

    def update(self, write: Write) -> Record:
        return self._single(write)

    def write(self, writes: Sequence[Write]) -> Iterator[Outcome]:
        yield from self._writer.write(writes)

    def comment(self, issue_id: str, text: str, token: str) -> Comment:
        return self._comments().post(issue_id, text, token)

    def comments(self, issue_id: str) -> Sequence[Comment]:
        return self._comments().list(issue_id)

    @property
    def requests_sent(self) -> int:
        return self._client.requests_sent

    def close(self) -> None:
        self._client.close()

    def _shape(self, entity: Entity, wanted: EntityFields | None) -> Shape:
        fields = wanted or EntityFields()
        return Shape(entity, self._options.tables[entity], fields.fields, fields.key_field, self._api, self._people)

    def _make_commenter(self, sender: Sender) -> Commenter | None:
        issue = self._options.tables.get(Entity.ISSUE)
        if issue is None or issue.comments is None:
            return None
        return Commenter(self._api, self._readers[Entity.ISSUE], issue.comments, sender, self._people)

    def _declared(self, entity: Entity) -> Reader:
        if entity not in self._readers:
            raise ConfigError(
                f"The mapping does not say in which table ServiceNow's {entity} records stand.",
                key=f"servicenow.tables.{entity}",
                remedy="declare the table.",
            )
        return self._readers[entity]

    def _single(self, write: Write) -> Record:
        (outcome,) = self._writer.write([write])
        if outcome.error is not None:
            raise outcome.error
        assert outcome.record is not None
        return outcome.record

    def _comments(self) -> Commenter:
        if self._commenter is None:
            raise Rejected(
                "The mapping does not say where comments of issues are written.",
                remedy="give servicenow.tables.issue.comments.",
            )
        return self._commenter
