"""The trail as files for auditors."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from connector.audit.chain import ChainedEntry, members
from connector.audit.offline import canonical

COLUMNS = (
    "sequence", "at", "run_id", "connection", "action", "side", "entity", "key", "name", "version", "field", "old",
    "new", "rule", "actor", "record_id", "previous", "hash",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, full-width forms included."""


def write_jsonl(entries: Iterable[ChainedEntry], stream: TextIO) -> int:
    """One canonical JSON object a line; returns the number of lines. An export of the whole trail is checked by
    :mod:`connector.audit.offline`; of a filtered one, each entry's own hash still holds.
    """
    count = 0
    for item in entries:
        stream.write(canonical(members(item)).decode("ascii") + "\n")
        count += 1
    return count


def write_csv(entries: Iterable[ChainedEntry], stream: TextIO) -> int:
    """A table for spreadsheets; returns the number of rows without the header. A cell that would be taken for a
    formula gets an apostrophe before it, so this form is for reading, not for checking. Lines end in CR LF: a file is
    to be opened with ``newline=""``.
    """
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    count = 0
    for item in entries:
        found = members(item)
        writer.writerow([safe_cell(found[column]) for column in COLUMNS])
        count += 1
    return count


def safe_cell(value: object) -> str:
    """A value as text for a CSV cell: what a spreadsheet would take for a formula gets an apostrophe before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
