"""Archer IRM: content by id and writes through REST, lists, changes and lookups through the SOAP search, one session
for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import TypeAdapter

from adapters.archer.catalogue import Catalogue
from adapters.archer.choices import Choices
from adapters.archer.codec import Codec, Targets
from adapters.archer.commenting import Commenter, SubFormComments, TextComments
from adapters.archer.describing import Describer
from adapters.archer.layout import Layouts
from adapters.archer.options import Options
from adapters.archer.people import People
from adapters.archer.probe import Checker
from adapters.archer.reading import Reader
from adapters.archer.wire import Wire
from adapters.archer.writing import Writer
from adapters.base import Adapter, AdapterSettings, Capability
from adapters.httpclient import AuthSettings, HttpSettings, NoAuth
from adapters.variables import with_variables
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Comment, Problem, Record, Schema, Write

__all__ = ["ArcherAdapter", "Options"]

_AUTH: TypeAdapter[AuthSettings] = TypeAdapter(AuthSettings)


class ArcherAdapter(Adapter):
    """Speaks to one Archer instance as one account. ``auth`` is ``basic`` (sent to Archer's login, never as HTTP Basic)
    or ``bearer`` (a personal access token).
    """

    name: ClassVar[str] = "archer"
    Options = Options

    def __init__(self, settings: AdapterSettings) -> None:
        options = with_variables(Options.model_validate(settings.options), settings.variables, self.name)
        auth = NoAuth() if settings.auth is None else _AUTH.validate_python(settings.auth)
        self._options = options
        self._wire = Wire(settings, options, auth, HttpSettings.model_validate(settings.http or {}))
        self._catalogue = Catalogue(self._wire, options.metadata_seconds)
        self._layouts = Layouts(self._catalogue, options, settings.entities)
        self._people = People(self._wire, options.people, options.metadata_seconds)
        self._choices = Choices(self._catalogue, options.values)
        targets = Targets()
        self._codec = Codec(self._choices, self._people, targets)
        self._reader = Reader(
            self._wire, self._layouts, self._catalogue, self._codec, targets, options, self._begin_listing
        )
        self._writer = Writer(self._wire, self._reader, self._codec)
        self._describer = Describer(self._catalogue, self._layouts, self._choices, dict(settings.entities))
        self._commenter = self._make_commenter()
        extra = {Capability.COMMENTS} if self._commenter is not None else set()
        self.capabilities = frozenset({Capability.INCREMENTAL, Capability.QUERY_BY_KEY, *extra})

    def check(self) -> Sequence[Problem]:
        checker = Checker(self._wire, self._catalogue, self._layouts, self._people, self._reader, self._options)
        return list(checker.problems())

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        return self._describer.schema(containers)

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        if entity is Entity.USER:
            yield from self._people.records()
        elif self._layouts.declared(entity):
            yield from self._reader.records(entity, since)

    def get(self, entity: Entity, record_id: str) -> Record | None:
        return self._reader.get(entity, record_id)

    def find(self, entity: Entity, key: str) -> Record | None:
        return self._reader.find(entity, key)

    def tells_changes(self, entity: Entity) -> bool:
        return self._layouts.declared(entity) and self._reader.tells_changes(entity)

    def create(self, write: Write) -> Record:
        return self._writer.create(write)

    def update(self, write: Write) -> Record:
        return self._writer.update(write)

    def comment(self, issue_id: str, text: str, token: str) -> Comment:
        return self._comments().post(issue_id, text, token)

    def comments(self, issue_id: str) -> Sequence[Comment]:
        return self._comments().list(issue_id)

    @property
    def requests_sent(self) -> int:
        return self._wire.requests_sent

    def close(self) -> None:
        self._wire.close()

    def _begin_listing(self) -> None:
        self._people.expire()
        self._choices.expire()

    def _make_commenter(self) -> Commenter | None:
        issue = self._options.levels.get(Entity.ISSUE)
        if issue is None or issue.comments is None:
            return None
        if issue.comments.text is not None:
            return TextComments(self._wire, self._reader, self._codec, issue.comments.text)
        return SubFormComments(self._wire, self._reader, self._codec, self._catalogue, self._people, issue.comments)

    def _comments(self) -> Commenter:
        if self._commenter is None:
            raise Rejected(
                "The mapping does not say where comments stand in Archer.",
                remedy="give archer.levels.issue.comments: a text field, or a sub-form.",
            )
        return self._commenter
