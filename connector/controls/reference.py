"""The controls as Markdown tables, for docs/controls.md: generated, so that the document cannot fall behind.

``python -m connector.controls.reference docs/controls.md`` brings the document up to date.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from connector.controls.catalogue import CONTROLS
from connector.mapping.profile import load_profile, packaged_profiles
from connector.mapping.thresholds import Setting, Thresholds

BEGIN, END = "<!-- controls: generated -->", "<!-- controls: end -->"


def reference() -> str:
    """All tables: what each control looks for, what can be set about it, which profile asks for it."""
    return "\n".join([*_catalogue(), "", *_settings(), "", *_profiles()])


def insert(text: str) -> str:
    """A document with its generated part made anew, between :data:`BEGIN` and :data:`END`."""
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def _catalogue() -> Iterator[str]:
    yield from ("### What each looks for", "", "| id | finds that | severity | rests on |", "|---|---|---|---|")
    for control, each in CONTROLS.items():
        yield f"| {control} | {each.title} | {each.severity} | {each.basis} |"


def _settings() -> Iterator[str]:
    yield from ("### What can be set", "", "| setting | default | meaning |", "|---|---|---|")
    yield from (_row("C01 to C28", name, Setting()) for name in Setting.model_fields)
    defaults = Thresholds()
    for control in CONTROLS:
        setting = defaults.of(control)
        own = [name for name in type(setting).model_fields if name not in Setting.model_fields]
        yield from (_row(control, name, setting) for name in own)


def _row(control: str, name: str, setting: BaseModel) -> str:
    value = getattr(setting, name)
    default = "none" if value is None else f"`{json.dumps(value, default=str)}`".replace('`"', "`").replace('"`', "`")
    return f"| {control} `{name}` | {default} | {type(setting).model_fields[name].description} |"


def _profiles() -> Iterator[str]:
    profiles = {name: load_profile(name) for name in packaged_profiles()}
    yield from (
        "### Which profile asks for which",
        "",
        f"| id | {' | '.join(profiles)} |",
        "|---" * (len(profiles) + 1) + "|",
    )
    for control in CONTROLS:
        marks = ("x" if control in profile.controls else "" for profile in profiles.values())
        yield f"| {control} | {' | '.join(marks)} |"


if __name__ == "__main__":
    for document in map(Path, sys.argv[1:]):
        document.write_text(insert(document.read_text(encoding="utf-8")), encoding="utf-8")
