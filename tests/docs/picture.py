"""``docs/images/demo.svg``, the README's picture: one act of the demo and its end, drawn as a terminal shows them.

``python -m tests.docs.picture`` plays the demo and writes it; the demo's end-to-end test compares it with its own run.
"""

from __future__ import annotations

import html
import io
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from connector.demo import run
from connector.demo.events import ActBegan, Ended, Event, Reported
from connector.demo.machine import JsonNarrator
from connector.demo.narrator import TextNarrator
from connector.demo.reconciliation import make_report
from connector.demo.wiring import open_cycle

PATH = Path(__file__).parents[2] / "docs" / "images" / "demo.svg"
ACT = 4
WIDTH = 100
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_TEXT = re.compile(r'<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')
_CHANGING = re.compile(r"\d+\.\d s\b|\d+ seconds|\d{4}-\d\d-\d\d")
"""What another run shows otherwise: how long it took, and dates that count from today."""


class Painter(TextNarrator):
    """Draws one act and the end, and keeps the rest to itself."""

    def __init__(self) -> None:
        self._act = 0
        console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
        super().__init__(console=console)

    def tell(self, event: Event) -> None:
        if isinstance(event, ActBegan):
            self._act = event.number
        if isinstance(event, Ended):
            event = replace(event, files=tuple((what, Path(file).name) for what, file in event.files))
        if self._act == ACT or isinstance(event, Reported | Ended):
            super().tell(event)

    def working(self, what: str) -> AbstractContextManager[None]:
        return nullcontext()

    def picture(self) -> str:
        """The SVG, in fonts that every reader has."""
        svg = _WEB_FONTS.sub("", self._console.export_svg(title="mlflow-grc demo"))
        return svg.replace("Fira Code, monospace", "monospace")


def narrator_that_tells(painter: Painter) -> Callable[[], JsonNarrator]:
    """What to put in the place of the demo's JsonNarrator, so that the painter hears the same story."""

    class Both(JsonNarrator):
        def tell(self, event: Event) -> None:
            super().tell(event)
            painter.tell(event)

    return Both


def words(svg: str) -> list[str]:
    """The picture's lines of text from the top, with ``?`` for what changes from run to run."""
    lines: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for x, y, text in _TEXT.findall(svg):
        lines[float(y)].append((float(x), html.unescape(text).replace("\xa0", " ").strip()))
    joined = (" ".join(text for _, text in sorted(lines[y]) if text) for y in sorted(lines))
    return [_CHANGING.sub("?", line) for line in joined if line]


def main() -> int:
    """Play the demo and write the picture; returns the demo's exit code."""
    painter = Painter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "JsonNarrator", narrator_that_tells(painter))
        parts = run.Parts(open_cycle, make_report)
        code = run.run_demo(run.DemoOptions(machine=True), parts, stream=io.StringIO())
    PATH.write_text(painter.picture(), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
