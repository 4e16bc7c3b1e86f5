"""What the file's script needs, compactly: a list of all models as JSON, and their pages in parcels of compressed JSON
that are opened when one of them is read. Every text stands once in its parcel; what is empty costs two bytes.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.controls import ApprovalStep, Finding, Inventory, JoinedIssue, JoinedModel, JoinedVersion
from connector.controls.completeness import Lack
from connector.controls.inventory import SEVERITIES
from connector.controls.workflow import gate_reasons
from connector.gates import STAGE_FIELDS, Stages
from connector.model.fields import Entity, Field, Value
from connector.report.html.dossier import Dossier
from connector.report.html.history import Event
from connector.report.html.texts import label, link
from connector.report.rows import ObjectRow, Report, Status

PARCEL = 100
"""Models in a parcel."""
STATUSES = tuple(Status)
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}

Json = Any
"""What the standard library can write as JSON."""


def embedded(value: Json) -> str:
    """JSON that can stand in a script element: no text in it can end the element or open another."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE)


def packed(value: Json) -> str:
    """JSON as gzip in base64, which a browser opens by itself; equal values give equal text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode(errors="replace"), mtime=0)).decode()


@dataclass
class Texts:
    """Texts by number, from 1; 0 is none."""

    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, text: Value) -> int:
        return self.numbers.setdefault(text, len(self.numbers) + 1) if text else 0

    def all(self) -> list[str]:
        return list(self.numbers)


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of one connection that pages show, in order, by level."""

    fields: Mapping[Entity, tuple[Field, ...]]
    inventory: Inventory | None = None

    def gate_reasons(self, version: JoinedVersion) -> tuple[str, ...]:
        """What keeps a version from passing its automated gates."""
        return gate_reasons(self.inventory, version) if self.inventory else ()

    def told(self) -> Json:
        """Name, words, owner and type of each."""
        return {
            str(level): [[one.name, label(one.name), str(one.owner), str(one.type)] for one in fields]
            for level, fields in self.fields.items()
        }


def schema_of(report: Report) -> Schema:
    """The connection's mapped fields."""
    levels = report.inventory.fields if report.inventory else {}
    return Schema({level: tuple(levels.get(level, ())) for level in (Entity.MODEL, Entity.VERSION)}, report.inventory)


def listing(dossiers: Sequence[Dossier], connections: Sequence[str]) -> Json:
    """A row for each model, as the table, its filters and its sorting need it."""
    texts = Texts()
    rows = [_listed(one, texts, connections) for one in dossiers]
    return {"texts": texts.all(), "rows": rows, "statuses": [str(status) for status in STATUSES], "parcel": PARCEL}


def _listed(one: Dossier, texts: Texts, connections: Sequence[str]) -> Json:
    running, unapproved = one.in_production, one.unapproved
    return [
        one.name,
        one.anchor if one.anchor != one.name else 0,
        connections.index(one.connection),
        texts.of(one.tier),
        STATUSES.index(one.status),
        [texts.of(line.name) for line in one.lines],
        texts.of(one.owner),
        2 if unapproved else 1 if running else 0,
        texts.of(", ".join(version.version for version in running)),
        [one.severities.get(severity, 0) for severity in SEVERITIES],
        len(one.open_issues),
        len(one.overdue),
        len(one.versions),
        texts.of((one.row.record_id if one.row else None) or None),
        one.completeness.score if one.completeness else -1,
    ]


def parcels(dossiers: Sequence[Dossier], schemas: Mapping[str, Schema]) -> Iterator[Json]:
    """Yield the pages of ``PARCEL`` models at a time."""
    for start in range(0, len(dossiers), PARCEL):
        texts = Texts()
        models = [_Packer(texts, schemas[one.connection]).model(one) for one in dossiers[start : start + PARCEL]]
        yield {"texts": texts.all(), "models": models}


class _Packer:
    def __init__(self, texts: Texts, schema: Schema) -> None:
        self._text, self._schema = texts.of, schema
        self._reasons = schema.gate_reasons

    def model(self, one: Dossier) -> Json:
        joined = one.joined
        versions = {version.key or version.record_id or "": version for version in joined.versions} if joined else {}
        return [
            self._object(one.row, joined, Entity.MODEL) if one.row else 0,
            self._text(link(_record(joined).get("url"))),
            [self._version(row, versions.get(row.key), one.workflow.get(row.key)) for row in one.versions],
            [self._issue(issue) for issue in joined.issues] if joined else [],
            [self._finding(each) for each in one.findings],
            [self._event(each) for each in one.history.events],
            one.history.older,
            self._text(joined.created) if joined else 0,
            [self._lack(lack) for lack in one.completeness.lacks] if one.completeness else [],
        ]

    def _lack(self, lack: Lack) -> Json:
        return [self._text(lack.item), self._text(lack.version), self._text(lack.remedy)]

    def _object(self, row: ObjectRow, joined: JoinedModel | JoinedVersion | None, level: Entity) -> Json:
        head = [STATUSES.index(row.status), self._text(row.note), self._text(row.record_id)]
        return [*head, self._cells(row, joined, self._schema.fields[level])]

    def _cells(self, row: ObjectRow, joined: JoinedModel | JoinedVersion | None, fields: Sequence[Field]) -> Json:
        """A cell a field: 0 empty, a number where both sides hold that text, else both, how they stand, and a note."""
        compared = {each.field: each for each in row.fields}
        sides = ((joined.registry or {}), (joined.grc or {})) if joined else ({}, {})
        cells: list[Json] = []
        for one in fields:
            each = compared.get(one.name)
            if each is None:
                pair = [self._text(side.get(one.name)) for side in sides]
                cells.append([*pair, -1] if any(pair) else 0)
            elif each.status is Status.AGREE and each.registry == each.grc and not each.note:
                cells.append(self._text(each.registry))
            else:
                pair = [self._text(each.registry), self._text(each.grc)]
                cells.append([*pair, STATUSES.index(each.status), self._text(each.note)])
        while cells and cells[-1] == 0:
            cells.pop()
        return cells

    def _version(self, row: ObjectRow, joined: JoinedVersion | None, stages: Stages | None) -> Json:
        told = self._object(row, joined, Entity.VERSION)
        if joined is None:
            return [self._text(row.version), told]
        here = joined.registry or {}
        return [
            self._text(row.version),
            told,
            self._text(joined.created),
            [self._text(alias) for alias in joined.aliases],
            [self._step(step) for step in joined.approval_chain],
            [self._text(here.get("identity.source")), self._text(here.get("aliases"))],
            self._text(link((joined.grc or {}).get("url"))),
            _asked(stages) if stages else [],
            [self._text(reason) for reason in self._reasons(joined)],
        ]

    def _step(self, step: ApprovalStep) -> Json:
        told = (step.step, step.name, step.role, step.time, step.decision, step.comment, link(step.link))
        return [self._text(each) for each in told]

    def _issue(self, issue: JoinedIssue) -> Json:
        told = (issue.number, issue.title, issue.severity, issue.state, issue.due, issue.assignee, issue.version)
        return [*(self._text(each) for each in told), self._text(link(issue.url)), int(issue.is_open)]

    def _finding(self, each: Finding) -> Json:
        head = [self._text(each.control), SEVERITIES.index(each.severity), self._text(each.version)]
        told = [*head, self._text(each.seen), self._text(each.remedy)]
        waiver = each.waiver
        return [*told, *(self._text(one) for one in (waiver.by, waiver.reason, waiver.expires))] if waiver else told

    def _event(self, event: Event) -> Json:
        words = (event.at, event.after, event.side, event.subject, event.field, _cut(event.old), _cut(event.new))
        told = [self._text(each) for each in words]
        while told[-1] == 0:
            told.pop()
        return told


def _asked(stages: Stages) -> Json:
    """Of each stage: 0 not needed, 1 needed, 2 the next."""
    return [2 if stage == stages.next else int(stage in stages.needed) for stage in STAGE_FIELDS]


def _record(joined: JoinedModel | None) -> Mapping[str, Value]:
    return (joined.grc or {}) if joined else {}


def _cut(value: Value, limit: int = 300) -> Value:
    """A value as the history shows it."""
    return value if value is None or len(value) <= limit else f"{value[:limit].rstrip()}… ({len(value):,} characters)"
