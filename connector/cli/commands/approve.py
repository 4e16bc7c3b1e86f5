"""``mlflow-grc approve``: a person's consent to what a fuse withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click

from connector.cli.app import App
from connector.cli.diff import label, show_operations
from connector.cli.failures import NotThere
from connector.cli.machine import operation_document
from connector.cli.options import by_option, json_option, pass_app
from connector.cli.output import DIM
from connector.cli.words import counted, headline, moment
from connector.model.operations import Operation
from connector.model.state import Approval
from connector.plan.codec import operation_from_json
from connector.state import Store

_SHOWN = 8
"""Characters of a digest that are enough to name it."""


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
    with app.store() as store:
        withheld = {name: [operation_from_json(one.payload) for one in store.withheld(name)] for name in app.names()}
        chosen = withheld if all_ else _chosen(withheld, digests)
        if all_ and len([name for name in withheld if withheld[name]]) > 1:
            # A mass change is consented to where it was looked at.
            app.name()
        if any(chosen.values()):
            given = {
                name: store.approve(name, [each.digest for each in operations], by, datetime.now(UTC))
                for name, operations in chosen.items()
                if operations
            }
            _tell(app, given, by, machine=machine)
        elif machine:
            listed = [
                {"connection": name, "withheld": [operation_document(each) for each in operations]}
                for name, operations in withheld.items()
            ]
            app.out.json(listed[0] if len(listed) == 1 else {"connections": listed})
        else:
            for name, operations in withheld.items():
                _show(app, store, name, operations)


def _chosen(withheld: Mapping[str, Sequence[Operation]], digests: Sequence[str]) -> dict[str, list[Operation]]:
    """The operations of these digests, by connection."""
    chosen: dict[str, list[Operation]] = {}
    for digest in digests:
        name, operation = _find(withheld, digest)
        chosen.setdefault(name, []).append(operation)
    return chosen


def _tell(app: App, given: Mapping[str, Approval], by: str, *, machine: bool) -> None:
    if machine:
        listed = [
            {"connection": name, "approved": sorted(each.digests), "by": by, "expires": each.expires}
            for name, each in given.items()
        ]
        app.out.json(listed[0] if len(listed) == 1 else {"connections": listed})
        return
    for name, each in given.items():
        where = f" for {name}" if len(app.config.connection_names) > 1 else ""
        app.out.line(
            f"Approved by {by}{where}: {counted(len(each.digests), 'operation')}, until {moment(each.expires)}. "
            "The next sync carries them out: mlflow-grc sync"
        )


def _show(app: App, store: Store, name: str, operations: Sequence[Operation]) -> None:
    if not operations:
        app.out.line(f"The last cycle of {name} withheld nothing.")
        return
    released = frozenset[str]().union(*(each.digests for each in store.approvals(name, datetime.now(UTC))))
    app.out.heading(f"Withheld from connection {name}: {counted(len(operations), 'operation')}")
    show_operations(app.out, operations)
    app.out.line()
    rows = [
        (each.digest[:_SHOWN], label(each.ref), headline(each), "approved" if each.digest in released else "")
        for each in operations
    ]
    app.out.table(("digest", "object", "operation", ""), rows)
    app.out.line("Approve with: mlflow-grc approve --all, or --digest D once for each", DIM)


def _find(withheld: Mapping[str, Sequence[Operation]], digest: str) -> tuple[str, Operation]:
    found = [
        (name, each)
        for name, operations in withheld.items()
        for each in operations
        if each.digest.startswith(digest.lower())
    ]
    if len(digest) >= _SHOWN and len(found) == 1:
        return found[0]
    if len(digest) >= _SHOWN and found:
        raise NotThere(f"More than one withheld operation begins with {digest}: give more of the digest.")
    raise NotThere(f"No withheld operation has the digest '{digest}'. `mlflow-grc approve` lists them.")
