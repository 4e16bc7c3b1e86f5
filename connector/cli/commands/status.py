"""``mlflow-grc status``: the last runs and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import click

from connector.cli.app import App
from connector.cli.options import json_option, pass_app
from connector.cli.output import BAD, DIM, WARN, Cell, Output
from connector.cli.runs import REMEDY, outcome, status_style, status_words, took
from connector.cli.words import counted, listed_whole, moment, sentence
from connector.health import Cause, Health, Rules, Standing, health_of, released, standing, unavailable
from connector.model.fields import Entity
from connector.model.state import LinkState, Run, RunKind
from connector.state import StateMoved, Store
from connector.state.sweeps import swept_at

MOST = 1000
"""How many narrowed cycles are counted."""


@click.command()
@json_option
@pass_app
def command(app: App, *, machine: bool) -> None:
    """Show the last runs and what waits for a person.

    Reads the state database alone; neither MLflow nor the GRC is asked. It tells how many narrowed cycles events have
    led to since the last complete cycle began, and how the last of them ended; and, where the daemon asks the GRC only
    for what was changed, when everything was last listed.
    """
    now = datetime.now(UTC)
    with app.store(writing=False) as store:
        standings = {name: standing(store, name, now) for name in app.names()}
        links = {name: linked(store, name) for name in standings}
        events = {name: narrowed(store, each) for name, each in standings.items()}
        moved = store.moved()
    health = health_of(standings, now, Rules.of(app.config))
    if moved is not None:
        health = unavailable(StateMoved(str(app.config.state_place), moved), now)
    if machine:
        documents = [_document(each, links[name], events[name], health) for name, each in standings.items()]
        app.out.json({"ready": health.ready, "connections": documents})
        return
    for name, each in standings.items():
        _show(app.out, each, links[name], events[name], health)


def linked(store: Store, name: str) -> dict[str, int]:
    """How many objects of a connection are linked, by kind."""
    live = [link for link in store.links(name).values() if link.state is LinkState.LIVE]
    return {str(kind): sum(link.ref.entity is kind for link in live) for kind in (Entity.MODEL, Entity.VERSION)}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The narrowed cycles since the last complete one began, up to :data:`MOST` of them; ``last`` is the newest."""

    number: int
    last: Run | None

    def __str__(self) -> str:
        number = f"{MOST:,} or more narrowed cycles" if self.number >= MOST else counted(self.number, "narrowed cycle")
        return f"Events: {number} since the last complete cycle began"


def narrowed(store: Store, each: Standing) -> Narrowed:
    """Read the narrowed cycles of a connection."""
    began = each.complete.started if each.complete is not None else ""
    runs = [run for run in store.runs(each.connection, MOST, RunKind.NARROWED) if run.started >= began]
    return Narrowed(len(runs), runs[0] if runs else None)


def _show(out: Output, each: Standing, links: Mapping[str, int], events: Narrowed, health: Health) -> None:
    out.heading(f"Connection {each.connection}")
    if not each.runs:
        out.line("No cycle has run yet. Start with: mlflow-grc plan", DIM)
        return
    if each.lease:
        out.line(f"Being synchronised by {each.lease.owner}; its lease ends {moment(each.lease.expires.isoformat())}.")
    out.line(f"Linked: {', '.join(counted(number, kind) for kind, number in links.items())}.")
    out.table(("started", "took", "status", "what it did", "run"), [_row(run) for run in each.runs])
    if events.last is not None:
        last, style = events.last, status_style(events.last.status)
        told = ": ".join(filter(None, (status_words(last.status), outcome(last))))
        out.line(f"{events}; the last {moment(last.started)} {told}.", style)
    if swept := swept_at(each.runs):
        out.line(listed_whole(swept), DIM)
    if each.runs[0].message:
        remedy = each.runs[0].message.partition(REMEDY)[2]
        out.line(f"Remedy: {sentence(remedy)}" if remedy else "", WARN)
    for reason in health.of(each.connection):
        if reason.cause is Cause.LATE:
            out.line(f"Not ready: {reason.text}; {reason.remedy}.", BAD)
    unanswered = each.unanswered
    _waiting(out, len(unanswered), "conflict", "mlflow-grc conflicts list")
    answered = len(each.conflicts) - len(unanswered)
    if answered:
        out.line(f"{counted(answered, 'conflict')} answered; the next sync carries it out: mlflow-grc sync")
    _waiting(out, len(each.quarantines), "quarantined case", "mlflow-grc report reconcile")
    by_digest = released(each.approvals)
    _waiting(out, len(each.unapproved), "withheld operation", "mlflow-grc approve")
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


def _document(each: Standing, links: Mapping[str, int], events: Narrowed, health: Health) -> dict[str, Any]:
    lease = {"owner": each.lease.owner, "expires": each.lease.expires.isoformat()} if each.lease else None
    return {
        "connection": each.connection,
        "runs": [asdict(run) for run in each.runs],
        "narrowed": asdict(events),
        "swept_at": swept_at(each.runs),
        "linked": links,
        "conflicts": [asdict(case) for case in each.conflicts],
        "quarantines": [asdict(case) for case in each.quarantines],
        "withheld": [one.digest for one in each.withheld],
        "approved": sorted(one.digest for one in each.withheld if one.digest in released(each.approvals)),
        "lease": lease,
        "reasons": [asdict(reason) for reason in health.of(each.connection)],
    }
