"""``mlflow-grc check``: every problem at once, each with its remedy."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from adapters.httpclient.redaction import redact
from connector.cli.app import App
from connector.cli.failures import FAILED, USAGE
from connector.cli.options import json_option, pass_app
from connector.cli.output import BAD, DIM, GOOD, Cell
from connector.cli.words import counted, listed, whole_sentence
from connector.engine.checking import Finding, check


@click.command()
@json_option
@pass_app
def command(app: App, *, machine: bool) -> int:
    """Find every problem of configuration, access and mapping.

    Looks at the configuration, its secrets, the state database, MLflow, the GRC, and the mapping against the fields
    that the GRC has. Reads only. Exit code 0: at most notes; 2: a file has to be corrected; 1: a server, an account
    or the state database.
    """
    names = app.names()
    with app.out.working(f"Checking {listed(names)}"):
        findings = list(check(app.config, names, redact))
    if machine:
        app.out.json({"exit_code": _code(findings), "findings": [_document(each) for each in findings]})
        return _code(findings)
    fatal = [each for each in findings if each.problem.fatal]
    if findings:
        app.out.table(("", "about", "where", "what", "remedy"), [_row(each) for each in findings])
        app.out.line()
    notes = len(findings) - len(fatal)
    tail = f" {counted(notes, 'note')} to read above." if notes else ""
    if fatal:
        app.out.line(f"{counted(len(fatal), 'problem')} to solve.{tail}", BAD)
    else:
        app.out.line(f"No problem found with {listed(names)}.{tail} Next: mlflow-grc plan", GOOD)
    return _code(findings)


def _code(findings: list[Finding]) -> int:
    fatal = [each for each in findings if each.problem.fatal]
    if any(each.area.is_configuration for each in fatal):
        return USAGE
    return FAILED if fatal else 0


def _row(finding: Finding) -> tuple[Cell, ...]:
    mark: Cell = ("problem", BAD) if finding.problem.fatal else ("note", DIM)
    about = " ".join(filter(None, (str(finding.area), finding.about)))
    problem = finding.problem
    where = problem.where.removeprefix(f"{Path.cwd()}/")
    return mark, about, where, whole_sentence(problem.what), whole_sentence(problem.remedy)


def _document(finding: Finding) -> dict[str, object]:
    problem = finding.problem
    words = {"what": whole_sentence(problem.what), "remedy": whole_sentence(problem.remedy)}
    return {"area": finding.area, "connection": finding.connection, **asdict(problem), **words}
