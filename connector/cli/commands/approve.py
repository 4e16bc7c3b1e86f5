"""``mlflow-grc approve``: a person's consent to what a fuse withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from connector.cli.app import App
from connector.cli.diff import DIGEST_SHOWN, show_withheld
from connector.cli.failures import NotThere
from connector.cli.machine import operation_document
from connector.cli.options import by_option, json_option, pass_app
from connector.cli.output import DIM, GOOD
from connector.cli.words import counted, moment
from connector.engine import deciding
from connector.health import released
from connector.model.operations import Operation
from connector.model.state import Approval
from connector.plan.codec import operation_from_json
from connector.state import Store


@dataclass(frozen=True, slots=True)
class Withholding:
    """What a connection withholds, and the approvals in force."""

    connection: str
    operations: tuple[Operation, ...]
    approvals: tuple[Approval, ...]

    @property
    def released(self) -> dict[str, Approval]:
        """The approval of each approved operation, by digest."""
        return released(self.approvals)


@click.command()
@click.option("--all", "all_", is_flag=True, help="Approve everything that is withheld now.")
@click.option(
    "--digest", "digests", multiple=True, metavar="D", help="Approve this operation; the first 8 characters do."
)
@by_option
@json_option
@pass_app
def command(app: App, *, all_: bool, digests: tuple[str, ...], by: str, machine: bool) -> None:
    """Release what a fuse withheld.

    Without --all or --digest it only shows what the last cycle withheld. An approval covers exactly these operations,
    as they stand, for 24 hours; the next sync carries them out. --all is about one connection: name it with
    --connection where several withhold something.
    """
    if all_ and digests:
        raise click.UsageError("Give either --all or --digest: --all approves everything that is withheld.")
    with app.store() as store:
        found = [_look(store, name) for name in app.names()]
        if all_ and len([each for each in found if each.operations]) > 1:
            # A mass change is consented to where it was looked at.
            app.name()
        chosen = {each.connection: each.operations for each in found} if all_ else _chosen(found, digests)
        if any(chosen.values()):
            _approve(store, found, chosen, by)
            _told(app, [_look(store, name) for name in chosen if chosen[name]], chosen, machine=machine)
        elif machine:
            _print(app, [_document(each) for each in found])
        else:
            for each in found:
                _show(app, each)


def _look(store: Store, name: str) -> Withholding:
    operations = tuple(operation_from_json(one.payload) for one in store.withheld(name))
    return Withholding(name, operations, tuple(store.approvals(name, datetime.now(UTC))))


def _chosen(found: Sequence[Withholding], digests: Sequence[str]) -> dict[str, tuple[Operation, ...]]:
    """The operations of these digests, by connection."""
    chosen: dict[str, tuple[Operation, ...]] = {}
    for digest in digests:
        name, operation = _find(found, digest)
        chosen[name] = (*chosen.get(name, ()), operation)
    return chosen


def _approve(store: Store, found: Sequence[Withholding], chosen: Mapping[str, Sequence[Operation]], by: str) -> None:
    """Approve what was chosen."""
    for each in found:
        digests = [operation.digest for operation in chosen.get(each.connection, ())]
        deciding.approve(store, each.connection, digests, by=by, now=datetime.now(UTC))


def _told(app: App, found: Sequence[Withholding], chosen: Mapping[str, Sequence[Operation]], *, machine: bool) -> None:
    """Say who approved the chosen operations, whether now or before."""
    documents = []
    for each in found:
        by_digest, operations = each.released, chosen[each.connection]
        used = list({id(one): one for one in (by_digest[operation.digest] for operation in operations)}.values())
        approved = sorted(operation.digest for operation in operations)
        last = {"connection": each.connection, "approved": approved, "by": used[-1].by, "expires": used[-1].expires}
        documents.append(last | {"approvals": [_approval(one) for one in used]})
        where = f" for {each.connection}" if len(app.config.connection_names) > 1 else ""
        for one in used if not machine else ():
            number = counted(sum(by_digest[operation.digest] is one for operation in operations), "operation")
            app.out.line(f"Approved by {one.by}{where}: {number}, until {moment(one.expires)}.")
    if machine:
        _print(app, documents)
    else:
        app.out.line("The next sync carries them out: mlflow-grc sync")


def _show(app: App, each: Withholding) -> None:
    operations, by_digest = each.operations, each.released
    if not operations:
        app.out.line(f"The last cycle of {each.connection} withheld nothing.")
        return
    words = {digest: f"approved by {one.by} until {moment(one.expires)}" for digest, one in by_digest.items()}
    waiting = sum(operation.digest not in by_digest for operation in operations)
    app.out.heading(f"Withheld from connection {each.connection}: {counted(len(operations), 'operation')}")
    show_withheld(app.out, operations, words)
    app.out.line()
    if waiting < len(operations):
        approved = counted(len(operations) - waiting, "operation")
        app.out.line(f"{approved} approved; the next sync carries them out.", GOOD)
    if waiting:
        app.out.line("Approve with: mlflow-grc approve --all, or --digest D once for each", DIM)


def _print(app: App, documents: Sequence[dict[str, Any]]) -> None:
    app.out.json(documents[0] if len(documents) == 1 else {"connections": documents})


def _document(each: Withholding) -> dict[str, Any]:
    withheld = [operation_document(operation) for operation in each.operations]
    return {
        "connection": each.connection,
        "withheld": withheld,
        "approvals": [_approval(one) for one in each.approvals],
    }


def _approval(approval: Approval) -> dict[str, Any]:
    return {"digests": sorted(approval.digests), "by": approval.by, "expires": approval.expires}


def _find(found: Sequence[Withholding], digest: str) -> tuple[str, Operation]:
    fits = [
        (each.connection, operation)
        for each in found
        for operation in each.operations
        if operation.digest.startswith(digest.lower())
    ]
    if len(digest) >= DIGEST_SHOWN and len(fits) == 1:
        return fits[0]
    if len(digest) >= DIGEST_SHOWN and fits:
        raise NotThere(f"More than one withheld operation begins with {digest}: give more of the digest.")
    raise NotThere(f"No withheld operation has the digest '{digest}'. `mlflow-grc approve` lists them.")
