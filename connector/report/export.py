"""The reconciliation report as JSON, for machines; as tables it is in :mod:`connector.report.tables`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, TextIO

from connector.controls import BASIS, TITLES
from connector.report.rows import ObjectRow, Report


def document(report: Report) -> dict[str, Any]:
    """The report as one JSON object, with what each control that found something looks for, and rests on."""
    return _head(report) | {"objects": [_object(row) for row in report.objects]}


def write_json(reports: Sequence[Report], failed: Sequence[dict[str, Any]], stream: TextIO) -> None:
    """Write all reports as one JSON object, an object of the inventory at a time: there may be many."""
    stream.write('{\n "reports": [')
    for number, report in enumerate(reports):
        head = _json(_head(report)).removesuffix("}")
        stream.write(f'{"," if number else ""}\n  {head}, "objects": [')
        for place, row in enumerate(report.objects):
            stream.write(f"{',' if place else ''}\n   {_json(_object(row))}")
        stream.write("\n  ]}")
    stream.write(f'\n ],\n "failed": {_json(failed)}\n}}\n')


def _head(report: Report) -> dict[str, Any]:
    """All but the objects, and the joined view, which repeats what they tell."""
    controls = sorted({finding.control for finding in report.findings})
    told = asdict(replace(report, inventory=None, objects=()))
    del told["inventory"], told["objects"]
    basis = {control: BASIS[control] for control in controls}
    return told | {"controls": {control: TITLES[control] for control in controls}, "basis": basis}


def _object(row: ObjectRow) -> dict[str, Any]:
    """As ``asdict`` makes it, which takes ten times as long."""
    return dict(_members(row)) | {"fields": [dict(_members(field)) for field in row.fields]}


def _members(row: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a dataclass with slots
    return ((name, getattr(row, name)) for name in row.__slots__)


def _json(value: object) -> str:
    # Half a character, which no encoding writes, has an escape in JSON.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")
