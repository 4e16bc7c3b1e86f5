"""``mlflow-grc gate``: whether a version may be deployed, from MLflow alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from connector.attest.verdict import SEVERITIES
from connector.cli.app import App
from connector.cli.failures import PERSON
from connector.cli.gating import TRACKING_URI, Answer, Meant, Place, ask, of_configuration, of_environment, question
from connector.cli.options import FILE, json_option, pass_app
from connector.cli.output import BAD, DIM, GOOD, WARN
from connector.model.errors import ConfigError


def _now() -> datetime:
    return datetime.now(UTC)


clock: Callable[[], datetime] = _now
"""The time that approvals are held against; a test sets another one."""


def _severities(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    del context, parameter
    if value is None:
        return None
    named = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    named = () if named == ("none",) else named
    for each in named:
        if each not in SEVERITIES:
            raise click.BadParameter(f"{each!r} is no severity. There are: {', '.join(SEVERITIES)}; or none.")
    return named


@click.command()
@click.argument("version", metavar="models:/NAME/VERSION|models:/NAME@ALIAS")
@click.option("--tracking-uri", metavar="URL", help=f"MLflow, without a configuration. Environment: {TRACKING_URI}.")
@click.option("--trusted-keys", type=FILE, metavar="FILE", help="Public keys whose signatures are believed.")
@click.option("--unsigned", is_flag=True, help="Take the tags on trust, which proves nothing.")
@click.option(
    "--artifact",
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="Folder or file to be deployed; its digest has to be the approved one.",
)
@click.option(
    "--block-issues",
    callback=_severities,
    metavar="LIST",
    help="Severities of open issues that deny, or none.  [default: the policy's, else critical,high]",
)
@click.option("--workspace", metavar="NAME", help="The workspace that the model is in.")
@click.option(
    "--registry-id", type=click.UUID, metavar="UUID", help="The id of the registry that the attestation has to name."
)
@click.option(
    "--tag-prefix", metavar="TEXT", help="Start of the connector's tags.  [default: the configured one, or grc_]"
)
@json_option
@pass_app
def command(
    app: App,
    *,
    version: str,
    tracking_uri: str | None,
    trusted_keys: Path | None,
    unsigned: bool,
    artifact: Path | None,
    block_issues: tuple[str, ...] | None,
    workspace: str | None,
    registry_id: UUID | None,
    tag_prefix: str | None,
    machine: bool,
) -> int:
    """Say whether a version may be deployed, from MLflow alone.

    It takes two requests; neither the GRC nor the state is asked. Each requirement that is not met is told.

    Exit code 0: it may. 3: it may not, or MLflow has no such version. 1: nobody can tell, for MLflow did not answer, or
    not this account. Without a configuration MLflow's own variables for user, password, token and TLS count.
    """
    meant = Meant.parse(version)
    place = _place(app, tracking_uri, workspace)
    asked = question(
        place,
        prefix=tag_prefix,
        registry=str(registry_id) if registry_id is not None else None,
        keys=trusted_keys,
        unsigned=unsigned,
        severities=block_issues,
        artifact=artifact,
        now=clock(),
    )
    answer = ask(place, meant, asked)
    if machine:
        app.out.json(_document(meant, answer, signed=not unsigned))
    else:
        _show(app, meant, answer, signed=not unsigned)
    return 0 if answer.verdict.passed else PERSON


def _place(app: App, uri: str | None, workspace: str | None) -> Place:
    """Options win over a configuration, and a configuration over the environment."""
    if uri is None and (app.has_config or not os.environ.get(TRACKING_URI)):
        if not app.has_config:
            remedy = f"Give --tracking-uri, set {TRACKING_URI}, or name a configuration with --config."
            raise ConfigError("Neither an MLflow nor a configuration is named.", remedy=remedy)
        return of_configuration(app.config, app.name(), workspace)
    return of_environment(uri, workspace)


def _document(meant: Meant, answer: Answer, *, signed: bool) -> dict[str, Any]:
    verdict = answer.verdict
    return {
        "passed": verdict.passed,
        "asked": str(meant),
        "model": meant.name,
        "version": answer.version.version if answer.version is not None else meant.version,
        "mode": "signed" if signed else "unsigned",
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "notes": list(verdict.notes),
        "attestation": json.loads(verdict.statement.payload()) if verdict.statement is not None else None,
        "requests": answer.requests,
    }


def _show(app: App, meant: Meant, answer: Answer, *, signed: bool) -> None:
    verdict, out = answer.verdict, app.out
    number = f" (version {answer.version.version})" if meant.alias and answer.version is not None else ""
    told = "may be deployed" if verdict.passed else "may not be deployed"
    out.line(f"{meant}{number} {told}.", GOOD if verdict.passed else BAD)
    for reason in verdict.reasons:
        out.line(f"  {reason.code}: {reason.what}.", BAD)
        out.line(f"    {reason.remedy}")
    made = verdict.statement
    if made is not None:
        claim = made.claim
        by = f" by {claim.approver}" if claim.approver else ""
        ends = f", until {claim.expires}" if claim.expires else ""
        out.line(f"Signed: {claim.decision}{by}{ends}; tier {claim.tier or 'not known'}; record {claim.record};")
        out.line(f"  serial {made.serial}, believed until {made.fresh_until}, key {made.key_id[:12]}.")
    for note in verdict.notes:
        out.line(f"Note: {note}.", DIM if signed else WARN)
