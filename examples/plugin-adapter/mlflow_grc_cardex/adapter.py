"""The adapter: the contract of ``adapters.base.Adapter``, said in Cardex's words."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import ClassVar
from urllib.parse import quote, unquote

from adapters.base import Adapter, AdapterSettings, Capability, EntityFields
from adapters.httpclient import NotFound
from connector.model.errors import (
    ConfigError,
    DuplicateKey,
    IncompleteSnapshot,
    MlflowGrcError,
    Rejected,
    Retriable,
    RunAborted,
)
from connector.model.fields import Entity
from connector.model.grc import Comment, Container, Problem, Record, Schema, SchemaField, Write
from mlflow_grc_cardex import options
from mlflow_grc_cardex.rpc import Json, Rpc

_MARK, _END = "\n[mlflow-grc:", "]"


class CardexAdapter(Adapter):
    """Records are cards; an entity's cards are in a drawer."""

    name: ClassVar[str] = "cardex"
    Options = options.Options
    capabilities = frozenset(
        {Capability.CONDITIONAL_WRITE, Capability.QUERY_BY_KEY, Capability.ACTOR, Capability.COMMENTS}
    )

    def __init__(self, settings: AdapterSettings) -> None:
        self._options = options.Options.model_validate(settings.options)
        self._entities = settings.entities
        self._rpc = Rpc(settings)

    def check(self) -> Sequence[Problem]:
        try:
            self._rpc.ask("whoami")
            return [problem for entity in self._options.drawers for problem in self._problems(entity)]
        except MlflowGrcError as error:
            return [Problem("connection", error.message, error.remedy or "see the connection's url and auth.")]

    def _problems(self, entity: Entity) -> Iterator[Problem]:
        where = f"cardex.drawers.{entity}"
        try:
            known = {field.name for field in self._fields(self._drawer(entity))}
            self._rpc.ask("card.page", drawer=self._drawer(entity), after=None, size=1)
        except RunAborted:
            raise
        except MlflowGrcError as error:
            yield Problem(where, error.message, "correct the drawer in the mapping's cardex section.")
            return
        for name in sorted(set(self._wanted(entity).fields) - known):
            yield Problem(
                f"{where}.fields.{name}", f"the drawer has no slot {name}", "correct the field in the mapping."
            )

    def discover(self, containers: Sequence[str] = ()) -> Schema:
        drawers = {each["name"]: each["title"] for each in self._rpc.ask("drawer.list")}
        for name in containers:
            if name not in drawers:
                near = ", ".join(difflib.get_close_matches(name, drawers) or sorted(drawers))
                raise Rejected(f"There is no drawer '{name}'.", remedy=f"the nearest are {near}.")
        described = {
            entity: self._fields(drawer) for entity, drawer in self._options.drawers.items() if drawer in drawers
        }
        shown = [
            Container(name, "drawer", title, self._fields(name) if name in containers else ())
            for name, title in drawers.items()
        ]
        return Schema(described, tuple(shown))

    def records(self, entity: Entity, since: str | None = None) -> Iterator[Record]:
        del since  # no INCREMENTAL: everything is read
        drawer, after = self._options.drawers.get(entity), None
        while drawer is not None:
            try:
                page = self._rpc.ask("card.page", drawer=drawer, after=after, size=self._options.page_size)
            except (Retriable, Rejected) as error:
                raise IncompleteSnapshot(f"The drawer {drawer} was not read to its end: {error.message}") from None
            yield from (self._record(entity, card) for card in page["cards"])
            if page["end"]:
                return
            # The pages follow a card's number, so that none is passed over when others come and go.
            if page["last"] == after:
                raise IncompleteSnapshot(f"The drawer {drawer} gives the page after {after} again and again.")
            after = page["last"]

    def get(self, entity: Entity, record_id: str) -> Record | None:
        try:
            return self._record(entity, self._rpc.ask("card.read", drawer=self._drawer(entity), no=record_id))
        except NotFound:
            return None

    def find(self, entity: Entity, key: str) -> Record | None:
        slot = self._wanted(entity).key_field
        if slot is None:
            raise ConfigError(f"The mapping names no key field of {entity}.")
        cards = self._rpc.ask("card.seek", drawer=self._drawer(entity), slot=slot, value=key)
        if len(cards) > 1:
            ids = tuple(card["no"] for card in cards)
            remedy = "retire all but one of them in Cardex, or clear their key."
            raise DuplicateKey(f"{len(ids)} cards carry the key {key}.", key=key, ids=ids, remedy=remedy)
        return self._record(entity, cards[0]) if cards else None

    def create(self, write: Write) -> Record:
        card = self._rpc.tell("card.file", drawer=self._drawer(write.entity), slots=dict(write.values))
        return self._record(write.entity, card)

    def update(self, write: Write) -> Record:
        stamp = None if write.revision is None else int(write.revision)
        drawer = self._drawer(write.entity)
        card = self._rpc.tell("card.amend", drawer=drawer, no=write.id, slots=dict(write.values), stamp=stamp)
        return self._record(write.entity, card)

    def comment(self, issue_id: str, text: str, token: str) -> Comment:
        for known in self.comments(issue_id):
            if known.token == token:
                return known
        body = f"{text}{_MARK}{quote(token, safe='')}{_END}"
        return _comment(self._rpc.tell("note.add", drawer=self._drawer(Entity.ISSUE), no=issue_id, text=body))

    def comments(self, issue_id: str) -> Sequence[Comment]:
        return [_comment(note) for note in self._rpc.ask("note.list", drawer=self._drawer(Entity.ISSUE), no=issue_id)]

    @property
    def requests_sent(self) -> int:
        return self._rpc.requests_sent

    def close(self) -> None:
        self._rpc.close()

    def _drawer(self, entity: Entity) -> str:
        if entity not in self._options.drawers:
            key = f"cardex.drawers.{entity}"
            raise ConfigError(f"The mapping names no drawer for {entity}.", key=key, remedy="name it.")
        return self._options.drawers[entity]

    def _wanted(self, entity: Entity) -> EntityFields:
        return self._entities.get(entity, EntityFields())

    def _fields(self, drawer: str) -> tuple[SchemaField, ...]:
        return tuple(
            SchemaField(
                name=slot["name"],
                type=slot["type"],
                writable=not slot["locked"],
                max_length=slot["length"],
                choices=tuple(slot["choices"]),
                label=slot["title"],
            )
            for slot in self._rpc.ask("drawer.describe", drawer=drawer)
        )

    def _record(self, entity: Entity, card: Json) -> Record:
        """A card as a record: the slots that the mapping asks for, untouched."""
        slots = card["slots"]
        values = {name: slots[name] for name in self._wanted(entity).fields if name in slots}
        return Record(entity, card["no"], values, str(card["stamp"]), card["changed"], card["by"])


def _comment(note: Json) -> Comment:
    text, mark, rest = note["text"].rpartition(_MARK)
    ours = mark and rest.endswith(_END)
    token = unquote(rest.removesuffix(_END)) if ours else None
    return Comment(note["no"], text if ours else note["text"], note["by"], note["at"], token)
