"""The file of accepted findings: who accepted what, why, until when."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from connector.controls import Waiver
from connector.mapping.complaints import Complaint, complain, nearest
from connector.mapping.thresholds import CONTROL_IDS
from connector.mapping.validation import Strict, validate
from connector.mapping.yamlfile import Document, read_yaml


def _stated(value: str) -> str:
    if not value.strip():
        raise ValueError("this is empty Remedy: Say it in words.")
    return value.strip()


def _control(value: str) -> str:
    if value not in CONTROL_IDS:
        raise ValueError(f"there is no control '{value}' Remedy: {nearest(value, CONTROL_IDS)}")
    return value


Stated = Annotated[str, AfterValidator(_stated)]


class WaiverEntry(Strict):
    """One accepted finding. ``expires`` is the last day on which it is accepted."""

    control: Annotated[str, AfterValidator(_control)]
    model: str = Field(description="The model's name; empty for a finding about the whole connection.")
    version: Stated | None = None
    reason: Stated
    by: Stated
    expires: date


class WaiverFile(Strict):
    """All accepted findings."""

    waivers: tuple[WaiverEntry, ...] = ()


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read the file. Raises ConfigError with every problem, by file and line."""
    document = read_yaml(path, remedy="Write it, or correct reports.waivers.")
    entries = validate(WaiverFile, document).waivers
    found = tuple(_waiver(entry) for entry in entries)
    complain(document.file, _repeated(found, document))
    return found


def _waiver(entry: WaiverEntry) -> Waiver:
    return Waiver(entry.control, entry.model, entry.version, entry.reason, entry.by, entry.expires.isoformat())


def _repeated(found: tuple[Waiver, ...], document: Document) -> list[Complaint]:
    """A complaint for each finding that is accepted twice: one of both would be forgotten when it expires."""
    first: dict[tuple[str, str, str | None], int] = {}
    complaints = []
    for index, each in enumerate(found):
        before = first.setdefault((each.control, each.model, each.version), index)
        if before != index:
            path, line = ("waivers", index), document.line(("waivers", before))
            what = f"{each.control} of {each.model or 'the connection'} is accepted twice, first in line {line}"
            complaints.append(Complaint(document.line(path), path, what, "Remove one of them."))
    return complaints
