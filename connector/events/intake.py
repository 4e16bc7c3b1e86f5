"""What webhooks tell: a delivery, proved, becomes hints, or is refused. No HTTP framework knows of this.

The answers are made so that a sender does the right thing: 202 for what was taken, 200 for what was taken before or
tells of nothing that the connector reads, 4xx for what will never be taken (nobody sends that again), 503 where the
state cannot be written (MLflow sends it again).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from connector.config.config import Config
from connector.config.events import EventSettings
from connector.events.proof import Deliveries, Refused, prove_grc, prove_mlflow
from connector.logs import get_logger
from connector.mapping.sources import Scope
from connector.model.errors import ConfigError, MlflowGrcError
from connector.model.fields import Entity
from connector.model.hints import Hint
from connector.model.workspaces import full_name

log = get_logger(__name__)

Leave = Callable[[str, Hint], None]
"""Leaves a hint for a connection."""
_OF_MODELS = frozenset({"registered_model", "model_version", "model_version_tag", "model_version_alias"})
_LONGEST_NAME, _LONGEST_ID, _MOST_IDS = 1000, 500, 100


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status and why, for the sender; ``hints`` are how many were left."""

    status: int
    reason: str
    hints: int = 0


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes deliveries for the connections of a configuration that this process, or another, serves."""

    config: Config
    leave: Leave
    deliveries: Deliveries = field(default_factory=Deliveries)

    @property
    def settings(self) -> EventSettings:
        """The events part of the configuration."""
        return self.config.settings.events

    def mlflow(self, registry: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        """A delivery of a registry's MLflow. ``headers`` by lower-case name."""
        return _answered(f"mlflow {registry}", lambda: self._mlflow(registry, headers, body, now))

    def grc(self, connection: str, kind: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        """A delivery of a connection's GRC about one ``kind`` of record: model, version or issue."""
        return _answered(f"grc {connection}", lambda: self._grc(connection, kind, headers, body, now))

    def _mlflow(self, registry: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        settings = self.settings.mlflow.get(registry)
        if settings is None:
            raise Refused(404, "no events are received here")
        self._require_small(body)
        delivery = prove_mlflow(settings, headers, body, now, self.settings.replay_window)
        told = _document(body)
        if told.get("entity") not in _OF_MODELS:
            return Answer(200, "nothing that is read")
        data = told.get("data")
        name = data.get("name") if isinstance(data, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
            raise Refused(422, "the event names no registered model")
        if not self.deliveries.first(delivery):
            return Answer(200, "taken before")
        try:
            return self._left((each, Hint.of_model(full)) for each, full in self._served(registry, told, name))
        except BaseException:
            self.deliveries.forget(delivery)
            raise

    def _served(self, registry: str, told: Mapping[str, Any], name: str) -> Iterable[tuple[str, str]]:
        """The connections that the model may belong to, with its full name there."""
        served = self.config.settings.registries[registry].served
        workspace = told.get("workspace")
        if isinstance(workspace, str) and not served.serves(workspace):
            return
        full = full_name(workspace, name) if served.several and isinstance(workspace, str) else name
        for connection in self.config.connection_names:
            if self.config.connection(connection).registry == registry and self._scope(connection).may_have(full):
                yield connection, full

    def _scope(self, connection: str) -> Scope:
        return self.config.scope(connection)

    def _grc(self, connection: str, kind: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        settings = self.settings.grc.get(connection)
        wanted = {"model": Entity.MODEL, "version": Entity.VERSION, "issue": Entity.ISSUE}.get(kind)
        expression = getattr(settings, kind) if settings is not None and wanted is not None else None
        if settings is None or wanted is None or expression is None:
            raise Refused(404, "no events are received here")
        self._require_small(body)
        prove_grc(settings, headers, body, now, self.settings.replay_window)
        ids = _ids(_found(expression, _document(body)))
        return self._left((connection, Hint.of_record(wanted, each)) for each in ids)

    def _left(self, hints: Iterable[tuple[str, Hint]]) -> Answer:
        left = 0
        for connection, hint in hints:
            self.leave(connection, hint)
            left += 1
        return Answer(202, "taken", left) if left else Answer(200, "nothing that is read")

    def _require_small(self, body: bytes) -> None:
        if len(body) > self.settings.body_limit:
            raise Refused(413, "the body is too long")


def _answered(where: str, receive: Callable[[], Answer]) -> Answer:
    try:
        return receive()
    except Refused as refused:
        log.warning("event refused", source=where, status=refused.status, why=str(refused))
        return Answer(refused.status, str(refused))
    except ConfigError as error:
        log.error("event refused", source=where, status=503, why=str(error))  # noqa: TRY400 - said in one line
        return Answer(503, "the receiver is not set up")
    except MlflowGrcError as error:
        log.error("event not taken", source=where, status=503, why=str(error))  # noqa: TRY400 - as above
        return Answer(503, "not now")


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise Refused(422, "the body is no JSON object")
    return found


def _found(expression: str, document: dict[str, Any]) -> object:
    """What the expression finds; nothing where a function of it does not take what stands there."""
    try:
        return jmespath.search(expression, document)
    except JMESPathError:
        # Its words quote the body.
        return None


def _ids(found: object) -> list[str]:
    """The ids that a body tells: a text or a number, or several."""
    values = found if isinstance(found, list) else [found]
    ids = [str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool)]
    ids = [each for each in dict.fromkeys(ids) if 0 < len(each) <= _LONGEST_ID]
    if not ids or len(ids) != len(set(map(str, values))) or len(ids) > _MOST_IDS:
        raise Refused(422, "the body tells no record's id where it is looked for")
    return ids
