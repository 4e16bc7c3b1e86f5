"""The whole file: a page that can be read as it is, and the data and script that make its list and its model pages."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TextIO

from jinja2 import Environment

from connector import __version__
from connector.controls import BASIS, TITLES
from connector.controls.inventory import SEVERITIES
from connector.gates import STAGE_FIELDS, STAGE_TITLES
from connector.mapping.profile import TIER_FIELD
from connector.model.fields import Entity
from connector.report.html import found, texts
from connector.report.html.dossier import Dossier, gather
from connector.report.html.history import History
from connector.report.html.matrix import matrix
from connector.report.html.pack import embedded, listing, packed, parcels, schema_of
from connector.report.html.summary import severity_counts, standing, tiles
from connector.report.html.trend import trend
from connector.report.rows import Report, idle_waivers
from connector.templates import templates_in

_TEMPLATES = Path(__file__).with_name("templates")
_SCRIPTS = ("data.js", "parts.js", "inventory.js", "model.js", "routes.js")


@dataclass(frozen=True, slots=True)
class Source:
    """The report on one connection, and its models' histories by correlation key, or record id."""

    report: Report
    history: Mapping[str, History] = field(default_factory=dict)


def write_page(sources: Sequence[Source], stream: TextIO, now: datetime, *, every: bool = False) -> None:
    """Write the file, a piece at a time; ``now`` is when the report is made. ``every``: the sources are all connections
    that there are, so that a waiver of none of their models is idle.
    """
    reports = [source.report for source in sources]
    gathered = gather([(source.report, source.history) for source in sources], now.date().isoformat())
    models, sections = gathered.dossiers, found.sections(gathered)
    environment = _environment()
    script, style = _script(), _file("style.css")
    first = _file("first.js")
    values = {
        "reports": reports,
        "now": now,
        "version": __version__,
        "tiles": tiles(reports, models),
        "severities": SEVERITIES,
        "counts": severity_counts(sections),
        "standing": standing(models),
        "sections": sections,
        "accepted": found.accepted(gathered),
        "idle": idle_waivers(reports, every=every),
        "matrix": matrix(models, _tiers(reports)),
        "trends": [each for each in (trend(one.connection, one.trend) for one in reports) if each],
        "waiting": any(number for report in reports for number in report.waiting.values()),
        "first": first,
        "script": script,
        "style": style,
        "policy": _policy(style, first, script),
        "settings": _settings(reports, now),
        "index": listing(models, [report.connection for report in reports]),
        "parcels": _packed(models, reports),
    }
    for piece in environment.get_template("report.html").generate(**values):
        # A text of either system may hold half a character, which no file can.
        stream.write(piece.encode(errors="replace").decode())


def _packed(models: Sequence[Dossier], reports: Sequence[Report]) -> Iterator[str]:
    return map(packed, parcels(models, {report.connection: schema_of(report) for report in reports}))


def _settings(reports: Sequence[Report], now: datetime) -> dict[str, object]:
    """What the script has to know of the reports as wholes."""
    return {
        "today": now.date().isoformat(),
        "severities": SEVERITIES,
        "tiers": _tiers(reports),
        "titles": dict(TITLES),
        "basis": dict(BASIS),
        "standing": texts.STANDING,
        "stages": [[name, texts.capital(STAGE_TITLES[stage])] for stage, name in STAGE_FIELDS.items()],
        "connections": [{"name": one.connection, "fields": schema_of(one).told()} for one in reports],
    }


def _tiers(reports: Sequence[Report]) -> tuple[str, ...]:
    """The tiers from the most severe, as the inventory defines them."""
    for report in reports:
        for one in schema_of(report).fields[Entity.MODEL]:
            if one.name == TIER_FIELD:
                return one.values
    return ()


def _policy(style: str, *scripts: str) -> str:
    """A content security policy under which nothing runs but the file's own script and nothing is fetched."""
    allowed = " ".join(_digest(script) for script in scripts)
    return f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _file(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = "\n".join(_file(name) for name in _SCRIPTS)
    return f'(function () {{\n"use strict";\n{parts}\n}})();\n'


@cache
def _environment() -> Environment:
    """One for the process: its templates are compiled once."""
    environment = templates_in(_TEMPLATES)
    environment.filters.update(label=texts.label, capital=texts.capital, day=texts.day, minute=texts.minute)
    environment.filters.update(embedded=embedded)
    environment.globals.update(counted=texts.counted, age=texts.age, marks=texts.STANDING)
    return environment
