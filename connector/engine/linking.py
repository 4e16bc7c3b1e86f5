"""Ties registered models to records that were in the GRC before: a person's decision, a run of its own in the trail.

The link goes into the state database; the next cycle writes the correlation key, the instance and the tags, and
merges the fields as at first contact. Only a record that is taken over from another instance is written at once, for a
cycle would rightly not touch it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from connector.apply.ledger import LeaseKeeper, Ledger
from connector.apply.sides import Sides
from connector.engine.connection import Connection
from connector.engine.forgetting import Forgetter, write_identity
from connector.engine.holding import holding
from connector.logs import get_logger
from connector.model.errors import MlflowGrcError, Rejected
from connector.model.fields import Entity, Side
from connector.model.state import AuditEntry, Base, Link, LinkState, Run, RunStatus
from connector.model.views import GrcView, ObjectRef, RegistryView
from connector.model.workspaces import is_called
from connector.plan.context import Identity
from connector.state.base import Recorder
from connector.state.times import stamp

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was decided: this model, this record."""

    model: str
    record_id: str
    take_over: bool = False


class Linker:
    """Carries out decisions about links while it holds the connection's lease; see :func:`linking`."""

    def __init__(self, connection: Connection, keeper: LeaseKeeper, by: str) -> None:
        """``by`` names the person in the audit trail."""
        self._connection, self._keeper, self._by = connection, keeper, by
        self._run: Run | None = None
        self._sides = Sides(connection.registry, connection.adapter, connection.translator)
        # Nobody else changes them while the lease is held; of a large connection they are too much to read per model.
        self._links: dict[str, Link] = {}
        self._bases: dict[str, Mapping[str, Base]] = {}
        self._recall()

    def adopt(self, adoption: Adoption) -> Link:
        """Tie a model to a record. Raises Rejected, with the reason, where that may not be; nothing is written then."""
        self._keeper.ensure()
        view = self._model(adoption.model)
        old = self._links.get(view.ref.key)
        refuse_linked(view, adoption.record_id, self._links)
        record = self._record(view, adoption)
        if adoption.take_over and record.instance not in (None, self._connection.instance):
            self._take_over(view, record)
        link = Link(view.ref, record.id, created_ms=view.created_ms)
        ended = [each for each in self._forgetter.versions_of(link) if self._is_lost(self._links.get(each.key))]
        dropped = [*([old.ref] if old else []), *ended]
        tag = self._connection.translator.mapping.tags.version_ref
        # The tags of a version are the connector's own work still, not a copy from elsewhere.
        kept = {each.key: pairs[tag] for each in dropped if tag in (pairs := self._bases.get(each.key, {}))}

        def write(recorder: Recorder) -> None:
            for each in dropped:
                recorder.drop_link(each)
                if each.key in kept:
                    recorder.set_base(each, tag, kept[each.key])
            recorder.put_link(link)
            recorder.append_audit(self._entry("link", view.ref, record.id, "linked by hand"))

        self._ledger.transaction(write)
        for each in dropped:
            self._links.pop(each.key, None)
            self._bases.pop(each.key, None)
        self._bases |= {key: {tag: base} for key, base in kept.items()}
        self._links[view.ref.key] = link
        log.info("linked", object=str(view.ref), record=record.id)
        return link

    def forget(self, model: str) -> Link:
        """Undo a link: forget it with its versions', and take the identity from their records and what tells of these
        from the tags, so that no cycle finds its way back, nor takes a decision of the old record for one of the next.
        Raises Rejected where the model has no link, IncompleteSnapshot where its versions could not be read.
        """
        link, forgetter = linked_model(model, self._links), self._forgetter
        bound = forgetter.find(link)
        forgetter.release(bound)

        def write(recorder: Recorder) -> None:
            forgetter.forget(bound, recorder)
            recorder.append_audit(self._entry("unlink", link.ref, link.record_id, "forgotten by hand"))

        self._ledger.transaction(write)
        self._recall()
        log.info("unlinked", object=str(link.ref), record=link.record_id)
        return link

    def end(self, status: RunStatus, message: str = "") -> None:
        """End the run, if one was begun; a message says what it was."""
        if self._run is not None:
            ended = stamp(self._connection.clock())
            # One that lost the lease may have been ended by who took it.
            with suppress(ValueError):
                self._connection.store.end_run(replace(self._run, ended=ended, status=status, message=message))
            self._run = None

    def _recall(self) -> None:
        store, name = self._connection.store, self._connection.name
        self._links, self._bases = dict(store.links(name)), dict(store.bases(name))

    @property
    def _forgetter(self) -> Forgetter:
        return Forgetter(self._connection, self._sides, lambda: self._ledger, self._links, self._bases)

    @property
    def _ledger(self) -> Ledger:
        connection = self._connection
        if self._run is None:
            self._run = connection.store.start_run(connection.name, connection.clock())
        return Ledger(connection.store, self._keeper, self._run.id, connection.name, connection.clock)

    def _model(self, name: str) -> RegistryView:
        names = self._connection.registry.names(name)
        if len(names) > 1:
            remedy = f"Give one of {', '.join(names)}."
            raise Rejected(f"More than one workspace has a model '{name}'.", remedy=remedy)
        model = self._connection.registry.model(names[0]) if names else None
        if model is None:
            raise Rejected(f"There is no registered model '{name}'.", remedy="Correct the name.")
        return self._connection.translator.model_view(model)

    def _record(self, view: RegistryView, adoption: Adoption) -> GrcView:
        record = self._sides.read_record(view.ref, adoption.record_id)
        if record is None:
            remedy = "Give the record's id as the GRC's API knows it."
            raise Rejected(f"The GRC has no model record {adoption.record_id}.", remedy=remedy)
        foreign = record.instance not in (None, self._connection.instance)
        if foreign and not adoption.take_over:
            what = f"Record {record.id} belongs to another connector instance ({record.instance})."
            raise Rejected(what, remedy="Take it over with --take-over, once that instance has stopped for good.")
        if not foreign and record.key not in (None, view.ref.key) and not adoption.take_over:
            what = f"Record {record.id} carries the key of another model ({record.key})."
            raise Rejected(what, remedy="Look at that model first; --take-over ties the record to this one.")
        keyed = self._sides.find_record(view.ref)
        if keyed is not None and keyed.id != record.id:
            what = f"Record {keyed.id} carries the key of {view.ref} already."
            raise Rejected(what, remedy=f"Link that one, or empty its key in the GRC, then link {record.id}.")
        return record

    def _take_over(self, view: RegistryView, record: GrcView) -> None:
        old = f"instance {record.instance}, key {record.key}"
        ours = {Identity.INSTANCE: self._connection.instance, Identity.KEY: view.ref.key}
        write_identity(self._connection, self._sides, self._ledger, view.ref, record, ours)
        entry = self._entry("take_over", view.ref, record.id, f"taken over from {old}")
        self._ledger.note([replace(entry, side=Side.GRC)])

    def _is_lost(self, version: Link | None) -> bool:
        """Whether the record of a version went away, with the model's old one maybe; it gets a new one then. A version
        without a record of its own has what was decided of it from the model's old one.
        """
        if version is None or version.state is not LinkState.LIVE:
            return True
        return self._sides.read_record(version.ref, version.record_id) is None

    def _entry(self, action: str, ref: ObjectRef, record_id: str, rule: str) -> AuditEntry:
        return self._ledger.audit_entry(action, ref, record_id=record_id, rule=rule, actor=self._by)


@contextmanager
def linking(connection: Connection, by: str) -> Iterator[Linker]:
    """A linker, for the block that holds the connection's lease. What is decided there is one run of the audit trail;
    a refusal before the first change leaves none. Raises LeaseHeld while the connection is synchronised.
    """
    with holding(connection) as keeper:
        linker = Linker(connection, keeper, by)
        try:
            yield linker
        except MlflowGrcError as error:
            linker.end(RunStatus.FAILED, str(error))
            raise
        except BaseException:
            linker.end(RunStatus.FAILED)
            raise
        linker.end(RunStatus.APPLIED, "links changed by hand")


def refuse_linked(view: RegistryView, record_id: str, links: Mapping[str, Link]) -> None:
    """Raise Rejected where the model or the record is part of a living link already."""
    own = links.get(view.ref.key)
    if own is not None and own.state is LinkState.LIVE:
        remedy = f"Nothing is to be done, or undo it first: mlflow-grc link --forget {view.ref.name}"
        raise Rejected(f"{view.ref} is linked to record {own.record_id} already.", remedy=remedy)
    for link in links.values():
        if link.ref.entity is Entity.MODEL and link.state is LinkState.LIVE and link.record_id == record_id:
            remedy = f"Undo that link first, if it is wrong: mlflow-grc link --forget {link.ref.name}"
            raise Rejected(f"Record {record_id} is linked to the model {link.ref} already.", remedy=remedy)


def linked_model(model: str, links: Mapping[str, Link]) -> Link:
    """The link of the model that a person means by ``model``. Raises Rejected for none, and for several."""
    found = [link for link in links.values() if _is_model(link, model)]
    found = [link for link in found if link.ref.name == model] or found
    if not found:
        raise Rejected(f"The model {model} has no link.", remedy="`mlflow-grc report reconcile` shows which have.")
    names = sorted({link.ref.name for link in found})
    if len(names) > 1:
        raise Rejected(f"More than one workspace has a model '{model}'.", remedy=f"Give one of {', '.join(names)}.")
    return found[0]


def _is_model(link: Link, name: str) -> bool:
    wanted = link.ref.entity is Entity.MODEL and link.state is not LinkState.TOMBSTONE
    return wanted and is_called(link.ref.name, name)
