"""``mlflow-grc status``: the last runs and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from connector.cli.app import App
from connector.cli.options import json_option, pass_app
from connector.cli.output import BAD, DIM, WARN, Cell, Output
from connector.cli.runs import REMEDY, outcome, status_style, status_words, took
from connector.cli.words import counted, moment, sentence
from connector.health import Cause, Health, Rules, Standing, health_of, released, standing, unavailable
from connector.model.fields import Entity
from connector.model.state import LinkState, Run
from connector.state import StateMoved, Store


@click.command()
@json_option
@pass_app
def command(app: App, *, machine: bool) -> None:
    """Show the last runs and what waits for a person.

    Reads the state database alone; neither MLflow nor the GRC is asked.
    """
    now = datetime.now(UTC)
    with app.store(writing=False) as store:
        standings = {name: standing(store, name, now) for name in app.names()}
        links = {name: linked(store, name) for name in standings}
        moved = store.moved()
    health = health_of(standings, now, Rules.of(app.config))
    if moved is not None:
        health = unavailable(StateMoved(str(app.config.state_place), moved), now)
    if machine:
        documents = [_document(each, links[name], health) for name, each in standings.items()]
        app.out.json({"ready": health.ready, "connections": documents})
        return
    for name, each in standings.items():
        _show(app.out, each, links[name], health)


def linked(store: Store, name: str) -> dict[str, int]:
    """How many objects of a connection are linked, by kind."""
    live = [link for link in store.links(name).values() if link.state is LinkState.LIVE]
    return {str(kind): sum(link.ref.entity is kind for link in live) for kind in (Entity.MODEL, Entity.VERSION)}


def _show(out: Output, each: Standing, links: Mapping[str, int], health: Health) -> None:
    out.heading(f"Connection {each.connection}")
    if not each.runs:
        out.line("No cycle has run yet. Start with: mlflow-grc plan", DIM)
        return
    if each.lease:
        out.line(f"Being synchronised by {each.lease.owner}; its lease ends {moment(each.lease.expires.isoformat())}.")
    out.line(f"Linked: {', '.join(counted(number, kind) for kind, number in links.items())}.")
    out.table(("started", "took", "status", "what it did", "run"), [_row(run) for run in each.runs])
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


def _document(each: Standing, links: Mapping[str, int], health: Health) -> dict[str, Any]:
    lease = {"owner": each.lease.owner, "expires": each.lease.expires.isoformat()} if each.lease else None
    return {
        "connection": each.connection,
        "runs": [asdict(run) for run in each.runs],
        "linked": links,
        "conflicts": [asdict(case) for case in each.conflicts],
        "quarantines": [asdict(case) for case in each.quarantines],
        "withheld": [one.digest for one in each.withheld],
        "approved": sorted(one.digest for one in each.withheld if one.digest in released(each.approvals)),
        "lease": lease,
        "reasons": [asdict(reason) for reason in health.of(each.connection)],
    }
