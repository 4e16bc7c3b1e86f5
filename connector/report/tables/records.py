"""Tables as JSON: a list of objects for each, without the numbers that tie a database's rows together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from connector.report.tables.table import Table


def write_records(tables: Iterable[Table], stream: TextIO, more: dict[str, object]) -> None:
    """Write one JSON object with each table under its name, row by row, and ``more`` behind them."""
    stream.write("{\n")
    for table in tables:
        shown = table.for_people()
        keys = [column.key for column in shown.columns]
        stream.write(f" {_json(table.name)}: [")
        for number, row in enumerate(shown.rows):
            stream.write(f"{',' if number else ''}\n  {_json(dict(zip(keys, row, strict=True)))}")
        stream.write("\n ],\n")
    told = [f" {_json(name)}: {_json(value)}" for name, value in more.items()]
    stream.write(",\n".join(told) + "\n}\n")


def _json(value: object) -> str:
    # Half a character, which no encoding writes, has an escape in JSON.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")
