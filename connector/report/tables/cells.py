"""Texts that people wrote, as cells that every reader takes for texts."""

from __future__ import annotations

import re
from functools import lru_cache

from connector.audit.export import safe_cell

EXCEL_LIMIT = 32_767
"""Characters that a cell of a workbook holds, as UTF-16 counts them."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What XML forbids or advises against, and halves of a character, which no encoding can write."""
_NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")


def readable(text: str) -> str:
    """``text`` with every character that a file or a reader could choke on written as its escape."""
    return _NOT_TEXT.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def storable(text: str) -> str:
    """``text`` as a database holds it: all but what no tool would read to its end."""
    return _NOT_STORED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def unbroken(text: str) -> str:
    """``text`` with one kind of line ending: readers differ about a lone carriage return, some end the row there."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def for_csv(value: object) -> str:
    """A value as a cell of a CSV file, which a spreadsheet takes for no formula; None is an empty one."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int | float) else _csv_text(str(value))


@lru_cache(maxsize=10_000)
def _csv_text(text: str) -> str:
    return safe_cell(readable(unbroken(text)))


def for_workbook(text: str, limit: int = EXCEL_LIMIT) -> tuple[str, bool]:
    """A text as a cell of a workbook, and whether it had to be cut: then it says so, with its whole length."""
    text = readable(unbroken(text))
    units = len(text) + sum(letter > "\uffff" for letter in text)
    if units <= limit:
        return text, False
    mark = f"... (cut: {len(text):,} characters in all; the forms csv, json and sqlite have them)"
    room, end = limit - len(mark), 0
    for letter in text:
        room -= 2 if letter > "\uffff" else 1
        if room < 0:
            break
        end += 1
    return text[:end] + mark, True


def is_risky(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula once somebody edits the cell or saves it as CSV."""
    return safe_cell(text) != text
