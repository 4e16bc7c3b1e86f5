"""From an answer to HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from connector import __version__
from connector.health.words import outcome, status_words, took
from connector.model.fields import Side, Value
from connector.model.state import RunStatus
from connector.report.html.texts import counted, label, minute, second
from connector.server import addresses
from connector.server.visit import Page
from connector.templates import templates_in

_TEMPLATES = Path(__file__).with_name("templates")
_TONES = {
    RunStatus.CLEAN: "good",
    RunStatus.APPLIED: "good",
    RunStatus.ATTENTION: "warn",
    RunStatus.FAILED: "bad",
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)", re.ASCII)
_SIDES = {Side.REGISTRY: "MLflow", Side.GRC: "GRC", "registry": "MLflow", "grc": "GRC"}


def html(page: Page, frame: Mapping[str, Any]) -> str:
    """The whole page; ``frame`` is what every template uses."""
    text = _environment().get_template(page.template).render(**page.values, **frame, page=page)
    # A text of either system may hold half a character, which no answer can.
    return text.encode(errors="replace").decode()


@cache
def _environment() -> Environment:
    """One for the process: its templates are compiled once."""
    environment = templates_in(_TEMPLATES)
    environment.filters.update(
        label=label,
        minute=minute,
        second=second,
        lines=_lines,
        outcome=outcome,
        took=took,
        status=status_words,
        tone=_tone,
        side=_side,
        shown=_shown,
        spoken=_spoken,
    )
    environment.globals.update(counted=counted, at=addresses, version=__version__)
    return environment


def _tone(status: RunStatus) -> str:
    return _TONES.get(status, "")


def _side(side: Side | None) -> str:
    return _SIDES.get(side, "") if side is not None else ""


def _spoken(text: str) -> Markup:
    """Our own words, with commands between backticks shown as such, and times as people read them."""
    parts = enumerate(text.split("`"))
    return Markup().join(Markup("<code>{}</code>").format(part) if odd % 2 else _timed(part) for odd, part in parts)


def _timed(text: str) -> Markup:
    parts = enumerate(_TIME.split(text))
    shown = Markup('<time datetime="{}">{}</time>')
    return Markup().join(shown.format(part, minute(part)) if odd % 2 else escape(part) for odd, part in parts)


def _lines(value: Value) -> Value:
    """A list as people read it, an item a line; any other value as it is."""
    if not value or not value.startswith("["):
        return value
    try:
        items = json.loads(value)
    except ValueError:
        return value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
        return value
    return items[0] if len(items) == 1 else "\n".join(f"• {item}" for item in items)


def _shown(value: Value) -> str:
    """A value as text; empty for none."""
    return value or ""
