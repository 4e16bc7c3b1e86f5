"""LogicGate Risk Cloud: reads by its newer API, writes by its older one, which alone has any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from adapters.base import Adapter, AdapterSettings, Capability
from adapters.httpclient import AuthSettings, HttpSettings, NoAuth
from adapters.logicgate.catalogue import Catalogue
from adapters.logicgate.commenting import Commenter
from adapters.logicgate.describing import Describer
from adapters.logicgate.layout import Layout
from adapters.logicgate.options import Options
from adapters.logicgate.probe import Checker
from adapters.logicgate.reading import Reader
from adapters.logicgate.values import Codec
from adapters.logicgate.wire import Wire
from adapters.logicgate.writing import Writer
from adapters.variables import with_variables
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Comment, Problem, Record, Schema, Write

__all__ = ["LogicGateAdapter", "Options"]

_AUTH: TypeAdapter[AuthSettings] = TypeAdapter(AuthSettings)


class LogicGateAdapter(Adapter):
    """Speaks to one environment as one user. ``auth`` is ``oauth2_client_credentials`` with ``send: header`` and the
    token address, or ``bearer`` (a static token).
    """

    name: ClassVar[str] = "logicgate"
    Options = Options

    def __init__(self, settings: AdapterSettings) -> None:
        options = with_variables(Options.model_validate(settings.options), settings.variables, self.name)
        auth = NoAuth() if settings.auth is None else _AUTH.validate_python(settings.auth)
        self._options = options
        self._wire = Wire(settings, auth, HttpSettings.model_validate(settings.http or {}))
        self._catalogue = Catalogue(self._wire, options)
        codec = Codec(ZoneInfo(options.time_zone), options.date_write_format, options.clear_with)
        self._reader = Reader(self._wire, self._catalogue, codec, options, settings.entities)
        self._writer = Writer(self._wire, self._catalogue, codec, self._reader)
        self._describer = Describer(self._catalogue, self._reader, options)
        self._commenter = self._make_commenter(codec)
        extra = {Capability.COMMENTS} if self._commenter is not None else set()
        self.capabilities = frozenset({Capability.INCREMENTAL, *extra})

    def check(self) -> Sequence[Problem]:
        checker = Checker(self._wire, self._catalogue, self._reader, self._options)
        return list(checker.problems())

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        return self._describer.schema(containers)

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        if entity in self._options.workflows:
            yield from self._reader.records(entity, since)

    def get(self, entity: Entity, record_id: str) -> Record | None:
        return self._reader.get(entity, record_id)

    def find(self, entity: Entity, key: str) -> Record | None:
        return self._reader.find(entity, key)

    def tells_changes(self, entity: Entity) -> bool:
        # Whether a link counts as a change of either record is not published.
        return entity in self._reader.layouts and not self._reader.layouts[entity].links

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

    def _make_commenter(self, codec: Codec) -> Commenter | None:
        issue = self._options.workflows.get(Entity.ISSUE)
        if issue is None or issue.comments is None:
            return None
        field = issue.comments.field
        layout = Layout(Entity.ISSUE, (field,), self._catalogue, codec, self._wire.site)
        return Commenter(self._reader, self._writer, layout, field)

    def _comments(self) -> Commenter:
        if self._commenter is None:
            raise Rejected(
                "LogicGate has no comments that its API would tell, and the mapping names no field for them.",
                remedy="give logicgate.workflows.issue.comments a text field.",
            )
        return self._commenter
