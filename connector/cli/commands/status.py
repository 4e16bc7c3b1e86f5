"""``mlflow-grc status``: the last runs and what waits for a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import click

from connector.cli.app import App
from connector.cli.commands.approve import released
from connector.cli.commands.conflicts import open_cases
from connector.cli.options import json_option, pass_app
from connector.cli.output import DIM, WARN, Cell, Output
from connector.cli.runs import REMEDY, outcome, status_style, status_words, took
from connector.cli.words import counted, moment, sentence
from connector.model.fields import Entity
from connector.model.state import Approval, ConflictCase, LinkState, QuarantineCase, Resolution, Run
from connector.state import Lease, Store, Withheld

RUNS = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """How one connection stands, as the state database tells. ``lease``: who synchronises it right now."""

    connection: str
    runs: tuple[Run, ...]
    linked: dict[str, int]
    conflicts: tuple[ConflictCase, ...]
    resolutions: tuple[Resolution, ...]
    quarantines: tuple[QuarantineCase, ...]
    withheld: tuple[Withheld, ...]
    approvals: tuple[Approval, ...]
    lease: Lease | None


@click.command()
@json_option
@pass_app
def command(app: App, *, machine: bool) -> None:
    """Show the last runs and what waits for a person.

    Reads the state database alone; neither MLflow nor the GRC is asked.
    """
    with app.store(writing=False) as store:
        standings = [standing(store, name, datetime.now(UTC)) for name in app.names()]
    if machine:
        app.out.json({"connections": [_document(each) for each in standings]})
        return
    for each in standings:
        _show(app.out, each)


def standing(store: Store, name: str, now: datetime) -> Standing:
    """Read how a connection stands."""
    live = [link for link in store.links(name).values() if link.state is LinkState.LIVE]
    lease = store.lease(name)
    return Standing(
        connection=name,
        runs=tuple(store.runs(name, RUNS)),
        linked={str(kind): sum(link.ref.entity is kind for link in live) for kind in (Entity.MODEL, Entity.VERSION)},
        conflicts=tuple(store.conflicts(name)),
        resolutions=tuple(store.resolutions(name)),
        quarantines=tuple(store.quarantines(name)),
        withheld=tuple(store.withheld(name)),
        approvals=tuple(store.approvals(name, now)),
        lease=lease if lease is not None and lease.expires > now else None,
    )


def _show(out: Output, each: Standing) -> None:
    out.heading(f"Connection {each.connection}")
    if not each.runs:
        out.line("No cycle has run yet. Start with: mlflow-grc plan", DIM)
        return
    if each.lease:
        out.line(f"Being synchronised by {each.lease.owner}; its lease ends {moment(each.lease.expires.isoformat())}.")
    linked = ", ".join(counted(number, kind) for kind, number in each.linked.items())
    out.line(f"Linked: {linked}.")
    out.table(("started", "took", "status", "what it did", "run"), [_row(run) for run in each.runs])
    if each.runs[0].message:
        remedy = each.runs[0].message.partition(REMEDY)[2]
        out.line(f"Remedy: {sentence(remedy)}" if remedy else "", WARN)
    unanswered = open_cases(each.conflicts, each.resolutions)
    _waiting(out, len(unanswered), "conflict", "mlflow-grc conflicts list")
    answered = len(each.conflicts) - len(unanswered)
    if answered:
        out.line(f"{counted(answered, 'conflict')} answered; the next sync carries it out: mlflow-grc sync")
    _waiting(out, len(each.quarantines), "quarantined case", "mlflow-grc report reconcile")
    by_digest = released(each.approvals)
    waiting = [one for one in each.withheld if one.digest not in by_digest]
    _waiting(out, len(waiting), "withheld operation", "mlflow-grc approve")
    for approval in each.approvals:
        number = sum(by_digest.get(one.digest) is approval for one in each.withheld)
        if number:
            told = f"{counted(number, 'operation')} approved by {approval.by} until {moment(approval.expires)}"
            out.line(f"{told}; the next sync carries them out: mlflow-grc sync")


def _waiting(out: Output, number: int, word: str, command: str) -> None:
    if number:
        out.line(f"{counted(number, word)}; see: {command}", WARN)


def _row(run: Run) -> tuple[Cell, ...]:
    status = (status_words(run.status), status_style(run.status))
    return moment(run.started), took(run), status, outcome(run), (run.id, DIM)


def _document(each: Standing) -> dict[str, Any]:
    lease = {"owner": each.lease.owner, "expires": each.lease.expires.isoformat()} if each.lease else None
    return {
        "connection": each.connection,
        "runs": [asdict(run) for run in each.runs],
        "linked": each.linked,
        "conflicts": [asdict(case) for case in each.conflicts],
        "quarantines": [asdict(case) for case in each.quarantines],
        "withheld": [one.digest for one in each.withheld],
        "approved": sorted(one.digest for one in each.withheld if one.digest in released(each.approvals)),
        "lease": lease,
    }
